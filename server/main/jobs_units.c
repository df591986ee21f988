/* Keys of retention units, and erasure. What is stored since before there were units is sealed, a
 * batch of one organisation at a time. Then erasures that are due begin, which dooms their units;
 * the keys of doomed units are destroyed: first in their own database, committed, then that is
 * confirmed in the main one, and only then rows go, in bounded steps; when nothing more is due
 * there is a certificate. Killed anywhere, the next round goes on: each step does nothing when it
 * was done before. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/unit.h"
#include "domain/wraps.h"
#include "io/pg_row.h"
#include "main/jobs.h"
#include "main/units.h"
#include "sql_gen.h"

enum { ARENA_FIRST = 16384, ROWS = 100, ERASE_MOST = 1000, BEGIN_MOST = 20, STEP_ROWS = 5000 };

struct plain {
	struct id unit;
	uint32_t part;
	bool is_wrap;
	struct wire_wrap wrap;    /* of a wrap: its address */
	struct slice rkid, bytes; /* rkid: of a file its epoch */
};

struct unit_job {
	struct jobs_parts parts;
	struct units *units;
	struct arena *arena;
	bool running;
	struct unit_set *set;
	struct plain *rows;
	size_t n, at;
	uint64_t n_sealed, n_before; /* in this round; before this batch */
	uint64_t n_steps;
	bool begun; /* there may be more that is due */
	struct id org, batch;
};

static void plain_ask(struct unit_job *j);
static void begin_ask(struct unit_job *j);
static void rows_ask(struct unit_job *j);

static void unit_job_end(struct unit_job *j, enum err e)
{
	j->running = false;
	if (j->n_sealed > 0)
		log_info("units_sealed", LOG_N("rows", j->n_sealed));
	if (j->n_steps > 0)
		log_info("erasing", LOG_N("steps", j->n_steps));
	if (e != ERR_OK)
		log_warn("job_failed", LOG_W("job", "units"), LOG_W("error", err_word(e)));
	j->n_sealed = j->n_steps = 0;
}

static void unit_job_query(struct unit_job *j, const struct pg_call *call)
{
	struct pg_call mine = *call;
	mine.org = &j->org;
	mine.ctx = j;
	enum err e = pg_submit(j->parts.pg, &mine);
	if (e != ERR_OK)
		unit_job_end(j, e);
}

/* --- sealing what is from before --- */

static void row_next(struct unit_job *j);

static void row_sealed(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	(void)result;
	if (e != ERR_OK) {
		unit_set_wipe(j->set);
		unit_job_end(j, e);
		return;
	}
	j->n_sealed++;
	row_next(j);
}

static void row_next(struct unit_job *j)
{
	if (j->at == j->n) {
		unit_set_wipe(j->set);
		/* All of them belong to units that have gone: their rows go by themselves. */
		if (j->n_sealed == j->n_before)
			begin_ask(j);
		else
			plain_ask(j);
		return;
	}
	struct plain *row = &j->rows[j->at++];
	const struct unit *unit = unit_set_add(j->set, &row->unit, row->part);
	if (unit->state != UNIT_OPEN) {
		row_next(j);
		return;
	}
	struct slice sealed = row->is_wrap ? wrap_seal(j->arena, unit, &row->wrap)
					   : unit_seal(j->arena, unit, row->rkid, row->bytes);
	const struct pg_param params[JOB_UNIT_SEAL_N_IN] = {
		[JOB_UNIT_SEAL_IN_UNIT] = pg_id(&row->unit),
		[JOB_UNIT_SEAL_IN_PART] = pg_int(row->part),
		[JOB_UNIT_SEAL_IN_ENTRY] = row->is_wrap ? pg_int(row->wrap.entry) : pg_null(),
		[JOB_UNIT_SEAL_IN_KEYSET] = row->is_wrap ? pg_int(row->wrap.keyset) : pg_null(),
		[JOB_UNIT_SEAL_IN_RID] = row->is_wrap ? pg_id(&row->wrap.rid) : pg_null(),
		[JOB_UNIT_SEAL_IN_PLAIN] = pg_bytes(row->bytes),
		[JOB_UNIT_SEAL_IN_SEALED] = pg_bytes(sealed),
	};
	const struct pg_call call = {.statement = JOBS_UNIT_SEAL,
		.params = params,
		.n_params = JOB_UNIT_SEAL_N_IN,
		.done = row_sealed};
	unit_job_query(j, &call);
}

static void plain_found(void *ctx, enum err e)
{
	struct unit_job *j = ctx;
	if (e == ERR_OK)
		row_next(j);
	else
		unit_job_end(j, e);
}

static void plain_read(struct unit_job *j, const struct pg_result *result, size_t i)
{
	struct plain *row = &j->rows[i];
	row->unit = pg_get_id(result, i, JOB_UNIT_PLAIN_UNIT);
	row->part = (uint32_t)pg_get_int(result, i, JOB_UNIT_PLAIN_PART);
	row->bytes = arena_copy(j->arena, pg_get_bytes(result, i, JOB_UNIT_PLAIN_PLAIN));
	row->rkid = arena_copy(j->arena, pg_get_bytes(result, i, JOB_UNIT_PLAIN_RKID));
	row->is_wrap = !pg_is_null(result, i, JOB_UNIT_PLAIN_ENTRY);
	(void)unit_set_add(j->set, &row->unit, row->part);
	if (!row->is_wrap)
		return;
	row->wrap =
		(struct wire_wrap){.entry = (uint32_t)pg_get_int(result, i, JOB_UNIT_PLAIN_ENTRY),
			.keyset = (uint16_t)pg_get_int(result, i, JOB_UNIT_PLAIN_KEYSET),
			.epoch = row->part,
			.rtype = (uint16_t)pg_get_int(result, i, JOB_UNIT_PLAIN_RTYPE),
			.rid = pg_get_id(result, i, JOB_UNIT_PLAIN_RID),
			.rkid = pg_get_hash(result, i, JOB_UNIT_PLAIN_RKID),
			.wrap = row->bytes};
}

