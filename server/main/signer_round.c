/* One log brought up to date, in steps that can stop anywhere:
 *
 *   look     what the database has is held against the last head that was signed: the right edge of
 *            the tree of that size must hash to that head. Else the log is refused.
 *   catch up leaves that got their places before a crash, and no head yet, are appended to that
 * edge take     leaves that wait are appended to it; then the database gives them their places and
 *            stores their tiles, in one transaction
 *   sign     the edge's new head: first into the signer's own file, then into the database
 *
 * The edge is only ever appended to, so that a new head is consistent with the last one whatever
 * the database says. After a crash between two steps the next round finds the database ahead of the
 * file (catch up) or behind what is published (publish again): never a gap, never two heads of one
 * size. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_row.h"
#include "main/signer.h"
#include "sql_gen.h"
#include "tree/edge.h"

enum {
	TAKE_MOST = 4096,
	PAGE_TILES = 64,
	TILES_MAX = 2 * (TAKE_MOST / TILE_WIDTH + 2) + TILE_LEVELS
};

/* Tiles on their way into the database. */
struct tiles {
	size_t n;
	struct pg_param levels[TILES_MAX], ns[TILES_MAX], hashes[TILES_MAX];
	struct hash bytes[TILES_MAX][TILE_WIDTH];
};

struct round {
	const struct signer_parts *parts;
	round_done_fn *done;
	void *ctx;
	struct id log;
	struct note_key key;
	struct merkle_head head; /* the last that was signed */
	struct buf note;         /* its checkpoint */
	struct edge *edge;
	uint64_t db_size;
	size_t n_taken;
	struct pg_param taken[TAKE_MOST];
	struct tiles tiles;
};

struct round *round_new(const struct signer_parts *parts, round_done_fn *done, void *ctx)
{
	struct round *r = MEM_NEW(struct round);
	r->parts = parts;
	r->done = done;
	r->ctx = ctx;
	r->note = BUF_MAX(NOTE_MAX);
	return r;
}

void round_free(struct round **round)
{
	edge_free(&(*round)->edge);
	buf_done(&(*round)->note);
	mem_free(*round);
	*round = NULL;
}

static void round_end(struct round *r, enum round_end end, const char *why)
{
	edge_free(&r->edge);
	r->done(r->ctx, end, why);
}

static void refused(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)ctx;
	(void)tag;
	(void)e; /* whoever reads the log of the process knows it in any case */
	(void)result;
}

static void round_ask(struct round *r, enum signer_statement statement,
	const struct pg_param *params, size_t n, pg_done *then)
{
	struct pg_call call = {
		.statement = statement, .params = params, .n_params = n, .done = then, .ctx = r};
	enum err e = pg_submit(r->parts->pg, &call);
	if (e != ERR_OK && statement != SIGNER_REFUSE)
		round_end(r, ROUND_FAILED, err_word(e));
}

static void round_refuse(struct round *r, const char *why)
{
	const struct pg_param params[] = {pg_id(&r->log), pg_bytes(slice_text(why))};
	round_ask(r, SIGNER_REFUSE, params, 2, refused);
	round_end(r, ROUND_REFUSED, why);
}

/* --- sign --- */

static void published(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct round *r = ctx;
	if (e != ERR_OK)
		round_end(r, ROUND_FAILED, err_word(e));
	else if (!pg_get_bool(result, 0, LOG_PUBLISH_DONE))
		round_refuse(r, "rolled_back");
	else
		round_end(r, r->n_taken == TAKE_MOST ? ROUND_BUSY : ROUND_DONE, "signed");
}

static void publish(struct round *r)
{
	AUTO(buf) struct buf key = BUF_MAX(NOTE_KEY_MAX);
	note_key_write(&r->key, &key);
	const struct pg_param params[] = {pg_id(&r->log), pg_int(r->head.size),
		pg_bytes(buf_slice(&r->note)), pg_bytes(buf_slice(&key))};
	round_ask(r, SIGNER_PUBLISH, params, 4, published);
}

