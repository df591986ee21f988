#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a message looks, in JSON and as a C struct: generated from proto/ and read by decode and
 * encode. */
enum kind {
	KIND_ID,
	KIND_HASH,
	KIND_BYTES,
	KIND_TEXT,
	KIND_U16,
	KIND_U32,
	KIND_U53,
	KIND_TIME,
	KIND_BOOL,
	KIND_ENUM,
	KIND_LIST,
	KIND_STRUCT,
	KIND_COUNT
};

struct shape;
struct field {
	const char *name;
	uint32_t name_size;
	enum kind kind;
	bool optional;
	bool blob;       /* bytes that may stand behind the JSON instead of in it */
	uint32_t at;     /* where the value is in the struct; of a list, the pointer to its items */
	uint32_t has_at; /* optional: where the bool is; list: where the count is */
	uint64_t min, max;        /* values of numbers, bytes of bytes and text, items of a list */
	const char *const *words; /* of an enum */
	uint32_t n_words;
	enum kind item; /* of a list */
	uint32_t item_size;
	uint64_t item_min, item_max;
	const struct shape *of; /* of a struct, or of a list's items */
};

struct shape {
	const char *name;
	size_t size; /* of the C struct; 0 without fields */
	const struct field *fields;
	size_t n_fields;
};
