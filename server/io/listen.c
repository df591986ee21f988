/* Connections are accepted here and given to lws, which speaks TLS, HTTP and WebSocket over them.
 * lws listens to nothing itself: its own listening would not share a port among processes
 * (libwebsockets 4.1.6, ALLOW_LISTEN_SHARE does nothing in Debian's build). What it must not be
 * asked to do, because 4.1.6 does it wrongly: keep-alive and pipelining, HTTP/2 by ALPN or h2c,
 * compression, flow control of WebSockets over TLS. Buffers are 20 KB, because uploads over TLS
 * stall with 4 KB and libuv. */
#include "io/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "io/exchange.h"
#include "io/loop_uv.h"

/* Few a turn: the handshakes of a crowd would hold up everybody else for as long as they take
 * together. */
enum { ACCEPT_TURN = 4, HEADER_POOL = 512, HEADER_DATA = 16384 };
#define SUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

static int listen_http(
	struct conn *c, struct lws *wsi, enum lws_callback_reasons reason, struct slice in)
{
	c->wsi = wsi;
	if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE)
		return upgrade_check(c, (const char *)in.p);
	if (reason == LWS_CALLBACK_HTTP)
		return http_begin(c);
	if (reason == LWS_CALLBACK_HTTP_BODY)
		return http_body(c, in);
	if (reason == LWS_CALLBACK_HTTP_BODY_COMPLETION)
		return http_body_end(c);
	if (reason == LWS_CALLBACK_HTTP_WRITEABLE)
		return http_writeable(c);
	return 0;
}

static int listen_add_headers(struct lws_process_html_args *args)
{
	size_t n = strlen(head_security);
	if ((size_t)args->max_len < n)
		return -1;
	memcpy(args->p, head_security, n);
	args->p += n;
	return 0;
}

static int listen_ws(struct conn *c, enum lws_callback_reasons reason, void *in, size_t n)
{
	if (reason == LWS_CALLBACK_ADD_HEADERS)
		return listen_add_headers(in);
	if (reason == LWS_CALLBACK_ESTABLISHED)
		return ws_opened(c);
	if (reason == LWS_CALLBACK_RECEIVE)
		return ws_received(c, slice_of(in, n));
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return ws_writeable(c);
	if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)
		return ws_peer_closes(c, slice_of(in, n));
	if (reason == LWS_CALLBACK_RECEIVE_PONG)
		ws_alive(c);
	if (reason == LWS_CALLBACK_CLOSED && c->opened)
		ws_gone(c);
	return 0;
}

/* TLS 1.3 alone, with the suites and groups of the edge (deploy/edge.cfg.in), of which OpenSSL by
 * itself has more; tickets would cost memory, and workers do not share their keys. */
static void listen_tls(SSL_CTX *ctx)
{
	char groups[] = "X25519:P-256"; /* OpenSSL's macro casts const away */
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	ASSERT(SSL_CTX_set_ciphersuites(ctx, SUITES) == 1);
	ASSERT(SSL_CTX_set1_groups_list(ctx, groups) == 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
}

static int listen_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
		listen_tls(user);
		return 0;
	}
	struct conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	if (!c)
		return 0;
	if (reason == LWS_CALLBACK_WSI_DESTROY) {
		lws_set_opaque_user_data(wsi, NULL);
		conn_destroyed(c);
		return 0;
	}
	if (lws_get_protocol(wsi) && strcmp(lws_get_protocol(wsi)->name, "luotsi.v1") == 0)
		return listen_ws(c, reason, in, n);
	return listen_http(c, wsi, reason, slice_of(in, n));
}

static const struct lws_protocols protocols[] = {
	{.name = "http", .callback = listen_callback, .tx_packet_size = SERVICE_BUFFER},
	{.name = "luotsi.v1",
		.callback = listen_callback,
		.rx_buffer_size = RX_CHUNK,
		.tx_packet_size = SERVICE_BUFFER},
	{0},
};

