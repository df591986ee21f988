/* Token buckets. Counted in thousandths of a token per millisecond arithmetic so that nothing is
 * rounded away: a bucket of n a minute gains n tokens of 60,000 parts each in a minute, one part a
 * token and millisecond. */
#include "core/rate.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum { PARTS = 60000 };

struct bucket_set {
	uint64_t touched_at;
	int64_t parts[RATE_MAX_BUCKETS];
};

struct rate {
	struct map *keys;
	int64_t per_minute[RATE_MAX_BUCKETS];
	unsigned n_buckets;
	size_t max_keys;
};

struct rate *rate_new(const int64_t *per_minute, unsigned n_buckets, size_t max_keys)
{
	ASSERT(n_buckets >= 1 && n_buckets <= RATE_MAX_BUCKETS);
	struct rate *rate = MEM_NEW(struct rate);
	rate->keys = map_new();
	rate->n_buckets = n_buckets;
	rate->max_keys = max_keys;
	for (unsigned i = 0; i < n_buckets; i++)
		rate->per_minute[i] = per_minute[i];
	return rate;
}

void rate_free(struct rate **rate)
{
	if (*rate == NULL)
		return;
	size_t cursor = 0;
	void *set;
	while (map_next((*rate)->keys, &cursor, NULL, &set))
		mem_free(set);
	map_free(&(*rate)->keys);
	mem_free(*rate);
	*rate = NULL;
}

static void refill(const struct rate *rate, struct bucket_set *set)
{
	uint64_t now = clock_mono_ms();
	uint64_t passed = now - set->touched_at;
	set->touched_at = now;
	for (unsigned i = 0; i < rate->n_buckets; i++) {
		int64_t full = rate->per_minute[i] * PARTS;
		if (passed >= PARTS)
			set->parts[i] = full;
		else
			set->parts[i] += rate->per_minute[i] * (int64_t)passed;
		if (set->parts[i] > full)
			set->parts[i] = full;
	}
}

static struct bucket_set *new_set(struct rate *rate, struct slice key)
{
	if (map_count(rate->keys) >= rate->max_keys)
		rate_sweep(rate);
	if (map_count(rate->keys) >= rate->max_keys)
		return NULL;
	struct bucket_set *set = MEM_NEW(struct bucket_set);
	set->touched_at = clock_mono_ms();
	for (unsigned i = 0; i < rate->n_buckets; i++)
		set->parts[i] = rate->per_minute[i] * PARTS;
	map_put(rate->keys, key, set);
	return set;
}

enum err rate_take(struct rate *rate, struct slice key, unsigned bucket, int64_t cost)
{
	ASSERT(bucket < rate->n_buckets);
	struct bucket_set *set = map_get(rate->keys, key);
	if (set == NULL)
		set = new_set(rate, key);
	if (set == NULL)
		return ERR_RATE_LIMITED;
	refill(rate, set);
	if (set->parts[bucket] < cost * PARTS)
		return ERR_RATE_LIMITED;
	set->parts[bucket] -= cost * PARTS;
	return ERR_OK;
}

/* The map must not change while it is walked: what is still filling moves to a new one. */
void rate_sweep(struct rate *rate)
{
	uint64_t now = clock_mono_ms();
	struct map *kept = map_new();
	size_t cursor = 0;
	struct slice key;
	void *value;
	while (map_next(rate->keys, &cursor, &key, &value)) {
		const struct bucket_set *set = value;
		if (now - set->touched_at < PARTS)
			map_put(kept, key, value);
		else
			mem_free(value);
	}
	map_free(&rate->keys);
	rate->keys = kept;
}

size_t rate_keys(const struct rate *rate)
{
	return map_count(rate->keys);
}
