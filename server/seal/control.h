#pragma once
#include "seal/control_entry.h"
#include "seal/people.h"

/* The control log of a room: who may read it, by which keys (proto/FORMAT.md, section 7). */
enum control_phase { CONTROL_NONE = 0, CONTROL_OPEN = 1, CONTROL_CLOSED = 2 };

#define CONTROL_MAX_ENTRIES 65535
#define CONTROL_MAX_EPOCH 65535
#define CONTROL_MAX_MEMBERS 64

struct control_member {
	struct id user;
	uint8_t role, proof;
	bool active;
	bool lapsed;     /* an epoch left this one out: keys or certificate had ended */
	uint32_t since;  /* index of the entry that brought these keys */
	uint32_t from;   /* of a client: the first epoch that may be granted */
	uint32_t resets; /* of the chain, when these keys came */
	struct hash sig_kid, enc_kid, cert;
};

struct control_invite {
	struct id id;
	struct pub sig_pub;
	struct hash enc_kid;
	uint64_t expires_ms;
	uint32_t from; /* the first epoch that is wrapped to it */
};

struct control_epoch {
	struct hash commit, staff_commit;
	uint8_t author_role;
	bool unproven; /* its author was */
	bool recovery_wrapped;
};

/* The state of a log: read freely, changed by control_apply only. Zeroed it is the empty log. */
struct control {
	struct id org, room;
	struct hash head;
	uint32_t n;
	uint64_t time_ms; /* the newest of an entry's own */
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

/* The rules: changes the state, or refuses and leaves it. To decide about a new entry pass only the
 * people that hold now and the time; to replay a stored log pass all that ever held, and for now_ms
 * the entry's own time. Signatures are verified beside: the envelope's with the key of sender_kid,
 * and control_verify_join. */
MUST enum refusal control_apply(struct control *log, const struct control_entry *e,
	const struct people *people, uint64_t now_ms);
/* Verifies the one-time signature of a JOIN with the invitation's key; nothing is refused for other
 * types, nor without that invitation, because the rules say why. */
MUST enum refusal control_verify_join(const struct control *log, const struct control_entry *e);
/* Verifies both signatures of a BREAK_GLASS: the ceremony's key's, and that of the root it names;
 * nothing is refused for other types. */
MUST enum refusal control_verify_break_glass(const struct control_entry *e);

/* The member, active or not; NULL when the user never was one. */
const struct control_member *control_find_member(const struct control *log, const struct id *user);
/* The member if active, not lapsed, with this signing key: the one who may write. */
const struct control_member *control_find_writer(
	const struct control *log, const struct id *user, const struct hash *sig_kid);
/* The active client; NULL when there is none. */
const struct control_member *control_find_client(const struct control *log);
/* The state of an epoch; NULL when it never was. */
const struct control_epoch *control_epoch_at(const struct control *log, uint32_t epoch);
