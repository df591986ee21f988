/* What actions need of a room's agreement, from agreement.def. */
#include "core/agreement.h"

enum act {
#define ACT(name) ACT_##name,
#define NEEDS(action, act)
#include "core/agreement.def"
#undef ACT
#undef NEEDS
};

static const uint32_t needs[ACTION_COUNT] = {
#define ACT(name)
#define NEEDS(action, act) [ACTION_##action] = 1u << ACT_##act,
#include "core/agreement.def"
#undef ACT
#undef NEEDS
};

bool agreement_knows(enum action action)
{
	return needs[action] != 0;
}

enum err agreement_decide(enum action action, uint32_t allows)
{
	if ((needs[action] & ~allows) == 0)
		return ERR_OK;
	return (allows & AGREEMENT_FROZEN) != 0 ? ERR_ROOM_FROZEN : ERR_AGREEMENT_NOT_LIVE;
}
