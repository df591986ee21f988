/* The parts of server/io that need no network: loop, work, outq, cookies and queries. */
#include <unistd.h>

#include "base/mem.h"
#include "io/http.h"
#include "io/loop_uv.h"
#include "io/outq.h"
#include "io/work.h"
#include "unit.h"

struct counter {
	struct loop *loop;
	int n, order[10];
	bool inside;
	struct timer *timer;
};

static void counter_third(void *ctx)
{
	struct counter *c = ctx;
	c->order[c->n++] = 3;
	loop_stop(c->loop);
}

static void counter_first(void *ctx)
{
	struct counter *c = ctx;
	assert_false(c->inside);
	c->order[c->n++] = 1;
	c->inside = true;
	loop_post(c->loop, counter_third, c);
	c->inside = false;
}

static void counter_second(void *ctx)
{
	struct counter *c = ctx;
	c->order[c->n++] = 2;
}

static void posts_run_in_order_and_never_at_once(void **state)
{
	(void)state;
	struct counter c = {.loop = loop_new(), .inside = true};
	loop_post(c.loop, counter_first, &c);
	loop_post(c.loop, counter_second, &c);
	c.inside = false;
	loop_run(c.loop);
	assert_int_equal(c.n, 3);
	assert_memory_equal(c.order, ((int[]){1, 2, 3}), 3 * sizeof(int));
	loop_free(&c.loop);
}

static void counter_ticked(void *ctx)
{
	struct counter *c = ctx;
	if (++c->n == 3)
		timer_free(&c->timer);
}

static void a_timer_repeats_until_it_is_freed_by_itself(void **state)
{
	(void)state;
	struct counter c = {.loop = loop_new()};
	c.timer = timer_new(c.loop, counter_ticked, &c);
	timer_start(c.timer, 1, 1);
	loop_run(c.loop);
	assert_int_equal(c.n, 3);
	assert_null(c.timer);
	loop_free(&c.loop);
}

static void counter_dawdles(void *ctx)
{
	struct counter *c = ctx;
	usleep(200000);
	timer_free(&c->timer);
}

