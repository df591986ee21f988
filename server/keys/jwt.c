/* The strict reading of tokens, in front of libcjose. A member that is not in the list below (zip,
 * crit, jku, jwk, x5u, x5c, and whatever will be thought of) does not get past, nor does an
 * algorithm that nobody here has asked for: the library never has to say no. */
#include "keys/jwt.h"

#include "base/b64.h"
#include "base/mem.h"

enum { KEY_LEAST = 256, KEY_MOST = 512, TAG = 16, IV_GCM = 12, IV_CBC = 16 };

static const struct member {
	const char *name;
	size_t at;
	bool in[2]; /* by enum jwt_kind */
} members[] = {
	{"alg", offsetof(struct jwt, alg), {true, true}},
	{"enc", offsetof(struct jwt, enc), {false, true}},
	{"kid", offsetof(struct jwt, kid), {true, true}},
	{"cty", offsetof(struct jwt, cty), {false, true}},
	{"typ", offsetof(struct jwt, typ), {true, true}},
	{"iss", offsetof(struct jwt, iss), {false, true}},
	{"aud", offsetof(struct jwt, aud), {false, true}},
};

static const struct {
	const char *name;
	size_t iv;
} encryptions[] = {{"A128CBC-HS256", IV_CBC}, {"A128GCM", IV_GCM}, {"A256GCM", IV_GCM}};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct slice *rest)
{
	while (rest->n > 0 && is_space(rest->p[0]))
		*rest = slice_from(*rest, 1);
}

static bool take(struct slice *rest, uint8_t c)
{
	skip_space(rest);
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

/* A JSON string without escapes; printable ASCII, so that it has one spelling. */
static bool take_text(struct slice *rest, struct slice *ret)
{
	if (!take(rest, '"'))
		return false;
	for (size_t i = 0; i < rest->n; i++) {
		uint8_t c = rest->p[i];
		if (c == '"') {
			*ret = slice_part(*rest, 0, i);
			*rest = slice_from(*rest, i + 1);
			return ret->n > 0;
		}
		if (c < ' ' || c >= 0x7f || c == '\\')
			return false;
	}
	return false;
}

static struct slice *member_of(struct jwt *jwt, struct slice name, enum jwt_kind kind)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].in[kind] && slice_is(name, members[i].name))
			return (struct slice *)(void *)((char *)jwt + members[i].at);
	}
	return NULL;
}

/* {"name":"text",...}: known names, none twice. */
static bool header_read(struct jwt *jwt, enum jwt_kind kind)
{
	struct slice rest = slice_of(jwt->header, jwt->n_header), name, value;
	if (!take(&rest, '{'))
		return false;
	do {
		if (!take_text(&rest, &name) || !take(&rest, ':') || !take_text(&rest, &value))
			return false;
		struct slice *member = member_of(jwt, name, kind);
		if (!member || member->n > 0)
			return false;
		*member = value;
	} while (take(&rest, ','));
	bool closed = take(&rest, '}');
	skip_space(&rest);
	return closed && rest.n == 0;
}

static size_t iv_of(struct slice enc)
{
	for (size_t i = 0; i < sizeof(encryptions) / sizeof(encryptions[0]); i++) {
		if (slice_is(enc, encryptions[i].name))
			return encryptions[i].iv;
	}
	return 0;
}

static bool header_is_good(const struct jwt *jwt, enum jwt_kind kind)
{
	if (kind == JWT_SIGNED)
		return slice_is(jwt->alg, "RS256") && jwt->kid.n > 0;
	return slice_is(jwt->alg, "RSA-OAEP") && slice_is(jwt->cty, "JWT") && iv_of(jwt->enc) > 0;
}

/* Parts between dots, exactly n, none empty. */
static bool split(struct slice token, size_t n, struct slice *ret_parts)
{
	struct slice rest = token, part;
	size_t found = 0;
	while (slice_next(&rest, '.', &part)) {
		if (found == n || part.n == 0)
			return false;
		ret_parts[found++] = part;
	}
	return found == n && token.p[token.n - 1] != '.';
}

static bool is_base64url(struct slice part)
{
	uint8_t *bytes = mem_new(b64_bytes_size(part.n));
	bool good = b64_decode(part, bytes) == ERR_OK;
	mem_free(bytes);
	return good;
}

static bool sizes_are_good(const struct jwt *jwt)
{
	size_t key = b64_bytes_size(jwt->parts[1].n);
	return key >= KEY_LEAST && key <= KEY_MOST &&
	       b64_bytes_size(jwt->parts[2].n) == iv_of(jwt->enc) &&
	       b64_bytes_size(jwt->parts[4].n) == TAG;
}

enum keys_reason jwt_parse(struct slice token, enum jwt_kind kind, struct jwt *ret_jwt)
{
	size_t n_parts = kind == JWT_SIGNED ? 3 : 5;
	*ret_jwt = (struct jwt){.n_header = 0};
	if (token.n == 0 || token.n > KEYS_TOKEN_MAX || !split(token, n_parts, ret_jwt->parts))
		return KEYS_BAD_TOKEN;
	for (size_t i = 0; i < n_parts; i++) {
		if (!is_base64url(ret_jwt->parts[i]))
			return KEYS_BAD_TOKEN;
	}
	ret_jwt->n_header = b64_bytes_size(ret_jwt->parts[0].n);
	if (ret_jwt->n_header > JWT_HEADER_MAX ||
		b64_decode(ret_jwt->parts[0], ret_jwt->header) != ERR_OK)
		return KEYS_BAD_HEADER;
	if (!header_read(ret_jwt, kind) || !header_is_good(ret_jwt, kind))
		return KEYS_BAD_HEADER;
	return kind == JWT_SIGNED || sizes_are_good(ret_jwt) ? KEYS_DONE : KEYS_BAD_TOKEN;
}
