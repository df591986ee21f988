/* The logs as everybody may read them: signed heads, tiles and leaves, of which each is a hash. A
 * tile never changes once there is a head that needs it, so that it may be kept for ever; its name
 * is its ETag. */
#include <stdio.h>

#include "base/b64.h"
#include "base/crypt.h"
#include "base/num.h"
#include "core/state.h"
#include "sql_gen.h"
#include "tree/tile.h"

enum { ETAG_TEXT = 64, ETAG_HASH = 18, ENTRIES = 8, HASH = 32, FOUND = 200, SAME = 304 };

static void reply_tagged(struct request *r, const char *etag, const char *type, struct slice bytes)
{
	bool same = slice_is(r->known_etag, etag);
	req_header(r, "etag:", slice_text(etag));
	req_reply_http(r, same ? SAME : FOUND, same ? NULL : type, same ? SLICE_NONE : bytes);
}

static void checkpoint_read_row(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct slice note = pg_get_bytes(result, 0, LOG_CHECKPOINT_NOTE);
	struct hash h = crypt_sha256(note);
	char etag[ETAG_TEXT] = "\"";
	b64_encode(slice_of(h.b, ETAG_HASH), etag + 1);
	memcpy(etag + 1 + b64_text_size(ETAG_HASH), "\"", 2);
	req_header(r, "cache-control:", SLICE_LIT("no-cache"));
	reply_tagged(r, etag, "text/plain; charset=utf-8", note);
}

void log_checkpoint(struct request *r)
{
	const struct log_checkpoint_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->log)};
	req_query(r, STMT_LOG_CHECKPOINT, params, 1, checkpoint_read_row);
}

/* The leaves with their lengths before them, as the specification has it. */
static struct slice bundle(struct request *r, struct slice hashes)
{
	size_t n = hashes.n / HASH;
	uint8_t *to = arena_array(r->arena, n, HASH + 2);
	for (size_t i = 0; i < n; i++) {
		num_put_u16(to + i * (HASH + 2), HASH);
		memcpy(to + i * (HASH + 2) + 2, hashes.p + i * HASH, HASH);
	}
	return slice_of(to, n * (HASH + 2));
}

static void tile_read_row(struct request *r, const struct pg_result *result)
{
	const struct log_tile_in *in = r->in;
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct slice hashes = pg_get_bytes(result, 0, LOG_TILE_HASHES);
	char etag[ETAG_TEXT];
	(void)snprintf(
		etag, sizeof(etag), "\"%u-%lld-%u\"", in->level, (long long)in->n, in->width);
	req_header(r, "cache-control:", SLICE_LIT("public, max-age=31536000, immutable"));
	reply_tagged(r, etag, "application/octet-stream",
		in->level == ENTRIES ? bundle(r, hashes) : hashes);
}

void log_tile(struct request *r)
{
	const struct log_tile_in *in = r->in;
	int level = in->level == ENTRIES ? TILE_ENTRIES : (int)in->level;
	const struct pg_param params[] = {
		pg_id(&in->log), pg_int(level), pg_int(in->n), pg_int(in->width)};
	req_query(r, STMT_LOG_TILE, params, 4, tile_read_row);
}
