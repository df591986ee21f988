#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "core/encode.h"
#include "core/route.h"
#include "core/session.h"
#include "io/fetch.h"
#include "io/keys.h"
#include "io/pg_row.h"
#include "io/work.h"

/* One thing that a client asked, until it is answered. Steps run in the loop; what a step asked for
 * comes back in a later turn, as the next step. A request always ends by exactly one req_reply or
 * req_fail, also when nobody listens any more. */
struct core;
struct request;
typedef void step_fn(struct request *r);
typedef void result_fn(struct request *r, const struct pg_result *result);
typedef void outcome_fn(struct request *r, enum err e, const struct pg_result *result);
typedef void keys_fn(struct request *r, const struct keys_answer *answer);
typedef void fetched_fn(struct request *r, enum err e, const struct fetch_answer *answer);

struct request {
	struct core *core;
	uint64_t id;        /* ours: a reference for the log */
	uint64_t from;      /* the connection, or the HTTP request */
	uint64_t client_id; /* the frame's id */
	const struct route *route;
	struct arena *arena;
	const void *in;    /* decoded: struct <op>_in */
	struct hash token; /* of the session's cookie */
	struct hash login; /* of the cookie of an identification that has begun */
	struct id address; /* a hash of it; for rates */
	bool http, has_token, has_login;
	unsigned nth;    /* of VIA_RAW: the answer has begun, so many pieces of it went before */
	uint32_t allows; /* of a room: what its agreement allows (agreement.h) */
	struct session session;    /* zero for the audience nobody */
	struct slice organisation; /* its name; known when the session was read for this request */
	struct facts facts;
	uint64_t affinity; /* of the next query on the hot lane */
	void *state;       /* the module's own, in the arena */
	step_fn *release;  /* what the module must give back, once, when the request ends; may be
			      NULL */
	struct slice known_etag; /* what the client of a GET has already; of VIA_RAW */
	struct buf body;         /* of VIA_RAW */
	struct list
		order; /* the module's own: requests of a connection that must keep their order */
	step_fn *orphaned; /* when its connection has gone and the order with it; may be NULL */

	/* The gate's and request.c's own. */
	unsigned next_check;
	enum action judged;
	bool answered;
	bool looked;   /* whether the session has been stepped up elsewhere */
	bool arriving; /* only judged, while its body is still coming */
	uint64_t deadline;
	struct list waiting;
	result_fn *then_result;
	outcome_fn *then_outcome;
	step_fn *then_step;
	keys_fn *then_keys;
	fetched_fn *then_fetched;
	struct http_header *http_headers;
	size_t n_http_headers;
	step_fn *then_judged;
	void *starting; /* session_start's own */
};

/* Asks the database under the session's organisation; a failure answers the request. */
void req_query(struct request *r, size_t statement, const struct pg_param *params, size_t n,
	result_fn *then);
/* The same, and the step sees a failure too (result is NULL then). */
void req_query_then(struct request *r, size_t statement, const struct pg_param *params, size_t n,
	outcome_fn *then);
/* Runs `run` with the request's state on a thread; it may touch only what the state leads to. */
void req_work(struct request *r, work_run_fn *run, step_fn *then);
/* Asks the keys process; that it cannot be reached answers the request, what it refuses is for the
 * step to read in the answer's reason. */
void req_keys(struct request *r, const struct keys_ask *ask, keys_fn *then);
/* Asks somebody over HTTPS; done, ctx and tag of the call are ours. The step sees failures too. */
void req_fetch(struct request *r, const struct fetch_call *call, fetched_fn *then);
/* One more header of an HTTP answer, at most four; name as in http.h, value is copied. */
void req_header(struct request *r, const char *name, struct slice value);
/* out: struct <op>_out, NULL if it has no fields. */
void req_reply(struct request *r, const void *out);
/* Of VIA_RAW: these bytes, copied, with a status and a type of its own; type NULL: there is no
 * body. */
void req_reply_http(struct request *r, unsigned status, const char *type, struct slice bytes);
/* Of VIA_RAW: these bytes of the result, which lives on until they have been written. So many more
 * come behind them, each time by a request of its own whose nth is one higher; a failure then ends
 * the connection, because its status has gone. */
void req_reply_kept(
	struct request *r, const struct pg_result *result, struct slice bytes, size_t more);
void req_fail(struct request *r, enum err e);
void req_fail_detail(struct request *r, enum err e, const struct detail *detail);
/* An event to every connection of a person on this worker. */
void req_event(
	struct core *core, const struct id *user, const struct shape *shape, const void *event);

/* For the gate. */
struct request *request_new(struct core *core);
/* Ends a request that has nothing to say. */
void request_leave(struct request *r);
/* Answers what waits for longer than it may; called now and then. */
void request_sweep(struct core *core);
