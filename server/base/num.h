#pragma once
#include "base/slice.h"

/* Arithmetic that cannot wrap: true and the result, or false and nothing written. */
static inline bool num_add(size_t a, size_t b, size_t *ret_sum)
{
	size_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret_sum = sum;
	return true;
}
static inline bool num_mul(size_t a, size_t b, size_t *ret_product)
{
	size_t product;
	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret_product = product;
	return true;
}
static inline size_t num_min(size_t a, size_t b)
{
	return a < b ? a : b;
}
static inline size_t num_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Strict decimal: digits only, no sign, no leading zero, the whole slice, at most max. */
bool num_parse_u64(struct slice text, uint64_t max, uint64_t *ret_value);
/* The same with a leading minus allowed ("-0" is refused). */
bool num_parse_i64(struct slice text, int64_t *ret_value);

/* Big-endian reads and writes. */
static inline uint16_t num_get_u16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}
static inline uint32_t num_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t num_get_u64(const uint8_t *p)
{
	return (uint64_t)num_get_u32(p) << 32 | num_get_u32(p + 4);
}
static inline void num_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void num_put_u32(uint8_t *p, uint32_t v)
{
	num_put_u16(p, (uint16_t)(v >> 16));
	num_put_u16(p + 2, (uint16_t)v);
}
static inline void num_put_u64(uint8_t *p, uint64_t v)
{
	num_put_u32(p, (uint32_t)(v >> 32));
	num_put_u32(p + 4, (uint32_t)v);
}
