/* Shared frames and the queue of one connection. A frame carries its WebSocket header from the
 * beginning: the server masks nothing, so that the same bytes go to every receiver. The ring grows
 * only while a reader is behind, and goes when it has caught up: most connections have none. */
#include "io/outq.h"

#include "base/mem.h"
#include "base/num.h"

enum { HEADER_MAX = 10, OP_TEXT = 0x81, OP_PING = 0x89, SIZE_16 = 126, SIZE_64 = 127 };

struct frame {
	uint32_t refs, size;
	uint8_t header_size;
	uint8_t bytes[];
};

static size_t frame_write_header(uint8_t *to, uint8_t op, size_t n)
{
	to[0] = op;
	if (n < SIZE_16) {
		to[1] = (uint8_t)n;
		return 2;
	}
	if (n <= UINT16_MAX) {
		to[1] = SIZE_16;
		num_put_u16(to + 2, (uint16_t)n);
		return 4;
	}
	to[1] = SIZE_64;
	num_put_u64(to + 2, n);
	return HEADER_MAX;
}

static struct frame *frame_make(uint8_t op, struct slice text)
{
	ASSERT(text.n <= UINT32_MAX / 2);
	uint8_t header[HEADER_MAX];
	size_t header_size = frame_write_header(header, op, text.n);
	struct frame *f = mem_new(sizeof(*f) + header_size + text.n);
	f->refs = 1;
	f->header_size = (uint8_t)header_size;
	f->size = (uint32_t)(header_size + text.n);
	memcpy(f->bytes, header, header_size);
	if (text.n)
		memcpy(f->bytes + header_size, text.p, text.n);
	return f;
}

struct frame *frame_new(struct slice text)
{
	return frame_make(OP_TEXT, text);
}

struct frame *frame_ping(void)
{
	static struct frame *ping;
	if (!ping)
		ping = frame_make(OP_PING, SLICE_LIT("?"));
	return ping;
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
	return slice_of(f->bytes + f->header_size, f->size - f->header_size);
}

struct slice frame_wire(const struct frame *f)
{
	return slice_of(f->bytes, f->size);
}

uint8_t *frame_bytes(struct frame *f)
{
	return f->bytes;
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
