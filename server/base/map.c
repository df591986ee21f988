/* Open addressing with linear probing; removal shifts back, so that there are no tombstones and a
 * map that lives as long as the process does not decay. Slots hold up to 32 bytes of key (an id, a
 * hash, a number); longer keys are on the heap. The hash is SipHash-1-3 under a random key: clients
 * choose some keys, and must not choose their slots. */
#include "base/map.h"

#include <stdlib.h>

#include "base/crypt.h"
#include "base/mem.h"

enum { MAP_INLINE = 32, MAP_FIRST = 8 };

struct slot {
	void *value; /* NULL: free */
	uint32_t hash, key_size;
	union {
		uint8_t bytes[MAP_INLINE];
		uint8_t *heap;
	} key;
};

struct map {
	struct slot *slots;
	size_t cap, n; /* cap is a power of two */
	uint64_t seed[2];
};

static uint64_t rotate(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static uint32_t map_hash(const struct map *map, struct slice key)
{
	uint64_t v[4] = {map->seed[0] ^ 0x736f6d6570736575u, map->seed[1] ^ 0x646f72616e646f6du,
		map->seed[0] ^ 0x6c7967656e657261u, map->seed[1] ^ 0x7465646279746573u};
	size_t at = 0;
	uint64_t word;
	for (; key.n - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, key.p + at, sizeof(word));
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, key.p + at, key.n - at);
	sip_word(v, word | (uint64_t)key.n << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(hash ^ hash >> 32);
}

static struct slice slot_key(const struct slot *s)
{
	return slice_of(s->key_size > MAP_INLINE ? s->key.heap : s->key.bytes, s->key_size);
}

static void slot_set_key(struct slot *s, struct slice key)
{
	s->key_size = (uint32_t)key.n;
	uint8_t *to = s->key.bytes;
	if (key.n > MAP_INLINE)
		to = s->key.heap = mem_new(key.n);
	memcpy(to, key.p, key.n);
}

static void slot_free_key(struct slot *s)
{
	if (s->key_size > MAP_INLINE)
		free(s->key.heap);
}

struct map *map_new(void)
{
	struct map *map = MEM_NEW(struct map);
	crypt_random(map->seed, sizeof(map->seed));
	map->cap = MAP_FIRST;
	map->slots = mem_array(map->cap, sizeof(*map->slots));
	return map;
}

void map_free(struct map **map)
{
	struct map *m = *map;
	*map = NULL;
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (m->slots[i].value)
			slot_free_key(&m->slots[i]);
	}
	free(m->slots);
	free(m);
}

size_t map_count(const struct map *map)
{
	return map->n;
}

/* The slot of the key, or the free one where it would go. */
static size_t map_find(const struct map *map, struct slice key, uint32_t hash)
{
	size_t at = hash & (map->cap - 1);
	while (map->slots[at].value) {
		if (map->slots[at].hash == hash && slice_equal(slot_key(&map->slots[at]), key))
			break;
		at = (at + 1) & (map->cap - 1);
	}
	return at;
}

void *map_get(const struct map *map, struct slice key)
{
	return map->slots[map_find(map, key, map_hash(map, key))].value;
}

static void map_grow(struct map *map)
{
	struct slot *old = map->slots;
	size_t old_cap = map->cap;
	map->cap *= 2;
	map->slots = mem_array(map->cap, sizeof(*map->slots));
	for (size_t i = 0; i < old_cap; i++) {
		if (!old[i].value)
			continue;
		size_t at = old[i].hash & (map->cap - 1);
		while (map->slots[at].value)
			at = (at + 1) & (map->cap - 1);
		map->slots[at] = old[i];
	}
	free(old);
}

void *map_put(struct map *map, struct slice key, void *value)
{
	ASSERT(key.n > 0 && key.n <= UINT32_MAX && value);
	uint32_t hash = map_hash(map, key);
	struct slot *s = &map->slots[map_find(map, key, hash)];
	void *before = s->value;
	if (before) {
		s->value = value;
		return before;
	}
	if ((map->n + 1) * 4 > map->cap * 3) {
		map_grow(map);
		s = &map->slots[map_find(map, key, hash)];
	}
	s->hash = hash;
	slot_set_key(s, key);
	s->value = value;
	map->n++;
	return NULL;
}

/* Moves what was pushed past the hole back into it. */
static void map_close_hole(struct map *map, size_t hole)
{
	size_t mask = map->cap - 1;
	for (size_t at = (hole + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
		size_t home = map->slots[at].hash & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		map->slots[hole] = map->slots[at];
		hole = at;
	}
	map->slots[hole].value = NULL;
}

void *map_take(struct map *map, struct slice key)
{
	size_t at = map_find(map, key, map_hash(map, key));
	void *value = map->slots[at].value;
	if (!value)
		return NULL;
	slot_free_key(&map->slots[at]);
	map_close_hole(map, at);
	map->n--;
	return value;
}

bool map_next(const struct map *map, size_t *cursor, struct slice *ret_key, void **ret_value)
{
	while (*cursor < map->cap && !map->slots[*cursor].value)
		(*cursor)++;
	if (*cursor == map->cap)
		return false;
	const struct slot *s = &map->slots[(*cursor)++];
	if (ret_key)
		*ret_key = slot_key(s);
	*ret_value = s->value;
	return true;
}
