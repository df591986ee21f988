/* The JSON of tokens and of providers' keys. Depth and text are judged before jansson sees a byte;
 * jansson refuses members that come twice. */
#include "keys/claims.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { DEPTH_MOST = 2, JWKS_DEPTH_MOST = 4 };

/* A claims is a json_t, known as such only here. */
static const json_t *json_of(const struct claims *c)
{
	return (const json_t *)(const void *)c;
}

static bool is_shallow(struct slice json, size_t most)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < json.n; i++) {
		uint8_t c = json.p[i];
		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '{' || c == '[')) {
			if (++depth > most)
				return false;
		} else if (!quoted && (c == '}' || c == ']')) {
			depth -= depth > 0;
		}
	}
	return true;
}

static json_t *parse(struct slice json, size_t depth)
{
	if (json.n == 0 || json.n > KEYS_JWKS_MAX || !slice_is_utf8(json) ||
		!is_shallow(json, depth))
		return NULL;
	const char *text = (const char *)json.p;
	json_t *root = json_loadb(text, json.n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

enum keys_reason claims_parse(struct slice json, struct claims **ret_claims)
{
	json_t *root = parse(json, DEPTH_MOST);
	if (!root)
		return KEYS_BAD_CLAIMS;
	*ret_claims = (struct claims *)(void *)root;
	return KEYS_DONE;
}

void claims_free(struct claims **claims)
{
	json_decref((json_t *)(void *)*claims);
	*claims = NULL;
}

bool claims_has(const struct claims *c, const char *name)
{
	return json_object_get(json_of(c), name) != NULL;
}

static struct slice text_of(const json_t *value)
{
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

struct slice claims_text(const struct claims *c, const char *name)
{
	return text_of(json_object_get(json_of(c), name));
}

struct slice claims_only_text(const struct claims *c, const char *name)
{
	const json_t *value = json_object_get(json_of(c), name);
	if (json_is_array(value) && json_array_size(value) == 1)
		value = json_array_get(value, 0);
	return text_of(value);
}

bool claims_number(const struct claims *c, const char *name, int64_t *ret_number)
{
	const json_t *value = json_object_get(json_of(c), name);
	if (!json_is_integer(value))
		return false;
	*ret_number = json_integer_value(value);
	return true;
}

static bool is_or_missing(const json_t *key, const char *name, const char *wanted)
{
	const json_t *value = json_object_get(key, name);
	return !value || slice_is(text_of(value), wanted);
}

static bool is_signing_key(const json_t *key, struct slice kid)
{
	return slice_equal(text_of(json_object_get(key, "kid")), kid) &&
	       slice_is(text_of(json_object_get(key, "kty")), "RSA") &&
	       is_or_missing(key, "use", "sig") && is_or_missing(key, "alg", "RS256");
}

enum keys_reason jwks_find(
	struct slice json, struct slice kid, struct claims **ret_claims, struct jwks_key *ret_key)
{
	json_t *root = parse(json, JWKS_DEPTH_MOST), *key = NULL;
	const json_t *keys = json_object_get(root, "keys"), *found = NULL;
	size_t i, n_found = 0;
	json_array_foreach(keys, i, key)
	{
		if (!is_signing_key(key, kid))
			continue;
		found = key;
		n_found++;
	}
	enum keys_reason reason = !json_is_array(keys) || n_found > 1 ? KEYS_BAD_JWKS
				  : n_found == 0                      ? KEYS_UNKNOWN_KID
								      : KEYS_DONE;
	if (reason != KEYS_DONE) {
		json_decref(root);
		return reason;
	}
	*ret_key = (struct jwks_key){
		text_of(json_object_get(found, "n")), text_of(json_object_get(found, "e"))};
	*ret_claims = (struct claims *)(void *)root;
	return KEYS_DONE;
}

static void add_text(struct buf *b, struct slice text)
{
	buf_add_byte(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c < ' ') {
			buf_addf(b, "\\u%04x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_add_byte(b, '\\');
		buf_add_byte(b, c);
	}
	buf_add_byte(b, '"');
}

static void add_name(struct buf *b, const char *name)
{
	if (b->n > 1)
		buf_add_byte(b, ',');
	add_text(b, slice_text(name));
	buf_add_byte(b, ':');
}

void claims_begin(struct buf *b)
{
	buf_reset(b);
	buf_add_byte(b, '{');
}

void claims_add(struct buf *b, const char *name, struct slice text)
{
	add_name(b, name);
	add_text(b, text);
}

void claims_add_number(struct buf *b, const char *name, int64_t number)
{
	add_name(b, name);
	buf_add_decimal(b, number);
}

void claims_end(struct buf *b)
{
	buf_add_byte(b, '}');
}