static void listen_address(const struct sockaddr_storage *from, char *ret, socklen_t size)
{
	const void *address = NULL;
	if (from->ss_family == AF_INET)
		address = &((const struct sockaddr_in *)(const void *)from)->sin_addr;
	if (from->ss_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
	if (!address || !inet_ntop(from->ss_family, address, ret, size))
		ret[0] = 0;
}

static void listen_adopt(struct server *s, int fd, const char *address)
{
	struct conn *c =
		map_count(s->conns) < s->settings.max_connections ? conn_new(s, address) : NULL;
	if (!c) {
		meter_add(METER_connections_refused, 1);
		close(fd);
		return;
	}
	uint64_t id = c->id;
	lws_adopt_desc_t how = {.vh = s->vhost,
		.fd.sockfd = fd,
		.opaque = c,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP |
			(s->settings.edge ? 0 : LWS_ADOPT_ALLOW_SSL)};
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&how);
	/* lws may have destroyed it already, and the struct with it, or will do so in a later turn.
	 */
	c = map_get_u64(s->conns, id);
	if (c && wsi)
		c->wsi = wsi;
}

/* A small frame must not wait for the acknowledgement of the one before. */
static void listen_no_delay(int fd, sa_family_t family)
{
	int yes = 1;
	if (family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void listen_accept(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	struct server *s = poll->data;
	for (int i = 0; i < ACCEPT_TURN && !s->quiet; i++) {
		struct sockaddr_storage from = {0};
		socklen_t size = sizeof(from);
		char address[INET6_ADDRSTRLEN];
		int fd = accept4(s->settings.listen_fd, (struct sockaddr *)&from, &size,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		listen_no_delay(fd, from.ss_family);
		listen_address(&from, address, sizeof(address));
		listen_adopt(s, fd, address);
	}
}

static bool listen_watch(struct server *s)
{
	uv_poll_t *poll = MEM_NEW(uv_poll_t);
	if (uv_poll_init(loop_uv(s->loop), poll, s->settings.listen_fd) != 0) {
		mem_free(poll);
		return false;
	}
	poll->data = s;
	s->accept_poll = poll;
	return uv_poll_start(poll, UV_READABLE, listen_accept) == 0;
}

static struct lws_context *listen_context(struct server *s)
{
	static const lws_retry_bo_t no_policy;
	void *loops[] = {loop_uv(s->loop)};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.foreign_loops = loops,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
			   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
		.pt_serv_buf_size = SERVICE_BUFFER,
		.max_http_header_data = HEADER_DATA,
		.max_http_header_pool2 = HEADER_POOL,
		.timeout_secs = s->settings.http_seconds,
		.retry_and_idle_policy = &no_policy,
		.server_string = "luotsi",
	};
	return lws_create_context(&info);
}

static struct lws_vhost *listen_vhost(struct server *s)
{
	static const lws_retry_bo_t no_policy;
	const struct server_settings *set = &s->settings;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "luotsi",
		.timeout_secs = set->http_seconds,
		.keepalive_timeout = 1,
		.retry_and_idle_policy = &no_policy,
		.headers = head_lws_options(),
		.server_string = "luotsi",
	};
	if (!set->edge) {
		info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = set->tls_cert;
		info.ssl_private_key_filepath = set->tls_key;
		info.ssl_ca_filepath = set->tls_client_ca;
		info.alpn = "http/1.1";
		if (set->tls_client_ca)
			info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
	}
	return lws_create_vhost(s->lws, &info);
}

/* Tried before lws does: after a vhost that failed, lws and libuv cannot be taken apart any more
 * (libwebsockets 4.1.6, libuv 1.44: uv_close aborts). */
static bool listen_tls_is_usable(const struct server_settings *set)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool good = ctx && SSL_CTX_use_certificate_chain_file(ctx, set->tls_cert) == 1 &&
		    SSL_CTX_use_PrivateKey_file(ctx, set->tls_key, SSL_FILETYPE_PEM) == 1 &&
		    (!set->tls_client_ca || SSL_CTX_load_verify_file(ctx, set->tls_client_ca) == 1);
	SSL_CTX_free(ctx);
	return good;
}

