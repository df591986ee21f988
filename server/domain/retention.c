/* Rules of retention, their dry run, legal holds, and certificates of what has gone. What is due
 * and what may be set, the database says; a dry run is asked for page by page, so that it is as
 * many short statements as its asker waits for. */
#include "domain/cells.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { SUM_PAGE = 5000, ROW_PAGE = 200, HOLDS_MOST = 500, VERSIONS_MOST = 200, KINDS = 8 };

static const char *const kinds[KINDS] = {
	"room", "account", "message", "file", "assignment", "note", "anonymous", "audit"};
static const char *const sources[] = {
	"room", "client_room", "account", "file", "message", "assignment", "note", "audit"};
static const char *const held_kinds[] = {"room", "account"};
static const char *const steps[] = {"make", "end_ask", "end"};

/* The time in a column, and whether there is one. */
static int64_t time_read(const struct pg_result *result, size_t i, unsigned column, bool *ret_has)
{
	*ret_has = !pg_is_null(result, i, column);
	return *ret_has ? pg_get_time(result, i, column) : 0;
}

static struct id id_read(const struct pg_result *result, size_t i, unsigned column, bool *ret_has)
{
	*ret_has = !pg_is_null(result, i, column);
	return *ret_has ? pg_get_id(result, i, column) : (struct id){{0}};
}

static bool reason_is_legal(struct request *r, struct slice reason)
{
	if (!slice_has_control(reason))
		return true;
	req_fail(r, ERR_BAD_FIELD);
	return false;
}

/* --- rules: three statements, one answer --- */

static void versions_listed(struct request *r, const struct pg_result *result)
{
	struct retention_list_out *out = r->state;
	size_t n = pg_rows(result);
	struct wire_retention_version *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_retention_version){
			.kind = CELL_PLACE(pg_get_bytes(result, i, RETENTION_VERSIONS_KIND), kinds),
			.version = (uint32_t)pg_get_int(result, i, RETENTION_VERSIONS_VERSION),
			.days = (uint32_t)pg_get_int(result, i, RETENTION_VERSIONS_DAYS),
			.at = pg_get_time(result, i, RETENTION_VERSIONS_AT)};
		rows[i].actor = id_read(result, i, RETENTION_VERSIONS_ACTOR, &rows[i].has_actor);
	}
	out->versions = rows;
	out->n_versions = n;
	req_reply(r, out);
}

static void limits_listed(struct request *r, const struct pg_result *result)
{
	struct retention_list_out *out = r->state;
	struct wire_retention_rule *rows = arena_array(r->arena, KINDS, sizeof(*rows));
	for (size_t i = 0; i < KINDS; i++)
		rows[i] = out->rules[i];
	for (size_t i = 0; i < pg_rows(result); i++) {
		size_t kind = CELL_PLACE(pg_get_bytes(result, i, RETENTION_LIMITS_KIND), kinds);
		rows[kind].has_most = true;
		rows[kind].most = (uint32_t)pg_get_int(result, i, RETENTION_LIMITS_DAYS);
	}
	out->rules = rows;
	const struct pg_param params[] = {pg_int(VERSIONS_MOST)};
	req_query(r, STMT_RETENTION_VERSIONS, params, 1, versions_listed);
}

