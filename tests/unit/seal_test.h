#pragma once
/* cmocka, and how a refusal is compared: by its word, so that a failure says which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/refusal.h"

#define assert_refusal(call, name) \
	assert_string_equal(refusal_word(call), refusal_word(REFUSAL_##name))
#define assert_agreed(call) assert_refusal(call, NONE)
