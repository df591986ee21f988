/* Heads and trees: whether one tree begins with another, and whether all of a tree is what its head
 * says. What does not hold is followed down to the first leaf, as far as there are files to say it.
 */
#include <stdio.h>

#include "base/mem.h"
#include "verify/verify.h"

enum { LEVEL_BITS = 8 };
#define NUMBER(n) ((unsigned long long)(n))

enum verdict verify_checkpoint(struct given *g)
{
	if (reader_lists(g->reader))
		return HOLDS;
	printf("The checkpoint of %s is signed by this key: %llu leaves.\n", g->note_key.name,
		NUMBER(g->head.size));
	return HOLDS;
}

/* Do the tiles lead to this head? */
static enum verdict head_check(struct given *g, const struct merkle_head *head, const char *which)
{
	const struct tile_source source = reader_source(g->reader);
	struct hash root;
	if (tile_root(&source, head->size, &root) != ERR_OK)
		return UNKNOWN;
	if (reader_lists(g->reader) || hash_equal(&root, &head->root))
		return HOLDS;
	printf("The tiles do not lead to the head of the %s checkpoint (%llu leaves).\n", which,
		NUMBER(head->size));
	return BROKEN;
}

/* The first leaf of the older tree that the newer one has otherwise; by two directories of tiles.
 */
static void find_parting(struct given *g)
{
	struct hash a[TILE_WIDTH], b[TILE_WIDTH];
	struct reader *old = reader_new(g->old_dir, false);
	const struct tile_source here = reader_source(g->reader), there = reader_source(old);
	uint64_t end = g->old_head.size < g->head.size ? g->old_head.size : g->head.size;
	bool found = false;
	for (uint64_t n = 0; n * TILE_WIDTH < end && !found; n++) {
		uint64_t rest = end - n * TILE_WIDTH;
		struct tile tile = {0, n, rest < TILE_WIDTH ? (unsigned)rest : TILE_WIDTH};
		struct tile mine = tile, theirs = tile;
		mine.width = g->head.size - n * TILE_WIDTH < TILE_WIDTH
				     ? (unsigned)(g->head.size - n * TILE_WIDTH)
				     : TILE_WIDTH;
		theirs.width = g->old_head.size - n * TILE_WIDTH < TILE_WIDTH
				       ? (unsigned)(g->old_head.size - n * TILE_WIDTH)
				       : TILE_WIDTH;
		if (here.read(here.ctx, &mine, a) != ERR_OK ||
			there.read(there.ctx, &theirs, b) != ERR_OK)
			break;
		for (unsigned i = 0; i < tile.width && !found; i++) {
			found = !hash_equal(&a[i], &b[i]);
			if (found)
				printf("They part at leaf %llu.\n", NUMBER(n * TILE_WIDTH + i));
		}
	}
	reader_free(&old);
}

enum verdict verify_consistency(struct given *g)
{
	const struct tile_source source = reader_source(g->reader);
	struct merkle_proof proof;
	if (g->old_head.size > g->head.size) {
		printf("The checkpoint is of %llu leaves and the older one of %llu: leaves are "
		       "gone, or "
		       "they are the wrong way round.\n",
			NUMBER(g->head.size), NUMBER(g->old_head.size));
		return BROKEN;
	}
	if (tile_consistency(&source, g->old_head.size, g->head.size, &proof) != ERR_OK)
		return UNKNOWN;
	if (reader_lists(g->reader))
		return head_check(g, &g->head, "newer");
	if (merkle_verify_consistency(&g->old_head, &g->head, &proof) == ERR_OK) {
		printf("The tree of %llu leaves begins with the tree of %llu leaves.\n",
			NUMBER(g->head.size), NUMBER(g->old_head.size));
		return HOLDS;
	}
	printf("The two checkpoints are not of one log: what is signed for %llu leaves does not "
	       "begin "
	       "with what is signed for %llu.\n",
		NUMBER(g->head.size), NUMBER(g->old_head.size));
	(void)head_check(g, &g->head, "newer");
	if (g->old_dir)
		find_parting(g);
	return BROKEN;
}

/* --- the whole tree --- */

static enum verdict leaves_check(
	struct given *g, const struct tile *tile, const struct hash *hashes)
{
	struct hash leaves[TILE_WIDTH];
	struct tile bundle = *tile;
	bundle.level = TILE_ENTRIES;
	if (reader_leaves(g->reader, &bundle, leaves) != ERR_OK)
		return UNKNOWN;
	for (unsigned i = 0; i < tile->width && !reader_lists(g->reader); i++) {
		struct hash h = merkle_leaf(hash_slice(&leaves[i]));
		if (hash_equal(&h, &hashes[i]))
			continue;
		printf("Leaf %llu is not the one that the tree was made of.\n",
			NUMBER(tile->n * TILE_WIDTH + i));
		return BROKEN;
	}
	return HOLDS;
}

/* A whole tile's hashes have to lead to the hash that stands for them in the tile above. */
static enum verdict tile_check(struct given *g, const struct tile *tile)
{
	const struct tile_source source = reader_source(g->reader);
	struct hash hashes[TILE_WIDTH], above[TILE_WIDTH];
	if (source.read(source.ctx, tile, hashes) != ERR_OK)
		return UNKNOWN;
	enum verdict v = g->leaves && tile->level == 0 ? leaves_check(g, tile, hashes) : HOLDS;
	if (v != HOLDS || tile->width < TILE_WIDTH || reader_lists(g->reader))
		return v;
	uint64_t n = tile->n / TILE_WIDTH;
	uint64_t there = g->head.size >> (unsigned)(tile->level + 1) * LEVEL_BITS;
	struct tile up = {tile->level + 1, n, TILE_WIDTH};
	if (there / TILE_WIDTH == n)
		up.width = (unsigned)(there % TILE_WIDTH);
	if (source.read(source.ctx, &up, above) != ERR_OK)
		return UNKNOWN;
	struct hash head = merkle_whole(hashes, TILE_WIDTH);
	if (hash_equal(&head, &above[tile->n % TILE_WIDTH]))
		return HOLDS;
	uint64_t first = tile->n << (unsigned)(tile->level + 1) * LEVEL_BITS;
	uint64_t count = (uint64_t)TILE_WIDTH << (unsigned)tile->level * LEVEL_BITS;
	printf("Tile %llu at level %d is not what the tree was made of: something of the leaves "
	       "%llu to "
	       "%llu was changed.\n",
		NUMBER(tile->n), tile->level, NUMBER(first), NUMBER(first + count - 1));
	return BROKEN;
}

enum verdict verify_tree(struct given *g)
{
	enum verdict worst = head_check(g, &g->head, "newest");
	/* From the top: what stands above is right when what is beneath is held against it. */
	for (int level = TILE_LEVELS - 1; level >= 0; level--) {
		uint64_t hashes = g->head.size >> (unsigned)level * LEVEL_BITS;
		for (uint64_t n = 0; n * TILE_WIDTH < hashes; n++) {
			uint64_t rest = hashes - n * TILE_WIDTH;
			struct tile tile = {
				level, n, rest < TILE_WIDTH ? (unsigned)rest : TILE_WIDTH};
			enum verdict v = tile_check(g, &tile);
			if (v == UNKNOWN)
				return UNKNOWN;
			worst = v == BROKEN ? BROKEN : worst;
		}
	}
	if (worst == HOLDS && !reader_lists(g->reader))
		printf("All tiles of %llu leaves%s lead to the signed head.\n",
			NUMBER(g->head.size), g->leaves ? ", and the leaves themselves," : "");
	return worst;
}
