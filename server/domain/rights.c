/* What a client asks as the person that data is about: what is kept of them, a request, how it
 * goes, and that they take it back. What may be asked when, and how often, the database decides;
 * what they write is sealed before it goes there. */
#include "domain/rights.h"

#include "base/crypt.h"
#include "domain/cells.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { ASKS_A_DAY = 5 };

const char *const rights_kinds[RIGHTS_KINDS] = {
	"access", "rectification", "restriction", "portability", "erasure", "objection"};
const char *const rights_states[RIGHTS_STATES] = {
	"received", "in_progress", "extended", "done", "refused", "withdrawn", "gone"};
const char *const rights_steps[RIGHTS_STEPS] = {"ask", "begin", "extend", "done", "refuse",
	"withdraw", "reopen", "freeze", "lift", "erase", "keep", "erased"};
const char *const rights_ways[RIGHTS_WAYS] = {"own", "counsellor", "ceremony"};

void reply_outcome(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, 0));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void saying_seal(struct request *r, const struct id *of, struct slice text, step_fn *then)
{
	struct saying *s = r->state = ARENA_NEW(r->arena, struct saying);
	s->one = (struct text_one){
		.kind = KEYS_WORDS, .of = *of, .note = crypt_random_id(), .from = text};
	s->texts.items = &s->one;
	s->texts.n = 1;
	texts_seal(r, then);
}

/* --- what is kept --- */

struct holding {
	struct texts texts; /* first */
	struct text_one names[2];
	struct rights_held_out out;
};

static void held_opened(struct request *r)
{
	struct holding *h = r->state;
	h->out.given = h->names[0].to;
	h->out.family = h->names[1].to;
	req_reply(r, &h->out);
}

static uint32_t count_of(const struct pg_result *result, unsigned column)
{
	return (uint32_t)pg_get_int(result, 0, column);
}

static void held_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct holding *h = r->state = ARENA_NEW(r->arena, struct holding);
	h->names[0] = (struct text_one){
		.kind = KEYS_GIVEN_NAME, .from = cell_text(r, result, 0, RIGHTS_HELD_GIVEN_NAME)};
	h->names[1] = (struct text_one){
		.kind = KEYS_FAMILY_NAME, .from = cell_text(r, result, 0, RIGHTS_HELD_FAMILY_NAME)};
	h->texts.items = h->names;
	h->texts.n = 2;
	h->out = (struct rights_held_out){
		.provider = cell_text(r, result, 0, RIGHTS_HELD_PROVIDER),
		.has_identified_at = !pg_is_null(result, 0, RIGHTS_HELD_IDENTIFIED_AT),
		.made_at = pg_get_time(result, 0, RIGHTS_HELD_MADE_AT),
		.mail = pg_get_bool(result, 0, RIGHTS_HELD_MAIL),
		.passkeys = count_of(result, RIGHTS_HELD_PASSKEYS),
		.sessions = count_of(result, RIGHTS_HELD_SESSIONS),
		.rooms = count_of(result, RIGHTS_HELD_ROOMS),
		.messages = count_of(result, RIGHTS_HELD_MESSAGES),
		.files = count_of(result, RIGHTS_HELD_FILES),
		.events = count_of(result, RIGHTS_HELD_EVENTS),
		.has_goes_at = !pg_is_null(result, 0, RIGHTS_HELD_GOES_AT),
	};
	if (h->out.has_identified_at)
		h->out.identified_at = pg_get_time(result, 0, RIGHTS_HELD_IDENTIFIED_AT);
	if (h->out.has_goes_at)
		h->out.goes_at = pg_get_time(result, 0, RIGHTS_HELD_GOES_AT);
	texts_open(r, held_opened);
}

void rights_held(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_RIGHTS_HELD, params, 1, held_read);
}

/* --- a request --- */

static void asked(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, RIGHTS_ASK_OUTCOME));
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	struct rights_ask_out out = {.due_on = pg_get_bytes(result, 0, RIGHTS_ASK_DUE_ON)};
	req_reply(r, &out);
}

static void ask_sealed(struct request *r)
{
	const struct rights_ask_in *in = r->in;
	const struct saying *s = r->state;
	const struct pg_param params[RIGHTS_ASK_N_IN] = {
		[RIGHTS_ASK_IN_ACCOUNT] = pg_id(&r->session.user),
		[RIGHTS_ASK_IN_REQUEST] = pg_id(&in->request),
		[RIGHTS_ASK_IN_KIND] = param_word(rights_kinds[in->kind]),
		[RIGHTS_ASK_IN_ROOM] = param_maybe_id(in->has_room, &in->room),
		[RIGHTS_ASK_IN_NOTE] = pg_id(&s->one.note),
		[RIGHTS_ASK_IN_TEXT] = text_param(s->one.to),
		[RIGHTS_ASK_IN_MOST] = pg_int(ASKS_A_DAY),
	};
	req_query(r, STMT_RIGHTS_ASK, params, RIGHTS_ASK_N_IN, asked);
}

