/* server/io/mail against mail servers of io_mail.py, which says how each behaves. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/mail.h"
#include "unit.h"

struct heard {
	struct loop *loop;
	unsigned times;
	enum mail_outcome outcome;
};

static void heard_of(void *ctx, enum mail_outcome outcome)
{
	struct heard *h = ctx;
	h->outcome = outcome;
	h->times++;
	loop_stop(h->loop);
}

struct way {
	const char *scheme, *port; /* names of variables of the environment hold the ports */
	bool plain, other_ca, signs_in;
};

static enum mail_outcome outcome_of(struct way way)
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
	return heard.outcome;
}

static bool sends(struct way way)
{
	return outcome_of(way) == MAIL_SENT;
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

/* In clear, to the server that behaves so. */
static enum mail_outcome outcome_at(const char *port)
{
	return outcome_of((struct way){.scheme = "smtp", .port = port, .plain = true});
}

static void a_receiver_who_is_refused_for_good_is_told_from_one_who_is_not_now(void **state)
{
	(void)state;
	assert_int_equal(outcome_at("MAIL_REFUSING"), MAIL_REFUSED);
	assert_int_equal(outcome_at("MAIL_CONTENT"), MAIL_REFUSED);
	assert_int_equal(outcome_at("MAIL_GREY"), MAIL_LATER);
}

static void what_is_said_of_the_sender_is_not_about_the_receiver(void **state)
{
	(void)state;
	assert_int_equal(outcome_at("MAIL_SENDER"), MAIL_LATER);
	assert_int_equal(
		outcome_of((struct way){.scheme = "smtp", .port = "MAIL_LOGIN"}), MAIL_LATER);
}

static void a_line_that_is_cut_leaves_a_letter_unknown_only_when_it_was_handed_over(void **state)
{
	(void)state;
	assert_int_equal(outcome_at("MAIL_CUT_AFTER"), MAIL_UNKNOWN);
	assert_int_equal(outcome_at("MAIL_CUT_BEFORE"), MAIL_AWAY);
	assert_int_equal(outcome_at("MAIL_CLOSED"), MAIL_AWAY);
}

static void stopping_breaks_off_what_is_on_its_way(void **state)
{
	(void)state;
	AUTO(loop) struct loop *loop = loop_new();
	struct heard heard = {.loop = loop, .outcome = MAIL_SENT};
	struct buf url = BUF_MAX(100);
	buf_addf(&url, "smtp://localhost:%s", getenv("MAIL_SILENT"));
	const struct mail_settings settings = {
		.url = buf_text(&url), .from = "a@b.example", .user = "", .ca_file = ""};
	struct mail *mail = mail_new(loop, &settings);
	assert_ok(mail_send(mail, SLICE_LIT("a@b.example"), SLICE_LIT("x"), heard_of, &heard));
	loop_turn(loop);
	mail_stop(mail);
	assert_int_equal(heard.times, 1);
	assert_int_equal(heard.outcome, MAIL_AWAY);
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
		T(a_receiver_who_is_refused_for_good_is_told_from_one_who_is_not_now),
		T(what_is_said_of_the_sender_is_not_about_the_receiver),
		T(a_line_that_is_cut_leaves_a_letter_unknown_only_when_it_was_handed_over),
		T(stopping_breaks_off_what_is_on_its_way)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
