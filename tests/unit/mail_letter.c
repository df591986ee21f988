/* server/base/address, the mail settings, and server/domain/letter. */
#include "base/config.h"
#include "domain/letter.h"
#include "unit.h"

static bool good(const char *text)
{
	return address_is_good(slice_text(text));
}

static void addresses_of_people_are_good(void **state)
{
	(void)state;
	assert_true(good("a@b.fi"));
	assert_true(good("etu.suku+tunnus@posti.esimerkki.example"));
	assert_true(good("o'neill_x@xn--pivnranta-z5a.fi"));
	assert_true(good("!#$%&'*+-/=?^_`{|}~@A-1.Example"));
}

static void nothing_that_means_something_elsewhere_passes(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "a@b.c\r\nBcc: d@e.fi", "a@b.fi\n", "a b@c.fi",
		"<a@b.fi>", "a@b.fi>", "\"a\"@b.fi", "a(b)@c.fi", "a,b@c.fi", "a@b.fi,c@d.fi",
		"a:b@c.fi", "a;b@c.fi", "a\\b@c.fi", "a@b@c.fi", "a@[127.0.0.1]", "a@127.0.0.1",
		"a\xc3\xa4@b.fi", "a@b\xc3\xa4.fi", "a\t@b.fi", "a\x7f@b.fi"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(good(bad[i]));
	assert_false(address_is_good(SLICE_LIT("a@b.fi\0")));
	assert_false(address_is_good(SLICE_LIT("a\0c@b.fi")));
}

static void addresses_have_all_parts_and_no_dot_too_many(void **state)
{
	(void)state;
	static const char *const bad[] = {"abcdef", "@bcd.fi", "abcde@", "a@bcdef", "a@bcde.",
		"a@.bc.fi", "a@b..fi", ".a@b.fi", "a.@b.fi", "a..b@c.fi", "a@-b.fi", "a@b-.fi",
		"a@b.f_i", "a@b.1fi"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(good(bad[i]));
}

static void addresses_have_ceilings(void **state)
{
	(void)state;
	char text[400];
	(void)snprintf(text, sizeof(text), "%064d@b.fi", 1);
	assert_true(good(text));
	(void)snprintf(text, sizeof(text), "%065d@b.fi", 1);
	assert_false(good(text));
	(void)snprintf(text, sizeof(text), "a@%063d.fi", 1);
	assert_true(good(text));
	(void)snprintf(text, sizeof(text), "a@%064d.fi", 1);
	assert_false(good(text));
	(void)snprintf(text, sizeof(text), "a@%063d.%063d.%063d.%057d.fi", 1, 1, 1, 1);
	assert_int_equal(strlen(text), ADDRESS_MAX);
	assert_true(good(text));
	(void)snprintf(text, sizeof(text), "a@%063d.%063d.%063d.%058d.fi", 1, 1, 1, 1);
	assert_int_equal(strlen(text), ADDRESS_MAX + 1);
	assert_false(good(text));
}

/* --- settings --- */

static enum err settings(const char *text, bool *ret_local)
{
	struct config c;
	struct buf why = BUF_MAX(1000);
	config_init(&c);
	assert_ok(config_parse(&c, slice_text(text), &why));
	enum err e = config_check(&c, 4003005, &why);
	*ret_local = config_smtp_is_local(&c);
	config_done(&c);
	buf_done(&why);
	return e;
}

#define FROM "smtp_from = a@b.fi\n"

static void mail_goes_without_tls_on_this_machine_alone(void **state)
{
	(void)state;
	bool local;
	assert_ok(settings(FROM "smtp_url = smtp://127.0.0.1:2525", &local));
	assert_true(local);
	assert_ok(settings(FROM "smtp_url = smtp://localhost", &local));
	assert_true(local);
	assert_ok(settings(FROM "smtp_url = smtp://localhost.example:25", &local));
	assert_false(local);
	assert_ok(settings(FROM "smtp_url = smtps://posti.example:465", &local));
	assert_false(local);
	assert_ok(settings("", &local));
	assert_false(local);
}

static void mail_settings_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"smtp_url = smtp://posti.example",
		FROM "smtp_url = http://posti.example", FROM "smtp_url = smtp://",
		FROM "smtp_url = smtp://posti.example/x",
		FROM "smtp_url = smtp://a:b@posti.example",
		FROM "smtp_url = smtp://posti.example:70000",
		FROM "smtp_url = smtp://Posti.example",
		FROM "smtp_url = smtp://posti.example\nsmtp_user = a",
		FROM "smtp_url = smtp://posti.example\nsmtp_password_file = a"};
	bool local;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(settings(bad[i], &local), ERR_CONFLICT);
}

/* --- the letter --- */

