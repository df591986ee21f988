/* The signer: gives the leaves of the logs their places and signs the heads. It believes its own
 * files and not the database: what does not begin with what it signed before gets no signature, and
 * that is said in its log, in the database and on the administrators' page, while the service goes
 * on. A log at a time, each to its end; all of them at the start and now and then, so that an old
 * backup is noticed without a new event. */
#include "main/signer.h"
#include "main/role.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/meter.h"
#include "io/pg_row.h"
#include "main/main.h"
#include "sql_gen.h"

enum { CONNINFO_MAX = 4096, QUEUE = 8, TIMEOUT_MS = 60000, LOGS_MOST = 64, ID_HEX = 32 };
#define SCHEME "https://"

static const size_t statements[SIGNER_STATEMENTS] = {
	[SIGNER_WAITING] = STMT_LOG_WAITING,
	[SIGNER_LOOK] = STMT_LOG_LOOK,
	[SIGNER_TAKE] = STMT_LOG_TAKE,
	[SIGNER_ENTRIES] = STMT_LOG_ENTRIES,
	[SIGNER_EXTEND] = STMT_LOG_EXTEND,
	[SIGNER_PUBLISH] = STMT_LOG_PUBLISH,
	[SIGNER_REFUSE] = STMT_LOG_REFUSE,
};

struct signer {
	struct signer_parts parts;
	struct loop *loop;
	struct timer *timer;
	struct pg_statement statements[SIGNER_STATEMENTS];
	struct round *round;
	struct map *refused; /* the ids of logs of which it has been said */
	struct id logs[LOGS_MOST];
	size_t n_logs, next_log;
	bool all, busy, under_way; /* this time every log; and there is more to do at once */
	uint64_t all_at;           /* when every log was looked at; 0: never */
	int exit_code;
};

static void signer_ask(struct signer *s);

/* Until the next time, or at once when there is more. */
static void signer_rest(struct signer *s)
{
	s->under_way = false;
	if (s->all)
		s->all_at = clock_mono_ms();
	s->all = false;
	timer_start(s->timer, s->busy ? 0 : (uint64_t)s->parts.config->log_ms, 0);
	s->busy = false;
}

