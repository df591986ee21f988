#pragma once
#include "base/buf.h"
#include "tree/merkle.h"

/* The tree in tiles of 256 hashes (C2SP tlog-tiles): the hashes of tile n at level l are the heads
 * of the subtrees of 256^l leaves from n * 256 on. Beside them stand the entries themselves. */
enum {
	TILE_WIDTH = 256,
	TILE_LEVELS = 8, /* 2^64 leaves */
	TILE_ENTRIES = -1
};

struct tile {
	int level; /* or TILE_ENTRIES */
	uint64_t n;
	unsigned width; /* 1..TILE_WIDTH */
};

/* "tile/0/x001/234", "tile/entries/067.p/5". */
void tile_path(const struct tile *tile, struct buf *to);
/* Its one way of writing; false for any other text. */
bool tile_parse(struct slice path, struct tile *ret_tile);
/* The last tile of a level in a tree of this size; false if the level is empty there, or ends with
 * a whole tile. */
bool tile_last(uint64_t size, int level, struct tile *ret_tile);

/* Where tiles come from: width hashes of tile n at a level, into ret. Any error ends the proof. */
struct tile_source {
	enum err (*read)(void *ctx, const struct tile *tile, struct hash *ret);
	void *ctx;
};
/* All of them read tiles of a tree of this size only. */
MUST enum err tile_root(const struct tile_source *source, uint64_t size, struct hash *ret_root);
MUST enum err tile_inclusion(const struct tile_source *source, uint64_t size, uint64_t index,
	struct merkle_proof *ret_proof);
MUST enum err tile_consistency(const struct tile_source *source, uint64_t older, uint64_t newer,
	struct merkle_proof *ret_proof);
/* The hash of the leaf at this place, as the tiles have it. */
MUST enum err tile_leaf(
	const struct tile_source *source, uint64_t size, uint64_t index, struct hash *ret_leaf);
