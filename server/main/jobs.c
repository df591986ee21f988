/* What happens by itself: a table of statements and how often. Each runs alone, never twice at a
 * time; what fails is logged and comes again at the next round. No socket from outside. */
#include <signal.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/session.h"
#include "io/pg_row.h"
#include "main/main.h"
#include "sql_gen.h"

enum { CONNINFO_MAX = 4096, QUEUE = 16, TIMEOUT_MS = 60000 };

static struct pg_param job_epoch_seconds(const struct config *c, struct pg_param *items)
{
	(void)items;
	return pg_int(c->epoch_days * 86400);
}

static const struct job {
	size_t statement;
	/* The items of an array, if it is one. NULL: the statement takes none */
	struct pg_param (*argument)(
		const struct config *c, struct pg_param items[static SESSION_CLASSES]);
} jobs[] = {
	{STMT_JOB_SWEEP_SESSIONS, session_idle_seconds},
	{STMT_JOB_SWEEP_INVITATIONS, NULL},
	{STMT_JOB_SWEEP_LOGINS, NULL},
	{STMT_JOB_SWEEP_CHALLENGES, NULL},
	{STMT_JOB_AGE_EPOCHS, job_epoch_seconds},
};

enum { N_JOBS = sizeof(jobs) / sizeof(jobs[0]) };

struct runner {
	const struct config *config;
	struct loop *loop;
	struct pg *pg;
	struct timer *round;
	struct pg_statement statements[N_JOBS]; /* only what this role may run is prepared */
	bool running[N_JOBS];
	int exit_code;
};

static void job_done(void *ctx, uint64_t which, enum err e, const struct pg_result *result)
{
	struct runner *r = ctx;
	const char *name = r->statements[which].name;
	r->running[which] = false;
	if (e != ERR_OK)
		log_warn("job_failed", LOG_W("job", name), LOG_W("error", err_word(e)));
	else if (pg_get_int(result, 0, 0) > 0)
		log_info("job", LOG_W("job", name), LOG_N("rows", pg_get_int(result, 0, 0)));
}

static void jobs_round(void *ctx)
{
	struct runner *r = ctx;
	for (size_t i = 0; i < N_JOBS; i++) {
		if (r->running[i])
			continue;
		struct pg_param items[SESSION_CLASSES];
		struct pg_param argument =
			jobs[i].argument ? jobs[i].argument(r->config, items) : pg_null();
		struct pg_call call = {.statement = i,
			.params = &argument,
			.n_params = r->statements[i].n_in,
			.done = job_done,
			.ctx = r,
			.tag = i};
		r->running[i] = pg_submit(r->pg, &call) == ERR_OK;
	}
}

static void jobs_ready(void *ctx, enum err e)
{
	struct runner *r = ctx;
	if (e != ERR_OK) {
		r->exit_code = EXIT_SETUP;
		loop_stop(r->loop);
		return;
	}
	timer_start(r->round, 0, (uint64_t)r->config->jobs_seconds * 1000);
}

static void jobs_stop(void *ctx)
{
	struct runner *r = ctx;
	loop_stop(r->loop);
}

int jobs_run(const struct config *config)
{
	settings_use_log(config, "jobs");
	(void)signal(SIGPIPE, SIG_IGN);
	struct buf conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_jobs, &conninfo);
	struct runner *r = MEM_NEW(struct runner);
	r->config = config;
	for (size_t i = 0; i < N_JOBS; i++)
		r->statements[i] = pg_statements[jobs[i].statement];
	struct pg_settings settings = {.conninfo = buf_text(&conninfo),
		.statements = r->statements,
		.n_statements = N_JOBS,
		.lane_size = {[PG_LANE_WRITE] = 1},
		.statement_timeout_ms = {[PG_LANE_WRITE] = TIMEOUT_MS},
		.lock_timeout_ms = (unsigned)config->db_lock_timeout_ms,
		.max_queued = QUEUE};
	r->loop = loop_new();
	r->round = timer_new(r->loop, jobs_round, r);
	r->pg = pg_new(r->loop, &settings, jobs_ready, r);
	loop_on_signal(r->loop, SIGTERM, jobs_stop, r);
	loop_on_signal(r->loop, SIGINT, jobs_stop, r);
	loop_run(r->loop);
	int exit_code = r->exit_code;
	pg_free(&r->pg);
	timer_free(&r->round);
	loop_free(&r->loop);
	mem_free(r);
	buf_done(&conninfo);
	return exit_code;
}
