/* What happens by itself: a table of statements and how often, and five jobs of more than one
 * step. Each runs alone, never twice at a time; what fails is logged and comes again at the next
 * round. No socket from outside. */
#include "main/jobs.h"

#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/session.h"
#include "io/pg_row.h"
#include "main/main.h"
#include "main/role.h"
#include "main/units.h"
#include "sql_gen.h"

enum { CONNINFO_MAX = 4096, QUEUE = 32, SUCCESSION_BATCH = 50, TIMEOUT_MS = 60000 };
enum { EXPIRE_MOST = 20000, TELL_DAYS = 14, HOUR_MS = 3600000 };

static struct pg_param job_epoch_seconds(const struct config *c, struct pg_param *items)
{
	(void)items;
	return pg_int(c->epoch_days * 86400);
}

static struct pg_param job_file_seconds(const struct config *c, struct pg_param *items)
{
	(void)items;
	return pg_int(c->file_idle_seconds);
}

static struct pg_param job_event_days(const struct config *c, struct pg_param *items)
{
	(void)items;
	return pg_int(c->sign_in_event_days);
}

static struct pg_param job_succession_most(const struct config *c, struct pg_param *items)
{
	(void)c;
	(void)items;
	return pg_int(SUCCESSION_BATCH);
}

static struct pg_param job_expire_most(const struct config *c, struct pg_param *items)
{
	(void)c;
	(void)items;
	return pg_int(EXPIRE_MOST);
}

static struct pg_param job_tell_days(const struct config *c, struct pg_param *items)
{
	(void)c;
	(void)items;
	return pg_int(TELL_DAYS);
}

static const size_t statements[JOBS_STATEMENTS] = {
	[JOBS_SWEEP_SESSIONS] = STMT_JOB_SWEEP_SESSIONS,
	[JOBS_SWEEP_INVITATIONS] = STMT_JOB_SWEEP_INVITATIONS,
	[JOBS_SWEEP_LOGINS] = STMT_JOB_SWEEP_LOGINS,
	[JOBS_SWEEP_CHALLENGES] = STMT_JOB_SWEEP_CHALLENGES,
	[JOBS_AGE_EPOCHS] = STMT_JOB_AGE_EPOCHS,
	[JOBS_SWEEP_FILES] = STMT_JOB_SWEEP_FILES,
	[JOBS_CHECK_FILES] = STMT_JOB_CHECK_FILES,
	[JOBS_REMIND] = STMT_JOB_REMIND,
	[JOBS_AGREEMENTS] = STMT_JOB_AGREEMENTS,
	[JOBS_SUCCESSION] = STMT_JOB_SUCCESSION,
	[JOBS_AUDIT_EXPIRE] = STMT_JOB_AUDIT_EXPIRE,
	[JOBS_RETENTION_TELL] = STMT_JOB_RETENTION_TELL,
	[JOBS_RIGHTS] = STMT_JOB_RIGHTS,
	[JOBS_IDENTITY_STALE] = STMT_JOB_IDENTITY_STALE,
	[JOBS_IDENTITY_ROTATE] = STMT_JOB_IDENTITY_ROTATE,
	[JOBS_MAIL_TAKE] = STMT_JOB_MAIL_TAKE,
	[JOBS_MAIL_DONE] = STMT_JOB_MAIL_DONE,
	[JOBS_UNIT_GET] = STMT_UNIT_GET,
	[JOBS_UNIT_PUT] = STMT_UNIT_PUT,
	[JOBS_UNIT_PLAIN] = STMT_JOB_UNIT_PLAIN,
	[JOBS_UNIT_SEAL] = STMT_JOB_UNIT_SEAL,
	[JOBS_UNIT_BATCH_TAKE] = STMT_JOB_UNIT_BATCH_TAKE,
	[JOBS_UNIT_ERASE] = STMT_JOB_UNIT_ERASE,
	[JOBS_UNIT_BATCH_DONE] = STMT_JOB_UNIT_BATCH_DONE,
	[JOBS_RETENTION_BEGIN] = STMT_JOB_RETENTION_BEGIN,
	[JOBS_RETENTION_ROWS] = STMT_JOB_RETENTION_ROWS,
	[JOBS_RETENTION_CERTIFY] = STMT_JOB_RETENTION_CERTIFY,
	[JOBS_UNIT_NEWEST_BATCH] = STMT_UNIT_NEWEST_BATCH,
	[JOBS_UNIT_BATCH_KNOWN] = STMT_UNIT_BATCH_KNOWN,
	[JOBS_NOTIFY_QUEUE] = STMT_JOB_NOTIFY_QUEUE,
	[JOBS_NOTIFY_TAKE] = STMT_JOB_NOTIFY_TAKE,
	[JOBS_NOTIFY_DONE] = STMT_JOB_NOTIFY_DONE,
	[JOBS_UNIT_ORGS] = STMT_UNIT_ORGS,
	[JOBS_ERASURE_CHECK] = STMT_JOB_ERASURE_CHECK,
	[JOBS_UNIT_LIST] = STMT_UNIT_LIST,
	[JOBS_UNIT_ORPHANS] = STMT_UNIT_ORPHANS,
	[JOBS_UNIT_NEEDED] = STMT_UNIT_NEEDED,
};