struct server *server_new(struct loop *loop, const struct server_settings *settings,
	const struct io_handlers *handlers, void *ctx)
{
	if (!settings->edge && !listen_tls_is_usable(settings)) {
		log_error("certificate_unusable", LOG_W("tls_cert", settings->tls_cert),
			LOG_W("tls_key", settings->tls_key));
		return NULL;
	}
	lws_set_log_level(0, NULL);
	struct server *s = MEM_NEW(struct server);
	s->loop = loop;
	s->settings = *settings;
	s->handlers = handlers;
	s->ctx = ctx;
	s->conns = map_new();
	s->peers = map_new();
	wheel_init(s);
	s->tick = timer_new(loop, wheel_tick, s);
	timer_start(s->tick, 1000, 1000);
	s->lws = listen_context(s);
	ASSERT(s->lws);
	s->vhost = listen_vhost(s);
	ASSERT(s->vhost);
	return s;
}

enum err server_start(struct server *s)
{
	if (listen_watch(s))
		return ERR_OK;
	log_error("socket_unusable");
	return ERR_INTERNAL;
}

static void server_drained(struct server *s)
{
	if (!s->drained)
		return;
	timer_free(&s->grace);
	loop_post(s->loop, s->drained, s->drained_ctx);
	s->drained = NULL;
}

static void server_grace_over(void *ctx)
{
	struct server *s = ctx;
	if (map_count(s->conns) == 0 || --s->grace_turns == 0)
		server_drained(s);
}

void server_quiet(struct server *s)
{
	s->quiet = true;
	s->quiet_since = s->now;
	loop_close_handle(&s->accept_poll);
}

void server_send_away(struct server *s)
{
	size_t cursor = 0;
	void *value;
	s->away = true;
	while (map_next(s->conns, &cursor, NULL, &value)) {
		struct conn *c = value;
		if (c->phase == PHASE_WS)
			ws_close(s, c->id, WS_CLOSE_GOING_AWAY);
	}
}

bool server_is_asked(const struct server *s)
{
	enum { SILENT_SECONDS = 4 };
	bool patient = s->now - s->quiet_since < SILENT_SECONDS;
	size_t cursor = 0;
	void *value;
	while (map_next(s->conns, &cursor, NULL, &value)) {
		enum phase phase = ((const struct conn *)value)->phase;
		if (phase == PHASE_BODY || phase == PHASE_WAITING || phase == PHASE_ANSWER ||
			(phase == PHASE_NEW && patient))
			return true;
	}
	return false;
}

void server_drain(struct server *s, uint64_t grace_ms, loop_fn *done, void *ctx)
{
	enum { LOOK_MS = 20 };
	server_quiet(s);
	server_send_away(s);
	s->draining = true;
	s->drained = done;
	s->drained_ctx = ctx;
	s->grace_turns = grace_ms / LOOK_MS + 1;
	size_t cursor = 0;
	void *value;
	while (map_next(s->conns, &cursor, NULL, &value)) {
		struct conn *c = value;
		if (c->phase == PHASE_NEW)
			conn_kill(c);
	}
	s->grace = timer_new(s->loop, server_grace_over, s);
	timer_start(s->grace, 0, LOOK_MS);
}

/* lws closes its libuv handles in the loop: destroy, let the loop run, destroy again
 * (libwebsockets 4.1.6, foreign loop). */
static void server_destroy_lws(struct server *s)
{
	enum { TURNS = 200 };
	if (!s->lws)
		return;
	lws_context_destroy(s->lws);
	for (int i = 0; i < TURNS; i++)
		loop_turn(s->loop);
	lws_context_destroy(s->lws);
	s->lws = NULL;
}

/* What lws never came to know. */
static void server_forget_rest(struct server *s)
{
	void *conn;
	for (size_t cursor = 0; map_next(s->conns, &cursor, NULL, &conn); cursor = 0)
		conn_destroyed(conn);
}

void server_free(struct server **server)
{
	struct server *s = *server;
	*server = NULL;
	if (!s)
		return;
	s->quiet = s->draining = true;
	loop_close_handle(&s->accept_poll);
	server_destroy_lws(s);
	server_forget_rest(s);
	timer_free(&s->tick);
	timer_free(&s->grace);
	map_free(&s->conns);
	map_free(&s->peers);
	mem_free(s);
}

unsigned server_lws_version(void)
{
	return LWS_LIBRARY_VERSION_NUMBER;
}
