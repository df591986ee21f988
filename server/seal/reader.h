#pragma once
#include "base/id.h"
#include "base/num.h"

/* Takes fields off the front of borrowed bytes. What is not there reads as zero and sets bad: read
 * freely, check once with reader_is_done. */
struct reader {
	struct slice rest;
	bool bad;
};

/* Numbers in sealed formats stay below 2^53: JavaScript's exact integers. */
#define NUMBER_END (UINT64_C(1) << 53)

static inline struct reader reader_of(struct slice bytes)
{
	return (struct reader){.rest = bytes};
}

/* All n bytes, or the empty slice and bad. */
static inline struct slice reader_bytes(struct reader *r, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		return SLICE_NONE;
	}
	struct slice taken = slice_of(r->rest.p, n);
	r->rest.p += n;
	r->rest.n -= n;
	return taken;
}

static inline uint8_t reader_u8(struct reader *r)
{
	struct slice s = reader_bytes(r, 1);
	return s.p != NULL ? s.p[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
	struct slice s = reader_bytes(r, 2);
	return s.p != NULL ? num_get_u16(s.p) : 0;
}

static inline uint32_t reader_u32(struct reader *r)
{
	struct slice s = reader_bytes(r, 4);
	return s.p != NULL ? num_get_u32(s.p) : 0;
}

static inline uint64_t reader_u64(struct reader *r)
{
	struct slice s = reader_bytes(r, 8);
	return s.p != NULL ? num_get_u64(s.p) : 0;
}

/* Below 2^53, else bad. */
static inline uint64_t reader_number(struct reader *r)
{
	uint64_t v = reader_u64(r);
	r->bad = r->bad || v >= NUMBER_END;
	return v;
}

/* One of least..most, else bad. */
static inline uint8_t reader_choice(struct reader *r, uint8_t least, uint8_t most)
{
	uint8_t v = reader_u8(r);
	r->bad = r->bad || v < least || v > most;
	return v;
}

static inline struct id reader_id(struct reader *r)
{
	struct id id = {0};
	struct slice s = reader_bytes(r, sizeof(id.b));
	if (s.p != NULL)
		memcpy(id.b, s.p, sizeof(id.b));
	return id;
}

static inline struct hash reader_hash(struct reader *r)
{
	struct hash hash = {0};
	struct slice s = reader_bytes(r, sizeof(hash.b));
	if (s.p != NULL)
		memcpy(hash.b, s.p, sizeof(hash.b));
	return hash;
}

/* Everything was there and nothing is left. */
static inline bool reader_is_done(const struct reader *r)
{
	return !r->bad && r->rest.n == 0;
}
