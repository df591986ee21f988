/* Passkeys: registered, listed, dropped; a sign-in and a fresh proof by one. Each ceremony has two
 * halves: a challenge goes out, bound to the browser that asked, and an answer takes it, so that no
 * answer is looked at twice. What the answer must be, server/seal/webauthn knows; it is checked on
 * a thread. To the outside every refusal is one word; why goes to the log, and to the audit once it
 * is known who was meant. */
#include "base/clock.h"
#include "base/config.h"
#include "base/crypt.h"
#include "base/log.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "domain/session_start.h"
#include "seal/webauthn.h"
#include "sql_gen.h"

enum { PASSKEYS_MAX = 16, CHALLENGES_MAX = 256, LOGIN_SECONDS = 600 };

/* In the order of the wire. */
static const char *const devices[] = {"phone", "computer", "tablet", "key", "manager", "other"};
enum { N_DEVICES = sizeof(devices) / sizeof(devices[0]) };

static struct slice rp_host(const struct request *r)
{
	return config_origin_host(slice_text(r->core->parts.config->public_origin));
}

static bool is_half(const struct request *r)
{
	return session_is_half(r->core->parts.config, &r->session);
}

/* --- refusals --- */

static void refusal_noted(struct request *r, enum err e, const struct pg_result *result)
{
	(void)e; /* refused is refused, whether it could be written down or not */
	(void)result;
	req_fail(r, ERR_PASSKEY_REFUSED);
}

/* r->session names whose it is, as far as that is known. Whoever is not signed in has proven
 * nothing: the refusal is about that person, and not an act of theirs. */
static void refuse(struct request *r, enum webauthn why)
{
	const char *word = webauthn_word(why);
	log_info("passkey_refused", LOG_W("op", r->route->op), LOG_W("why", word));
	if (id_is_zero(&r->session.org)) {
		req_fail(r, ERR_PASSKEY_REFUSED);
		return;
	}
	struct pg_param person = pg_id(&r->session.user);
	bool is_proven = !id_is_zero(&r->session.session);
	const struct pg_param params[] = {is_proven ? person : pg_null(),
		pg_bytes(SLICE_LIT("passkey_refused")), is_proven ? pg_null() : person,
		pg_bytes(slice_text(word))};
	req_query_then(r, STMT_AUDIT_ADD, params, 4, refusal_noted);
}

/* --- challenges --- */

struct begun {
	struct hash challenge;
	const char *purpose;
	struct slice *credentials;
	size_t n_credentials;
	char token[SESSION_TOKEN_TEXT + 1]; /* of a new login cookie; "": there is one */
};

static void challenge_out(struct request *r, const struct pg_result *result)
{
	struct begun *b = r->state;
	enum err e = outcome_parse(pg_get_bytes(result, 0, WEBAUTHN_BEGIN_OUTCOME));
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	if (b->token[0] != '\0')
		cookie_set(r, LOGIN_COOKIE, b->token, LOGIN_SECONDS);
	struct passkey_register_begin_out made = {.challenge = b->challenge,
		.rp = rp_host(r),
		.user = r->session.user,
		.known = b->credentials,
		.n_known = b->n_credentials};
	struct step_up_begin_out up = {.challenge = b->challenge,
		.rp = made.rp,
		.allowed = b->credentials,
		.n_allowed = b->n_credentials};
	struct passkey_sign_in_begin_out in = {.challenge = b->challenge, .rp = made.rp};
	bool is_made = strcmp(b->purpose, "register") == 0;
	bool is_in = strcmp(b->purpose, "sign_in") == 0;
	req_reply(r, is_made ? (const void *)&made : is_in ? (const void *)&in : (const void *)&up);
}

