#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "core/shape.h"

/* JSON into the structs of proto/, strictly: unknown, missing or doubled members, other kinds and
 * values out of bounds are refused; base64url is canonical. What is decoded lives in the arena. */
struct decoded;

/* One JSON object, nested at most DECODE_MAX_DEPTH; else ERR_MALFORMED. */
enum { DECODE_MAX_DEPTH = 8 };
MUST enum err decode_open(struct slice text, struct decoded **ret);
void decode_close(struct decoded **d);
static inline void decoded_cleanup(struct decoded **d)
{
	decode_close(d);
}
/* The frame {"id":..,"op":..,"body":..}: exactly these, ERR_MALFORMED otherwise. ret_id is written
 * as soon as it is known, so that a refusal can name it. The op borrows from d. */
MUST enum err decode_frame(const struct decoded *d, uint64_t *ret_id, struct slice *ret_op);
/* One text member of an object that others wrote, whatever else is in it; ERR_BAD_FIELD if it is
 * missing or no text. Borrows from d. */
MUST enum err decode_member(const struct decoded *d, const char *name, struct slice *ret_text);
/* The body of a frame (in_frame) or of an HTTP request (the whole object). *ret is NULL for a shape
 * without fields. On ERR_BAD_FIELD *ret_field names the outermost field, NULL if an unknown member
 * is there. What came behind the JSON is the value of the shape's blob field, which is then not in
 * the JSON; a shape without such a field refuses it. */
struct decode_into {
	const struct shape *shape;
	struct arena *arena;
	bool in_frame;
	struct slice blob; /* SLICE_NONE: all is in the JSON */
};
MUST enum err decode_body(const struct decoded *d, const struct decode_into *into, const void **ret,
	const char **ret_field);