static void signer_say(struct signer *s, enum round_end end, const char *why)
{
	const struct id *log = &s->logs[s->next_log];
	char hex[ID_HEX + 1];
	for (size_t i = 0; i < sizeof(log->b); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", log->b[i]);
	bool said = map_get(s->refused, id_slice(log)) != NULL;
	if (end == ROUND_REFUSED && !said)
		meter_add(METER_log_refusals, 1);
	if (end == ROUND_REFUSED && (!said || s->all))
		log_error("log_refused", LOG_W("log", hex), LOG_W("why", why));
	if (end == ROUND_FAILED)
		log_warn("log_not_signed", LOG_W("log", hex), LOG_W("why", why));
	if (end == ROUND_REFUSED && !said)
		map_put(s->refused, id_slice(log), s);
	if (end != ROUND_REFUSED && end != ROUND_FAILED && said) {
		(void)map_take(s->refused, id_slice(log));
		log_warn("log_accepted", LOG_W("log", hex));
	}
}

static void signer_next(void *ctx)
{
	struct signer *s = ctx;
	if (s->next_log < s->n_logs)
		round_begin(s->round, &s->logs[s->next_log]);
	else if (s->n_logs == LOGS_MOST)
		signer_ask(s);
	else
		signer_rest(s);
}

static void signer_rounded(void *ctx, enum round_end end, const char *why)
{
	struct signer *s = ctx;
	signer_say(s, end, why);
	s->busy = s->busy || end == ROUND_BUSY;
	s->next_log++;
	loop_post(s->loop, signer_next, s);
}

static void signer_told(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct signer *s = ctx;
	s->n_logs = s->next_log = 0;
	if (e != ERR_OK) {
		log_warn("signer_waits", LOG_W("error", err_word(e)));
		s->all = false; /* not looked at */
	} else {
		meter_now(METER_last_round);
		s->n_logs = pg_rows(result);
		for (size_t i = 0; i < s->n_logs; i++)
			s->logs[i] = pg_get_id(result, i, LOG_WAITING_LOG);
	}
	signer_next(s);
}

/* From the log behind the last one on. */
static void signer_ask(struct signer *s)
{
	const struct pg_param params[] = {
		s->n_logs == LOGS_MOST ? pg_id(&s->logs[LOGS_MOST - 1]) : pg_null(),
		pg_bool(s->all), pg_int(LOGS_MOST)};
	struct pg_call call = {.statement = SIGNER_WAITING,
		.params = params,
		.n_params = 3,
		.done = signer_told,
		.ctx = s};
	enum err e = pg_submit(s->parts.pg, &call);
	if (e != ERR_OK)
		signer_told(s, 0, e, NULL);
}

static void signer_begin(void *ctx)
{
	struct signer *s = ctx;
	uint64_t every = (uint64_t)s->parts.config->log_check_seconds * 1000;
	if (s->under_way)
		return;
	s->under_way = true;
	s->n_logs = 0;
	s->all = s->all_at == 0 || clock_mono_ms() - s->all_at >= every;
	signer_ask(s);
}

static void signer_ready(void *ctx, enum err e)
{
	struct signer *s = ctx;
	if (e != ERR_OK) {
		s->exit_code = EXIT_SETUP;
		loop_stop(s->loop);
		return;
	}
	role_ready();
	log_info("signing", LOG_W("origin", s->parts.origin));
	timer_start(s->timer, 0, 0);
}

static void signer_stop(void *ctx)
{
	struct signer *s = ctx;
	loop_stop(s->loop);
}

static void signer_serve(struct signer *s, const char *conninfo)
{
	for (size_t i = 0; i < SIGNER_STATEMENTS; i++)
		s->statements[i] = pg_statements[statements[i]];
	struct pg_settings settings = {.conninfo = conninfo,
		.statements = s->statements,
		.n_statements = SIGNER_STATEMENTS,
		.lane_size = {[PG_LANE_WRITE] = 1},
		.statement_timeout_ms = {[PG_LANE_WRITE] = TIMEOUT_MS},
		.lock_timeout_ms = (unsigned)s->parts.config->db_lock_timeout_ms,
		.max_queued = QUEUE};
	s->loop = loop_new();
	s->timer = timer_new(s->loop, signer_begin, s);
	s->refused = map_new();
	s->parts.pg = pg_new(s->loop, &settings, signer_ready, s);
	s->round = round_new(&s->parts, signer_rounded, s);
	loop_on_signal(s->loop, SIGTERM, signer_stop, s);
	loop_on_signal(s->loop, SIGINT, signer_stop, s);
	role_keep_secret();
	role_close_in(BOX_SIGNER);
	loop_run(s->loop);
	timer_stop(s->timer);
	pg_stop(s->parts.pg);
	pg_free(&s->parts.pg);
	round_free(&s->round);
	map_free(&s->refused);
	timer_free(&s->timer);
	loop_free(&s->loop);
}

static void signer_origin(const struct config *config, char *ret, size_t size)
{
	const char *host = config->public_origin;
	if (slice_starts(slice_text(host), SLICE_LIT(SCHEME)))
		host += strlen(SCHEME);
	if (config->log_origin[0])
		(void)snprintf(ret, size, "%s", config->log_origin);
	else
		(void)snprintf(ret, size, "%s/api/log", host);
}

/* Says the key of the directory; that of an organisation differs by its name alone. */
static int signer_make(struct signer_parts *parts)
{
	static const struct id directory;
	struct note_key key;
	struct buf text = BUF_MAX(NOTE_KEY_MAX);
	const char *dir = parts->config->signer_dir;
	(void)mkdir(dir, S_IRWXU);
	enum err e = signer_key_make(dir);
	if (e == ERR_OK)
		e = signer_key_load(dir, &parts->seed);
	if (e == ERR_OK)
		e = signer_log_key(parts, &directory, &key);
	if (e == ERR_OK) {
		note_key_write(&key, &text);
		printf("%s\n", buf_text(&text));
	} else {
		fprintf(stderr, "The key of the logs in %s could not be made (%s).\n", dir,
			err_word(e));
	}
	buf_done(&text);
	return e == ERR_OK ? EXIT_GOOD : EXIT_SETUP;
}

int signer_run(const struct config *config, const struct options *options)
{
	if (options->make)
		settings_use_log(config, "signer");
	else
		role_begin(config, "signer", 0);
	(void)signal(SIGPIPE, SIG_IGN);
	struct signer *s = MEM_NEW(struct signer);
	s->parts.config = config;
	signer_origin(config, s->parts.origin, sizeof(s->parts.origin));
	if (options->make) {
		s->exit_code = signer_make(&s->parts);
	} else if (signer_key_load(config->signer_dir, &s->parts.seed) != ERR_OK) {
		fprintf(stderr,
			"There is no key of the logs in %s: luotsid signer --make makes one.\n",
			config->signer_dir);
		s->exit_code = EXIT_SETUP;
	} else {
		struct buf conninfo = BUF_MAX(CONNINFO_MAX);
		settings_conninfo(config, config->db_role_signer, &conninfo);
		signer_serve(s, buf_text(&conninfo));
		buf_done(&conninfo);
	}
	int exit_code = s->exit_code;
	role_end();
	crypt_wipe(s, sizeof(*s));
	mem_free(s);
	return exit_code;
}