static void challenge_begin(struct request *r)
{
	struct begun *b = r->state;
	bool in = id_is_zero(&r->session.session);
	crypt_random(b->challenge.b, sizeof(b->challenge.b));
	struct hash hash = crypt_sha256(hash_slice(&b->challenge));
	const struct pg_param params[] = {pg_hash(&hash), pg_bytes(slice_text(b->purpose)),
		in ? pg_hash(&r->login) : pg_null(), in ? pg_null() : pg_id(&r->session.session),
		pg_id(&r->address), pg_int(CHALLENGES_MAX)};
	req_query(r, STMT_WEBAUTHN_BEGIN, params, 6, challenge_out);
}

static void credentials_read(struct request *r, const struct pg_result *result)
{
	struct begun *b = r->state;
	bool more = strcmp(b->purpose, "register") == 0;
	size_t n = pg_rows(result);
	if (more && n > 0 && is_half(r)) { /* the one there is makes it whole */
		req_fail(r, ERR_PASSKEY_NEEDED);
		return;
	}
	if (more && n >= PASSKEYS_MAX) {
		req_fail(r, ERR_QUOTA);
		return;
	}
	b->credentials = arena_array(r->arena, n + 1, sizeof(*b->credentials));
	for (size_t i = 0; i < n; i++)
		if (more || !pg_get_bool(result, i, PASSKEY_LIST_DISABLED))
			b->credentials[b->n_credentials++] = arena_copy(
				r->arena, pg_get_bytes(result, i, PASSKEY_LIST_CREDENTIAL));
	challenge_begin(r);
}

static struct begun *begun_new(struct request *r, const char *purpose)
{
	struct begun *b = r->state = ARENA_NEW(r->arena, struct begun);
	b->purpose = purpose;
	return b;
}

static void begin_with_credentials(struct request *r, const char *purpose)
{
	(void)begun_new(r, purpose);
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_PASSKEY_LIST, params, 1, credentials_read);
}

void passkey_register_begin(struct request *r)
{
	begin_with_credentials(r, "register");
}

void step_up_begin(struct request *r)
{
	begin_with_credentials(r, "step_up");
}

/* A cookie that an identification in another tab goes by is used as it is. */
void passkey_sign_in_begin(struct request *r)
{
	struct begun *b = begun_new(r, "sign_in");
	if (!r->has_login)
		session_new_token(b->token, &r->login);
	challenge_begin(r);
}

/* --- answers --- */

struct answer {
	const char *rp;
	enum webauthn word;
	/* A new passkey. */
	struct slice client, object;
	struct webauthn_made made;
	struct id passkey;
	/* A signature by one. */
	struct slice credential;
	const struct id *handle; /* the user handle that came along; NULL: the session says who */
	struct webauthn_passkey key;
	struct webauthn_assertion assertion;
	uint32_t counter;
	const char *purpose;
	bool welcome;
	int64_t identified_at;
	struct slice acr;
	result_fn *then_taken;
	step_fn *then_used;
};

static void challenge_taken(struct request *r, const struct pg_result *result)
{
	const struct answer *a = r->state;
	if (pg_get_bool(result, 0, WEBAUTHN_TAKE_TAKEN))
		a->then_taken(r, result);
	else
		refuse(r, WEBAUTHN_UNKNOWN_CHALLENGE);
}

/* The challenge is gone from here on, however the answer is. */
static void take_challenge(struct request *r, enum webauthn_act act, result_fn *then)
{
	struct answer *a = r->state;
	struct hash challenge;
	struct slice origin = slice_text(r->core->parts.config->public_origin);
	bool in = id_is_zero(&r->session.session);
	a->rp = arena_text(r->arena, rp_host(r));
	a->then_taken = then;
	enum webauthn why = webauthn_client(a->client, act, origin, &challenge);
	if (why == WEBAUTHN_OK && in && !r->has_login)
		why = WEBAUTHN_UNKNOWN_CHALLENGE;
	if (why != WEBAUTHN_OK) {
		refuse(r, why);
		return;
	}
	const struct pg_param params[] = {pg_hash(&challenge), pg_bytes(slice_text(a->purpose)),
		in ? pg_hash(&r->login) : pg_null(), in ? pg_null() : pg_id(&r->session.session)};
	req_query(r, STMT_WEBAUTHN_TAKE, params, 4, challenge_taken);
}