/* What the loop writes to the log while it runs once, waiting first for 300 ms. */
static size_t watched(uint64_t stall_ms, char ret_log[static 512])
{
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	int was = dup(STDERR_FILENO);
	assert_int_equal(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
	struct counter c = {.loop = loop_new()};
	loop_watch_turns(c.loop, stall_ms);
	c.timer = timer_new(c.loop, counter_dawdles, &c);
	timer_start(c.timer, 300, 0);
	loop_run(c.loop);
	loop_free(&c.loop);
	assert_int_equal(dup2(was, STDERR_FILENO), STDERR_FILENO);
	close(was);
	close(pipes[1]);
	ssize_t n = read(pipes[0], ret_log, 511);
	close(pipes[0]);
	assert_true(n >= 0);
	ret_log[n] = 0;
	return (size_t)n;
}

static void a_turn_that_takes_long_is_logged_and_waiting_is_not_a_turn(void **state)
{
	(void)state;
	char log[512];
	size_t n = watched(150, log);
	const char *end = memchr(log, '\n', n);
	assert_non_null(strstr(log, " loop_stalled ms="));
	assert_ptr_equal(end + 1, log + n);
	assert_int_equal(watched(10000, log), 0);
}

/* What only computed is ours, and so is what was blocked; neither stood in line. */
static void a_turn_that_was_blocked_is_told_as_ours(void **state)
{
	(void)state;
	char log[512];
	unsigned ms = 0, own = 0, processor = 0;
	assert_true(watched(150, log) > 0);
	const char *found = strstr(log, " loop_stalled ms=");
	assert_non_null(found);
	assert_int_equal(sscanf(found, " loop_stalled ms=%u own_ms=%u processor_ms=%u", &ms, &own,
				 &processor),
		3);
	assert_true(ms >= 200 && own <= ms && own >= 200 && processor < 100);
}

enum { CROWD = 40, CROWD_TURN = 8 };

struct crowd {
	unsigned in_turn, most, n;
};

static void crowd_came(uv_poll_t *poll, int status, int events)
{
	struct crowd *crowd = poll->data;
	char byte;
	uv_os_fd_t fd;
	assert_true(status == 0 && (events & UV_READABLE));
	assert_int_equal(uv_fileno((uv_handle_t *)poll, &fd), 0);
	assert_int_equal(read(fd, &byte, 1), 1);
	crowd->n++;
	if (++crowd->in_turn > crowd->most)
		crowd->most = crowd->in_turn;
}

static void a_crowd_that_comes_at_once_is_served_in_many_turns(void **state)
{
	(void)state;
	struct loop *loop = loop_new();
	struct crowd crowd = {0};
	int pipes[CROWD][2];
	uv_poll_t *polls[CROWD];
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		polls[i] = mem_new(sizeof(uv_poll_t));
		assert_int_equal(uv_poll_init(loop_uv(loop), polls[i], pipes[i][0]), 0);
		polls[i]->data = &crowd;
		assert_int_equal(uv_poll_start(polls[i], UV_READABLE, crowd_came), 0);
	}
	for (int turns = 0; crowd.n < CROWD && turns < CROWD; turns++) {
		crowd.in_turn = 0;
		loop_turn(loop);
	}
	assert_int_equal(crowd.n, CROWD);
	assert_true(crowd.most <= CROWD_TURN);
	for (int i = 0; i < CROWD; i++) {
		loop_close_handle(&polls[i]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	loop_free(&loop);
}

/* Each takes two milliseconds, and says how many ran before it. */
struct slow {
	int *ran;
	int before;
};

static void slow_runs(void *ctx)
{
	struct slow *slow = ctx;
	slow->before = (*slow->ran)++;
	usleep(2000);
}

static void what_was_posted_is_spread_over_turns_in_its_order(void **state)
{
	(void)state;
	enum { POSTS = 6 };
	struct loop *loop = loop_new();
	struct slow posts[POSTS];
	int ran = 0;
	for (int i = 0; i < POSTS; i++) {
		posts[i] = (struct slow){&ran, -1};
		loop_post(loop, slow_runs, &posts[i]);
	}
	loop_turn(loop);
	assert_int_equal(ran, 1);
	loop_free(&loop);
	assert_int_equal(ran, POSTS);
	for (int i = 0; i < POSTS; i++)
		assert_int_equal(posts[i].before, i);
}

struct job {
	struct counter *counter;
	int ran, done, given_up;
};

static void job_run(void *item)
{
	((struct job *)item)->ran++;
}

static void job_done(void *item, bool ran)
{
	struct job *j = item;
	assert_false(j->counter->inside);
	j->done++;
	j->given_up += !ran;
	j->counter->n++;
}

static void work_runs_every_item_once_and_answers_later(void **state)
{
	(void)state;
	struct counter c = {.loop = loop_new()};
	static struct job jobs[300];
	struct work *w = work_new(c.loop, 2, 300);
	c.inside = true;
	for (int i = 0; i < 300; i++) {
		jobs[i] = (struct job){.counter = &c};
		assert_ok(work_submit(w, job_run, job_done, &jobs[i]));
	}
	struct job over = {.counter = &c};
	assert_err(work_submit(w, job_run, job_done, &over), ERR_BUSY);
	c.inside = false;
	while (c.n < 300)
		loop_turn(c.loop);
	for (int i = 0; i < 300; i++)
		assert_true(jobs[i].ran == 1 && jobs[i].done == 1 && jobs[i].given_up == 0);
	assert_int_equal(over.done, 0);
	work_free(&w);
	loop_free(&c.loop);
}

static void work_that_has_not_begun_is_given_up_at_the_end(void **state)
{
	(void)state;
	struct counter c = {.loop = loop_new()};
	static struct job jobs[50];
	struct work *w = work_new(c.loop, 1, 100);
	for (int i = 0; i < 50; i++) {
		jobs[i] = (struct job){.counter = &c};
		assert_ok(work_submit(w, job_run, job_done, &jobs[i]));
	}
	work_stop(w);
	assert_int_equal(c.n, 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(jobs[i].ran, !jobs[i].given_up);
	assert_err(work_submit(w, job_run, job_done, &jobs[0]), ERR_SHUTTING_DOWN);
	work_free(&w);
	loop_free(&c.loop);
}

static void a_frame_carries_the_shortest_header(void **state)
{
	(void)state;
	static const struct {
		size_t n, header;
	} sizes[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}};
	for (size_t i = 0; i < 5; i++) {
		uint8_t *text = mem_new(sizes[i].n + 1);
		struct frame *f = frame_new(slice_of(text, sizes[i].n));
		assert_int_equal(frame_wire(f).n, sizes[i].n + sizes[i].header);
		assert_int_equal(frame_wire(f).p[0], 0x81);
		assert_int_equal(frame_text(f).n, sizes[i].n);
		frame_unref(&f);
		mem_free(text);
	}
}

static void the_queue_keeps_order_while_its_ring_turns(void **state)
{
	(void)state;
	struct outq q = {0};
	struct outq_limits limits = {1 << 20, 100};
	uint8_t in = 0, out = 0;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 5; i++) {
			struct frame *f = frame_new(slice_of(&in, 1));
			in++;
			assert_ok(outq_push(&q, &limits, f));
			frame_unref(&f);
		}
		for (int i = 0; i < 4; i++) {
			assert_int_equal(frame_text(outq_first(&q)).p[0], out++);
			outq_shift(&q);
		}
	}
	assert_int_equal(q.n, 50);
	outq_done(&q);
	assert_null(q.ring);
	assert_int_equal(q.bytes, 0);
}

