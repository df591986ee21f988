/* Who may open a WebSocket: right path, version, Origin and subprotocol, under the ceilings, and a
 * cookie that the gate likes. Judged in CONFIRM_UPGRADE, where all headers are there and the answer
 * can still be said in HTTP; every other upgrade, h2c above all, ends here, because lws offers it
 * whatever ALPN says (libwebsockets 4.1.6, server.c). */
#include "base/mem.h"
#include "base/meter.h"
#include "io/wire.h"

enum { VALUE_MAX = 4096, ANSWER_MAX = 8192 };

static bool upgrade_header_is(struct conn *c, enum lws_token_indexes which, const char *value)
{
	struct buf b = BUF_MAX(VALUE_MAX);
	bool same = header_count(c->wsi, which) == 1 && header_add(c->wsi, which, "", &b) &&
		    slice_is(buf_slice(&b), value);
	buf_done(&b);
	return same;
}

static bool upgrade_path_is(struct conn *c, const char *path)
{
	char *uri = NULL;
	int size = 0;
	int method = lws_http_get_uri_and_method(c->wsi, &uri, &size);
	return method == LWSHUMETH_GET && uri && size > 0 &&
	       slice_is(slice_of(uri, (size_t)size), path);
}

static enum err upgrade_admit(struct conn *c)
{
	struct server *s = c->server;
	if (!s->handlers->ws_admit)
		return ERR_OK;
	struct buf cookie = BUF_MAX(VALUE_MAX);
	header_add(c->wsi, WSI_TOKEN_HTTP_COOKIE, "; ", &cookie);
	struct ws_hello hello = {.cookie = buf_slice(&cookie),
		.address = c->peer ? slice_text(c->peer->text) : SLICE_NONE};
	enum err e = buf_check(&cookie);
	if (e == ERR_OK)
		e = s->handlers->ws_admit(s->ctx, &hello);
	buf_done(&cookie);
	return e;
}

static enum err upgrade_judge(struct conn *c, const char *protocol)
{
	struct server *s = c->server;
	if (c->phase != PHASE_NEW || strcasecmp(protocol, "websocket") != 0)
		return ERR_MALFORMED;
	if (s->draining)
		return ERR_SHUTTING_DOWN;
	if (!upgrade_path_is(c, "/ws"))
		return ERR_NOT_FOUND;
	if (header_count(c->wsi, WSI_TOKEN_HOST) > 1 ||
		!upgrade_header_is(c, WSI_TOKEN_HTTP, "HTTP/1.1") ||
		!upgrade_header_is(c, WSI_TOKEN_VERSION, "13") ||
		!upgrade_header_is(c, WSI_TOKEN_PROTOCOL, "luotsi.v1"))
		return ERR_MALFORMED;
	if (!upgrade_header_is(c, WSI_TOKEN_ORIGIN, s->settings.public_origin))
		return ERR_BAD_ORIGIN;
	TRY(conn_set_edge_peer(c));
	return upgrade_admit(c);
}

/* Short enough for an empty socket buffer: written at once, and then the connection ends. */
static void upgrade_refuse(struct conn *c, enum err e)
{
	struct buf answer = BUF_MAX(ANSWER_MAX);
	struct buf text = BUF_MAX(VALUE_MAX);
	buf_addf(&text, "{\"err\":\"%s\"}", err_word(e));
	/* RFC 6455, 4.4: who came with another version is told which there is. */
	struct http_header version = {"sec-websocket-version:", SLICE_LIT("13")};
	struct http_response response = {.status = err_status(e),
		.content_type = "application/json",
		.headers = &version,
		.n_headers = 1};
	head_write(&answer, &response, text.n);
	buf_add(&answer, buf_slice(&text));
	(void)lws_write(c->wsi, answer.p, answer.n, LWS_WRITE_HTTP);
	buf_done(&answer);
	buf_done(&text);
}

int upgrade_check(struct conn *c, const char *protocol)
{
	enum err e = upgrade_judge(c, protocol);
	if (e == ERR_OK)
		return 0;
	meter_suspect(e);
	upgrade_refuse(c, e);
	c->phase = PHASE_DONE;
	return -1;
}