/* What is known of the passkey found, by copy. */
static void passkey_copy(struct request *r, struct answer *a, const struct pg_result *result)
{
	a->passkey = pg_get_id(result, 0, PASSKEY_FIND_PASSKEY);
	a->key = (struct webauthn_passkey){
		.algorithm = (int)pg_get_int(result, 0, PASSKEY_FIND_ALGORITHM),
		.key = arena_copy(r->arena, pg_get_bytes(result, 0, PASSKEY_FIND_PUBLIC_KEY)),
		.synced = pg_get_bool(result, 0, PASSKEY_FIND_SYNCED)};
	a->welcome = pg_get_bool(result, 0, PASSKEY_FIND_WELCOME);
	if (!pg_is_null(result, 0, PASSKEY_FIND_IDENTIFIED_AT))
		a->identified_at = pg_get_time(result, 0, PASSKEY_FIND_IDENTIFIED_AT);
	if (!pg_is_null(result, 0, PASSKEY_FIND_ACR))
		a->acr = arena_copy(r->arena, pg_get_bytes(result, 0, PASSKEY_FIND_ACR));
}

/* The person of r->session has used the passkey of r->state: a session begins by it. */
static void start_by_passkey(struct request *r, session_started_fn *then)
{
	const struct answer *a = r->state;
	const struct session_start how = {.org = r->session.org,
		.user = r->session.user,
		.method = SESSION_PASSKEY,
		.identified_at = a->identified_at,
		.acr = a->acr};
	session_start(r, &how, then);
}

/* --- a new passkey --- */

static void made_answer(struct request *r, enum err e)
{
	const struct answer *a = r->state;
	struct passkey_register_finish_out out = {.passkey = a->passkey};
	if (e == ERR_OK)
		req_reply(r, &out);
	else
		req_fail(r, e);
}

/* The first passkey of staff, made in the minutes after they were identified: they have it. */
static void first_found(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		refuse(r, WEBAUTHN_UNKNOWN_PASSKEY);
		return;
	}
	passkey_copy(r, r->state, result);
	start_by_passkey(r, made_answer);
}

static void passkey_added(struct request *r, const struct pg_result *result)
{
	const struct answer *a = r->state;
	enum err e = outcome_parse(pg_get_bytes(result, 0, PASSKEY_ADD_OUTCOME));
	if (e == ERR_OK && is_half(r)) {
		const struct pg_param params[] = {pg_bytes(a->made.credential)};
		req_query(r, STMT_PASSKEY_FIND, params, 1, first_found);
	} else {
		made_answer(r, e == ERR_QUOTA && is_half(r) ? ERR_PASSKEY_NEEDED : e);
	}
}

static void made_check(void *state)
{
	struct answer *a = state;
	a->word = webauthn_check_made(a->rp, a->client, a->object, &a->made);
}

static void made_checked(struct request *r)
{
	struct answer *a = r->state;
	const struct passkey_register_finish_in *in = r->in;
	if (a->word != WEBAUTHN_OK) {
		refuse(r, a->word);
		return;
	}
	a->passkey = crypt_random_id();
	const struct pg_param params[PASSKEY_ADD_N_IN] = {
		[PASSKEY_ADD_IN_ACCOUNT] = pg_id(&r->session.user),
		[PASSKEY_ADD_IN_PASSKEY] = pg_id(&a->passkey),
		[PASSKEY_ADD_IN_CREDENTIAL] = pg_bytes(a->made.credential),
		[PASSKEY_ADD_IN_ALGORITHM] = pg_int(a->made.passkey.algorithm),
		[PASSKEY_ADD_IN_PUBLIC_KEY] = pg_bytes(a->made.passkey.key),
		[PASSKEY_ADD_IN_COUNTER] = pg_int(a->made.counter),
		[PASSKEY_ADD_IN_SYNCED] = pg_bool(a->made.passkey.synced),
		[PASSKEY_ADD_IN_DEVICE] = pg_bytes(slice_text(devices[in->device])),
		[PASSKEY_ADD_IN_MOST] = pg_int(is_half(r) ? 1 : PASSKEYS_MAX),
	};
	req_query(r, STMT_PASSKEY_ADD, params, PASSKEY_ADD_N_IN, passkey_added);
}

