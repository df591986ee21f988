#pragma once
#include "base/buf.h"

/* The only place of libcjose: load keys, sign, verify, decrypt. Tokens have passed jwt_parse before
 * they come here. */
struct jose_key;

/* From now on what cjose and jansson free is zeroed first. */
void jose_start(void);

/* An RSA key, 2048 to 4096 bits, from a JWK; ERR_BAD_FIELD for anything else. Its name is the
 * thumbprint of RFC 7638, whatever the JWK says. */
MUST enum err jose_key_read(struct slice jwk, struct jose_key **ret_key);
/* The same from base64url n and e: public. */
MUST enum err jose_key_public(struct slice n, struct slice e, struct jose_key **ret_key);
/* A new one of 2048 bits. */
struct jose_key *jose_key_make(void);
void jose_key_free(struct jose_key **key);
static inline void jose_key_cleanup(struct jose_key **key)
{
	jose_key_free(key);
}
const char *jose_key_kid(const struct jose_key *key);
/* The private JWK; the ceiling of ret must hold it. */
void jose_key_write(const struct jose_key *key, struct buf *ret);
/* The public members, without braces: "kty":...,"kid":... */
void jose_key_write_public(const struct jose_key *key, struct buf *ret);

/* RS256 over a payload, compact form. */
void jose_sign(const struct jose_key *key, struct slice payload, struct buf *ret);
/* The payload; ERR_BAD_SIGNATURE. */
MUST enum err jose_verify(const struct jose_key *key, struct slice token, struct buf *ret);
/* What was encrypted; ERR_BAD_FIELD. */
MUST enum err jose_decrypt(const struct jose_key *key, struct slice token, struct buf *ret);
