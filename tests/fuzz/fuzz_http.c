/* A request as lws hands it over: a byte of flags (1: behind the edge, 2: draining; the rest: the
 * size of the body's pieces), then the text of the request. What is delivered must be what was said
 * once and clearly; every request gets exactly one well-formed answer. */
#include "wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/http.h"
#include "io/static.h"

enum { LINES_MAX = 40, WRITES_MAX = 1000 };

static const struct {
	const char *name;
	enum lws_token_indexes which;
} names[] = {{"cookie", WSI_TOKEN_HTTP_COOKIE}, {"origin", WSI_TOKEN_ORIGIN},
	{"content-type", WSI_TOKEN_HTTP_CONTENT_TYPE},
	{"accept-encoding", WSI_TOKEN_HTTP_ACCEPT_ENCODING},
	{"if-none-match", WSI_TOKEN_HTTP_IF_NONE_MATCH},
	{"content-length", WSI_TOKEN_HTTP_CONTENT_LENGTH},
	{"transfer-encoding", WSI_TOKEN_HTTP_TRANSFER_ENCODING},
	{"sec-websocket-version", WSI_TOKEN_VERSION},
	{"sec-websocket-protocol", WSI_TOKEN_PROTOCOL}, {"upgrade", WSI_TOKEN_UPGRADE},
	{"x-luotsi-client", WSI_TOKEN_COUNT}};

/* The request as lws would have it in its table. */
static struct {
	int method;
	char *path;
	size_t path_size;
	struct {
		enum lws_token_indexes which;
		struct slice value;
	} lines[LINES_MAX];
	size_t n_lines;
	struct slice body;
	struct http_request seen;
	unsigned n_delivered, n_admitted, n_opened, n_closed;
} said;

static const struct slice *line_at(enum lws_token_indexes which, size_t number)
{
	for (size_t i = 0; i < said.n_lines; i++)
		if (said.lines[i].which == which && number-- == 0)
			return &said.lines[i].value;
	return NULL;
}
static size_t count_lines(enum lws_token_indexes which)
{
	size_t n = 0;
	while (line_at(which, n) != NULL)
		n++;
	return n;
}

int lws_hdr_fragment_length(struct lws *wsi, enum lws_token_indexes which, int at)
{
	(void)wsi;
	const struct slice *line = line_at(which, (size_t)at);
	return line ? (int)line->n : 0;
}
int lws_hdr_total_length(struct lws *wsi, enum lws_token_indexes which)
{
	size_t n = 0;
	for (size_t i = 0; i < count_lines(which); i++)
		n += line_at(which, i)->n + (i > 0);
	(void)wsi;
	return (int)n;
}
int lws_hdr_copy_fragment(struct lws *wsi, char *to, int size, enum lws_token_indexes which, int at)
{
	(void)wsi;
	const struct slice *line = line_at(which, (size_t)at);
	if (!line || (int)line->n >= size)
		return -1;
	if (line->n > 0)
		memcpy(to, line->p, line->n);
	to[line->n] = '\0';
	return (int)line->n;
}
int lws_hdr_custom_copy(struct lws *wsi, char *to, int size, const char *name, int name_size)
{
	HOLD(strlen(name) == (size_t)name_size && strcmp(name, "x-luotsi-client:") == 0);
	return lws_hdr_copy_fragment(wsi, to, size, WSI_TOKEN_COUNT, 0);
}
int lws_http_get_uri_and_method(struct lws *wsi, char **ret_path, int *ret_size)
{
	(void)wsi;
	*ret_path = said.path;
	*ret_size = (int)said.path_size;
	return said.method;
}

/* --- the text of a request into the table --- */

static void add_line(enum lws_token_indexes which, struct slice value)
{
	if (said.n_lines == LINES_MAX || (value.n > 0 && memchr(value.p, 0, value.n)))
		return;
	said.lines[said.n_lines].which = which;
	said.lines[said.n_lines++].value = value;
}

static void read_target(struct slice line)
{
	static const char *const methods[] = {[LWSHUMETH_GET] = "GET",
		[LWSHUMETH_POST] = "POST",
		[LWSHUMETH_OPTIONS] = "OPTIONS",
		[LWSHUMETH_PUT] = "PUT",
		[LWSHUMETH_PATCH] = "PATCH",
		[LWSHUMETH_DELETE] = "DELETE",
		[LWSHUMETH_CONNECT] = "CONNECT",
		[LWSHUMETH_HEAD] = "HEAD"};
	struct slice method = SLICE_NONE, path = SLICE_NONE, part;
	slice_next(&line, ' ', &method);
	said.method = -1;
	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_is(method, methods[i]))
			said.method = (int)i;
	slice_next(&line, '?', &path);
	said.path = mem_text_n(path.n ? (const char *)path.p : "", path.n);
	said.path_size = path.n;
	while (slice_next(&line, '&', &part))
		add_line(WSI_TOKEN_HTTP_URI_ARGS, part);
}

