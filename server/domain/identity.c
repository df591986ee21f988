/* A person's own things, and identity chains. An entry is judged by the rules of server/seal upon
 * the whole chain, on a thread, and written only if the chain has not moved meanwhile: the
 * statement compares the head. The same entry twice is the same answer twice. */
#include "base/clock.h"
#include "core/gate.h"
#include "core/state.h"
#include "domain/chains.h"
#include "domain/outcome.h"
#include "seal/sealed.h"
#include "seal/unlocker.h"
#include "sql_gen.h"

enum { ENTRIES_MAX = 8, UNLOCKERS_MAX = 16, CHAINS_MAX = 64 };

static void ask_chains(struct request *r, const struct id *subjects, size_t n, result_fn *then)
{
	struct pg_param items[CHAINS_MAX + 2];
	for (size_t i = 0; i < n; i++)
		items[i] = pg_id(&subjects[i]);
	const struct pg_param params[] = {pg_array(items, n)};
	req_query(r, STMT_CHAIN_GET, params, 1, then);
}

static struct wire_chain wire_chain(const struct chains *chains, const struct id *subject)
{
	struct chain chain = chains_find(chains, subject);
	return (struct wire_chain){
		.subject = *subject, .entries = chain.entries, .n_entries = chain.n};
}

/* --- reading --- */

static void self_chains_read(struct request *r, const struct pg_result *result)
{
	struct self_get_out *out = r->state;
	struct chains chains = chains_copy(r->arena, result);
	out->chain = wire_chain(&chains, &r->session.user);
	out->organisation = wire_chain(&chains, &r->session.org);
	req_reply(r, out);
}

static void self_keys_read(
	struct arena *arena, const struct pg_result *result, struct self_get_out *out)
{
	size_t n = pg_array_count(result, 0, SELF_GET_UNLOCKERS);
	struct slice *unlockers = arena_array(arena, n + 1, sizeof(*unlockers));
	for (size_t i = 0; i < n; i++)
		unlockers[i] = arena_copy(arena, pg_array_item(result, 0, SELF_GET_UNLOCKERS, i));
	out->unlockers = unlockers;
	out->n_unlockers = n;
	out->has_list_mac = out->has_keys = true;
	out->list_mac = pg_get_hash(result, 0, SELF_GET_LIST_MAC);
	out->keys = arena_copy(arena, pg_get_bytes(result, 0, SELF_GET_KEYS));
}

static void self_read(struct request *r, const struct pg_result *result)
{
	struct self_get_out *out = ARENA_NEW(r->arena, struct self_get_out);
	out->version = pg_get_int(result, 0, SELF_GET_VERSION);
	if (out->version > 0)
		self_keys_read(r->arena, result, out);
	out->state_version = pg_get_int(result, 0, SELF_GET_STATE_VERSION);
	out->has_state = !pg_is_null(result, 0, SELF_GET_STATE);
	if (out->has_state)
		out->state = arena_copy(r->arena, pg_get_bytes(result, 0, SELF_GET_STATE));
	r->state = out;
	ask_chains(r, (const struct id[]){r->session.user, r->session.org}, 2, self_chains_read);
}

void self_get(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_SELF_GET, params, 1, self_read);
}

static void chains_read(struct request *r, const struct pg_result *result)
{
	struct chains chains = chains_copy(r->arena, result);
	struct wire_chain *out_chains = arena_array(r->arena, chains.n + 1, sizeof(*out_chains));
	for (size_t i = 0; i < chains.n; i++)
		out_chains[i] = wire_chain(&chains, &chains.items[i].subject);
	struct chain_get_out out = {.chains = out_chains, .n_chains = chains.n};
	req_reply(r, &out);
}

static void chains_visible(struct request *r, const struct pg_result *result)
{
	struct id subjects[CHAINS_MAX];
	size_t n = pg_rows(result) < CHAINS_MAX ? pg_rows(result) : CHAINS_MAX;
	for (size_t i = 0; i < n; i++)
		subjects[i] = pg_get_id(result, i, CHAIN_VISIBLE_SUBJECT);
	ask_chains(r, subjects, n, chains_read);
}

