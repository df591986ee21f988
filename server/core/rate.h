#pragma once
#include "base/err.h"
#include "base/slice.h"

/* Token buckets by key (a person, an address): each holds one minute's worth, so that what was not
 * touched for a minute is full and can be forgotten. Of one process: n workers allow n times. */
struct rate;
enum { RATE_MAX_BUCKETS = 4 };

/* per_minute: of each bucket, at least 1. More than max_keys busy keys: new ones are refused. */
struct rate *rate_new(const int64_t *per_minute, unsigned n_buckets, size_t max_keys);
void rate_free(struct rate **rate);
static inline void rate_cleanup(struct rate **rate)
{
	rate_free(rate);
}
/* ERR_RATE_LIMITED when the bucket does not hold `cost`. */
MUST enum err rate_take(struct rate *rate, struct slice key, unsigned bucket, int64_t cost);
/* Forgets full buckets. */
void rate_sweep(struct rate *rate);
size_t rate_keys(const struct rate *rate);