static void rules_listed(struct request *r, const struct pg_result *result)
{
	struct retention_list_out *out = r->state = ARENA_NEW(r->arena, struct retention_list_out);
	struct wire_retention_rule *rows = arena_array(r->arena, KINDS, sizeof(*rows));
	for (size_t i = 0; i < KINDS; i++)
		rows[i] = (struct wire_retention_rule){.kind = (uint8_t)i};
	for (size_t i = 0; i < pg_rows(result); i++) {
		struct wire_retention_rule *row =
			&rows[CELL_PLACE(pg_get_bytes(result, i, RETENTION_RULES_KIND), kinds)];
		row->has_days = true;
		row->days = (uint32_t)pg_get_int(result, i, RETENTION_RULES_DAYS);
		row->version = (uint32_t)pg_get_int(result, i, RETENTION_RULES_VERSION);
		row->at = time_read(result, i, RETENTION_RULES_AT, &row->has_at);
		row->holds_from =
			time_read(result, i, RETENTION_RULES_HOLDS_FROM, &row->has_holds_from);
		row->has_days_before =
			row->has_holds_from && !pg_is_null(result, i, RETENTION_RULES_DAYS_BEFORE);
		if (row->has_days_before)
			row->days_before =
				(uint32_t)pg_get_int(result, i, RETENTION_RULES_DAYS_BEFORE);
	}
	out->rules = rows;
	out->n_rules = KINDS;
	req_query(r, STMT_RETENTION_LIMITS, NULL, 0, limits_listed);
}

void retention_list(struct request *r)
{
	req_query(r, STMT_RETENTION_RULES, NULL, 0, rules_listed);
}

static void rule_put(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, RETENTION_RULE_PUT_OUTCOME));
	if (e == ERR_BAD_FIELD) {
		struct detail detail = {.name = "limit",
			.kind = DETAIL_NUMBER,
			.number = pg_get_int(result, 0, RETENTION_RULE_PUT_MOST)};
		req_fail_detail(r, e, &detail);
	} else if (e != ERR_OK) {
		req_fail(r, e);
	} else {
		req_reply(r, NULL);
	}
}

void retention_put(struct request *r)
{
	const struct retention_put_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), param_word(kinds[in->kind]),
		pg_int(in->version), pg_int(in->days)};
	req_query(r, STMT_RETENTION_RULE_PUT, params, 4, rule_put);
}

/* --- the dry run --- */

static void summed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_retention_sum *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_retention_sum){
			.rule = CELL_PLACE(pg_get_bytes(result, i, RETENTION_DRY_RULE), kinds),
			.month = cell_text(r, result, i, RETENTION_DRY_MONTH),
			.held = pg_get_bool(result, i, RETENTION_DRY_HELD),
			.n = pg_get_int(result, i, RETENTION_DRY_N)};
	struct retention_dry_out out = {.sums = rows, .n_sums = n};
	out.has_place = n > 0 && pg_get_int(result, 0, RETENTION_DRY_ROWS) == SUM_PAGE;
	if (out.has_place)
		out.place = cell_text(r, result, 0, RETENTION_DRY_PLACE);
	req_reply(r, &out);
}

void retention_dry(struct request *r)
{
	const struct retention_dry_in *in = r->in;
	const struct pg_param params[] = {param_word(sources[in->source]), pg_time(in->until),
		in->has_days ? pg_int(in->days) : pg_null(), param_maybe(in->has_place, in->place),
		pg_int(SUM_PAGE)};
	req_query(r, STMT_RETENTION_DRY, params, 5, summed);
}

static void rows_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_retention_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_retention_row){
			.kind = CELL_PLACE(pg_get_bytes(result, i, RETENTION_PAGE_KIND), kinds),
			.object = pg_get_id(result, i, RETENTION_PAGE_OBJECT),
			.part = (uint32_t)pg_get_int(result, i, RETENTION_PAGE_PART),
			.due_at = pg_get_time(result, i, RETENTION_PAGE_DUE_AT),
			.rule = CELL_PLACE(pg_get_bytes(result, i, RETENTION_PAGE_RULE), kinds),
			.days = (uint32_t)pg_get_int(result, i, RETENTION_PAGE_DAYS),
			.version = (uint32_t)pg_get_int(result, i, RETENTION_PAGE_VERSION),
			.held = pg_get_bool(result, i, RETENTION_PAGE_HELD)};
	struct retention_rows_out out = {.rows = rows, .n_rows = n, .has_place = n == ROW_PAGE};
	if (out.has_place)
		out.place = cell_text(r, result, n - 1, RETENTION_PAGE_PLACE);
	req_reply(r, &out);
}