static void sign(struct round *r)
{
	struct merkle_head head = {edge_size(r->edge), edge_root(r->edge)};
	ASSERT(head.size > r->head.size);
	buf_reset(&r->note);
	checkpoint_write(&r->key, &r->parts->seed, &head, &r->note);
	enum err e = buf_check(&r->note);
	if (e == ERR_OK)
		e = head_store(r->parts->config->signer_dir, &r->log, buf_slice(&r->note));
	if (e != ERR_OK) {
		round_end(r, ROUND_FAILED, "not_written");
		return;
	}
	r->head = head;
	publish(r);
}

/* --- take --- */

static void tile_keep(void *ctx, const struct tile *tile, const struct hash *hashes)
{
	struct tiles *t = ctx;
	ASSERT(t->n < TILES_MAX);
	size_t size = tile->width * sizeof(*hashes);
	memcpy(t->bytes[t->n], hashes, size);
	t->levels[t->n] = pg_int(tile->level);
	t->ns[t->n] = pg_int(tile->n);
	t->hashes[t->n] = pg_bytes(slice_of(t->bytes[t->n], size));
	t->n++;
}

static void extended(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct round *r = ctx;
	if (e != ERR_OK)
		round_end(r, ROUND_FAILED, err_word(e));
	else if (!pg_get_bool(result, 0, LOG_EXTEND_DONE))
		round_end(r, ROUND_FAILED, "another_signer");
	else
		sign(r);
}

static void took(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct round *r = ctx;
	r->n_taken = e == ERR_OK ? pg_rows(result) : 0;
	if (r->n_taken == 0) {
		round_end(r, e == ERR_OK ? ROUND_DONE : ROUND_FAILED, err_word(e));
		return;
	}
	struct edge_sink sink = {tile_keep, &r->tiles};
	r->tiles.n = 0;
	for (size_t i = 0; i < r->n_taken; i++) {
		struct hash leaf = pg_get_hash(result, i, LOG_TAKE_LEAF);
		r->taken[i] = pg_int(pg_get_int(result, i, LOG_TAKE_N));
		edge_append(r->edge, &leaf, &sink);
	}
	edge_flush(r->edge, &sink);
	const struct pg_param params[] = {pg_id(&r->log), pg_int(r->db_size),
		pg_array(r->taken, r->n_taken), pg_array(r->tiles.levels, r->tiles.n),
		pg_array(r->tiles.ns, r->tiles.n), pg_array(r->tiles.hashes, r->tiles.n)};
	round_ask(r, SIGNER_EXTEND, params, 6, extended);
}

static void take(struct round *r)
{
	const struct pg_param params[] = {pg_id(&r->log), pg_int(TAKE_MOST)};
	round_ask(r, SIGNER_TAKE, params, 2, took);
}

/* --- catch up --- */

static void tile_forget(void *ctx, const struct tile *tile, const struct hash *hashes)
{
	(void)ctx;
	(void)tile;
	(void)hashes;
}

static void catch_up(struct round *r);

/* The leaves of one tile that are behind the edge; false: they are not there. */
static bool tile_append(struct round *r, const struct pg_result *result, size_t row)
{
	const struct edge_sink sink = {tile_forget, NULL};
	uint64_t first = (uint64_t)pg_get_int(result, row, LOG_ENTRIES_N) * TILE_WIDTH;
	struct slice bytes = pg_get_bytes(result, row, LOG_ENTRIES_HASHES);
	uint64_t from = edge_size(r->edge);
	uint64_t end = num_min(first + bytes.n / sizeof(struct hash), r->db_size);
	if (from < first || from >= end)
		return false;
	for (uint64_t i = from; i < end; i++) {
		struct hash leaf;
		memcpy(leaf.b, bytes.p + (i - first) * sizeof(leaf.b), sizeof(leaf.b));
		edge_append(r->edge, &leaf, &sink);
	}
	return true;
}

static void caught_up(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct round *r = ctx;
	if (e != ERR_OK) {
		round_end(r, ROUND_FAILED, err_word(e));
		return;
	}
	bool good = pg_rows(result) > 0;
	for (size_t i = 0; good && i < pg_rows(result) && edge_size(r->edge) < r->db_size; i++)
		good = tile_append(r, result, i);
	if (!good)
		round_refuse(r, "rewritten");
	else if (edge_size(r->edge) < r->db_size)
		catch_up(r);
	else
		sign(r);
}

