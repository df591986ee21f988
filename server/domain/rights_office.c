/* Those who answer what people ask about their data: an organisation's admins and data protection
 * officers. The list says nothing of whom; opening a request does, for a reason that becomes part
 * of the log. What is decided, the database does: a step, frozen rooms, an erasure. */
#include "base/crypt.h"
#include "domain/cells.h"
#include "domain/outcome.h"
#include "domain/rights.h"
#include "sql_gen.h"

enum { PAGE = 50, ROOMS_MOST = 100, NAMES = 2, TEXT_LEAST = 3 };

/* --- the list --- */

static uint32_t days_of(const struct pg_result *result, size_t i, unsigned column, bool *ret_late)
{
	int64_t days = pg_get_int(result, i, column);
	*ret_late = days < 0;
	return (uint32_t)(days < 0 ? -days : days);
}

/* One more was asked for than is shown: whether there is more. */
static void listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result) < PAGE ? pg_rows(result) : PAGE;
	struct wire_request_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_request_row){
			.request = pg_get_id(result, i, REQUEST_LIST_REQUEST),
			.kind = CELL_PLACE(
				pg_get_bytes(result, i, REQUEST_LIST_KIND), rights_kinds),
			.whole = pg_get_bool(result, i, REQUEST_LIST_WHOLE),
			.state = CELL_PLACE(
				pg_get_bytes(result, i, REQUEST_LIST_STATE), rights_states),
			.received_at = pg_get_time(result, i, REQUEST_LIST_RECEIVED_AT),
			.due_on = cell_text(r, result, i, REQUEST_LIST_DUE_ON),
			.has_ended_at = !pg_is_null(result, i, REQUEST_LIST_ENDED_AT),
		};
		rows[i].days = days_of(result, i, REQUEST_LIST_DAYS, &rows[i].late);
		if (rows[i].has_ended_at)
			rows[i].ended_at = pg_get_time(result, i, REQUEST_LIST_ENDED_AT);
		rows[i].late = rows[i].late && !rows[i].has_ended_at;
	}
	struct request_list_out out = {
		.requests = rows, .n_requests = n, .more = pg_rows(result) > PAGE};
	req_reply(r, &out);
}

void request_list(struct request *r)
{
	const struct request_list_in *in = r->in;
	const struct pg_param params[REQUEST_LIST_N_IN] = {
		[REQUEST_LIST_IN_OPEN] = pg_bool(in->open),
		[REQUEST_LIST_IN_KIND] =
			in->has_kind ? param_word(rights_kinds[in->kind]) : pg_null(),
		[REQUEST_LIST_IN_LATE] = pg_bool(in->late),
		[REQUEST_LIST_IN_SKIP] = pg_int(in->skip),
		[REQUEST_LIST_IN_MOST] = pg_int(PAGE + 1),
	};
	req_query(r, STMT_REQUEST_LIST, params, REQUEST_LIST_N_IN, listed);
}

static void late_read(struct request *r, const struct pg_result *result)
{
	struct request_late_out out = {
		.open = (uint32_t)pg_get_int(result, 0, REQUEST_LATE_OPEN),
		.soon = (uint32_t)pg_get_int(result, 0, REQUEST_LATE_SOON),
		.late = (uint32_t)pg_get_int(result, 0, REQUEST_LATE_LATE),
		.breaches = (uint32_t)pg_get_int(result, 0, REQUEST_LATE_BREACHES),
		.breaches_late = (uint32_t)pg_get_int(result, 0, REQUEST_LATE_BREACHES_LATE),
	};
	req_reply(r, &out);
}

void request_late(struct request *r)
{
	req_query(r, STMT_REQUEST_LATE, NULL, 0, late_read);
}

/* --- one of them --- */

struct opening {
	struct texts texts; /* first: the two names, then a text for each step */
	struct wire_rights_step *steps;
	struct request_one_out out;
};

static void one_opened(struct request *r)
{
	struct opening *o = r->state;
	o->out.given = o->texts.items[0].to;
	o->out.family = o->texts.items[1].to;
	o->out.steps = o->steps;
	o->out.n_steps = o->texts.n - NAMES;
	for (size_t i = 0; i < o->out.n_steps; i++)
		o->steps[i].text = o->texts.items[NAMES + i].to;
	req_reply(r, &o->out);
}

