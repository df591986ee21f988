#pragma once
#include "core/request.h"
#include "domain/sign_in.h"

/* What the files of signing in share: an identification from its return on, in the order in which
 * it comes to be known. */
enum { RETURN_URI_MAX = 300 };
#define RETURN_PATH "/kirjaudu/paluu"

/* An account of the person. */
struct login_account {
	struct id org, account;
	enum role role;
	struct slice organisation;
	const struct keys_person *person; /* as its organisation may know them */
};

struct login {
	/* The attempt, taken. */
	bool taken;
	struct id attempt;
	const struct provider *provider;
	struct hash nonce, salt;
	bool has_ticket, has_room; /* of an invitation; without a room of an enrolment */
	struct id org, room;
	struct hash ticket;
	/* The token. */
	struct slice id_token;
	const struct id *orgs; /* in which the person is looked for */
	size_t n_orgs;
	bool keys_renewed;
	uint64_t keys_edition;
	/* The person. */
	struct slice acr, country;
	int64_t identified_at;
	struct keys_person *persons; /* of the first n_persons of the organisations */
	size_t n_persons;
	struct login_account *accounts;
	size_t n_accounts, at;
	/* The refusal, while it is noted. */
	enum err refusal;
};

/* Notes the word and answers identification_failed: one answer, whatever the word. */
void login_refuse(struct request *r, const char *word);
/* Notes the word and answers this; with the key of what the browser carries as detail. */
void login_end(struct request *r, const char *word, enum err e);
/* The key under which the browser carries things across, and the verifier of PKCE: both need the
 * cookie and the salt, of which neither is stored where the other is. */
struct hash login_carry_key(const struct hash *cookie, const struct hash *salt);
void login_verifier(
	const struct hash *cookie, const struct hash *salt, char ret_text[SESSION_TOKEN_TEXT + 1]);
/* Adds who the person is for the organisations that were asked about last. False: another number of
 * them. */
MUST bool login_person_add(struct request *r, const struct keys_answer *answer);
/* Known for all: finds their accounts, ends in a session, a choice or a refusal. */
void login_identified(struct request *r);

const struct providers *sign_in_providers(const struct sign_in *s);
/* Goes on with then when the provider's signing keys are there, or refuses. wrong: what those of
 * the last jwks_get were, KEYS_UNKNOWN_KID or KEYS_BAD_JWKS; KEYS_DONE at first. */
void jwks_want(struct request *r, enum keys_reason wrong, step_fn *then);
/* Those keys; empty if the keys process has them itself. */
struct slice jwks_get(const struct request *r);
