/* Tokens before any library sees them, and the JSON in them. What passes is what the profile says,
 * read once more in another way; the parts together are the token. */
#include "fuzz.h"

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "keys/claims.h"
#include "keys/jwt.h"
#include "reference.h"

static bool is_one_of(struct slice text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_is(text, words[i]))
			return true;
	}
	return false;
}

/* Is there a member of that name? Strings hold no backslash, so that a quoted word before a colon
 * is one; elsewhere it is a value, which may be any. */
static bool has_member(struct slice header, const char *quoted)
{
	for (;;) {
		const uint8_t *at = memmem(header.p, header.n, quoted, strlen(quoted));
		if (!at)
			return false;
		header = slice_from(header, (size_t)(at - header.p) + strlen(quoted));
		size_t n = 0;
		while (n < header.n && memchr(" \t\r\n", header.p[n], 4))
			n++;
		if (n < header.n && header.p[n] == ':')
			return true;
	}
}

static void check_header(const struct jwt *jwt)
{
	static const char *const forbidden[] = {"\"zip\"", "\"crit\"", "\"jku\"", "\"jwk\"",
		"\"x5u\"", "\"x5c\"", "\"p2c\"", "\"epk\""};
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		HOLD(!has_member(slice_of(jwt->header, jwt->n_header), forbidden[i]));
	HOLD(memchr(jwt->header, '\\', jwt->n_header) == NULL);
	HOLD(reference_is_utf8(jwt->header, jwt->n_header));
	AUTO(claims) struct claims *again = NULL;
	HOLD(claims_parse(slice_of(jwt->header, jwt->n_header), &again) == KEYS_DONE);
	HOLD(slice_equal(claims_text(again, "alg"), jwt->alg));
	HOLD(slice_equal(claims_text(again, "kid"), jwt->kid));
	HOLD(slice_equal(claims_text(again, "enc"), jwt->enc));
	HOLD(slice_equal(claims_text(again, "cty"), jwt->cty));
}

static void check_token(struct slice token, enum jwt_kind kind)
{
	static const char *const encryptions[] = {"A128CBC-HS256", "A128GCM", "A256GCM"};
	struct jwt jwt;
	if (jwt_parse(token, kind, &jwt) != KEYS_DONE)
		return;
	size_t n = kind == JWT_SIGNED ? 3 : 5, total = n - 1;
	for (size_t i = 0; i < n; i++)
		total += jwt.parts[i].n;
	HOLD(total == token.n && token.n <= KEYS_TOKEN_MAX);
	check_header(&jwt);
	if (kind == JWT_SIGNED) {
		HOLD(slice_is(jwt.alg, "RS256") && jwt.kid.n > 0 && jwt.cty.n == 0);
		return;
	}
	HOLD(slice_is(jwt.alg, "RSA-OAEP") && slice_is(jwt.cty, "JWT"));
	HOLD(is_one_of(jwt.enc, encryptions, 3));
	HOLD(b64_bytes_size(jwt.parts[4].n) == 16);
}

/* The input is the header: the other parts are there already, so that the fuzzer need not spell
 * them. */
static void check_as_header(struct slice header, enum jwt_kind kind)
{
	static const uint8_t zeroes[256];
	AUTO(buf) struct buf b = BUF_MAX(1 << 18);
	b64_add(&b, header);
	if (kind == JWT_ENCRYPTED) {
		buf_add_byte(&b, '.');
		b64_add(&b, slice_of(zeroes, sizeof(zeroes)));
		buf_add_byte(&b, '.');
		b64_add(&b, slice_of(zeroes, 12));
		buf_add_text(&b, ".AAAA.");
		b64_add(&b, slice_of(zeroes, 16));
	} else {
		buf_add_text(&b, ".e30.AAAA");
	}
	check_token(buf_slice(&b), kind);
}

static void check_claims(struct slice json)
{
	AUTO(claims) struct claims *c = NULL;
	int64_t number;
	if (claims_parse(json, &c) != KEYS_DONE)
		return;
	HOLD(reference_is_utf8(json.p, json.n));
	HOLD(!claims_number(c, "exp", &number) || claims_has(c, "exp"));
	HOLD(claims_text(c, "aud").n == 0 ||
		slice_equal(claims_text(c, "aud"), claims_only_text(c, "aud")));
}

static void check_jwks(struct slice json)
{
	AUTO(claims) struct claims *set = NULL;
	struct jwks_key key = {SLICE_NONE, SLICE_NONE};
	if (jwks_find(json, SLICE_LIT("k"), &set, &key) == KEYS_DONE)
		HOLD(set != NULL && key.n.n + key.e.n <= json.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
	case 1:
		check_token(rest, data[0] % 6 == 0 ? JWT_SIGNED : JWT_ENCRYPTED);
		break;
	case 2:
	case 3:
		check_as_header(rest, data[0] % 6 == 2 ? JWT_SIGNED : JWT_ENCRYPTED);
		break;
	case 4:
		check_claims(rest);
		break;
	default:
		check_jwks(rest);
	}
	return 0;
}
