/* server/io/fetch against a server that misbehaves (io_fetch.py says how, by path). */
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "io/fetch.h"
#include "unit.h"

enum { IN_FLIGHT = 40, CONNECT_MS = 1000, TOTAL_MS = 1500, CALLS_MAX = 64 };

struct seen {
	enum err e;
	unsigned status;
	struct buf body;
	unsigned times;
};

struct asker {
	struct loop *loop;
	struct fetch *fetch;
	struct seen seen[CALLS_MAX];
	unsigned n_waiting, ticks;
	bool inside;
};

static void done(void *ctx, uint64_t tag, enum err e, const struct fetch_answer *answer)
{
	struct asker *a = ctx;
	struct seen *s = &a->seen[tag];
	assert_false(a->inside);
	assert_true((answer != NULL) == (e == ERR_OK));
	s->e = e;
	s->times++;
	if (answer != NULL) {
		s->status = answer->status;
		s->body = BUF_MAX(FETCH_BODY_MAX);
		buf_add(&s->body, answer->body);
		assert_ok(buf_check(&s->body));
	}
	if (--a->n_waiting == 0)
		loop_stop(a->loop);
}

static int begin(void **state)
{
	struct asker *a = calloc(1, sizeof(*a));
	struct fetch_settings settings = {IN_FLIGHT, CONNECT_MS, TOTAL_MS, 0};
	a->loop = loop_new();
	a->fetch = fetch_new(a->loop, &settings);
	*state = a;
	return 0;
}

static int end(void **state)
{
	struct asker *a = *state;
	fetch_free(&a->fetch);
	loop_free(&a->loop);
	for (size_t i = 0; i < CALLS_MAX; i++)
		buf_done(&a->seen[i].body);
	free(a);
	return 0;
}

static enum err submit_url(struct asker *a, const char *url, const char *ca, uint64_t tag)
{
	struct fetch_call call = {.url = url, .ca_file = ca, .done = done, .ctx = a, .tag = tag};
	a->inside = true;
	enum err e = fetch_submit(a->fetch, &call);
	a->inside = false;
	a->n_waiting += e == ERR_OK;
	return e;
}

static enum err submit(struct asker *a, const char *path, uint64_t tag)
{
	AUTO(buf) struct buf url = BUF_MAX(256);
	buf_addf(&url, "https://localhost:%s%s", getenv("FETCH_PORT"), path);
	return submit_url(a, buf_text(&url), getenv("FETCH_CA"), tag);
}

static const struct seen *ask(struct asker *a, const char *path)
{
	assert_ok(submit(a, path, 0));
	loop_run(a->loop);
	assert_int_equal(a->seen[0].times, 1);
	return &a->seen[0];
}

static void gives_status_and_body(void **state)
{
	const struct seen *s = ask(*state, "/good");
	assert_ok(s->e);
	assert_int_equal(s->status, 200);
	assert_slice(buf_slice(&s->body), "GET");
}

static void posts_a_body_with_its_type(void **state)
{
	struct asker *a = *state;
	char body[] = "a=1&b=2";
	AUTO(buf) struct buf url = BUF_MAX(256);
	buf_addf(&url, "https://localhost:%s/post", getenv("FETCH_PORT"));
	struct fetch_call call = {.url = buf_text(&url),
		.ca_file = getenv("FETCH_CA"),
		.type = "application/x-www-form-urlencoded",
		.body = slice_text(body),
		.done = done,
		.ctx = a};
	a->n_waiting = 1;
	assert_ok(fetch_submit(a->fetch, &call));
	memset(body, 'x', sizeof(body) - 1);
	loop_run(a->loop);
	assert_ok(a->seen[0].e);
	assert_slice(buf_slice(&a->seen[0].body), "application/x-www-form-urlencoded|a=1&b=2");
}

static void says_the_status_that_is_not_200(void **state)
{
	const struct seen *s = ask(*state, "/broken");
	assert_ok(s->e);
	assert_int_equal(s->status, 500);
}

static unsigned asked(void **state)
{
	struct asker *a = *state;
	buf_done(&a->seen[0].body);
	a->seen[0] = (struct seen){0};
	assert_ok(ask(a, "/asked")->e);
	return (unsigned)strtoul(buf_text(&a->seen[0].body), NULL, 10);
}

static void follows_no_redirect(void **state)
{
	unsigned before = asked(state);
	struct asker *a = *state;
	assert_ok(submit(a, "/redirect", 1));
	loop_run(a->loop);
	assert_ok(a->seen[1].e);
	assert_int_equal(a->seen[1].status, 302);
	assert_int_equal(asked(state), before + 2);
}

static void takes_a_body_at_the_ceiling(void **state)
{
	const struct seen *s = ask(*state, "/full");
	assert_ok(s->e);
	assert_int_equal(s->body.n, FETCH_BODY_MAX);
}

static void refuses_a_body_over_the_ceiling(void **state)
{
	assert_err(ask(*state, "/huge")->e, ERR_TOO_LARGE);
}

static void refuses_a_body_without_end(void **state)
{
	assert_err(ask(*state, "/endless")->e, ERR_TOO_LARGE);
}

static void refuses_a_body_that_was_cut(void **state)
{
	assert_err(ask(*state, "/cut")->e, ERR_UNAVAILABLE);
}

static void tick(void *ctx)
{
	struct asker *a = ctx;
	a->ticks++;
}

