/* Paths of the logs (C2SP tlog-tiles): each thing has one. */
#include "core/log_path.h"

#include "base/b64.h"
#include "proto_gen.h"
#include "tree/tile.h"

enum { ENTRIES = 8 };

/* "directory", or an organisation's id, which is not zero. */
static bool read_log(struct slice word, struct id *ret_log)
{
	if (slice_is(word, "directory")) {
		*ret_log = (struct id){{0}};
		return true;
	}
	return b64_decode_exact(word, ret_log->b, sizeof(ret_log->b)) == ERR_OK &&
	       !id_is_zero(ret_log);
}

enum err log_path_read(
	struct arena *arena, struct slice path, const char **ret_op, const void **ret_in)
{
	struct slice rest = slice_from(path, strlen(CORE_LOG_PATH)), word;
	struct id log;
	struct tile tile;
	if (!slice_next(&rest, '/', &word) || !read_log(word, &log))
		return ERR_NOT_FOUND;
	if (slice_is(rest, "checkpoint")) {
		struct log_checkpoint_in *in = ARENA_NEW(arena, struct log_checkpoint_in);
		in->log = log;
		*ret_op = "log_checkpoint";
		*ret_in = in;
		return ERR_OK;
	}
	if (!tile_parse(rest, &tile) || tile.n > INT64_MAX / TILE_WIDTH)
		return ERR_NOT_FOUND;
	struct log_tile_in *in = ARENA_NEW(arena, struct log_tile_in);
	*in = (struct log_tile_in){.log = log,
		.level = tile.level == TILE_ENTRIES ? ENTRIES : (uint32_t)tile.level,
		.n = (int64_t)tile.n,
		.width = tile.width};
	*ret_op = "log_tile";
	*ret_in = in;
	return ERR_OK;
}
