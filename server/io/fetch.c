/* libcurl's multi-socket interface on libuv: curl says which sockets it waits for and when it wants
 * to be woken, libuv tells it what happened, and finished transfers are collected after each such
 * turn. Nothing blocks: names are resolved on curl's own thread. A pinned authority means that one
 * alone: Debian's curl would also look into a directory of the system's (libcurl 7.88,
 * CURLOPT_CAPATH), and its cache of parsed authorities works only without one. */
#include "io/fetch.h"

#include <curl/curl.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/loop_uv.h"

/* A connection costs a handshake on the loop: calls that come at once wait for one another's. */
enum { HOST_CONNECTIONS = 6 };
static const char *const system_authorities = "/etc/ssl/certs/ca-certificates.crt";

struct fetch {
	struct loop *loop;
	struct fetch_settings settings;
	CURLM *multi;
	struct timer *timer;
	struct list calls;   /* under way */
	struct list watches; /* sockets that curl waits for */
	CURL **spare;
	size_t n_spare, n_calls;
	bool stopping;
};

struct call {
	struct fetch *fetch;
	struct list link;
	CURL *easy;
	struct curl_slist *headers;
	char *url;
	struct buf body;
	fetch_done_fn *done;
	void *ctx;
	uint64_t tag;
};

struct watch {
	struct fetch *fetch;
	struct list link;
	uv_poll_t *poll;
	curl_socket_t socket;
};

/* --- calls --- */

static size_t body_came(char *bytes, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;
	buf_add(&call->body, slice_of(bytes, size * n));
	return buf_check(&call->body) == ERR_OK ? size * n : 0;
}

static void call_free(struct call *call)
{
	struct fetch *f = call->fetch;
	list_remove(&call->link);
	f->n_calls--;
	curl_easy_reset(call->easy);
	f->spare[f->n_spare++] = call->easy;
	curl_slist_free_all(call->headers);
	buf_done(&call->body);
	mem_free(call->url);
	mem_free(call);
}

/* The call is over before its asker hears of it, so that it may ask again. */
static void call_end(struct call *call, enum err e)
{
	struct call told = *call;
	long status = 0;
	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	call->body = BUF_MAX(0);
	(void)curl_multi_remove_handle(call->fetch->multi, call->easy);
	call_free(call);
	struct fetch_answer answer = {(unsigned)status, buf_slice(&told.body)};
	told.done(told.ctx, told.tag, e, e == ERR_OK ? &answer : NULL);
	buf_done(&told.body);
}

static void fetch_collect(struct fetch *f)
{
	int left;
	CURLMsg *message;
	while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
		struct call *call = NULL;
		CURLcode code = message->data.result;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		bool over = code == CURLE_FILESIZE_EXCEEDED || buf_check(&call->body) != ERR_OK;
		if (code != CURLE_OK)
			log_warn("fetch_failed", LOG_N("curl", code));
		call_end(call, over ? ERR_TOO_LARGE : code == CURLE_OK ? ERR_OK : ERR_UNAVAILABLE);
	}
}

/* --- what curl waits for --- */

static void fetch_act(struct fetch *f, curl_socket_t socket, int events)
{
	int running;
	(void)curl_multi_socket_action(f->multi, socket, events, &running);
	fetch_collect(f);
}

static void watch_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
		   (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
	fetch_act(w->fetch, w->socket, status < 0 ? CURL_CSELECT_ERR : what);
}

static void watch_free(struct watch *w)
{
	list_remove(&w->link);
	loop_close_handle(&w->poll);
	mem_free(w);
}

static struct watch *watch_new(struct fetch *f, curl_socket_t socket)
{
	struct watch *w = MEM_NEW(struct watch);
	w->fetch = f;
	w->socket = socket;
	w->poll = MEM_NEW(uv_poll_t);
	w->poll->data = w;
	ASSERT(uv_poll_init_socket(loop_uv(f->loop), w->poll, socket) == 0);
	list_push(&f->watches, &w->link);
	return w;
}

static int socket_wanted(CURL *easy, curl_socket_t socket, int what, void *ctx, void *socket_ctx)
{
	(void)easy;
	struct fetch *f = ctx;
	struct watch *w = socket_ctx;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			watch_free(w);
		(void)curl_multi_assign(f->multi, socket, NULL);
		return 0;
	}
	if (w == NULL) {
		w = watch_new(f, socket);
		(void)curl_multi_assign(f->multi, socket, w);
	}
	int events = (what != CURL_POLL_OUT ? UV_READABLE : 0) |
		     (what != CURL_POLL_IN ? UV_WRITABLE : 0);
	ASSERT(uv_poll_start(w->poll, events, watch_ready) == 0);
	return 0;
}

