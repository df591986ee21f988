/* Reminders of assignments: set by the browser of who gives one or of who answers it, because only
 * they can read its due date; told by the jobs process to the clients of the room. */
#include "core/state.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { MOST_OF_ROOM = 64, MOST_TOLD = 100 };

static void reminder_stored(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, REMINDER_PUT_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void reminder_put(struct request *r)
{
	const struct reminder_put_in *in = r->in;
	const struct pg_param params[REMINDER_PUT_N_IN] = {
		[REMINDER_PUT_IN_ROOM] = pg_id(&in->room),
		[REMINDER_PUT_IN_MSG_ID] = pg_id(&in->msg_id),
		[REMINDER_PUT_IN_AT] = in->has_at ? pg_time(in->at) : pg_null(),
		[REMINDER_PUT_IN_MOST] = pg_int(MOST_OF_ROOM),
	};
	req_query(r, STMT_REMINDER_PUT, params, REMINDER_PUT_N_IN, reminder_stored);
}

static void reminders_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_reminder_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_reminder_row){
			.room = pg_get_id(result, i, REMINDER_LIST_ROOM),
			.msg_id = pg_get_id(result, i, REMINDER_LIST_MSG_ID),
			.at = pg_get_time(result, i, REMINDER_LIST_AT),
		};
	struct reminder_list_out out = {.reminders = rows, .n_reminders = n};
	req_reply(r, &out);
}

void reminder_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_int(MOST_TOLD)};
	req_query(r, STMT_REMINDER_LIST, params, 2, reminders_read);
}

static void reminder_gone(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_reply(r, NULL);
}

void reminder_seen(struct request *r)
{
	const struct reminder_seen_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->room), pg_id(&in->msg_id)};
	req_query(r, STMT_REMINDER_SEEN, params, 3, reminder_gone);
}
