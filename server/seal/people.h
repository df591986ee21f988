#pragma once
#include "seal/identity.h"

/* Whose keys a control log may rely on (proto/FORMAT.md, section 7): records of verified identity
 * chains, oldest first. */
struct person {
	struct id user;
	struct hash sig_kid, enc_kid;
	uint32_t resets;  /* of the chain, when these keys came */
	bool staff;       /* has a certificate: */
	struct hash cert; /* env_hash of its entry, and its validity */
	uint64_t valid_from, valid_until;
	uint64_t ended_ms; /* when these keys were revoked or replaced; 0 while they hold */
};

struct people {
	struct person *items;
	size_t n, cap;
};

static inline struct people people_none(void)
{
	return (struct people){0};
}
void people_done(struct people *people);
static inline void people_cleanup(struct people *people)
{
	people_done(people);
}
void people_add(struct people *people, const struct person *person);
/* Call after each entry that a replay of a chain, a person's or the organisation's, has applied:
 * appends the record that the entry began and ends those that it ended. */
void people_follow(struct people *people, const struct identity *state);
/* Leaves only what holds now: what the server decides by. */
void people_drop_ended(struct people *people);

/* The record of this pair; NULL when there is none. */
const struct person *people_find(
	const struct people *people, const struct id *user, const struct hash *sig_kid);
/* The certified record of this pair with this certificate. */
const struct person *people_find_certified(const struct people *people, const struct id *user,
	const struct hash *sig_kid, const struct hash *cert);
/* The record of the organisation's recovery key of this name, under this root: a record too, with
 * the organisation as user and the root as sig_kid. */
const struct person *people_find_recovery(const struct people *people, const struct id *org,
	const struct hash *root_kid, const struct hash *recovery_kid);
/* The keys were not yet revoked or replaced at this time of an entry. */
bool person_holds(const struct person *person, uint64_t client_time_ms);
/* The same, and the certificate was valid. */
bool person_is_valid(const struct person *person, uint64_t client_time_ms);
