/* What must be true of every row that anybody adds to the table of rights, tried on every message
 * with every role: no message without a row, no row without a message's door, and no way into a
 * room for those who administer. */
#include <stdio.h>

#include "core/agreement.h"
#include "core/policy.h"
#include "core/route.h"

static unsigned n_passed, n_failed;

static void hold(bool true_it_is, const char *op, const char *what)
{
	if (true_it_is) {
		n_passed++;
		return;
	}
	n_failed++;
	printf("not ok: %s: %s\n", op, what);
}

/* What the gate can find out the asker to be to the resource. */
static bool reaches(enum resource resource, enum relation relation)
{
	static const unsigned relations[] = {
		[RESOURCE_NONE] = 1u << RELATION_NONE,
		[RESOURCE_SELF] = 1u << RELATION_SELF,
		[RESOURCE_ROOM] =
			1u << RELATION_NONE | 1u << RELATION_INVITED | 1u << RELATION_MEMBER,
		[RESOURCE_ENVELOPE] = 1u << RELATION_JUDGED,
		[RESOURCE_FILE] = 1u << RELATION_JUDGED,
		[RESOURCE_ORGANISATION] = 1u << RELATION_ORGANISATION,
	};
	return (relations[resource] & 1u << relation) != 0;
}

/* Whether the role may do it at best: related as well as the resource allows, proven anew. */
static bool may(enum action action, enum role role, const enum resource *resource)
{
	struct facts facts = {.role = role, .fresh = true};
	for (facts.relation = 0; facts.relation < RELATION_COUNT; facts.relation++)
		for (facts.phase = 0; facts.phase < PHASE_COUNT; facts.phase++)
			if ((resource == NULL || reaches(*resource, facts.relation)) &&
				policy_decide(action, &facts) == ERR_OK)
				return true;
	return false;
}

static bool starts(const char *op, const char *start)
{
	return strncmp(op, start, strlen(start)) == 0;
}

static bool is_of_a_room(const struct route *route)
{
	static const char *const names[] = {
		"room_", "message_", "draft_", "control_", "invitation_", "identified_"};
	bool named = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		named = named || starts(route->op, names[i]);
	return named || route->resource == RESOURCE_ROOM || route->resource == RESOURCE_ENVELOPE ||
	       route->resource == RESOURCE_FILE;
}

static void check_route(const struct route *route)
{
	bool anybody = false;
	for (enum role role = 0; role < ROLE_COUNT; role++)
		anybody = anybody || may(route->action, role, &route->resource);
	hold(anybody, route->op, "no row allows it to anybody");
	hold(route->resource != RESOURCE_ROOM || agreement_knows(route->action), route->op,
		"nothing says what it needs of the agreement");
	bool before = route->audience == AUDIENCE_NOBODY;
	hold(before == may(route->action, ROLE_NOBODY, NULL), route->op,
		"its row and its audience differ about who is not signed in");
	for (enum role role = ROLE_ADMIN; is_of_a_room(route) && role <= ROLE_NOBODY; role++)
		hold(!may(route->action, role, NULL), route->op, role_words[role]);
}

/* Said once more, apart from the table: nothing else may ever be done without a passkey. */
static bool is_for_half(enum action action)
{
	static const enum action few[] = {ACTION_SESSION_LIST, ACTION_SESSION_END,
		ACTION_PASSKEY_READ, ACTION_PASSKEY_ADD, ACTION_PASSKEY_FINISH, ACTION_STEP_UP};
	for (size_t i = 0; i < sizeof(few) / sizeof(few[0]); i++)
		if (few[i] == action)
			return true;
	return false;
}

static void check_action(enum action action)
{
	bool anybody = false;
	for (enum role role = 0; role < ROLE_COUNT; role++) {
		struct facts facts = {.role = role};
		anybody = anybody || may(action, role, NULL);
		for (facts.relation = 0; facts.relation < RELATION_COUNT; facts.relation++)
			for (facts.phase = 0; facts.phase < PHASE_COUNT; facts.phase++) {
				facts.fresh = false;
				bool stale = policy_decide(action, &facts) == ERR_OK;
				facts.fresh = true;
				bool fresh = policy_decide(action, &facts) == ERR_OK;
				hold(fresh || !stale, action_words[action],
					"a proof takes a right away");
				facts.half = true;
				enum err half = policy_decide(action, &facts);
				hold(fresh || half != ERR_OK, action_words[action],
					"half a session has a right that a whole one has not");
				hold(half == ERR_PASSKEY_NEEDED || is_for_half(action),
					action_words[action], "more than half a session may");
				facts.half = false;
			}
	}
	hold(anybody, action_words[action], "no row allows it to anybody");
	hold(!agreement_knows(action) || agreement_decide(action, 0) == ERR_AGREEMENT_NOT_LIVE,
		action_words[action], "done under an agreement that allows nothing");
}

int main(void)
{
	unsigned n_rooms = 0;
	for (size_t i = 0; i < n_routes; i++) {
		check_route(&routes[i]);
		n_rooms += is_of_a_room(&routes[i]);
	}
	for (enum action action = 0; action < ACTION_COUNT; action++)
		check_action(action);
	hold(n_rooms >= 8, "rooms", "their messages were not found");
	printf("%u passed, %u failed, 0 skipped\n", n_passed, n_failed);
	return n_failed > 0;
}
