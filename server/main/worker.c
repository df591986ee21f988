/* One worker: the wires, the gate and the modules joined, in the order in which they need each
 * other, and taken apart in the other. It serves only after every statement was prepared: a schema
 * that does not fit stops it. Stopping: no new requests, what is under way is answered, 1001 to
 * everybody, then the end. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/core.h"
#include "domain/sign_in.h"
#include "domain/unit.h"
#include "io/keys.h"
#include "io/static.h"
#include "main/main.h"
#include "main/role.h"
#include "main/units.h"
#include "sql_gen.h"

enum { LOOK_MS = 10, CONNINFO_MAX = 4096, WHY_MAX = 1024, SPARE_FILES = 256 };
enum { LARGE_BLOCK = 4 << 20, SPARE_BLOCKS = 4 };

struct worker {
	const struct config *config;
	const struct options *options;
	struct loop *loop;
	struct site *site;
	struct work *work;
	struct pg *pg;
	struct keys *keys;
	struct fetch *fetch;
	struct sign_in *sign_in;
	struct units *units;
	struct unit_check unit_check;
	struct core *core;
	struct server *server;
	struct listener *listener;
	struct buf conninfo, unit_conninfo;
	struct timer *look;
	uint64_t deadline;
	bool stopping, away;
	int exit_code;
};

static void worker_end(void *ctx)
{
	struct worker *w = ctx;
	loop_stop(w->loop);
}

/* What is under way is answered first. WebSockets, on which nothing new is begun, are sent away as
 * soon as all of them have their answers; transfers of files may take longer. */
static void worker_look(void *ctx)
{
	struct worker *w = ctx;
	uint64_t now = clock_mono_ms();
	bool late = now >= w->deadline;
	if (!w->away && (late || !core_owes(w->core))) {
		w->away = true;
		core_give_up(w->core);
		server_send_away(w->server);
	}
	if (!late && (!w->away || core_pending(w->core) > 0 || server_is_asked(w->server)))
		return;
	timer_stop(w->look);
	core_drain(w->core);
	server_drain(w->server, late ? 0 : w->deadline - now, worker_end, w);
}

static void worker_stop(void *ctx)
{
	struct worker *w = ctx;
	if (w->stopping)
		return;
	w->stopping = true;
	log_info("draining");
	meter_set(METER_draining, 1);
	server_quiet(w->server);
	w->deadline = clock_mono_ms() + (uint64_t)w->config->drain_seconds * 1000;
	timer_start(w->look, 0, LOOK_MS);
}

/* As many connections as there may be descriptors for: without one an accept fails at once, again
 * and again. */
static uint32_t worker_connections(const struct config *config)
{
	rlim_t wanted = (rlim_t)config->max_connections;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted + SPARE_FILES)
		return (uint32_t)wanted;
	rlim_t fit = files.rlim_cur > 2 * SPARE_FILES ? files.rlim_cur - SPARE_FILES
						      : files.rlim_cur / 2;
	log_warn("few_descriptors", LOG_N("connections", fit));
	return (uint32_t)fit;
}

static struct server_settings worker_server_settings(const struct worker *w)
{
	const struct config *c = w->config;
	return (struct server_settings){
		.listen_fd = w->options->listen_fd,
		.edge = c->edge,
		.tls_cert = c->tls_cert,
		.tls_key = c->tls_key,
		.tls_client_ca = c->tls_client_ca[0] ? c->tls_client_ca : NULL,
		.public_origin = c->public_origin,
		.site = w->site,
		.max_frame = (uint32_t)c->max_frame,
		.max_body = (uint32_t)c->max_body,
		.max_connections = worker_connections(c),
		.max_connections_per_address = (uint32_t)c->max_connections_per_address,
		.outq = {(uint32_t)c->outq_bytes, (uint32_t)c->outq_frames},
		.first_frame_seconds = (uint32_t)c->first_frame_seconds,
		.idle_seconds = (uint32_t)c->idle_seconds,
		.ping_seconds = (uint32_t)c->ping_seconds,
		.http_seconds = (uint32_t)c->http_seconds,
		.large = {.path = CORE_RAW_PATH,
			.max_body = CORE_RAW_BODY,
			.at_once = (uint32_t)c->parts_at_once,
			.at_once_per_address = (uint32_t)c->parts_at_once_per_address,
			.bytes_per_second = (uint32_t)c->part_bytes_per_second},
	};
}

