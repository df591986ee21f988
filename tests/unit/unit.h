#pragma once
/* What every unit test includes: cmocka wants its own headers in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#define assert_ok(call) assert_int_equal((call), ERR_OK)
#define assert_err(call, e) assert_int_equal((call), (e))
#define assert_slice(s, text) \
	do { \
		struct slice slice_seen_ = (s); \
		assert_int_equal(slice_seen_.n, sizeof(text) - 1); \
		if (sizeof(text) > 1) \
			assert_memory_equal(slice_seen_.p, text, sizeof(text) - 1); \
	} while (0)
#define T(name) cmocka_unit_test(name)
