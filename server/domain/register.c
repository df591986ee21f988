/* What an organisation must be able to show: the record of its processing, made of its agreements
 * and rules and of what only it can say, and the register of breaches, in which nothing is ever
 * changed: a breach is told anew in its next version. */
#include "base/crypt.h"
#include "domain/cells.h"
#include "domain/outcome.h"
#include "domain/rights.h"
#include "sql_gen.h"

enum { PAGE = 50, PARTS = 4 };

static const char *const told_words[] = {"open", "notified", "not_needed"};
static const char *const people_words[] = {"open", "told", "not_needed"};

/* --- the record --- */

static void rules_read(struct request *r, const struct pg_result *result)
{
	struct record_get_out *out = r->state;
	size_t n = pg_rows(result);
	struct wire_record_rule *rules = arena_array(r->arena, n + 1, sizeof(*rules));
	for (size_t i = 0; i < n; i++)
		rules[i] = (struct wire_record_rule){
			.kind = cell_text(r, result, i, RETENTION_RULES_KIND),
			.days = (uint32_t)pg_get_int(result, i, RETENTION_RULES_DAYS),
			.version = (uint32_t)pg_get_int(result, i, RETENTION_RULES_VERSION)};
	out->rules = rules;
	out->n_rules = n;
	req_reply(r, out);
}

static void note_read(struct request *r, const struct pg_result *result, struct record_get_out *out)
{
	out->name = cell_text(r, result, 0, RECORD_GET_NAME);
	out->business_id = cell_text(r, result, 0, RECORD_GET_BUSINESS_ID);
	if (pg_is_null(result, 0, RECORD_GET_NOTE))
		return;
	out->version = (uint16_t)pg_get_int(result, 0, RECORD_GET_NOTE);
	out->contact = cell_text(r, result, 0, RECORD_GET_CONTACT);
	out->officer = cell_text(r, result, 0, RECORD_GET_OFFICER);
	out->basis = cell_text(r, result, 0, RECORD_GET_BASIS);
	out->recipients = cell_text(r, result, 0, RECORD_GET_RECIPIENTS);
	out->transfers = cell_text(r, result, 0, RECORD_GET_TRANSFERS);
}

static struct wire_record_activity activity_read(
	struct request *r, const struct pg_result *result, size_t i)
{
	bool holds = !pg_is_null(result, i, RECORD_GET_TERMS);
	return (struct wire_record_activity){
		.agreement = pg_get_id(result, i, RECORD_GET_AGREEMENT),
		.state = cell_place(pg_get_bytes(result, i, RECORD_GET_STATE), agreement_states,
			AGREEMENT_STATES),
		.version = (uint16_t)pg_get_int(result, i, RECORD_GET_VERSION),
		.controller = cell_text(r, result, i, RECORD_GET_CONTROLLER),
		.processor = cell_text(r, result, i, RECORD_GET_PROCESSOR),
		.processor_business_id = cell_text(r, result, i, RECORD_GET_PROCESSOR_BUSINESS_ID),
		.language = holds ? CELL_PLACE(pg_get_bytes(result, i, RECORD_GET_LANGUAGE),
					    languages_words)
				  : 0,
		.terms = cell_text(r, result, i, RECORD_GET_TERMS),
	};
}

static void record_read(struct request *r, const struct pg_result *result)
{
	struct record_get_out *out = r->state = ARENA_NEW(r->arena, struct record_get_out);
	size_t n = pg_rows(result);
	struct wire_record_activity *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	note_read(r, result, out);
	for (size_t i = 0; i < n; i++)
		if (!pg_is_null(result, i, RECORD_GET_AGREEMENT))
			rows[out->n_activities++] = activity_read(r, result, i);
	out->activities = rows;
	req_query(r, STMT_RETENTION_RULES, NULL, 0, rules_read);
}

void record_get(struct request *r)
{
	req_query(r, STMT_RECORD_GET, NULL, 0, record_read);
}

