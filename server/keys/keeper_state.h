#pragma once
#include "keys/jose.h"
#include "keys/keeper.h"
#include "keys/vault.h"

/* What the files of the keeper share. */
struct held {
	struct jose_key *sign, *decrypt; /* decrypt: NULL without encryption */
	struct buf jwks;                 /* of jwks_file; empty without */
};

struct keeper {
	struct providers providers;
	struct held *held; /* of the provider with the same number */
	struct vault *vault;
	bool development, has_jobs_token;
	struct hash jobs_token;
	struct buf bytes, acr; /* what the last answer borrows */
};

/* identify.c: the three questions of OIDC, about a provider that is there. */
struct asked {
	struct keeper *keeper;
	const struct provider *provider;
	const struct held *held;
	const struct keys_ask *ask;
	int64_t now; /* seconds */
};
enum keys_reason identify_request(const struct asked *a, struct keys_answer *ret);
enum keys_reason identify_assertion(const struct asked *a, struct keys_answer *ret);
enum keys_reason identify_open(const struct asked *a, struct keys_answer *ret);
