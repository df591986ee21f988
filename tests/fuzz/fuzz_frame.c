/* The gate with all its modules, on a database that is always busy. The first byte chooses who
 * speaks and by which door (bits 0-1: the role, bit 2: HTTP, bit 3: nothing was said before, bit 4:
 * with a blob); then for a WebSocket the frame, for HTTP the op, a line break and the body. Each
 * request is answered exactly once, in JSON and by its number, or the connection ends; nothing
 * stays behind. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "core/decode.h"
#include "core/gate.h"
#include "core/state.h"
#include "domain/sign_in.h"
#include "keys/provider.h"

enum { CONN = 7, EVER = 1 };

/* --- the wires --- */

static struct {
	unsigned n_sent, n_closed, n_replies;
	uint64_t id; /* of the frame sent */
	bool has_id;
} seen;

static void check_answer(struct slice text)
{
	AUTO(decoded) struct decoded *d = NULL;
	HOLD(decode_open(text, &d) == ERR_OK);
	struct slice rest = text;
	HOLD(slice_starts(rest, SLICE_LIT("{\"id\":")) ||
		slice_starts(rest, SLICE_LIT("{\"err\":")) ||
		slice_starts(rest, SLICE_LIT("{\"ok\":")));
	seen.has_id = slice_starts(rest, SLICE_LIT("{\"id\":"));
	struct slice number;
	rest = slice_from(rest, sizeof("{\"id\":") - 1);
	if (seen.has_id)
		HOLD(slice_next(&rest, ',', &number) &&
			num_parse_u64(number, UINT64_MAX, &seen.id));
}

bool ws_send(struct server *server, uint64_t conn, struct frame *f)
{
	(void)server;
	HOLD(conn == CONN);
	seen.n_sent++;
	check_answer(frame_text(f));
	return true;
}
void ws_close(struct server *server, uint64_t conn, enum ws_close_code code)
{
	(void)server;
	HOLD(conn == CONN && code == WS_CLOSE_POLICY);
	seen.n_closed++;
}
void http_reply(struct server *server, uint64_t id, const struct http_response *response)
{
	(void)server;
	HOLD(id == CONN);
	seen.n_replies++;
	check_answer(response->body);
	HOLD(!seen.has_id);
}
void http_reply_error(struct server *server, uint64_t id, enum err e)
{
	(void)server;
	HOLD(id == CONN && e != ERR_OK);
	seen.n_replies++;
}
void http_more(struct server *server, uint64_t id, struct slice bytes, struct http_held held)
{
	(void)server, (void)id, (void)bytes, (void)held;
}
void http_cut(struct server *server, uint64_t id)
{
	(void)server, (void)id;
}
struct buf http_take_body(struct server *server, uint64_t id)
{
	(void)server, (void)id;
	return (struct buf)BUF_MAX(0);
}
enum err pg_submit(struct pg *pg, const struct pg_call *call)
{
	(void)pg;
	HOLD(call->n_params <= PG_MAX_IN && call->done != NULL);
	return ERR_BUSY;
}
enum err work_submit(struct work *work, work_run_fn *run, work_done_fn *done, void *item)
{
	(void)work, (void)done;
	HOLD(run != NULL && item != NULL);
	return ERR_BUSY;
}

/* --- who speaks --- */

static struct world {
	struct config config;
	struct loop *loop;
	struct core *core;
	struct slice cookie;
} world;

static struct world *world_once(void)
{
	static const int64_t plenty = INT32_MAX;
	static char cookie[] = SESSION_COOKIE "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	if (world.core != NULL)
		return &world;
	log_set_level(LOG_ERROR);
	config_init(&world.config);
	world.config.requests_per_minute = world.config.posts_per_minute = plenty;
	world.config.sign_ins_per_minute = world.config.connects_per_minute = plenty;
	world.config.development = true;
	world.loop = loop_new();
	world.cookie = slice_of(cookie, sizeof(cookie) - 1);
	struct providers nobody = {0};
	world.core = core_new(&(struct core_parts){.config = &world.config,
		.loop = world.loop,
		.sign_in = sign_in_new(NULL, &nobody),
		.routes = routes,
		.n_routes = n_routes});
	return &world;
}

static struct connection *connect(struct world *w, uint8_t who)
{
	struct ws_hello hello = {w->cookie, SLICE_LIT("192.0.2.1")};
	connection_opened(w->core, CONN, &hello);
	struct connection *conn = connection_find(w->core, CONN);
	struct session session = {.role = (enum role)(who % ROLE_NOBODY), .expires_at = INT64_MAX};
	memset(&session.user, EVER, sizeof(session.user));
	memset(&session.org, EVER, sizeof(session.org));
	if ((who & 8) == 0)
		connection_join(w->core, conn, &session);
	return conn;
}

/* --- what is said --- */

static void say_frame(struct world *w, uint8_t who, struct slice text)
{
	AUTO(decoded) struct decoded *d = NULL;
	uint64_t id = 0;
	struct slice op = SLICE_NONE;
	bool legal = decode_open(text, &d) == ERR_OK && decode_frame(d, &id, &op) == ERR_OK;
	struct connection *conn = connect(w, who);
	gate_enter_ws(w->core, CONN, text, who & 16 ? text : SLICE_NONE);
	loop_turn(w->loop);
	HOLD(seen.n_sent == 1 && seen.n_replies == 0 && seen.has_id == legal);
	HOLD(!legal || (seen.id == id && id >= 1 && id < (uint64_t)1 << 53));
	HOLD(legal || (seen.n_closed == 1 && conn->stage == CONNECTION_ENDED));
	HOLD(!legal || seen.n_closed == ((who & 8) != 0 && !slice_is(op, "session_open")));
	HOLD(conn->n_requests == 0 && conn->strikes == 0);
	connection_closed(w->core, CONN);
}

static void say_http(struct world *w, uint8_t who, struct slice rest)
{
	AUTO(buf) struct buf path = BUF_MAX(256);
	struct slice op = SLICE_NONE;
	slice_next(&rest, '\n', &op);
	buf_add_text(&path, "/api/");
	buf_add(&path, slice_part(op, 0, 128));
	struct http_request request = {.id = CONN,
		.method = who & 16 ? HTTP_GET : HTTP_POST,
		.path = buf_slice(&path),
		.cookie = who & 32 ? SLICE_NONE : w->cookie,
		.origin = slice_text(w->config.public_origin),
		.content_type = SLICE_LIT("application/json"),
		.mark = SLICE_LIT("1"),
		.body = rest,
		.address = SLICE_LIT("192.0.2.1")};
	gate_enter_http(w->core, &request);
	loop_turn(w->loop);
	HOLD(seen.n_replies == 1 && seen.n_sent == 0 && seen.n_closed == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = world_once();
	if (size < 1)
		return 0;
	memset(&seen, 0, sizeof(seen));
	struct slice rest = slice_of(data + 1, size - 1);
	if (data[0] & 4)
		say_http(w, data[0], rest);
	else
		say_frame(w, data[0], rest);
	HOLD(core_pending(w->core) == 0 && w->core->scratch.n == 0);
	return 0;
}
