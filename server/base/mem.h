#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that is always there: out of memory ends the process, because every size that a client can
 * influence was bounded before. All of it is zeroed; free() frees it. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
void *mem_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Grows or shrinks; what is new is not zeroed. */
void *mem_resize(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
char *mem_text(const char *text) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* A copy of n bytes with a zero byte behind them. */
char *mem_text_n(const void *p, size_t n)
	__attribute__((malloc, returns_nonnull, warn_unused_result));
void mem_free(void *p);
/* For secrets: zeroed pages that no core file holds, nor the swap when *ret_locked. */
void *mem_locked_new(size_t size, bool *ret_locked) __attribute__((returns_nonnull));
void mem_locked_free(void *p, size_t size);

#define MEM_NEW(type) ((type *)mem_new(sizeof(type)))

/* What only a bug can break; always compiled in, never used on anything from outside. */
#define ASSERT(condition) \
	do { \
		if (__builtin_expect(!(condition), 0)) \
			assert_failed(#condition, __FILE__, __LINE__); \
	} while (0)
/* A place that only a bug can reach. */
#define NEVER(why) assert_failed(why, __FILE__, __LINE__)
_Noreturn void assert_failed(const char *condition, const char *file, int line);