static void the_queue_is_full_by_bytes_or_by_count(void **state)
{
	(void)state;
	struct outq q = {0};
	struct frame *f = frame_new(SLICE_LIT("12345678"));
	struct outq_limits few = {1 << 20, 3}, small = {25, 100};
	for (int i = 0; i < 3; i++)
		assert_ok(outq_push(&q, &few, f));
	assert_err(outq_push(&q, &few, f), ERR_BUSY);
	outq_done(&q);
	assert_ok(outq_push(&q, &small, f));
	assert_ok(outq_push(&q, &small, f));
	assert_err(outq_push(&q, &small, f), ERR_BUSY);
	outq_done(&q);
	frame_unref(&f);
}

static void cookies_are_found_by_exact_name(void **state)
{
	(void)state;
	struct slice v;
	struct slice header = SLICE_LIT("a=1; x__Host-luotsi=2;__Host-luotsi=three=; b");
	assert_true(http_cookie(header, "__Host-luotsi", &v));
	assert_slice(v, "three=");
	assert_true(http_cookie(header, "a", &v));
	assert_false(http_cookie(header, "b", &v));
	assert_false(http_cookie(header, "Host-luotsi", &v));
	assert_false(http_cookie(SLICE_NONE, "a", &v));
}

static void a_cookie_that_is_there_twice_is_none(void **state)
{
	(void)state;
	struct slice v = SLICE_LIT("before");
	assert_false(http_cookie(SLICE_LIT("a=1; a=2"), "a", &v));
	assert_slice(v, "before");
}

static void queries_are_found_by_exact_name(void **state)
{
	(void)state;
	struct slice v;
	assert_true(http_query(SLICE_LIT("ab=1&b=2&b=3"), "b", &v));
	assert_slice(v, "2");
	assert_false(http_query(SLICE_LIT("ab=1&b"), "b", &v));
	assert_false(http_query(SLICE_LIT(""), "b", &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(posts_run_in_order_and_never_at_once),
		T(a_timer_repeats_until_it_is_freed_by_itself),
		T(a_turn_that_takes_long_is_logged_and_waiting_is_not_a_turn),
		T(a_turn_that_was_blocked_is_told_as_ours),
		T(a_crowd_that_comes_at_once_is_served_in_many_turns),
		T(what_was_posted_is_spread_over_turns_in_its_order),
		T(work_runs_every_item_once_and_answers_later),
		T(work_that_has_not_begun_is_given_up_at_the_end),
		T(a_frame_carries_the_shortest_header),
		T(the_queue_keeps_order_while_its_ring_turns),
		T(the_queue_is_full_by_bytes_or_by_count), T(cookies_are_found_by_exact_name),
		T(a_cookie_that_is_there_twice_is_none), T(queries_are_found_by_exact_name)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