static void timer_fired(void *ctx)
{
	fetch_act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* Also from inside curl_multi_add_handle: only the timer is set, so that nothing is answered there.
 */
static int timer_wanted(CURLM *multi, long ms, void *ctx)
{
	(void)multi;
	const struct fetch *f = ctx;
	if (ms < 0)
		timer_stop(f->timer);
	else
		timer_start(f->timer, (uint64_t)ms, 0);
	return 0;
}

/* --- the public face --- */

struct fetch *fetch_new(struct loop *loop, const struct fetch_settings *settings)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	struct fetch *f = MEM_NEW(struct fetch);
	f->loop = loop;
	f->settings = *settings;
	f->spare = mem_array(settings->max_in_flight, sizeof(CURL *));
	list_init(&f->calls);
	list_init(&f->watches);
	f->timer = timer_new(loop, timer_fired, f);
	f->multi = curl_multi_init();
	ASSERT(f->multi != NULL);
	(void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	(void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	(void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	(void)curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	(void)curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
	(void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)settings->max_in_flight);
	return f;
}

void fetch_stop(struct fetch *f)
{
	f->stopping = true;
	LIST_EACH(link, &f->calls)
	call_end(LIST_OF(link, struct call, link), ERR_SHUTTING_DOWN);
}

void fetch_free(struct fetch **fetch)
{
	struct fetch *f = *fetch;
	*fetch = NULL;
	if (f == NULL)
		return;
	fetch_stop(f);
	for (size_t i = 0; i < f->n_spare; i++)
		curl_easy_cleanup(f->spare[i]);
	(void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	(void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, NULL);
	LIST_EACH(link, &f->watches)
	watch_free(LIST_OF(link, struct watch, link));
	(void)curl_multi_cleanup(f->multi);
	timer_free(&f->timer);
	mem_free(f->spare);
	mem_free(f);
	curl_global_cleanup();
}

/* What every call has in common: what it may not do. */
static void easy_restrain(CURL *easy, const struct fetch_settings *s)
{
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)FETCH_BODY_MAX);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)s->connect_ms);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)s->total_ms);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "luotsi");
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
}

static void call_post(struct call *call, const struct fetch_call *what)
{
	struct buf type = BUF_MAX(256);
	buf_addf(&type, "content-type: %s", what->type);
	call->headers = curl_slist_append(NULL, buf_text(&type));
	call->headers = curl_slist_append(call->headers, "expect:");
	buf_done(&type);
	(void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	(void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE, (long)what->body.n);
	(void)curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS,
		what->body.n > 0 ? (const char *)what->body.p : "");
}

static CURL *easy_take(struct fetch *f)
{
	CURL *easy = f->n_spare > 0 ? f->spare[--f->n_spare] : curl_easy_init();
	ASSERT(easy != NULL);
	easy_restrain(easy, &f->settings);
	return easy;
}

static bool is_room_for(const struct fetch *f, const char *url)
{
	size_t alike = 0;
	LIST_EACH(link, &f->calls)
	alike += strcmp(LIST_OF(link, struct call, link)->url, url) == 0;
	return f->n_calls < f->settings.max_in_flight &&
	       (f->settings.max_alike == 0 || alike < f->settings.max_alike);
}

enum err fetch_submit(struct fetch *f, const struct fetch_call *what)
{
	if (f->stopping)
		return ERR_SHUTTING_DOWN;
	if (!is_room_for(f, what->url))
		return ERR_BUSY;
	struct call *call = MEM_NEW(struct call);
	*call = (struct call){.fetch = f,
		.easy = easy_take(f),
		.url = mem_text(what->url),
		.body = BUF_MAX(FETCH_BODY_MAX),
		.done = what->done,
		.ctx = what->ctx,
		.tag = what->tag};
	list_push(&f->calls, &call->link);
	f->n_calls++;
	(void)curl_easy_setopt(call->easy, CURLOPT_URL, what->url);
	(void)curl_easy_setopt(call->easy, CURLOPT_CAINFO,
		what->ca_file != NULL ? what->ca_file : system_authorities);
	(void)curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	(void)curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	if (what->type != NULL)
		call_post(call, what);
	ASSERT(curl_multi_add_handle(f->multi, call->easy) == CURLM_OK);
	return ERR_OK;
}
