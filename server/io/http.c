/* One HTTP request of a connection: headers judged, body gathered under its ceiling, delivered
 * whole, answered later by id (http_answer.c). The connection closes after the answer: a second
 * request on a connection hangs or corrupts libwebsockets 4.1.6 when it comes in the same segment
 * (parsers.c, ops-h1.c), so there is never one. Body callbacks return 0 whatever happens, because
 * closing inside them is a use after free there. */
#include "io/http.h"

#include "base/mem.h"
#include "base/num.h"
#include "io/exchange.h"
#include "io/static.h"

enum { HEADERS_MAX = 16384, HEAD_MAX = 32768, REPLY_MAX = 64 << 20 };

static const enum http_method methods[] = {
	[LWSHUMETH_GET] = HTTP_GET,
	[LWSHUMETH_POST] = HTTP_POST,
	[LWSHUMETH_OPTIONS] = HTTP_OPTIONS,
	[LWSHUMETH_PUT] = HTTP_PUT,
	[LWSHUMETH_PATCH] = HTTP_PATCH,
	[LWSHUMETH_DELETE] = HTTP_DELETE,
	[LWSHUMETH_HEAD] = HTTP_HEAD,
};

void exchange_free(struct exchange **exchange)
{
	struct exchange *x = *exchange;
	*exchange = NULL;
	if (!x)
		return;
	buf_done(&x->text);
	buf_done(&x->body);
	buf_done(&x->head);
	buf_done(&x->reply);
	http_let_go(&x->rest_held);
	http_let_go(&x->next_held);
	http_let_go(&x->behind);
	mem_free(x);
}

/* The headers that a request keeps, in the order of their copies. */
enum {
	PART_PATH,
	PART_QUERY,
	PART_COOKIE,
	PART_ORIGIN,
	PART_TYPE,
	PART_ENCODING,
	PART_MATCH,
	PART_COUNT
};

static const struct {
	enum lws_token_indexes which;
	const char *separator;
	size_t at;
} parts[PART_COUNT] = {
	[PART_PATH] = {WSI_TOKEN_COUNT, "", offsetof(struct http_request, path)},
	[PART_QUERY] = {WSI_TOKEN_HTTP_URI_ARGS, "&", offsetof(struct http_request, query)},
	[PART_COOKIE] = {WSI_TOKEN_HTTP_COOKIE, "; ", offsetof(struct http_request, cookie)},
	[PART_ORIGIN] = {WSI_TOKEN_ORIGIN, ",", offsetof(struct http_request, origin)},
	[PART_TYPE] = {WSI_TOKEN_HTTP_CONTENT_TYPE, ",",
		offsetof(struct http_request, content_type)},
	[PART_ENCODING] = {WSI_TOKEN_HTTP_ACCEPT_ENCODING, ",",
		offsetof(struct http_request, accept_encoding)},
	[PART_MATCH] = {WSI_TOKEN_HTTP_IF_NONE_MATCH, ",",
		offsetof(struct http_request, if_none_match)},
};

/* Those that lws has no token for; of repetitions the first. */
enum { CUSTOM_COUNT = 3 };
static const struct {
	const char *name;
	size_t at;
} customs[CUSTOM_COUNT] = {
	{"sec-fetch-site:", offsetof(struct http_request, fetch_site)},
	{"x-luotsi:", offsetof(struct http_request, mark)},
	{"x-luotsi-digest:", offsetof(struct http_request, digest)},
};

static size_t http_add_custom(struct conn *c, const char *name)
{
	struct buf *text = &c->exchange->text;
	int n_name = (int)strlen(name);
	int n = lws_hdr_custom_length(c->wsi, name, n_name);
	char *at = n > 0 ? (char *)buf_reserve(text, (size_t)n + 1) : NULL;
	if (at) {
		(void)lws_hdr_custom_copy(c->wsi, at, n + 1, name, n_name);
		text->n--;
	}
	return text->n;
}

