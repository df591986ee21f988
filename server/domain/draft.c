/* Sealed drafts: compare and set, one for what is written to a room and one for each assignment
 * that is being answered. A slot is the msg_id of an assignment, so that nobody can make slots at
 * will. */
#include "core/state.h"
#include "domain/outcome.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { MOST_SLOTS = 64 };

static const struct id no_slot;

static void draft_read(struct request *r, const struct pg_result *result)
{
	struct draft_get_out out = {.version = 0};
	if (pg_rows(result) > 0) {
		out.version = pg_get_int(result, 0, DRAFT_GET_VERSION);
		out.has_draft = !pg_is_null(result, 0, DRAFT_GET_DRAFT);
	}
	if (out.has_draft)
		out.draft = pg_get_bytes(result, 0, DRAFT_GET_DRAFT);
	req_reply(r, &out);
}

void draft_get(struct request *r)
{
	const struct draft_get_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user),
		pg_id(in->has_slot ? &in->slot : &no_slot)};
	req_query(r, STMT_DRAFT_GET, params, 3, draft_read);
}

static void draft_stored(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, DRAFT_PUT_OUTCOME));
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	struct draft_put_out out = {.version = pg_get_int(result, 0, DRAFT_PUT_VERSION)};
	req_reply(r, &out);
}

void draft_put(struct request *r)
{
	const struct draft_put_in *in = r->in;
	if (in->has_draft && !sealed_size_is_padded(in->draft.n)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[DRAFT_PUT_N_IN] = {
		[DRAFT_PUT_IN_ROOM] = pg_id(&in->room),
		[DRAFT_PUT_IN_ACCOUNT] = pg_id(&r->session.user),
		[DRAFT_PUT_IN_SLOT] = pg_id(in->has_slot ? &in->slot : &no_slot),
		[DRAFT_PUT_IN_EXPECTED] = pg_int(in->expected),
		[DRAFT_PUT_IN_DRAFT] = in->has_draft ? pg_bytes(in->draft) : pg_null(),
		[DRAFT_PUT_IN_MOST] = pg_int(MOST_SLOTS),
	};
	req_query(r, STMT_DRAFT_PUT, params, DRAFT_PUT_N_IN, draft_stored);
}

static void drafts_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_draft_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_draft_row){
			.slot = pg_get_id(result, i, DRAFT_LIST_SLOT),
			.version = pg_get_int(result, i, DRAFT_LIST_VERSION),
		};
	struct draft_list_out out = {.drafts = rows, .n_drafts = n};
	req_reply(r, &out);
}

void draft_list(struct request *r)
{
	const struct draft_list_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->room), pg_id(&r->session.user), pg_int(MOST_SLOTS)};
	req_query(r, STMT_DRAFT_LIST, params, 3, drafts_read);
}