static void plain_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	j->n = pg_rows(result);
	j->at = 0;
	j->n_before = j->n_sealed;
	if (j->n == 0) {
		begin_ask(j);
		return;
	}
	arena_reset(j->arena);
	j->org = pg_get_id(result, 0, JOB_UNIT_PLAIN_ORG);
	j->set = unit_set_new(j->arena, &j->org, j->n);
	j->rows = arena_array(j->arena, j->n, sizeof(*j->rows));
	for (size_t i = 0; i < j->n; i++)
		plain_read(j, result, i);
	units_find(j->units, j->set, true, plain_found, j);
}

static void plain_ask(struct unit_job *j)
{
	const struct pg_param params[] = {pg_int(ROWS)};
	const struct pg_call call = {
		.statement = JOBS_UNIT_PLAIN, .params = params, .n_params = 1, .done = plain_came};
	unit_job_query(j, &call);
}

/* --- destroying keys --- */

static void erase_ask(struct unit_job *j);

static void batch_done(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	log_info("units_erased", LOG_N("units", pg_get_int(result, 0, 0)));
	erase_ask(j);
}

static void batch_erased(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	(void)result;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	const struct pg_param params[] = {pg_id(&j->batch)};
	const struct pg_call call = {.statement = JOBS_UNIT_BATCH_DONE,
		.params = params,
		.n_params = 1,
		.done = batch_done};
	unit_job_query(j, &call);
}

static void batch_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	if (pg_rows(result) == 0) {
		rows_ask(j);
		return;
	}
	arena_reset(j->arena);
	j->org = pg_get_id(result, 0, JOB_UNIT_BATCH_TAKE_ORG);
	j->batch = pg_get_id(result, 0, JOB_UNIT_BATCH_TAKE_BATCH);
	const struct pg_param params[JOB_UNIT_ERASE_N_IN] = {
		[JOB_UNIT_ERASE_IN_BATCH] = pg_id(&j->batch),
		[JOB_UNIT_ERASE_IN_UNITS] =
			units_again(j->arena, result, JOB_UNIT_BATCH_TAKE_UNITS),
		[JOB_UNIT_ERASE_IN_PARTS] =
			units_again(j->arena, result, JOB_UNIT_BATCH_TAKE_PARTS),
	};
	const struct pg_call call = {.statement = JOBS_UNIT_ERASE,
		.params = params,
		.n_params = JOB_UNIT_ERASE_N_IN,
		.done = batch_erased};
	unit_job_query(j, &call);
}

static void erase_ask(struct unit_job *j)
{
	const struct pg_param params[] = {pg_int(ERASE_MOST)};
	const struct pg_call call = {.statement = JOBS_UNIT_BATCH_TAKE,
		.params = params,
		.n_params = 1,
		.done = batch_came};
	unit_job_query(j, &call);
}

static void begun(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	j->begun = pg_get_int(result, 0, 0) > 0;
	if (j->begun)
		log_info("erasures_begun", LOG_N("objects", pg_get_int(result, 0, 0)));
	erase_ask(j);
}

static void begin_ask(struct unit_job *j)
{
	const struct pg_param params[] = {pg_int(BEGIN_MOST)};
	const struct pg_call call = {
		.statement = JOBS_RETENTION_BEGIN, .params = params, .n_params = 1, .done = begun};
	unit_job_query(j, &call);
}

/* --- what they were the keys of --- */

static void certified(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e == ERR_OK && pg_get_int(result, 0, 0) > 0)
		log_info("erasures_certified", LOG_N("certificates", pg_get_int(result, 0, 0)));
	unit_job_end(j, e);
}

static void rows_gone(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_job *j = ctx;
	(void)tag;
	if (e != ERR_OK) {
		unit_job_end(j, e);
		return;
	}
	if (pg_get_int(result, 0, 0) > 0) {
		j->n_steps++;
		rows_ask(j);
		return;
	}
	if (j->begun) {
		begin_ask(j);
		return;
	}
	const struct pg_call call = {.statement = JOBS_RETENTION_CERTIFY, .done = certified};
	unit_job_query(j, &call);
}

static void rows_ask(struct unit_job *j)
{
	const struct pg_param params[] = {pg_int(STEP_ROWS)};
	const struct pg_call call = {.statement = JOBS_RETENTION_ROWS,
		.params = params,
		.n_params = 1,
		.done = rows_gone};
	unit_job_query(j, &call);
}

void unit_job_round(struct unit_job *j)
{
	if (j->running)
		return;
	j->running = true;
	plain_ask(j);
}

struct unit_job *unit_job_new(const struct jobs_parts *parts)
{
	enum { REMEMBERED = 1024 };
	struct unit_job *j = MEM_NEW(struct unit_job);
	const struct units_settings settings = {.pg = parts->pg,
		.keys = parts->keys,
		.statement_get = JOBS_UNIT_GET,
		.statement_put = JOBS_UNIT_PUT,
		.most = REMEMBERED,
		.ms = (uint64_t)parts->config->unit_cache_seconds * 1000};
	j->parts = *parts;
	j->units = units_new(&settings);
	j->arena = arena_new(ARENA_FIRST);
	return j;
}

void unit_job_free(struct unit_job **job)
{
	struct unit_job *j = *job;
	*job = NULL;
	if (!j)
		return;
	units_free(&j->units);
	arena_free(&j->arena);
	mem_free(j);
}
