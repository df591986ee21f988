#pragma once
#include "seal/envelope.h"
#include "seal/key.h"

/* The entries of a room's control log, read (proto/FORMAT.md, section 7). What they may do is
 * control.h's. All of this header is pure. */
enum control_type {
	CONTROL_CREATE = 1,
	CONTROL_INVITE = 2,
	CONTROL_JOIN = 3,
	CONTROL_ADD = 9,
	CONTROL_REMOVE = 10,
	CONTROL_LEAVE = 11,
	CONTROL_EPOCH = 12,
	CONTROL_HISTORY_GRANT = 13,
	CONTROL_RECOVERY_WRAP = 14,
	CONTROL_BREAK_GLASS = 15,
	CONTROL_CLOSE = 18,
	CONTROL_REOPEN = 19,
	CONTROL_REKEY = 20,
	CONTROL_RECOVERY_KEY = 21,
};
enum control_role { CONTROL_CLIENT = 1, CONTROL_STAFF = 2 };
/* Unproven is a client whose new keys nobody has compared: of a state only, never of an entry. */
enum control_proof { CONTROL_CERTIFIED = 1, CONTROL_COMPARED = 2, CONTROL_UNPROVEN = 3 };
enum control_keyset { CONTROL_KEY_ALL = 0, CONTROL_KEY_STAFF = 1 };
enum control_recipient { CONTROL_TO_MEMBER = 1, CONTROL_TO_INVITE = 2, CONTROL_TO_RECOVERY = 3 };

#define CONTROL_MAX_WRAPS 512
#define CONTROL_WRAP_SIZE 113

/* One entry, read. Slices borrow as env's do; fields that the type lacks are zero. */
struct control_entry {
	struct envelope env;
	struct hash hash;
	uint8_t type; /* enum control_type, or a reserved number */
	/* CREATE */
	struct hash root_kid, recovery_kid;
	struct id agreement;
	uint16_t retention_class;
	/* INVITE, JOIN */
	struct id invite;
	struct pub sig_pub, enc_pub;
	uint64_t expires_ms;
	struct slice one_time_signature;
	/* CREATE, JOIN, ADD, REMOVE, REKEY: a member and what it brings; HISTORY_GRANT,
	 * BREAK_GLASS: to whom */
	struct id user;
	struct hash sig_kid, enc_kid, cert;
	uint8_t role, proof, reason; /* the reason also of CLOSE and BREAK_GLASS */
	uint64_t baseline_seq;
	struct hash baseline_env;
	/* EPOCH, HISTORY_GRANT, RECOVERY_WRAP, BREAK_GLASS */
	uint32_t epoch, until; /* the number or the range's begin, and its end */
	struct hash commit, staff_commit;
	uint16_t n_wraps;
	struct slice wraps;
	/* BREAK_GLASS: the key of the ceremony, the root that vouches for it, what it vouches for
	 */
	struct pub ceremony_pub, root_pub;
	struct slice root_signature, vouched;
};

/* A wrap that an entry signs by its hash; its 113 bytes travel and live beside the entry. */
struct control_wrap {
	uint32_t epoch;
	uint8_t keyset, rtype;
	struct id rid;
	struct hash rkid, hash;
};

/* Reads an envelope of kind 6 (another is refused as `kind`). */
MUST enum refusal control_parse(struct slice bytes, struct control_entry *ret);
/* "EPOCH"; NULL for a number that is none or reserved. Static. */
const char *control_type_name(uint8_t type);

/* How many wraps an entry signs, each of them, and whether 113 bytes are the i-th. */
size_t control_n_wraps(const struct control_entry *e);
struct control_wrap control_wrap_at(const struct control_entry *e, size_t i);
bool control_wrap_fits(const struct control_entry *e, size_t i, struct slice wrap);
