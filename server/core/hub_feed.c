/* Envelopes on their way to those who may read them. A room that a notice named stands in a list
 * with the range it wants; a turn takes from the ring what is there, and what is missing is read
 * for many rooms at once, one reading at a time, so that under load readings grow instead of their
 * number. A room's envelopes are told in their order: while a part is being read, nothing behind it
 * goes. */
#include "base/mem.h"
#include "core/hub_state.h"
#include "sql_gen.h"

enum { ROWS_MAX = 64, ROOMS_MAX = 64, EVENT_BYTES = 128 << 10 };

static void feed(void *ctx);

void hub_feed_soon(struct hub *hub)
{
	if (hub->feed_posted)
		return;
	hub->feed_posted = true;
	loop_post(hub->core->parts.loop, feed, hub);
}

void hub_want(struct hub *hub, const struct notice_range *range)
{
	struct hub_room *room = map_get_id(hub->rooms, &range->room);
	if (room == NULL || range->last <= room->told_to)
		return;
	if (room->want_from == 0)
		room->want_from = range->first > room->told_to ? range->first : room->told_to + 1;
	if (range->last > room->want_to)
		room->want_to = range->last;
	list_remove(&room->wanted);
	list_push(&hub->wanted, &room->wanted);
	hub_feed_soon(hub);
}

void hub_forget_wants(struct hub *hub)
{
	LIST_EACH(link, &hub->wanted)
	{
		struct hub_room *room = LIST_OF(link, struct hub_room, wanted);
		list_remove(link);
		room->want_from = room->want_to = 0;
	}
	size_t cursor = 0;
	void *value;
	while (map_next(hub->rooms, &cursor, NULL, &value)) {
		struct hub_room *room = value;
		room->told_to = 0;
	}
}

static void push(struct hub *hub, struct hub_room *room, const struct wire_row *rows, size_t n)
{
	struct message_posted_event event = {.room = room->id, .rows = rows, .n_rows = n};
	AUTO(frame) struct frame *whole = hub_frame(hub, &shape_message_posted_event, &event);
	LIST_EACH(link, &room->seats)
	{
		const struct hub_seat *seat = LIST_OF(link, struct hub_seat, of_room);
		size_t hidden = 0;
		while (hidden < n && rows[hidden].seq < seat->first_seq)
			hidden++;
		if (hidden == 0) {
			hub_send_user(hub, seat->user, whole);
			continue;
		}
		event.rows = rows + hidden;
		event.n_rows = n - hidden;
		AUTO(frame)
		struct frame *part = hub_frame(hub, &shape_message_posted_event, &event);
		if (hidden < n)
			hub_send_user(hub, seat->user, part);
	}
}

/* Rows in pieces that no reader's queue chokes on. */
static void push_all(struct hub *hub, struct hub_room *room, const struct wire_row *rows, size_t n)
{
	size_t begin = 0, bytes = 0;
	for (size_t i = 0; i < n; i++) {
		bytes += rows[i].envelope.n + rows[i].tombstone.n;
		if (bytes < EVENT_BYTES && i + 1 < n)
			continue;
		push(hub, room, rows + begin, i + 1 - begin);
		begin = i + 1;
		bytes = 0;
	}
}

static void advance(struct hub_room *room, int64_t told_to)
{
	room->told_to = told_to;
	room->want_from = told_to + 1;
	if (room->want_from <= room->want_to)
		return;
	room->want_from = room->want_to = 0;
	list_remove(&room->wanted);
}

static void tell_from_ring(struct hub *hub, struct hub_room *room)
{
	while (room->want_from != 0) {
		struct wire_row rows[ROWS_MAX];
		size_t n = 0;
		struct ring_row kept;
		while (n < ROWS_MAX && room->want_from + (int64_t)n <= room->want_to &&
			ring_get(hub->ring, &room->id, room->want_from + (int64_t)n, &kept))
			rows[n++] = (struct wire_row){.seq = kept.seq,
				.at = kept.at,
				.has_envelope = true,
				.envelope = kept.envelope};
		if (n == 0)
			return;
		int64_t told_to = rows[n - 1].seq;
		push_all(hub, room, rows, n);
		advance(room, told_to);
	}
}

/* One reading: what was asked, so that rooms are found again by id. */
struct reading {
	struct hub *hub;
	size_t n;
	struct notice_range ranges[ROOMS_MAX];
};

static void tell_read(struct hub *hub, const struct pg_result *result, size_t from, size_t n)
{
	struct id id = pg_get_id(result, from, MESSAGE_ROWS_ROOM);
	struct hub_room *room = map_get_id(hub->rooms, &id);
	struct wire_row rows[ROWS_MAX];
	ASSERT(n <= ROWS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct slice bytes = pg_get_bytes(result, from + i, MESSAGE_ROWS_ENVELOPE);
		bool tombstone = pg_get_bool(result, from + i, MESSAGE_ROWS_TOMBSTONE);
		rows[i] = (struct wire_row){
			.seq = pg_get_int(result, from + i, MESSAGE_ROWS_SEQ),
			.at = pg_get_time(result, from + i, MESSAGE_ROWS_AT),
			.has_tombstone = tombstone,
			.has_envelope = !tombstone,
		};
		if (tombstone)
			rows[i].tombstone = bytes;
		else
			rows[i].envelope = bytes;
	}
	if (room != NULL)
		push_all(hub, room, rows, n);
}

