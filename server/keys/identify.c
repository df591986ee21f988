/* Sign-in at an identity provider, as far as secrets go: the signed request, the client's
 * assertion, and the ID token, which is opened, judged and forgotten here. What leaves is an index
 * and sealed fields for each organisation: nobody outside ever holds an identity code. */
#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/num.h"
#include "keys/claims.h"
#include "keys/file.h"
#include "keys/hetu.h"
#include "keys/jwt.h"
#include "keys/keeper_state.h"

enum {
	SKEW = 60,
	REQUEST_SECONDS = 300,
	ASSERTION_SECONDS = 60,
	LOGIN_SECONDS = 600,
	JTI_SIZE = 16,
	FOREIGN_CODE_MAX = 64,
	CLAIMS_MAX = 8192
};

static void add_hash(struct buf *b, const char *name, const struct hash *h)
{
	char text[43];
	b64_encode(hash_slice(h), text);
	claims_add(b, name, slice_of(text, sizeof(text)));
}

/* Who says it to whom, when, and a number that is used once. */
static void add_frame(struct buf *b, const struct asked *a, const char *aud, int64_t seconds)
{
	uint8_t jti[JTI_SIZE];
	char text[22];
	crypt_random(jti, sizeof(jti));
	b64_encode(slice_of(jti, sizeof(jti)), text);
	claims_begin(b);
	claims_add(b, "iss", slice_text(a->provider->client_id));
	claims_add(b, "aud", slice_text(aud));
	claims_add(b, "jti", slice_of(text, sizeof(text)));
	claims_add_number(b, "iat", a->now);
	claims_add_number(b, "exp", a->now + seconds);
}

static enum keys_reason sign(const struct asked *a, struct buf *claims, struct keys_answer *ret)
{
	claims_end(claims);
	if (buf_check(claims) != ERR_OK)
		return KEYS_BAD_CLAIMS;
	jose_sign(a->held->sign, buf_slice(claims), &a->keeper->bytes);
	if (buf_check(&a->keeper->bytes) != ERR_OK)
		return KEYS_BAD_CLAIMS;
	ret->bytes = buf_slice(&a->keeper->bytes);
	return KEYS_DONE;
}

/* Printable ASCII that needs no escape. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f || strchr("\"\\<>", text.p[i]))
			return false;
	}
	return text.n > 0;
}

enum keys_reason identify_request(const struct asked *a, struct keys_answer *ret)
{
	AUTO(buf) struct buf b = BUF_MAX(CLAIMS_MAX);
	const struct provider *p = a->provider;
	if (!is_plain(a->ask->request.state) || !is_plain(a->ask->request.redirect_uri) ||
		!is_plain(a->ask->request.locale))
		return KEYS_BAD_CLAIMS;
	add_frame(&b, a, p->issuer, REQUEST_SECONDS);
	claims_add(&b, "client_id", slice_text(p->client_id));
	claims_add(&b, "response_type", SLICE_LIT("code"));
	claims_add(&b, "scope", slice_text(p->scope));
	claims_add(&b, "redirect_uri", a->ask->request.redirect_uri);
	claims_add(&b, "state", a->ask->request.state);
	add_hash(&b, "nonce", &a->ask->request.nonce);
	add_hash(&b, "code_challenge", &a->ask->request.challenge);
	claims_add(&b, "code_challenge_method", SLICE_LIT("S256"));
	claims_add(&b, "prompt", SLICE_LIT("login"));
	claims_add_number(&b, "max_age", LOGIN_SECONDS); /* so that auth_time comes back */
	claims_add(&b, "ui_locales", a->ask->request.locale);
	if (p->acr[0])
		claims_add(&b, "acr_values", slice_text(p->acr));
	return sign(a, &b, ret);
}

enum keys_reason identify_assertion(const struct asked *a, struct keys_answer *ret)
{
	AUTO(buf) struct buf b = BUF_MAX(CLAIMS_MAX);
	add_frame(&b, a, a->provider->assertion_audience, ASSERTION_SECONDS);
	claims_add(&b, "sub", slice_text(a->provider->client_id));
	return sign(a, &b, ret);
}

/* What an encrypting header repeats must be the same outside as inside. */
static bool header_fits(const struct jwt *jwt, const struct asked *a)
{
	const struct provider *p = a->provider;
	return (jwt->kid.n == 0 || slice_is(jwt->kid, jose_key_kid(a->held->decrypt))) &&
	       (jwt->iss.n == 0 || slice_is(jwt->iss, p->issuer)) &&
	       (jwt->aud.n == 0 || slice_is(jwt->aud, p->client_id));
}

