/* Several connections and HTTP requests through the gate, on a database, a keys process, identity
 * services and threads that answer when the input says so: late, in another order, with errors, or
 * never until the end. The input is a row of acts: a byte with the act (bits 0-2) and a number
 * (bits 3-7), then what the act needs. Each request is answered once; when everything has come back
 * nothing is left. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/gate.h"
#include "core/state.h"
#include "domain/sign_in.h"
#include "domain/unit.h"
#include "keys/provider.h"
#include "sql_gen.h"

enum {
	CONNS = 3,
	WAITING_MAX = 64,
	ACTS_MAX = 80,
	HTTP_MAX = 80,
	HTTP_FROM = 1000,
	ROUNDS_MAX = 200
};
enum act { ACT_OPEN, ACT_FRAME, ACT_HTTP, ACT_CLOSE, ACT_ANSWER, ACT_FAIL, ACT_NOTICE, ACT_TIME };
#define COOKIE SESSION_COOKIE "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* What somebody was asked and has not answered. */
struct waiting {
	enum { ASKED_PG, ASKED_KEYS, ASKED_FETCH, ASKED_WORK } whom;
	size_t statement;
	void *ctx;
	uint64_t tag;
	pg_done *pg;
	keys_done_fn *keys;
	fetch_done_fn *fetch;
	work_run_fn *run;
	work_done_fn *done;
};

static struct {
	struct config config;
	struct loop *loop;
	struct core *core;
	struct waiting waiting[WAITING_MAX];
	size_t n;
	uint64_t last, ids[CONNS]; /* 0: not open; a number is never used twice */
	unsigned asked[CONNS], answered[CONNS];
	unsigned http_answers[HTTP_MAX];
	size_t n_http;
} world;

/* --- the wires --- */

bool ws_send(struct server *server, uint64_t conn, struct frame *f)
{
	(void)server;
	size_t i = 0;
	while (i < CONNS && world.ids[i] != conn)
		i++;
	HOLD(i < CONNS);
	world.answered[i] += slice_starts(frame_text(f), SLICE_LIT("{\"id\":"));
	HOLD(world.answered[i] <= world.asked[i]);
	return true;
}
void ws_close(struct server *server, uint64_t conn, enum ws_close_code code)
{
	(void)server, (void)conn;
	HOLD(code != WS_CLOSE_FAULT);
}
static void count_http(uint64_t id)
{
	HOLD(id >= HTTP_FROM && id - HTTP_FROM < world.n_http);
	HOLD(++world.http_answers[id - HTTP_FROM] == 1);
}
void http_reply(struct server *server, uint64_t id, const struct http_response *response)
{
	struct http_held held = response->held, behind = response->behind;
	(void)server;
	count_http(id);
	if (held.let_go)
		held.let_go(held.it);
	if (behind.let_go)
		behind.let_go(behind.it);
}
void http_reply_error(struct server *server, uint64_t id, enum err e)
{
	(void)server;
	HOLD(e != ERR_OK);
	count_http(id);
}
void http_more(struct server *server, uint64_t id, struct slice bytes, struct http_held held)
{
	(void)server, (void)id, (void)bytes;
	held.let_go(held.it);
}
void http_cut(struct server *server, uint64_t id)
{
	(void)server, (void)id;
}
struct buf http_take_body(struct server *server, uint64_t id)
{
	struct buf body = BUF_MAX(64);
	(void)server, (void)id;
	buf_add_text(&body, "part");
	return body;
}

/* --- those who are asked --- */

static enum err ask(struct waiting w)
{
	if (world.n == WAITING_MAX)
		return ERR_BUSY;
	world.waiting[world.n++] = w;
	return ERR_OK;
}
enum err pg_submit(struct pg *pg, const struct pg_call *call)
{
	const struct pg_statement *s = &pg_statements[call->statement];
	(void)pg;
	HOLD(call->statement < n_pg_statements && call->n_params == s->n_in && call->done != NULL);
	HOLD(!s->tenant || call->org != NULL);
	return ask((struct waiting){.whom = ASKED_PG,
		.statement = call->statement,
		.ctx = call->ctx,
		.tag = call->tag,
		.pg = call->done});
}
enum err keys_ask(struct keys *keys, const struct keys_ask *question, keys_done_fn *done, void *ctx,
	uint64_t tag)
{
	(void)keys, (void)question;
	return ask((struct waiting){.whom = ASKED_KEYS, .ctx = ctx, .tag = tag, .keys = done});
}
enum err fetch_submit(struct fetch *fetch, const struct fetch_call *call)
{
	(void)fetch;
	return ask((struct waiting){
		.whom = ASKED_FETCH, .ctx = call->ctx, .tag = call->tag, .fetch = call->done});
}
enum err work_submit(struct work *work, work_run_fn *run, work_done_fn *done, void *item)
{
	(void)work;
	return ask((struct waiting){.whom = ASKED_WORK, .run = run, .done = done, .ctx = item});
}

