/* The wires without the gate: a server that echoes WebSocket messages and tells of HTTP requests,
 * for io_wires.py. usage: io_echo tls|edge PORT|SOCKET CERT KEY SITE Messages: "close" is answered
 * by closing, "flood" by 4,000 frames, "count" by the number of connections, anything else by
 * itself. /api/later is answered after 50 ms. Ends on SIGTERM, cleanly. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/mem.h"
#include "io/listen.h"
#include "io/static.h"

struct echo {
	struct loop *loop;
	struct server *server;
	struct timer *later;
	uint64_t waiting; /* the request that is answered later */
	size_t opened, closed;
};

static enum err echo_admit(void *ctx, const struct ws_hello *hello)
{
	(void)ctx;
	struct slice value;
	return http_cookie(hello->cookie, "__Host-luotsi", &value) ? ERR_OK : ERR_NOT_SIGNED_IN;
}

static void echo_open(void *ctx, uint64_t conn, const struct ws_hello *hello)
{
	(void)conn;
	(void)hello;
	((struct echo *)ctx)->opened++;
}

static void echo_send(struct echo *e, uint64_t conn, struct slice text)
{
	struct frame *f = frame_new(text);
	(void)ws_send(e->server, conn, f);
	frame_unref(&f);
}

static void echo_flood(struct echo *e, uint64_t conn)
{
	static char text[1024];
	memset(text, 'f', sizeof(text));
	for (int i = 0; i < 4000; i++)
		echo_send(e, conn, slice_of(text, sizeof(text)));
}

static void echo_count(struct echo *e, uint64_t conn)
{
	struct buf b = BUF_MAX(64);
	buf_addf(&b, "%zu", ws_count(e->server));
	echo_send(e, conn, buf_slice(&b));
	buf_done(&b);
}

static void echo_message(void *ctx, uint64_t conn, struct slice text, struct slice blob)
{
	struct echo *e = ctx;
	if (blob.n > 0)
		echo_send(e, conn, blob);
	else if (slice_is(text, "close"))
		ws_close(e->server, conn, WS_CLOSE_SESSION);
	else if (slice_is(text, "flood"))
		echo_flood(e, conn);
	else if (slice_is(text, "count"))
		echo_count(e, conn);
	else
		echo_send(e, conn, text);
}

static void echo_closed(void *ctx, uint64_t conn)
{
	(void)conn;
	((struct echo *)ctx)->closed++;
}

static void echo_answer(struct echo *e, uint64_t id, struct slice body)
{
	struct http_response r = {.status = 200, .content_type = "text/plain", .body = body};
	http_reply(e->server, id, &r);
}

static void echo_answer_later(void *ctx)
{
	struct echo *e = ctx;
	echo_answer(e, e->waiting, SLICE_LIT("later"));
}

static void echo_request(void *ctx, const struct http_request *r)
{
	struct echo *e = ctx;
	if (slice_is(r->path, "/api/later")) {
		e->waiting = r->id;
		timer_start(e->later, 50, 0);
		return;
	}
	struct buf b = BUF_MAX(1 << 20);
	buf_addf(&b, "%d ", r->method);
	buf_add(&b, r->path);
	buf_add_byte(&b, '?');
	buf_add(&b, r->query);
	buf_addf(&b, " %zu ", r->body.n);
	buf_add(&b, r->cookie);
	buf_add_byte(&b, ' ');
	buf_add(&b, r->address);
	echo_answer(e, r->id, buf_slice(&b));
	buf_done(&b);
}

static const struct io_handlers handlers = {
	.ws_admit = echo_admit,
	.ws_open = echo_open,
	.ws_message = echo_message,
	.ws_closed = echo_closed,
	.http_request = echo_request,
};

static int listen_tcp(const char *port)
{
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	ASSERT(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1024) == 0);
	return fd;
}

static int listen_unix(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	ASSERT(strlen(path) < sizeof(at.sun_path));
	memcpy(at.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	ASSERT(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1024) == 0);
	return fd;
}

static void echo_end(void *ctx)
{
	loop_stop(((struct echo *)ctx)->loop);
}

static void echo_stop(void *ctx)
{
	struct echo *e = ctx;
	server_drain(e->server, 2000, echo_end, e);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 64;
	struct echo e = {.loop = loop_new()};
	struct site *site = NULL;
	bool edge = strcmp(argv[1], "edge") == 0;
	(void)signal(SIGPIPE, SIG_IGN);
	ASSERT(site_load(argv[5], &site) == ERR_OK);
	struct server_settings s = {.listen_fd = edge ? listen_unix(argv[2]) : listen_tcp(argv[2]),
		.edge = edge,
		.tls_cert = argv[3],
		.tls_key = argv[4],
		.public_origin = "https://localhost",
		.site = site,
		.max_frame = 65536,
		.max_body = 65536,
		.max_connections = 3000,
		.max_connections_per_address = 2000,
		.outq = {1 << 20, 2048},
		.first_frame_seconds = 2,
		.idle_seconds = 6,
		.ping_seconds = 3,
		.http_seconds = 3};
	e.server = server_new(e.loop, &s, &handlers, &e);
	ASSERT(e.server && server_start(e.server) == ERR_OK);
	e.later = timer_new(e.loop, echo_answer_later, &e);
	loop_on_signal(e.loop, SIGTERM, echo_stop, &e);
	puts("ready");
	(void)fflush(stdout);
	loop_run(e.loop);
	server_free(&e.server);
	timer_free(&e.later);
	loop_free(&e.loop);
	site_free(&site);
	close(s.listen_fd);
	printf("opened %zu closed %zu\n", e.opened, e.closed);
	return e.opened == e.closed ? 0 : 1;
}