static void gives_up_a_slow_server_and_the_loop_goes_on(void **state)
{
	struct asker *a = *state;
	struct timer *timer = timer_new(a->loop, tick, a);
	timer_start(timer, 10, 10);
	uint64_t began = clock_mono_ms();
	assert_err(ask(a, "/slow")->e, ERR_UNAVAILABLE);
	uint64_t took = clock_mono_ms() - began;
	timer_free(&timer);
	assert_in_range(took, TOTAL_MS - 100, TOTAL_MS + 10000);
	assert_true(a->ticks > TOTAL_MS / 100);
}

static void refused_url(void **state, const char *format, const char *ca)
{
	struct asker *a = *state;
	AUTO(buf) struct buf url = BUF_MAX(256);
	buf_add_text(&url, format);
	buf_add_text(&url, getenv("FETCH_PORT"));
	buf_add_text(&url, "/good");
	assert_ok(submit_url(a, buf_text(&url), ca, 0));
	loop_run(a->loop);
	assert_err(a->seen[0].e, ERR_UNAVAILABLE);
}

static void refuses_a_certificate_of_another_authority(void **state)
{
	refused_url(state, "https://localhost:", getenv("FETCH_OTHER_CA"));
}

static void refuses_a_certificate_that_the_system_does_not_know(void **state)
{
	refused_url(state, "https://localhost:", NULL);
}

static void refuses_a_certificate_of_another_name(void **state)
{
	refused_url(state, "https://127.0.0.1:", getenv("FETCH_CA"));
}

static void refuses_plain_http_and_files(void **state)
{
	refused_url(state, "http://localhost:", getenv("FETCH_CA"));
	refused_url(state, "file:///etc/", getenv("FETCH_CA"));
}

static void refuses_a_port_where_nobody_is(void **state)
{
	struct asker *a = *state;
	assert_ok(submit_url(a, "https://localhost:1/", getenv("FETCH_CA"), 0));
	loop_run(a->loop);
	assert_err(a->seen[0].e, ERR_UNAVAILABLE);
}

static void uses_a_connection_again(void **state)
{
	struct asker *a = *state;
	for (uint64_t i = 0; i < 2; i++) {
		assert_ok(submit(a, "/peer", i));
		loop_run(a->loop);
		assert_ok(a->seen[i].e);
	}
	assert_int_equal(a->seen[0].body.n, a->seen[1].body.n);
	assert_memory_equal(a->seen[0].body.p, a->seen[1].body.p, a->seen[0].body.n);
}

static void does_many_at_once_and_no_more_than_it_may(void **state)
{
	struct asker *a = *state;
	for (uint64_t i = 0; i < IN_FLIGHT; i++)
		assert_ok(submit(a, "/good", i));
	assert_err(submit(a, "/good", IN_FLIGHT), ERR_BUSY);
	loop_run(a->loop);
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		assert_int_equal(a->seen[i].times, 1);
		assert_ok(a->seen[i].e);
	}
	assert_ok(submit(a, "/good", IN_FLIGHT));
	loop_run(a->loop);
	assert_ok(a->seen[IN_FLIGHT].e);
}

static void keeps_room_for_others_when_one_is_silent(void **state)
{
	struct asker *a = *state;
	struct fetch_settings settings = {IN_FLIGHT, CONNECT_MS, TOTAL_MS, IN_FLIGHT / 2};
	fetch_free(&a->fetch);
	a->fetch = fetch_new(a->loop, &settings);
	for (uint64_t i = 0; i < IN_FLIGHT / 2; i++)
		assert_ok(submit(a, "/slow", i));
	assert_err(submit(a, "/slow", IN_FLIGHT), ERR_BUSY);
	for (uint64_t i = IN_FLIGHT / 2; i < IN_FLIGHT; i++)
		assert_ok(submit(a, i % 2 ? "/good" : "/peer", i));
	assert_err(submit(a, "/good", IN_FLIGHT), ERR_BUSY);
	loop_run(a->loop);
	for (size_t i = 0; i < IN_FLIGHT; i++)
		assert_int_equal(a->seen[i].times, 1);
	assert_ok(submit(a, "/slow", IN_FLIGHT));
	loop_run(a->loop);
	assert_int_equal(a->seen[IN_FLIGHT].times, 1);
}

static void answers_what_waits_when_it_stops_and_takes_no_more(void **state)
{
	struct asker *a = *state;
	assert_ok(submit(a, "/slow", 0));
	assert_ok(submit(a, "/slow", 1));
	for (unsigned i = 0; i < 100; i++)
		loop_turn(a->loop);
	fetch_stop(a->fetch);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(a->seen[i].times, 1);
		assert_err(a->seen[i].e, ERR_SHUTTING_DOWN);
	}
	assert_err(submit(a, "/good", 2), ERR_SHUTTING_DOWN);
	assert_int_equal(a->seen[2].times, 0);
	loop_turn(a->loop); /* done has said stop to a loop that did not run */
}

#define F(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		F(gives_status_and_body),
		F(posts_a_body_with_its_type),
		F(says_the_status_that_is_not_200),
		F(follows_no_redirect),
		F(takes_a_body_at_the_ceiling),
		F(refuses_a_body_over_the_ceiling),
		F(refuses_a_body_without_end),
		F(refuses_a_body_that_was_cut),
		F(gives_up_a_slow_server_and_the_loop_goes_on),
		F(refuses_a_certificate_of_another_authority),
		F(refuses_a_certificate_that_the_system_does_not_know),
		F(refuses_a_certificate_of_another_name),
		F(refuses_plain_http_and_files),
		F(refuses_a_port_where_nobody_is),
		F(uses_a_connection_again),
		F(does_many_at_once_and_no_more_than_it_may),
		F(keeps_room_for_others_when_one_is_silent),
		F(answers_what_waits_when_it_stops_and_takes_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
