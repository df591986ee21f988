/* Words into errors, in one place. */
#include "domain/outcome.h"

enum err outcome_parse(struct slice word)
{
	for (enum err e = ERR_OK; e < ERR_COUNT; e++)
		if (slice_is(word, err_word(e)))
			return e;
	return ERR_INTERNAL;
}

void outcome_refuse(struct request *r, enum refusal refusal, const struct hash *head)
{
	enum err e = refusal_err(refusal);
	struct detail detail = {.name = "rule", .kind = DETAIL_WORD, .word = refusal_word(refusal)};
	if (e == ERR_STALE_HEAD && head != NULL)
		detail = (struct detail){.name = "head", .kind = DETAIL_HASH, .hash = *head};
	req_fail_detail(r, e, &detail);
}
