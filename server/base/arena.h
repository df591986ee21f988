#pragma once
#include "base/slice.h"

/* Memory that dies together: a request's. Nothing in it is freed alone. */
struct arena;

/* first_size: of the first block, got at once together with the arena. */
struct arena *arena_new(size_t first_size);
void arena_free(struct arena **arena);
/* As new: what was handed out is zeroed and dead, only the first block stays. */
void arena_reset(struct arena *a);
static inline void arena_cleanup(struct arena **arena)
{
	arena_free(arena);
}
/* Zeroed, aligned for anything, never NULL. Sizes come bounded. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((malloc, returns_nonnull));
struct slice arena_copy(struct arena *a, struct slice bytes);
char *arena_text(struct arena *a, struct slice bytes) __attribute__((returns_nonnull));
/* Bytes handed out so far. */
size_t arena_size(const struct arena *a);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
