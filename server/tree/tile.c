/* Proofs out of tiles. Every hash that a proof names is the head of a range of leaves; a range of
 * 2^k leaves is part of one tile, and any other is two smaller ones. So there is one question,
 * range_hash, and the proofs of RFC 6962 are its definitions written down. */
#include "tree/tile.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/num.h"

enum { LEVEL_BITS = 8, GROUP = 1000 };

void tile_path(const struct tile *tile, struct buf *to)
{
	if (tile->level == TILE_ENTRIES)
		buf_add_text(to, "tile/entries/");
	else
		buf_addf(to, "tile/%d/", tile->level);
	uint64_t unit = 1;
	while (tile->n / unit >= GROUP)
		unit *= GROUP;
	for (; unit > 1; unit /= GROUP)
		buf_addf(to, "x%03u/", (unsigned)(tile->n / unit % GROUP));
	buf_addf(to, "%03u", (unsigned)(tile->n % GROUP));
	if (tile->width < TILE_WIDTH)
		buf_addf(to, ".p/%u", tile->width);
}

/* Three digits. */
static bool parse_group(struct slice text, uint64_t *n)
{
	uint64_t group = 0;
	if (text.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		group = group * 10 + (uint64_t)(text.p[i] - '0');
	}
	return !__builtin_mul_overflow(*n, (uint64_t)GROUP, n) &&
	       !__builtin_add_overflow(*n, group, n);
}

/* "x001/x234/067", or with ".p" behind it: then *ret_part is true. */
static bool parse_place(struct slice *rest, uint64_t *ret_n, bool *ret_part)
{
	struct slice piece;
	*ret_n = 0;
	while (slice_next(rest, '/', &piece) && piece.n == 4 && piece.p[0] == 'x') {
		if (!parse_group(slice_from(piece, 1), ret_n))
			return false;
	}
	*ret_part = piece.n == 5 && slice_is(slice_from(piece, 3), ".p");
	return parse_group(*ret_part ? slice_part(piece, 0, 3) : piece, ret_n);
}

bool tile_parse(struct slice path, struct tile *ret_tile)
{
	enum { PATH_MAX_SIZE = 64 };
	struct slice rest = path, piece;
	uint64_t level = 0, width = TILE_WIDTH;
	struct tile tile = {.level = TILE_ENTRIES};
	bool part = false;
	if (path.n > PATH_MAX_SIZE || !slice_next(&rest, '/', &piece) || !slice_is(piece, "tile") ||
		!slice_next(&rest, '/', &piece))
		return false;
	if (!slice_is(piece, "entries") && !num_parse_u64(piece, TILE_LEVELS - 1, &level))
		return false;
	if (!slice_is(piece, "entries"))
		tile.level = (int)level;
	if (!parse_place(&rest, &tile.n, &part))
		return false;
	if (part && (!num_parse_u64(rest, TILE_WIDTH - 1, &width) || width == 0))
		return false;
	tile.width = (unsigned)width;
	/* One way of writing: what would be written differently is no path. */
	AUTO(buf) struct buf same = BUF_MAX(2 * PATH_MAX_SIZE);
	tile_path(&tile, &same);
	if (!slice_equal(buf_slice(&same), path))
		return false;
	*ret_tile = tile;
	return true;
}

bool tile_last(uint64_t size, int level, struct tile *ret_tile)
{
	unsigned shift = level == TILE_ENTRIES ? 0 : (unsigned)level * LEVEL_BITS;
	uint64_t hashes = size >> shift;
	if (hashes % TILE_WIDTH == 0)
		return false;
	*ret_tile = (struct tile){
		.level = level, .n = hashes / TILE_WIDTH, .width = (unsigned)(hashes % TILE_WIDTH)};
	return true;
}

struct range {
	uint64_t from, n;
};

