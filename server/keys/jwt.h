#pragma once
#include "keys/wire.h"

/* What a token must look like before any library is shown it: compact form (RFC 7515, 7516),
 * base64url with one spelling, a header of few known members, all texts. */
enum jwt_kind { JWT_SIGNED, JWT_ENCRYPTED };
enum { JWT_HEADER_MAX = 1024, JWT_PARTS_MAX = 5 };

struct jwt {
	struct slice alg, enc, kid, cty, typ, iss, aud; /* empty when missing; borrow from header */
	size_t n_header;
	uint8_t header[JWT_HEADER_MAX];
	struct slice parts[JWT_PARTS_MAX]; /* as they stand in the token */
};

/* KEYS_DONE, KEYS_BAD_TOKEN or KEYS_BAD_HEADER. Signed: RS256 with kid. Encrypted: RSA-OAEP with
 * A128CBC-HS256, A128GCM or A256GCM and cty JWT, IV and tag of the right size. */
MUST enum keys_reason jwt_parse(struct slice token, enum jwt_kind kind, struct jwt *ret_jwt);