/* --- their answers --- */

/* Rows have values by a number, of the types that were declared; words and levels are good ones. */
struct pg_result {
	const struct pg_statement *statement;
	size_t n;
	uint32_t seed;
};

static uint32_t mixed(const struct pg_result *r, size_t row, unsigned column)
{
	uint32_t x = r->seed ^ (uint32_t)(row * 31 + column) * UINT32_C(2654435761);
	x ^= x >> 15;
	x *= UINT32_C(2246822519);
	return x ^ x >> 13;
}

size_t pg_rows(const struct pg_result *r)
{
	return r->n;
}
size_t pg_changed(const struct pg_result *r)
{
	return r->n;
}
void *pg_keep(const struct pg_result *r)
{
	(void)r;
	return mem_new(1);
}
void pg_let_go(void *kept)
{
	mem_free(kept);
}
bool pg_is_null(const struct pg_result *r, size_t row, unsigned column)
{
	return mixed(r, row, column) % 5 == 0;
}
bool pg_get_bool(const struct pg_result *r, size_t row, unsigned column)
{
	return mixed(r, row, column) % 2 == 0;
}
int64_t pg_get_int(const struct pg_result *r, size_t row, unsigned column)
{
	return mixed(r, row, column) % 2 == 0 ? INT32_MAX : mixed(r, row, column) % 4 + 1;
}
static bool is_of_session(const struct pg_result *r)
{
	return r->statement == &pg_statements[STMT_SESSION_FIND] ||
	       r->statement == &pg_statements[STMT_SESSION_OPEN];
}
struct slice pg_get_bytes(const struct pg_result *r, size_t row, unsigned column)
{
	static const char *const words[] = {"ok", "client", "counsellor", "oidc", "passkey", "open",
		"closed", "not_found", "stale_head", "conflict", "bank", "admin"};
	static const uint8_t bytes[256];
	uint32_t x = mixed(r, row, column);
	if (is_of_session(r) && column == SESSION_FIND_ROLE)
		return slice_text(role_words[x % ROLE_NOBODY]);
	if (is_of_session(r) && column == SESSION_FIND_METHOD)
		return slice_text(session_method_words[x % SESSION_METHODS]);
	if (r->statement->out[column] == PG_BYTEA)
		return slice_of(bytes, x % 3 == 0 ? x % sizeof(bytes) : 32);
	if (r->statement->out[column] == PG_JSONB)
		return SLICE_LIT("{}");
	return slice_text(words[x % (sizeof(words) / sizeof(words[0]))]);
}
struct id pg_get_id(const struct pg_result *r, size_t row, unsigned column)
{
	struct id id;
	memset(&id, (int)(mixed(r, row, column) % 3 + 1), sizeof(id));
	return id;
}
struct hash pg_get_hash(const struct pg_result *r, size_t row, unsigned column)
{
	struct hash hash;
	memset(&hash, (int)(mixed(r, row, column) % 3), sizeof(hash));
	return hash;
}
int64_t pg_get_time(const struct pg_result *r, size_t row, unsigned column)
{
	return clock_wall_ms() + (mixed(r, row, column) % 5 == 0 ? -1000 : 3600000);
}
size_t pg_array_count(const struct pg_result *r, size_t row, unsigned column)
{
	return mixed(r, row, column) % 3;
}
struct slice pg_array_item(const struct pg_result *r, size_t row, unsigned column, size_t item)
{
	static const uint8_t zeroes[32];
	(void)item;
	return slice_of(zeroes, mixed(r, row, column) % 2 == 0 ? 16 : 32);
}

/* Rows come for sessions and rooms alone; what else is asked finds nothing: what stands in rows is
 * held by constraints that are not here. */
static void answer_pg(const struct waiting *w, uint32_t seed)
{
	struct pg_result result = {.statement = &pg_statements[w->statement], .seed = seed};
	bool known = w->statement == STMT_SESSION_FIND || w->statement == STMT_SESSION_OPEN ||
		     w->statement == STMT_SESSION_LOOK || w->statement == STMT_ROOM_FACTS ||
		     w->statement == STMT_LOGIN_TAKE || w->statement == STMT_LOGIN_BEGIN;
	enum pg_shape shape = result.statement->shape;
	bool says_a_word = result.statement->n_out == 1 && result.statement->out[0] == PG_TEXT;
	if (shape == PG_EXEC || ((known || says_a_word) && seed % 8 != 0))
		result.n = 1;
	if (shape == PG_ONE && result.n == 0)
		w->pg(w->ctx, w->tag, ERR_NOT_FOUND, NULL);
	else
		w->pg(w->ctx, w->tag, ERR_OK, &result);
}