/* The items of an array, if the argument is one. NULL: the sweep takes none */
static struct pg_param (*const arguments[JOBS_SWEEPS])(
	const struct config *c, struct pg_param items[static SESSION_CLASSES]) = {
	[JOBS_SWEEP_SESSIONS] = session_idle_seconds,
	[JOBS_SWEEP_LOGINS] = job_event_days,
	[JOBS_AGE_EPOCHS] = job_epoch_seconds,
	[JOBS_SWEEP_FILES] = job_file_seconds,
	[JOBS_SUCCESSION] = job_succession_most,
	[JOBS_AUDIT_EXPIRE] = job_expire_most,
	[JOBS_RETENTION_TELL] = job_tell_days,
};

struct runner {
	struct jobs_parts parts;
	struct timer *round;
	struct pg_statement statements[JOBS_STATEMENTS]; /* only what this role may run */
	bool running[JOBS_SWEEPS];
	uint64_t ran_at[JOBS_SWEEPS]; /* 0: not since the process began */
	struct rotation *rotation;
	struct posting *posting;
	struct unit_job *units;
	struct unit_check unit_check;
	struct notifying *notifying;
	struct checking *checking;
	bool stopping;
	int exit_code;
};

static void job_done(void *ctx, uint64_t which, enum err e, const struct pg_result *result)
{
	struct runner *r = ctx;
	const char *name = r->statements[which].name;
	r->running[which] = false;
	if (e == ERR_OK)
		meter_now(METER_last_round);
	if (e != ERR_OK)
		log_warn("job_failed", LOG_W("job", name), LOG_W("error", err_word(e)));
	else if (which == JOBS_CHECK_FILES && pg_get_int(result, 0, 0) > 0)
		log_error("files_broken", LOG_N("faults", pg_get_int(result, 0, 0)));
	else if (pg_get_int(result, 0, 0) > 0)
		log_info("job", LOG_W("job", name), LOG_N("rows", pg_get_int(result, 0, 0)));
}

/* How often at most; 0: in every round. */
static uint64_t job_every(const struct runner *r, size_t which)
{
	if (which == JOBS_CHECK_FILES)
		return (uint64_t)r->parts.config->file_check_seconds * 1000;
	return which == JOBS_AUDIT_EXPIRE || which == JOBS_RETENTION_TELL ? HOUR_MS : 0;
}

static bool job_is_due(struct runner *r, size_t which)
{
	uint64_t now = clock_mono_ms();
	if (r->running[which] ||
		(r->ran_at[which] > 0 && now - r->ran_at[which] < job_every(r, which)))
		return false;
	r->ran_at[which] = now;
	return true;
}

static void jobs_round(void *ctx)
{
	struct runner *r = ctx;
	for (size_t i = 0; i < JOBS_SWEEPS; i++) {
		if (!job_is_due(r, i))
			continue;
		struct pg_param items[SESSION_CLASSES];
		struct pg_param argument =
			arguments[i] ? arguments[i](r->parts.config, items) : pg_null();
		struct pg_call call = {.statement = i,
			.params = &argument,
			.n_params = r->statements[i].n_in,
			.done = job_done,
			.ctx = r,
			.tag = i};
		r->running[i] = pg_submit(r->parts.pg, &call) == ERR_OK;
	}
	rotation_round(r->rotation);
	posting_round(r->posting);
	unit_job_round(r->units);
	notifying_round(r->notifying);
	checking_round(r->checking);
}

