/* Agreements read: how far each is, its versions and their terms, who signed, what was done. An
 * operator names an organisation, everybody else asks of their own; the database says who may. */
#include "domain/cells.h"
#include "sql_gen.h"

static const char *const ends[] = {"return", "delete"};
static const char *const standings[] = {"draft", "offered", "agreed", "holds", "past"};
static const char *const parties[] = {"controller", "processor"};
static const char *const wishes[] = {"ending", "live"};
static const char *const sides[] = {"operator", "admin"};
static const char *const bases[] = {"office", "rules", "register", "proxy", "decision"};

static uint8_t state_of(const struct pg_result *result, size_t i, unsigned column)
{
	return CELL_PLACE(pg_get_bytes(result, i, column), agreement_states);
}

/* --- the list --- */

static void days_read(
	struct request *r, const struct pg_result *result, size_t i, struct wire_agreement_row *row)
{
	row->has_next = !pg_is_null(result, i, AGREEMENT_LIST_NEXT_STATE);
	if (row->has_next)
		row->next = state_of(result, i, AGREEMENT_LIST_NEXT_STATE);
	row->has_next_by = !pg_is_null(result, i, AGREEMENT_LIST_NEXT_BY);
	row->next_by = cell_text(r, result, i, AGREEMENT_LIST_NEXT_BY);
	row->has_ends_on = !pg_is_null(result, i, AGREEMENT_LIST_ENDS_ON);
	row->ends_on = cell_text(r, result, i, AGREEMENT_LIST_ENDS_ON);
	row->has_wish = row->has_wish_side = !pg_is_null(result, i, AGREEMENT_LIST_WISH);
	if (row->has_wish) {
		row->wish = CELL_PLACE(pg_get_bytes(result, i, AGREEMENT_LIST_WISH), wishes);
		row->wish_side =
			CELL_PLACE(pg_get_bytes(result, i, AGREEMENT_LIST_WISH_SIDE), sides);
	}
	row->has_wish_ends_on = !pg_is_null(result, i, AGREEMENT_LIST_WISH_ENDS_ON);
	row->wish_ends_on = cell_text(r, result, i, AGREEMENT_LIST_WISH_ENDS_ON);
	row->has_ended_at = !pg_is_null(result, i, AGREEMENT_LIST_ENDED_AT);
	if (row->has_ended_at)
		row->ended_at = pg_get_time(result, i, AGREEMENT_LIST_ENDED_AT);
}

static struct wire_agreement_row row_of(struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_agreement_row row = {
		.agreement = pg_get_id(result, i, AGREEMENT_LIST_AGREEMENT),
		.state = state_of(result, i, AGREEMENT_LIST_STATE),
		.since = pg_get_time(result, i, AGREEMENT_LIST_SINCE),
		.version = (uint16_t)pg_get_int(result, i, AGREEMENT_LIST_VERSION),
		.controller = cell_text(r, result, i, AGREEMENT_LIST_CONTROLLER),
		.controller_business_id =
			cell_text(r, result, i, AGREEMENT_LIST_CONTROLLER_BUSINESS_ID),
		.processor = cell_text(r, result, i, AGREEMENT_LIST_PROCESSOR),
		.has_processor_business_id =
			!pg_is_null(result, i, AGREEMENT_LIST_PROCESSOR_BUSINESS_ID),
		.processor_business_id =
			cell_text(r, result, i, AGREEMENT_LIST_PROCESSOR_BUSINESS_ID),
		.at_end = CELL_PLACE(pg_get_bytes(result, i, AGREEMENT_LIST_AT_END), ends),
		.training_required = pg_get_bool(result, i, AGREEMENT_LIST_TRAINING_REQUIRED),
		.allows = cell_texts(r, result, i, AGREEMENT_LIST_ALLOWS),
		.n_allows = pg_array_count(result, i, AGREEMENT_LIST_ALLOWS),
		.privacy = cell_languages(r, result, i, AGREEMENT_LIST_PRIVACY_FI),
		.n_privacy = 3,
		.promise = cell_languages(r, result, i, AGREEMENT_LIST_PROMISE_FI),
		.n_promise = 3,
	};
	days_read(r, result, i, &row);
	return row;
}

static void agreements_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_agreement_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = row_of(r, result, i);
	struct agreement_list_out out = {.agreements = rows, .n_agreements = n};
	req_reply(r, &out);
}

void agreement_list(struct request *r)
{
	const struct agreement_list_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), param_maybe_id(in->has_org, &in->org)};
	req_query(r, STMT_AGREEMENT_LIST, params, 2, agreements_listed);
}

/* --- versions --- */

