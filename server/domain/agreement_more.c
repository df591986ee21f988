/* What agreements are made from, and who of the staff has had the training that they ask for. */
#include "domain/cells.h"
#include "sql_gen.h"

static void templates_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_agreement_template *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_agreement_template){
			.template = pg_get_id(result, i, AGREEMENT_TEMPLATE_LIST_TEMPLATE),
			.version = (uint16_t)pg_get_int(result, i, AGREEMENT_TEMPLATE_LIST_VERSION),
			.language = CELL_PLACE(
				pg_get_bytes(result, i, AGREEMENT_TEMPLATE_LIST_LANGUAGE),
				languages_words),
			.name = cell_text(r, result, i, AGREEMENT_TEMPLATE_LIST_NAME),
			.has_published_at =
				!pg_is_null(result, i, AGREEMENT_TEMPLATE_LIST_PUBLISHED_AT),
		};
		if (rows[i].has_published_at)
			rows[i].published_at =
				pg_get_time(result, i, AGREEMENT_TEMPLATE_LIST_PUBLISHED_AT);
	}
	struct agreement_template_list_out out = {.templates = rows, .n_templates = n};
	req_reply(r, &out);
}

void agreement_template_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_AGREEMENT_TEMPLATE_LIST, params, 1, templates_listed);
}

static void template_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct agreement_template_get_out out = {
		.language = CELL_PLACE(
			pg_get_bytes(result, 0, AGREEMENT_TEMPLATE_GET_LANGUAGE), languages_words),
		.name = pg_get_bytes(result, 0, AGREEMENT_TEMPLATE_GET_NAME),
		.terms = pg_get_bytes(result, 0, AGREEMENT_TEMPLATE_GET_TERMS),
		.privacy = cell_languages(r, result, 0, AGREEMENT_TEMPLATE_GET_PRIVACY_FI),
		.n_privacy = 3,
		.promise = cell_languages(r, result, 0, AGREEMENT_TEMPLATE_GET_PROMISE_FI),
		.n_promise = 3,
		.has_published_at = !pg_is_null(result, 0, AGREEMENT_TEMPLATE_GET_PUBLISHED_AT),
	};
	if (out.has_published_at)
		out.published_at = pg_get_time(result, 0, AGREEMENT_TEMPLATE_GET_PUBLISHED_AT);
	req_reply(r, &out);
}

void agreement_template_get(struct request *r)
{
	const struct agreement_template_get_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->template), pg_int(in->version)};
	req_query(r, STMT_AGREEMENT_TEMPLATE_GET, params, 3, template_read);
}

/* --- training --- */

static void trainings_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_training_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_training_row){
			.account = pg_get_id(result, i, TRAINING_LIST_ACCOUNT),
			.passed_on = cell_text(r, result, i, TRAINING_LIST_PASSED_ON),
		};
	struct training_list_out out = {.rows = rows, .n_rows = n};
	req_reply(r, &out);
}

void training_list(struct request *r)
{
	req_query(r, STMT_TRAINING_LIST, NULL, 0, trainings_listed);
}

static void trainings_put(struct request *r, const struct pg_result *result)
{
	struct training_put_out out = {.n = (uint16_t)pg_get_int(result, 0, TRAINING_PUT_N)};
	req_reply(r, &out);
}

void training_put(struct request *r)
{
	const struct training_put_in *in = r->in;
	struct pg_param *cells = arena_array(r->arena, 2 * in->n_rows, sizeof(*cells));
	for (size_t i = 0; i < in->n_rows; i++) {
		cells[i] = pg_id(&in->rows[i].account);
		cells[in->n_rows + i] = pg_bytes(in->rows[i].passed_on);
	}
	const struct pg_param params[] = {pg_id(&r->session.user), pg_array(cells, in->n_rows),
		pg_array(cells + in->n_rows, in->n_rows)};
	req_query(r, STMT_TRAINING_PUT, params, 3, trainings_put);
}