static void jobs_checked(void *ctx, enum err e)
{
	struct runner *r = ctx;
	if (r->stopping)
		return;
	if (e != ERR_OK) {
		r->exit_code = EXIT_SETUP;
		loop_stop(r->parts.loop);
		return;
	}
	role_ready();
	timer_start(r->round, 0, (uint64_t)r->parts.config->jobs_seconds * 1000);
}

static void jobs_ready(void *ctx, enum err e)
{
	struct runner *r = ctx;
	if (e != ERR_OK) {
		jobs_checked(r, e);
		return;
	}
	r->unit_check = (struct unit_check){
		r->parts.pg, JOBS_UNIT_NEWEST_BATCH, JOBS_UNIT_BATCH_KNOWN, jobs_checked, r};
	unit_check_begin(&r->unit_check);
}

static void jobs_stop(void *ctx)
{
	struct runner *r = ctx;
	r->stopping = true;
	loop_stop(r->parts.loop);
}

static struct mail *jobs_mail(const struct runner *r)
{
	const struct config *c = r->parts.config;
	const struct mail_settings settings = {.url = c->smtp_url,
		.from = c->smtp_from,
		.user = c->smtp_user,
		.password_file = c->smtp_password_file,
		.ca_file = c->smtp_ca,
		.plain = config_smtp_is_local(c)};
	return c->smtp_url[0] ? mail_new(r->parts.loop, &settings) : NULL;
}

static void jobs_build(struct runner *r, const char *conninfo, const char *unit_conninfo)
{
	const struct config *config = r->parts.config;
	for (size_t i = 0; i < JOBS_STATEMENTS; i++) {
		r->statements[i] = pg_statements[statements[i]];
		if (r->statements[i].lane == PG_LANE_READ)
			r->statements[i].lane = PG_LANE_WRITE;
	}
	struct pg_settings settings = {.conninfo = conninfo,
		.unit_conninfo = unit_conninfo,
		.statements = r->statements,
		.n_statements = JOBS_STATEMENTS,
		.lane_size = {[PG_LANE_WRITE] = 1, [PG_LANE_UNIT] = 1},
		.statement_timeout_ms = {[PG_LANE_WRITE] = TIMEOUT_MS, [PG_LANE_UNIT] = TIMEOUT_MS},
		.lock_timeout_ms = (unsigned)config->db_lock_timeout_ms,
		.max_queued = QUEUE};
	r->parts.loop = loop_new();
	r->round = timer_new(r->parts.loop, jobs_round, r);
	r->parts.pg = pg_new(r->parts.loop, &settings, jobs_ready, r);
	r->parts.keys = keys_new(r->parts.loop, config->keys_socket);
	r->rotation = rotation_new(&r->parts);
	r->parts.mail = jobs_mail(r);
	r->posting = posting_new(&r->parts);
	r->units = unit_job_new(&r->parts);
	r->notifying = notifying_new(&r->parts);
	r->checking = checking_new(&r->parts);
	loop_on_signal(r->parts.loop, SIGTERM, jobs_stop, r);
	loop_on_signal(r->parts.loop, SIGINT, jobs_stop, r);
}

/* First everything is answered, while those who hear it are still there. */
static void jobs_free(struct runner *r)
{
	timer_stop(r->round);
	if (r->parts.mail)
		mail_stop(r->parts.mail);
	pg_stop(r->parts.pg);
	keys_stop(r->parts.keys);
	rotation_free(&r->rotation);
	posting_free(&r->posting);
	unit_job_free(&r->units);
	notifying_free(&r->notifying);
	checking_free(&r->checking);
	mail_free(&r->parts.mail);
	pg_free(&r->parts.pg);
	keys_free(&r->parts.keys);
	timer_free(&r->round);
	loop_free(&r->parts.loop);
}

int jobs_run(const struct config *config)
{
	role_begin(config, "jobs", 0);
	role_close_in(BOX_JOBS);
	(void)signal(SIGPIPE, SIG_IGN);
	struct buf conninfo = BUF_MAX(CONNINFO_MAX);
	struct buf unit_conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_jobs, &conninfo);
	settings_unit_conninfo(config, config->db_role_jobs, &unit_conninfo);
	struct runner *r = MEM_NEW(struct runner);
	r->parts.config = config;
	jobs_build(r, buf_text(&conninfo), buf_text(&unit_conninfo));
	loop_run(r->parts.loop);
	int exit_code = r->exit_code;
	jobs_free(r);
	role_end();
	mem_free(r);
	buf_done(&conninfo);
	buf_done(&unit_conninfo);
	return exit_code;
}
