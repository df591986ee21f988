/* The table of rights and its reader. Nothing here waits, allocates or knows a module: the gate
 * brings the facts, and the golden file of tests/policy holds every answer. */
#include "core/policy.h"

struct rule {
	enum action action;
	unsigned roles, relations, phases; /* bits */
	bool fresh;
};

/* In policy.def the names stand bare; here they are bits. */
enum {
	CLIENT = 1u << ROLE_CLIENT,
	COUNSELLOR = 1u << ROLE_COUNSELLOR,
	TEAM_LEAD = 1u << ROLE_TEAM_LEAD,
	ADMIN = 1u << ROLE_ADMIN,
	DPO = 1u << ROLE_DPO,
	COORDINATOR = 1u << ROLE_COORDINATOR,
	OPERATOR = 1u << ROLE_OPERATOR,
	NOBODY = 1u << ROLE_NOBODY,
	COUNSELS = COUNSELLOR | TEAM_LEAD,
	HAS_KEYS = CLIENT | COUNSELS | ADMIN | DPO,
	ANYBODY = HAS_KEYS | COORDINATOR | OPERATOR,
};
enum {
	RELATION_BIT_NONE = 1u << RELATION_NONE,
	RELATION_BIT_SELF = 1u << RELATION_SELF,
	RELATION_BIT_ORGANISATION = 1u << RELATION_ORGANISATION,
	RELATION_BIT_INVITED = 1u << RELATION_INVITED,
	RELATION_BIT_MEMBER = 1u << RELATION_MEMBER,
	RELATION_BIT_JUDGED = 1u << RELATION_JUDGED,
};
enum {
	NONE = 1u << PHASE_NONE,
	OPEN = 1u << PHASE_OPEN,
	CLOSED = 1u << PHASE_CLOSED,
};

static const struct rule rules[] = {
#define ALLOW(action_name, role_bits, relation_name, phase_bits) \
	{ACTION_##action_name, (role_bits), RELATION_BIT_##relation_name, (phase_bits), false},
#define ALLOW_FRESH(action_name, role_bits, relation_name, phase_bits) \
	{ACTION_##action_name, (role_bits), RELATION_BIT_##relation_name, (phase_bits), true},
#define HALF(action_name)
#include "core/policy.def"
#undef ALLOW
#undef ALLOW_FRESH
#undef HALF
};

static const bool half_may[ACTION_COUNT] = {
#define ALLOW(action_name, role_bits, relation_name, phase_bits)
#define ALLOW_FRESH(action_name, role_bits, relation_name, phase_bits)
#define HALF(action_name) [ACTION_##action_name] = true,
#include "core/policy.def"
#undef ALLOW
#undef ALLOW_FRESH
#undef HALF
};

const char *const role_words[ROLE_COUNT] = {
	"client", "counsellor", "team_lead", "admin", "dpo", "coordinator", "operator", "nobody"};
const char *const relation_words[RELATION_COUNT] = {
	"none", "self", "organisation", "invited", "member", "judged"};
const char *const phase_words[PHASE_COUNT] = {"none", "open", "closed"};

enum err policy_decide(enum action action, const struct facts *facts)
{
	if (facts->half && !half_may[action])
		return ERR_PASSKEY_NEEDED;
	enum err why = ERR_FORBIDDEN;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		if (rule->action != action || (rule->roles & 1u << facts->role) == 0)
			continue;
		if ((rule->relations & 1u << facts->relation) == 0) {
			if (why == ERR_FORBIDDEN)
				why = ERR_NOT_MEMBER;
			continue;
		}
		bool in_phase = (rule->phases & 1u << facts->phase) != 0;
		if (in_phase && (facts->fresh || !rule->fresh))
			return ERR_OK;
		why = in_phase ? ERR_STEP_UP_NEEDED : ERR_ROOM_CLOSED;
	}
	return why;
}
