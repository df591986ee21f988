/* Single leaves: what they hold, and where they stand. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/num.h"
#include "verify/verify.h"

enum { DETAIL_MAX = 4096, EVENTS_MAX = 1 << 30 };
#define LABEL "luotsi/v1/log"
#define NUMBER(n) ((unsigned long long)(n))

struct hash verify_commit(const struct hash *nonce, struct slice detail)
{
	const struct slice parts[] = {slice_of(LABEL, sizeof(LABEL)), hash_slice(nonce), detail};
	return crypt_sha256_parts(parts, 3);
}

bool verify_hex(struct slice text, struct hash *ret)
{
	static const char digits[] = "0123456789abcdef";
	struct hash h = {{0}};
	if (text.n != 2 * sizeof(h.b))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;
		if (!at)
			return false;
		h.b[i / 2] = (uint8_t)(h.b[i / 2] << 4 | (at - digits));
	}
	*ret = h;
	return true;
}

enum verdict verify_place(struct given *g, uint64_t place, const struct hash *commitment)
{
	const struct tile_source source = reader_source(g->reader);
	struct merkle_proof proof;
	if (place >= g->head.size) {
		printf("Leaf %llu is not in the tree of %llu leaves.\n", NUMBER(place),
			NUMBER(g->head.size));
		return BROKEN;
	}
	if (tile_inclusion(&source, g->head.size, place, &proof) != ERR_OK)
		return UNKNOWN;
	struct hash leaf = merkle_leaf(hash_slice(commitment)), there;
	if (tile_leaf(&source, g->head.size, place, &there) != ERR_OK)
		return UNKNOWN;
	if (reader_lists(g->reader) || merkle_verify_inclusion(place, g->head.size, &leaf, &proof,
					       &g->head.root) == ERR_OK)
		return HOLDS;
	if (merkle_verify_inclusion(place, g->head.size, &there, &proof, &g->head.root) == ERR_OK)
		printf("Leaf %llu is of something else.\n", NUMBER(place));
	else
		printf("Leaf %llu cannot be told: the tiles do not lead to the signed head.\n",
			NUMBER(place));
	return BROKEN;
}

/* --nonce and --detail, or --leaf. */
static bool read_commitment(const struct given *g, struct hash *ret)
{
	struct hash nonce;
	AUTO(buf) struct buf detail = BUF_MAX(DETAIL_MAX);
	if (g->leaf && !g->detail)
		return verify_hex(slice_text(g->leaf), ret);
	if (!g->nonce || !g->detail || !verify_hex(slice_text(g->nonce), &nonce) ||
		reader_file(g->detail, DETAIL_MAX, &detail) != ERR_OK)
		return false;
	struct slice text = buf_slice(&detail);
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	*ret = verify_commit(&nonce, text);
	return true;
}

enum verdict verify_inclusion(struct given *g)
{
	struct hash commitment;
	uint64_t place;
	if (!g->index || !num_parse_u64(slice_text(g->index), INT64_MAX, &place) ||
		!read_commitment(g, &commitment)) {
		fputs("inclusion needs --index, and --leaf or --nonce and --detail.\n", stderr);
		return UNKNOWN;
	}
	enum verdict v = verify_place(g, place, &commitment);
	if (v == HOLDS && !reader_lists(g->reader))
		printf("Leaf %llu of %llu is this one.\n", NUMBER(place), NUMBER(g->head.size));
	return v;
}

enum verdict verify_opening(struct given *g)
{
	struct hash commitment, leaf;
	if (!g->leaf || !g->detail || !verify_hex(slice_text(g->leaf), &leaf) ||
		!read_commitment(g, &commitment)) {
		fputs("opening needs --leaf, --nonce and --detail.\n", stderr);
		return UNKNOWN;
	}
	bool same = hash_equal(&commitment, &leaf);
	puts(same ? "The leaf is of this event." : "The leaf is of another event.");
	return same ? HOLDS : BROKEN;
}

struct count {
	uint64_t held, waiting, broken;
};

/* "<place or -> <nonce> <detail>"; false: it is no such line. */
static bool event_check(struct given *g, struct slice line, struct count *count, bool *ret_unknown)
{
	struct slice word, nonce_text;
	struct hash nonce;
	uint64_t place;
	if (!slice_next(&line, ' ', &word) || !slice_next(&line, ' ', &nonce_text) ||
		!verify_hex(nonce_text, &nonce) || line.n == 0)
		return false;
	if (slice_is(word, "-")) {
		count->waiting++;
		return true;
	}
	if (!num_parse_u64(word, INT64_MAX, &place))
		return false;
	/* Of the time behind the checkpoint: the next one will tell. */
	if (place >= g->head.size) {
		count->waiting++;
		return true;
	}
	struct hash commitment = verify_commit(&nonce, line);
	enum verdict v = verify_place(g, place, &commitment);
	count->held += v == HOLDS;
	count->broken += v == BROKEN;
	*ret_unknown = *ret_unknown || v == UNKNOWN;
	return true;
}

enum verdict verify_events(struct given *g)
{
	struct count count = {0};
	struct slice line;
	bool unknown = false;
	AUTO(buf) struct buf text = BUF_MAX(0);
	if (reader_file(g->detail ? g->detail : "-", EVENTS_MAX, &text) != ERR_OK)
		return UNKNOWN;
	struct slice rest = buf_slice(&text);
	for (uint64_t n = 1; slice_next(&rest, '\n', &line) && !unknown; n++) {
		if (line.n > 0 && line.p[0] != '#' && !event_check(g, line, &count, &unknown)) {
			fprintf(stderr, "Line %llu is no event.\n", NUMBER(n));
			return UNKNOWN;
		}
	}
	if (unknown)
		return UNKNOWN;
	if (!reader_lists(g->reader))
		printf("%llu events are in the log as they are here, %llu are not, %llu wait for a "
		       "place "
		       "or a newer checkpoint.\n",
			NUMBER(count.held), NUMBER(count.broken), NUMBER(count.waiting));
	return count.broken > 0 ? BROKEN : HOLDS;
}
