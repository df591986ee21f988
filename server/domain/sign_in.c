/* Signing in by an identification service (OpenID Connect after the Finnish Trust Network's
 * profile), up to the moment when the token is open. What the service hears is signed by the keys
 * process, what it says is opened there: here pass only words that mean nothing to anybody else.
 * Nothing is kept between the way there and the way back but a row that the cookie and the state
 * find together, and that is taken, not read. Whatever is wrong with what comes back is one answer;
 * which it was is noted. */
#include "domain/sign_in_parts.h"

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/form.h"
#include "core/decode.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "domain/session_start.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { URL_MAX = 16000, FORM_MAX = 32 << 10, LOGIN_SECONDS = 600, STATUS_GOOD = 200 };
/* Of what never leaves the server; the protocol's labels are in seal/label.h. */
#define LABEL_CARRY "luotsi/v1/login/carry"
#define LABEL_VERIFIER "luotsi/v1/login/verifier"
static const char *const locales[] = {"fi", "sv", "en"};

struct hash login_carry_key(const struct hash *cookie, const struct hash *salt)
{
	struct hash key;
	crypt_hkdf(
		hash_slice(cookie), hash_slice(salt), SLICE_LIT(LABEL_CARRY), key.b, sizeof(key.b));
	return key;
}

void login_verifier(
	const struct hash *cookie, const struct hash *salt, char ret_text[SESSION_TOKEN_TEXT + 1])
{
	struct hash secret;
	crypt_hkdf(hash_slice(cookie), hash_slice(salt), SLICE_LIT(LABEL_VERIFIER), secret.b,
		sizeof(secret.b));
	b64_encode(hash_slice(&secret), ret_text);
	ret_text[SESSION_TOKEN_TEXT] = '\0';
	crypt_wipe(&secret, sizeof(secret));
}

static struct slice return_uri(struct request *r)
{
	AUTO(buf) struct buf b = BUF_MAX(RETURN_URI_MAX);
	buf_addf(&b, "%s" RETURN_PATH, r->core->parts.config->public_origin);
	return arena_copy(r->arena, buf_slice(&b));
}

static const struct provider *provider_find(const struct request *r, struct slice slug)
{
	return providers_find(sign_in_providers(r->core->parts.sign_in), slug);
}

/* --- the ways there are --- */

void sign_in_options(struct request *r)
{
	const struct providers *all = sign_in_providers(r->core->parts.sign_in);
	struct wire_sign_in_provider *rows = arena_array(r->arena, all->n + 1, sizeof(*rows));
	for (size_t i = 0; i < all->n; i++) {
		const struct provider *p = &all->items[i];
		rows[i] = (struct wire_sign_in_provider){.slug = slice_text(p->slug),
			.name_fi = slice_text(p->name_fi),
			.name_sv = slice_text(p->name_sv),
			.name_en = slice_text(p->name_en),
			.audience = p->staff ? WIRE_SIGN_IN_PROVIDER_AUDIENCE_STAFF
					     : WIRE_SIGN_IN_PROVIDER_AUDIENCE_CLIENT};
	}
	struct sign_in_options_out out = {.providers = rows, .n_providers = all->n};
	req_reply(r, &out);
}

/* --- the way there --- */

struct going {
	const struct provider *provider;
	char cookie[SESSION_TOKEN_TEXT + 1], state[SESSION_TOKEN_TEXT + 1];
	struct hash cookie_hash, salt;
};

static void request_signed(struct request *r, const struct keys_answer *answer)
{
	struct going *g = r->state;
	AUTO(buf) struct buf url = BUF_MAX(URL_MAX);
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	buf_add_text(&url, g->provider->authorization_endpoint);
	if (strchr(g->provider->authorization_endpoint, '?') == NULL)
		buf_add_byte(&url, '?');
	form_add(&url, "client_id", slice_text(g->provider->client_id));
	form_add(&url, "response_type", SLICE_LIT("code"));
	form_add(&url, "scope", slice_text(g->provider->scope));
	form_add(&url, "request", answer->bytes);
	struct identify_begin_out out = {
		.url = buf_slice(&url), .carry_key = login_carry_key(&g->cookie_hash, &g->salt)};
	cookie_set(r, LOGIN_COOKIE, g->cookie, LOGIN_SECONDS);
	crypt_wipe(g->cookie, sizeof(g->cookie));
	if (buf_check(&url) == ERR_OK)
		req_reply(r, &out);
	else
		req_fail(r, ERR_INTERNAL);
}

