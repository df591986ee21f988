#pragma once
#include <uv.h>

#include "io/loop.h"

/* For the files of io that watch descriptors themselves; nobody else sees libuv. */
uv_loop_t *loop_uv(struct loop *loop);
/* Closes a handle that was allocated by mem_new alone and frees it; *handle becomes NULL. */
void loop_close_handle(void *pointer_to_handle);
