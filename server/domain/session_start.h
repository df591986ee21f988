#pragma once
#include "core/request.h"

/* How sessions begin and are proven afresh, whatever the proof was. */
struct session_start {
	struct id org, user;
	enum session_method method;
	int64_t identified_at; /* 0: never by an identification service */
	struct slice acr;      /* the level it named; may be empty */
};
/* ERR_OK: r->session is the new one; ERR_NOT_FOUND: no such account in this organisation, or it is
 * disabled. */
typedef void session_started_fn(struct request *r, enum err e);
/* Begins a session and sets its cookie on the answer of this HTTP request; the session whose cookie
 * came along is over, whosever it was. What fails otherwise is answered here. r->state is left
 * alone. */
void session_start(struct request *r, const struct session_start *how, session_started_fn *then);
/* The person has just proven to be there: the session of this request is fresh for five minutes. If
 * the request came by HTTP the cookie is renewed. */
void session_freshen(struct request *r, step_fn *then);

/* Sets a cookie of ours on the answer; seconds 0: until the browser forgets it. */
void cookie_set(struct request *r, const char *name, const char *value, unsigned seconds);
void cookie_clear(struct request *r, const char *name);
