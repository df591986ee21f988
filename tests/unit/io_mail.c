/* server/io/mail against mail servers of io_mail.py, which says how each behaves. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/mail.h"
#include "unit.h"

struct heard {
	struct loop *loop;
	unsigned times;
	bool sent;
};

static void heard_of(void *ctx, bool sent)
{
	struct heard *h = ctx;
	h->sent = sent;
	h->times++;
	loop_stop(h->loop);
}

struct way {
	const char *scheme, *port; /* names of variables of the environment hold the ports */
	bool plain, other_ca, signs_in;
};

static bool sends(struct way way)
{
	AUTO(loop) struct loop *loop = loop_new();
	struct heard heard = {.loop = loop};
	struct buf url = BUF_MAX(100);
	buf_addf(&url, "%s://localhost:%s", way.scheme, getenv(way.port));
	const struct mail_settings settings = {.url = buf_text(&url),
		.from = "luotsi@kunta.example",
		.user = way.signs_in ? "luotsi" : "",
		.password_file = getenv("MAIL_PASSWORD_FILE"),
		.ca_file = getenv(way.other_ca ? "MAIL_OTHER_CA" : "MAIL_CA"),
		.plain = way.plain};
	struct mail *mail = mail_new(loop, &settings);
	assert_ok(mail_send(mail, SLICE_LIT("a@b.example"), SLICE_LIT("Subject: x\r\n\r\n.y\r\n"),
		heard_of, &heard));
	assert_int_equal(heard.times, 0);
	loop_run(loop);
	assert_int_equal(heard.times, 1);
	mail_free(&mail);
	assert_int_equal(heard.times, 1);
	buf_done(&url);
	return heard.sent;
}

static void sends_over_starttls_and_over_tls(void **state)
{
	(void)state;
	assert_true(sends((struct way){.scheme = "smtp", .port = "MAIL_STARTTLS"}));
	assert_true(sends((struct way){.scheme = "smtps", .port = "MAIL_TLS"}));
}

static void sends_in_clear_only_where_it_may(void **state)
{
	(void)state;
	assert_false(sends((struct way){.scheme = "smtp", .port = "MAIL_CLEAR"}));
	assert_true(sends((struct way){.scheme = "smtp", .port = "MAIL_CLEAR", .plain = true}));
}

static void refuses_a_server_of_another_authority(void **state)
{
	(void)state;
	assert_false(
		sends((struct way){.scheme = "smtp", .port = "MAIL_STARTTLS", .other_ca = true}));
	assert_false(sends((struct way){.scheme = "smtps", .port = "MAIL_TLS", .other_ca = true}));
	assert_false(sends((struct way){
		.scheme = "smtp", .port = "MAIL_STARTTLS", .other_ca = true, .plain = true}));
}

static void signs_in_with_the_first_line_of_the_file(void **state)
{
	(void)state;
	assert_true(sends((struct way){.scheme = "smtp", .port = "MAIL_LOGIN", .signs_in = true}));
	assert_false(sends((struct way){.scheme = "smtp", .port = "MAIL_LOGIN"}));
}

static void says_so_when_a_letter_is_refused_or_nobody_is_there(void **state)
{
	(void)state;
	assert_false(sends((struct way){.scheme = "smtp", .port = "MAIL_REFUSING"}));
	assert_false(sends((struct way){.scheme = "smtp", .port = "MAIL_CLOSED"}));
}

static void stopping_breaks_off_what_is_on_its_way(void **state)
{
	(void)state;
	AUTO(loop) struct loop *loop = loop_new();
	struct heard heard = {.loop = loop, .sent = true};
	struct buf url = BUF_MAX(100);
	buf_addf(&url, "smtp://localhost:%s", getenv("MAIL_SILENT"));
	const struct mail_settings settings = {
		.url = buf_text(&url), .from = "a@b.example", .user = "", .ca_file = ""};
	struct mail *mail = mail_new(loop, &settings);
	assert_ok(mail_send(mail, SLICE_LIT("a@b.example"), SLICE_LIT("x"), heard_of, &heard));
	loop_turn(loop);
	mail_stop(mail);
	assert_int_equal(heard.times, 1);
	assert_false(heard.sent);
	assert_err(mail_send(mail, SLICE_LIT("a@b.example"), SLICE_LIT("x"), heard_of, &heard),
		ERR_SHUTTING_DOWN);
	mail_free(&mail);
	assert_int_equal(heard.times, 1);
	buf_done(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(sends_over_starttls_and_over_tls),
		T(sends_in_clear_only_where_it_may), T(refuses_a_server_of_another_authority),
		T(signs_in_with_the_first_line_of_the_file),
		T(says_so_when_a_letter_is_refused_or_nobody_is_there),
		T(stopping_breaks_off_what_is_on_its_way)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
