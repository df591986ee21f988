/* Looks at all files once, for who runs the server: the same that the jobs do every day. Says how
 * many faults there are; nothing is repaired by itself. */
#include <stdio.h>

#include "io/loop.h"
#include "io/pg.h"
#include "io/pg_row.h"
#include "main/main.h"
#include "sql_gen.h"

enum { CONNINFO_MAX = 4096, TIMEOUT_MS = 600000, PATIENCE_MS = 10000 };

struct looking {
	struct loop *loop;
	struct pg *pg;
	struct timer *patience;
	int64_t faults; /* -1: nobody knows */
};

static void looking_done(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct looking *l = ctx;
	if (e == ERR_OK)
		l->faults = pg_get_int(result, 0, 0);
	loop_stop(l->loop);
}

static void looking_ready(void *ctx, enum err e)
{
	struct looking *l = ctx;
	struct pg_call call = {.statement = 0, .done = looking_done, .ctx = l};
	timer_stop(l->patience);
	if (e != ERR_OK || pg_submit(l->pg, &call) != ERR_OK)
		loop_stop(l->loop);
}

static void looking_in_vain(void *ctx)
{
	struct looking *l = ctx;
	loop_stop(l->loop);
}

static int64_t files_look(const struct config *config, const char *conninfo)
{
	struct looking l = {.loop = loop_new(), .faults = -1};
	struct pg_settings settings = {.conninfo = conninfo,
		.statements = &pg_statements[STMT_JOB_CHECK_FILES],
		.n_statements = 1,
		.lane_size = {[PG_LANE_WRITE] = 1},
		.statement_timeout_ms = {[PG_LANE_WRITE] = TIMEOUT_MS},
		.lock_timeout_ms = (unsigned)config->db_lock_timeout_ms,
		.max_queued = 1};
	l.patience = timer_new(l.loop, looking_in_vain, &l);
	l.pg = pg_new(l.loop, &settings, looking_ready, &l);
	timer_start(l.patience, PATIENCE_MS, 0);
	loop_run(l.loop);
	int64_t faults = l.faults;
	pg_free(&l.pg);
	timer_free(&l.patience);
	loop_free(&l.loop);
	return faults;
}

int check_files_run(const struct config *config, const struct options *options)
{
	(void)options;
	settings_use_log(config, "check-files");
	struct buf conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_jobs, &conninfo);
	int64_t faults = files_look(config, buf_text(&conninfo));
	buf_done(&conninfo);
	if (faults < 0) {
		fputs("The files could not be looked at: the database does not answer.\n", stderr);
		return EXIT_SETUP;
	}
	printf("%lld faults among the files.\n", (long long)faults);
	return faults == 0 ? EXIT_GOOD : EXIT_BAD;
}