static struct wire_agreement_edition edition_of(
	struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_agreement_edition e = {
		.version = (uint16_t)pg_get_int(result, i, AGREEMENT_VERSIONS_VERSION),
		.standing =
			CELL_PLACE(pg_get_bytes(result, i, AGREEMENT_VERSIONS_STANDING), standings),
		.language = CELL_PLACE(
			pg_get_bytes(result, i, AGREEMENT_VERSIONS_LANGUAGE), languages_words),
		.holds_from = cell_text(r, result, i, AGREEMENT_VERSIONS_HOLDS_FROM),
		.has_processor = !pg_is_null(result, i, AGREEMENT_VERSIONS_PROCESSOR),
		.processor = cell_text(r, result, i, AGREEMENT_VERSIONS_PROCESSOR),
		.named = cell_text(r, result, i, AGREEMENT_VERSIONS_NAMED),
		.has_named_business_id =
			!pg_is_null(result, i, AGREEMENT_VERSIONS_NAMED_BUSINESS_ID),
		.named_business_id = cell_text(r, result, i, AGREEMENT_VERSIONS_NAMED_BUSINESS_ID),
		.made_at = pg_get_time(result, i, AGREEMENT_VERSIONS_MADE_AT),
		.has_document = !pg_is_null(result, i, AGREEMENT_VERSIONS_DOCUMENT),
		.has_signed_sum = !pg_is_null(result, i, AGREEMENT_VERSIONS_SIGNED),
		.has_signed_on = !pg_is_null(result, i, AGREEMENT_VERSIONS_SIGNED_ON),
		.signed_on = cell_text(r, result, i, AGREEMENT_VERSIONS_SIGNED_ON),
		.has_accepted_at = !pg_is_null(result, i, AGREEMENT_VERSIONS_ACCEPTED_AT),
	};
	if (e.has_document)
		e.document = pg_get_hash(result, i, AGREEMENT_VERSIONS_DOCUMENT);
	if (e.has_signed_sum)
		e.signed_sum = pg_get_hash(result, i, AGREEMENT_VERSIONS_SIGNED);
	if (e.has_accepted_at)
		e.accepted_at = pg_get_time(result, i, AGREEMENT_VERSIONS_ACCEPTED_AT);
	return e;
}

static void versions_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_agreement_edition *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = edition_of(r, result, i);
	struct agreement_versions_out out = {.versions = rows, .n_versions = n};
	req_reply(r, &out);
}

void agreement_versions(struct request *r)
{
	const struct agreement_versions_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&in->agreement)};
	req_query(r, STMT_AGREEMENT_VERSIONS, params, 3, versions_read);
}

static void terms_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct agreement_terms_out out = {
		.language = CELL_PLACE(
			pg_get_bytes(result, 0, AGREEMENT_TERMS_LANGUAGE), languages_words),
		.terms = pg_get_bytes(result, 0, AGREEMENT_TERMS_TERMS),
		.holds_from = pg_get_bytes(result, 0, AGREEMENT_TERMS_HOLDS_FROM),
	};
	req_reply(r, &out);
}

void agreement_terms(struct request *r)
{
	const struct agreement_terms_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&in->agreement), pg_int(in->version)};
	req_query(r, STMT_AGREEMENT_TERMS, params, 4, terms_read);
}

/* --- who signed; what was done --- */

static void signatories_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_signed_by *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_signed_by){
			.version = (uint16_t)pg_get_int(result, i, AGREEMENT_SIGNATORIES_VERSION),
			.who = {.party = CELL_PLACE(
					pg_get_bytes(result, i, AGREEMENT_SIGNATORIES_PARTY),
					parties),
				.name = cell_text(r, result, i, AGREEMENT_SIGNATORIES_NAME),
				.title = cell_text(r, result, i, AGREEMENT_SIGNATORIES_TITLE),
				.basis = CELL_PLACE(
					pg_get_bytes(result, i, AGREEMENT_SIGNATORIES_BASIS),
					bases),
				.basis_text =
					cell_text(r, result, i, AGREEMENT_SIGNATORIES_BASIS_TEXT)}};
	struct agreement_signatories_out out = {.signatories = rows, .n_signatories = n};
	req_reply(r, &out);
}

void agreement_signatories(struct request *r)
{
	const struct agreement_signatories_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&in->agreement)};
	req_query(r, STMT_AGREEMENT_SIGNATORIES, params, 3, signatories_read);
}

static uint8_t by_whom(const struct pg_result *result, size_t i)
{
	if (pg_is_null(result, i, AGREEMENT_PAST_ACTOR))
		return WIRE_AGREEMENT_EVENT_BY_SERVICE;
	return pg_get_bool(result, i, AGREEMENT_PAST_OWN) ? WIRE_AGREEMENT_EVENT_BY_ORGANISATION
							  : WIRE_AGREEMENT_EVENT_BY_OPERATOR;
}

static void past_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_agreement_event *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_agreement_event){
			.at = pg_get_time(result, i, AGREEMENT_PAST_AT),
			.by = by_whom(result, i),
			.has_from = !pg_is_null(result, i, AGREEMENT_PAST_FROM_STATE),
			.to = state_of(result, i, AGREEMENT_PAST_TO_STATE),
			.note = cell_text(r, result, i, AGREEMENT_PAST_NOTE),
			.has_next = !pg_is_null(result, i, AGREEMENT_PAST_NEXT_STATE),
			.has_next_by = !pg_is_null(result, i, AGREEMENT_PAST_NEXT_BY),
			.next_by = cell_text(r, result, i, AGREEMENT_PAST_NEXT_BY),
		};
		if (rows[i].has_from)
			rows[i].from = state_of(result, i, AGREEMENT_PAST_FROM_STATE);
		if (rows[i].has_next)
			rows[i].next = state_of(result, i, AGREEMENT_PAST_NEXT_STATE);
	}
	struct agreement_past_out out = {.events = rows, .n_events = n};
	req_reply(r, &out);
}

void agreement_past(struct request *r)
{
	const struct agreement_past_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&in->agreement)};
	req_query(r, STMT_AGREEMENT_PAST, params, 3, past_read);
}
