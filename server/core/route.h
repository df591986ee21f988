#pragma once
#include "proto_gen.h"

/* What can be said: a row for each message of proto/, generated. */
/* VIA_RAW: an HTTP request whose path says what is asked, and whose body is bytes. */
enum via { VIA_WS, VIA_HTTP, VIA_BOTH, VIA_RAW };
enum audience {
	AUDIENCE_NOBODY,
	AUDIENCE_SESSION,
	AUDIENCE_CLIENT,
	AUDIENCE_STAFF,
	AUDIENCE_ADMIN,
	AUDIENCE_DPO,
	AUDIENCE_COORDINATOR,
	AUDIENCE_OPERATOR
};
enum resource {
	RESOURCE_NONE,
	RESOURCE_SELF,
	RESOURCE_ROOM,     /* relation and state are read before the handler runs */
	RESOURCE_ENVELOPE, /* the statement judges relation and state */
	RESOURCE_FILE,     /* and here */
	RESOURCE_ORGANISATION
};
enum rate_class {
	RATE_LIGHT,
	RATE_NORMAL,
	RATE_HEAVY,
	RATE_POST,
	RATE_TYPING,
	RATE_SIGN_IN,
	RATE_FILE,
	RATE_LOG,
	RATE_COUNT
};

struct request;
struct route {
	const char *op;
	enum via via;
	enum audience audience;
	enum action action;
	enum resource resource;
	enum rate_class rate;
	const struct shape *in, *out;
	size_t room_at; /* RESOURCE_ROOM: where the room's id is in the decoded message */
	void (*handle)(struct request *r);
};

extern const struct route routes[];
extern const size_t n_routes;