static void worker_checked(void *ctx, enum err e)
{
	struct worker *w = ctx;
	if (w->stopping)
		return;
	if (e != ERR_OK || server_start(w->server) != ERR_OK) {
		w->exit_code = EXIT_SETUP;
		loop_stop(w->loop);
		return;
	}
	const struct listener_events events = {core_notice, core_notice_gap, w->core};
	w->listener = listener_new(w->loop, buf_text(&w->conninfo), "luotsi", &events);
	role_ready();
	log_info("serving", LOG_N("pid", getpid()));
}

/* Not before the database of unit keys is known to be of today. */
static void worker_ready(void *ctx, enum err e)
{
	struct worker *w = ctx;
	if (e != ERR_OK) {
		worker_checked(w, e);
		return;
	}
	w->unit_check = (struct unit_check){
		w->pg, STMT_UNIT_NEWEST_BATCH, STMT_UNIT_BATCH_KNOWN, worker_checked, w};
	unit_check_begin(&w->unit_check);
}

static struct pg_settings worker_pg_settings(struct worker *w)
{
	const struct config *c = w->config;
	return (struct pg_settings){
		.conninfo = buf_text(&w->conninfo),
		.unit_conninfo = buf_text(&w->unit_conninfo),
		.statements = pg_statements,
		.n_statements = n_pg_statements,
		.lane_size = {[PG_LANE_HOT] = (unsigned)c->db_hot_connections,
			[PG_LANE_READ] = (unsigned)c->db_read_connections,
			[PG_LANE_WRITE] = (unsigned)c->db_write_connections,
			[PG_LANE_FILE] = (unsigned)c->db_file_connections,
			[PG_LANE_UNIT] = (unsigned)c->unit_db_connections},
		.statement_timeout_ms = {[PG_LANE_HOT] = (unsigned)c->db_hot_timeout_ms,
			[PG_LANE_READ] = (unsigned)c->db_read_timeout_ms,
			[PG_LANE_WRITE] = (unsigned)c->db_write_timeout_ms,
			[PG_LANE_FILE] = (unsigned)c->db_file_timeout_ms,
			[PG_LANE_UNIT] = (unsigned)c->db_write_timeout_ms},
		.lock_timeout_ms = (unsigned)c->db_lock_timeout_ms,
		.max_queued = (unsigned)c->db_queue,
	};
}

/* Descriptors for every connection that may come; few arenas, because threads only verify. */
static void worker_prepare_process(const struct config *config)
{
	char threads[16];
	rlim_t need = (rlim_t)config->max_connections + SPARE_FILES;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)mallopt(M_ARENA_MAX, 2);
	/* Parts of files come and go: without these each would be given back to the system, and
	 * its pages cleared again for the next. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK * SPARE_BLOCKS);
	(void)snprintf(threads, sizeof(threads), "%d", (int)config->work_threads);
	(void)setenv("UV_THREADPOOL_SIZE", threads, 1);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* False: a provider's file is wrong; it has been said how. */
