#pragma once
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "fuzz.h"
#include "io/exchange.h"
#include "io/listen.h"

/* The whole listening side with libwebsockets in it, on a real socket: what is sent there cut in
 * any way, by several clients at once. A target says which way of listening it is about. The input
 * is a row of acts: a byte with the client (bits 0-1) and the act (bits 2-4), and for what is said
 * its length (u16) and the bytes. The long form gives it a libwebsockets that was built with
 * sanitizers (tests/fuzz/lws); otherwise it is the system's. */
enum { CLIENTS = 3, ACTS_MAX = 60, TURNS = 3, TURNS_TO_END = 400, SEEN_MAX = 256, SAID_MAX = 4096 };
enum act {
	ACT_SAY,
	ACT_FRAME,
	ACT_LEAVE,
	ACT_FINISH,
	ACT_UPGRADE,
	ACT_ANSWER,
	ACT_SEND,
	ACT_CLOSE
};

struct client {
	int fd; /* -1: not connected */
	SSL *tls;
	char said[SAID_MAX]; /* how its answer begins */
	size_t n_said;
};

static struct {
	struct loop *loop;
	struct server *server;
	SSL_CTX *tls; /* NULL: as behind the edge */
	struct sockaddr_un at;
	struct client clients[CLIENTS];
	uint64_t base;        /* connections of this input have higher ids */
	bool asked[SEEN_MAX]; /* which of them had their one request */
	uint64_t talking;     /* a WebSocket */
	unsigned n_opened, n_closed;
} sockets;

/* --- the application --- */

static void sockets_asked(void *ctx, const struct http_request *r)
{
	(void)ctx;
	uint64_t nth = r->id - sockets.base;
	HOLD(nth > 0 && nth < SEEN_MAX && !sockets.asked[nth]); /* one request a connection */
	sockets.asked[nth] = true;
	HOLD(r->path.n > 0 && r->body.n <= sockets.server->settings.large.max_body);
	if (slice_is(r->path, "/api/later"))
		return;
	struct http_response answer = {
		.status = 200, .content_type = "application/json", .body = r->body};
	http_reply(sockets.server, r->id, &answer);
}

static void sockets_arriving(void *ctx, const struct http_request *r)
{
	(void)ctx;
	if (!slice_is(r->mark, "1"))
		http_reply_error(sockets.server, r->id, ERR_BAD_ORIGIN);
}

static enum err sockets_admit(void *ctx, const struct ws_hello *hello)
{
	struct slice value;
	(void)ctx;
	return http_cookie(hello->cookie, "__Host-luotsi", &value) ? ERR_OK : ERR_NOT_SIGNED_IN;
}

static void sockets_opened(void *ctx, uint64_t conn, const struct ws_hello *hello)
{
	struct slice value;
	(void)ctx;
	HOLD(http_cookie(hello->cookie, "__Host-luotsi", &value));
	sockets.talking = conn;
	sockets.n_opened++;
}

static void sockets_message(void *ctx, uint64_t conn, struct slice text, struct slice blob)
{
	(void)ctx;
	HOLD(text.n + blob.n <= sockets.server->settings.max_frame);
	AUTO(frame) struct frame *f = frame_new(text);
	(void)ws_send(sockets.server, conn, f);
}

static void sockets_closed(void *ctx, uint64_t conn)
{
	(void)ctx, (void)conn;
	sockets.n_closed++;
}

/* --- the server --- */

