#pragma once
#include <uv.h>

#include "io/loop.h"

/* For the files of io that watch descriptors themselves; nobody else sees libuv. */
uv_loop_t *loop_uv(struct loop *loop);
/* Closes a handle that was allocated by mem_new alone and frees it; *handle becomes NULL. */
void loop_close_handle(void *pointer_to_handle);
/* Turns of this loop are watched until it is unwatched; of the process's loops only one at a time.
 */
void turn_watch(const uv_loop_t *loop, uint64_t stall_ms);
void turn_unwatch(const uv_loop_t *loop);
