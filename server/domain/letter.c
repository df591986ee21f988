/* What the mail server and everybody on the way may read, and therefore says nothing: not who
 * invites or writes, not to what or what. Texts are base64, so that no line of them can look like a
 * header. */
#include "domain/letter.h"

#include <time.h>

#include "base/b64.h"
#include "base/mem.h"

enum {
	FRAGMENT_VERSION = 2, /* of a link without a secret; proto/FORMAT.md section 5 */
	FRAGMENT_MAX = 128,
	LINE_BYTES = 57, /* 76 characters of base64 */
	TEXT_MAX = 2048,
	DATE_MAX = 64,
	MARK_SIZE = 3 /* of {o} */
};

const char *const letter_language_words[LETTER_LANGUAGES] = {"fi", "sv", "en"};

struct letter_text {
	const char *subject, *text;
};
static const struct letter_text texts[LETTER_KINDS][LETTER_LANGUAGES] = {
#define LETTER(kind, language, subject, text) [LETTER_##kind][LETTER_##language] = {subject, text},
#include "domain/letters.def"
#undef LETTER
};

static const struct letter_text *text_of(const struct letter *letter)
{
	return &texts[letter->kind][letter->language];
}

bool letter_language_parse(struct slice word, enum letter_language *ret_language)
{
	for (enum letter_language i = LETTER_FI; i < LETTER_LANGUAGES; i++) {
		if (!slice_is(word, letter_language_words[i]))
			continue;
		*ret_language = i;
		return true;
	}
	return false;
}

void letter_secret_write(struct buf *b, const struct letter_secret *secret)
{
	buf_add(b, id_slice(&secret->token));
	buf_add(b, hash_slice(&secret->root_kid));
	buf_add(b, secret->to);
}

enum err letter_secret_read(struct slice bytes, struct letter_secret *ret_secret)
{
	struct letter_secret secret;
	size_t fixed = sizeof(secret.token.b) + sizeof(secret.root_kid.b);
	if (bytes.n < fixed || !address_is_good(slice_from(bytes, fixed)))
		return ERR_BAD_FIELD;
	memcpy(secret.token.b, bytes.p, sizeof(secret.token.b));
	memcpy(secret.root_kid.b, bytes.p + sizeof(secret.token.b), sizeof(secret.root_kid.b));
	secret.to = slice_from(bytes, fixed);
	*ret_secret = secret;
	return ERR_OK;
}

void notify_secret_write(struct buf *b, const struct notify_secret *secret)
{
	buf_add(b, slice_of(secret->code, sizeof(secret->code)));
	buf_add(b, secret->to);
}

enum err notify_secret_read(struct slice bytes, struct notify_secret *ret_secret)
{
	struct notify_secret secret;
	if (bytes.n < sizeof(secret.code) ||
		!address_is_good(slice_from(bytes, sizeof(secret.code))))
		return ERR_BAD_FIELD;
	memcpy(secret.code, bytes.p, sizeof(secret.code));
	secret.to = slice_from(bytes, sizeof(secret.code));
	*ret_secret = secret;
	return ERR_OK;
}

/* base64 of RFC 2045, one line of it. */
static void add_base64(struct buf *b, struct slice bytes)
{
	size_t at = b->n;
	b64_add(b, bytes);
	for (; at < b->n; at++)
		b->p[at] = b->p[at] == '-' ? '+' : b->p[at] == '_' ? '/' : b->p[at];
	for (size_t i = bytes.n; i % 3 != 0; i++)
		buf_add_byte(b, '=');
}

/* Names of days and months are English ones: nobody sets a locale in this program. */
static struct tm time_of(int64_t ms)
{
	struct tm tm = {0};
	time_t seconds = (time_t)(ms / 1000);
	ASSERT(gmtime_r(&seconds, &tm));
	return tm;
}

static void add_day(struct buf *b, enum letter_language language, int64_t ms)
{
	char text[DATE_MAX];
	struct tm tm = time_of(ms);
	size_t n = language == LETTER_EN ? strftime(text, sizeof(text), "%d %B %Y", &tm)
					 : strftime(text, sizeof(text), "%d.%m.%Y", &tm);
	buf_add(b, slice_of(text, n));
}

static void add_now(struct buf *b, int64_t ms)
{
	char text[DATE_MAX];
	struct tm tm = time_of(ms);
	size_t n = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_add(b, slice_of(text, n));
}

static void add_link(struct buf *b, const struct letter *letter, const struct letter_secret *secret)
{
	struct buf fragment = BUF_MAX(FRAGMENT_MAX);
	if (letter->kind == LETTER_INVITATION) {
		buf_add_byte(&fragment, FRAGMENT_VERSION);
		buf_add(&fragment, id_slice(&letter->org));
		buf_add(&fragment, id_slice(&letter->room));
		buf_add(&fragment, id_slice(&letter->name));
	}
	buf_add(&fragment, id_slice(&secret->token));
	if (letter->kind == LETTER_INVITATION)
		buf_add(&fragment, hash_slice(&secret->root_kid));
	buf_addf(
		b, "%s/%s#", letter->origin, letter->kind == LETTER_INVITATION ? "kutsu" : "liity");
	b64_add(b, buf_slice(&fragment));
	buf_done(&fragment);
}

static void add_mark(
	struct buf *b, char mark, const struct letter *letter, const struct letter_filling *filling)
{
	if (mark == 'o')
		buf_add_text(b, letter->origin);
	else if (mark == 'l')
		add_link(b, letter, filling->secret);
	else if (mark == 'd')
		add_day(b, letter->language, letter->expires_at);
	else
		buf_addf(b, "%.4s %.4s", filling->code, filling->code + NOTIFY_CODE_SIZE / 2);
}

static void add_body(
	struct buf *b, const struct letter *letter, const struct letter_filling *filling)
{
	struct buf text = BUF_MAX(TEXT_MAX);
	const char *rest = text_of(letter)->text;
	for (const char *mark; (mark = strchr(rest, '{')) != NULL; rest = mark + MARK_SIZE) {
		buf_add(&text, slice_of(rest, (size_t)(mark - rest)));
		add_mark(&text, mark[1], letter, filling);
	}
	buf_add_text(&text, rest);
	for (size_t at = 0; at < text.n; at += LINE_BYTES) {
		add_base64(b, slice_part(buf_slice(&text), at, LINE_BYTES));
		buf_add_text(b, "\r\n");
	}
	buf_done(&text);
}

/* One name for all tries, so that a mail server may see that it has this letter. */
void letter_write(struct buf *b, const struct letter *letter, const struct letter_filling *filling)
{
	const char *host = strchr(letter->from, '@');
	buf_addf(b, "From: <%s>\r\nTo: <", letter->from);
	buf_add(b, filling->to);
	buf_add_text(b, ">\r\nSubject: =?UTF-8?B?");
	add_base64(b, slice_text(text_of(letter)->subject));
	buf_add_text(b, "?=\r\nDate: ");
	add_now(b, letter->now);
	buf_add_text(b, "\r\nMessage-ID: <");
	b64_add(b, id_slice(&letter->name));
	buf_addf(b, "%s>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
		host ? host : "@localhost");
	buf_addf(b, "Content-Language: %s\r\nContent-Transfer-Encoding: base64\r\n",
		letter_language_words[letter->language]);
	buf_add_text(b, "Auto-Submitted: auto-generated\r\n\r\n");
	add_body(b, letter, filling);
}