static void answer_fetch(const struct waiting *w, uint32_t seed, struct slice body)
{
	struct fetch_answer answer = {.status = seed % 4 == 0 ? 503 : 200, .body = body};
	w->fetch(w->ctx, w->tag, ERR_OK, &answer);
}

static void answer_keys(const struct waiting *w, uint32_t seed, struct slice bytes)
{
	struct keys_answer answer = {.reason = (enum keys_reason)(seed % KEYS_REASONS),
		.bytes = slice_part(bytes, 0, 4096)};
	w->keys(w->ctx, w->tag, ERR_OK, &answer);
}

static bool take(size_t number, struct waiting *ret)
{
	if (world.n == 0)
		return false;
	size_t at = number % world.n;
	*ret = world.waiting[at];
	memmove(&world.waiting[at], &world.waiting[at + 1], (world.n - at - 1) * sizeof(*ret));
	world.n--;
	return true;
}

static void act_answer(size_t number, struct reader *r)
{
	uint32_t seed = reader_u32(r);
	uint16_t n = reader_u16(r);
	struct slice text = reader_bytes(r, num_min(n, r->rest.n));
	struct waiting w;
	if (!take(number, &w))
		return;
	if (w.whom == ASKED_PG)
		answer_pg(&w, seed);
	else if (w.whom == ASKED_KEYS)
		answer_keys(&w, seed, text);
	else if (w.whom == ASKED_FETCH)
		answer_fetch(&w, seed, text);
	else {
		w.run(w.ctx);
		w.done(w.ctx, true);
	}
}

/* Lost, refused or too late. */
static void act_fail(size_t number)
{
	static const enum err errors[] = {ERR_UNAVAILABLE, ERR_UNCERTAIN, ERR_BUSY, ERR_CONFLICT};
	struct waiting w;
	if (!take(number, &w))
		return;
	enum err e = errors[number % 4];
	if (w.whom == ASKED_PG)
		w.pg(w.ctx, w.tag, e, NULL);
	else if (w.whom == ASKED_KEYS)
		w.keys(w.ctx, w.tag, ERR_UNAVAILABLE, NULL);
	else if (w.whom == ASKED_FETCH)
		w.fetch(w.ctx, w.tag, number % 2 ? ERR_TOO_LARGE : ERR_UNAVAILABLE, NULL);
	else
		w.done(w.ctx, false);
}

/* --- the world --- */

static struct providers a_bank(void)
{
	static const char text[] =
		"name_fi=a\nname_sv=a\nname_en=a\nissuer=https://b\nclient_id=c\n"
		"authorization_endpoint=https://b/a\ntoken_endpoint=https://b/t\n"
		"jwks_uri=https://b/j\nacr=x\n";
	AUTO(buf) struct buf why = BUF_MAX(1024);
	struct providers all = {.items = mem_array(1, sizeof(struct provider)), .n = 1};
	HOLD(provider_parse(SLICE_LIT("bank"), SLICE_LIT(text), false, all.items, &why) == ERR_OK);
	return all;
}

static void world_once(void)
{
	static uint8_t somebody;
	static const int64_t plenty = INT32_MAX;
	if (world.core != NULL)
		return;
	log_set_level(LOG_ERROR + 1);
	config_init(&world.config);
	world.config.requests_per_minute = world.config.posts_per_minute = plenty;
	world.config.sign_ins_per_minute = world.config.connects_per_minute = plenty;
	world.config.development = world.config.staff_without_passkey = true;
	world.loop = loop_new();
	struct providers providers = a_bank();
	struct units_settings units = {.keys = (struct keys *)(void *)&somebody,
		.statement_get = STMT_UNIT_GET,
		.statement_put = STMT_UNIT_PUT,
		.most = 16,
		.ms = 60000};
	world.core = core_new(&(struct core_parts){.config = &world.config,
		.loop = world.loop,
		.sign_in = sign_in_new(NULL, &providers),
		.units = units_new(&units),
		.keys = (struct keys *)(void *)&somebody,
		.routes = routes,
		.n_routes = n_routes});
}

