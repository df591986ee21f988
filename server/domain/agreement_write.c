/* Agreements on their way: made, drafted, offered, signed, accepted, and taken from state to state,
 * alone or many at once. What a step needs and who takes it, one table of the database says. */
#include "base/cleanup.h"
#include "base/crypt.h"
#include "core/decode.h"
#include "domain/cells.h"
#include "sql_gen.h"

static const char *const parties[] = {"controller", "processor"};
static const char *const bases[] = {"office", "rules", "register", "proxy", "decision"};

enum { SIGNATORY_COLUMNS = 5 };

/* What the terms must hold, the database says; here: that they are one JSON object. */
static bool terms_are_json(struct request *r, struct slice terms)
{
	AUTO(decoded) struct decoded *d = NULL;
	if (decode_open(terms, &d) == ERR_OK)
		return true;
	struct detail detail = {.name = "field", .kind = DETAIL_WORD, .word = "terms"};
	req_fail_detail(r, ERR_BAD_FIELD, &detail);
	return false;
}

void agreement_make(struct request *r)
{
	const struct agreement_make_in *in = r->in;
	struct agreement_make_out *out = r->state = ARENA_NEW(r->arena, struct agreement_make_out);
	out->agreement = crypt_random_id();
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->org),
		pg_id(&out->agreement), pg_id(&in->template), pg_int(in->version),
		pg_bytes(in->begins)};
	req_query(r, STMT_AGREEMENT_MAKE, params, 6, reply_state);
}

void agreement_draft(struct request *r)
{
	const struct agreement_draft_in *in = r->in;
	if (!terms_are_json(r, in->terms))
		return;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->org),
		pg_id(&in->agreement), pg_int(in->version),
		param_word(languages_words[in->language]), pg_bytes(in->terms),
		pg_bytes(in->holds_from)};
	req_query(r, STMT_AGREEMENT_DRAFT, params, 7, reply_done);
}

void agreement_offer(struct request *r)
{
	const struct agreement_offer_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->org),
		pg_id(&in->agreement), pg_int(in->version), pg_hash(&in->document)};
	req_query(r, STMT_AGREEMENT_OFFER, params, 5, reply_done);
}

void agreement_sign(struct request *r)
{
	const struct agreement_sign_in *in = r->in;
	size_t n = in->n_signatories;
	struct pg_param *cells = arena_array(r->arena, SIGNATORY_COLUMNS * n, sizeof(*cells));
	for (size_t i = 0; i < n; i++) {
		const struct wire_signatory *s = &in->signatories[i];
		cells[i] = param_word(parties[s->party]);
		cells[n + i] = pg_bytes(s->name);
		cells[2 * n + i] = pg_bytes(s->title);
		cells[3 * n + i] = param_word(bases[s->basis]);
		cells[4 * n + i] = pg_bytes(s->basis_text);
	}
	const struct pg_param params[AGREEMENT_SIGN_N_IN] = {
		[AGREEMENT_SIGN_IN_ACTOR] = pg_id(&r->session.user),
		[AGREEMENT_SIGN_IN_ORG] = pg_id(&in->org),
		[AGREEMENT_SIGN_IN_AGREEMENT] = pg_id(&in->agreement),
		[AGREEMENT_SIGN_IN_VERSION] = pg_int(in->version),
		[AGREEMENT_SIGN_IN_SIGNED] = pg_hash(&in->signed_sum),
		[AGREEMENT_SIGN_IN_SIGNED_ON] = pg_bytes(in->signed_on),
		[AGREEMENT_SIGN_IN_PARTIES] = pg_array(cells, n),
		[AGREEMENT_SIGN_IN_NAMES] = pg_array(cells + n, n),
		[AGREEMENT_SIGN_IN_TITLES] = pg_array(cells + 2 * n, n),
		[AGREEMENT_SIGN_IN_BASES] = pg_array(cells + 3 * n, n),
		[AGREEMENT_SIGN_IN_BASIS_TEXTS] = pg_array(cells + 4 * n, n),
	};
	req_query(r, STMT_AGREEMENT_SIGN, params, AGREEMENT_SIGN_N_IN, reply_done);
}

void agreement_accept(struct request *r)
{
	const struct agreement_accept_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->agreement),
		pg_int(in->version), pg_hash(&in->document)};
	req_query(r, STMT_AGREEMENT_ACCEPT, params, 4, reply_done);
}

/* --- steps --- */

static void step_taken(struct request *r, const struct pg_result *result)
{
	struct agreement_take_out out = {
		.outcome = pg_get_bytes(result, 0, AGREEMENT_TAKE_OUTCOME)};
	req_reply(r, &out);
}