void record_put(struct request *r)
{
	const struct record_put_in *in = r->in;
	const struct pg_param params[RECORD_PUT_N_IN] = {
		[RECORD_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[RECORD_PUT_IN_VERSION] = pg_int(in->version),
		[RECORD_PUT_IN_CONTACT] = pg_bytes(in->contact),
		[RECORD_PUT_IN_OFFICER] = pg_bytes(in->officer),
		[RECORD_PUT_IN_BASIS] = pg_bytes(in->basis),
		[RECORD_PUT_IN_RECIPIENTS] = pg_bytes(in->recipients),
		[RECORD_PUT_IN_TRANSFERS] = pg_bytes(in->transfers),
	};
	req_query(r, STMT_RECORD_PUT, params, RECORD_PUT_N_IN, reply_outcome);
}

/* --- breaches --- */

static void breaches_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result) < PAGE ? pg_rows(result) : PAGE;
	struct wire_breach_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_breach_row){
			.breach = pg_get_id(result, i, BREACH_LIST_BREACH),
			.n = (uint32_t)pg_get_int(result, i, BREACH_LIST_N),
			.version = (uint16_t)pg_get_int(result, i, BREACH_LIST_VERSION),
			.found_at = pg_get_time(result, i, BREACH_LIST_FOUND_AT),
			.due_at = pg_get_time(result, i, BREACH_LIST_DUE_AT),
			.told = CELL_PLACE(pg_get_bytes(result, i, BREACH_LIST_TOLD), told_words),
			.closed = pg_get_bool(result, i, BREACH_LIST_CLOSED),
			.late = pg_get_bool(result, i, BREACH_LIST_LATE)};
	struct breach_list_out out = {
		.breaches = rows, .n_breaches = n, .more = pg_rows(result) > PAGE};
	req_reply(r, &out);
}

void breach_list(struct request *r)
{
	const struct breach_list_in *in = r->in;
	const struct pg_param params[] = {pg_int(in->skip), pg_int(PAGE + 1)};
	req_query(r, STMT_BREACH_LIST, params, 2, breaches_listed);
}

struct reading {
	struct texts texts; /* first: PARTS for each version */
	struct wire_breach_edition *versions;
	struct breach_one_out out;
};

static void versions_opened(struct request *r)
{
	struct reading *d = r->state;
	for (size_t i = 0; i < d->out.n_versions; i++) {
		const struct text_one *parts = &d->texts.items[i * PARTS];
		d->versions[i].facts = parts[0].to;
		d->versions[i].effects = parts[1].to;
		d->versions[i].remedies = parts[2].to;
		d->versions[i].why = parts[3].to;
	}
	d->out.versions = d->versions;
	req_reply(r, &d->out);
}

static void version_read(struct request *r, const struct pg_result *result, size_t i)
{
	static const unsigned columns[PARTS] = {
		BREACH_ONE_FACTS, BREACH_ONE_EFFECTS, BREACH_ONE_REMEDIES, BREACH_ONE_WHY};
	const struct breach_one_in *in = r->in;
	struct reading *d = r->state;
	struct wire_breach_edition *version = &d->versions[i];
	*version = (struct wire_breach_edition){
		.version = (uint16_t)pg_get_int(result, i, BREACH_ONE_VERSION),
		.at = pg_get_time(result, i, BREACH_ONE_AT),
		.actor = pg_get_id(result, i, BREACH_ONE_ACTOR),
		.found_at = pg_get_time(result, i, BREACH_ONE_FOUND_AT),
		.has_began_at = !pg_is_null(result, i, BREACH_ONE_BEGAN_AT),
		.persons = (uint32_t)pg_get_int(result, i, BREACH_ONE_PERSONS),
		.told = CELL_PLACE(pg_get_bytes(result, i, BREACH_ONE_TOLD), told_words),
		.has_told_at = !pg_is_null(result, i, BREACH_ONE_TOLD_AT),
		.people = CELL_PLACE(pg_get_bytes(result, i, BREACH_ONE_PEOPLE), people_words),
		.closed = pg_get_bool(result, i, BREACH_ONE_CLOSED),
	};
	if (version->has_began_at)
		version->began_at = pg_get_time(result, i, BREACH_ONE_BEGAN_AT);
	if (version->has_told_at)
		version->told_at = pg_get_time(result, i, BREACH_ONE_TOLD_AT);
	for (size_t k = 0; k < PARTS; k++)
		d->texts.items[i * PARTS + k] = (struct text_one){.kind = KEYS_WORDS,
			.of = in->breach,
			.note = pg_get_id(result, i, BREACH_ONE_NOTE),
			.from = cell_text(r, result, i, columns[k])};
}

