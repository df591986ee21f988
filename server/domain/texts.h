#pragma once
#include "core/request.h"

/* Texts that people and offices write to each other outside of rooms, and the names under which
 * people were identified: sealed by the keys process, opened when somebody may read them. */
enum { TEXT_MAX = 4000 };

struct text_one {
	enum keys_kind kind; /* KEYS_WORDS, or a name: sealed for the organisation alone */
	struct id of, note;  /* words: sealed for the organisation, this and this */
	struct slice from;   /* plain or sealed; empty: stays empty */
	struct slice to;     /* in the request's arena */
};

/* The request's state must begin with it. */
struct texts {
	struct text_one *items;
	size_t n, at;
	enum keys_type type;
	step_fn *then;
};

/* Both go on with `then`. What cannot be sealed fails the request; what cannot be opened is empty.
 */
void texts_seal(struct request *r, step_fn *then);
void texts_open(struct request *r, step_fn *then);
/* NULL for an empty one. */
struct pg_param text_param(struct slice sealed);
