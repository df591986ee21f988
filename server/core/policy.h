#pragma once
#include "base/err.h"
#include "proto_gen.h"

/* Who may do what: one table, policy.def, and one pure function. The order of the roles is that of
 * the wire. */
enum role {
	ROLE_CLIENT,
	ROLE_COUNSELLOR,
	ROLE_TEAM_LEAD,
	ROLE_ADMIN,       /* of an organisation */
	ROLE_DPO,         /* its data protection officer */
	ROLE_COORDINATOR, /* of a region */
	ROLE_OPERATOR,    /* keeps the service running */
	ROLE_NOBODY,
	ROLE_COUNT
};
/* What the asker is to the thing asked for. */
enum relation {
	RELATION_NONE,
	RELATION_SELF,
	RELATION_ORGANISATION, /* its own organisation */
	RELATION_INVITED,      /* has claimed an invitation to the room and not joined yet */
	RELATION_MEMBER,       /* an active member of the room */
	RELATION_JUDGED,       /* the statement itself will judge */
	RELATION_COUNT
};
/* Of the room. */
enum phase { PHASE_NONE, PHASE_OPEN, PHASE_CLOSED, PHASE_COUNT };

struct facts {
	enum role role;
	enum relation relation;
	enum phase phase;
	bool fresh; /* the person has proven within minutes to be there */
	bool half;  /* by what can be phished alone; see session_is_half */
};

/* ERR_OK, or why not: ERR_FORBIDDEN for the role, ERR_NOT_MEMBER for the relation (also when there
 * is no such room: whether there is, is told to nobody), ERR_ROOM_CLOSED for the phase,
 * ERR_STEP_UP_NEEDED when nothing but a fresh proof is missing; before all others
 * ERR_PASSKEY_NEEDED, when the session is half and the action not for those. */
MUST enum err policy_decide(enum action action, const struct facts *facts);

extern const char *const role_words[ROLE_COUNT];
extern const char *const relation_words[RELATION_COUNT];
extern const char *const phase_words[PHASE_COUNT];
