/* The events of many organisations and their logs, as rows that COPY reads: a valid tree of each,
 * made by the code that the signer has. The first organisation has a tenth of everything, the
 * others share the rest; ids are hashes of names, so that scale.sql makes the same. Always the same
 * for the same words.
 *
 *   scale_make events|tiles|logs ORGANISATIONS STAFF ROOMS EVENTS SINCE     counts are of all;
 * SINCE: seconds since 1970 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/crypt.h"
#include "base/id.h"
#include "base/num.h"
#include "tree/edge.h"

enum { DETAIL_BYTES = 400, NAME_BYTES = 80, SPAN_SECONDS = 3 * 365 * 86400 };

static uint64_t n_orgs, n_staff, n_rooms, n_events, since;

static const char *const actions[] = {"room_open", "session_start", "room_list_read",
	"export_begin", "staff_read", "step_up", "retention_read", "message_refused"};

struct text {
	char c[NAME_BYTES];
};

/* An id of a name and two numbers, in hex. */
static struct text id_hex(const char *what, uint64_t i, uint64_t j)
{
	struct text name, hex;
	int n = snprintf(name.c, sizeof(name.c), "%s %" PRIu64 " %" PRIu64, what, i, j);
	struct hash h = crypt_sha256(slice_of(name.c, (size_t)n));
	for (size_t k = 0; k < 16; k++)
		(void)snprintf(hex.c + 2 * k, 3, "%02x", h.b[k]);
	return hex;
}

static void put_hex(const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	fputs("\\\\x", stdout);
	for (size_t i = 0; i < n; i++) {
		putchar(digits[p[i] >> 4]);
		putchar(digits[p[i] & 15]);
	}
}

static uint64_t share(uint64_t total, uint64_t org)
{
	uint64_t first = total / 10;
	if (n_orgs == 1)
		return total;
	return org == 0 ? first : (total - first) / (n_orgs - 1);
}

/* How many the organisations before this one have. */
static uint64_t before(uint64_t total, uint64_t org)
{
	return org == 0 ? 0 : share(total, 0) + (org - 1) * share(total, 1);
}

struct event {
	struct text org, actor, object;
	uint64_t n;
	struct tm at;
	unsigned us;
	const char *action;
	struct hash nonce, leaf;
};

static void event_leaf(struct event *e)
{
	char detail[DETAIL_BYTES], time[NAME_BYTES];
	(void)strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &e->at);
	int n = snprintf(detail, sizeof(detail),
		"luotsi/v1/audit %s %" PRIu64 " %s.%06uZ %s %s %s - -", e->org.c, e->n, time, e->us,
		e->actor.c, e->action, e->object.c);
	static const uint8_t zero = 0;
	const struct slice parts[] = {SLICE_LIT("luotsi/v1/log"), slice_of(&zero, 1),
		hash_slice(&e->nonce), slice_of(detail, (size_t)n)};
	e->leaf = crypt_sha256_parts(parts, 4);
}

static void event_make(struct event *e, uint64_t org, uint64_t k)
{
	uint64_t count = share(n_events, org);
	uint64_t us = k * (SPAN_SECONDS * UINT64_C(1000000) / count);
	time_t at = (time_t)(since + us / 1000000);
	e->n = before(n_events, org) + k + 1;
	e->us = (unsigned)(us % 1000000);
	(void)gmtime_r(&at, &e->at);
	e->actor = id_hex("staff", org, k % share(n_staff, org));
	e->object = id_hex("room", org, k % share(n_rooms, org));
	e->action = actions[k % (sizeof(actions) / sizeof(actions[0]))];
	e->nonce = crypt_sha256(slice_of(&e->n, sizeof(e->n)));
	event_leaf(e);
}

static void put_event(const struct event *e, uint64_t place)
{
	char time[NAME_BYTES];
	(void)strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &e->at);
	printf("%s\t%" PRIu64 "\t%s.%06u+00\t%s\t%s\t%s\t", e->org.c, e->n, time, e->us, e->actor.c,
		e->action, e->object.c);
	put_hex(e->nonce.b, sizeof(e->nonce.b));
	printf("\t%" PRIu64 "\n", place);
}

static void put_tile(void *ctx, const struct tile *tile, const struct hash *hashes)
{
	const struct text *org = ctx;
	printf("%s\t%d\t%" PRIu64 "\t", org->c, tile->level, tile->n);
	put_hex(hashes[0].b, tile->width * sizeof(*hashes));
	putchar('\n');
}

static void put_org(uint64_t org, bool tiles)
{
	struct event e = {.org = id_hex("organisation", org, 0)};
	struct edge_sink sink = {put_tile, &e.org};
	struct edge *edge = edge_new(0);
	for (uint64_t k = 0; k < share(n_events, org); k++) {
		event_make(&e, org, k);
		if (tiles)
			edge_append(edge, &e.leaf, &sink);
		else
			put_event(&e, k);
	}
	if (tiles)
		edge_flush(edge, &sink);
	edge_free(&edge);
}

int main(int argc, char **argv)
{
	uint64_t *const numbers[] = {&n_orgs, &n_staff, &n_rooms, &n_events, &since};
	if (argc != 7)
		return 64;
	for (int i = 0; i < 5; i++)
		if (!num_parse_u64(slice_text(argv[i + 2]), INT64_MAX, numbers[i]) ||
			*numbers[i] == 0)
			return 64;
	(void)setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	for (uint64_t org = 0; org < n_orgs; org++)
		if (strcmp(argv[1], "logs") == 0)
			printf("%s\t%" PRIu64 "\n", id_hex("organisation", org, 0).c,
				share(n_events, org));
		else
			put_org(org, strcmp(argv[1], "tiles") == 0);
	return fflush(stdout) == 0 ? 0 : 1;
}
