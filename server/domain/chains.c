/* Identity chains between the database and the rules. */
#include "domain/chains.h"

#include "base/cleanup.h"
#include "sql_gen.h"

static size_t count_same(const struct pg_result *result, size_t from)
{
	struct id subject = pg_get_id(result, from, CHAIN_GET_SUBJECT);
	size_t n = 1;
	while (from + n < pg_rows(result)) {
		struct id next = pg_get_id(result, from + n, CHAIN_GET_SUBJECT);
		if (!id_equal(&subject, &next))
			break;
		n++;
	}
	return n;
}

struct chains chains_copy(struct arena *arena, const struct pg_result *result)
{
	size_t n_rows = pg_rows(result);
	struct chains chains = {.items = arena_array(arena, n_rows + 1, sizeof(*chains.items))};
	for (size_t from = 0; from < n_rows; from += chains.items[chains.n++].n) {
		struct chain *chain = &chains.items[chains.n];
		chain->subject = pg_get_id(result, from, CHAIN_GET_SUBJECT);
		chain->n = count_same(result, from);
		chain->entries = arena_array(arena, chain->n, sizeof(*chain->entries));
		for (size_t i = 0; i < chain->n; i++)
			chain->entries[i] =
				arena_copy(arena, pg_get_bytes(result, from + i, CHAIN_GET_ENTRY));
	}
	return chains;
}

struct chain chains_find(const struct chains *chains, const struct id *subject)
{
	for (size_t i = 0; i < chains->n; i++)
		if (id_equal(&chains->items[i].subject, subject))
			return chains->items[i];
	return (struct chain){.subject = *subject};
}

enum err chain_replay(const struct chain *chain, const struct identity *issuers,
	struct people *people, struct identity **ret_state)
{
	AUTO(identity) struct identity *state = identity_new();
	for (size_t i = 0; i < chain->n; i++) {
		struct identity_entry e;
		if (identity_parse(chain->entries[i], &e) != REFUSAL_NONE ||
			identity_apply(state, &e, issuers, e.env.client_time_ms) != REFUSAL_NONE)
			return ERR_INTERNAL;
		if (people != NULL)
			people_follow(people, state);
	}
	*ret_state = TAKE(state);
	return ERR_OK;
}
