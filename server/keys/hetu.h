#pragma once
#include "base/err.h"

/* The Finnish personal identity code, DDMMYYsNNNC. ERR_BAD_FIELD unless it is one: a day that was,
 * a separator of its century, a number from 002, the right check character. ret_is_test: NNN from
 * 900, persons who do not exist. */
MUST enum err hetu_check(struct slice code, bool *ret_is_test);