/* Copies what the request keeps; slices are taken when the buffer no longer moves. */
static bool http_copy_headers(struct conn *c, struct slice path)
{
	struct exchange *x = c->exchange;
	size_t ends[PART_COUNT + CUSTOM_COUNT];
	buf_add(&x->text, path);
	ends[PART_PATH] = x->text.n;
	for (unsigned i = PART_PATH + 1; i < PART_COUNT; i++) {
		header_add(c->wsi, parts[i].which, parts[i].separator, &x->text);
		ends[i] = x->text.n;
	}
	for (unsigned i = 0; i < CUSTOM_COUNT; i++)
		ends[PART_COUNT + i] = http_add_custom(c, customs[i].name);
	if (buf_check(&x->text) != ERR_OK)
		return false;
	size_t start = 0;
	for (unsigned i = 0; i < PART_COUNT + CUSTOM_COUNT; i++) {
		size_t to_at = i < PART_COUNT ? parts[i].at : customs[i - PART_COUNT].at;
		struct slice *to = (struct slice *)(void *)((char *)&x->request + to_at);
		*to = slice_of(x->text.p + start, ends[i] - start);
		start = ends[i];
	}
	return true;
}

/* A length that says one thing only; 0 when there is no body. */
static enum err http_length(struct conn *c, bool needs_one, size_t *ret_size)
{
	enum { DIGITS_MAX = 20 };
	if (header_count(c->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return ERR_MALFORMED;
	unsigned n = header_count(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	if (n == 0)
		return needs_one ? ERR_MALFORMED : ERR_OK;
	struct buf digits = BUF_MAX(DIGITS_MAX);
	uint64_t size = 0;
	bool good = n == 1 && header_add(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, "", &digits) &&
		    num_parse_u64(buf_slice(&digits), INT64_MAX, &size);
	buf_done(&digits);
	if (!good)
		return ERR_MALFORMED;
	const struct server_settings *settings = &c->server->settings;
	if (size > (c->exchange->large ? settings->large.max_body : settings->max_body))
		return ERR_TOO_LARGE;
	*ret_size = (size_t)size;
	return ERR_OK;
}

static void http_deliver(struct conn *c)
{
	struct server *s = c->server;
	struct exchange *x = c->exchange;
	struct http_header headers[SITE_MAX_HEADERS];
	struct http_response response = {0};
	c->phase = PHASE_WAITING;
	x->request.id = c->id;
	x->request.body = buf_slice(&x->body);
	x->request.address = c->peer ? slice_text(c->peer->text) : SLICE_NONE;
	if (s->draining)
		http_reply_error(s, c->id, ERR_SHUTTING_DOWN);
	else if (s->settings.site && site_answer(s->settings.site, &x->request, &response, headers))
		http_reply(s, c->id, &response);
	else if (s->handlers->http_request)
		s->handlers->http_request(s->ctx, &x->request);
	else
		http_reply_error(s, c->id, ERR_NOT_FOUND);
}

/* --- large ones: each may hold as much of the worker's memory as its body has bytes --- */

static enum err http_join_large(struct conn *c, struct slice path)
{
	struct server *s = c->server;
	const struct server_large *large = &s->settings.large;
	if (!large->path || !slice_starts(path, slice_text(large->path)))
		return ERR_OK;
	if (s->n_large >= large->at_once ||
		(c->peer && c->peer->n_large >= large->at_once_per_address))
		return ERR_BUSY;
	c->exchange->large = true;
	s->n_large++;
	if (c->peer)
		c->peer->n_large++;
	return ERR_OK;
}

void http_leave_large(struct conn *c)
{
	if (!c->exchange || !c->exchange->large)
		return;
	c->exchange->large = false;
	c->server->n_large--;
	if (c->peer)
		c->peer->n_large--;
}

uint32_t http_seconds(const struct conn *c, size_t size)
{
	const struct server_settings *settings = &c->server->settings;
	size_t slow = c->exchange->large ? size / settings->large.bytes_per_second : 0;
	return settings->http_seconds + (uint32_t)slow;
}

void http_goes_on(struct conn *c)
{
	struct server *s = c->server;
	if (c->last_seen == s->now)
		return;
	c->last_seen = s->now;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)s->settings.http_seconds);
}

static enum err http_judge(struct conn *c)
{
	struct exchange *x = c->exchange;
	char *path = NULL;
	int path_size = 0;
	int method = lws_http_get_uri_and_method(c->wsi, &path, &path_size);
	bool known = method >= 0 && method < (int)(sizeof(methods) / sizeof(methods[0])) &&
		     method != LWSHUMETH_CONNECT;
	if (known)
		x->request.method = methods[method]; /* a refused HEAD has no body either */
	if (!known || !path || path_size <= 0)
		return ERR_BAD_METHOD;
	if (header_count(c->wsi, WSI_TOKEN_HOST) > 1) /* RFC 9112, 3.2 */
		return ERR_MALFORMED;
	bool needs_length =
		method == LWSHUMETH_POST || method == LWSHUMETH_PUT || method == LWSHUMETH_PATCH;
	TRY(conn_set_edge_peer(c));
	TRY(http_join_large(c, slice_of(path, (size_t)path_size)));
	TRY(http_length(c, needs_length, &x->expected));
	if (!http_copy_headers(c, slice_of(path, (size_t)path_size)))
		return ERR_TOO_LARGE;
	return ERR_OK;
}

static void http_await(struct conn *c)
{
	struct server *s = c->server;
	struct exchange *x = c->exchange;
	c->phase = PHASE_BODY;
	if (!x->large)
		return;
	wheel_set(c, http_seconds(c, x->expected));
	x->request.id = c->id;
	x->request.address = c->peer ? slice_text(c->peer->text) : SLICE_NONE;
	if (s->draining)
		http_reply_error(s, c->id, ERR_SHUTTING_DOWN);
	else if (s->handlers->http_arriving)
		s->handlers->http_arriving(s->ctx, &x->request);
}

int http_begin(struct conn *c)
{
	/* A second request on the connection: its answer would never come. */
	if (c->exchange)
		return 0;
	struct exchange *x = c->exchange = MEM_NEW(struct exchange);
	x->text = BUF_MAX(HEADERS_MAX);
	x->head = BUF_MAX(HEAD_MAX);
	x->reply = BUF_MAX(REPLY_MAX);
	lws_set_timeout(
		c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)c->server->settings.http_seconds);
	enum err e = http_judge(c);
	x->body = BUF_MAX(x->expected);
	c->phase = PHASE_WAITING;
	if (e != ERR_OK) {
		http_reply_error(c->server, c->id, e);
		return 0;
	}
	if (x->expected > 0)
		http_await(c);
	else
		http_deliver(c);
	return 0;
}

int http_body(struct conn *c, struct slice piece)
{
	if (c->phase != PHASE_BODY)
		return 0;
	buf_add(&c->exchange->body, piece);
	if (c->exchange->large)
		http_goes_on(c);
	return 0;
}

int http_body_end(struct conn *c)
{
	/* Called again when more bytes come behind the body: nobody listens any more. */
	if (c->phase != PHASE_BODY)
		return 0;
	struct exchange *x = c->exchange;
	lws_set_timeout(
		c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)c->server->settings.http_seconds);
	if (buf_check(&x->body) == ERR_OK && x->body.n == x->expected)
		http_deliver(c);
	else
		http_reply_error(c->server, c->id, ERR_MALFORMED);
	return 0;
}

struct buf http_take_body(struct server *s, uint64_t id)
{
	struct conn *c = map_get_u64(s->conns, id);
	struct buf body = BUF_MAX(0);
	if (!c || !c->exchange || c->phase != PHASE_WAITING)
		return body;
	body = c->exchange->body;
	c->exchange->body = (struct buf)BUF_MAX(0);
	c->exchange->request.body = SLICE_NONE;
	return body;
}

void http_expired(struct conn *c)
{
	conn_kill(c);
}
