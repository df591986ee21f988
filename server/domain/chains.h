#pragma once
#include "base/arena.h"
#include "io/pg_row.h"
#include "seal/people.h"

/* Stored identity chains, copied out of a result and replayed. What is stored was verified when it
 * came, so that a replay verifies no signature. */
struct chain {
	struct id subject;
	struct slice *entries;
	size_t n;
};
struct chains {
	struct chain *items;
	size_t n;
};

/* Of the statement chain_get. */
struct chains chains_copy(struct arena *arena, const struct pg_result *result);
/* The empty chain when there is none. */
struct chain chains_find(const struct chains *chains, const struct id *subject);
/* ret_state is the caller's. issuers: the organisation's chain, NULL for its own; people may be
 * NULL. ERR_INTERNAL when what is stored breaks the rules. */
MUST enum err chain_replay(const struct chain *chain, const struct identity *issuers,
	struct people *people, struct identity **ret_state);
