#pragma once
#include "core/request.h"

/* Envelopes as statements give them: seq, at, tombstone, envelope in four columns from seq_column
 * on. The slices live during the callback. */
struct wire_row row_read(const struct pg_result *result, size_t i, unsigned seq_column);