static void sockets_save(const char *path, X509 *cert, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");
	HOLD(f != NULL && PEM_write_X509(f, cert) == 1);
	HOLD(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
}

static void sockets_certificate(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	HOLD(key != NULL && cert != NULL && X509_set_version(cert, 2) == 1);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	HOLD(X509_sign(cert, key, EVP_sha256()) > 0);
	sockets_save(path, cert, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static int sockets_listen(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un *at = &sockets.at;
	at->sun_family = AF_UNIX; /* an abstract name: no file stays behind */
	snprintf(at->sun_path + 1, sizeof(at->sun_path) - 1, "luotsi-fuzz-%ld", (long)getpid());
	HOLD(fd >= 0 && bind(fd, (struct sockaddr *)at, sizeof(*at)) == 0 && listen(fd, 64) == 0);
	return fd;
}

static void sockets_serve(bool edge)
{
	static const struct io_handlers handlers = {.ws_admit = sockets_admit,
		.ws_open = sockets_opened,
		.ws_message = sockets_message,
		.ws_closed = sockets_closed,
		.http_request = sockets_asked,
		.http_arriving = sockets_arriving};
	char path[] = "/tmp/fuzz-lws-XXXXXX";
	int file = mkstemp(path);
	HOLD(file >= 0 && close(file) == 0);
	sockets_certificate(path);
	struct server_settings settings = {.listen_fd = sockets_listen(),
		.edge = edge,
		.tls_cert = path,
		.tls_key = path,
		.public_origin = "https://localhost:8443",
		.max_frame = 2000,
		.max_body = 1000,
		.max_connections = 16,
		.max_connections_per_address = 16,
		.outq = {.max_bytes = 8000, .max_frames = 16},
		.large = {.path = "/api/file/",
			.max_body = 3000,
			.at_once = 2,
			.at_once_per_address = 2,
			.bytes_per_second = 1000},
		.first_frame_seconds = 10,
		.idle_seconds = 120,
		.ping_seconds = 45,
		.http_seconds = 20};
	(void)signal(SIGPIPE, SIG_IGN);
	sockets.loop = loop_new();
	sockets.server = server_new(sockets.loop, &settings, &handlers, NULL);
	HOLD(sockets.server != NULL && server_start(sockets.server) == ERR_OK);
	unlink(path);
	sockets.tls = edge ? NULL : SSL_CTX_new(TLS_client_method());
}

/* --- the clients --- */

static void sockets_turn(unsigned turns)
{
	while (turns-- > 0)
		loop_turn(sockets.loop);
}

/* What comes begins as an answer of HTTP/1, whoever gave it, and no connection becomes one of
 * HTTP/2. */
static void client_hear(struct client *c)
{
	char bytes[4096];
	static const char begins[] = "HTTP/1.";
	static const char http2[] = "HTTP/1.1 101 Switching Protocols\r\n"
				    "Connection: Upgrade\r\nUpgrade: h2c";
	for (;;) {
		ssize_t n = c->tls ? SSL_read(c->tls, bytes, sizeof(bytes))
				   : read(c->fd, bytes, sizeof(bytes));
		if (n <= 0)
			return;
		size_t room = num_min(SAID_MAX - c->n_said, (size_t)n);
		if (room > 0)
			memcpy(c->said + c->n_said, bytes, room);
		c->n_said += room;
		HOLD(memcmp(c->said, begins, num_min(c->n_said, sizeof(begins) - 1)) == 0);
		HOLD(!slice_starts(slice_of(c->said, c->n_said), SLICE_LIT(http2)));
	}
}

static void client_leave(struct client *c)
{
	if (c->fd < 0)
		return;
	client_hear(c);
	SSL_free(c->tls);
	close(c->fd);
	*c = (struct client){.fd = -1};
}

static void client_greet(struct client *c)
{
	enum { TRIES = 40 };
	c->tls = SSL_new(sockets.tls);
	HOLD(c->tls != NULL && SSL_set_fd(c->tls, c->fd) == 1);
	int done = 0;
	for (int i = 0; i < TRIES && done != 1; i++) {
		done = SSL_connect(c->tls);
		sockets_turn(1);
	}
	HOLD(done == 1);
}

static void client_come(struct client *c)
{
	if (c->fd >= 0)
		return;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	HOLD(c->fd >= 0);
	HOLD(connect(c->fd, (struct sockaddr *)&sockets.at, sizeof(sockets.at)) == 0);
	sockets_turn(TURNS);
	if (sockets.tls != NULL)
		client_greet(c);
}

/* In one piece, as far as it is taken. */
static void client_say(struct client *c, struct slice bytes)
{
	client_come(c);
	if (bytes.n > 0 && c->tls != NULL)
		(void)SSL_write(c->tls, bytes.p, (int)bytes.n);
	else if (bytes.n > 0)
		(void)send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	ERR_clear_error();
}

static void client_say_frame(struct client *c, struct slice bytes)
{
	uint8_t frame[65536 + 9] = {0}, *p = frame;
	if (bytes.n < 1)
		return;
	size_t n = bytes.n - 1;
	*p++ = bytes.p[0]; /* fin, the reserved bits, the kind */
	if (n < 126) {
		*p++ = (uint8_t)(0x80 | n);
	} else {
		*p++ = 0x80 | 126;
		num_put_u16(p, (uint16_t)n);
		p += 2;
	}
	p += 4; /* a mask that changes nothing */
	if (n > 0)
		memcpy(p, bytes.p + 1, n);
	client_say(c, slice_of(frame, (size_t)(p - frame) + n));
}

static void client_upgrade(struct client *c)
{
	static const char hello[] =
		"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
		"Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Protocol: luotsi.v1\r\nOrigin: https://localhost:8443\r\n"
		"Cookie: __Host-luotsi=AAAA\r\nX-Luotsi-Client: 192.0.2.1\r\n\r\n";
	client_say(c, SLICE_LIT(hello));
}

/* --- the acts --- */

/* A request is always answered in the end; lws does not look whether its client is still there. */
static void sockets_answer(void)
{
	struct http_response answer = {.status = 200, .body = SLICE_LIT("late")};
	for (uint64_t nth = 1; nth < SEEN_MAX; nth++)
		if (sockets.asked[nth]) /* a second answer is harmless */
			http_reply(sockets.server, sockets.base + nth, &answer);
}

static void sockets_send(void)
{
	static const uint8_t text[500] = {'x'};
	AUTO(frame) struct frame *f = frame_new(slice_of(text, sizeof(text)));
	(void)ws_send(sockets.server, sockets.talking, f);
}

static void sockets_act(struct client *c, enum act act, struct reader *r)
{
	struct slice bytes = SLICE_NONE;
	if (act == ACT_SAY || act == ACT_FRAME) {
		uint16_t n = reader_u16(r);
		bytes = reader_bytes(r, num_min(n, r->rest.n));
	}
	switch (act) {
	case ACT_SAY:
		client_say(c, bytes);
		return;
	case ACT_FRAME:
		client_say_frame(c, bytes);
		return;
	case ACT_LEAVE:
		client_leave(c);
		return;
	case ACT_FINISH:
		(void)shutdown(c->fd, SHUT_WR);
		return;
	case ACT_UPGRADE:
		client_upgrade(c);
		return;
	case ACT_ANSWER:
		sockets_answer();
		return;
	case ACT_SEND:
		sockets_send();
		return;
	case ACT_CLOSE:
		ws_close(sockets.server, sockets.talking, WS_CLOSE_SESSION);
	}
}

static int sockets_try(struct slice input)
{
	struct reader r = reader_of(input);
	for (size_t i = 0; i < CLIENTS; i++)
		sockets.clients[i].fd = -1;
	sockets.base = sockets.server->last_id;
	sockets.talking = 0;
	sockets.n_opened = sockets.n_closed = 0;
	memset(sockets.asked, 0, sizeof(sockets.asked));
	for (int i = 0; i < ACTS_MAX && r.rest.n > 0 && !r.bad; i++) {
		uint8_t flags = reader_u8(&r);
		struct client *c = &sockets.clients[flags % CLIENTS];
		sockets_act(c, (enum act)(flags >> 2 & 7), &r);
		sockets_turn(TURNS);
		if (c->fd >= 0)
			client_hear(c);
	}
	sockets_answer();
	for (size_t i = 0; i < CLIENTS; i++)
		client_leave(&sockets.clients[i]);
	for (int i = 0; i < TURNS_TO_END && map_count(sockets.server->conns) > 0; i++)
		sockets_turn(1);
	HOLD(map_count(sockets.server->conns) == 0 && map_count(sockets.server->peers) == 0);
	HOLD(sockets.n_opened == sockets.n_closed);
	return 0;
}