static void catch_up(struct round *r)
{
	const struct pg_param params[] = {
		pg_id(&r->log), pg_int(edge_size(r->edge) / TILE_WIDTH), pg_int(PAGE_TILES)};
	round_ask(r, SIGNER_ENTRIES, params, 3, caught_up);
}

/* --- look --- */

/* The row that has this tile, with as many hashes as it must have by now. */
static bool tile_find(
	const struct pg_result *result, const struct tile *tile, struct hash ret[static TILE_WIDTH])
{
	for (size_t i = 0; i < pg_rows(result); i++) {
		if (pg_is_null(result, i, LOG_LOOK_LEVEL) ||
			pg_get_int(result, i, LOG_LOOK_LEVEL) != tile->level ||
			(uint64_t)pg_get_int(result, i, LOG_LOOK_N) != tile->n)
			continue;
		struct slice bytes = pg_get_bytes(result, i, LOG_LOOK_HASHES);
		if (bytes.n < tile->width * sizeof(*ret))
			return false;
		memcpy(ret, bytes.p, tile->width * sizeof(*ret));
		return true;
	}
	return false;
}

/* NULL: what is there is what was signed. */
static const char *find_fault(struct round *r, const struct pg_result *result)
{
	struct hash hashes[TILE_WIDTH];
	struct tile tile;
	if (r->db_size < r->head.size)
		return "rolled_back";
	if (r->head.size == 0 && r->db_size > 0 && !pg_is_null(result, 0, LOG_LOOK_NOTE))
		return "no_memory"; /* a head was published, and this signer knows of none */
	for (int level = TILE_ENTRIES; edge_next(r->edge, &level, &tile);) {
		if (!tile_find(result, &tile, hashes))
			return "rewritten";
		edge_put(r->edge, &tile, hashes);
	}
	struct hash root = edge_root(r->edge);
	return r->head.size == 0 || hash_equal(&root, &r->head.root) ? NULL : "rewritten";
}

static bool is_published(const struct round *r, const struct pg_result *result)
{
	return r->head.size == 0 ||
	       (!pg_is_null(result, 0, LOG_LOOK_NOTE) &&
		       slice_equal(pg_get_bytes(result, 0, LOG_LOOK_NOTE), buf_slice(&r->note)) &&
		       pg_is_null(result, 0, LOG_LOOK_REFUSED));
}

static void looked(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct round *r = ctx;
	if (e != ERR_OK || pg_rows(result) == 0) {
		round_end(r, ROUND_FAILED, err_word(e));
		return;
	}
	r->db_size = (uint64_t)pg_get_int(result, 0, LOG_LOOK_SIZE);
	const char *fault = find_fault(r, result);
	if (fault)
		round_refuse(r, fault);
	else if (r->db_size > r->head.size)
		catch_up(r);
	else if (!is_published(r, result))
		publish(r);
	else
		take(r);
}

void round_begin(struct round *r, const struct id *log)
{
	struct pg_param levels[TILE_LEVELS + 1], ns[TILE_LEVELS + 1];
	struct tile tile;
	size_t n = 0;
	r->log = *log;
	r->n_taken = 0;
	r->head = (struct merkle_head){0};
	buf_reset(&r->note);
	enum err e = signer_log_key(r->parts, log, &r->key);
	if (e == ERR_OK)
		e = head_load(r->parts->config->signer_dir, log, &r->key, &r->head, &r->note);
	/* A file that cannot be read is none that is not there. */
	if (e != ERR_OK && e != ERR_NOT_FOUND) {
		round_refuse(r, "bad_memory");
		return;
	}
	r->edge = edge_new(r->head.size);
	for (int level = TILE_ENTRIES; edge_next(r->edge, &level, &tile); n++) {
		levels[n] = pg_int(tile.level);
		ns[n] = pg_int(tile.n);
	}
	const struct pg_param params[] = {pg_id(log), pg_array(levels, n), pg_array(ns, n)};
	round_ask(r, SIGNER_LOOK, params, 3, looked);
}
