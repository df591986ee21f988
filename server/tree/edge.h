#pragma once
#include "tree/tile.h"

/* The right edge of a tree: what has to be known to let it grow. Each level has one tile that is
 * not full yet; when it is, its head goes to the level above. */
struct edge;

/* Of a tree of this size; its tiles are still to be put (edge_next says which). */
struct edge *edge_new(uint64_t size);
void edge_free(struct edge **edge);
static inline void edge_cleanup(struct edge **edge)
{
	edge_free(edge);
}
/* The next tile of the edge at or above *level, from TILE_ENTRIES on; false when there is none. */
bool edge_next(const struct edge *edge, int *level, struct tile *ret_tile);
/* The first hashes of a tile that edge_next gave. */
void edge_put(struct edge *edge, const struct tile *tile, const struct hash *hashes);
uint64_t edge_size(const struct edge *edge);
struct hash edge_root(const struct edge *edge);

/* Tiles as they come to be: full ones at once, the others at edge_flush. */
typedef void edge_emit_fn(void *ctx, const struct tile *tile, const struct hash *hashes);
struct edge_sink {
	edge_emit_fn *emit;
	void *ctx;
};
/* One more leaf: an entry of 32 bytes. */
void edge_append(struct edge *edge, const struct hash *entry, const struct edge_sink *sink);
/* The tiles that have grown and are not full. */
void edge_flush(struct edge *edge, const struct edge_sink *sink);
