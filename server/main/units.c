/* The database of unit keys against the main one: whether it knows the newest erasure. One that
 * does not was restored to the past and has keys again that were destroyed; then nobody serves
 * until `luotsid units --replay` has destroyed them once more. The command does one thing at a
 * time. */
#include "main/units.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_row.h"
#include "main/main.h"
#include "sql_gen.h"

/* --- the question before serving --- */

static void check_known(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_check *c = ctx;
	(void)tag;
	bool known = e == ERR_OK && pg_get_bool(result, 0, UNIT_BATCH_KNOWN_KNOWN);
	if (e == ERR_OK && !known)
		log_error("unit_keys_from_the_past",
			LOG_W("sentence",
				"The database of unit keys was restored to before the newest "
				"erasure; run: luotsid units --replay"));
	c->done(c->ctx, e == ERR_OK && !known ? ERR_CONFLICT : e);
}

static void check_newest(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct unit_check *c = ctx;
	(void)tag;
	if (e != ERR_OK || pg_rows(result) == 0) {
		c->done(c->ctx, e);
		return;
	}
	struct id batch = pg_get_id(result, 0, UNIT_NEWEST_BATCH_BATCH);
	const struct pg_param params[] = {pg_id(&batch)};
	const struct pg_call call = {.statement = c->statement_known,
		.params = params,
		.n_params = 1,
		.done = check_known,
		.ctx = c};
	e = pg_submit(c->pg, &call);
	if (e != ERR_OK)
		c->done(c->ctx, e);
}

void unit_check_begin(struct unit_check *c)
{
	const struct pg_call call = {
		.statement = c->statement_newest, .done = check_newest, .ctx = c};
	enum err e = pg_submit(c->pg, &call);
	if (e != ERR_OK)
		c->done(c->ctx, e);
}

struct pg_param units_again(struct arena *arena, const struct pg_result *result, unsigned column)
{
	size_t n = pg_array_count(result, 0, column);
	struct pg_param *items = arena_array(arena, n + 1, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		struct slice item = pg_array_item(result, 0, column, i);
		struct id id;
		if (item.n == sizeof(id.b)) {
			memcpy(id.b, item.p, sizeof(id.b));
			items[i] = pg_id(&id);
		} else {
			items[i] = pg_int(num_get_u32(item.p));
		}
	}
	return pg_array(items, n);
}

/* --- the command --- */

enum { CONNINFO_MAX = 4096, TIMEOUT_MS = 600000, QUEUE = 4, ARENA_FIRST = 65536 };

enum { REPLAY_NEXT, REPLAY_ERASE, CHECK_NEWEST, CHECK_KNOWN, VERIFY_FIRST };
enum { STATEMENTS = VERIFY_FIRST + VERIFY_STATEMENTS };
static const size_t chosen[STATEMENTS] = {
	[REPLAY_NEXT] = STMT_JOB_UNIT_BATCH_REPLAY,
	[REPLAY_ERASE] = STMT_JOB_UNIT_ERASE,
	[CHECK_NEWEST] = STMT_UNIT_NEWEST_BATCH,
	[CHECK_KNOWN] = STMT_UNIT_BATCH_KNOWN,
	[VERIFY_FIRST + VERIFY_ORGS] = STMT_UNIT_ORGS,
	[VERIFY_FIRST + VERIFY_FAULTS] = STMT_ERASURE_FAULTS,
	[VERIFY_FIRST + VERIFY_LIST] = STMT_UNIT_LIST,
	[VERIFY_FIRST + VERIFY_ORPHANS] = STMT_UNIT_ORPHANS,
	[VERIFY_FIRST + VERIFY_NEEDED] = STMT_UNIT_NEEDED,
	[VERIFY_FIRST + VERIFY_GET] = STMT_UNIT_GET,
};

struct command {
	struct loop *loop;
	struct pg *pg;
	struct pg_statement statements[STATEMENTS];
	struct arena *arena;
	struct unit_check check;
	bool replay;
	int64_t after, n_batches, n_erased;
	struct id org;
	int exit_code;
};

static void command_end(struct command *c, enum err e)
{
	if (e != ERR_OK)
		fprintf(stderr, "Not done: %s.\n", err_word(e));
	c->exit_code = e == ERR_OK ? EXIT_GOOD : EXIT_BAD;
	loop_stop(c->loop);
}

static void replay_ask(struct command *c);

static void replay_erased(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct command *c = ctx;
	(void)tag;
	if (e != ERR_OK) {
		command_end(c, e);
		return;
	}
	c->n_batches++;
	c->n_erased += pg_get_int(result, 0, 0);
	replay_ask(c);
}