void chain_get(struct request *r)
{
	const struct chain_get_in *in = r->in;
	struct pg_param items[CHAINS_MAX];
	for (size_t i = 0; i < in->n_users; i++)
		items[i] = pg_id(&in->users[i]);
	const struct pg_param params[] = {pg_id(&r->session.user), pg_array(items, in->n_users)};
	req_query(r, STMT_CHAIN_VISIBLE, params, 2, chains_visible);
}

static void colleagues_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct id *users = arena_array(r->arena, n + 1, sizeof(*users));
	for (size_t i = 0; i < n; i++)
		users[i] = pg_get_id(result, i, COLLEAGUES_ACCOUNT);
	struct colleagues_out out = {.users = users, .n_users = n};
	req_reply(r, &out);
}

void colleagues(struct request *r)
{
	req_query(r, STMT_COLLEAGUES, NULL, 0, colleagues_read);
}

/* --- state --- */

static void self_state_stored(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_CONFLICT);
		return;
	}
	struct self_put_state_out out = {.version = pg_get_int(result, 0, SELF_PUT_STATE_VERSION)};
	req_reply(r, &out);
}

void self_put_state(struct request *r)
{
	const struct self_put_state_in *in = r->in;
	if (!sealed_size_is_padded(in->state.n)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_int(in->expected), pg_bytes(in->state)};
	req_query(r, STMT_SELF_PUT_STATE, params, 3, self_state_stored);
}

/* --- appending to a chain --- */

struct append {
	struct id org, user, subject;
	struct slice entries[ENTRIES_MAX];
	size_t n;
	uint64_t now_ms;
	struct chains chains;
	step_fn *write;
	/* What was judged. */
	enum err fault;
	enum refusal refusal;
	struct hash before; /* the head that the entries stand upon */
	struct hash hashes[ENTRIES_MAX];
	uint8_t types[ENTRIES_MAX];
	struct identity *after;
};

static void append_release(struct request *r)
{
	struct append *a = r->state;
	identity_free(&a->after);
}

/* A certificate, or a revocation by somebody else, is an issuer's act: one who may sign now. */
static bool issuer_is_needed(const struct append *a, const struct identity_entry *e)
{
	return e->type == IDENTITY_STAFF_CERT ||
	       (e->type == IDENTITY_REVOKE && !id_equal(&a->user, &a->subject));
}

static enum refusal judge_one(
	struct append *a, size_t i, struct identity *state, const struct identity *issuers)
{
	struct identity_entry e;
	AGREE(identity_parse(a->entries[i], &e));
	bool of_org = issuers == NULL;
	DEMAND(id_equal(&e.env.org, &a->org) && id_equal(&e.subject, &a->subject), WRONG_CHAIN);
	DEMAND(of_org || id_equal(&e.env.sender, &a->user), BAD_SENDER);
	DEMAND(of_org || !issuer_is_needed(a, &e) ||
			identity_issuer_may_sign(
				issuers, &e.env.sender, &e.env.sender_kid, a->now_ms),
		NOT_ISSUER);
	AGREE(identity_verify(state, &e, issuers));
	AGREE(identity_apply(state, &e, issuers, a->now_ms));
	a->hashes[i] = e.hash;
	a->types[i] = (uint8_t)e.type;
	return REFUSAL_NONE;
}

/* How many of the entries at the end of the chain are exactly these: all, or it is no repeat. */
static bool is_repeat(const struct append *a, const struct chain *chain)
{
	if (chain->n < a->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!slice_equal(chain->entries[chain->n - a->n + i], a->entries[i]))
			return false;
	return true;
}

/* On a thread. A repeat is judged upon what was there before it, for its hashes and keys. */
static void append_judge(void *state)
{
	struct append *a = state;
	AUTO(identity) struct identity *issuers = NULL;
	struct chain org = chains_find(&a->chains, &a->org);
	struct chain chain = chains_find(&a->chains, &a->subject);
	bool of_org = id_equal(&a->org, &a->subject);
	if (!of_org)
		a->fault = chain_replay(&org, NULL, NULL, &issuers);
	if (is_repeat(a, &chain)) {
		chain.n -= a->n;
		struct identity_entry e;
		if (identity_parse(a->entries[0], &e) == REFUSAL_NONE)
			a->now_ms = e.env.client_time_ms;
	}
	if (a->fault == ERR_OK)
		a->fault = chain_replay(&chain, issuers, NULL, &a->after);
	if (a->fault != ERR_OK)
		return;
	a->before = a->after->head;
	for (size_t i = 0; i < a->n && a->refusal == REFUSAL_NONE; i++)
		a->refusal = judge_one(a, i, a->after, of_org ? NULL : issuers);
}