/* The head of 2^bits leaves, which begin at a multiple of that. */
static enum err whole_hash(
	const struct tile_source *source, uint64_t size, struct range range, struct hash *ret)
{
	unsigned bits = (unsigned)__builtin_ctzll(range.n);
	int level = (int)(bits / LEVEL_BITS);
	/* The head of a whole tile stands in the tile above. */
	uint64_t at = range.from >> (unsigned)level * LEVEL_BITS;
	size_t n = (size_t)1 << bits % LEVEL_BITS;
	uint64_t there = size >> (unsigned)level * LEVEL_BITS;
	struct tile tile = {.level = level, .n = at / TILE_WIDTH};
	tile.width = (unsigned)(there / TILE_WIDTH > tile.n ? TILE_WIDTH : there % TILE_WIDTH);
	struct hash hashes[TILE_WIDTH];
	TRY(source->read(source->ctx, &tile, hashes));
	*ret = merkle_whole(hashes + at % TILE_WIDTH, n);
	return ERR_OK;
}

/* The largest power of two that is smaller than n, which is at least 2. */
static uint64_t half_of(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/* RFC 6962's MTH(D[from : from + n]); n at least 1. From the right: the smallest subtree first. */
static enum err range_hash(
	const struct tile_source *source, uint64_t size, struct range range, struct hash *ret)
{
	struct hash heads[MERKLE_PROOF_MAX], all;
	size_t n = 0;
	do {
		uint64_t piece = (uint64_t)1 << (63 - __builtin_clzll(range.n));
		TRY(whole_hash(source, size, (struct range){range.from, piece}, &heads[n++]));
		range.from += piece;
		range.n -= piece;
	} while (range.n > 0);
	all = heads[--n];
	while (n > 0)
		all = merkle_node(&heads[--n], &all);
	*ret = all;
	return ERR_OK;
}

enum err tile_root(const struct tile_source *source, uint64_t size, struct hash *ret_root)
{
	if (size == 0) {
		*ret_root = merkle_empty();
		return ERR_OK;
	}
	return range_hash(source, size, (struct range){0, size}, ret_root);
}

enum err tile_leaf(
	const struct tile_source *source, uint64_t size, uint64_t index, struct hash *ret_leaf)
{
	if (index >= size)
		return ERR_NOT_FOUND;
	return whole_hash(source, size, (struct range){index, 1}, ret_leaf);
}

static void proof_turn(struct merkle_proof *proof)
{
	for (size_t i = 0; i < proof->n / 2; i++) {
		struct hash h = proof->hashes[i];
		proof->hashes[i] = proof->hashes[proof->n - 1 - i];
		proof->hashes[proof->n - 1 - i] = h;
	}
}

/* PATH(index, D[size]), from the root down and then turned. */
enum err tile_inclusion(const struct tile_source *source, uint64_t size, uint64_t index,
	struct merkle_proof *ret_proof)
{
	if (index >= size)
		return ERR_NOT_FOUND;
	struct range here = {0, size};
	struct merkle_proof proof = {0};
	while (here.n > 1) {
		uint64_t half = half_of(here.n);
		struct range left = {here.from, half}, right = {here.from + half, here.n - half};
		bool is_left = index < right.from;
		TRY(range_hash(source, size, is_left ? right : left, &proof.hashes[proof.n++]));
		here = is_left ? left : right;
	}
	proof_turn(&proof);
	*ret_proof = proof;
	return ERR_OK;
}

/* SUBPROOF(older, D[newer], true), from the root down and then turned. */
enum err tile_consistency(const struct tile_source *source, uint64_t older, uint64_t newer,
	struct merkle_proof *ret_proof)
{
	if (older > newer)
		return ERR_NOT_FOUND;
	struct range here = {0, newer};
	struct merkle_proof proof = {0};
	bool known = true; /* the reader has the head of what is left: it is the older tree */
	while (older > 0 && here.from + here.n > older) {
		uint64_t half = half_of(here.n);
		struct range left = {here.from, half}, right = {here.from + half, here.n - half};
		bool is_left = older <= right.from;
		known = known && is_left;
		TRY(range_hash(source, newer, is_left ? right : left, &proof.hashes[proof.n++]));
		here = is_left ? left : right;
	}
	if (older > 0 && !known)
		TRY(range_hash(source, newer, here, &proof.hashes[proof.n++]));
	proof_turn(&proof);
	*ret_proof = proof;
	return ERR_OK;
}
