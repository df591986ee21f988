/* Notices: what each of them means to those who are here. One that names a room or a person that
 * nobody here has to do with costs a look into a map. */
#include "base/log.h"
#include "base/mem.h"
#include "core/hub_state.h"
#include "sql_gen.h"

typedef void notice_fn(struct hub *hub, const struct notice *notice);

static void heard_messages(struct hub *hub, const struct notice *notice)
{
	struct slice rest = notice->rest;
	struct notice_range range;
	while (notice_next_range(&rest, &range))
		hub_want(hub, &range);
}

/* --- the control log: seats may have changed --- */

struct asked {
	struct hub *hub;
	struct notice notice;
};

static bool is_member(const struct pg_result *members, const struct id *user)
{
	for (size_t i = 0; i < pg_rows(members); i++) {
		struct id member = pg_get_id(members, i, NOTICE_MEMBERS_ACCOUNT);
		if (id_equal(&member, user))
			return true;
	}
	return false;
}

static void seat_members(struct hub *hub, const struct id *room, const struct pg_result *members)
{
	for (size_t i = 0; i < pg_rows(members); i++) {
		struct id member = pg_get_id(members, i, NOTICE_MEMBERS_ACCOUNT);
		struct hub_user *user = map_get_id(hub->users, &member);
		if (user != NULL)
			hub_seat_put(hub, user, room,
				pg_get_int(members, i, NOTICE_MEMBERS_VISIBLE_FROM));
	}
}

/* The last seat takes the room with it. */
static void unseat_others(struct hub *hub, const struct id *id, const struct pg_result *members)
{
	struct hub_room *room = map_get_id(hub->rooms, id);
	bool found = room != NULL;
	while (found) {
		found = false;
		LIST_EACH(link, &room->seats)
		{
			struct hub_seat *seat = LIST_OF(link, struct hub_seat, of_room);
			if (is_member(members, &seat->user->id))
				continue;
			hub_seat_free(hub, seat);
			found = true;
			break;
		}
		room = map_get_id(hub->rooms, id);
		found = found && room != NULL;
	}
}

static void members_read(void *ctx, uint64_t tag, enum err e, const struct pg_result *members)
{
	(void)tag;
	struct asked *asked = ctx;
	struct hub *hub = asked->hub;
	const struct id *id = &asked->notice.first;
	struct control_appended_event event = {
		.room = *id, .entries = (uint32_t)asked->notice.number};
	if (e == ERR_OK)
		seat_members(hub, id, members);
	const struct hub_room *room = map_get_id(hub->rooms, id);
	if (room != NULL) /* also those who are members no more: they must hear it */
		hub_tell_room(hub, room, &shape_control_appended_event, &event, NULL);
	if (e == ERR_OK)
		unseat_others(hub, id, members);
	else
		hub_gap(hub);
	mem_free(asked);
}

static void ask(struct hub *hub, const struct notice *notice, size_t statement, pg_done *done)
{
	struct asked *asked = MEM_NEW(struct asked);
	*asked = (struct asked){hub, *notice};
	asked->notice.rest = SLICE_NONE;
	const struct pg_param item = pg_id(&notice->first);
	const struct pg_param params[] = {
		statement == STMT_NOTICE_MEMBERS ? pg_array(&item, 1) : item};
	struct pg_call call = {.statement = statement,
		.org = &notice->org,
		.params = params,
		.n_params = 1,
		.done = done,
		.ctx = asked};
	if (pg_submit(hub->core->parts.pg, &call) != ERR_OK)
		done(asked, 0, ERR_UNAVAILABLE, NULL);
}

static void heard_control(struct hub *hub, const struct notice *notice)
{
	hub->generation++;
	ask(hub, notice, STMT_NOTICE_MEMBERS, members_read);
}

/* --- the rest --- */

static void kin_read(void *ctx, uint64_t tag, enum err e, const struct pg_result *kin)
{
	(void)tag;
	struct asked *asked = ctx;
	struct chain_changed_event event = {.user = asked->notice.first};
	for (size_t i = 0; e == ERR_OK && i < pg_rows(kin); i++) {
		struct id id = pg_get_id(kin, i, NOTICE_KIN_ACCOUNT);
		hub_tell_user(asked->hub, &id, &shape_chain_changed_event, &event);
	}
	mem_free(asked);
}

/* The organisation's own chain concerns all of its people. */
static void tell_organisation(struct hub *hub, const struct id *org)
{
	struct chain_changed_event event = {.user = *org};
	AUTO(frame) struct frame *f = hub_frame(hub, &shape_chain_changed_event, &event);
	size_t cursor = 0;
	void *value;
	while (map_next(hub->users, &cursor, NULL, &value)) {
		const struct hub_user *user = value;
		if (id_equal(&user->org, org))
			hub_send_user(hub, user, f);
	}
}

static void heard_identity(struct hub *hub, const struct notice *notice)
{
	if (id_equal(&notice->first, &notice->org))
		tell_organisation(hub, &notice->org);
	else
		ask(hub, notice, STMT_NOTICE_KIN, kin_read);
}

