/* What staff may know about identified people: the name under which the client of a room was
 * identified. */
#include "core/state.h"
#include "sql_gen.h"

/* --- the name of an invited person --- */

struct naming {
	struct slice sealed[2]; /* given, family */
	struct slice plain[2];
	size_t at;
	struct identified_name_out out;
};

static void open_next(struct request *r);

static void name_opened(struct request *r, const struct keys_answer *answer)
{
	struct naming *n = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	n->plain[n->at++] = arena_copy(r->arena, answer->bytes);
	open_next(r);
}

static void name_audited(struct request *r, const struct pg_result *result)
{
	(void)result;
	struct naming *n = r->state;
	n->out.given = n->plain[0];
	n->out.family = n->plain[1];
	req_reply(r, &n->out);
}

/* It is told only when it is recorded who asked, and why. */
static void open_next(struct request *r)
{
	static const enum keys_kind kinds[] = {KEYS_GIVEN_NAME, KEYS_FAMILY_NAME};
	const struct identified_name_in *in = r->in;
	struct naming *n = r->state;
	while (n->at < 2 && n->sealed[n->at].n == 0)
		n->at++;
	if (n->at < 2) {
		struct keys_ask ask = {.type = KEYS_FIELD_OPEN,
			.field = {.kind = kinds[n->at],
				.context = {r->session.org},
				.n_context = 1,
				.bytes = n->sealed[n->at]}};
		req_keys(r, &ask, name_opened);
		return;
	}
	const struct pg_param params[] = {pg_id(&r->session.user),
		pg_bytes(SLICE_LIT("identified_name")), pg_id(&in->user), pg_bytes(in->reason)};
	req_query(r, STMT_AUDIT_REASON, params, 4, name_audited);
}

static void name_found(struct request *r, const struct pg_result *result)
{
	static const unsigned columns[] = {IDENTIFIED_NAME_GIVEN_NAME, IDENTIFIED_NAME_FAMILY_NAME};
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct naming *n = r->state = ARENA_NEW(r->arena, struct naming);
	for (size_t i = 0; i < 2; i++)
		if (!pg_is_null(result, 0, columns[i]))
			n->sealed[i] = arena_copy(r->arena, pg_get_bytes(result, 0, columns[i]));
	n->out.provider = arena_copy(r->arena, pg_get_bytes(result, 0, IDENTIFIED_NAME_PROVIDER));
	n->out.identified_at = pg_get_time(result, 0, IDENTIFIED_NAME_IDENTIFIED_AT);
	open_next(r);
}

void identified_name(struct request *r)
{
	const struct identified_name_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&in->user)};
	req_query(r, STMT_IDENTIFIED_NAME, params, 2, name_found);
}
