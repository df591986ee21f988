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

/* units_verify.c: looks at both databases whole, says on stdout what it finds, then is done. */
enum unit_verify_statement {
	VERIFY_ORGS,
	VERIFY_FAULTS,
	VERIFY_LIST,
	VERIFY_ORPHANS,
	VERIFY_NEEDED,
	VERIFY_GET,
	VERIFY_STATEMENTS
};
/* statements: their places in the table of pg; they live until then. */
void unit_verify_begin(struct pg *pg, const size_t statements[static VERIFY_STATEMENTS],
	void (*done)(void *ctx, enum err e, int64_t n_faults), void *ctx);
