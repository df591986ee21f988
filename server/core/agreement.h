#pragma once
#include "base/err.h"
#include "proto_gen.h"

/* The bit above the classes: the room is frozen, whose classes they are what is left of. */
#define AGREEMENT_FROZEN (1u << 30)
/* ERR_OK if an agreement that allows these classes (bits in the order of agreement.def, as
 * agreement.allows of the database has them) allows the action in a room of its, else
 * ERR_AGREEMENT_NOT_LIVE, or ERR_ROOM_FROZEN. What has no row needs nothing of the agreement. */
MUST enum err agreement_decide(enum action action, uint32_t allows);
/* Whether agreement.def says of the action what it needs. */
bool agreement_knows(enum action action);
