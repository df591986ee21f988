/* Organisations in the hands of the operator, who is no tenant of them: every statement here asks
 * the database for an operator of the present organisation first, and reaches the others only
 * inside it (db/migrations, 0033). */
#include "domain/organisation.h"

#include "base/clock.h"
#include "base/crypt.h"
#include "base/num.h"
#include "domain/cells.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { ENROLMENT_MS = 7 * 86400000, STUCK_MOST = 1500, IMPORT_COLUMNS = 5 };

const char *const organisation_kinds[7] = {
	"city", "employment_area", "wellbeing_county", "school", "association", "state", "other"};

/* --- the list --- */

static void names_read(struct request *r, const struct pg_result *result, size_t i,
	struct wire_organisation_row *row)
{
	row->name = cell_text(r, result, i, ORGANISATION_LIST_NAME);
	row->has_business_id = !pg_is_null(result, i, ORGANISATION_LIST_BUSINESS_ID);
	row->business_id = cell_text(r, result, i, ORGANISATION_LIST_BUSINESS_ID);
	row->has_region = !pg_is_null(result, i, ORGANISATION_LIST_REGION);
	row->region = cell_text(r, result, i, ORGANISATION_LIST_REGION);
	row->has_under = !pg_is_null(result, i, ORGANISATION_LIST_UNDER);
	if (row->has_under)
		row->under = pg_get_id(result, i, ORGANISATION_LIST_UNDER);
	row->has_under_name = row->has_under;
	row->under_name = cell_text(r, result, i, ORGANISATION_LIST_UNDER_NAME);
}

static struct wire_organisation_row row_of(
	struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_organisation_row row = {
		.org = pg_get_id(result, i, ORGANISATION_LIST_ORG),
		.form = CELL_PLACE(
			pg_get_bytes(result, i, ORGANISATION_LIST_KIND), organisation_kinds),
		.has_agreement = !pg_is_null(result, i, ORGANISATION_LIST_AGREEMENT),
		.state = CELL_PLACE(
			pg_get_bytes(result, i, ORGANISATION_LIST_STATE), agreement_states),
		.since = pg_get_time(result, i, ORGANISATION_LIST_SINCE),
		.version = (uint16_t)pg_get_int(result, i, ORGANISATION_LIST_VERSION),
		.has_next = !pg_is_null(result, i, ORGANISATION_LIST_NEXT_STATE),
		.has_next_by = !pg_is_null(result, i, ORGANISATION_LIST_NEXT_BY),
		.next_by = cell_text(r, result, i, ORGANISATION_LIST_NEXT_BY),
		.has_ends_on = !pg_is_null(result, i, ORGANISATION_LIST_ENDS_ON),
		.ends_on = cell_text(r, result, i, ORGANISATION_LIST_ENDS_ON),
	};
	names_read(r, result, i, &row);
	if (row.has_agreement)
		row.agreement = pg_get_id(result, i, ORGANISATION_LIST_AGREEMENT);
	if (row.has_next)
		row.next = CELL_PLACE(
			pg_get_bytes(result, i, ORGANISATION_LIST_NEXT_STATE), agreement_states);
	return row;
}

static void organisations_listed(struct request *r, const struct pg_result *result)
{
	const struct organisation_list_in *in = r->in;
	size_t n = num_min(pg_rows(result), in->limit);
	struct wire_organisation_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = row_of(r, result, i);
	struct organisation_list_out out = {
		.organisations = rows, .n_organisations = n, .more = pg_rows(result) > n};
	req_reply(r, &out);
}

void organisation_list(struct request *r)
{
	const struct organisation_list_in *in = r->in;
	const struct pg_param params[ORGANISATION_LIST_N_IN] = {
		[ORGANISATION_LIST_IN_ACTOR] = pg_id(&r->session.user),
		[ORGANISATION_LIST_IN_WITHIN] = param_maybe_id(in->has_within, &in->within),
		[ORGANISATION_LIST_IN_WORDS] = param_maybe(in->has_words, in->words),
		[ORGANISATION_LIST_IN_STATE] =
			in->has_state ? param_word(agreement_states[in->state]) : pg_null(),
		[ORGANISATION_LIST_IN_KIND] =
			in->has_form ? param_word(organisation_kinds[in->form]) : pg_null(),
		[ORGANISATION_LIST_IN_REGION] = param_maybe(in->has_region, in->region),
		[ORGANISATION_LIST_IN_STUCK] = in->has_stuck ? pg_int(in->stuck) : pg_null(),
		[ORGANISATION_LIST_IN_SKIP] = pg_int(in->skip),
		[ORGANISATION_LIST_IN_LIMIT] = pg_int(in->limit + 1),
	};
	req_query(r, STMT_ORGANISATION_LIST, params, ORGANISATION_LIST_N_IN, organisations_listed);
}

/* --- what is stuck --- */

static void stuck_read(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), STUCK_MOST);
	struct wire_stuck_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_stuck_row){
			.state = CELL_PLACE(pg_get_bytes(result, i, ORGANISATION_STUCK_STATE),
				agreement_states),
			.has_region = !pg_is_null(result, i, ORGANISATION_STUCK_REGION),
			.region = cell_text(r, result, i, ORGANISATION_STUCK_REGION),
			.form = CELL_PLACE(pg_get_bytes(result, i, ORGANISATION_STUCK_KIND),
				organisation_kinds),
			.n = (uint32_t)pg_get_int(result, i, ORGANISATION_STUCK_N),
			.days_median =
				(uint32_t)pg_get_int(result, i, ORGANISATION_STUCK_DAYS_MEDIAN),
			.days_most = (uint32_t)pg_get_int(result, i, ORGANISATION_STUCK_DAYS_MOST),
		};
	struct organisation_stuck_out out = {.rows = rows, .n_rows = n};
	req_reply(r, &out);
}

