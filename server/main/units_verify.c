/* The verifier behind `luotsid units`: of each organisation what the main database says about
 * itself, then both databases against each other, a page at a time. A key that nothing needs is
 * doomed, so that the jobs process destroys it; anything else is only said. */
#include <stdio.h>

#include "base/mem.h"
#include "io/pg_row.h"
#include "main/units.h"
#include "sql_gen.h"

enum { PAGE = 128 };

struct unit_verify {
	struct pg *pg;
	const size_t *statements; /* by enum unit_verify_statement */
	void (*done)(void *ctx, enum err e, int64_t n_faults);
	void *ctx;
	struct id *orgs;
	size_t n_orgs, at;
	struct id after;
	int64_t after_part;
	size_t n_asked;
	int64_t n_faults, n_orphans, n_keys, n_needed;
	bool backward; /* from what is stored to the keys */
};

static void page_ask(struct unit_verify *v);

static void verify_end(struct unit_verify *v, enum err e)
{
	if (e == ERR_OK)
		printf("%lld keys and %lld units of %zu organisations looked at; %lld keys that "
		       "nothing needs are to go; %lld faults.\n",
			(long long)v->n_keys, (long long)v->n_needed, v->n_orgs,
			(long long)v->n_orphans, (long long)v->n_faults);
	void (*done)(void *ctx, enum err e, int64_t n_faults) = v->done;
	void *ctx = v->ctx;
	int64_t n_faults = v->n_faults;
	mem_free(v->orgs);
	mem_free(v);
	done(ctx, e, n_faults);
}

static void verify_query(struct unit_verify *v, enum unit_verify_statement which,
	const struct pg_param *params, size_t n, pg_done *done)
{
	const struct pg_call call = {.statement = v->statements[which],
		.org = v->at < v->n_orgs ? &v->orgs[v->at] : NULL,
		.params = params,
		.n_params = n,
		.done = done,
		.ctx = v};
	enum err e = pg_submit(v->pg, &call);
	if (e != ERR_OK)
		verify_end(v, e);
}

static void org_begin(struct unit_verify *v);

static void page_compared(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_verify *v = ctx;
	(void)tag;
	if (e != ERR_OK) {
		verify_end(v, e);
		return;
	}
	if (!v->backward) {
		v->n_orphans += pg_get_int(result, 0, UNIT_ORPHANS_ORPHANS);
		page_ask(v);
		return;
	}
	size_t open = 0;
	for (size_t i = 0; i < pg_rows(result); i++)
		open += !pg_is_null(result, i, UNIT_GET_WRAPPED);
	if (open < v->n_asked)
		printf("stored under a key that is not there: %zu\n", v->n_asked - open);
	v->n_faults += (int64_t)(v->n_asked - open);
	page_ask(v);
}

static void page_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_verify *v = ctx;
	struct pg_param units[PAGE], parts[PAGE];
	(void)tag;
	if (e != ERR_OK) {
		verify_end(v, e);
		return;
	}
	size_t n = pg_rows(result);
	if (n == 0) {
		v->after = (struct id){{0}};
		v->after_part = 0;
		v->at += v->backward;
		v->backward = !v->backward;
		if (v->backward)
			page_ask(v);
		else
			org_begin(v);
		return;
	}
	ASSERT(n <= PAGE);
	for (size_t i = 0; i < n; i++) {
		v->after = pg_get_id(result, i, UNIT_LIST_UNIT);
		v->after_part = pg_get_int(result, i, UNIT_LIST_PART);
		units[i] = pg_id(&v->after);
		parts[i] = pg_int(v->after_part);
	}
	v->n_asked = n;
	v->n_keys += v->backward ? 0 : (int64_t)n;
	v->n_needed += v->backward ? (int64_t)n : 0;
	const struct pg_param params[] = {pg_array(units, n), pg_array(parts, n)};
	verify_query(v, v->backward ? VERIFY_GET : VERIFY_ORPHANS, params, 2, page_compared);
}

static void page_ask(struct unit_verify *v)
{
	_Static_assert((int)UNIT_LIST_UNIT == (int)UNIT_NEEDED_UNIT &&
			       (int)UNIT_LIST_PART == (int)UNIT_NEEDED_PART,
		"both are pages of units");
	const struct pg_param params[] = {pg_id(&v->after), pg_int(v->after_part), pg_int(PAGE)};
	verify_query(v, v->backward ? VERIFY_NEEDED : VERIFY_LIST, params, 3, page_came);
}

static void org_faults(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_verify *v = ctx;
	(void)tag;
	if (e != ERR_OK) {
		verify_end(v, e);
		return;
	}
	for (size_t i = 0; i < pg_rows(result); i++) {
		struct slice fault = pg_get_bytes(result, i, ERASURE_FAULTS_FAULT);
		int64_t n = pg_get_int(result, i, ERASURE_FAULTS_N);
		printf("%.*s: %lld\n", (int)fault.n, (const char *)fault.p, (long long)n);
		v->n_faults += n;
	}
	page_ask(v);
}

static void org_begin(struct unit_verify *v)
{
	if (v->at == v->n_orgs)
		verify_end(v, ERR_OK);
	else
		verify_query(v, VERIFY_FAULTS, NULL, 0, org_faults);
}

static void orgs_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_verify *v = ctx;
	(void)tag;
	if (e != ERR_OK) {
		verify_end(v, e);
		return;
	}
	v->n_orgs = pg_rows(result);
	v->orgs = mem_array(v->n_orgs + 1, sizeof(*v->orgs));
	for (size_t i = 0; i < v->n_orgs; i++)
		v->orgs[i] = pg_get_id(result, i, UNIT_ORGS_ORG);
	org_begin(v);
}

void unit_verify_begin(struct pg *pg, const size_t statements[static VERIFY_STATEMENTS],
	void (*done)(void *ctx, enum err e, int64_t n_faults), void *ctx)
{
	struct unit_verify *v = MEM_NEW(struct unit_verify);
	v->pg = pg;
	v->statements = statements;
	v->done = done;
	v->ctx = ctx;
	verify_query(v, VERIFY_ORGS, NULL, 0, orgs_came);
}
