#pragma once
#include "base/slice.h"

/* One kind of error for the whole house; errors.def says what each means to HTTP, to the client and
 * to us. */
enum err {
#define ERR(name, status, word, who) ERR_##name,
#include "base/errors.def"
#undef ERR
	ERR_COUNT
};

#define MUST __attribute__((warn_unused_result))

/* Forwards a failure to the caller. */
#define TRY(call) \
	do { \
		enum err try_err_ = (call); \
		if (try_err_ != ERR_OK) \
			return try_err_; \
	} while (0)

/* The word that the client reads, "stale_head"; static. */
const char *err_word(enum err e);
/* The HTTP status of the answer. */
unsigned err_status(enum err e);
/* True if the cause is ours: log it, tell the client a reference only. */
bool err_is_fault(enum err e);
/* The error that has this word; false if none has. */
bool err_parse(struct slice word, enum err *ret_err);
