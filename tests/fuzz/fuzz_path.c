/* The paths that are read before anybody is asked who they are: of a log's checkpoint and tiles,
 * and of a tile by itself. What is taken has one spelling, which writes back to the same bytes, and
 * lies within a tree that can be. */
#include "fuzz.h"

#include "base/b64.h"
#include "base/cleanup.h"
#include "core/log_path.h"
#include "proto_gen.h"
#include "tree/tile.h"

enum { LEVEL_OF_ENTRIES = 8 };

static void add_log(struct buf *b, const struct id *log)
{
	buf_addf(b, CORE_LOG_PATH);
	if (id_is_zero(log))
		buf_addf(b, "directory");
	else
		b64_add(b, id_slice(log));
	buf_addf(b, "/");
}

static void try_log(struct arena *arena, struct slice path)
{
	AUTO(buf) struct buf again = BUF_MAX(1024);
	const char *op;
	const void *in;
	if (log_path_read(arena, path, &op, &in) != ERR_OK)
		return;
	if (strcmp(op, "log_checkpoint") == 0) {
		add_log(&again, &((const struct log_checkpoint_in *)in)->log);
		buf_addf(&again, "checkpoint");
	} else {
		const struct log_tile_in *tile = in;
		HOLD(strcmp(op, "log_tile") == 0 && tile->level <= LEVEL_OF_ENTRIES);
		HOLD(tile->width >= 1 && tile->width <= TILE_WIDTH && tile->n >= 0);
		struct tile t = {tile->level == LEVEL_OF_ENTRIES ? TILE_ENTRIES : (int)tile->level,
			(uint64_t)tile->n, tile->width};
		add_log(&again, &tile->log);
		tile_path(&t, &again);
	}
	HOLD(slice_equal(buf_slice(&again), path));
}

static void try_tile(struct slice path)
{
	AUTO(buf) struct buf again = BUF_MAX(1024);
	struct tile tile;
	if (!tile_parse(path, &tile))
		return;
	HOLD(tile.width >= 1 && tile.width <= TILE_WIDTH);
	HOLD(tile.level >= TILE_ENTRIES && tile.level < TILE_LEVELS);
	tile_path(&tile, &again);
	HOLD(slice_equal(buf_slice(&again), path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	if (slice_starts(s, SLICE_LIT(CORE_LOG_PATH))) {
		AUTO(arena) struct arena *arena = arena_new(4096);
		try_log(arena, s);
	}
	try_tile(s);
	return 0;
}