void rights_ask(struct request *r)
{
	const struct rights_ask_in *in = r->in;
	saying_seal(r, &in->request, in->text, ask_sealed);
}

void rights_withdraw(struct request *r)
{
	const struct rights_withdraw_in *in = r->in;
	struct id note = crypt_random_id();
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->request), pg_id(&note)};
	req_query(r, STMT_RIGHTS_WITHDRAW, params, 3, reply_outcome);
}

/* --- one's own --- */

static void own_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_rights_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		struct wire_rights_row *row = &rows[i];
		*row = (struct wire_rights_row){
			.request = pg_get_id(result, i, RIGHTS_LIST_REQUEST),
			.kind = CELL_PLACE(pg_get_bytes(result, i, RIGHTS_LIST_KIND), rights_kinds),
			.has_room = !pg_is_null(result, i, RIGHTS_LIST_ROOM),
			.state = CELL_PLACE(
				pg_get_bytes(result, i, RIGHTS_LIST_STATE), rights_states),
			.received_at = pg_get_time(result, i, RIGHTS_LIST_RECEIVED_AT),
			.due_on = cell_text(r, result, i, RIGHTS_LIST_DUE_ON),
			.has_ended_at = !pg_is_null(result, i, RIGHTS_LIST_ENDED_AT),
			.has_erase_from = !pg_is_null(result, i, RIGHTS_LIST_ERASE_FROM),
			.has_certificate = !pg_is_null(result, i, RIGHTS_LIST_CERTIFICATE),
			.has_account_from = !pg_is_null(result, i, RIGHTS_LIST_ACCOUNT_FROM),
		};
		if (row->has_room)
			row->room = pg_get_id(result, i, RIGHTS_LIST_ROOM);
		if (row->has_ended_at)
			row->ended_at = pg_get_time(result, i, RIGHTS_LIST_ENDED_AT);
		if (row->has_erase_from)
			row->erase_from = pg_get_time(result, i, RIGHTS_LIST_ERASE_FROM);
		if (row->has_certificate)
			row->certificate = (uint32_t)pg_get_int(result, i, RIGHTS_LIST_CERTIFICATE);
		if (row->has_account_from)
			row->account_from = pg_get_time(result, i, RIGHTS_LIST_ACCOUNT_FROM);
	}
	struct rights_list_out out = {.requests = rows, .n_requests = n};
	req_reply(r, &out);
}

void rights_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_RIGHTS_LIST, params, 1, own_listed);
}

struct following {
	struct texts texts; /* first */
	struct wire_rights_step *steps;
	struct rights_one_out out;
};

static void steps_opened(struct request *r)
{
	struct following *f = r->state;
	for (size_t i = 0; i < f->texts.n; i++)
		f->steps[i].text = f->texts.items[i].to;
	f->out.steps = f->steps;
	f->out.n_steps = f->texts.n;
	req_reply(r, &f->out);
}

static void one_read(struct request *r, const struct pg_result *result)
{
	const struct rights_one_in *in = r->in;
	size_t n = pg_rows(result);
	if (n == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct following *f = r->state = ARENA_NEW(r->arena, struct following);
	f->steps = arena_array(r->arena, n, sizeof(*f->steps));
	f->texts.items = arena_array(r->arena, n, sizeof(*f->texts.items));
	f->texts.n = n;
	f->out.has_way = !pg_is_null(result, 0, RIGHTS_ONE_WAY);
	if (f->out.has_way)
		f->out.way = CELL_PLACE(pg_get_bytes(result, 0, RIGHTS_ONE_WAY), rights_ways);
	for (size_t i = 0; i < n; i++) {
		bool service = pg_is_null(result, i, RIGHTS_ONE_ACTOR);
		struct id actor =
			service ? r->session.user : pg_get_id(result, i, RIGHTS_ONE_ACTOR);
		f->steps[i] = (struct wire_rights_step){.at = pg_get_time(result, i, RIGHTS_ONE_AT),
			.by = service ? 2 : !id_equal(&actor, &r->session.user),
			.step = CELL_PLACE(pg_get_bytes(result, i, RIGHTS_ONE_STEP), rights_steps)};
		f->texts.items[i] = (struct text_one){.kind = KEYS_WORDS,
			.of = in->request,
			.note = pg_get_id(result, i, RIGHTS_ONE_NOTE),
			.from = cell_text(r, result, i, RIGHTS_ONE_TEXT)};
	}
	texts_open(r, steps_opened);
}

void rights_one(struct request *r)
{
	const struct rights_one_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->request)};
	req_query(r, STMT_RIGHTS_ONE, params, 2, one_read);
}
