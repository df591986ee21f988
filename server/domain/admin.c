/* What an organisation's admin looks after: where colleagues work, when they are absent, when they
 * leave and what their rooms wait for; what there is to do now; reports. Whose plan may be changed
 * by whom, and which rooms somebody would leave behind, the database says. */
#include "base/num.h"
#include "domain/cells.h"
#include "sql_gen.h"

static const char *const flags[] = {"late", "no_staff", "leaving", "absent", "not_seen", "passkeys",
	"training", "certificate", "amendment", "ending", "rehearsal", "no_promise"};
static const char *const bys[] = {"all", "topic", "office"};

/* False for NULL. */
static bool id_read(const struct pg_result *result, size_t i, unsigned column, struct id *ret)
{
	if (pg_is_null(result, i, column))
		return false;
	*ret = pg_get_id(result, i, column);
	return true;
}

static bool text_read(struct request *r, const struct pg_result *result, size_t i, unsigned column,
	struct slice *ret)
{
	*ret = cell_text(r, result, i, column);
	return !pg_is_null(result, i, column);
}

static bool time_read(const struct pg_result *result, size_t i, unsigned column, int64_t *ret)
{
	if (pg_is_null(result, i, column))
		return false;
	*ret = pg_get_time(result, i, column);
	return true;
}

/* --- plans --- */

/* plan_list and plan_get begin with the same columns. */
static struct wire_staff_plan plan_read(struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_staff_plan plan = {.account = pg_get_id(result, i, PLAN_LIST_ACCOUNT)};
	plan.has_office = id_read(result, i, PLAN_LIST_OFFICE, &plan.office);
	plan.has_absent_from = text_read(r, result, i, PLAN_LIST_ABSENT_FROM, &plan.absent_from);
	plan.has_absent_until = text_read(r, result, i, PLAN_LIST_ABSENT_UNTIL, &plan.absent_until);
	plan.has_deputy = id_read(result, i, PLAN_LIST_DEPUTY, &plan.deputy);
	plan.has_leaves_on = text_read(r, result, i, PLAN_LIST_LEAVES_ON, &plan.leaves_on);
	plan.has_successor = id_read(result, i, PLAN_LIST_SUCCESSOR, &plan.successor);
	return plan;
}

static void plans_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_staff_plan *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = plan_read(r, result, i);
	struct plan_list_out out = {.plans = rows, .n_plans = n};
	req_reply(r, &out);
}

void plan_list(struct request *r)
{
	req_query(r, STMT_PLAN_LIST, NULL, 0, plans_listed);
}

static void rooms_read(struct request *r, const struct pg_result *result)
{
	struct plan_own_out *out = r->state;
	size_t n = pg_rows(result);
	struct wire_held_room *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_held_room){
			.room = pg_get_id(result, i, PLAN_ROOMS_ROOM),
			.created_at = pg_get_time(result, i, PLAN_ROOMS_CREATED_AT),
			.last_at = pg_get_time(result, i, PLAN_ROOMS_LAST_AT),
			.deputy_in = pg_get_bool(result, i, PLAN_ROOMS_DEPUTY_IN),
			.successor_in = pg_get_bool(result, i, PLAN_ROOMS_SUCCESSOR_IN),
			.others = (uint16_t)pg_get_int(result, i, PLAN_ROOMS_OTHERS),
		};
		rows[i].has_waiting_since =
			time_read(result, i, PLAN_ROOMS_WAITING_SINCE, &rows[i].waiting_since);
	}
	out->work.rooms = rows;
	out->work.n_rooms = n;
	req_reply(r, out);
}

static void plan_got(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct plan_own_out *out = r->state = ARENA_NEW(r->arena, struct plan_own_out);
	out->work.plan = plan_read(r, result, 0);
	out->work.handed = (uint32_t)pg_get_int(result, 0, PLAN_GET_HANDED);
	out->work.closed = (uint32_t)pg_get_int(result, 0, PLAN_GET_CLOSED);
	const struct pg_param params[] = {pg_id(&out->work.plan.account)};
	req_query(r, STMT_PLAN_ROOMS, params, 1, rooms_read);
}

void plan_own(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_PLAN_GET, params, 1, plan_got);
}

/* Its answer is that of plan_own. */
_Static_assert(sizeof(struct plan_rooms_out) == sizeof(struct plan_own_out), "the same answer");

void plan_rooms(struct request *r)
{
	const struct plan_rooms_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->account)};
	req_query(r, STMT_PLAN_GET, params, 1, plan_got);
}

void absence_put(struct request *r)
{
	const struct absence_put_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		pg_id(in->has_account ? &in->account : &r->session.user),
		param_maybe(in->has_from, in->from), param_maybe(in->has_until, in->until),
		param_maybe_id(in->has_deputy, &in->deputy)};
	req_query(r, STMT_ABSENCE_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}

