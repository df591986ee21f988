#pragma once
#include "base/id.h"

/* A hash map from bytes to pointers, seeded at random so that no client can choose collisions. Keys
 * are copied, values are borrowed. A key must not be empty; a value must not be NULL. */
struct map;

struct map *map_new(void);
/* Frees the map, not the values. */
void map_free(struct map **map);
static inline void map_cleanup(struct map **map)
{
	map_free(map);
}
size_t map_count(const struct map *map);
/* NULL when the key is not there. */
void *map_get(const struct map *map, struct slice key);
/* Returns the value that stood there before, or NULL. */
void *map_put(struct map *map, struct slice key, void *value);
/* Removes and returns, or NULL. */
void *map_take(struct map *map, struct slice key);
/* Walks in no order: start with *cursor = 0. The map must not change while walking. ret_key may be
 * NULL. */
bool map_next(const struct map *map, size_t *cursor, struct slice *ret_key, void **ret_value);

static inline void *map_get_u64(const struct map *map, uint64_t key)
{
	return map_get(map, slice_of(&key, sizeof(key)));
}
static inline void *map_put_u64(struct map *map, uint64_t key, void *value)
{
	return map_put(map, slice_of(&key, sizeof(key)), value);
}
static inline void *map_take_u64(struct map *map, uint64_t key)
{
	return map_take(map, slice_of(&key, sizeof(key)));
}
static inline void *map_get_id(const struct map *map, const struct id *key)
{
	return map_get(map, id_slice(key));
}
static inline void *map_put_id(struct map *map, const struct id *key, void *value)
{
	return map_put(map, id_slice(key), value);
}
static inline void *map_take_id(struct map *map, const struct id *key)
{
	return map_take(map, id_slice(key));
}