static bool worker_build_sign_in(struct worker *w)
{
	const struct config *c = w->config;
	struct buf why = BUF_MAX(WHY_MAX);
	AUTO(providers) struct providers providers = {0};
	enum err e = providers_load(c->providers_dir, c->development, &providers, &why);
	if (e != ERR_OK)
		log_error("bad_provider", LOG_W("sentence", buf_text(&why)));
	buf_done(&why);
	if (e != ERR_OK)
		return false;
	struct fetch_settings settings = {.max_in_flight = (unsigned)c->provider_requests,
		.connect_ms = (unsigned)c->provider_connect_ms,
		.total_ms = (unsigned)c->provider_total_ms,
		.max_alike = (unsigned)(c->provider_requests + 1) / 2};
	w->fetch = fetch_new(w->loop, &settings);
	w->sign_in = sign_in_new(w->fetch, &providers);
	return true;
}

static void worker_free(struct worker *w)
{
	/* First all answers are given, while everybody who may hear them is still there. */
	if (w->fetch)
		fetch_stop(w->fetch);
	work_stop(w->work);
	pg_stop(w->pg);
	if (w->keys)
		keys_stop(w->keys);
	server_free(&w->server);
	listener_free(&w->listener);
	core_free(&w->core);
	pg_free(&w->pg);
	keys_free(&w->keys);
	units_free(&w->units);
	sign_in_free(&w->sign_in);
	fetch_free(&w->fetch);
	work_free(&w->work);
	timer_free(&w->look);
	loop_free(&w->loop);
	site_free(&w->site);
	buf_done(&w->conninfo);
	buf_done(&w->unit_conninfo);
}

/* Everything but the database, which says by itself when it is there. False: the certificate, or a
 * provider. */
static bool worker_build(struct worker *w)
{
	const struct config *config = w->config;
	settings_conninfo(config, config->db_role_app, &w->conninfo);
	settings_unit_conninfo(config, config->db_role_app, &w->unit_conninfo);
	w->loop = loop_new();
	loop_watch_turns(w->loop, (uint64_t)config->stall_ms);
	w->look = timer_new(w->loop, worker_look, w);
	w->work = work_new(w->loop, (unsigned)config->work_threads, (unsigned)config->work_queue);
	struct pg_settings pg = worker_pg_settings(w);
	w->pg = pg_new(w->loop, &pg, worker_ready, w);
	w->keys = keys_new(w->loop, config->keys_socket);
	const struct units_settings units = {.pg = w->pg,
		.keys = w->keys,
		.statement_get = STMT_UNIT_GET,
		.statement_put = STMT_UNIT_PUT,
		.most = (size_t)config->unit_cache,
		.ms = (uint64_t)config->unit_cache_seconds * 1000};
	w->units = units_new(&units);
	if (!worker_build_sign_in(w))
		return false;
	struct core_parts parts = {.config = config,
		.loop = w->loop,
		.pg = w->pg,
		.work = w->work,
		.keys = w->keys,
		.fetch = w->fetch,
		.sign_in = w->sign_in,
		.units = w->units,
		.routes = routes,
		.n_routes = n_routes};
	w->core = core_new(&parts);
	struct server_settings settings = worker_server_settings(w);
	w->server = server_new(w->loop, &settings, &core_handlers, w->core);
	if (w->server)
		core_serve(w->core, w->server);
	return w->server != NULL;
}

int worker_run(const struct config *config, const struct options *options)
{
	role_begin(config, "worker", options->number);
	role_close_in(BOX_WORKER);
	worker_prepare_process(config);
	struct worker w = {.config = config,
		.options = options,
		.conninfo = BUF_MAX(CONNINFO_MAX),
		.unit_conninfo = BUF_MAX(CONNINFO_MAX)};
	if (options->listen_fd < 0 || site_load(config->site_dir, &w.site) != ERR_OK)
		return EXIT_SETUP;
	w.exit_code = EXIT_SETUP;
	if (worker_build(&w)) {
		w.exit_code = EXIT_GOOD;
		loop_on_signal(w.loop, SIGTERM, worker_stop, &w);
		loop_on_signal(w.loop, SIGINT, worker_stop, &w);
		loop_run(w.loop);
	}
	worker_free(&w);
	role_end();
	return w.exit_code;
}
