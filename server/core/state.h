#pragma once
#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/connection.h"
#include "core/core.h"
#include "core/hub.h"
#include "core/rate.h"
#include "core/request.h"

/* What the files of core share, and what handlers find by their request. */
enum { ARENAS_SPARE = 64 };
struct core {
	struct core_parts parts;
	struct server *server;
	struct map *connections; /* by id */
	struct map *requests;    /* by id */
	struct list waiting;     /* requests, oldest first */
	uint64_t next_request;
	struct arena *spare[ARENAS_SPARE]; /* of requests that are over */
	size_t n_spare;
	struct rate *person_rates;  /* buckets PERSON_... */
	struct rate *address_rates; /* buckets ADDRESS_... */
	struct hub *hub;
	struct buf scratch; /* of answers and events while they are encoded */
	struct timer *sweep;
	unsigned sweeps;
	uint64_t endings; /* of sessions, as far as heard */
	bool draining;
};
enum { PERSON_REQUESTS, PERSON_POSTS, PERSON_PARTS };
enum { ADDRESS_SIGN_INS, ADDRESS_CONNECTS, ADDRESS_PARTS, ADDRESS_LOGS };
/* No answer or event is longer. */
enum { ANSWER_MAX = 16 << 20 };