static void attempt_stored(struct request *r, const struct pg_result *result)
{
	const struct identify_begin_in *in = r->in;
	const struct going *g = r->state;
	enum err e = outcome_parse(pg_get_bytes(result, 0, LOGIN_BEGIN_OUTCOME));
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	char verifier[SESSION_TOKEN_TEXT + 1];
	login_verifier(&g->cookie_hash, &g->salt, verifier);
	struct keys_ask ask = {.type = KEYS_OIDC_REQUEST,
		.provider = in->provider,
		.request = {.state = slice_text(g->state),
			.nonce = in->nonce,
			.challenge = crypt_sha256(slice_text(verifier)),
			.redirect_uri = return_uri(r),
			.locale = slice_text(locales[in->has_locale ? in->locale : 0])}};
	crypt_wipe(verifier, sizeof(verifier));
	req_keys(r, &ask, request_signed);
}

/* Clients are invited, staff are enrolled. */
static bool begin_is_legal(const struct identify_begin_in *in, const struct provider *p)
{
	return p->staff ? !in->has_invitation : !in->has_enrolment;
}

void identify_begin(struct request *r)
{
	const struct identify_begin_in *in = r->in;
	struct going *g = r->state = ARENA_NEW(r->arena, struct going);
	g->provider = provider_find(r, in->provider);
	if (g->provider == NULL || !begin_is_legal(in, g->provider)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	bool has_ticket = in->has_invitation || in->has_enrolment;
	struct hash stored, unused,
		ticket = invite_token_hash(
			id_slice(in->has_invitation ? &in->invitation : &in->enrolment));
	struct id attempt = crypt_random_id();
	session_new_token(g->cookie, &g->cookie_hash);
	session_new_token(g->state, &unused);
	crypt_random(g->salt.b, sizeof(g->salt.b));
	stored = crypt_sha256(hash_slice(&g->cookie_hash));
	struct hash state = crypt_sha256(slice_text(g->state));
	const struct pg_param params[LOGIN_BEGIN_N_IN] = {
		[LOGIN_BEGIN_IN_ATTEMPT] = pg_id(&attempt),
		[LOGIN_BEGIN_IN_COOKIE_HASH] = pg_hash(&stored),
		[LOGIN_BEGIN_IN_STATE_HASH] = pg_hash(&state),
		[LOGIN_BEGIN_IN_NONCE] = pg_hash(&in->nonce),
		[LOGIN_BEGIN_IN_SALT] = pg_hash(&g->salt),
		[LOGIN_BEGIN_IN_PROVIDER] = pg_bytes(in->provider),
		[LOGIN_BEGIN_IN_ADDRESS] = pg_id(&r->address),
		[LOGIN_BEGIN_IN_STAFF_ORG] =
			g->provider->staff ? pg_id(&g->provider->org) : pg_null(),
		[LOGIN_BEGIN_IN_TICKET_HASH] = has_ticket ? pg_hash(&ticket) : pg_null(),
		[LOGIN_BEGIN_IN_MOST] = pg_int(r->core->parts.config->identifications_per_address),
	};
	req_query(r, STMT_LOGIN_BEGIN, params, LOGIN_BEGIN_N_IN, attempt_stored);
}

/* --- refusals --- */

static void refusal_noted(struct request *r, enum err e, const struct pg_result *result)
{
	(void)result;
	const struct login *login = r->state;
	struct detail detail = {.name = NULL};
	if (login->taken)
		cookie_clear(r, LOGIN_COOKIE);
	if (e != ERR_OK && login->refusal == ERR_IDENTIFICATION_FAILED) {
		req_fail(r, e); /* what is not noted is not answered as if it were */
		return;
	}
	if (login->refusal != ERR_IDENTIFICATION_FAILED)
		detail = (struct detail){.name = "carry_key",
			.kind = DETAIL_HASH,
			.hash = login_carry_key(&r->login, &login->salt)};
	req_fail_detail(r, login->refusal, &detail);
}

void login_end(struct request *r, const char *word, enum err e)
{
	struct login *login = r->state;
	login->refusal = e;
	const struct pg_param params[] = {
		login->taken ? pg_id(&login->attempt) : pg_null(),
		login->provider ? pg_bytes(slice_text(login->provider->slug)) : pg_null(),
		pg_bytes(slice_text(word)),
	};
	req_query_then(r, STMT_SIGN_IN_NOTE, params, 3, refusal_noted);
}

void login_refuse(struct request *r, const char *word)
{
	login_end(r, word, ERR_IDENTIFICATION_FAILED);
}

/* --- the way back --- */

static void token_open(struct request *r);

static void token_opened(struct request *r, const struct keys_answer *answer)
{
	struct login *login = r->state;
	bool other_keys = answer->reason == KEYS_UNKNOWN_KID || answer->reason == KEYS_BAD_JWKS;
	if (other_keys && !login->keys_renewed) {
		login->keys_renewed = true;
		jwks_want(r, answer->reason, token_open);
	} else if (answer->reason != KEYS_DONE) {
		login_refuse(r, keys_reason_word(answer->reason));
	} else if (!login_person_add(r, answer)) {
		req_fail(r, ERR_INTERNAL);
	} else if (login->n_persons < login->n_orgs) {
		token_open(r);
	} else {
		login_identified(r);
	}
}

/* One question takes a part of the organisations: the token is opened again for each part. */

static void token_open(struct request *r)
{
	const struct login *login = r->state;
	size_t left = login->n_orgs - login->n_persons;
	size_t n = left < KEYS_ORGS_MAX ? left : KEYS_ORGS_MAX;
	struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = slice_text(login->provider->slug),
		.open = {.id_token = login->id_token,
			.jwks = jwks_get(r),
			.nonce = login->nonce,
			.orgs = slice_of(&login->orgs[login->n_persons], n * sizeof(struct id))}};
	req_keys(r, &ask, token_opened);
}