static void act_open(size_t i)
{
	struct ws_hello hello = {SLICE_LIT(COOKIE), SLICE_LIT("192.0.2.1")};
	if (world.ids[i] > 0)
		return;
	world.ids[i] = ++world.last;
	connection_opened(world.core, world.ids[i], &hello);
}

static void act_close(size_t i)
{
	if (world.ids[i] > 0)
		connection_closed(world.core, world.ids[i]);
	world.ids[i] = 0;
	world.asked[i] = world.answered[i] = 0;
}

static void act_frame(size_t number, struct reader *r)
{
	size_t i = number % CONNS;
	uint16_t n = reader_u16(r);
	struct slice text = reader_bytes(r, num_min(n, r->rest.n));
	struct connection *conn = connection_find(world.core, world.ids[i]);
	if (conn == NULL || conn->stage == CONNECTION_ENDED)
		return;
	world.asked[i]++;
	gate_enter_ws(world.core, world.ids[i], text, number & 4 ? text : SLICE_NONE);
}

static void act_http(size_t number, struct reader *r)
{
	AUTO(buf) struct buf path = BUF_MAX(256);
	uint8_t n_path = reader_u8(r);
	struct slice op = reader_bytes(r, num_min(n_path % 128, r->rest.n));
	uint16_t n = reader_u16(r);
	struct slice body = reader_bytes(r, num_min(n, r->rest.n));
	static const enum http_method methods[] = {HTTP_POST, HTTP_GET, HTTP_PUT, HTTP_POST};
	if (world.n_http == HTTP_MAX)
		return;
	buf_add_text(&path, "/api/");
	buf_add(&path, op);
	struct http_request request = {.id = HTTP_FROM + world.n_http++,
		.method = methods[number & 3],
		.path = buf_slice(&path),
		.cookie = number & 4
				  ? SLICE_LIT(COOKIE "; " LOGIN_COOKIE
						     "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
				  : SLICE_NONE,
		.origin = slice_text(world.config.public_origin),
		.content_type = number & 2 ? SLICE_LIT("application/octet-stream")
					   : SLICE_LIT("application/json"),
		.digest = SLICE_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		.mark = SLICE_LIT("1"),
		.body = body,
		.address = SLICE_LIT("192.0.2.1")};
	gate_enter_http(world.core, &request);
}

static void act_notice(size_t number, struct reader *r)
{
	uint8_t n = reader_u8(r);
	struct slice text = reader_bytes(r, num_min(n, r->rest.n));
	if (number == 0)
		core_notice_gap(world.core);
	else
		core_notice(world.core, text);
}

static void act_time(size_t number)
{
	clock_shift_for_tests((int64_t)number * 1000);
	request_sweep(world.core);
	connection_sweep(world.core);
	hub_sweep(world.core->hub);
}

static void act(struct reader *r)
{
	uint8_t flags = reader_u8(r);
	size_t number = flags >> 3;
	switch ((enum act)(flags & 7)) {
	case ACT_OPEN:
		act_open(number % CONNS);
		return;
	case ACT_FRAME:
		act_frame(number, r);
		return;
	case ACT_HTTP:
		act_http(number, r);
		return;
	case ACT_CLOSE:
		act_close(number % CONNS);
		return;
	case ACT_ANSWER:
		act_answer(number, r);
		return;
	case ACT_FAIL:
		act_fail(number);
		return;
	case ACT_NOTICE:
		act_notice(number, r);
		return;
	case ACT_TIME:
		act_time(number);
	}
}

/* Everybody who was asked fails, until nobody is asked any more. */
static void settle(void)
{
	for (int i = 0; i < ROUNDS_MAX && (world.n > 0 || core_pending(world.core) > 0); i++) {
		while (world.n > 0)
			act_fail(0);
		loop_turn(world.loop);
	}
	HOLD(core_pending(world.core) == 0 && world.core->scratch.n == 0);
	for (size_t i = 0; i < world.n_http; i++)
		HOLD(world.http_answers[i] == 1);
	for (size_t i = 0; i < CONNS; i++) {
		const struct connection *conn = connection_find(world.core, world.ids[i]);
		HOLD(conn == NULL || conn->n_requests == 0);
		HOLD(conn == NULL || conn->stage == CONNECTION_ENDED ||
			world.answered[i] == world.asked[i]);
		act_close(i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(slice_of(data, size));
	world_once();
	memset(world.http_answers, 0, sizeof(world.http_answers));
	world.n_http = 0;
	for (int i = 0; i < ACTS_MAX && r.rest.n > 0 && !r.bad; i++) {
		act(&r);
		loop_turn(world.loop);
	}
	settle();
	return 0;
}