static void heard_pending(struct hub *hub, const struct notice *notice)
{
	const struct hub_room *room = map_get_id(hub->rooms, &notice->first);
	struct room_pending_event event = {.room = notice->first};
	if (room != NULL)
		hub_tell_room(hub, room, &shape_room_pending_event, &event, NULL);
}

static void heard_typing(struct hub *hub, const struct notice *notice)
{
	const struct hub_room *room = map_get_id(hub->rooms, &notice->first);
	struct message_typing_event event = {.room = notice->first, .user = notice->second};
	if (room != NULL)
		hub_tell_room(hub, room, &shape_message_typing_event, &event, &notice->second);
}

/* Also to who is no member, but waits to be one. */
static void heard_invitation(struct hub *hub, const struct notice *notice)
{
	const struct hub_room *room = map_get_id(hub->rooms, &notice->first);
	struct invitation_changed_event event = {.room = notice->first};
	if (room != NULL)
		hub_tell_room(hub, room, &shape_invitation_changed_event, &event, &notice->second);
	hub_tell_user(hub, &notice->second, &shape_invitation_changed_event, &event);
}

static void heard_of_self(struct hub *hub, const struct notice *notice)
{
	struct self_told_event event = {.about = notice->kind == NOTICE_NOTIFY};
	hub_tell_user(hub, &notice->first, &shape_self_told_event, &event);
}

static struct connection *find_session(
	struct hub *hub, const struct id *id, const struct id *session)
{
	const struct hub_user *user = map_get_id(hub->users, id);
	if (user == NULL)
		return NULL;
	LIST_EACH(link, &user->connections)
	{
		struct connection *conn = LIST_OF(link, struct connection, of_user);
		if (id_equal(&conn->session.session, session))
			return conn;
	}
	return NULL;
}

/* The last connection takes the person with it: look again after each. */
static void heard_session(struct hub *hub, const struct notice *notice)
{
	struct connection *conn;
	hub->core->endings++;
	while ((conn = find_session(hub, &notice->first, &notice->second)) != NULL)
		connection_end_session(hub->core, conn);
}

void hub_notice(struct hub *hub, struct slice payload)
{
	static notice_fn *const heard[128] = {
		[NOTICE_MESSAGES] = heard_messages,
		[NOTICE_CONTROL] = heard_control,
		[NOTICE_PENDING] = heard_pending,
		[NOTICE_IDENTITY] = heard_identity,
		[NOTICE_SESSION] = heard_session,
		[NOTICE_TYPING] = heard_typing,
		[NOTICE_INVITATION] = heard_invitation,
		[NOTICE_NOTIFY] = heard_of_self,
		[NOTICE_REMINDER] = heard_of_self,
	};
	struct notice notice;
	if (notice_parse(payload, &notice))
		heard[notice.kind](hub, &notice);
	else
		log_warn("notice_not_understood", LOG_N("size", payload.n));
}

/* --- after a gap --- */

static void refresh_next(struct hub *hub);

static void seats_read(void *ctx, uint64_t tag, enum err e, const struct pg_result *rooms)
{
	(void)tag;
	struct hub *hub = ctx;
	struct id id = hub->refreshing;
	hub->refreshing = (struct id){0};
	struct hub_user *user = map_get_id(hub->users, &id);
	if (e != ERR_OK) { /* the sweep tries again */
		if (user != NULL && list_is_empty(&user->refresh))
			list_push(&hub->refresh, &user->refresh);
		return;
	}
	hub_take_seats(hub, &id, rooms);
	refresh_next(hub);
}

static void refresh_next(struct hub *hub)
{
	if (!id_is_zero(&hub->refreshing) || list_is_empty(&hub->refresh))
		return;
	struct hub_user *user = LIST_OF(hub->refresh.next, struct hub_user, refresh);
	const struct pg_param params[] = {pg_id(&user->id)};
	struct pg_call call = {.statement = STMT_NOTICE_ROOMS,
		.org = &user->org,
		.params = params,
		.n_params = 1,
		.done = seats_read,
		.ctx = hub};
	if (pg_submit(hub->core->parts.pg, &call) != ERR_OK)
		return;
	hub->refreshing = user->id;
	list_remove(&user->refresh);
}

void hub_gap(struct hub *hub)
{
	AUTO(frame) struct frame *f = hub_frame(hub, &shape_resync_event, NULL);
	size_t cursor = 0;
	void *value;
	hub_forget_wants(hub);
	connection_doubt(hub->core); /* nor were ended sessions heard of */
	while (map_next(hub->users, &cursor, NULL, &value)) {
		struct hub_user *user = value;
		hub_send_user(hub, user, f);
		list_remove(&user->refresh);
		list_push(&hub->refresh, &user->refresh);
	}
	refresh_next(hub);
}

void hub_sweep(struct hub *hub)
{
	refresh_next(hub);
	if (!list_is_empty(&hub->wanted))
		hub_feed_soon(hub);
}