static void read_header(struct slice line)
{
	struct slice name = SLICE_NONE;
	slice_next(&line, ':', &name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_fold(name, slice_text(names[i].name)))
			add_line(names[i].which, slice_trim(line));
}

static void read_request(struct slice text)
{
	struct slice line = SLICE_NONE;
	memset(&said, 0, sizeof(said));
	slice_next(&text, '\n', &line);
	read_target(line);
	while (slice_next(&text, '\n', &line) && line.n > 0)
		read_header(line);
	said.body = text;
}

/* --- the application --- */

static bool lies_in(struct slice s, const struct exchange *x)
{
	return s.n == 0 || (s.p >= x->text.p && s.p + s.n <= x->text.p + x->text.n);
}

static void check_delivered(const struct conn *c, const struct http_request *r)
{
	const struct slice *length = line_at(WSI_TOKEN_HTTP_CONTENT_LENGTH, 0);
	uint64_t n = 0;
	for (size_t i = 0; i < count_lines(WSI_TOKEN_HTTP_TRANSFER_ENCODING); i++)
		HOLD(line_at(WSI_TOKEN_HTTP_TRANSFER_ENCODING, i)->n == 0);
	HOLD(count_lines(WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 1);
	if (length != NULL && length->n > 0)
		HOLD(num_parse_u64(*length, c->server->settings.max_body, &n));
	else
		HOLD(r->method != HTTP_POST && r->method != HTTP_PUT && r->method != HTTP_PATCH);
	HOLD(slice_equal(r->body, slice_part(said.body, 0, (size_t)n)) && r->body.n == n);
	HOLD(slice_equal(r->path, slice_of(said.path, said.path_size)) && r->path.n > 0);
	HOLD(lies_in(r->path, c->exchange) && lies_in(r->query, c->exchange) &&
		lies_in(r->cookie, c->exchange) && lies_in(r->origin, c->exchange) &&
		lies_in(r->content_type, c->exchange) && lies_in(r->if_none_match, c->exchange));
}

/* Answers by what was asked, so that a value of the request stands in the head of the answer. */
static void requested(void *ctx, const struct http_request *r)
{
	struct server *s = wires_server(NULL);
	const struct conn *c = map_get_u64(s->conns, r->id);
	struct slice value = SLICE_NONE;
	(void)ctx;
	HOLD(c != NULL && !s->draining);
	said.n_delivered++;
	check_delivered(c, r);
	if (http_cookie(r->cookie, "__Host-luotsi", &value))
		HOLD(memmem(r->cookie.p, r->cookie.n, "__Host-luotsi=", 14) != NULL &&
			(value.n == 0 || !memchr(value.p, ';', value.n)));
	if (http_query(r->query, "next", &value))
		HOLD(value.n == 0 || !memchr(value.p, '&', value.n));
	struct http_header header = {"location:", value};
	struct http_response response = {.status = value.n ? 303 : 200,
		.content_type = "application/json",
		.body = r->body,
		.headers = &header,
		.n_headers = value.n > 0};
	http_reply(s, r->id, &response);
	http_reply_error(s, r->id, ERR_INTERNAL); /* a second answer is harmless */
}

static enum err admitted(void *ctx, const struct ws_hello *hello)
{
	struct slice value;
	(void)ctx;
	said.n_admitted++;
	return http_cookie(hello->cookie, "__Host-luotsi", &value) ? ERR_OK : ERR_NOT_SIGNED_IN;
}
static void opened(void *ctx, uint64_t conn, const struct ws_hello *hello)
{
	struct slice value;
	(void)ctx, (void)conn;
	said.n_opened++;
	HOLD(http_cookie(hello->cookie, "__Host-luotsi", &value));
}
static void closed(void *ctx, uint64_t conn)
{
	(void)ctx, (void)conn;
	said.n_closed++;
}

/* --- the answers --- */

static void check_head(struct slice head)
{
	struct slice line;
	unsigned n_security = 0, n_location = 0;
	while (slice_next(&head, '\n', &line)) {
		HOLD(line.n > 0 && (head.p == NULL || line.p[line.n - 1] == '\r'));
		for (size_t i = 0; i + 1 < line.n; i++)
			HOLD(line.p[i] >= ' ' && line.p[i] != 0x7f);
		n_security += slice_starts(
			line, SLICE_LIT("content-security-policy: default-src 'none'"));
		n_location += slice_starts(line, SLICE_LIT("location:"));
	}
	HOLD(n_security == 1 && n_location <= 1);
}

static void check_answer(bool is_head)
{
	struct slice out = buf_slice(&wires_out);
	uint64_t n = 0;
	const uint8_t *end = memmem(out.p, out.n, "\r\n\r\n", 4);
	HOLD(end != NULL && slice_starts(out, SLICE_LIT("HTTP/1.1 ")));
	struct slice head = slice_of(out.p, (size_t)(end - out.p));
	struct slice body = slice_from(out, head.n + 4);
	check_head(head);
	const uint8_t *at = memmem(head.p, head.n, "\r\ncontent-length: ", 18);
	const uint8_t *close = memmem(head.p, head.n, "\r\nconnection: close", 19);
	HOLD(close != NULL);
	if (at == NULL) {
		HOLD(slice_starts(head, SLICE_LIT("HTTP/1.1 304 ")) && body.n == 0);
		return;
	}
	HOLD(num_parse_u64(slice_of(at + 18, (size_t)(close - at - 18)), SIZE_MAX, &n));
	HOLD(is_head ? body.n == 0 : body.n == n);
}

static bool is_once(enum lws_token_indexes which, const char *value)
{
	return count_lines(which) == 1 && slice_is(*line_at(which, 0), value);
}

static void try_upgrade(struct conn *c, struct slice protocol)
{
	char *word = mem_text_n(protocol.p, protocol.n);
	bool right = slice_equal_fold(protocol, SLICE_LIT("websocket")) && !c->server->draining &&
		     said.method == LWSHUMETH_GET &&
		     slice_is(slice_of(said.path, said.path_size), "/ws") &&
		     is_once(WSI_TOKEN_VERSION, "13") && is_once(WSI_TOKEN_PROTOCOL, "luotsi.v1") &&
		     is_once(WSI_TOKEN_ORIGIN, c->server->settings.public_origin);
	int refused = upgrade_check(c, word);
	mem_free(word);
	HOLD(refused == 0 || refused == -1);
	HOLD(said.n_admitted <= right && (refused != 0 || right));
	if (refused != 0)
		check_answer(false);
	else
		HOLD(wires_out.n == 0 && ws_opened(c) == 0);
}

/* Never more than the length that was said, as lws counts it. */
static void give_body(struct conn *c, size_t cut)
{
	struct slice body = slice_part(said.body, 0, c->exchange->expected);
	for (size_t at = 0; at < body.n; at += cut)
		HOLD(http_body(c, slice_part(body, at, cut)) == 0);
	if (body.n == c->exchange->expected)
		HOLD(http_body_end(c) == 0 && http_body_end(c) == 0);
}

static void try_request(struct conn *c, size_t cut)
{
	HOLD(http_begin(c) == 0);
	if (c->phase == PHASE_BODY)
		give_body(c, cut);
	if (c->phase == PHASE_BODY) {
		HOLD(said.n_delivered == 0 && wires_out.n == 0);
		http_expired(c);
		return;
	}
	HOLD(http_begin(c) == 0); /* a second request on the connection */
	unsigned n = 0;
	while (http_writeable(c) == 0)
		HOLD(++n < WRITES_MAX);
	HOLD(said.n_delivered <= 1 && c->phase == PHASE_DONE);
	check_answer(said.method == LWSHUMETH_HEAD);
}

/* --- a small site --- */

static void site_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	HOLD(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const struct site *site_once(void)
{
	static const char *const files[] = {
		"index.html", "app-1A2B3C4D.js", "app-1A2B3C4D.js.br", "argon2.js"};
	static struct site *site;
	char folder[] = "/tmp/fuzz-site-XXXXXX";
	if (site != NULL)
		return site;
	HOLD(mkdtemp(folder) != NULL);
	for (size_t i = 0; i < 4; i++)
		site_file(folder, files[i], files[i]);
	HOLD(site_load(folder, &site) == ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	return site;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct io_handlers handlers = {.ws_admit = admitted,
		.ws_open = opened,
		.ws_closed = closed,
		.http_request = requested};
	if (size < 1)
		return 0;
	struct server *s = wires_server(&handlers);
	s->settings.site = site_once();
	s->settings.edge = data[0] & 1;
	s->draining = data[0] & 2;
	read_request(slice_of(data + 1, size - 1));
	struct conn *c = wires_connect(s, s->settings.edge ? "" : "192.0.2.1");
	const struct slice *upgrade = line_at(WSI_TOKEN_UPGRADE, 0);
	if (upgrade != NULL && upgrade->n > 0)
		try_upgrade(c, *upgrade);
	else
		try_request(c, (size_t)(data[0] >> 2) + 1);
	wires_disconnect(c);
	HOLD(said.n_opened == said.n_closed);
	mem_free(said.path);
	return 0;
}
