/* People and rooms that have somebody here. Both exist only while a connection needs them, so that
 * idle memory follows the number of connections and nothing else. */
#include "core/hub.h"

#include "base/mem.h"
#include "core/hub_state.h"

enum { RING_BYTES = 4 << 20 };

struct hub *hub_new(struct core *core)
{
	struct hub *hub = MEM_NEW(struct hub);
	hub->core = core;
	hub->users = map_new();
	hub->rooms = map_new();
	hub->ring = ring_new(RING_BYTES);
	list_init(&hub->wanted);
	list_init(&hub->refresh);
	return hub;
}

void hub_free(struct hub **hub)
{
	struct hub *h = *hub;
	*hub = NULL;
	if (h == NULL)
		return;
	ASSERT(map_count(h->users) == 0 && map_count(h->rooms) == 0);
	map_free(&h->users);
	map_free(&h->rooms);
	ring_free(&h->ring);
	mem_free(h);
}

static struct hub_room *room_get(struct hub *hub, const struct id *id, const struct id *org)
{
	struct hub_room *room = map_get_id(hub->rooms, id);
	if (room != NULL)
		return room;
	room = MEM_NEW(struct hub_room);
	room->id = *id;
	room->org = *org;
	list_init(&room->seats);
	list_init(&room->wanted);
	map_put_id(hub->rooms, id, room);
	return room;
}

void hub_seat_free(struct hub *hub, struct hub_seat *seat)
{
	struct hub_room *room = seat->room;
	list_remove(&seat->of_user);
	list_remove(&seat->of_room);
	mem_free(seat);
	if (!list_is_empty(&room->seats))
		return;
	list_remove(&room->wanted);
	map_take_id(hub->rooms, &room->id);
	mem_free(room);
}

static struct hub_seat *seat_find(const struct hub_user *user, const struct id *room)
{
	LIST_EACH(link, &user->seats)
	{
		struct hub_seat *seat = LIST_OF(link, struct hub_seat, of_user);
		if (id_equal(&seat->room->id, room))
			return seat;
	}
	return NULL;
}

struct hub_seat *hub_seat_put(
	struct hub *hub, struct hub_user *user, const struct id *room, int64_t first_seq)
{
	struct hub_seat *seat = seat_find(user, room);
	if (seat == NULL) {
		seat = MEM_NEW(struct hub_seat);
		seat->user = user;
		seat->room = room_get(hub, room, &user->org);
		list_push(&user->seats, &seat->of_user);
		list_push(&seat->room->seats, &seat->of_room);
	}
	seat->first_seq = first_seq;
	return seat;
}

void hub_join(struct hub *hub, struct connection *conn)
{
	struct hub_user *user = map_get_id(hub->users, &conn->session.user);
	if (user == NULL) {
		user = MEM_NEW(struct hub_user);
		user->id = conn->session.user;
		user->org = conn->session.org;
		list_init(&user->connections);
		list_init(&user->seats);
		list_init(&user->refresh);
		map_put_id(hub->users, &user->id, user);
	}
	conn->user = user;
	list_push(&user->connections, &conn->of_user);
}

void hub_leave(struct hub *hub, struct connection *conn)
{
	struct hub_user *user = conn->user;
	conn->user = NULL;
	if (user == NULL)
		return;
	list_remove(&conn->of_user);
	if (!list_is_empty(&user->connections))
		return;
	LIST_EACH(link, &user->seats)
	hub_seat_free(hub, LIST_OF(link, struct hub_seat, of_user));
	list_remove(&user->refresh);
	map_take_id(hub->users, &user->id);
	mem_free(user);
}

struct connection *hub_oldest(const struct connection *conn, size_t max)
{
	size_t n = 0;
	LIST_EACH(link, &conn->user->connections)
	n++;
	if (n <= max)
		return NULL;
	return LIST_OF(conn->user->connections.next, struct connection, of_user);
}

void hub_take_seats(struct hub *hub, const struct id *id, const struct pg_result *rooms)
{
	struct hub_user *user = map_get_id(hub->users, id);
	if (user == NULL)
		return;
	uint64_t mark = ++hub->marks;
	for (size_t i = 0; i < pg_rows(rooms); i++) {
		struct id room = pg_get_id(rooms, i, 0);
		hub_seat_put(hub, user, &room, pg_get_int(rooms, i, 1))->mark = mark;
	}
	LIST_EACH(link, &user->seats)
	{
		struct hub_seat *seat = LIST_OF(link, struct hub_seat, of_user);
		if (seat->mark != mark)
			hub_seat_free(hub, seat);
	}
}

uint64_t hub_generation(const struct hub *hub)
{
	return hub->generation;
}

struct frame *hub_frame(struct hub *hub, const struct shape *shape, const void *event)
{
	struct buf *b = &hub->core->scratch;
	encode_event(b, shape, event);
	struct frame *f = frame_new(buf_slice(b));
	buf_reset(b);
	return f;
}

/* A connection that is too slow closes itself in a later turn; nothing is to be done here. */
void hub_send_user(struct hub *hub, const struct hub_user *user, struct frame *f)
{
	LIST_EACH(link, &user->connections)
	ws_send(hub->core->server, LIST_OF(link, struct connection, of_user)->id, f);
}

void hub_tell(
	struct hub *hub, struct connection *conn, const struct shape *shape, const void *event)
{
	AUTO(frame) struct frame *f = hub_frame(hub, shape, event);
	ws_send(hub->core->server, conn->id, f);
}

void hub_tell_user(
	struct hub *hub, const struct id *id, const struct shape *shape, const void *event)
{
	const struct hub_user *user = map_get_id(hub->users, id);
	if (user == NULL)
		return;
	AUTO(frame) struct frame *f = hub_frame(hub, shape, event);
	hub_send_user(hub, user, f);
}

void hub_tell_room(struct hub *hub, const struct hub_room *room, const struct shape *shape,
	const void *event, const struct id *except)
{
	AUTO(frame) struct frame *f = hub_frame(hub, shape, event);
	LIST_EACH(link, &room->seats)
	{
		const struct hub_seat *seat = LIST_OF(link, struct hub_seat, of_room);
		if (except == NULL || !id_equal(except, &seat->user->id))
			hub_send_user(hub, seat->user, f);
	}
}
