/* libcurl's SMTP on a thread: letters are few, and blocking there is simpler than a second
 * protocol on the loop. What curl says of a letter is kept as two numbers; the dialogue is never
 * logged, because it names the receiver. */
#include "io/mail.h"

#include <curl/curl.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/work.h"
#include "keys/file.h"

enum { SMTP_NOT_NOW = 400, SMTP_NEVER = 500, SMTP_NEVER_ENDS = 600 };
enum { WAITING_MAX = 16, CONNECT_MS = 10000, TOTAL_MS = 30000, PASSWORD_MAX = 1024 };
static const char *const system_authorities = "/etc/ssl/certs/ca-certificates.crt";

struct mail {
	struct mail_settings settings;
	struct work *work;
	atomic_bool stopping;
};

struct sending {
	struct mail *mail;
	char *to;
	uint8_t *text;
	size_t n, at;
	CURLcode code;
	long smtp;      /* the server's last word */
	bool addressed; /* the receiver was named */
	mail_done_fn *done;
	void *ctx;
};

/* --- on the thread --- */

static size_t text_wanted(char *to, size_t size, size_t n, void *ctx)
{
	struct sending *s = ctx;
	size_t piece = num_min(size * n, s->n - s->at);
	memcpy(to, s->text + s->at, piece);
	s->at += piece;
	return piece;
}

static int progress_made(
	void *ctx, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
	(void)to_get;
	(void)got;
	(void)to_send;
	(void)sent;
	struct mail *mail = ctx;
	return atomic_load(&mail->stopping);
}

/* Of the dialogue only this is kept: how far it came. */
static int line_said(CURL *easy, curl_infotype type, char *line, size_t n, void *ctx)
{
	(void)easy;
	struct sending *s = ctx;
	if (type == CURLINFO_HEADER_OUT && slice_starts(slice_of(line, n), SLICE_LIT("RCPT ")))
		s->addressed = true;
	return 0;
}

static void easy_secure(CURL *easy, const struct mail_settings *s)
{
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(
		easy, CURLOPT_USE_SSL, (long)(s->plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(
		easy, CURLOPT_CAINFO, s->ca_file[0] ? s->ca_file : system_authorities);
}

/* The first line of the file. False: there is none. */
static bool easy_sign_in(CURL *easy, const struct mail_settings *s)
{
	if (!s->user[0])
		return true;
	AUTO(buf_wipe) struct buf password = BUF_MAX(PASSWORD_MAX);
	struct slice rest, line;
	if (file_read(s->password_file, &password) != ERR_OK)
		return false;
	rest = buf_slice(&password);
	if (!slice_next(&rest, '\n', &line) || line.n == 0)
		return false;
	password.n = line.n;
	(void)curl_easy_setopt(easy, CURLOPT_USERNAME, s->user);
	(void)curl_easy_setopt(easy, CURLOPT_PASSWORD, buf_text(&password));
	return true;
}

static void easy_address(CURL *easy, struct sending *s, struct curl_slist *receivers)
{
	(void)curl_easy_setopt(easy, CURLOPT_URL, s->mail->settings.url);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, s->mail->settings.from);
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, receivers);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, text_wanted);
	(void)curl_easy_setopt(easy, CURLOPT_READDATA, s);
	(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, line_said);
	(void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, s);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, progress_made);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, s->mail);
}

static void sending_run(void *item)
{
	struct sending *s = item;
	CURL *easy = curl_easy_init();
	ASSERT(easy != NULL);
	struct curl_slist *receivers = curl_slist_append(NULL, s->to);
	easy_secure(easy, &s->mail->settings);
	easy_address(easy, s, receivers);
	s->code = CURLE_LOGIN_DENIED;
	if (easy_sign_in(easy, &s->mail->settings))
		s->code = curl_easy_perform(easy);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &s->smtp);
	curl_slist_free_all(receivers);
	curl_easy_cleanup(easy);
}

/* --- in the loop --- */

static void sending_free(struct sending *s)
{
	crypt_wipe(s->text, s->n);
	mem_free(s->text);
	mem_free(s->to);
	mem_free(s);
}

/* A letter without its last line is none (RFC 5321, 4.1.1.4); when all of it was handed to curl,
 * the server has it, or will say so. What it says before it knows the receiver is about us. */
static enum mail_outcome outcome_of(const struct sending *s)
{
	bool said_no = s->smtp >= SMTP_NOT_NOW && s->smtp < SMTP_NEVER_ENDS;
	if (s->code == CURLE_OK)
		return MAIL_SENT;
	if (s->addressed && said_no)
		return s->smtp >= SMTP_NEVER ? MAIL_REFUSED : MAIL_LATER;
	if (s->at > 0 && s->at == s->n)
		return MAIL_UNKNOWN;
	return said_no ? MAIL_LATER : MAIL_AWAY;
}

static void sending_done(void *item, bool ran)
{
	struct sending *s = item;
	enum mail_outcome outcome = ran ? outcome_of(s) : MAIL_AWAY;
	if (ran && outcome != MAIL_SENT)
		log_warn("mail_failed", LOG_N("curl", s->code), LOG_N("smtp", s->smtp));
	mail_done_fn *done = s->done;
	void *ctx = s->ctx;
	sending_free(s);
	done(ctx, outcome);
}

enum err mail_send(
	struct mail *mail, struct slice to, struct slice text, mail_done_fn *done, void *ctx)
{
	struct sending *s = MEM_NEW(struct sending);
	*s = (struct sending){.mail = mail,
		.to = mem_text_n(to.p, to.n),
		.text = mem_new(text.n),
		.n = text.n,
		.done = done,
		.ctx = ctx};
	memcpy(s->text, text.p, text.n);
	enum err e = work_submit(mail->work, sending_run, sending_done, s);
	if (e != ERR_OK)
		sending_free(s);
	return e;
}

struct mail *mail_new(struct loop *loop, const struct mail_settings *settings)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	struct mail *m = MEM_NEW(struct mail);
	m->settings = *settings;
	m->work = work_new(loop, 1, WAITING_MAX);
	return m;
}

void mail_stop(struct mail *mail)
{
	atomic_store(&mail->stopping, true);
	work_stop(mail->work);
}

void mail_free(struct mail **mail)
{
	struct mail *m = *mail;
	*mail = NULL;
	if (!m)
		return;
	mail_stop(m);
	work_free(&m->work);
	mem_free(m);
	curl_global_cleanup();
}
