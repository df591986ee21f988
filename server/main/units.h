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

/* units_verify.c: looks at both databases whole and tells what it finds; a key that nothing needs
 * it dooms. */
enum unit_verify_statement {
	VERIFY_ORGS,
	VERIFY_FAULTS,
	VERIFY_LIST,
	VERIFY_ORPHANS,
	VERIFY_NEEDED,
	VERIFY_GET,
	VERIFY_STATEMENTS
};
struct unit_verify_found {
	size_t n_orgs;
	int64_t n_keys, n_needed, n_orphans, n_faults;
};
struct unit_verify_settings {
	struct pg *pg;
	const size_t *statements; /* by enum unit_verify_statement: places in the table of pg */
	void (*fault)(void *ctx, struct slice fault, int64_t n); /* each kind of an organisation */
	void (*done)(void *ctx, enum err e, const struct unit_verify_found *found);
	void *ctx;
};
/* statements live until it is done. */
void unit_verify_begin(const struct unit_verify_settings *settings);
