#pragma once
#include "base/err.h"
#include "core/ring.h"
#include "core/shape.h"
#include "io/pg_row.h"

/* Who hears what. Every worker, also the one that wrote, hears of a commit by a notice, reads what
 * it names (its own posts from a ring of copies), encodes it once and gives it to each connection
 * here whose person has a seat in the room. Seats follow the control log: they are read when a
 * person connects, when a log grew, and after a gap in the notices. */
struct hub;
struct core;
struct connection;

struct hub *hub_new(struct core *core);
void hub_free(struct hub **hub);

/* The connection's session is open. Its person's seats come by hub_take_seats. */
void hub_join(struct hub *hub, struct connection *conn);
/* Harmless when it is not in. */
void hub_leave(struct hub *hub, struct connection *conn);
/* The longest-standing connection of this one's person if there are more than max; else NULL. */
struct connection *hub_oldest(const struct connection *conn, size_t max);
/* Seats as the statement notice_rooms reports them, all of them. */
void hub_take_seats(struct hub *hub, const struct id *user, const struct pg_result *rooms);
/* Grows with every control notice: seats that were asked for before it may be stale. */
uint64_t hub_generation(const struct hub *hub);

void hub_tell(
	struct hub *hub, struct connection *conn, const struct shape *shape, const void *event);
void hub_tell_user(
	struct hub *hub, const struct id *user, const struct shape *shape, const void *event);

/* Around each post: while one of this worker is on its way, a notice that is ahead of the answer
 * waits for it instead of reading what will be in the ring at once. row is NULL if it was refused.
 */
void hub_posting(struct hub *hub, const struct id *room);
void hub_posted(struct hub *hub, const struct id *room, const struct ring_row *row);

void hub_notice(struct hub *hub, struct slice payload);
/* Notices may have been missed: everybody is told to catch up, and seats are read again. */
void hub_gap(struct hub *hub);
/* Takes up again what failed; called now and then. */
void hub_sweep(struct hub *hub);
