#pragma once
#include <stdlib.h>

/* Every local that owns says so: AUTO(kind) calls kind_cleanup(&local) at the end of its scope. */
#define AUTO(kind) __attribute__((cleanup(kind##_cleanup)))

/* Hands an owned pointer over and forgets it. */
#define TAKE(pointer) \
	__extension__({ \
		__auto_type take_ = (pointer); \
		(pointer) = NULL; \
		take_; \
	})

static inline void mem_cleanup(void *pointer_to_pointer)
{
	void **p = pointer_to_pointer;
	free(*p);
}
