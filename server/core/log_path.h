#pragma once
#include "base/arena.h"
#include "base/err.h"

/* What is asked by the path of a log, "/api/log/<log>/checkpoint" or "/api/log/<log>/tile/...", as
 * a message: its name, and its fields in the arena. ERR_NOT_FOUND for any other path. */
#define CORE_LOG_PATH "/api/log/"
MUST enum err log_path_read(
	struct arena *arena, struct slice path, const char **ret_op, const void **ret_in);
