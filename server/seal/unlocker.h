#pragma once
#include "base/id.h"
#include "seal/refusal.h"

/* Records that unlock a person's keys (proto/FORMAT.md, section 8). The server keeps them and can
 * open none: it checks their form, and that no browser would refuse the parameters. */
enum unlocker_type { UNLOCKER_PASSKEY = 1, UNLOCKER_PASSPHRASE = 2, UNLOCKER_CODE = 3 };

#define UNLOCKER_MAX_SIZE 200

/* A view; the slices borrow. */
struct unlocker {
	enum unlocker_type type;
	struct id org, user, id;
	uint64_t created_ms;
	struct slice params, sealed;
};

/* Parses to the last byte. Pure. */
MUST enum refusal unlocker_parse(struct slice bytes, struct unlocker *ret);
