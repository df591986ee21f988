/* Prints every answer of the table of rights: a line for each action, role and relation, with the
 * answer in each phase; two answers where it matters whether the person was just proven to be there
 * ("not/proven"). A line "half:" more where a half session is told anything but passkey_needed.
 * tests/policy/run compares it with golden.txt. */
#include <stdio.h>

#include "core/policy.h"

static const char *answer(enum action action, struct facts facts, bool fresh)
{
	facts.fresh = fresh;
	enum err e = policy_decide(action, &facts);
	return e == ERR_OK ? "ALLOW" : err_word(e);
}

static void print_line(enum action action, struct facts facts)
{
	printf("%-20s %-11s %-12s%s", action_words[action], role_words[facts.role],
		relation_words[facts.relation], facts.half ? " half:" : "");
	for (facts.phase = PHASE_NONE; facts.phase < PHASE_COUNT; facts.phase++) {
		const char *stale = answer(action, facts, false);
		const char *fresh = answer(action, facts, true);
		printf(" %s=%s", phase_words[facts.phase], stale);
		if (strcmp(stale, fresh) != 0)
			printf("/%s", fresh);
	}
	printf("\n");
}

static bool is_held_back(enum action action, struct facts facts)
{
	for (facts.phase = PHASE_NONE; facts.phase < PHASE_COUNT; facts.phase++)
		for (int fresh = 0; fresh < 2; fresh++) {
			facts.fresh = fresh != 0;
			if (policy_decide(action, &facts) != ERR_PASSKEY_NEEDED)
				return false;
		}
	return true;
}

static void print_lines(enum action action, struct facts facts)
{
	print_line(action, facts);
	facts.half = true;
	if (facts.role != ROLE_CLIENT && facts.role != ROLE_NOBODY && !is_held_back(action, facts))
		print_line(action, facts);
}

int main(void)
{
	for (enum action action = 0; action < ACTION_COUNT; action++)
		for (enum role role = 0; role < ROLE_COUNT; role++)
			for (enum relation relation = 0; relation < RELATION_COUNT; relation++)
				print_lines(
					action, (struct facts){.role = role, .relation = relation});
	return 0;
}
