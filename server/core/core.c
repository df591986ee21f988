/* The gate's own state, and where the wires touch it. */
#include "core/core.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/gate.h"
#include "core/state.h"

enum { SWEEP_MS = 1000, RATES_EVERY = 60, MAX_KEYS = 200000, PARTS_OF_ADDRESS = 4 };

static void sweep(void *ctx)
{
	struct core *core = ctx;
	request_sweep(core);
	connection_sweep(core);
	hub_sweep(core->hub);
	meter_set(METER_connections, (int64_t)map_count(core->connections));
	meter_set(METER_requests_waiting, (int64_t)map_count(core->requests));
	if (++core->sweeps % RATES_EVERY == 0) {
		rate_sweep(core->person_rates);
		rate_sweep(core->address_rates);
	}
}

struct core *core_new(const struct core_parts *parts)
{
	const struct config *config = parts->config;
	struct core *core = MEM_NEW(struct core);
	core->parts = *parts;
	core->connections = map_new();
	core->requests = map_new();
	list_init(&core->waiting);
	core->person_rates = rate_new((const int64_t[]){config->requests_per_minute,
					      config->posts_per_minute, config->parts_per_minute},
		3, MAX_KEYS);
	core->address_rates = rate_new(
		(const int64_t[]){config->sign_ins_per_minute, config->connects_per_minute,
			config->parts_per_minute * PARTS_OF_ADDRESS, config->log_reads_per_minute},
		4, MAX_KEYS);
	core->hub = hub_new(core);
	core->scratch = BUF_MAX(ANSWER_MAX);
	core->sweep = timer_new(parts->loop, sweep, core);
	timer_start(core->sweep, SWEEP_MS, SWEEP_MS);
	return core;
}

void core_serve(struct core *core, struct server *server)
{
	core->server = server;
}

void core_free(struct core **core)
{
	struct core *c = *core;
	*core = NULL;
	if (c == NULL)
		return;
	timer_free(&c->sweep);
	size_t cursor = 0;
	void *value;
	while (map_next(c->connections, &cursor, NULL, &value)) {
		struct connection *conn = value;
		connection_closed(c, conn->id);
		cursor = 0;
	}
	LIST_EACH(link, &c->waiting)
	{
		struct arena *arena = LIST_OF(link, struct request, waiting)->arena;
		arena_free(&arena);
	}
	while (c->n_spare > 0)
		arena_free(&c->spare[--c->n_spare]);
	hub_free(&c->hub);
	map_free(&c->connections);
	map_free(&c->requests);
	rate_free(&c->person_rates);
	rate_free(&c->address_rates);
	buf_done(&c->scratch);
	mem_free(c);
}

static void ws_message(void *ctx, uint64_t conn, struct slice text, struct slice blob)
{
	gate_enter_ws(ctx, conn, text, blob);
}

static void http_request(void *ctx, const struct http_request *request)
{
	gate_enter_http(ctx, request);
}

static void http_arriving(void *ctx, const struct http_request *request)
{
	gate_arrive_http(ctx, request);
}

static void http_wanted(void *ctx, uint64_t id, unsigned nth, const void *behind)
{
	gate_go_on_http(ctx, id, nth, behind);
}

const struct io_handlers core_handlers = {
	.ws_admit = connection_admit,
	.ws_open = connection_opened,
	.ws_message = ws_message,
	.ws_closed = connection_closed,
	.http_request = http_request,
	.http_arriving = http_arriving,
	.http_wanted = http_wanted,
};

void core_notice(void *ctx, struct slice payload)
{
	struct core *core = ctx;
	hub_notice(core->hub, payload);
}

void core_notice_gap(void *ctx)
{
	struct core *core = ctx;
	hub_gap(core->hub);
}

void core_drain(struct core *core)
{
	core->draining = true;
}

static struct connection *owed(const struct core *core, size_t *cursor)
{
	void *value;
	while (map_next(core->connections, cursor, NULL, &value)) {
		struct connection *conn = value;
		if (conn->n_requests > 0)
			return conn;
	}
	return NULL;
}

bool core_owes(const struct core *core)
{
	size_t cursor = 0;
	return owed(core, &cursor) != NULL;
}

void core_give_up(struct core *core)
{
	size_t cursor = 0;
	for (struct connection *conn; (conn = owed(core, &cursor)) != NULL;)
		ws_close(core->server, conn->id, WS_CLOSE_FAULT);
}

size_t core_pending(const struct core *core)
{
	return map_count(core->requests);
}