void leaving_put(struct request *r)
{
	const struct leaving_put_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		param_maybe(in->has_on, in->on), param_maybe_id(in->has_successor, &in->successor)};
	req_query(r, STMT_LEAVING_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}

void staff_place(struct request *r)
{
	const struct staff_place_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		param_maybe_id(in->has_office, &in->office)};
	req_query(r, STMT_STAFF_PLACE, params, sizeof(params) / sizeof(params[0]), reply_done);
}

static void person_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct staff_person_out out = {
		.made_at = pg_get_time(result, 0, STAFF_PERSON_MADE_AT),
		.last_in = pg_get_time(result, 0, STAFF_PERSON_LAST_IN),
		.passkeys = (uint32_t)pg_get_int(result, 0, STAFF_PERSON_PASSKEYS),
		.sessions = (uint32_t)pg_get_int(result, 0, STAFF_PERSON_SESSIONS),
		.rooms_open = (uint32_t)pg_get_int(result, 0, STAFF_PERSON_ROOMS_OPEN),
		.rooms_closed = (uint32_t)pg_get_int(result, 0, STAFF_PERSON_ROOMS_CLOSED),
	};
	out.has_identified_at =
		time_read(result, 0, STAFF_PERSON_IDENTIFIED_AT, &out.identified_at);
	out.has_provider = text_read(r, result, 0, STAFF_PERSON_PROVIDER, &out.provider);
	out.has_trained_on = text_read(r, result, 0, STAFF_PERSON_TRAINED_ON, &out.trained_on);
	out.has_certified_until =
		time_read(result, 0, STAFF_PERSON_CERTIFIED_UNTIL, &out.certified_until);
	req_reply(r, &out);
}

void staff_person(struct request *r)
{
	const struct staff_person_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->account), pg_bytes(in->reason)};
	req_query(r, STMT_STAFF_PERSON, params, 3, person_read);
}

static void absences_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_absence *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_absence){
			.room = pg_get_id(result, i, ABSENCE_LIST_ROOM),
			.account = pg_get_id(result, i, ABSENCE_LIST_ACCOUNT),
			.until = cell_text(r, result, i, ABSENCE_LIST_UNTIL),
			.deputy_in = pg_get_bool(result, i, ABSENCE_LIST_DEPUTY_IN),
		};
		rows[i].has_deputy = id_read(result, i, ABSENCE_LIST_DEPUTY, &rows[i].deputy);
	}
	struct absence_list_out out = {.absences = rows, .n_absences = n};
	req_reply(r, &out);
}

void absence_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_ABSENCE_LIST, params, 1, absences_listed);
}

/* --- what there is to do, and reports --- */

static void flags_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_admin_flag *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_admin_flag){
			.flag = CELL_PLACE(pg_get_bytes(result, i, FLAG_LIST_FLAG), flags),
			.has_n = !pg_is_null(result, i, FLAG_LIST_N)};
		if (rows[i].has_n)
			rows[i].n = (uint32_t)pg_get_int(result, i, FLAG_LIST_N);
		rows[i].has_object = id_read(result, i, FLAG_LIST_OBJECT, &rows[i].object);
		rows[i].has_at = time_read(result, i, FLAG_LIST_AT, &rows[i].at);
		rows[i].has_day = text_read(r, result, i, FLAG_LIST_DAY, &rows[i].day);
	}
	struct flag_list_out out = {.flags = rows, .n_flags = n};
	req_reply(r, &out);
}

void flag_list(struct request *r)
{
	req_query(r, STMT_FLAG_LIST, NULL, 0, flags_listed);
}

static bool count_read(const struct pg_result *result, size_t i, unsigned column, uint32_t *ret)
{
	if (pg_is_null(result, i, column))
		return false;
	*ret = (uint32_t)num_min((size_t)pg_get_int(result, i, column), UINT32_MAX);
	return true;
}

static void report_made(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_report_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_report_row){
			.month = cell_text(r, result, i, REPORT_ROOMS_MONTH),
			.of = cell_text(r, result, i, REPORT_ROOMS_OF),
		};
		rows[i].has_opened = count_read(result, i, REPORT_ROOMS_OPENED, &rows[i].opened);
		rows[i].has_closed = count_read(result, i, REPORT_ROOMS_CLOSED, &rows[i].closed);
	}
	struct report_rooms_out out = {.rows = rows, .n_rows = n};
	req_reply(r, &out);
}

void report_rooms(struct request *r)
{
	const struct report_rooms_in *in = r->in;
	const struct pg_param params[] = {param_word(bys[in->by]), pg_int(in->months)};
	req_query(r, STMT_REPORT_ROOMS, params, 2, report_made);
}
