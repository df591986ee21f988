/* What was done in an organisation, for those who look after it, and to oneself. Rows of the audit
 * trail as they are: ids and words. */
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

/* One more was asked for than is shown: whether there is more. */
static void events_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result) < PAGE ? pg_rows(result) : PAGE;
	struct event_list_out out = {
		.events = rows_copy(r, result, n), .n_events = n, .more = pg_rows(result) > PAGE};
	req_reply(r, &out);
}

void event_list(struct request *r)
{
	const struct event_list_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		in->has_before ? pg_int(in->before) : pg_null(), pg_int(PAGE + 1)};
	req_query(r, STMT_EVENT_LIST, params, 3, events_listed);
}

/* The two statements have the same columns. */
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