static void replay_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct command *c = ctx;
	(void)tag;
	if (e != ERR_OK || pg_rows(result) == 0) {
		if (e == ERR_OK)
			printf("%lld erasures looked at, %lld keys destroyed once more.\n",
				(long long)c->n_batches, (long long)c->n_erased);
		command_end(c, e);
		return;
	}
	arena_reset(c->arena);
	c->after = pg_get_int(result, 0, JOB_UNIT_BATCH_REPLAY_N);
	c->org = pg_get_id(result, 0, JOB_UNIT_BATCH_REPLAY_ORG);
	struct id batch = pg_get_id(result, 0, JOB_UNIT_BATCH_REPLAY_BATCH);
	const struct pg_param params[] = {pg_id(&batch),
		units_again(c->arena, result, JOB_UNIT_BATCH_REPLAY_UNITS),
		units_again(c->arena, result, JOB_UNIT_BATCH_REPLAY_PARTS)};
	const struct pg_call call = {.statement = REPLAY_ERASE,
		.org = &c->org,
		.params = params,
		.n_params = 3,
		.done = replay_erased,
		.ctx = c};
	e = pg_submit(c->pg, &call);
	if (e != ERR_OK)
		command_end(c, e);
}

static void replay_ask(struct command *c)
{
	const struct pg_param params[] = {pg_int(c->after)};
	const struct pg_call call = {.statement = REPLAY_NEXT,
		.params = params,
		.n_params = 1,
		.done = replay_came,
		.ctx = c};
	enum err e = pg_submit(c->pg, &call);
	if (e != ERR_OK)
		command_end(c, e);
}

static void command_fault(void *ctx, struct slice fault, int64_t n)
{
	(void)ctx;
	printf("%.*s: %lld\n", (int)fault.n, (const char *)fault.p, (long long)n);
}

static void command_verified(void *ctx, enum err e, const struct unit_verify_found *found)
{
	if (e == ERR_OK)
		printf("%lld keys and %lld units of %zu organisations looked at; %lld keys that "
		       "nothing needs are to go; %lld faults.\n",
			(long long)found->n_keys, (long long)found->n_needed, found->n_orgs,
			(long long)found->n_orphans, (long long)found->n_faults);
	command_end(ctx, e == ERR_OK && found->n_faults > 0 ? ERR_CONFLICT : e);
}

static void command_checked(void *ctx, enum err e)
{
	static const size_t verify[VERIFY_STATEMENTS] = {VERIFY_FIRST + VERIFY_ORGS,
		VERIFY_FIRST + VERIFY_FAULTS, VERIFY_FIRST + VERIFY_LIST,
		VERIFY_FIRST + VERIFY_ORPHANS, VERIFY_FIRST + VERIFY_NEEDED,
		VERIFY_FIRST + VERIFY_GET};
	struct command *c = ctx;
	if (e != ERR_OK) {
		command_end(c, e);
		return;
	}
	printf("The database of unit keys knows the newest erasure.\n");
	const struct unit_verify_settings settings = {.pg = c->pg,
		.statements = verify,
		.fault = command_fault,
		.done = command_verified,
		.ctx = c};
	unit_verify_begin(&settings);
}

static void command_ready(void *ctx, enum err e)
{
	struct command *c = ctx;
	if (e != ERR_OK)
		command_end(c, e);
	else if (c->replay)
		replay_ask(c);
	else
		unit_check_begin(&c->check);
}

int units_run(const struct config *config, const struct options *options)
{
	settings_use_log(config, "units");
	struct buf conninfo = BUF_MAX(CONNINFO_MAX), unit_conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_jobs, &conninfo);
	settings_unit_conninfo(config, config->db_role_jobs, &unit_conninfo);
	struct command c = {.replay = options->replay, .exit_code = EXIT_BAD};
	for (size_t i = 0; i < STATEMENTS; i++) {
		c.statements[i] = pg_statements[chosen[i]];
		if (c.statements[i].lane != PG_LANE_UNIT)
			c.statements[i].lane = PG_LANE_WRITE;
	}
	const struct pg_settings settings = {.conninfo = buf_text(&conninfo),
		.unit_conninfo = buf_text(&unit_conninfo),
		.statements = c.statements,
		.n_statements = STATEMENTS,
		.lane_size = {[PG_LANE_WRITE] = 1, [PG_LANE_UNIT] = 1},
		.statement_timeout_ms = {[PG_LANE_WRITE] = TIMEOUT_MS, [PG_LANE_UNIT] = TIMEOUT_MS},
		.lock_timeout_ms = (unsigned)config->db_lock_timeout_ms,
		.max_queued = QUEUE};
	c.loop = loop_new();
	c.arena = arena_new(ARENA_FIRST);
	c.pg = pg_new(c.loop, &settings, command_ready, &c);
	c.check = (struct unit_check){c.pg, CHECK_NEWEST, CHECK_KNOWN, command_checked, &c};
	loop_run(c.loop);
	pg_free(&c.pg);
	arena_free(&c.arena);
	loop_free(&c.loop);
	buf_done(&conninfo);
	buf_done(&unit_conninfo);
	return c.exit_code;
}
