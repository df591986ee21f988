#pragma once
#include "core/request.h"

/* Keys of retention units: an epoch of a room, a file. Wraps of an epoch and the sealed key of a
 * file are sealed once more under them before they reach the main database; they live in a small
 * database of their own, wrapped by the keys process (README, "Erasure"). A process remembers those
 * it has used, in memory that is not swapped, for a while. */
struct units;

struct units_settings {
	struct pg *pg; /* with a lane of unit keys */
	struct keys *keys;
	size_t statement_get, statement_put; /* UNIT_GET, UNIT_PUT in the table of pg */
	size_t most;
	uint64_t ms;
};
/* pg and keys are stopped first. */
struct units *units_new(const struct units_settings *settings);
void units_free(struct units **units);

enum unit_state { UNIT_UNKNOWN, UNIT_NONE, UNIT_WRAPPED, UNIT_OPEN, UNIT_GONE };

struct unit {
	struct id org, id;
	uint32_t part; /* the epoch of the room id; 0: the file id */
	enum unit_state state;
	struct hash key;
};

/* The units that somebody needs, of one organisation. */
struct unit_set {
	struct id org;
	struct unit *items;
	size_t n, max;
};

/* max: how many different ones may be added. */
struct unit_set *unit_set_new(struct arena *arena, const struct id *org, size_t max);
/* Adds it, if it is not there. */
struct unit *unit_set_add(struct unit_set *set, const struct id *id, uint32_t part);
void unit_set_wipe(struct unit_set *set);

/* Finds the keys of a set: then each is UNIT_OPEN, or UNIT_GONE (erased, for ever), or UNIT_NONE
 * when it never had one and none was to be made. A new key is durable before this is done, which
 * may be within the call. The set lives until then. */
typedef void units_done_fn(void *ctx, enum err e);
void units_find(struct units *u, struct unit_set *set, bool make, units_done_fn *done, void *ctx);
/* The same for a request; what fails answers it. */
void req_units(struct request *r, struct unit_set *set, bool make, step_fn *then);

/* u8 format 1 | nonce(12) | ciphertext | tag(16) */
enum { UNIT_EXTRA = 29 };
/* row: what else the bytes are bound to. plain.n + UNIT_EXTRA bytes into the arena. */
struct slice unit_seal(
	struct arena *arena, const struct unit *unit, struct slice row, struct slice plain);
/* ERR_BAD_FIELD: other unit, row or bytes. */
MUST enum err unit_open(struct arena *arena, const struct unit *unit, struct slice row,
	struct slice sealed, struct slice *ret_plain);
