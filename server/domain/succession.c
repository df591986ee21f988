/* Another processor in the place of the present one: what would go over, the beginning, and how far
 * it is. The jobs process takes the agreements one after another. */
#include "base/crypt.h"
#include "base/num.h"
#include "domain/cells.h"
#include "sql_gen.h"

enum { PAGE = 200 };

static void agreements_listed(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), PAGE);
	struct wire_succession_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_succession_row){
			.org = pg_get_id(result, i, SUCCESSION_LIST_ORG),
			.name = cell_text(r, result, i, SUCCESSION_LIST_NAME),
			.state = CELL_PLACE(
				pg_get_bytes(result, i, SUCCESSION_LIST_STATE), agreement_states),
			.processor = cell_text(r, result, i, SUCCESSION_LIST_PROCESSOR),
			.rooms = pg_get_int(result, i, SUCCESSION_LIST_ROOMS),
			.done = !pg_is_null(result, i, SUCCESSION_LIST_DONE_AT),
		};
	struct succession_list_out out = {
		.agreements = rows, .n_agreements = n, .more = pg_rows(result) > n};
	req_reply(r, &out);
}

void succession_list(struct request *r)
{
	const struct succession_list_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_succession, &in->succession), pg_int(in->skip),
		pg_int(PAGE + 1)};
	req_query(r, STMT_SUCCESSION_LIST, params, 4, agreements_listed);
}

static void succession_begun(struct request *r, const struct pg_result *result)
{
	struct succession_begin_out out = {
		.agreements = pg_get_int(result, 0, SUCCESSION_BEGIN_ITEMS)};
	req_reply(r, &out);
}

void succession_begin(struct request *r)
{
	const struct succession_begin_in *in = r->in;
	struct id succession = crypt_random_id();
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&succession),
		pg_bytes(in->to_name), pg_bytes(in->to_business_id), pg_bytes(in->holds_from),
		pg_bytes(in->note)};
	req_query(r, STMT_SUCCESSION_BEGIN, params, 6, succession_begun);
}

static void successions_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_succession_told *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_succession_told){
			.succession = pg_get_id(result, i, SUCCESSION_GET_SUCCESSION),
			.to_name = cell_text(r, result, i, SUCCESSION_GET_TO_NAME),
			.to_business_id = cell_text(r, result, i, SUCCESSION_GET_TO_BUSINESS_ID),
			.holds_from = cell_text(r, result, i, SUCCESSION_GET_HOLDS_FROM),
			.note = cell_text(r, result, i, SUCCESSION_GET_NOTE),
			.made_at = pg_get_time(result, i, SUCCESSION_GET_MADE_AT),
			.has_done_at = !pg_is_null(result, i, SUCCESSION_GET_DONE_AT),
			.agreements = pg_get_int(result, i, SUCCESSION_GET_ITEMS),
			.done = pg_get_int(result, i, SUCCESSION_GET_DONE),
		};
		if (rows[i].has_done_at)
			rows[i].done_at = pg_get_time(result, i, SUCCESSION_GET_DONE_AT);
	}
	struct succession_get_out out = {.successions = rows, .n_successions = n};
	req_reply(r, &out);
}

void succession_get(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_SUCCESSION_GET, params, 1, successions_read);
}