static void breach_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	if (n == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct reading *d = r->state = ARENA_NEW(r->arena, struct reading);
	d->versions = arena_array(r->arena, n, sizeof(*d->versions));
	d->texts.items = arena_array(r->arena, n * PARTS, sizeof(*d->texts.items));
	d->texts.n = n * PARTS;
	d->out.n = (uint32_t)pg_get_int(result, 0, BREACH_ONE_N);
	d->out.n_versions = n;
	for (size_t i = 0; i < n; i++)
		version_read(r, result, i);
	texts_open(r, versions_opened);
}

void breach_one(struct request *r)
{
	const struct breach_one_in *in = r->in;
	if (slice_has_control(in->reason)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->breach), pg_bytes(in->reason)};
	req_query(r, STMT_BREACH_ONE, params, 3, breach_read);
}

struct writing {
	struct texts texts; /* first */
	struct text_one parts[PARTS];
};

static void breach_sealed(struct request *r)
{
	const struct breach_put_in *in = r->in;
	const struct writing *w = r->state;
	const struct pg_param params[BREACH_PUT_N_IN] = {
		[BREACH_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[BREACH_PUT_IN_BREACH] = pg_id(&in->breach),
		[BREACH_PUT_IN_VERSION] = pg_int(in->version),
		[BREACH_PUT_IN_NOTE] = pg_id(&w->parts[0].note),
		[BREACH_PUT_IN_FOUND_AT] = pg_time(in->found_at),
		[BREACH_PUT_IN_BEGAN_AT] = in->has_began_at ? pg_time(in->began_at) : pg_null(),
		[BREACH_PUT_IN_PERSONS] = pg_int(in->persons),
		[BREACH_PUT_IN_TOLD] = param_word(told_words[in->told]),
		[BREACH_PUT_IN_TOLD_AT] = in->has_told_at ? pg_time(in->told_at) : pg_null(),
		[BREACH_PUT_IN_PEOPLE] = param_word(people_words[in->people]),
		[BREACH_PUT_IN_CLOSED] = pg_bool(in->closed),
		[BREACH_PUT_IN_FACTS] = text_param(w->parts[0].to),
		[BREACH_PUT_IN_EFFECTS] = text_param(w->parts[1].to),
		[BREACH_PUT_IN_REMEDIES] = text_param(w->parts[2].to),
		[BREACH_PUT_IN_WHY] = text_param(w->parts[3].to),
	};
	req_query(r, STMT_BREACH_PUT, params, BREACH_PUT_N_IN, reply_outcome);
}

void breach_put(struct request *r)
{
	const struct breach_put_in *in = r->in;
	const struct slice texts[PARTS] = {in->facts, in->effects, in->remedies, in->why};
	struct writing *w = r->state = ARENA_NEW(r->arena, struct writing);
	struct id note = crypt_random_id();
	for (size_t i = 0; i < PARTS; i++)
		w->parts[i] = (struct text_one){
			.kind = KEYS_WORDS, .of = in->breach, .note = note, .from = texts[i]};
	w->texts.items = w->parts;
	w->texts.n = PARTS;
	texts_seal(r, breach_sealed);
}