static enum keys_reason decrypt(const struct asked *a, struct buf *ret_token)
{
	struct jwt jwt;
	struct slice token = a->ask->open.id_token;
	if (!a->provider->encrypted) {
		buf_add(ret_token, token);
		return KEYS_DONE;
	}
	enum keys_reason reason = jwt_parse(token, JWT_ENCRYPTED, &jwt);
	if (reason != KEYS_DONE)
		return reason;
	if (!header_fits(&jwt, a))
		return KEYS_BAD_HEADER;
	return jose_decrypt(a->held->decrypt, token, ret_token) == ERR_OK ? KEYS_DONE
									  : KEYS_NOT_DECRYPTED;
}

static enum keys_reason key_find(const struct asked *a, struct slice kid, struct jose_key **ret_key)
{
	AUTO(claims) struct claims *set = NULL;
	struct jwks_key key;
	struct slice jwks = a->held->jwks.n ? buf_slice(&a->held->jwks) : a->ask->open.jwks;
	enum keys_reason reason = jwks_find(jwks, kid, &set, &key);
	if (reason != KEYS_DONE)
		return reason;
	return jose_key_public(key.n, key.e, ret_key) == ERR_OK ? KEYS_DONE : KEYS_BAD_JWKS;
}

static enum keys_reason verify(const struct asked *a, struct slice token, struct buf *ret_payload)
{
	AUTO(jose_key) struct jose_key *key = NULL;
	struct jwt jwt;
	enum keys_reason reason = jwt_parse(token, JWT_SIGNED, &jwt);
	if (reason == KEYS_DONE)
		reason = key_find(a, jwt.kid, &key);
	if (reason != KEYS_DONE)
		return reason;
	return jose_verify(key, token, ret_payload) == ERR_OK ? KEYS_DONE
							      : KEYS_BAD_TOKEN_SIGNATURE;
}

static enum keys_reason check_times(const struct asked *a, const struct claims *c, int64_t *ret_at)
{
	int64_t exp, iat, at;
	if (!claims_number(c, "exp", &exp) || !claims_number(c, "iat", &iat) ||
		!claims_number(c, "auth_time", &at))
		return KEYS_BAD_CLAIMS;
	if (at < 0 || iat < 0 || exp < 0)
		return KEYS_BAD_CLAIMS;
	if (iat > a->now + SKEW || at > a->now + SKEW)
		return KEYS_TOKEN_FROM_THE_FUTURE;
	if (exp <= a->now - SKEW || iat < a->now - LOGIN_SECONDS)
		return KEYS_TOKEN_EXPIRED;
	if (at < a->now - LOGIN_SECONDS)
		return KEYS_OLD_LOGIN;
	*ret_at = at;
	return KEYS_DONE;
}

static enum keys_reason check_parties(const struct asked *a, const struct claims *c)
{
	const struct provider *p = a->provider;
	if (!slice_is(claims_text(c, "iss"), p->issuer))
		return KEYS_WRONG_ISSUER;
	if (!slice_is(claims_only_text(c, "aud"), p->client_id))
		return KEYS_WRONG_AUDIENCE;
	if (claims_has(c, "azp") && !slice_is(claims_text(c, "azp"), p->client_id))
		return KEYS_WRONG_AUDIENCE;
	return KEYS_DONE;
}

static enum keys_reason check_login(const struct asked *a, const struct claims *c)
{
	char nonce[43];
	b64_encode(hash_slice(&a->ask->open.nonce), nonce);
	if (!crypt_equal(claims_text(c, "nonce"), slice_of(nonce, sizeof(nonce))))
		return KEYS_WRONG_NONCE;
	return provider_accepts_acr(a->provider, claims_text(c, "acr")) ? KEYS_DONE
									: KEYS_WRONG_ACR;
}

static enum keys_reason check_code(const struct asked *a, struct slice code)
{
	bool is_test = false;
	if (code.n == 0)
		return KEYS_NO_CODE;
	if (a->provider->staff || !slice_is(slice_text(a->provider->country), "FI"))
		return is_plain(code) && code.n <= FOREIGN_CODE_MAX ? KEYS_DONE : KEYS_BAD_CODE;
	if (hetu_check(code, &is_test) != ERR_OK)
		return KEYS_BAD_CODE;
	return is_test && !a->keeper->development ? KEYS_TEST_PERSON : KEYS_DONE;
}

/* Whom the index names: for clients country and code; staff are known at their issuer alone. */
static enum keys_reason subject_of(const struct asked *a, const struct claims *c, struct buf *ret)
{
	const struct provider *p = a->provider;
	struct slice code = claims_text(c, p->claim_code);
	enum keys_reason reason = check_code(a, code);
	if (reason != KEYS_DONE)
		return reason;
	buf_add_text(ret, p->staff ? "ZZ" : p->country);
	if (p->staff)
		buf_addf(ret, "%s ", p->issuer);
	buf_add(ret, code);
	return buf_check(ret) == ERR_OK ? KEYS_DONE : KEYS_BAD_CODE;
}