static void append_judged(struct request *r)
{
	const struct append *a = r->state;
	if (a->fault != ERR_OK)
		req_fail(r, a->fault);
	else if (a->refusal != REFUSAL_NONE)
		outcome_refuse(r, a->refusal, &a->before);
	else
		a->write(r);
}

static void append_chains_read(struct request *r, const struct pg_result *result)
{
	struct append *a = r->state;
	a->chains = chains_copy(r->arena, result);
	req_work(r, append_judge, append_judged);
}

static void append_begin(struct request *r, const struct slice *entries, size_t n, step_fn *write)
{
	struct append *a = ARENA_NEW(r->arena, struct append);
	struct identity_entry first;
	enum refusal refusal = identity_parse(entries[0], &first);
	if (refusal != REFUSAL_NONE) {
		outcome_refuse(r, refusal, NULL);
		return;
	}
	a->org = r->session.org;
	a->user = r->session.user;
	a->subject = first.subject;
	a->n = n;
	memcpy(a->entries, entries, n * sizeof(*entries));
	a->now_ms = (uint64_t)clock_wall_ms();
	a->write = write;
	r->state = a;
	r->release = append_release;
	ask_chains(r, (const struct id[]){a->subject, a->org}, 2, append_chains_read);
}

/* The arrays of entries, hashes and types, which two statements want in this order. */
static void put_entries(struct request *r, const struct append *a, struct pg_param params[3])
{
	struct pg_param *items = arena_array(r->arena, 3 * ENTRIES_MAX, sizeof(*items));
	for (size_t i = 0; i < a->n; i++) {
		items[i] = pg_bytes(a->entries[i]);
		items[ENTRIES_MAX + i] = pg_hash(&a->hashes[i]);
		items[2 * ENTRIES_MAX + i] = pg_int(a->types[i]);
	}
	for (size_t k = 0; k < 3; k++)
		params[k] = pg_array(items + k * ENTRIES_MAX, a->n);
}

/* The keys and the certificate after the last entry: seven parameters. */
static void put_keys(const struct identity *state, struct pg_param params[7])
{
	for (size_t i = 0; i < 7; i++)
		params[i] = pg_null();
	if (hash_is_zero(&state->sig_kid))
		return;
	params[0] = pg_hash(&state->sig_kid);
	params[1] = pg_bytes(pub_slice(&state->sig_pub));
	params[2] = pg_hash(&state->enc_kid);
	params[3] = pg_bytes(pub_slice(&state->enc_pub));
	if (!state->has_cert)
		return;
	params[4] = pg_hash(&state->cert.hash);
	params[5] = pg_time((int64_t)state->cert.valid_from);
	params[6] = pg_time((int64_t)state->cert.valid_until);
}

