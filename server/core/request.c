/* Requests between their steps. A waiting request stands in one list, the oldest first, and comes
 * back by its id. An answer may go before the request does: when the deadline has passed the client
 * hears "uncertain" at once, while the request stays until what it asked for has come back, because
 * the threads and the database still write into it or count on its step. */
#include "core/request.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/gate.h"
#include "core/state.h"

enum { ARENA_FIRST = 6144, DEADLINE_MS = 15000, SLOW_MS = 1000, HEADERS_MAX = 4 };

/* Some arenas stay for the next requests: their memory is warm, and the heap is left in peace. */
static struct arena *take_arena(struct core *core)
{
	return core->n_spare > 0 ? core->spare[--core->n_spare] : arena_new(ARENA_FIRST);
}

static void give_arena(struct core *core, struct arena *arena)
{
	if (core->n_spare == ARENAS_SPARE) {
		arena_free(&arena);
		return;
	}
	arena_reset(arena);
	core->spare[core->n_spare++] = arena;
}

struct request *request_new(struct core *core)
{
	struct arena *arena = take_arena(core);
	struct request *r = ARENA_NEW(arena, struct request);
	r->core = core;
	r->arena = arena;
	r->id = ++core->next_request;
	r->deadline = clock_mono_ms() + DEADLINE_MS;
	list_init(&r->order);
	list_push(&core->waiting, &r->waiting);
	map_put_u64(core->requests, r->id, r);
	return r;
}

static void request_free(struct request *r)
{
	if (r->release != NULL)
		r->release(r);
	uint64_t took = clock_mono_ms() + DEADLINE_MS - r->deadline;
	meter_add(METER_requests, 1);
	meter_add(METER_request_milliseconds, (int64_t)took);
	meter_add(METER_requests_slow, took >= SLOW_MS);
	list_remove(&r->order);
	list_remove(&r->waiting);
	buf_done(&r->body);
	map_take_u64(r->core->requests, r->id);
	give_arena(r->core, r->arena);
}

static void came_back(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct core *core = ctx;
	struct request *r = map_get_u64(core->requests, tag);
	ASSERT(r != NULL);
	outcome_fn *then_outcome = r->then_outcome;
	r->then_outcome = NULL;
	if (then_outcome != NULL)
		then_outcome(r, e, result);
	else if (e != ERR_OK)
		req_fail(r, e);
	else
		r->then_result(r, result);
}

static enum err submit(struct request *r, size_t statement, const struct pg_param *params, size_t n)
{
	struct pg_call call = {.statement = statement,
		.org = &r->session.org,
		.params = params,
		.n_params = n,
		.affinity = r->affinity,
		.done = came_back,
		.ctx = r->core,
		.tag = r->id};
	return pg_submit(r->core->parts.pg, &call);
}

void req_query(struct request *r, size_t statement, const struct pg_param *params, size_t n,
	result_fn *then)
{
	r->then_outcome = NULL;
	r->then_result = then;
	enum err e = submit(r, statement, params, n);
	if (e != ERR_OK)
		req_fail(r, e);
}

void req_query_then(struct request *r, size_t statement, const struct pg_param *params, size_t n,
	outcome_fn *then)
{
	r->then_outcome = then;
	enum err e = submit(r, statement, params, n);
	if (e == ERR_OK)
		return;
	r->then_outcome = NULL;
	then(r, e, NULL);
}

/* The item of a work is the state; in front of it stands the way back to the request. */
struct job_item {
	struct request *request;
	work_run_fn *run;
};

static void job_run(void *item)
{
	struct job_item *job = item;
	job->run(job->request->state);
}

static void job_done(void *item, bool ran)
{
	struct job_item *job = item;
	struct request *r = job->request;
	if (ran)
		r->then_step(r);
	else
		req_fail(r, ERR_SHUTTING_DOWN);
}

void req_work(struct request *r, work_run_fn *run, step_fn *then)
{
	struct job_item *job = ARENA_NEW(r->arena, struct job_item);
	*job = (struct job_item){r, run};
	r->then_step = then;
	enum err e = work_submit(r->core->parts.work, job_run, job_done, job);
	if (e != ERR_OK)
		req_fail(r, e);
}

static void keys_came_back(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	struct core *core = ctx;
	struct request *r = map_get_u64(core->requests, tag);
	ASSERT(r != NULL);
	if (e != ERR_OK)
		req_fail(r, e);
	else
		r->then_keys(r, answer);
}

void req_keys(struct request *r, const struct keys_ask *ask, keys_fn *then)
{
	struct core *core = r->core;
	r->then_keys = then;
	enum err e = core->parts.keys != NULL
			     ? keys_ask(core->parts.keys, ask, keys_came_back, core, r->id)
			     : ERR_UNAVAILABLE;
	if (e != ERR_OK)
		req_fail(r, e);
}

static void fetch_came_back(void *ctx, uint64_t tag, enum err e, const struct fetch_answer *answer)
{
	struct core *core = ctx;
	struct request *r = map_get_u64(core->requests, tag);
	ASSERT(r != NULL);
	r->then_fetched(r, e, answer);
}

