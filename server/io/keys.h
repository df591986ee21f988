#pragma once
#include "io/loop.h"
#include "keys/wire.h"

/* A worker's way to the keys process: connects by itself, again and again, and never blocks. */
struct keys;

/* socket: the path of the supervisor's socket; copied. */
struct keys *keys_new(struct loop *loop, const char *socket);
/* Everything that waits is answered ERR_SHUTTING_DOWN; then nothing more is taken. */
void keys_stop(struct keys *keys);
/* Stops first. */
void keys_free(struct keys **keys);

/* e is ERR_OK when there is an answer (look at its reason), ERR_UNAVAILABLE when the process went
 * away, is not there, or said nothing for KEYS_WAIT_MS. The answer's slices last for the call. */
enum { KEYS_WAIT_MS = 3000 };
typedef void keys_done_fn(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer);
/* Copies what it needs of the question. done comes in a later turn, exactly once. ERR_BUSY when too
 * many wait, ERR_TOO_LARGE for what does not fit a packet, ERR_SHUTTING_DOWN after keys_stop: then
 * done is not called. */
MUST enum err keys_ask(
	struct keys *keys, const struct keys_ask *ask, keys_done_fn *done, void *ctx, uint64_t tag);