static struct wire_rights_row row_read(struct request *r, const struct pg_result *result)
{
	const struct request_one_in *in = r->in;
	struct wire_rights_row row = {
		.request = in->request,
		.kind = CELL_PLACE(pg_get_bytes(result, 0, REQUEST_ONE_KIND), rights_kinds),
		.has_room = !pg_is_null(result, 0, REQUEST_ONE_ROOM),
		.state = CELL_PLACE(pg_get_bytes(result, 0, REQUEST_ONE_STATE), rights_states),
		.received_at = pg_get_time(result, 0, REQUEST_ONE_RECEIVED_AT),
		.due_on = cell_text(r, result, 0, REQUEST_ONE_DUE_ON),
		.has_ended_at = !pg_is_null(result, 0, REQUEST_ONE_ENDED_AT),
		.has_erase_from = !pg_is_null(result, 0, REQUEST_ONE_ERASE_FROM),
		.has_certificate = !pg_is_null(result, 0, REQUEST_ONE_CERTIFICATE),
		.has_account_from = !pg_is_null(result, 0, REQUEST_ONE_ACCOUNT_FROM),
	};
	if (row.has_room)
		row.room = pg_get_id(result, 0, REQUEST_ONE_ROOM);
	if (row.has_ended_at)
		row.ended_at = pg_get_time(result, 0, REQUEST_ONE_ENDED_AT);
	if (row.has_erase_from)
		row.erase_from = pg_get_time(result, 0, REQUEST_ONE_ERASE_FROM);
	if (row.has_certificate)
		row.certificate = (uint32_t)pg_get_int(result, 0, REQUEST_ONE_CERTIFICATE);
	if (row.has_account_from)
		row.account_from = pg_get_time(result, 0, REQUEST_ONE_ACCOUNT_FROM);
	return row;
}

static struct id *rooms_read(
	struct request *r, const struct pg_result *result, unsigned column, size_t *ret_n)
{
	size_t n = pg_array_count(result, 0, column);
	n = n < ROOMS_MOST ? n : ROOMS_MOST;
	struct id *rooms = arena_array(r->arena, n + 1, sizeof(*rooms));
	for (size_t i = 0; i < n; i++)
		memcpy(&rooms[i], pg_array_item(result, 0, column, i).p, sizeof(rooms[i]));
	*ret_n = n;
	return rooms;
}

static void whose_read(
	struct request *r, const struct pg_result *result, struct request_one_out *out)
{
	out->account = pg_get_id(result, 0, REQUEST_ONE_ACCOUNT);
	out->days = days_of(result, 0, REQUEST_ONE_DAYS, &out->late);
	out->held = pg_get_bool(result, 0, REQUEST_ONE_HELD);
	out->has_identified_at = !pg_is_null(result, 0, REQUEST_ONE_IDENTIFIED_AT);
	if (out->has_identified_at)
		out->identified_at = pg_get_time(result, 0, REQUEST_ONE_IDENTIFIED_AT);
	out->has_way = !pg_is_null(result, 0, REQUEST_ONE_WAY);
	if (out->has_way)
		out->way = CELL_PLACE(pg_get_bytes(result, 0, REQUEST_ONE_WAY), rights_ways);
	out->has_frozen_until = !pg_is_null(result, 0, REQUEST_ONE_FROZEN_UNTIL);
	if (out->has_frozen_until)
		out->frozen_until = pg_get_time(result, 0, REQUEST_ONE_FROZEN_UNTIL);
	out->rooms = rooms_read(r, result, REQUEST_ONE_ROOMS, &out->n_rooms);
	out->frozen = rooms_read(r, result, REQUEST_ONE_FROZEN, &out->n_frozen);
}

static void step_read(struct request *r, const struct pg_result *result, size_t i)
{
	const struct request_one_in *in = r->in;
	struct opening *o = r->state;
	struct wire_rights_step *step = &o->steps[i];
	*step = (struct wire_rights_step){.at = pg_get_time(result, i, REQUEST_ONE_AT),
		.has_actor = !pg_is_null(result, i, REQUEST_ONE_ACTOR),
		.step = CELL_PLACE(pg_get_bytes(result, i, REQUEST_ONE_STEP), rights_steps)};
	if (step->has_actor)
		step->actor = pg_get_id(result, i, REQUEST_ONE_ACTOR);
	step->by = !step->has_actor ? 2 : !id_equal(&step->actor, &o->out.account);
	o->texts.items[NAMES + i] = (struct text_one){.kind = KEYS_WORDS,
		.of = in->request,
		.note = pg_get_id(result, i, REQUEST_ONE_NOTE),
		.from = cell_text(r, result, i, REQUEST_ONE_TEXT)};
}

