/* A list, searched from its end: a room has few people, and the newest record of a pair is the one
 * that counts. A new certificate for the same keys is a new record beside the older one, because a
 * room's log names the certificate under which a member came. */
#include "seal/people.h"

#include "base/mem.h"
#include "seal/clocks.h"

void people_done(struct people *people)
{
	mem_free(people->items);
	*people = people_none();
}

void people_add(struct people *people, const struct person *person)
{
	if (people->n == people->cap) {
		people->cap = people->cap == 0 ? 8 : people->cap * 2;
		people->items = mem_resize(people->items, people->cap, sizeof(*people->items));
	}
	people->items[people->n++] = *person;
}

const struct person *people_find(
	const struct people *people, const struct id *user, const struct hash *sig_kid)
{
	for (size_t i = people->n; i-- > 0;) {
		const struct person *p = &people->items[i];
		if (id_equal(&p->user, user) && hash_equal(&p->sig_kid, sig_kid))
			return p;
	}
	return NULL;
}

const struct person *people_find_certified(const struct people *people, const struct id *user,
	const struct hash *sig_kid, const struct hash *cert)
{
	for (size_t i = people->n; i-- > 0;) {
		const struct person *p = &people->items[i];
		if (p->staff && id_equal(&p->user, user) && hash_equal(&p->sig_kid, sig_kid) &&
			hash_equal(&p->cert, cert))
			return p;
	}
	return NULL;
}

static bool has_ended(const struct person *p)
{
	return p->ended_ms != 0;
}

/* Everything of this person that still holds and has not these keys. */
static void end_others(struct people *people, const struct identity *state)
{
	for (size_t i = 0; i < people->n; i++) {
		struct person *p = &people->items[i];
		bool keeps = !state->revoked && hash_equal(&p->sig_kid, &state->sig_kid);
		if (id_equal(&p->user, &state->subject) && !has_ended(p) && !keeps)
			p->ended_ms = state->head_ms;
	}
}

const struct person *people_find_recovery(const struct people *people, const struct id *org,
	const struct hash *root_kid, const struct hash *recovery_kid)
{
	for (size_t i = people->n; i-- > 0;) {
		const struct person *p = &people->items[i];
		if (id_equal(&p->user, org) && hash_equal(&p->sig_kid, root_kid) &&
			hash_equal(&p->enc_kid, recovery_kid))
			return p;
	}
	return NULL;
}

/* The organisation's recovery key, which the next one ends. */
static void follow_recovery(struct people *people, const struct identity *state)
{
	bool is_known = people_find_recovery(people, &state->subject, &state->root_kid,
				&state->recovery_kid) != NULL;
	if (is_known || hash_is_zero(&state->recovery_kid))
		return;
	for (size_t i = 0; i < people->n; i++)
		if (id_equal(&people->items[i].user, &state->subject) &&
			!has_ended(&people->items[i]))
			people->items[i].ended_ms = state->head_ms;
	people_add(people, &(struct person){.user = state->subject,
				   .sig_kid = state->root_kid,
				   .enc_kid = state->recovery_kid});
}

void people_follow(struct people *people, const struct identity *state)
{
	if (id_equal(&state->subject, &state->org)) {
		follow_recovery(people, state);
		return;
	}
	end_others(people, state);
	const struct person *same = people_find(people, &state->subject, &state->sig_kid);
	bool cert_is_there = !state->has_cert || people_find_certified(people, &state->subject,
							 &state->sig_kid, &state->cert.hash);
	if (state->revoked || (same != NULL && cert_is_there))
		return;
	struct person person = {
		.user = state->subject,
		.sig_kid = state->sig_kid,
		.enc_kid = state->enc_kid,
		.resets = state->resets,
		.staff = state->has_cert,
	};
	if (state->has_cert) {
		person.cert = state->cert.hash;
		person.valid_from = state->cert.valid_from;
		person.valid_until = state->cert.valid_until;
	}
	people_add(people, &person);
}

void people_drop_ended(struct people *people)
{
	size_t n = 0;
	for (size_t i = 0; i < people->n; i++)
		if (!has_ended(&people->items[i]))
			people->items[n++] = people->items[i];
	people->n = n;
}

bool person_holds(const struct person *person, uint64_t client_time_ms)
{
	return clocks_not_ended(person->ended_ms, client_time_ms);
}

bool person_is_valid(const struct person *person, uint64_t client_time_ms)
{
	return person->valid_from <= client_time_ms && client_time_ms <= person->valid_until &&
	       person_holds(person, client_time_ms);
}