static void tell_all_read(struct hub *hub, const struct pg_result *result)
{
	size_t begin = 0;
	for (size_t i = 1; i <= pg_rows(result); i++) {
		struct id room = pg_get_id(result, begin, MESSAGE_ROWS_ROOM);
		struct id other = i < pg_rows(result) ? pg_get_id(result, i, MESSAGE_ROWS_ROOM)
						      : (struct id){0};
		if (id_equal(&room, &other))
			continue;
		tell_read(hub, result, begin, i - begin);
		begin = i;
	}
}

static void rows_read(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct reading *reading = ctx;
	struct hub *hub = reading->hub;
	hub->reading = false;
	if (e == ERR_OK)
		tell_all_read(hub, result);
	for (size_t i = 0; i < reading->n; i++) {
		struct hub_room *room = map_get_id(hub->rooms, &reading->ranges[i].room);
		if (room == NULL || !room->reading)
			continue;
		room->reading = false;
		if (e == ERR_OK)
			advance(room, reading->ranges[i].last);
	}
	mem_free(reading);
	if (e == ERR_OK) /* otherwise the sweep tries again */
		hub_feed_soon(hub);
}

/* Rooms of one organisation, because a statement sees one only. */
static void choose_rooms(struct hub *hub, struct reading *reading, struct id *ret_org)
{
	LIST_EACH(link, &hub->wanted)
	{
		struct hub_room *room = LIST_OF(link, struct hub_room, wanted);
		if (room->n_posting > 0 || reading->n == ROOMS_MAX ||
			(reading->n > 0 && !id_equal(&room->org, ret_org)))
			continue;
		int64_t last = room->want_to;
		if (last - room->want_from >= ROWS_MAX)
			last = room->want_from + ROWS_MAX - 1;
		*ret_org = room->org;
		room->reading = true;
		reading->ranges[reading->n++] =
			(struct notice_range){room->id, room->want_from, last};
	}
}

static void read_missing(struct hub *hub)
{
	struct reading *reading = MEM_NEW(struct reading);
	struct id org = {0};
	reading->hub = hub;
	choose_rooms(hub, reading, &org);
	struct pg_param rooms[ROOMS_MAX], firsts[ROOMS_MAX], lasts[ROOMS_MAX];
	for (size_t i = 0; i < reading->n; i++) {
		rooms[i] = pg_id(&reading->ranges[i].room);
		firsts[i] = pg_int(reading->ranges[i].first);
		lasts[i] = pg_int(reading->ranges[i].last);
	}
	const struct pg_param params[] = {pg_array(rooms, reading->n), pg_array(firsts, reading->n),
		pg_array(lasts, reading->n)};
	struct pg_call call = {.statement = STMT_MESSAGE_ROWS,
		.org = &org,
		.params = params,
		.n_params = 3,
		.done = rows_read,
		.ctx = reading};
	hub->reading = reading->n > 0 && pg_submit(hub->core->parts.pg, &call) == ERR_OK;
	if (hub->reading)
		return;
	for (size_t i = 0; i < reading->n; i++) {
		struct hub_room *room = map_get_id(hub->rooms, &reading->ranges[i].room);
		room->reading = false;
	}
	mem_free(reading);
}

static void feed(void *ctx)
{
	struct hub *hub = ctx;
	hub->feed_posted = false;
	LIST_EACH(link, &hub->wanted)
	{
		struct hub_room *room = LIST_OF(link, struct hub_room, wanted);
		if (!room->reading)
			tell_from_ring(hub, room);
	}
	if (!hub->reading && !list_is_empty(&hub->wanted))
		read_missing(hub);
}

/* What is next in its room is told without waiting for its notice, which then finds it told.
 * Anything else waits: what is missing before it was committed by another worker, whose notice is
 * on its way. */
static void want_next(struct hub *hub, const struct hub_room *room, int64_t seq)
{
	int64_t known = room->want_from != 0 ? room->want_to : room->told_to;
	if (known != 0 && seq == known + 1)
		hub_want(hub, &(struct notice_range){room->id, seq, seq});
}

void hub_posting(struct hub *hub, const struct id *id)
{
	struct hub_room *room = map_get_id(hub->rooms, id);
	if (room != NULL)
		room->n_posting++;
}

void hub_posted(struct hub *hub, const struct id *id, const struct ring_row *row)
{
	struct hub_room *room = map_get_id(hub->rooms, id);
	if (room == NULL)
		return;
	if (room->n_posting > 0)
		room->n_posting--;
	if (row != NULL) {
		ring_put(hub->ring, id, row);
		want_next(hub, room, row->seq);
	}
	if (room->want_from != 0)
		hub_feed_soon(hub);
}
