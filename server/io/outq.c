/* Shared frames and the queue of one connection. The ring grows only while a reader is behind, and
 * goes when it has caught up: most connections have none. */
#include "io/outq.h"

#include "base/mem.h"
#include "base/num.h"

enum { FRAME_HEADROOM = 16 }; /* LWS_PRE; ws.c asserts it */

struct frame {
	uint32_t refs, size;
	uint8_t bytes[];
};

struct frame *frame_new(struct slice text)
{
	ASSERT(text.n <= UINT32_MAX / 2);
	struct frame *f = mem_new(sizeof(*f) + FRAME_HEADROOM + text.n);
	f->refs = 1;
	f->size = (uint32_t)text.n;
	memcpy(f->bytes + FRAME_HEADROOM, text.p, text.n);
	return f;
}

struct frame *frame_ref(struct frame *f)
{
	f->refs++;
	return f;
}

void frame_unref(struct frame **f)
{
	if (*f && --(*f)->refs == 0)
		mem_free(*f);
	*f = NULL;
}

struct slice frame_text(const struct frame *f)
{
	return slice_of(f->bytes + FRAME_HEADROOM, f->size);
}

uint8_t *frame_payload(struct frame *f)
{
	return f->bytes + FRAME_HEADROOM;
}

void outq_done(struct outq *q)
{
	while (q->n)
		outq_shift(q);
}

static void outq_grow(struct outq *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : 4;
	struct frame **ring = mem_array(cap, sizeof(struct frame *));
	for (uint32_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->first + i) % q->cap];
	mem_free(q->ring);
	q->ring = ring;
	q->first = 0;
	q->cap = cap;
}

enum err outq_push(struct outq *q, const struct outq_limits *limits, struct frame *f)
{
	if (q->n >= limits->max_frames || f->size > limits->max_bytes ||
		q->bytes > limits->max_bytes - f->size)
		return ERR_BUSY;
	if (q->n == q->cap)
		outq_grow(q);
	q->ring[(q->first + q->n++) % q->cap] = frame_ref(f);
	q->bytes += f->size;
	return ERR_OK;
}

struct frame *outq_first(const struct outq *q)
{
	return q->n ? q->ring[q->first] : NULL;
}

void outq_shift(struct outq *q)
{
	ASSERT(q->n > 0);
	struct frame *f = q->ring[q->first];
	q->bytes -= f->size;
	q->first = (q->first + 1) % q->cap;
	q->n--;
	frame_unref(&f);
	if (q->n)
		return;
	mem_free(q->ring);
	*q = (struct outq){0};
}
