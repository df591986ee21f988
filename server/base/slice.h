#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes. Never owns, need not end with a zero; {NULL, 0} is the empty slice. */
struct slice {
	const uint8_t *p;
	size_t n;
};

#define SLICE_NONE ((struct slice){NULL, 0})
/* Of a string literal or a char array constant. */
#define SLICE_LIT(text) ((struct slice){(const uint8_t *)(text), sizeof(text) - 1})

static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){p, n};
}

static inline struct slice slice_text(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

/* Not in constant time: for secrets use crypt_equal. */
static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_text(text));
}

static inline bool slice_starts(struct slice a, struct slice start)
{
	return a.n >= start.n && (start.n == 0 || memcmp(a.p, start.p, start.n) == 0);
}

/* The part from at, at most n bytes; both are cut to what there is. */
static inline struct slice slice_part(struct slice a, size_t at, size_t n)
{
	if (at >= a.n)
		return SLICE_NONE;
	return slice_of(a.p + at, n < a.n - at ? n : a.n - at);
}

static inline struct slice slice_from(struct slice a, size_t at)
{
	return slice_part(a, at, SIZE_MAX);
}

/* ASCII letters alike. */
bool slice_equal_fold(struct slice a, struct slice b);
/* Without spaces and tabs at both ends. */
struct slice slice_trim(struct slice a);
/* Cuts what stands before the first separator off *rest and returns it; false, and no part, when
 * nothing is left. */
bool slice_next(struct slice *rest, uint8_t separator, struct slice *ret_part);
/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong). */
bool slice_is_utf8(struct slice a);
/* In UTF-8 text: one of U+0000..U+001F, U+007F..U+009F. */
bool slice_has_control(struct slice a);
