/* Allocation that ends the process instead of failing: sizes come bounded, so that no memory means
 * that the machine is at its end, and a worker that dies is replaced at once. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/num.h"

static _Noreturn void mem_ended(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

void *mem_new(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		mem_ended();
	return p;
}

void *mem_array(size_t n, size_t size)
{
	size_t total = 0;
	if (!num_mul(n, size, &total))
		mem_ended();
	return mem_new(total);
}

void *mem_resize(void *p, size_t n, size_t size)
{
	size_t total = 0;
	if (!num_mul(n, size, &total))
		mem_ended();
	void *grown = realloc(p, total ? total : 1);
	if (!grown)
		mem_ended();
	return grown;
}

char *mem_text_n(const void *p, size_t n)
{
	size_t size = 0;
	if (!num_add(n, 1, &size))
		mem_ended();
	char *copy = mem_new(size);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *mem_text(const char *text)
{
	return mem_text_n(text, strlen(text));
}

void mem_free(void *p)
{
	free(p);
}

void *mem_locked_new(size_t size, bool *ret_locked)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		mem_ended();
	(void)madvise(p, size, MADV_DONTDUMP);
	*ret_locked = mlock(p, size) == 0;
	return p;
}

void mem_locked_free(void *p, size_t size)
{
	(void)munmap(p, size);
}

void assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "bug: %s is not so (%s:%d)\n", condition, file, line);
	abort();
}
