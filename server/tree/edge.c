/* Growing. The tree is only ever appended to here: whoever checked the head of the edge that was
 * put in knows that every head that comes out is consistent with it. */
#include "tree/edge.h"

#include "base/mem.h"

enum { ROWS = TILE_LEVELS + 1, LEVEL_BITS = 8 };

struct row {
	uint64_t n; /* which tile */
	unsigned width;
	bool grown;
	struct hash hashes[TILE_WIDTH];
};

struct edge {
	uint64_t size;
	struct row rows[ROWS]; /* the entries, then level 0, 1, ... */
};

struct edge *edge_new(uint64_t size)
{
	struct edge *edge = MEM_NEW(struct edge);
	edge->size = size;
	for (int i = 0; i < ROWS; i++) {
		int level = i == 0 ? 0 : i - 1;
		uint64_t hashes = size >> (unsigned)level * LEVEL_BITS;
		edge->rows[i].n = hashes / TILE_WIDTH;
		edge->rows[i].width = (unsigned)(hashes % TILE_WIDTH);
	}
	return edge;
}

void edge_free(struct edge **edge)
{
	mem_free(*edge);
	*edge = NULL;
}

bool edge_next(const struct edge *edge, int *level, struct tile *ret_tile)
{
	for (; *level < TILE_LEVELS; (*level)++) {
		if (tile_last(edge->size, *level, ret_tile)) {
			(*level)++;
			return true;
		}
	}
	return false;
}

void edge_put(struct edge *edge, const struct tile *tile, const struct hash *hashes)
{
	struct row *row = &edge->rows[tile->level + 1];
	ASSERT(row->n == tile->n && row->width == tile->width);
	memcpy(row->hashes, hashes, row->width * sizeof(*hashes));
}

uint64_t edge_size(const struct edge *edge)
{
	return edge->size;
}

/* From the right: the smallest whole subtree is the last of the lowest level. */
struct hash edge_root(const struct edge *edge)
{
	struct hash root = merkle_empty();
	bool begun = false;
	for (int i = 1; i < ROWS; i++) {
		const struct row *row = &edge->rows[i];
		unsigned end = row->width;
		for (unsigned n = 1; n < TILE_WIDTH; n *= 2) {
			if ((row->width & n) == 0)
				continue;
			end -= n;
			struct hash head = merkle_whole(row->hashes + end, n);
			root = begun ? merkle_node(&head, &root) : head;
			begun = true;
		}
	}
	return root;
}

static void row_emit(const struct edge *edge, int i, const struct edge_sink *sink)
{
	const struct row *row = &edge->rows[i];
	struct tile tile = {.level = i - 1, .n = row->n, .width = row->width};
	sink->emit(sink->ctx, &tile, row->hashes);
}

/* True if that filled the tile, which was given out and begins anew. */
static bool row_push(
	struct edge *edge, int i, const struct hash *hash, const struct edge_sink *sink)
{
	struct row *row = &edge->rows[i];
	row->hashes[row->width++] = *hash;
	row->grown = true;
	if (row->width < TILE_WIDTH)
		return false;
	row_emit(edge, i, sink);
	row->n++;
	row->width = 0;
	row->grown = false;
	return true;
}

void edge_append(struct edge *edge, const struct hash *entry, const struct edge_sink *sink)
{
	(void)row_push(edge, 0, entry, sink);
	struct hash hash = merkle_leaf(hash_slice(entry));
	for (int i = 1; i < ROWS && row_push(edge, i, &hash, sink); i++)
		hash = merkle_whole(edge->rows[i].hashes, TILE_WIDTH);
	edge->size++;
}

void edge_flush(struct edge *edge, const struct edge_sink *sink)
{
	for (int i = 0; i < ROWS; i++) {
		if (edge->rows[i].grown)
			row_emit(edge, i, sink);
		edge->rows[i].grown = false;
	}
}
