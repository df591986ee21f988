#pragma once
#include "base/err.h"

/* Why bytes or an entry are refused. REFUSAL_NONE is 0: nothing is wrong. */
enum refusal {
#define REFUSAL(name, word, err) REFUSAL_##name,
#include "seal/refusals.def"
#undef REFUSAL
	REFUSAL_COUNT
};

/* The specification's word, "stale_head"; "ok" for none. Static. */
const char *refusal_word(enum refusal r);
/* What the client is told; the word goes along as detail of ERR_BAD_ENTRY and ERR_BAD_ENVELOPE. */
enum err refusal_err(enum refusal r);

/* Forwards a refusal to the caller. */
#define AGREE(call) \
	do { \
		enum refusal agree_refusal_ = (call); \
		if (agree_refusal_ != REFUSAL_NONE) \
			return agree_refusal_; \
	} while (0)
/* Refuses unless the rule holds. */
#define DEMAND(rule, name) \
	do { \
		if (!(rule)) \
			return REFUSAL_##name; \
	} while (0)
