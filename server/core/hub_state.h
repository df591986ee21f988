#pragma once
#include "core/notice.h"
#include "core/state.h"

/* Inside the hub only. */
struct hub_user {
	struct id id, org;
	struct list connections, seats;
	struct list refresh; /* its seats are to be read again */
};

struct hub_room {
	struct id id, org;
	struct list seats;
	/* Envelopes that a notice named and that were not told yet: want_from..want_to, 0 if none.
	 */
	int64_t want_from, want_to;
	/* The newest that was told, since the last gap; 0: none was. */
	int64_t told_to;
	struct list wanted;
	bool reading;
	uint32_t n_posting;
};

/* A person in a room, both present here. */
struct hub_seat {
	struct hub_user *user;
	struct hub_room *room;
	struct list of_user, of_room;
	int64_t first_seq;
	uint64_t mark; /* of the reading that saw it last */
};

struct hub {
	struct core *core;
	struct map *users, *rooms; /* by id */
	struct ring *ring;
	struct list wanted;   /* rooms with something to tell */
	struct list refresh;  /* users */
	struct id refreshing; /* whose seats are being read; zero if nobody's */
	bool feed_posted, reading;
	uint64_t generation, marks;
};

struct hub_seat *hub_seat_put(
	struct hub *hub, struct hub_user *user, const struct id *room, int64_t first_seq);
void hub_seat_free(struct hub *hub, struct hub_seat *seat);
/* To every connection in the room, but not of `except` (may be NULL). */
void hub_tell_room(struct hub *hub, const struct hub_room *room, const struct shape *shape,
	const void *event, const struct id *except);
void hub_send_user(struct hub *hub, const struct hub_user *user, struct frame *f);
/* The event, encoded; the caller's reference. */
struct frame *hub_frame(struct hub *hub, const struct shape *shape, const void *event);

/* hub_feed.c: envelopes. */
void hub_want(struct hub *hub, const struct notice_range *range);
void hub_forget_wants(struct hub *hub);
void hub_feed_soon(struct hub *hub);
