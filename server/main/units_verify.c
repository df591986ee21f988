/* The verifier behind `luotsid units` and in the jobs process: of each organisation what the main
 * database says about itself, then both databases against each other, a page at a time. A key that
 * nothing needs is doomed, so that the jobs process destroys it; anything else is only said. */
#include "base/mem.h"
#include "io/pg_row.h"
#include "main/units.h"
#include "sql_gen.h"

enum { PAGE = 128 };

struct unit_verify {
	struct unit_verify_settings settings;
	struct unit_verify_found found;
	struct id *orgs;
	size_t at;
	struct id after;
	int64_t after_part;
	size_t n_asked;
	bool backward; /* from what is stored to the keys */
};

static void page_ask(struct unit_verify *v);

static void verify_end(struct unit_verify *v, enum err e)
{
	const struct unit_verify_settings settings = v->settings;
	const struct unit_verify_found found = v->found;
	mem_free(v->orgs);
	mem_free(v);
	settings.done(settings.ctx, e, &found);
}

static void fault_tell(struct unit_verify *v, struct slice fault, int64_t n)
{
	v->found.n_faults += n;
	v->settings.fault(v->settings.ctx, fault, n);
}

static void verify_query(struct unit_verify *v, enum unit_verify_statement which,
	const struct pg_param *params, size_t n, pg_done *done)
{
	const struct pg_call call = {.statement = v->settings.statements[which],
		.org = v->at < v->found.n_orgs ? &v->orgs[v->at] : NULL,
		.params = params,
		.n_params = n,
		.done = done,
		.ctx = v};
	enum err e = pg_submit(v->settings.pg, &call);
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
		v->found.n_orphans += pg_get_int(result, 0, UNIT_ORPHANS_ORPHANS);
		page_ask(v);
		return;
	}
	size_t open = 0;
	for (size_t i = 0; i < pg_rows(result); i++)
		open += !pg_is_null(result, i, UNIT_GET_WRAPPED);
	if (open < v->n_asked)
		fault_tell(v, SLICE_LIT("stored under a key that is not there"),
			(int64_t)(v->n_asked - open));
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
	v->found.n_keys += v->backward ? 0 : (int64_t)n;
	v->found.n_needed += v->backward ? (int64_t)n : 0;
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
	for (size_t i = 0; i < pg_rows(result); i++)
		fault_tell(v, pg_get_bytes(result, i, ERASURE_FAULTS_FAULT),
			pg_get_int(result, i, ERASURE_FAULTS_N));
	page_ask(v);
}

static void org_begin(struct unit_verify *v)
{
	if (v->at == v->found.n_orgs)
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
	v->found.n_orgs = pg_rows(result);
	v->orgs = mem_array(v->found.n_orgs + 1, sizeof(*v->orgs));
	for (size_t i = 0; i < v->found.n_orgs; i++)
		v->orgs[i] = pg_get_id(result, i, UNIT_ORGS_ORG);
	org_begin(v);
}

void unit_verify_begin(const struct unit_verify_settings *settings)
{
	struct unit_verify *v = MEM_NEW(struct unit_verify);
	v->settings = *settings;
	verify_query(v, VERIFY_ORGS, NULL, 0, orgs_came);
}