/* At most KEYS_NAME_MAX bytes, whole characters. */
static struct slice name_of(const struct claims *c, const char *claim)
{
	struct slice name = claims_text(c, claim);
	size_t n = num_min(name.n, KEYS_NAME_MAX);
	while (n < name.n && n > 0 && (name.p[n] & 0xc0) == 0x80)
		n--;
	return slice_part(name, 0, n);
}

struct person_parts {
	struct slice subject, given, family;
};

static struct slice seal_field(const struct asked *a, const struct id *org, enum keys_kind kind,
	struct slice plain, struct buf *to)
{
	size_t at = to->n;
	if (plain.n > 0)
		vault_seal(a->keeper->vault, &(struct field_context){kind, org, 1}, plain, to);
	return slice_of(to->p + at, to->n - at);
}

static void add_person(
	const struct asked *a, const struct id *org, const struct person_parts *parts)
{
	enum { ROOM = KEYS_SUBJECT_MAX + 2 * KEYS_NAME_MAX + 3 * KEYS_SEAL_EXTRA };
	const struct vault *v = a->keeper->vault;
	AUTO(buf) struct buf code = BUF_MAX(ROOM), given = BUF_MAX(ROOM), family = BUF_MAX(ROOM);
	struct keys_person person = {.org = *org,
		.version = vault_index_version(v),
		.index = vault_index(v, org, parts->subject)};
	(void)vault_previous_index(
		v, org, parts->subject, &person.previous_version, &person.previous_index);
	person.code = seal_field(a, org, KEYS_CODE, parts->subject, &code);
	person.given_name = seal_field(a, org, KEYS_GIVEN_NAME, parts->given, &given);
	person.family_name = seal_field(a, org, KEYS_FAMILY_NAME, parts->family, &family);
	keys_person_write(&a->keeper->bytes, &person);
}

static enum keys_reason answer_persons(
	const struct asked *a, const struct claims *c, struct keys_answer *ret)
{
	AUTO(buf_wipe) struct buf subject = BUF_MAX(KEYS_SUBJECT_MAX);
	enum keys_reason reason = subject_of(a, c, &subject);
	if (reason != KEYS_DONE)
		return reason;
	const struct provider *p = a->provider;
	const struct person_parts parts = {
		buf_slice(&subject), name_of(c, p->claim_given), name_of(c, p->claim_family)};
	struct slice orgs = a->ask->open.orgs;
	for (size_t at = 0; at < orgs.n; at += sizeof(struct id)) {
		struct id org;
		memcpy(org.b, orgs.p + at, sizeof(org.b));
		add_person(a, &org, &parts);
		ret->n_persons++;
	}
	buf_add(&a->keeper->acr, claims_text(c, "acr"));
	if (buf_check(&a->keeper->bytes) != ERR_OK || buf_check(&a->keeper->acr) != ERR_OK)
		return KEYS_BAD_CLAIMS;
	ret->persons = buf_slice(&a->keeper->bytes);
	ret->acr = buf_slice(&a->keeper->acr);
	memcpy(ret->country, subject.p, sizeof(ret->country));
	return KEYS_DONE;
}

static enum keys_reason judge(const struct asked *a, struct slice payload, struct keys_answer *ret)
{
	AUTO(claims) struct claims *c = NULL;
	enum keys_reason reason = claims_parse(payload, &c);
	if (reason == KEYS_DONE)
		reason = check_parties(a, c);
	if (reason == KEYS_DONE)
		reason = check_times(a, c, &ret->auth_time);
	if (reason == KEYS_DONE)
		reason = check_login(a, c);
	return reason == KEYS_DONE ? answer_persons(a, c, ret) : reason;
}

/* Staff are opened for their own organisation and no other. */
static bool orgs_fit(const struct asked *a)
{
	return !a->provider->staff || slice_equal(a->ask->open.orgs, id_slice(&a->provider->org));
}

enum keys_reason identify_open(const struct asked *a, struct keys_answer *ret)
{
	AUTO(buf_wipe) struct buf token = BUF_MAX(KEYS_TOKEN_MAX);
	AUTO(buf_wipe) struct buf payload = BUF_MAX(KEYS_TOKEN_MAX);
	if (!orgs_fit(a))
		return KEYS_NOT_ALLOWED;
	enum keys_reason reason = decrypt(a, &token);
	if (reason == KEYS_DONE)
		reason = verify(a, buf_slice(&token), &payload);
	return reason == KEYS_DONE ? judge(a, buf_slice(&payload), ret) : reason;
}
