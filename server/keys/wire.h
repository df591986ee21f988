#pragma once
#include "base/buf.h"
#include "base/id.h"

/* What a worker and the keys process say to each other: one packet a message, big-endian,
 *   question: u8 type | u32 number | fields       answer: u8 type | u32 number | u8 reason | fields
 * with texts behind their length and nothing left over. The number is the asker's own. */
enum {
	KEYS_PACKET_MAX = 160 << 10,
	KEYS_TOKEN_MAX = 16 << 10,
	KEYS_JWKS_MAX = 64 << 10,
	KEYS_ORGS_MAX = 256,
	KEYS_CONTEXT_MAX = 4,
	KEYS_FIELD_MAX = 4096,
	KEYS_SEAL_EXTRA = 33, /* a sealed field is so much longer than the field */
	KEYS_NAME_MAX = 100,
	KEYS_SUBJECT_MAX = 512,
	KEYS_UNITS_MAX = 128, /* units of one question */
	KEYS_UNIT_WRAPPED = 32 + KEYS_SEAL_EXTRA,
	KEYS_SLUG_MAX = 32,
	KEYS_URI_MAX = 512,
	KEYS_STATE_SIZE = 43
};

enum keys_type {
	KEYS_OIDC_REQUEST = 1, /* -> bytes: the signed request object */
	KEYS_OIDC_ASSERTION,   /* -> bytes: the client assertion for the token request */
	KEYS_OIDC_OPEN,        /* -> person */
	KEYS_FIELD_SEAL,       /* -> bytes */
	KEYS_FIELD_OPEN,       /* -> bytes */
	KEYS_INDEX_ROTATE,     /* -> index, version, bytes: the same code sealed anew */
	KEYS_UNITS_MAKE,       /* -> bytes: for each unit a new key, and the same wrapped */
	KEYS_UNITS_OPEN,       /* -> bytes: for each unit its key */
};

enum keys_reason {
#define REASON(name, word) KEYS_##name,
#include "reasons.def"
#undef REASON
	KEYS_REASONS
};
const char *keys_reason_word(enum keys_reason reason);
/* "oidc_open"; "unknown" for a number that is no type. */
const char *keys_type_word(unsigned type);

/* What a sealed field is; a code is never opened for anybody. */
enum keys_kind { KEYS_CODE = 1, KEYS_GIVEN_NAME, KEYS_FAMILY_NAME, KEYS_EMAIL, KEYS_WORDS };

/* A retention unit: an epoch of a room (part 1..), a file (part 0). */
enum { KEYS_UNIT_REF = 20 };

struct keys_ask {
	enum keys_type type;
	struct slice provider; /* its slug, for the three of OIDC */
	union {
		struct {
			struct slice state;           /* KEYS_STATE_SIZE characters */
			struct hash nonce, challenge; /* their base64url stands in the token */
			struct slice redirect_uri, locale;
		} request;
		struct {
			struct slice id_token;
			struct slice jwks; /* as fetched; empty if the provider has jwks_file */
			struct hash nonce;
			struct slice orgs; /* 1..KEYS_ORGS_MAX ids of 16 bytes, one after another */
		} open;
		struct {
			enum keys_kind kind;
			/* Whose field it is, the organisation first: a sealed field opens in the
			 * same context only. Those of KEYS_OIDC_OPEN have the organisation alone.
			 */
			struct id context[KEYS_CONTEXT_MAX];
			size_t n_context; /* 1..KEYS_CONTEXT_MAX */
			struct slice bytes;
		} field;
		struct {
			struct hash token; /* LUOTSI_JOBS_TOKEN: only the jobs process has it */
			struct id org;
			struct slice sealed;
		} rotate;
		struct {
			struct id org;
			struct slice refs;    /* 1..KEYS_UNITS_MAX times unit[16] | part u32 */
			struct slice wrapped; /* of KEYS_UNITS_OPEN: as many */
		} units;
	};
};

/* A person as one organisation may know them. */
struct keys_person {
	struct id org;
	uint32_t version; /* of the index key, the newest */
	struct hash index;
	uint32_t previous_version; /* 0: there is no older key */
	struct hash previous_index;
	struct slice code, given_name, family_name; /* sealed; a name may be missing: empty */
};

struct keys_answer {
	enum keys_type type;
	enum keys_reason reason; /* when it is not KEYS_DONE nothing below is there */
	struct slice bytes;
	uint32_t version;
	struct hash index;
	struct slice acr;
	int64_t auth_time; /* seconds since 1970 */
	char country[2];
	size_t n_persons;
	struct slice persons; /* for keys_next_person */
};

/* Slices borrow from the packet. Writing what is over a ceiling puts buf over its own. */
void keys_ask_write(struct buf *b, uint32_t number, const struct keys_ask *ask);
MUST enum err keys_ask_read(struct slice packet, uint32_t *ret_number, struct keys_ask *ret_ask);
void keys_answer_write(struct buf *b, uint32_t number, const struct keys_answer *answer);
MUST enum err keys_answer_read(
	struct slice packet, uint32_t *ret_number, struct keys_answer *ret_answer);
void keys_person_write(struct buf *b, const struct keys_person *person);
/* Takes the next off *rest (a copy of answer->persons); false when none is left. */
bool keys_next_person(struct slice *rest, struct keys_person *ret_person);
