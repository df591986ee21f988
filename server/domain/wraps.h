#pragma once
#include "domain/control.h"
#include "domain/unit.h"

/* Wraps of epoch keys, once more sealed under the keys of their units before they are stored, and
 * opened when they are read. One that is from before there were units stands as it came. */

/* One wrap of an open unit as it is stored. */
struct slice wrap_seal(struct arena *arena, const struct unit *unit, const struct wire_wrap *w);
/* The request's state is a struct control_append, and stays it, because its release ends it: fills
 * `sealed`, for control_put. An epoch that was erased answers the request: not_found. */
void wraps_seal(struct request *r, step_fn *then);

struct wraps {
	struct id room;
	struct wire_wrap *items; /* copied, sealed as they are stored */
	size_t n;
	struct unit_set *units;
};
/* Finds the keys for wraps_opened. */
void wraps_open(struct request *r, struct wraps *w, step_fn *then);
/* After that: opens them; those of erased epochs are left out. ERR_INTERNAL: one does not open. */
MUST enum err wraps_opened(struct request *r, struct wraps *w);