static void organisations_read(struct request *r, const struct pg_result *result)
{
	struct login *login = r->state;
	size_t n = pg_rows(result);
	struct id *orgs = arena_array(r->arena, n + 1, sizeof(*orgs));
	for (size_t i = 0; i < n; i++)
		orgs[i] = pg_get_id(result, i, SIGN_IN_ORGANISATIONS_ORG);
	login->orgs = orgs;
	login->n_orgs = n;
	if (n == 0)
		login_refuse(r, "no_organisation");
	else
		jwks_want(r, KEYS_DONE, token_open);
}

/* In which organisations the person is looked for. */
static void ask_organisations(struct request *r)
{
	struct login *login = r->state;
	if (!login->has_ticket && !login->provider->staff) {
		req_query(r, STMT_SIGN_IN_ORGANISATIONS, NULL, 0, organisations_read);
		return;
	}
	login->orgs = login->has_ticket ? &login->org : &login->provider->org;
	login->n_orgs = 1;
	jwks_want(r, KEYS_DONE, token_open);
}

static void token_came(struct request *r, enum err e, const struct fetch_answer *answer)
{
	struct login *login = r->state;
	AUTO(decoded) struct decoded *d = NULL;
	struct slice id_token;
	if (e != ERR_OK) {
		login_refuse(r, e == ERR_TOO_LARGE ? "token_too_large" : "token_unreachable");
		return;
	}
	if (answer->status != STATUS_GOOD) {
		login_refuse(r, "token_refused");
		return;
	}
	if (decode_open(answer->body, &d) != ERR_OK ||
		decode_member(d, "id_token", &id_token) != ERR_OK || id_token.n > KEYS_TOKEN_MAX) {
		login_refuse(r, "token_malformed");
		return;
	}
	login->id_token = arena_copy(r->arena, id_token);
	ask_organisations(r);
}

