#pragma once
#include "base/slice.h"

/* 16 random bytes that name a row, and 32 bytes of a hash or of a key's name. */
struct id {
	uint8_t b[16];
};
struct hash {
	uint8_t b[32];
};

static inline bool id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
static inline bool id_is_zero(const struct id *a)
{
	static const struct id zero;
	return id_equal(a, &zero);
}
static inline struct slice id_slice(const struct id *a)
{
	return slice_of(a->b, sizeof(a->b));
}
/* A number spread from the id: for choosing a lane, never for keys. */
static inline uint64_t id_number(const struct id *a)
{
	uint64_t v;
	memcpy(&v, a->b, sizeof(v));
	return v;
}
static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
static inline bool hash_is_zero(const struct hash *a)
{
	static const struct hash zero;
	return hash_equal(a, &zero);
}
static inline struct slice hash_slice(const struct hash *a)
{
	return slice_of(a->b, sizeof(a->b));
}
