#pragma once
#include "base/err.h"
#include "base/id.h"

/* What a passkey's answer must be before it is believed: W3C Web Authentication Level 3, sections
 * 7.1 and 7.2, without attestation. Pure: may run on any thread. */
enum webauthn {
#define WEBAUTHN(name, word) WEBAUTHN_##name,
#include "seal/webauthn.def"
#undef WEBAUTHN
	WEBAUTHN_COUNT
};
/* Static. */
const char *webauthn_word(enum webauthn w);

enum webauthn_act { WEBAUTHN_CREATE, WEBAUTHN_GET };

/* Its type is that of the act, its origin is exactly this one and nothing stands between them;
 * which challenge it answers is told by the SHA-256 of the challenge's 32 bytes. */
MUST enum webauthn webauthn_client(
	struct slice json, enum webauthn_act act, struct slice origin, struct hash *ret_challenge);

/* COSE algorithms: all that a passkey may sign with. */
enum { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };
enum { WEBAUTHN_KEY_MAX = 259, WEBAUTHN_CREDENTIAL_MAX = 1023, WEBAUTHN_CREDENTIAL_MIN = 16 };

struct webauthn_passkey {
	int algorithm;
	struct slice key; /* as libfido2 lays it out: x || y; the point; n || e */
	bool synced;      /* may live on several devices (backup eligible) */
};

struct webauthn_made {
	struct slice credential;         /* borrows from the attestation object */
	struct webauthn_passkey passkey; /* its key is key_bytes */
	uint32_t counter;
	uint8_t key_bytes[WEBAUTHN_KEY_MAX];
};
/* A new passkey, of an attestation object without attestation (or one that its own key signed).
 * rp_id: the host; client: the JSON that webauthn_client accepted. ret must stay where it is. */
MUST enum webauthn webauthn_check_made(
	const char *rp_id, struct slice client, struct slice object, struct webauthn_made *ret);

struct webauthn_assertion {
	struct slice client, data, signature;
};
/* The holder of this passkey is there, verified by their device, and signed this. The counter is
 * the caller's to compare. */
MUST enum webauthn webauthn_check_assertion(const char *rp_id,
	const struct webauthn_passkey *passkey, const struct webauthn_assertion *a,
	uint32_t *ret_counter);
