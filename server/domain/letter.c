/* What the mail server and everybody on the way may read, and therefore says nothing: not who
 * invites, not to what. Texts are base64, so that no line of them can look like a header. */
#include "domain/letter.h"

#include <time.h>

#include "base/b64.h"
#include "base/mem.h"

enum {
	FRAGMENT_VERSION = 2, /* of a link without a secret; proto/FORMAT.md section 5 */
	FRAGMENT_MAX = 128,
	LINE_BYTES = 57, /* 76 characters of base64 */
	TEXT_MAX = 2048,
	DATE_MAX = 64
};

const char *const letter_language_words[LETTER_LANGUAGES] = {"fi", "sv", "en"};

struct letter_text {
	const char *subject, *before_place, *before_link, *before_day, *after_day;
};
static const struct letter_text texts[LETTER_LANGUAGES] = {
	[LETTER_FI] = {"Sinulle on kutsu", "Hei,\r\n\r\nsinut on kutsuttu palveluun ",
		".\r\n\r\nAvaa linkki ja tunnistaudu:\r\n",
		"\r\n\r\nLinkin viimeinen voimassaolopäivä on ",
		". Pääset eteenpäin, kun olet verrannut kutsujan kanssa turvakoodin.\r\n\r\n"
		"Jos et odottanut kutsua, sinun ei tarvitse tehdä mitään. Tähän viestiin ei voi "
		"vastata.\r\n"},
	[LETTER_SV] = {"Du har fått en inbjudan", "Hej,\r\n\r\ndu har bjudits in till tjänsten ",
		".\r\n\r\nÖppna länken och identifiera dig:\r\n",
		"\r\n\r\nLänkens sista giltighetsdag är ",
		". Du kommer vidare när du har jämfört en säkerhetskod med den som bjöd in "
		"dig.\r\n\r\n"
		"Om du inte väntade dig en inbjudan behöver du inte göra något. Det går inte att "
		"svara på det här meddelandet.\r\n"},
	[LETTER_EN] = {"You have an invitation",
		"Hello,\r\n\r\nyou have been invited to the service ",
		".\r\n\r\nOpen the link and identify yourself:\r\n",
		"\r\n\r\nThe last day on which the link is valid is ",
		". You can go on when you have compared a security code with the person who "
		"invited you.\r\n\r\n"
		"If you did not expect an invitation, you need not do anything. You cannot reply "
		"to this message.\r\n"},
};

static const struct letter_text staff_texts[LETTER_LANGUAGES] = {
	[LETTER_FI] = {"Tervetuloa Luotsiin",
		"Hei,\r\n\r\norganisaatiosi on tehnyt sinulle tunnuksen palveluun ",
		".\r\n\r\nAvaa linkki ja kirjaudu työpaikkasi tunnistuksella:\r\n",
		"\r\n\r\nLinkki toimii kerran. Sen viimeinen voimassaolopäivä on ",
		".\r\n\r\nJos et odottanut tätä viestiä, kerro siitä organisaatiosi pääkäyttäjälle "
		"äläkä avaa linkkiä. Tähän viestiin ei voi vastata.\r\n"},
	[LETTER_SV] = {"Välkommen till Luotsi",
		"Hej,\r\n\r\ndin organisation har skapat ett konto åt dig i tjänsten ",
		".\r\n\r\nÖppna länken och logga in med din arbetsplats identifiering:\r\n",
		"\r\n\r\nLänken fungerar en gång. Dess sista giltighetsdag är ",
		".\r\n\r\nOm du inte väntade dig det här meddelandet ska du berätta det för "
		"organisationens huvudanvändare och inte öppna länken. Det går inte att svara på "
		"meddelandet.\r\n"},
	[LETTER_EN] = {"Welcome to Luotsi",
		"Hello,\r\n\r\nyour organisation has made you an account in the service ",
		".\r\n\r\nOpen the link and sign in as you do at your workplace:\r\n",
		"\r\n\r\nThe link works once. The last day on which it is valid is ",
		".\r\n\r\nIf you did not expect this message, tell your organisation's "
		"administrator and do not open the link. You cannot reply to this message.\r\n"},
};

static const struct letter_text *text_of(const struct letter *letter)
{
	return id_is_zero(&letter->room) ? &staff_texts[letter->language]
					 : &texts[letter->language];
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

static void add_staff_link(
	struct buf *b, const struct letter *letter, const struct letter_secret *secret)
{
	buf_addf(b, "%s/liity#", letter->origin);
	b64_add(b, id_slice(&secret->token));
}

static void add_link(struct buf *b, const struct letter *letter, const struct letter_secret *secret)
{
	struct buf fragment = BUF_MAX(FRAGMENT_MAX);
	buf_add_byte(&fragment, FRAGMENT_VERSION);
	buf_add(&fragment, id_slice(&letter->org));
	buf_add(&fragment, id_slice(&letter->room));
	buf_add(&fragment, id_slice(&letter->invite));
	buf_add(&fragment, id_slice(&secret->token));
	buf_add(&fragment, hash_slice(&secret->root_kid));
	buf_addf(b, "%s/kutsu#", letter->origin);
	b64_add(b, buf_slice(&fragment));
	buf_done(&fragment);
}

static void add_body(struct buf *b, const struct letter *letter, const struct letter_secret *secret)
{
	struct buf text = BUF_MAX(TEXT_MAX);
	const struct letter_text *words = text_of(letter);
	buf_add_text(&text, words->before_place);
	buf_add_text(&text, letter->origin);
	buf_add_text(&text, words->before_link);
	if (id_is_zero(&letter->room))
		add_staff_link(&text, letter, secret);
	else
		add_link(&text, letter, secret);
	buf_add_text(&text, words->before_day);
	add_day(&text, letter->language, letter->expires_at);
	buf_add_text(&text, words->after_day);
	for (size_t at = 0; at < text.n; at += LINE_BYTES) {
		add_base64(b, slice_part(buf_slice(&text), at, LINE_BYTES));
		buf_add_text(b, "\r\n");
	}
	buf_done(&text);
}

/* One name for all tries, so that a mail server may see that it has this letter. */
void letter_write(struct buf *b, const struct letter *letter, const struct letter_secret *secret)
{
	const char *host = strchr(letter->from, '@');
	buf_addf(b, "From: <%s>\r\nTo: <", letter->from);
	buf_add(b, secret->to);
	buf_add_text(b, ">\r\nSubject: =?UTF-8?B?");
	add_base64(b, slice_text(text_of(letter)->subject));
	buf_add_text(b, "?=\r\nDate: ");
	add_now(b, letter->now);
	buf_add_text(b, "\r\nMessage-ID: <");
	b64_add(b, id_slice(&letter->invite));
	buf_addf(b, "%s>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
		host ? host : "@localhost");
	buf_addf(b, "Content-Language: %s\r\nContent-Transfer-Encoding: base64\r\n",
		letter_language_words[letter->language]);
	buf_add_text(b, "Auto-Submitted: auto-generated\r\n\r\n");
	add_body(b, letter, secret);
}