static const struct letter letter = {.kind = LETTER_INVITATION,
	.from = "luotsi@kunta.example",
	.origin = "https://luotsi.example",
	.language = LETTER_FI,
	.org = {{1}},
	.room = {{2}},
	.name = {{3}},
	.now = INT64_C(1795321800000),
	.expires_at = INT64_C(1795926600000)};

static const struct letter_secret secret_4 = {.token = {{4}}};
static const struct letter_filling filling = {
	.to = SLICE_LIT("a@b.fi"), .secret = &secret_4, .code = "12345678"};

static void a_letter_is_short_lines_of_ascii(void **state)
{
	(void)state;
	for (unsigned i = 0; i < (unsigned)LETTER_KINDS * LETTER_LANGUAGES; i++) {
		struct letter one = letter;
		struct buf b = BUF_MAX(LETTER_MAX);
		one.language = (enum letter_language)(i % LETTER_LANGUAGES);
		one.kind = (enum letter_kind)(i / LETTER_LANGUAGES);
		letter_write(&b, &one, &filling);
		assert_ok(buf_check(&b));
		size_t line = 0;
		for (size_t at = 0; at < b.n; at++) {
			uint8_t c = b.p[at];
			assert_true((c >= ' ' && c < 127) || c == '\r' || c == '\n');
			assert_true((c == '\n') == (at > 0 && b.p[at - 1] == '\r'));
			line = c == '\n' ? 0 : line + 1;
			assert_true(line <= 79);
		}
		assert_int_equal(line, 0);
		buf_done(&b);
	}
}

static void the_head_of_a_letter_is_exactly_this(void **state)
{
	(void)state;
	static const char head[] =
		"From: <luotsi@kunta.example>\r\nTo: <a@b.fi>\r\n"
		"Subject: =?UTF-8?B?U2ludWxsZSBvbiBrdXRzdQ==?=\r\n"
		"Date: Sun, 22 Nov 2026 04:30:00 +0000\r\n"
		"Message-ID: <AwAAAAAAAAAAAAAAAAAAAA@kunta.example>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Language: fi\r\nContent-Transfer-Encoding: base64\r\n"
		"Auto-Submitted: auto-generated\r\n\r\n";
	struct buf b = BUF_MAX(LETTER_MAX);
	letter_write(&b, &letter, &filling);
	assert_true(slice_starts(buf_slice(&b), SLICE_LIT(head)));
	buf_done(&b);
}

static uint8_t value_of(uint8_t c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	return (uint8_t)(strchr(alphabet, c) - alphabet);
}

/* The body of a letter, out of its base64. */
static struct buf body_of(enum letter_kind kind, enum letter_language language)
{
	struct letter one = letter;
	struct buf b = BUF_MAX(LETTER_MAX), body = BUF_MAX(LETTER_MAX);
	one.kind = kind;
	one.language = language;
	letter_write(&b, &one, &filling);
	buf_add_byte(&b, '\0');
	unsigned bits = 0, n = 0;
	for (const char *at = strstr((const char *)b.p, "\r\n\r\n"); *at && *at != '='; at++) {
		if (*at == '\r' || *at == '\n')
			continue;
		bits = bits << 6 | value_of((uint8_t)*at);
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_add_byte(&body, (uint8_t)(bits >> n));
		}
	}
	buf_add_byte(&body, '\0');
	buf_done(&b);
	return body;
}

static bool says(enum letter_kind kind, enum letter_language language, const char *words)
{
	struct buf body = body_of(kind, language);
	bool found = strstr((const char *)body.p, words) != NULL;
	buf_done(&body);
	return found;
}

static void a_letter_of_an_enrolment_welcomes_a_colleague(void **state)
{
	(void)state;
	assert_true(says(LETTER_ENROLMENT, LETTER_FI, "organisaatiosi on tehnyt"));
	assert_true(says(LETTER_ENROLMENT, LETTER_FI, "https://luotsi.example/liity#BAAAAAAA"));
	assert_true(says(LETTER_ENROLMENT, LETTER_FI, "voimassaolopäivä on 29.11.2026."));
	assert_false(says(LETTER_ENROLMENT, LETTER_FI, "/kutsu#"));
	assert_true(says(LETTER_INVITATION, LETTER_EN, "/kutsu#AgEAAAAA"));
}

static void only_a_letter_with_a_code_holds_it(void **state)
{
	(void)state;
	for (enum letter_kind kind = 0; kind < LETTER_KINDS; kind++)
		for (enum letter_language l = 0; l < LETTER_LANGUAGES; l++) {
			assert_int_equal(says(kind, l, "1234 5678"), kind == LETTER_CODE);
			assert_true(says(kind, l, "https://luotsi.example"));
			assert_false(says(kind, l, "{"));
		}
}