static void chain_appended(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, IDENTITY_APPEND_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

static void chain_write(struct request *r)
{
	const struct append *a = r->state;
	struct pg_param params[IDENTITY_APPEND_N_IN] = {
		[IDENTITY_APPEND_IN_SUBJECT] = pg_id(&a->subject),
		[IDENTITY_APPEND_IN_HEAD] = pg_hash(&a->before),
		[IDENTITY_APPEND_IN_REVOKED] = pg_bool(a->after->revoked),
	};
	put_entries(r, a, &params[IDENTITY_APPEND_IN_ENTRIES]);
	put_keys(a->after, &params[IDENTITY_APPEND_IN_SIG_KID]);
	req_query(r, STMT_IDENTITY_APPEND, params, IDENTITY_APPEND_N_IN, chain_appended);
}

/* STAFF_CERT and REVOKE only: what makes keys commits together with them (self_put_keys). */
void chain_append(struct request *r)
{
	const struct chain_append_in *in = r->in;
	struct identity_entry e;
	if (identity_parse(in->entry, &e) == REFUSAL_NONE && e.type != IDENTITY_STAFF_CERT &&
		e.type != IDENTITY_REVOKE)
		req_fail(r, ERR_FORBIDDEN);
	else
		append_begin(r, &in->entry, 1, chain_write);
}

void organisation_append(struct request *r)
{
	const struct organisation_append_in *in = r->in;
	struct identity_entry e;
	if (identity_parse(in->entries[0], &e) == REFUSAL_NONE &&
		!id_equal(&e.subject, &r->session.org))
		req_fail(r, ERR_FORBIDDEN);
	else
		append_begin(r, in->entries, in->n_entries, chain_write);
}

/* --- keys --- */

static void keys_stored(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, SELF_PUT_KEYS_OUTCOME));
	struct self_put_keys_out out = {.version = pg_get_int(result, 0, SELF_PUT_KEYS_VERSION)};
	if (e == ERR_OK)
		req_reply(r, &out);
	else
		req_fail(r, e);
}

/* Without an entry the append is empty, and its keys are not looked at. */
static void keys_write(struct request *r)
{
	const struct self_put_keys_in *in = r->in;
	const struct append *a = r->state;
	struct pg_param unlockers[UNLOCKERS_MAX];
	for (size_t i = 0; i < in->n_unlockers; i++)
		unlockers[i] = pg_bytes(in->unlockers[i]);
	struct pg_param params[SELF_PUT_KEYS_N_IN] = {
		[SELF_PUT_KEYS_IN_ACCOUNT] = pg_id(&r->session.user),
		[SELF_PUT_KEYS_IN_EXPECTED] = pg_int(in->expected),
		[SELF_PUT_KEYS_IN_UNLOCKERS] = pg_array(unlockers, in->n_unlockers),
		[SELF_PUT_KEYS_IN_LIST_MAC] = pg_hash(&in->list_mac),
		[SELF_PUT_KEYS_IN_KEYS] = pg_bytes(in->keys),
		[SELF_PUT_KEYS_IN_HEAD] = pg_hash(&a->before),
	};
	put_entries(r, a, &params[SELF_PUT_KEYS_IN_ENTRIES]);
	put_keys(a->after, &params[SELF_PUT_KEYS_IN_SIG_KID]);
	req_query(r, STMT_SELF_PUT_KEYS, params, SELF_PUT_KEYS_N_IN, keys_stored);
}

static bool unlockers_are_mine(const struct request *r, const struct self_put_keys_in *in)
{
	struct unlocker u;
	for (size_t i = 0; i < in->n_unlockers; i++)
		if (unlocker_parse(in->unlockers[i], &u) != REFUSAL_NONE ||
			!id_equal(&u.org, &r->session.org) || !id_equal(&u.user, &r->session.user))
			return false;
	return true;
}

static void keys_alone(struct request *r)
{
	struct append *a = ARENA_NEW(r->arena, struct append);
	a->after = identity_new();
	r->state = a;
	r->release = append_release;
	keys_write(r);
}

static void keys_judged(struct request *r)
{
	const struct self_put_keys_in *in = r->in;
	struct identity_entry e;
	if (!sealed_size_is_padded(in->keys.n) || !unlockers_are_mine(r, in))
		req_fail(r, ERR_BAD_FIELD);
	else if (!in->has_entry)
		keys_alone(r);
	else if (identity_parse(in->entry, &e) == REFUSAL_NONE &&
		 (!id_equal(&e.subject, &r->session.user) || e.type > IDENTITY_RESET))
		req_fail(r, ERR_FORBIDDEN);
	else
		append_begin(r, &in->entry, 1, keys_write);
}

/* Whoever replaces the unlockers takes the keys over: that needs a fresh proof. The first ones take
 * nothing from anybody, and may take their time. */
void self_put_keys(struct request *r)
{
	const struct self_put_keys_in *in = r->in;
	if (in->expected > 0)
		gate_judge(r, ACTION_UNLOCKER_REPLACE, keys_judged);
	else
		keys_judged(r);
}