static void made_taken(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_work(r, made_check, made_checked);
}

void passkey_register_finish(struct request *r)
{
	const struct passkey_register_finish_in *in = r->in;
	struct answer *a = r->state = ARENA_NEW(r->arena, struct answer);
	a->purpose = "register";
	a->client = in->client_data;
	a->object = in->attestation;
	take_challenge(r, WEBAUTHN_CREATE, made_taken);
}

/* --- an assertion --- */

static void passkey_used(struct request *r, const struct pg_result *result)
{
	const struct answer *a = r->state;
	struct slice word = pg_get_bytes(result, 0, PASSKEY_USE_OUTCOME);
	if (slice_is(word, "ok"))
		a->then_used(r);
	else
		refuse(r, slice_is(word, "cloned") ? WEBAUTHN_CLONED : WEBAUTHN_DISABLED);
}

static void assertion_check(void *state)
{
	struct answer *a = state;
	a->word = webauthn_check_assertion(a->rp, &a->key, &a->assertion, &a->counter);
}

static void assertion_checked(struct request *r)
{
	const struct answer *a = r->state;
	if (a->word != WEBAUTHN_OK) {
		refuse(r, a->word);
		return;
	}
	const struct pg_param params[] = {
		pg_id(&a->passkey), pg_int(a->counter), pg_bytes(slice_text(a->purpose))};
	req_query(r, STMT_PASSKEY_USE, params, 3, passkey_used);
}

static void passkey_found(struct request *r, const struct pg_result *result)
{
	struct answer *a = r->state;
	if (pg_rows(result) == 0) {
		refuse(r, WEBAUTHN_UNKNOWN_PASSKEY);
		return;
	}
	struct id account = pg_get_id(result, 0, PASSKEY_FIND_ACCOUNT);
	bool is_theirs = id_equal(&account, a->handle ? a->handle : &r->session.user);
	if (a->handle != NULL) { /* nobody spoke until here: the refusals are about this one */
		r->session.org = pg_get_id(result, 0, PASSKEY_FIND_ORG);
		r->session.user = account;
	}
	passkey_copy(r, a, result);
	if (!is_theirs)
		refuse(r, WEBAUTHN_WRONG_USER);
	else if (pg_get_bool(result, 0, PASSKEY_FIND_DISABLED))
		refuse(r, WEBAUTHN_DISABLED);
	else
		req_work(r, assertion_check, assertion_checked);
}

static void assertion_taken(struct request *r, const struct pg_result *taken)
{
	(void)taken;
	const struct answer *a = r->state;
	const struct pg_param params[] = {pg_bytes(a->credential)};
	req_query(r, STMT_PASSKEY_FIND, params, 1, passkey_found);
}

static void answer_begin(struct request *r, const char *purpose, struct slice credential,
	const struct webauthn_assertion *assertion, step_fn *then)
{
	struct answer *a = r->state;
	a->purpose = purpose;
	a->credential = credential;
	a->client = assertion->client;
	a->assertion = *assertion;
	a->then_used = then;
	take_challenge(r, WEBAUTHN_GET, assertion_taken);
}

static void signed_in(struct request *r, enum err e)
{
	if (e != ERR_OK) { /* the account was disabled in this moment */
		refuse(r, WEBAUTHN_DISABLED);
		return;
	}
	struct passkey_sign_in_finish_out out = {.user = r->session.user};
	cookie_clear(r, LOGIN_COOKIE);
	req_reply(r, &out);
}