void retention_rows(struct request *r)
{
	const struct retention_rows_in *in = r->in;
	if (!reason_is_legal(r, in->reason))
		return;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_bytes(in->reason),
		param_word(sources[in->source]), pg_time(in->until),
		param_maybe(in->has_place, in->place), pg_int(ROW_PAGE)};
	req_query(r, STMT_RETENTION_PAGE, params, 6, rows_listed);
}

/* --- holds --- */

static struct wire_hold_row hold_read(struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_hold_row row = {.hold = pg_get_id(result, i, HOLD_LIST_HOLD),
		.kind = CELL_PLACE(pg_get_bytes(result, i, HOLD_LIST_KIND), held_kinds),
		.object = pg_get_id(result, i, HOLD_LIST_OBJECT),
		.reason = cell_text(r, result, i, HOLD_LIST_REASON),
		.asked_by = pg_get_id(result, i, HOLD_LIST_ASKED_BY),
		.asked_at = pg_get_time(result, i, HOLD_LIST_ASKED_AT)};
	row.made_by = id_read(result, i, HOLD_LIST_MADE_BY, &row.has_made_by);
	row.made_at = time_read(result, i, HOLD_LIST_MADE_AT, &row.has_made_at);
	row.end_by = id_read(result, i, HOLD_LIST_END_BY, &row.has_end_by);
	row.end_at = time_read(result, i, HOLD_LIST_END_AT, &row.has_end_at);
	row.ended_by = id_read(result, i, HOLD_LIST_ENDED_BY, &row.has_ended_by);
	row.ended_at = time_read(result, i, HOLD_LIST_ENDED_AT, &row.has_ended_at);
	return row;
}

static void holds_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_hold_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = hold_read(r, result, i);
	struct hold_list_out out = {.holds = rows, .n_holds = n};
	req_reply(r, &out);
}

void hold_list(struct request *r)
{
	const struct hold_list_in *in = r->in;
	if (!reason_is_legal(r, in->reason))
		return;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_bytes(in->reason), pg_int(HOLDS_MOST)};
	req_query(r, STMT_HOLD_LIST, params, 3, holds_listed);
}

static void hold_told(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, 0));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void hold_ask(struct request *r)
{
	const struct hold_ask_in *in = r->in;
	if (!reason_is_legal(r, in->reason))
		return;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->hold),
		param_word(held_kinds[in->kind]), pg_id(&in->object), pg_bytes(in->reason)};
	req_query(r, STMT_HOLD_ASK, params, 5, hold_told);
}

void hold_step(struct request *r)
{
	const struct hold_step_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->hold), param_word(steps[in->step])};
	req_query(r, STMT_HOLD_STEP, params, 3, hold_told);
}

/* --- certificates --- */

static void certificates_listed(struct request *r, const struct pg_result *result)
{
	size_t most = ((const struct certificate_list_in *)r->in)->most;
	size_t n = pg_rows(result) < most ? pg_rows(result) : most;
	struct wire_certificate_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_certificate_row){
			.n = (uint32_t)pg_get_int(result, i, ERASURE_CERTIFICATES_N),
			.at = pg_get_time(result, i, ERASURE_CERTIFICATES_AT),
			.body = cell_text(r, result, i, ERASURE_CERTIFICATES_BODY)};
	struct certificate_list_out out = {
		.certificates = rows, .n_certificates = n, .more = pg_rows(result) > most};
	req_reply(r, &out);
}

/* One more than asked for says whether there is more. */
void certificate_list(struct request *r)
{
	const struct certificate_list_in *in = r->in;
	const struct pg_param params[] = {
		pg_int(in->has_before ? in->before : INT32_MAX), pg_int(in->most + 1)};
	req_query(r, STMT_ERASURE_CERTIFICATES, params, 2, certificates_listed);
}
