/* When an organisation's service is open, what it promises and tells its clients, and the
 * rehearsals of its recovery key. */
#include "domain/cells.h"
#include "sql_gen.h"

enum { WEEK = 7, LANGUAGES = 3 };

static void days_read(struct request *r, const struct pg_result *result)
{
	struct service_get_out *out = r->state;
	size_t n = pg_rows(result);
	struct wire_open_hours *hours = arena_array(r->arena, WEEK + 1, sizeof(*hours));
	struct wire_open_day *days = arena_array(r->arena, n + 1, sizeof(*days));
	for (size_t i = 0; i < n; i++) {
		bool is_open = !pg_is_null(result, i, SERVICE_DAYS_OPENS);
		uint16_t opens = is_open ? (uint16_t)pg_get_int(result, i, SERVICE_DAYS_OPENS) : 0;
		uint16_t closes =
			is_open ? (uint16_t)pg_get_int(result, i, SERVICE_DAYS_CLOSES) : 0;
		if (!pg_is_null(result, i, SERVICE_DAYS_WEEKDAY) && out->n_hours < WEEK) {
			hours[out->n_hours++] = (struct wire_open_hours){
				.weekday = (uint16_t)pg_get_int(result, i, SERVICE_DAYS_WEEKDAY),
				.opens = opens,
				.closes = closes};
			continue;
		}
		days[out->n_days++] = (struct wire_open_day){
			.day = cell_text(r, result, i, SERVICE_DAYS_DAY),
			.has_opens = is_open,
			.opens = opens,
			.has_closes = is_open,
			.closes = closes,
			.has_holiday = !pg_is_null(result, i, SERVICE_DAYS_HOLIDAY),
			.holiday = cell_text(r, result, i, SERVICE_DAYS_HOLIDAY),
			.exception = pg_get_bool(result, i, SERVICE_DAYS_EXCEPTION),
		};
	}
	out->hours = hours;
	out->days = days;
	req_reply(r, out);
}

static void service_got(struct request *r, const struct pg_result *result)
{
	const struct service_get_in *in = r->in;
	struct service_get_out *out = r->state = ARENA_NEW(r->arena, struct service_get_out);
	out->has_promise_days = !pg_is_null(result, 0, SERVICE_GET_PROMISE_DAYS);
	if (out->has_promise_days)
		out->promise_days = (uint16_t)pg_get_int(result, 0, SERVICE_GET_PROMISE_DAYS);
	out->holidays = pg_get_bool(result, 0, SERVICE_GET_HOLIDAYS);
	if (!pg_is_null(result, 0, SERVICE_GET_NOTICE_FI)) {
		out->notice = cell_languages(r, result, 0, SERVICE_GET_NOTICE_FI);
		out->n_notice = LANGUAGES;
	}
	out->has_notice_until = !pg_is_null(result, 0, SERVICE_GET_NOTICE_UNTIL);
	out->notice_until = cell_text(r, result, 0, SERVICE_GET_NOTICE_UNTIL);
	const struct pg_param params[] = {pg_int(in->days)};
	req_query(r, STMT_SERVICE_DAYS, params, 1, days_read);
}

void service_get(struct request *r)
{
	req_query(r, STMT_SERVICE_GET, NULL, 0, service_got);
}

void service_put(struct request *r)
{
	const struct service_put_in *in = r->in;
	struct pg_param cells[3][WEEK];
	for (size_t i = 0; i < in->n_hours; i++) {
		cells[0][i] = pg_int(in->hours[i].weekday);
		cells[1][i] = pg_int(in->hours[i].opens);
		cells[2][i] = pg_int(in->hours[i].closes);
	}
	const struct pg_param params[] = {pg_id(&r->session.user),
		in->has_promise_days ? pg_int(in->promise_days) : pg_null(), pg_bool(in->holidays),
		param_texts(r, in->notice, in->n_notice),
		param_maybe(in->has_notice_until, in->notice_until),
		pg_array(cells[0], in->n_hours), pg_array(cells[1], in->n_hours),
		pg_array(cells[2], in->n_hours)};
	req_query(r, STMT_SERVICE_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}

void service_day_put(struct request *r)
{
	const struct service_day_put_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_bytes(in->day),
		pg_bool(in->gone), in->has_opens ? pg_int(in->opens) : pg_null(),
		in->has_closes ? pg_int(in->closes) : pg_null()};
	req_query(r, STMT_SERVICE_DAY_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}

/* --- the recovery key --- */

static void recovery_read(struct request *r, const struct pg_result *result)
{
	struct recovery_state_out out = {
		.has_made_at = !pg_is_null(result, 0, RECOVERY_STATE_MADE_AT),
		.has_key_at = !pg_is_null(result, 0, RECOVERY_STATE_KEY_AT),
		.openings = (uint32_t)pg_get_int(result, 0, RECOVERY_STATE_OPENINGS),
		.has_opened_at = !pg_is_null(result, 0, RECOVERY_STATE_OPENED_AT),
		.has_rehearsed_on = !pg_is_null(result, 0, RECOVERY_STATE_REHEARSED_ON),
		.rehearsed_on = cell_text(r, result, 0, RECOVERY_STATE_REHEARSED_ON),
		.has_note = !pg_is_null(result, 0, RECOVERY_STATE_NOTE),
		.note = cell_text(r, result, 0, RECOVERY_STATE_NOTE),
		.has_due_on = !pg_is_null(result, 0, RECOVERY_STATE_DUE_ON),
		.due_on = cell_text(r, result, 0, RECOVERY_STATE_DUE_ON),
	};
	if (out.has_made_at)
		out.made_at = pg_get_time(result, 0, RECOVERY_STATE_MADE_AT);
	if (out.has_key_at)
		out.key_at = pg_get_time(result, 0, RECOVERY_STATE_KEY_AT);
	if (out.has_opened_at)
		out.opened_at = pg_get_time(result, 0, RECOVERY_STATE_OPENED_AT);
	req_reply(r, &out);
}

void recovery_state(struct request *r)
{
	req_query(r, STMT_RECOVERY_STATE, NULL, 0, recovery_read);
}

void recovery_rehearse(struct request *r)
{
	const struct recovery_rehearse_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_bytes(in->held_on), pg_bytes(in->note)};
	req_query(r, STMT_RECOVERY_REHEARSE, params, 3, reply_done);
}
