#pragma once
#include "core/request.h"
#include "io/http.h"

/* The one way in: everything that a client can ask passes the checks of gate.c in their order, and
 * then reaches its handler. The blob is what came behind a frame's JSON, or SLICE_NONE. */
void gate_enter_ws(struct core *core, uint64_t conn, struct slice text, struct slice blob);
/* Judges at once who sends a large body; says nothing unless it is refused. */
void gate_arrive_http(struct core *core, const struct http_request *request);
void gate_enter_http(struct core *core, const struct http_request *http);
/* The nth part behind the first that an answered request asks for: who asks is known from then, how
 * often and what they may is judged anew. */
void gate_go_on_http(struct core *core, uint64_t id, unsigned nth, const void *behind);
/* What that needs to know of the request. */
void *gate_behind(const struct request *r);
/* A check that waited goes on with the next. */
void gate_go_on(struct request *r);
/* For a handler that finds out what is at stake: asks the table of rights for one more action (its
 * message names it in `judges`), on the facts that the gate has read. Then goes on, or refuses. */
void gate_judge(struct request *r, enum action action, step_fn *then);