static void assertion_signed(struct request *r, const struct keys_answer *answer)
{
	const struct identify_finish_in *in = r->in;
	const struct login *login = r->state;
	const struct provider *p = login->provider;
	if (answer->reason != KEYS_DONE) {
		login_refuse(r, keys_reason_word(answer->reason));
		return;
	}
	char verifier[SESSION_TOKEN_TEXT + 1];
	login_verifier(&r->login, &login->salt, verifier);
	AUTO(buf) struct buf form = BUF_MAX(FORM_MAX);
	form_add(&form, "grant_type", SLICE_LIT("authorization_code"));
	form_add(&form, "code", in->code);
	form_add(&form, "redirect_uri", return_uri(r));
	form_add(&form, "client_id", slice_text(p->client_id));
	form_add(&form, "code_verifier", slice_text(verifier));
	form_add(&form, "client_assertion_type",
		SLICE_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
	form_add(&form, "client_assertion", answer->bytes);
	crypt_wipe(verifier, sizeof(verifier));
	struct fetch_call call = {.url = p->token_endpoint,
		.ca_file = p->ca[0] ? p->ca : NULL,
		.type = "application/x-www-form-urlencoded",
		.body = buf_slice(&form)};
	if (buf_check(&form) == ERR_OK)
		req_fetch(r, &call, token_came);
	else
		login_refuse(r, "code_too_long");
}

/* What the return says, before anybody is asked. */
static void attempt_returned(struct request *r)
{
	const struct identify_finish_in *in = r->in;
	const struct login *login = r->state;
	if (login->provider == NULL) {
		login_refuse(r, "provider_gone");
	} else if (in->has_iss && !slice_is(in->iss, login->provider->issuer)) {
		login_refuse(r, "issuer_mixed_up");
	} else if (in->has_error && slice_is(in->error, "access_denied")) {
		login_end(r, "cancelled", ERR_IDENTIFICATION_CANCELLED);
	} else if (in->has_error || !in->has_code) {
		login_refuse(r, in->has_error ? "provider_error" : "no_code");
	} else {
		struct keys_ask ask = {
			.type = KEYS_OIDC_ASSERTION, .provider = slice_text(login->provider->slug)};
		req_keys(r, &ask, assertion_signed);
	}
}

static void attempt_taken(struct request *r, const struct pg_result *result)
{
	struct login *login = r->state;
	if (pg_rows(result) == 0) {
		login_refuse(r, "no_attempt");
		return;
	}
	login->taken = true;
	login->attempt = pg_get_id(result, 0, LOGIN_TAKE_ATTEMPT);
	login->provider = provider_find(r, pg_get_bytes(result, 0, LOGIN_TAKE_PROVIDER));
	login->nonce = pg_get_hash(result, 0, LOGIN_TAKE_NONCE);
	login->salt = pg_get_hash(result, 0, LOGIN_TAKE_SALT);
	login->has_ticket = !pg_is_null(result, 0, LOGIN_TAKE_TICKET_ORG);
	login->has_room = !pg_is_null(result, 0, LOGIN_TAKE_TICKET_ROOM);
	if (login->has_ticket) {
		login->org = pg_get_id(result, 0, LOGIN_TAKE_TICKET_ORG);
		login->ticket = pg_get_hash(result, 0, LOGIN_TAKE_TICKET_HASH);
	}
	if (login->has_room)
		login->room = pg_get_id(result, 0, LOGIN_TAKE_TICKET_ROOM);
	attempt_returned(r);
}

void identify_finish(struct request *r)
{
	const struct identify_finish_in *in = r->in;
	r->state = ARENA_NEW(r->arena, struct login);
	if (!r->has_login) {
		login_refuse(r, "no_cookie");
		return;
	}
	struct hash cookie = crypt_sha256(hash_slice(&r->login));
	struct hash state = crypt_sha256(in->state);
	const struct pg_param params[] = {pg_hash(&cookie), pg_hash(&state)};
	req_query(r, STMT_LOGIN_TAKE, params, 2, attempt_taken);
}
