/* The table of errors.def, read by number. */
#include "base/err.h"

enum who { CLIENT, FAULT };

static const struct {
	const char *word;
	unsigned status;
	enum who who;
} errors[ERR_COUNT] = {
#define ERR(name, status, word, who) [ERR_##name] = {word, status, who},
#include "base/errors.def"
#undef ERR
};

static unsigned err_index(enum err e)
{
	return (unsigned)e < ERR_COUNT ? (unsigned)e : ERR_INTERNAL;
}

const char *err_word(enum err e)
{
	return errors[err_index(e)].word;
}

unsigned err_status(enum err e)
{
	return errors[err_index(e)].status;
}

bool err_is_fault(enum err e)
{
	return errors[err_index(e)].who == FAULT;
}

bool err_parse(struct slice word, enum err *ret_err)
{
	for (unsigned i = 0; i < ERR_COUNT; i++) {
		if (slice_is(word, errors[i].word)) {
			*ret_err = (enum err)i;
			return true;
		}
	}
	return false;
}
