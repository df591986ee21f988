/* What was done in an organisation, for those who look after it; in a room, for its members; and to
 * oneself. Rows of the audit trail as they are: ids and words, and what opens their leaves. */
#include "core/state.h"
#include "sql_gen.h"

enum { PAGE = 100 };

static struct wire_event_row *rows_copy(struct request *r, const struct pg_result *result, size_t n)
{
	struct wire_event_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_event_row){.n = pg_get_int(result, i, EVENT_LIST_N),
			.at = pg_get_time(result, i, EVENT_LIST_AT),
			.has_actor = !pg_is_null(result, i, EVENT_LIST_ACTOR),
			.action = arena_copy(r->arena, pg_get_bytes(result, i, EVENT_LIST_ACTION)),
			.has_object = !pg_is_null(result, i, EVENT_LIST_OBJECT),
			.has_word = !pg_is_null(result, i, EVENT_LIST_WORD)};
		if (rows[i].has_actor)
			rows[i].actor = pg_get_id(result, i, EVENT_LIST_ACTOR);
		if (rows[i].has_object)
			rows[i].object = pg_get_id(result, i, EVENT_LIST_OBJECT);
		if (rows[i].has_word)
			rows[i].word =
				arena_copy(r->arena, pg_get_bytes(result, i, EVENT_LIST_WORD));
	}
	return rows;
}

static struct slice text_copy(
	struct request *r, const struct pg_result *result, size_t i, unsigned column, bool *ret_has)
{
	*ret_has = !pg_is_null(result, i, column);
	return *ret_has ? arena_copy(r->arena, pg_get_bytes(result, i, column)) : SLICE_NONE;
}

static struct id id_copy(const struct pg_result *result, size_t i, unsigned column, bool *ret_has)
{
	*ret_has = !pg_is_null(result, i, column);
	return *ret_has ? pg_get_id(result, i, column) : (struct id){{0}};
}

static struct wire_log_row log_row(struct request *r, const struct pg_result *result, size_t i)
{
	bool always;
	struct wire_log_row row = {.n = pg_get_int(result, i, EVENT_LIST_N),
		.at = pg_get_time(result, i, EVENT_LIST_AT),
		.nonce = pg_get_hash(result, i, EVENT_LIST_NONCE),
		.has_place = !pg_is_null(result, i, EVENT_LIST_PLACE)};
	row.actor = id_copy(result, i, EVENT_LIST_ACTOR, &row.has_actor);
	row.object = id_copy(result, i, EVENT_LIST_OBJECT, &row.has_object);
	row.action = text_copy(r, result, i, EVENT_LIST_ACTION, &always);
	row.detail = text_copy(r, result, i, EVENT_LIST_DETAIL, &always);
	row.word = text_copy(r, result, i, EVENT_LIST_WORD, &row.has_word);
	row.reason = text_copy(r, result, i, EVENT_LIST_REASON, &row.has_reason);
	if (row.has_place)
		row.place = pg_get_int(result, i, EVENT_LIST_PLACE);
	return row;
}

/* One more was asked for than is shown: whether there is more. */
static void events_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result) < PAGE ? pg_rows(result) : PAGE;
	struct wire_log_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = log_row(r, result, i);
	struct event_list_out out = {.events = rows, .n_events = n, .more = pg_rows(result) > PAGE};
	req_reply(r, &out);
}

void event_list(struct request *r)
{
	const struct event_list_in *in = r->in;
	if (slice_has_control(in->reason)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[EVENT_LIST_N_IN] = {
		[EVENT_LIST_IN_ACTOR] = pg_id(&r->session.user),
		[EVENT_LIST_IN_BEFORE] = in->has_before ? pg_int(in->before) : pg_null(),
		[EVENT_LIST_IN_REASON] = pg_bytes(in->reason),
		[EVENT_LIST_IN_TAKE] = pg_bool(in->has_take && in->take),
		[EVENT_LIST_IN_SINCE] = in->has_since ? pg_time(in->since) : pg_null(),
		[EVENT_LIST_IN_UNTIL] = in->has_until ? pg_time(in->until) : pg_null(),
		[EVENT_LIST_IN_ACTION] = in->has_action ? pg_bytes(in->action) : pg_null(),
		[EVENT_LIST_IN_PERSON] = in->has_person ? pg_id(&in->person) : pg_null(),
		[EVENT_LIST_IN_MOST] = pg_int(PAGE + 1),
	};
	req_query(r, STMT_EVENT_LIST, params, EVENT_LIST_N_IN, events_listed);
}

static void log_state_read(struct request *r, const struct pg_result *result)
{
	struct log_state_out out = {.org = pg_get_id(result, 0, LOG_STATE_ORG),
		.size = pg_get_int(result, 0, LOG_STATE_SIZE),
		.signed_size = pg_get_int(result, 0, LOG_STATE_SIGNED_SIZE),
		.has_signed_at = !pg_is_null(result, 0, LOG_STATE_SIGNED_AT),
		.has_refused_at = !pg_is_null(result, 0, LOG_STATE_REFUSED_AT)};
	out.key = text_copy(r, result, 0, LOG_STATE_KEY, &out.has_key);
	out.refused = text_copy(r, result, 0, LOG_STATE_REFUSED, &out.has_refused);
	if (out.has_signed_at)
		out.signed_at = pg_get_time(result, 0, LOG_STATE_SIGNED_AT);
	if (out.has_refused_at)
		out.refused_at = pg_get_time(result, 0, LOG_STATE_REFUSED_AT);
	req_reply(r, &out);
}

void log_state(struct request *r)
{
	req_query(r, STMT_LOG_STATE, NULL, 0, log_state_read);
}

/* The statements have the same columns, as far as rows_copy reads them. */
_Static_assert(
	(int)ROOM_EVENTS_N == (int)EVENT_LIST_N && (int)ROOM_EVENTS_WORD == (int)EVENT_LIST_WORD,
	"the same columns");
_Static_assert(
	(int)OWN_EVENTS_N == (int)EVENT_LIST_N && (int)OWN_EVENTS_WORD == (int)EVENT_LIST_WORD,
	"the same columns");

static void own_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct own_events_out out = {.events = rows_copy(r, result, n), .n_events = n};
	req_reply(r, &out);
}

void own_events(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_OWN_EVENTS, params, 1, own_listed);
}

static void room_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result) < PAGE ? pg_rows(result) : PAGE;
	struct room_events_out out = {
		.events = rows_copy(r, result, n), .n_events = n, .more = pg_rows(result) > PAGE};
	req_reply(r, &out);
}

void room_events(struct request *r)
{
	const struct room_events_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room),
		in->has_before ? pg_int(in->before) : pg_null(), pg_int(PAGE + 1)};
	req_query(r, STMT_ROOM_EVENTS, params, 3, room_listed);
}
