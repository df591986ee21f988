#pragma once
#include "base/err.h"
#include "base/slice.h"

/* Frames on their way out. A frame is encoded once and shared by all its receivers; a queue belongs
 * to one connection. Appending and writing are two acts: outq_push only appends. */
struct frame;

/* Copies the text. Holds one reference. */
struct frame *frame_new(struct slice text);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame **f);
static inline void frame_cleanup(struct frame **f)
{
	frame_unref(f);
}
struct slice frame_text(const struct frame *f);
/* As it goes over the wire: the header of a WebSocket text frame (RFC 6455 section 5.2), the text.
 */
struct slice frame_wire(const struct frame *f);
uint8_t *frame_bytes(struct frame *f);
/* A ping of one byte, because lws keeps quiet about a pong without content (libwebsockets 4.1.6,
 * ops-ws.c); shared, borrowed. */
struct frame *frame_ping(void);

/* Ceilings of one queue. */
struct outq_limits {
	uint32_t max_bytes, max_frames;
};
struct outq {
	struct frame **ring;
	uint32_t first, n, cap;
	uint32_t bytes;
};

void outq_done(struct outq *q);
/* Takes its own reference. ERR_BUSY when the queue is full: the reader is too slow. */
MUST enum err outq_push(struct outq *q, const struct outq_limits *limits, struct frame *f);
/* The oldest frame, borrowed; NULL when empty. */
struct frame *outq_first(const struct outq *q);
/* Drops the oldest frame; gives the memory back when that was the last. */
void outq_shift(struct outq *q);