static void sign_in_proven(struct request *r)
{
	const struct answer *a = r->state;
	if (!a->welcome) {
		req_fail(r, ERR_IDENTIFY_AGAIN);
		return;
	}
	start_by_passkey(r, signed_in);
}

void passkey_sign_in_finish(struct request *r)
{
	const struct passkey_sign_in_finish_in *in = r->in;
	struct answer *a = r->state = ARENA_NEW(r->arena, struct answer);
	const struct webauthn_assertion assertion = {in->client_data, in->auth_data, in->signature};
	a->handle = &in->user;
	answer_begin(r, "sign_in", in->credential, &assertion, sign_in_proven);
}

static void stepped_up(struct request *r)
{
	struct step_up_finish_out out = {.fresh_until = r->session.fresh_until};
	req_reply(r, &out);
}

static void made_whole(struct request *r, enum err e)
{
	if (e == ERR_OK)
		stepped_up(r);
	else
		refuse(r, WEBAUTHN_DISABLED);
}

static void step_up_proven(struct request *r)
{
	if (is_half(r))
		start_by_passkey(r, made_whole);
	else
		session_freshen(r, stepped_up);
}

void step_up_finish(struct request *r)
{
	const struct step_up_finish_in *in = r->in;
	r->state = ARENA_NEW(r->arena, struct answer);
	const struct webauthn_assertion assertion = {in->client_data, in->auth_data, in->signature};
	answer_begin(r, "step_up", in->credential, &assertion, step_up_proven);
}

/* --- one's own --- */

static bool row_fill(
	struct arena *arena, const struct pg_result *result, size_t i, struct wire_passkey_row *ret)
{
	struct slice device = pg_get_bytes(result, i, PASSKEY_LIST_DEVICE);
	uint8_t which = 0;
	while (which < N_DEVICES && !slice_is(device, devices[which]))
		which++;
	*ret = (struct wire_passkey_row){
		.passkey = pg_get_id(result, i, PASSKEY_LIST_PASSKEY),
		.credential = arena_copy(arena, pg_get_bytes(result, i, PASSKEY_LIST_CREDENTIAL)),
		.device = which,
		.synced = pg_get_bool(result, i, PASSKEY_LIST_SYNCED),
		.made_at = pg_get_time(result, i, PASSKEY_LIST_MADE_AT),
		.has_used_at = !pg_is_null(result, i, PASSKEY_LIST_USED_AT),
		.disabled = pg_get_bool(result, i, PASSKEY_LIST_DISABLED),
	};
	if (ret->has_used_at)
		ret->used_at = pg_get_time(result, i, PASSKEY_LIST_USED_AT);
	return which < N_DEVICES;
}

static void passkeys_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_passkey_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		if (!row_fill(r->arena, result, i, &rows[i])) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
	struct passkey_list_out out = {.passkeys = rows, .n_passkeys = n};
	req_reply(r, &out);
}

void passkey_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_PASSKEY_LIST, params, 1, passkeys_listed);
}

static void passkey_renamed(struct request *r, const struct pg_result *result)
{
	if (pg_changed(result) == 0)
		req_fail(r, ERR_NOT_FOUND);
	else
		req_reply(r, NULL);
}

void passkey_rename(struct request *r)
{
	const struct passkey_rename_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->passkey),
		pg_bytes(slice_text(devices[in->device]))};
	req_query(r, STMT_PASSKEY_RENAME, params, 3, passkey_renamed);
}

static void passkey_removed(struct request *r, const struct pg_result *result)
{
	if (pg_get_bool(result, 0, PASSKEY_REMOVE_REMOVED))
		req_reply(r, NULL);
	else
		req_fail(r, ERR_NOT_FOUND);
}

void passkey_remove(struct request *r)
{
	const struct passkey_remove_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->passkey)};
	req_query(r, STMT_PASSKEY_REMOVE, params, 2, passkey_removed);
}
