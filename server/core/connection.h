#pragma once
#include "base/list.h"
#include "core/session.h"
#include "io/outq.h"
#include "io/ws.h"

/* A WebSocket as the gate knows it. Found by its id; nothing keeps a pointer to it over a wait. */
struct core;
struct hub_user;
struct p256_key;

struct connection {
	uint64_t id;
	enum {
		CONNECTION_FRESH, /* nothing was said yet */
		CONNECTION_OPEN,
		CONNECTION_ENDED, /* told to go */
	} stage;
	uint32_t n_requests;
	uint32_t strikes; /* refusals for being too fast; they fade */
	struct hash token;
	struct id address;
	struct session session;
	uint64_t active_at; /* monotonic, of the last request */
	uint64_t seen_at;   /* monotonic, when the database was last told */
	uint64_t looked_at; /* monotonic, when the database was last asked for the session */
	uint64_t endings;   /* that had been heard of when the session was read */
	bool doubted;       /* it may have ended while no notice was heard */
	/* In the hub while it is open. */
	struct hub_user *user;
	struct list of_user;
	/* The signing key that was last used here, parsed once. */
	struct hash kid;
	struct p256_key *key;
	/* Posts in the order in which they came. */
	struct list posts;
	/* Where and when it said last that somebody types. */
	struct id typing_room;
	uint64_t typing_at;
};

enum err connection_admit(void *core, const struct ws_hello *hello);
void connection_opened(void *core, uint64_t id, const struct ws_hello *hello);
void connection_closed(void *core, uint64_t id);
struct connection *connection_find(struct core *core, uint64_t id);
/* Takes the session over and joins the hub; the oldest of too many connections of the person goes.
 */
void connection_join(struct core *core, struct connection *conn, const struct session *session);
/* Says session_ended and closes with 4001. */
void connection_end_session(struct core *core, struct connection *conn);
/* One refusal for being too fast; too many of them close the connection. */
void connection_strike(struct core *core, struct connection *conn);
/* Ends what has expired, tells the database who was active; called now and then. */
void connection_sweep(struct core *core);
/* Notices may have been missed: every session is looked at again, a few at each sweep. */
void connection_doubt(struct core *core);
/* A short hash of a peer's address: rates need no more. */
struct id connection_address(struct slice address);
