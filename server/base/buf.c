/* Bytes that grow by doubling, never over their ceiling. Failure is remembered instead of returned
 * by each append: an encoder of thirty fields checks once, and cannot send what was cut because
 * buf_check must be looked at. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

void buf_done(struct buf *b)
{
	free(b->p);
	*b = BUF_MAX(b->max);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* Memory for n more bytes and one of slack for buf_text. */
static bool buf_grow(struct buf *b, size_t n)
{
	if (b->over || n > b->max || b->n > b->max - n) {
		b->over = true;
		return false;
	}
	size_t need = b->n + n + 1;
	if (need <= b->cap)
		return true;
	size_t cap = num_max(num_max(need, 64), b->cap * 2);
	b->cap = num_max(need, num_min(cap, b->max + 1));
	b->p = mem_resize(b->p, b->cap, 1);
	return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	if (!buf_grow(b, n))
		return NULL;
	uint8_t *at = b->p + b->n;
	b->n += n;
	return at;
}

void buf_add(struct buf *b, struct slice bytes)
{
	uint8_t *at = buf_reserve(b, bytes.n);
	if (at && bytes.n)
		memcpy(at, bytes.p, bytes.n);
}

void buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, slice_text(text));
}

void buf_add_byte(struct buf *b, uint8_t byte)
{
	uint8_t *at = buf_reserve(b, 1);
	if (at)
		*at = byte;
}

void buf_add_u16(struct buf *b, uint16_t v)
{
	uint8_t *at = buf_reserve(b, 2);
	if (at)
		num_put_u16(at, v);
}

void buf_add_u32(struct buf *b, uint32_t v)
{
	uint8_t *at = buf_reserve(b, 4);
	if (at)
		num_put_u32(at, v);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	uint8_t *at = buf_reserve(b, 8);
	if (at)
		num_put_u64(at, v);
}

void buf_add_decimal(struct buf *b, int64_t v)
{
	enum { DIGITS_MAX = 20 };
	uint8_t text[DIGITS_MAX];
	size_t at = DIGITS_MAX;
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;
	do
		text[--at] = (uint8_t)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		text[--at] = '-';
	buf_add(b, slice_of(text + at, DIGITS_MAX - at));
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	int n = vasprintf(&text, format, args);
	va_end(args);
	ASSERT(n >= 0);
	buf_add(b, slice_of(text, (size_t)n));
	free(text);
}

enum err buf_check(const struct buf *b)
{
	return b->over ? ERR_TOO_LARGE : ERR_OK;
}

const char *buf_text(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}