void organisation_stuck(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_ORGANISATION_STUCK, params, 1, stuck_read);
}

/* --- one, or many --- */

void organisation_put(struct request *r)
{
	const struct organisation_put_in *in = r->in;
	struct organisation_put_out *out = r->state =
		ARENA_NEW(r->arena, struct organisation_put_out);
	out->org = in->has_org ? in->org : crypt_random_id();
	const struct pg_param params[ORGANISATION_PUT_N_IN] = {
		[ORGANISATION_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[ORGANISATION_PUT_IN_ORG] = pg_id(&out->org),
		[ORGANISATION_PUT_IN_NEW] = pg_bool(!in->has_org),
		[ORGANISATION_PUT_IN_NAME] = pg_bytes(in->name),
		[ORGANISATION_PUT_IN_BUSINESS_ID] =
			param_maybe(in->has_business_id, in->business_id),
		[ORGANISATION_PUT_IN_KIND] = param_word(organisation_kinds[in->form]),
		[ORGANISATION_PUT_IN_REGION] = param_maybe(in->has_region, in->region),
		[ORGANISATION_PUT_IN_UNDER] = param_maybe_id(in->has_under, &in->under),
	};
	req_query(r, STMT_ORGANISATION_PUT, params, ORGANISATION_PUT_N_IN, reply_state);
}

static void organisations_imported(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct slice *outcomes = arena_array(r->arena, n + 1, sizeof(*outcomes));
	for (size_t i = 0; i < n; i++)
		outcomes[i] = cell_text(r, result, i, ORGANISATION_IMPORT_OUTCOME);
	struct organisation_import_out out = {.outcomes = outcomes, .n_outcomes = n};
	req_reply(r, &out);
}

void organisation_import(struct request *r)
{
	const struct organisation_import_in *in = r->in;
	size_t n = in->n_rows;
	struct pg_param *cells = arena_array(r->arena, IMPORT_COLUMNS * n, sizeof(*cells));
	for (size_t i = 0; i < n; i++) {
		const struct wire_import_row *row = &in->rows[i];
		const struct slice columns[IMPORT_COLUMNS] = {
			row->name, row->business_id, row->form, row->region, row->under};
		for (size_t k = 0; k < IMPORT_COLUMNS; k++)
			cells[k * n + i] = pg_bytes(columns[k]);
	}
	const struct pg_param params[ORGANISATION_IMPORT_N_IN] = {
		[ORGANISATION_IMPORT_IN_ACTOR] = pg_id(&r->session.user),
		[ORGANISATION_IMPORT_IN_NAMES] = pg_array(cells, n),
		[ORGANISATION_IMPORT_IN_BUSINESS_IDS] = pg_array(cells + n, n),
		[ORGANISATION_IMPORT_IN_KINDS] = pg_array(cells + 2 * n, n),
		[ORGANISATION_IMPORT_IN_REGIONS] = pg_array(cells + 3 * n, n),
		[ORGANISATION_IMPORT_IN_UNDERS] = pg_array(cells + 4 * n, n),
		[ORGANISATION_IMPORT_IN_DRY] = pg_bool(in->dry),
	};
	req_query(r, STMT_ORGANISATION_IMPORT, params, ORGANISATION_IMPORT_N_IN,
		organisations_imported);
}

/* --- the first people of one --- */

struct first_admin {
	struct id account;
	struct organisation_admin_out out;
};

static void admin_made(struct request *r, const struct pg_result *result)
{
	const struct first_admin *first = r->state;
	(void)result;
	req_reply(r, &first->out);
}

static void admin_named(struct request *r, const struct keys_answer *answer)
{
	const struct organisation_admin_in *in = r->in;
	const struct first_admin *first = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	struct hash hash = invite_token_hash(id_slice(&first->out.token));
	const struct pg_param params[ORGANISATION_ADMIN_N_IN] = {
		[ORGANISATION_ADMIN_IN_ACTOR] = pg_id(&r->session.user),
		[ORGANISATION_ADMIN_IN_ORG] = pg_id(&in->org),
		[ORGANISATION_ADMIN_IN_ACCOUNT] = pg_id(&first->account),
		[ORGANISATION_ADMIN_IN_NAME] = pg_bytes(answer->bytes),
		[ORGANISATION_ADMIN_IN_TOKEN_HASH] = pg_hash(&hash),
		[ORGANISATION_ADMIN_IN_EXPIRES_AT] = pg_time(first->out.expires_at),
	};
	req_query(r, STMT_ORGANISATION_ADMIN, params, ORGANISATION_ADMIN_N_IN, admin_made);
}

void organisation_admin(struct request *r)
{
	const struct organisation_admin_in *in = r->in;
	struct first_admin *first = r->state = ARENA_NEW(r->arena, struct first_admin);
	first->account = crypt_random_id();
	first->out.token = crypt_random_id();
	first->out.expires_at = clock_wall_ms() + ENROLMENT_MS;
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {.kind = KEYS_GIVEN_NAME,
			.context = {in->org, first->account},
			.n_context = 2,
			.bytes = in->name}};
	req_keys(r, &ask, admin_named);
}
