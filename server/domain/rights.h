#pragma once
#include "domain/texts.h"

/* What the person's and the office's side of a request share: words in the order of the wire. */
enum { RIGHTS_KINDS = 6, RIGHTS_STATES = 7, RIGHTS_STEPS = 12, RIGHTS_WAYS = 3 };
extern const char *const rights_kinds[RIGHTS_KINDS];
extern const char *const rights_states[RIGHTS_STATES];
extern const char *const rights_steps[RIGHTS_STEPS];
extern const char *const rights_ways[RIGHTS_WAYS];

/* One text on its way into the database. */
struct saying {
	struct texts texts; /* first */
	struct text_one one;
};
/* Makes it the request's state and goes on when the text is sealed. */
void saying_seal(struct request *r, const struct id *of, struct slice text, step_fn *then);
/* The outcome is the only column. */
void reply_outcome(struct request *r, const struct pg_result *result);
