#pragma once
#include "seal/envelope.h"
#include "seal/key.h"

/* Identity chains of persons and of organisations (proto/FORMAT.md, section 6). */
enum identity_type {
	IDENTITY_CREATE = 1,
	IDENTITY_ROTATE = 2,
	IDENTITY_RESET = 3,
	IDENTITY_STAFF_CERT = 4,
	IDENTITY_REVOKE = 5,
	IDENTITY_ORG_ROOT = 16,
	IDENTITY_ORG_RECOVERY = 17,
	IDENTITY_ORG_ISSUER = 18,
	IDENTITY_ORG_ISSUER_REVOKE = 19,
};
enum identity_role { IDENTITY_COUNSELLOR = 1, IDENTITY_TEAM_LEAD = 2, IDENTITY_ADMIN = 3 };

#define IDENTITY_MAX_ENTRIES 1024
#define IDENTITY_MAX_ISSUERS 64
#define IDENTITY_MAX_NAME 200

/* One entry, read. The slices borrow as env's do; fields that the type lacks are zero. */
struct identity_entry {
	struct envelope env;
	struct hash hash;
	enum identity_type type;
	struct id subject;
	struct pub sig_pub, enc_pub;  /* CREATE, ROTATE, RESET; root and issuer in sig_pub, recovery
					 in enc_pub */
	struct hash sig_kid, enc_kid; /* theirs, or those named; the kid of a REVOKE in sig_kid */
	struct slice new_signature;
	uint8_t role, reason;
	struct slice name, employer;
	uint64_t valid_from, valid_until;
	struct id user; /* of ORG_ISSUER */
};

/* A text of at most IDENTITY_MAX_NAME bytes, UTF-8 without control characters. */
struct identity_name {
	uint8_t n, text[IDENTITY_MAX_NAME];
};

struct identity_cert {
	struct hash hash; /* env_hash of the entry */
	uint8_t role;
	struct identity_name name, employer;
	uint64_t valid_from, valid_until;
};

struct identity_issuer {
	struct id user;
	struct pub pub;
	struct hash kid;
	uint64_t valid_until;
	uint64_t revoked_ms; /* 0: not revoked */
};

/* The state of a chain: read freely, changed by identity_apply only. A zeroed state is the empty
 * chain. */
struct identity {
	struct id org, subject;
	struct hash head;
	uint32_t n;
	uint64_t head_ms; /* client_time_ms of the newest entry */
	/* of a person */
	struct pub sig_pub, enc_pub;
	struct hash sig_kid, enc_kid;
	bool revoked, has_cert;
	uint32_t resets; /* how often the keys were made anew by who had lost them */
	struct identity_cert cert;
	struct hash *known; /* every key id there ever was, two an entry */
	size_t n_known, known_cap;
	/* of an organisation */
	struct pub root_pub, recovery_pub;
	struct hash root_kid, recovery_kid;
	struct identity_issuer issuers[IDENTITY_MAX_ISSUERS];
	size_t n_issuers;
};

struct identity *identity_new(void);
void identity_free(struct identity **id);
static inline void identity_cleanup(struct identity **id)
{
	identity_free(id);
}

/* Reads an envelope of kind 7 (another is refused as `kind`). Pure, as all of this header. */
MUST enum refusal identity_parse(struct slice bytes, struct identity_entry *ret);
/* The rules: changes the state, or refuses and leaves it. issuers is the organisation's chain, NULL
 * for the organisation's own; now_ms judges the entry's clock only, and a replay passes the entry's
 * own time. Signatures are identity_verify's, before. */
MUST enum refusal identity_apply(struct identity *state, const struct identity_entry *e,
	const struct identity *issuers, uint64_t now_ms);
/* Verifies the signature of the entry and, of a ROTATE, that of the new key. When no key is known
 * that sender_kid names, nothing is refused here: the rules say why. */
MUST enum refusal identity_verify(const struct identity *state, const struct identity_entry *e,
	const struct identity *issuers);

/* The issuer of this name, revoked or not; NULL when there is none. */
const struct identity_issuer *identity_find_issuer(
	const struct identity *org, const struct id *user, const struct hash *kid);
/* May this issuer sign now? The server asks before it accepts an entry that an issuer signed; the
 * rules themselves, which replays share, forgive what was signed before a revocation. */
bool identity_issuer_may_sign(
	const struct identity *org, const struct id *user, const struct hash *kid, uint64_t now_ms);