void req_fetch(struct request *r, const struct fetch_call *call, fetched_fn *then)
{
	struct fetch_call mine = *call;
	mine.done = fetch_came_back;
	mine.ctx = r->core;
	mine.tag = r->id;
	r->then_fetched = then;
	enum err e = fetch_submit(r->core->parts.fetch, &mine);
	if (e != ERR_OK)
		then(r, e, NULL);
}

static void send_frame(struct request *r)
{
	AUTO(frame) struct frame *f = frame_new(buf_slice(&r->core->scratch));
	struct connection *conn = connection_find(r->core, r->from);
	if (conn == NULL)
		return;
	conn->n_requests--;
	ws_send(r->core->server, r->from, f);
}

static void send_http(struct request *r, unsigned status)
{
	struct http_response response = {.status = status,
		.content_type = "application/json",
		.body = buf_slice(&r->core->scratch),
		.headers = r->http_headers,
		.n_headers = r->n_http_headers};
	http_reply(r->core->server, r->from, &response);
}

void req_header(struct request *r, const char *name, struct slice value)
{
	ASSERT(r->http && r->n_http_headers < HEADERS_MAX);
	if (r->http_headers == NULL)
		r->http_headers = arena_array(r->arena, HEADERS_MAX, sizeof(*r->http_headers));
	r->http_headers[r->n_http_headers++] =
		(struct http_header){name, arena_copy(r->arena, value)};
}

static void answer(struct request *r, unsigned status)
{
	r->answered = true;
	if (r->nth > 0)
		http_cut(r->core->server, r->from);
	else if (r->http)
		send_http(r, status);
	else
		send_frame(r);
	buf_reset(&r->core->scratch);
}

void req_reply(struct request *r, const void *out)
{
	if (!r->answered) {
		struct buf *b = &r->core->scratch;
		if (r->http)
			encode_http_reply(b, r->route->out, out);
		else
			encode_reply(b, r->client_id, r->route->out, out);
		if (buf_check(b) == ERR_OK) {
			answer(r, 200);
		} else {
			buf_reset(b);
			req_fail(r, ERR_TOO_LARGE);
			return;
		}
	}
	request_free(r);
}

void req_reply_http(struct request *r, unsigned status, const char *type, struct slice bytes)
{
	if (!r->answered) {
		struct http_response response = {.status = status,
			.content_type = type,
			.body = bytes,
			.headers = r->http_headers,
			.n_headers = r->n_http_headers};
		r->answered = true;
		http_reply(r->core->server, r->from, &response);
	}
	request_free(r);
}

void req_reply_kept(
	struct request *r, const struct pg_result *result, struct slice bytes, size_t more)
{
	struct http_response response = {.status = 200,
		.content_type = "application/octet-stream",
		.body = bytes,
		.held = {pg_keep(result), pg_let_go},
		.more = more,
		.headers = r->http_headers,
		.n_headers = r->n_http_headers};
	if (more > 0 && r->nth == 0 && !r->answered)
		response.behind = (struct http_held){gate_behind(r), mem_free};
	if (r->answered)
		pg_let_go(response.held.it);
	else if (r->nth > 0)
		http_more(r->core->server, r->from, bytes, response.held);
	else
		http_reply(r->core->server, r->from, &response);
	r->answered = true;
	request_free(r);
}

void request_leave(struct request *r)
{
	r->answered = true;
	request_free(r);
}

void req_fail(struct request *r, enum err e)
{
	req_fail_detail(r, e, NULL);
}

static void count_error(enum err e)
{
	enum meter which = METER_requests_refused;
	if (e == ERR_UNCERTAIN)
		which = METER_requests_uncertain;
	else if (e == ERR_BUSY)
		which = METER_requests_busy;
	else if (err_is_fault(e))
		which = METER_requests_failed;
	meter_add(which, 1);
	meter_suspect(e);
}

static void answer_error(struct request *r, enum err e, const struct detail *detail)
{
	count_error(e);
	if (r->nth > 0)
		log_warn("answer_cut", LOG_W("op", r->route->op), LOG_W("error", err_word(e)));
	else if (err_is_fault(e))
		log_error("request_failed", LOG_W("op", r->route ? r->route->op : "none"),
			LOG_W("error", err_word(e)), LOG_N("ref", r->id));
	encode_error(&r->core->scratch, r->http ? 0 : r->client_id, e, detail, r->id);
	answer(r, err_status(e));
}

void req_fail_detail(struct request *r, enum err e, const struct detail *detail)
{
	if (!r->answered)
		answer_error(r, e, detail);
	request_free(r);
}

void req_event(
	struct core *core, const struct id *user, const struct shape *shape, const void *event)
{
	hub_tell_user(core->hub, user, shape, event);
}

void request_sweep(struct core *core)
{
	uint64_t now = clock_mono_ms();
	LIST_EACH(link, &core->waiting)
	{
		struct request *r = LIST_OF(link, struct request, waiting);
		if (r->deadline > now)
			return;
		if (!r->answered)
			answer_error(r, ERR_UNCERTAIN, NULL);
	}
}
