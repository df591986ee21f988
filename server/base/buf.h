#pragma once
#include "base/err.h"
#include "base/slice.h"

/* Owned bytes that grow under a ceiling. What would go over it is not written, and buf_check says
 * so from then on: append freely, check once. AUTO(buf) frees. */
struct buf {
	uint8_t *p;
	size_t n, cap, max;
	bool over;
};

#define BUF_MAX(ceiling) ((struct buf){.max = (ceiling)})

void buf_done(struct buf *b);
static inline void buf_cleanup(struct buf *b)
{
	buf_done(b);
}
/* Empties, keeps the memory. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, struct slice bytes);
void buf_add_text(struct buf *b, const char *text);
void buf_add_byte(struct buf *b, uint8_t byte);
/* Big-endian. */
void buf_add_u16(struct buf *b, uint16_t v);
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
void buf_add_decimal(struct buf *b, int64_t v);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes to be written by the caller, counted as written; NULL over the ceiling. */
uint8_t *buf_reserve(struct buf *b, size_t n);
/* ERR_TOO_LARGE once anything was left out. */
MUST enum err buf_check(const struct buf *b);
/* A zero byte behind the content, not counted; "" when empty. */
const char *buf_text(struct buf *b);
static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}