void agreement_take(struct request *r)
{
	const struct agreement_take_in *in = r->in;
	const struct pg_param params[AGREEMENT_TAKE_N_IN] = {
		[AGREEMENT_TAKE_IN_ACTOR] = pg_id(&r->session.user),
		[AGREEMENT_TAKE_IN_ORG] = param_maybe_id(in->has_org, &in->org),
		[AGREEMENT_TAKE_IN_AGREEMENT] = pg_id(&in->agreement),
		[AGREEMENT_TAKE_IN_TO] = param_word(agreement_states[in->to]),
		[AGREEMENT_TAKE_IN_NOTE] = pg_bytes(in->note),
		[AGREEMENT_TAKE_IN_NEXT_BY] = param_maybe(in->has_next_by, in->next_by),
		[AGREEMENT_TAKE_IN_ENDS_ON] = param_maybe(in->has_ends_on, in->ends_on),
		[AGREEMENT_TAKE_IN_DRY] = pg_bool(in->dry),
	};
	req_query(r, STMT_AGREEMENT_TAKE, params, AGREEMENT_TAKE_N_IN, step_taken);
}

static void steps_taken(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_step_outcome *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_step_outcome){
			.org = pg_get_id(result, i, AGREEMENT_TAKE_MANY_ORG),
			.outcome = cell_text(r, result, i, AGREEMENT_TAKE_MANY_OUTCOME),
		};
	struct agreement_take_many_out out = {.outcomes = rows, .n_outcomes = n};
	req_reply(r, &out);
}

void agreement_take_many(struct request *r)
{
	const struct agreement_take_many_in *in = r->in;
	struct pg_param *orgs = arena_array(r->arena, in->n_orgs, sizeof(*orgs));
	for (size_t i = 0; i < in->n_orgs; i++)
		orgs[i] = pg_id(&in->orgs[i]);
	const struct pg_param params[AGREEMENT_TAKE_MANY_N_IN] = {
		[AGREEMENT_TAKE_MANY_IN_ACTOR] = pg_id(&r->session.user),
		[AGREEMENT_TAKE_MANY_IN_ORGS] = pg_array(orgs, in->n_orgs),
		[AGREEMENT_TAKE_MANY_IN_TO] = param_word(agreement_states[in->to]),
		[AGREEMENT_TAKE_MANY_IN_NOTE] = pg_bytes(in->note),
		[AGREEMENT_TAKE_MANY_IN_NEXT_BY] = param_maybe(in->has_next_by, in->next_by),
		[AGREEMENT_TAKE_MANY_IN_ENDS_ON] = param_maybe(in->has_ends_on, in->ends_on),
		[AGREEMENT_TAKE_MANY_IN_DRY] = pg_bool(in->dry),
	};
	req_query(r, STMT_AGREEMENT_TAKE_MANY, params, AGREEMENT_TAKE_MANY_N_IN, steps_taken);
}

/* --- what rooms show; templates --- */

void agreement_texts(struct request *r)
{
	const struct agreement_texts_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->agreement),
		param_texts(r, in->privacy, in->n_privacy),
		param_texts(r, in->promise, in->n_promise)};
	req_query(r, STMT_AGREEMENT_TEXTS, params, 4, reply_done);
}

void agreement_template_put(struct request *r)
{
	const struct agreement_template_put_in *in = r->in;
	if (!terms_are_json(r, in->terms))
		return;
	struct agreement_template_put_out *out = r->state =
		ARENA_NEW(r->arena, struct agreement_template_put_out);
	out->template = in->has_template ? in->template : crypt_random_id();
	const struct pg_param params[AGREEMENT_TEMPLATE_PUT_N_IN] = {
		[AGREEMENT_TEMPLATE_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[AGREEMENT_TEMPLATE_PUT_IN_TEMPLATE] = pg_id(&out->template),
		[AGREEMENT_TEMPLATE_PUT_IN_VERSION] = pg_int(in->version),
		[AGREEMENT_TEMPLATE_PUT_IN_LANGUAGE] = param_word(languages_words[in->language]),
		[AGREEMENT_TEMPLATE_PUT_IN_NAME] = pg_bytes(in->name),
		[AGREEMENT_TEMPLATE_PUT_IN_TERMS] = pg_bytes(in->terms),
		[AGREEMENT_TEMPLATE_PUT_IN_PRIVACY] = param_texts(r, in->privacy, in->n_privacy),
		[AGREEMENT_TEMPLATE_PUT_IN_PROMISE] = param_texts(r, in->promise, in->n_promise),
		[AGREEMENT_TEMPLATE_PUT_IN_PUBLISH] = pg_bool(in->publish),
	};
	req_query(r, STMT_AGREEMENT_TEMPLATE_PUT, params, AGREEMENT_TEMPLATE_PUT_N_IN, reply_state);
}
