/* Blocks that grow and die together. The first block lies with the arena itself, so that most
 * requests are one allocation. Under AddressSanitizer what was not handed out is poisoned. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { ARENA_BLOCK = 4096, ARENA_ALIGN = alignof(max_align_t) };

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) uint8_t bytes[];
};

struct arena {
	struct block *block;
	size_t total;
	struct block *first; /* lies behind this struct */
};

static struct block *block_init(void *memory, size_t size)
{
	struct block *b = memory;
	b->size = size;
	ASAN_POISON_MEMORY_REGION(b->bytes, size);
	return b;
}

static void block_free(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
	free(b);
}

static size_t arena_round(size_t size)
{
	size_t sum;
	ASSERT(num_add(size, ARENA_ALIGN - 1, &sum));
	return sum / ARENA_ALIGN * ARENA_ALIGN;
}

struct arena *arena_new(size_t first_size)
{
	size_t head = arena_round(sizeof(struct arena));
	size_t size = arena_round(num_max(first_size, ARENA_ALIGN));
	size_t total;
	ASSERT(num_add(size, head + sizeof(struct block), &total));
	struct arena *a = mem_new(total);
	a->first = a->block = block_init((uint8_t *)a + head, size);
	return a;
}

/* All blocks but the first. */
static void arena_shrink(struct arena *a)
{
	while (a->block != a->first) {
		struct block *b = a->block;
		a->block = b->next;
		block_free(b);
	}
}

void arena_reset(struct arena *a)
{
	arena_shrink(a);
	struct block *b = a->first;
	ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->used);
	memset(b->bytes, 0, b->used);
	b->used = a->total = 0;
	ASAN_POISON_MEMORY_REGION(b->bytes, b->size);
}

void arena_free(struct arena **arena)
{
	struct arena *a = *arena;
	*arena = NULL;
	if (!a)
		return;
	arena_shrink(a);
	ASAN_UNPOISON_MEMORY_REGION(a->first->bytes, a->first->size);
	free(a);
}

static struct block *arena_block(struct arena *a, size_t size)
{
	if (a->block->size - a->block->used >= size)
		return a->block;
	size_t room = num_max(size, ARENA_BLOCK), total;
	ASSERT(num_add(room, sizeof(struct block), &total));
	struct block *b = block_init(mem_new(total), room);
	b->next = a->block;
	a->block = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t rounded = arena_round(num_max(size, 1));
	struct block *b = arena_block(a, rounded);
	uint8_t *p = b->bytes + b->used;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	b->used += rounded;
	a->total += rounded;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total = 0;
	ASSERT(num_mul(n, size, &total));
	return arena_alloc(a, total);
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
	uint8_t *p = arena_alloc(a, bytes.n);
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	return slice_of(p, bytes.n);
}

char *arena_text(struct arena *a, struct slice bytes)
{
	char *p = arena_alloc(a, bytes.n + 1);
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	return p;
}

size_t arena_size(const struct arena *a)
{
	return a->total;
}
