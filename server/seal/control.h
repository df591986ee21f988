#pragma once
#include "seal/people.h"

/* The control log of a room: who may read it, by which keys (proto/FORMAT.md, section 7). */
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
	CONTROL_CLOSE = 18,
	CONTROL_REOPEN = 19,
};
enum control_role { CONTROL_CLIENT = 1, CONTROL_STAFF = 2 };
enum control_phase { CONTROL_NONE = 0, CONTROL_OPEN = 1, CONTROL_CLOSED = 2 };
enum control_proof { CONTROL_CERTIFIED = 1, CONTROL_COMPARED = 2 };
enum control_keyset { CONTROL_KEY_ALL = 0, CONTROL_KEY_STAFF = 1 };
enum control_recipient { CONTROL_TO_MEMBER = 1, CONTROL_TO_INVITE = 2, CONTROL_TO_RECOVERY = 3 };

#define CONTROL_MAX_ENTRIES 65535
#define CONTROL_MAX_MEMBERS 64
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
	/* CREATE, JOIN, ADD, REMOVE: a member and what it comes with; HISTORY_GRANT: to whom */
	struct id user;
	struct hash sig_kid, enc_kid, cert;
	uint8_t role, proof, reason; /* the reason also of CLOSE */
	uint64_t baseline_seq;
	struct hash baseline_env;
	/* EPOCH, HISTORY_GRANT, RECOVERY_WRAP */
	uint32_t epoch, until; /* the number or the range's begin, and its end */
	struct hash commit, staff_commit;
	uint16_t n_wraps;
	struct slice wraps;
};

/* A wrap that an entry signs by its hash; its 113 bytes travel and live beside the entry. */
struct control_wrap {
	uint32_t epoch;
	uint8_t keyset, rtype;
	struct id rid;
	struct hash rkid, hash;
};

struct control_member {
	struct id user;
	uint8_t role, proof;
	bool active;
	uint32_t since; /* index of the entry that brought these keys */
	struct hash sig_kid, enc_kid, cert;
};

struct control_invite {
	struct id id;
	struct pub sig_pub;
	struct hash enc_kid;
	uint64_t expires_ms;
};

struct control_epoch {
	struct hash commit, staff_commit;
	uint8_t author_role;
	bool recovery_wrapped;
};

/* The state of a log: read freely, changed by control_apply only. A zeroed state is the empty log.
 */
struct control {
	struct id org, room;
	struct hash head;
	uint32_t n;
	enum control_phase phase;
	struct id agreement;
	uint16_t retention_class;
	struct hash root_kid, recovery_kid;
	uint32_t epoch; /* the newest; 0 before the first */
	bool pending;   /* a new epoch must come before the next message */
	struct control_member members[CONTROL_MAX_MEMBERS];
	size_t n_members;
	bool has_invite;
	struct control_invite invite;
	struct control_epoch *epochs; /* of epoch e at e - 1 */
	size_t epochs_cap;
};

struct control *control_new(void);
void control_free(struct control **log);
static inline void control_cleanup(struct control **log)
{
	control_free(log);
}

/* Reads an envelope of kind 6 (another is refused as `kind`). Pure, as all of this header. */
MUST enum refusal control_parse(struct slice bytes, struct control_entry *ret);
/* The rules: changes the state, or refuses and leaves it. To decide about a new entry pass only the
 * people that hold now and the time; to replay a stored log pass all that ever held, and for now_ms
 * the entry's own time. Signatures are verified beside: the envelope's with the key of sender_kid,
 * and control_verify_join. */
MUST enum refusal control_apply(struct control *log, const struct control_entry *e,
	const struct people *people, uint64_t now_ms);
/* Verifies the one-time signature of a JOIN with the invitation's key; nothing is refused for other
 * types, nor without that invitation, because the rules say why. */
MUST enum refusal control_verify_join(const struct control *log, const struct control_entry *e);
/* "EPOCH"; NULL for a number that is none or reserved. Static. */
const char *control_type_name(uint8_t type);

/* How many wraps an entry signs, each of them, and whether 113 bytes are the i-th. */
size_t control_n_wraps(const struct control_entry *e);
struct control_wrap control_wrap_at(const struct control_entry *e, size_t i);
bool control_wrap_fits(const struct control_entry *e, size_t i, struct slice wrap);

/* The member, active or not; NULL when the user never was one. */
const struct control_member *control_find_member(const struct control *log, const struct id *user);
/* The member if active with this signing key: the one who may write. */
const struct control_member *control_find_writer(
	const struct control *log, const struct id *user, const struct hash *sig_kid);
/* The active client; NULL when there is none. */
const struct control_member *control_find_client(const struct control *log);
size_t control_count_active(const struct control *log, enum control_role role);
/* The state of an epoch; NULL when it never was. */
const struct control_epoch *control_epoch_at(const struct control *log, uint32_t epoch);
