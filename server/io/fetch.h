#pragma once
#include "base/err.h"
#include "base/slice.h"
#include "io/loop.h"

/* Asking others over HTTPS (libcurl on the loop): small questions, small answers. Only https, TLS
 * 1.2 or later, certificates checked, no redirect followed, no proxy, nothing remembered but open
 * connections. */
struct fetch;

enum { FETCH_BODY_MAX = 64 << 10 };
struct fetch_settings {
	unsigned max_in_flight;
	unsigned connect_ms, total_ms; /* of each call */
	unsigned max_alike;            /* in flight with one URL, so that who is silent leaves room
					  for others; 0: as many as there may be at all */
};

struct fetch *fetch_new(struct loop *loop, const struct fetch_settings *settings);
/* What waits is answered ERR_SHUTTING_DOWN; then nothing more is taken. Not from inside a callback.
 */
void fetch_stop(struct fetch *fetch);
/* Stops first. */
void fetch_free(struct fetch **fetch);

struct fetch_answer {
	unsigned status;   /* whatever the other side says */
	struct slice body; /* lasts for the callback */
};
/* answer is NULL unless e is ERR_OK: ERR_TOO_LARGE over FETCH_BODY_MAX, ERR_UNAVAILABLE for
 * everything else that kept a whole answer from coming. */
typedef void fetch_done_fn(void *ctx, uint64_t tag, enum err e, const struct fetch_answer *answer);

struct fetch_call {
	const char *url;
	const char *ca_file; /* whom to trust (PEM); NULL: the system's authorities */
	const char *type;    /* of the body, which is then posted; NULL: GET */
	struct slice body;
	fetch_done_fn *done;
	void *ctx;
	uint64_t tag;
};
/* Copies what it needs. done comes in a later turn, exactly once. ERR_BUSY when too many (alike)
 * are under way, ERR_SHUTTING_DOWN after fetch_stop: then done is not called. */
MUST enum err fetch_submit(struct fetch *fetch, const struct fetch_call *call);