static void one_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	if (n == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct opening *o = r->state = ARENA_NEW(r->arena, struct opening);
	o->out.row = row_read(r, result);
	whose_read(r, result, &o->out);
	o->steps = arena_array(r->arena, n, sizeof(*o->steps));
	o->texts.items = arena_array(r->arena, NAMES + n, sizeof(*o->texts.items));
	o->texts.n = NAMES + n;
	o->texts.items[0] = (struct text_one){
		.kind = KEYS_GIVEN_NAME, .from = cell_text(r, result, 0, REQUEST_ONE_GIVEN_NAME)};
	o->texts.items[1] = (struct text_one){
		.kind = KEYS_FAMILY_NAME, .from = cell_text(r, result, 0, REQUEST_ONE_FAMILY_NAME)};
	for (size_t i = 0; i < n; i++)
		step_read(r, result, i);
	texts_open(r, one_opened);
}

void request_one(struct request *r)
{
	const struct request_one_in *in = r->in;
	if (slice_has_control(in->reason)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->request), pg_bytes(in->reason)};
	req_query(r, STMT_REQUEST_ONE, params, 3, one_read);
}

/* --- what is done with it --- */

static void step_sealed(struct request *r)
{
	const struct request_step_in *in = r->in;
	const struct saying *s = r->state;
	/* In the order of the wire, which leaves out what only happens otherwise. */
	static const char *const steps[] = {"begin", "extend", "done", "refuse", "reopen"};
	const struct pg_param params[REQUEST_STEP_N_IN] = {
		[REQUEST_STEP_IN_ACTOR] = pg_id(&r->session.user),
		[REQUEST_STEP_IN_REQUEST] = pg_id(&in->request),
		[REQUEST_STEP_IN_STEP] = param_word(steps[in->step]),
		[REQUEST_STEP_IN_WAY] = in->has_way ? param_word(rights_ways[in->way]) : pg_null(),
		[REQUEST_STEP_IN_NOTE] = pg_id(&s->one.note),
		[REQUEST_STEP_IN_TEXT] = text_param(s->one.to),
	};
	req_query(r, STMT_REQUEST_STEP, params, REQUEST_STEP_N_IN, reply_outcome);
}

void request_step(struct request *r)
{
	const struct request_step_in *in = r->in;
	if (in->text.n > 0 && in->text.n < TEXT_LEAST)
		req_fail(r, ERR_BAD_FIELD);
	else
		saying_seal(r, &in->request, in->text, step_sealed);
}

static void freeze_sealed(struct request *r)
{
	const struct request_freeze_in *in = r->in;
	const struct saying *s = r->state;
	struct pg_param *rooms = arena_array(r->arena, in->n_rooms + 1, sizeof(*rooms));
	for (size_t i = 0; i < in->n_rooms; i++)
		rooms[i] = pg_id(&in->rooms[i]);
	const struct pg_param params[REQUEST_FREEZE_N_IN] = {
		[REQUEST_FREEZE_IN_ACTOR] = pg_id(&r->session.user),
		[REQUEST_FREEZE_IN_REQUEST] = pg_id(&in->request),
		[REQUEST_FREEZE_IN_ROOMS] = pg_array(rooms, in->n_rooms),
		[REQUEST_FREEZE_IN_ON] = pg_bool(in->on),
		[REQUEST_FREEZE_IN_NOTE] = pg_id(&s->one.note),
		[REQUEST_FREEZE_IN_TEXT] = text_param(s->one.to),
	};
	req_query(r, STMT_REQUEST_FREEZE, params, REQUEST_FREEZE_N_IN, reply_outcome);
}

void request_freeze(struct request *r)
{
	const struct request_freeze_in *in = r->in;
	saying_seal(r, &in->request, in->text, freeze_sealed);
}

static void erase_sealed(struct request *r)
{
	const struct request_erase_in *in = r->in;
	const struct saying *s = r->state;
	const struct pg_param params[REQUEST_ERASE_N_IN] = {
		[REQUEST_ERASE_IN_ACTOR] = pg_id(&r->session.user),
		[REQUEST_ERASE_IN_REQUEST] = pg_id(&in->request),
		[REQUEST_ERASE_IN_ON] = pg_bool(in->on),
		[REQUEST_ERASE_IN_NOTE] = pg_id(&s->one.note),
		[REQUEST_ERASE_IN_TEXT] = text_param(s->one.to),
	};
	req_query(r, STMT_REQUEST_ERASE, params, REQUEST_ERASE_N_IN, reply_outcome);
}

void request_erase(struct request *r)
{
	const struct request_erase_in *in = r->in;
	saying_seal(r, &in->request, in->text, erase_sealed);
}
