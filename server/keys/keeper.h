#pragma once
#include "keys/provider.h"
#include "keys/wire.h"

/* All secrets of the installation, and what may be done with them. */
struct keeper;

struct keeper_settings {
	const char *keys_dir, *providers_dir;
	bool development;
	const char *jobs_token; /* base64url of 32 bytes, or NULL: nobody may rotate */
};

/* On failure ret_why holds a sentence. */
MUST enum err keeper_load(
	const struct keeper_settings *settings, struct keeper **ret_keeper, struct buf *ret_why);
void keeper_free(struct keeper **keeper);
static inline void keeper_cleanup(struct keeper **keeper)
{
	keeper_free(keeper);
}
/* Makes what is missing: master keys, each provider's pair for signing and for opening, and
 * <keys_dir>/<slug>.jwks with the public ones, for the provider. With next, new versions of the
 * master keys too. Says what it made, or what is wrong. */
MUST enum err keeper_make(const struct keeper_settings *settings, bool next, struct buf *ret_said);

/* Answers one question. The answer borrows from the question and from the keeper until the next
 * one. */
void keeper_answer(
	struct keeper *keeper, const struct keys_ask *ask, struct keys_answer *ret_answer);
/* The slug as the table has it, "none" for what is not in it; for the log. */
const char *keeper_provider(const struct keeper *keeper, struct slice slug);
