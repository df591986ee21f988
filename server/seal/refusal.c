/* The words of refusals and what each means to a client: two views of one table, so that a new rule
 * is one line in refusals.def. */
#include "seal/refusal.h"

#include "base/mem.h"

static const struct {
	const char *word;
	enum err err;
} refusals[REFUSAL_COUNT] = {
#define REFUSAL(name, text, error) [REFUSAL_##name] = {.word = (text), .err = ERR_##error},
#include "seal/refusals.def"
#undef REFUSAL
};

const char *refusal_word(enum refusal r)
{
	ASSERT((unsigned)r < REFUSAL_COUNT);
	return refusals[r].word;
}

enum err refusal_err(enum refusal r)
{
	ASSERT((unsigned)r < REFUSAL_COUNT);
	return refusals[r].err;
}
