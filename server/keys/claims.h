#pragma once
#include "keys/wire.h"

/* The JSON inside tokens: read with jansson after its own strict look, written by hand. */
struct claims;

/* An object in UTF-8, no member twice, at most one level of containers inside it. KEYS_DONE or
 * KEYS_BAD_CLAIMS. */
MUST enum keys_reason claims_parse(struct slice json, struct claims **ret_claims);
void claims_free(struct claims **claims);
static inline void claims_cleanup(struct claims **claims)
{
	claims_free(claims);
}
bool claims_has(const struct claims *c, const char *name);
/* Empty when it is missing or no text. */
struct slice claims_text(const struct claims *c, const char *name);
/* The text, or the only text of a list. */
struct slice claims_only_text(const struct claims *c, const char *name);
MUST bool claims_number(const struct claims *c, const char *name, int64_t *ret_number);

/* The RSA key of that name in a JWK Set, for signatures by RS256: n and e as base64url, borrowed
 * from the set, which *ret_claims holds. KEYS_DONE, KEYS_BAD_JWKS, KEYS_UNKNOWN_KID. */
struct jwks_key {
	struct slice n, e;
};
MUST enum keys_reason jwks_find(
	struct slice json, struct slice kid, struct claims **ret_claims, struct jwks_key *ret_key);

/* An object, member by member. */
void claims_begin(struct buf *b);
void claims_add(struct buf *b, const char *name, struct slice text);
void claims_add_number(struct buf *b, const char *name, int64_t number);
void claims_end(struct buf *b);
