#pragma once
#include "base/arena.h"
#include "io/pg.h"

/* Asks whether the database of unit keys knows the newest erasure: done with ERR_OK, with
 * ERR_CONFLICT when it was restored to the past (it has been logged what to do), or with why it
 * cannot be told. The struct lives until then. */
struct unit_check {
	struct pg *pg;
	size_t statement_newest, statement_known; /* in the table of pg */
	void (*done)(void *ctx, enum err e);
	void *ctx;
};
void unit_check_begin(struct unit_check *check);

/* An array of ids or of int4 of a result's first row, as a parameter again. */
struct pg_param units_again(struct arena *arena, const struct pg_result *result, unsigned column);