static void what_waits_is_told_without_a_link_into_it(void **state)
{
	(void)state;
	for (enum letter_language l = 0; l < LETTER_LANGUAGES; l++) {
		assert_true(says(LETTER_MESSAGE, l, " https://luotsi.example.\r\n"));
		assert_true(says(LETTER_REMINDER, l, " https://luotsi.example.\r\n"));
		assert_false(says(LETTER_MESSAGE, l, "#"));
		assert_false(says(LETTER_REMINDER, l, "#"));
	}
}

static void what_has_happened_is_told_with_its_day_and_nothing_of_whom(void **state)
{
	(void)state;
	static const char *const days[] = {"29.11.2026", "29.11.2026", "29 November 2026"};
	static const enum letter_kind kinds[] = {LETTER_CHANGED, LETTER_OPENED};
	for (enum letter_language l = 0; l < LETTER_LANGUAGES; l++) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			assert_true(says(kinds[i], l, days[l]));
			assert_true(says(kinds[i], l, " https://luotsi.example "));
			assert_false(says(kinds[i], l, "#"));
		}
		assert_true(says(LETTER_REQUEST, l, " https://luotsi.example "));
		assert_false(says(LETTER_REQUEST, l, days[l]));
		assert_false(says(LETTER_REQUEST, l, "#"));
	}
}

static void a_code_and_its_address_are_read_as_they_were_written(void **state)
{
	(void)state;
	const struct notify_secret secret = {.code = "01234567", .to = SLICE_LIT("a@b.fi")};
	struct notify_secret read;
	struct buf b = BUF_MAX(NOTIFY_SECRET_MAX);
	notify_secret_write(&b, &secret);
	assert_ok(notify_secret_read(buf_slice(&b), &read));
	assert_memory_equal(read.code, "01234567", NOTIFY_CODE_SIZE);
	assert_slice(read.to, "a@b.fi");
	b.p[b.n - 1] = '\n';
	assert_err(notify_secret_read(buf_slice(&b), &read), ERR_BAD_FIELD);
	for (size_t n = 0; n < NOTIFY_CODE_SIZE + ADDRESS_MIN; n++)
		assert_err(notify_secret_read(slice_of(b.p, n), &read), ERR_BAD_FIELD);
	buf_done(&b);
}

static void a_secret_is_read_as_it_was_written(void **state)
{
	(void)state;
	const struct letter_secret secret = {
		.token = {{7}}, .root_kid = {{8}}, .to = SLICE_LIT("a@b.fi")};
	struct letter_secret read;
	struct buf b = BUF_MAX(LETTER_SECRET_MAX);
	letter_secret_write(&b, &secret);
	assert_ok(letter_secret_read(buf_slice(&b), &read));
	assert_true(id_equal(&read.token, &secret.token));
	assert_true(hash_equal(&read.root_kid, &secret.root_kid));
	assert_slice(read.to, "a@b.fi");
	b.p[b.n - 1] = '\n';
	assert_err(letter_secret_read(buf_slice(&b), &read), ERR_BAD_FIELD);
	for (size_t n = 0; n < 16 + 32 + ADDRESS_MIN; n++)
		assert_err(letter_secret_read(slice_of(b.p, n), &read), ERR_BAD_FIELD);
	buf_done(&b);
}

static void languages_are_three_words(void **state)
{
	(void)state;
	enum letter_language l = LETTER_FI;
	assert_true(letter_language_parse(SLICE_LIT("en"), &l));
	assert_int_equal(l, LETTER_EN);
	assert_true(letter_language_parse(SLICE_LIT("sv"), &l));
	assert_int_equal(l, LETTER_SV);
	assert_false(letter_language_parse(SLICE_LIT("de"), &l));
	assert_false(letter_language_parse(SLICE_NONE, &l));
	assert_int_equal(l, LETTER_SV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(addresses_of_people_are_good),
		T(nothing_that_means_something_elsewhere_passes),
		T(addresses_have_all_parts_and_no_dot_too_many), T(addresses_have_ceilings),
		T(mail_goes_without_tls_on_this_machine_alone),
		T(mail_settings_that_cannot_be_are_refused), T(a_letter_is_short_lines_of_ascii),
		T(the_head_of_a_letter_is_exactly_this),
		T(a_letter_of_an_enrolment_welcomes_a_colleague),
		T(only_a_letter_with_a_code_holds_it), T(what_waits_is_told_without_a_link_into_it),
		T(what_has_happened_is_told_with_its_day_and_nothing_of_whom),
		T(a_code_and_its_address_are_read_as_they_were_written),
		T(a_secret_is_read_as_it_was_written), T(languages_are_three_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
