/* libuv with its edges taken off: handles are heap objects that close themselves, and work for the
 * next turn is a list run by an idle handle that is active only while the list holds something. A
 * turn is bounded: few descriptors, and of the list what fits into a time, so that timers and the
 * rest are looked at between (loop_turn.c). */
#include "io/loop.h"

#include "base/log.h"
#include "base/mem.h"
#include "io/loop_uv.h"

/* Of what was posted no more is begun in a turn after so long. */
enum { POSTS_NS = 1000000 };

struct post {
	loop_fn *fn;
	void *ctx;
};

struct posts {
	struct post *items;
	size_t n, cap;
};

struct watch {
	uv_signal_t handle;
	loop_fn *fn;
	void *ctx;
	struct watch *next;
};

struct loop {
	uv_loop_t uv;
	uv_idle_t *idle;
	struct posts now, next;
	size_t n_run; /* of now */
	struct watch *signals;
};

struct timer {
	uv_timer_t handle;
	loop_fn *fn;
	void *ctx;
};

static void handle_free(uv_handle_t *handle)
{
	mem_free(handle);
}

void loop_close_handle(void *pointer_to_handle)
{
	uv_handle_t **handle = pointer_to_handle;
	if (*handle)
		uv_close(*handle, handle_free);
	*handle = NULL;
}

uv_loop_t *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

/* Posts made meanwhile go to the other list, and so to a later turn. */
static void loop_run_posts(uv_idle_t *idle)
{
	struct loop *loop = idle->data;
	struct posts *now = &loop->now;
	if (loop->n_run == now->n) {
		struct posts empty = {.items = now->items, .cap = now->cap};
		*now = loop->next;
		loop->next = empty;
		loop->n_run = 0;
	}
	uint64_t until = uv_hrtime() + POSTS_NS;
	while (loop->n_run < now->n && uv_hrtime() < until) {
		struct post post = now->items[loop->n_run++];
		post.fn(post.ctx);
	}
	if (loop->n_run == now->n && loop->next.n == 0)
		uv_idle_stop(idle);
}

struct loop *loop_new(void)
{
	struct loop *loop = MEM_NEW(struct loop);
	ASSERT(uv_loop_init(&loop->uv) == 0);
	loop->idle = MEM_NEW(uv_idle_t);
	ASSERT(uv_idle_init(&loop->uv, loop->idle) == 0);
	loop->idle->data = loop;
	return loop;
}

void loop_free(struct loop **loop)
{
	struct loop *l = *loop;
	*loop = NULL;
	if (!l)
		return;
	while (l->signals) {
		struct watch *w = l->signals;
		l->signals = w->next;
		loop_close_handle(&w);
	}
	while (uv_is_active((uv_handle_t *)l->idle))
		loop_turn(l);
	loop_close_handle(&l->idle);
	turn_unwatch(&l->uv);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	ASSERT(uv_loop_close(&l->uv) == 0);
	mem_free(l->now.items);
	mem_free(l->next.items);
	mem_free(l);
}

void loop_watch_turns(struct loop *loop, uint64_t stall_ms)
{
	turn_watch(&loop->uv, stall_ms);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

void loop_turn(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_post(struct loop *loop, loop_fn *fn, void *ctx)
{
	struct posts *next = &loop->next;
	if (next->n == next->cap) {
		next->cap = next->cap ? next->cap * 2 : 16;
		next->items = mem_resize(next->items, next->cap, sizeof(*next->items));
	}
	next->items[next->n++] = (struct post){fn, ctx};
	uv_idle_start(loop->idle, loop_run_posts);
}

struct timer *timer_new(struct loop *loop, loop_fn *fn, void *ctx)
{
	struct timer *t = MEM_NEW(struct timer);
	ASSERT(uv_timer_init(&loop->uv, &t->handle) == 0);
	t->fn = fn;
	t->ctx = ctx;
	return t;
}

static void timer_fired(uv_timer_t *handle)
{
	struct timer *t = (struct timer *)handle;
	t->fn(t->ctx);
}

void timer_start(struct timer *t, uint64_t ms, uint64_t repeat_ms)
{
	ASSERT(uv_timer_start(&t->handle, timer_fired, ms, repeat_ms) == 0);
}

void timer_stop(struct timer *t)
{
	uv_timer_stop(&t->handle);
}

void timer_free(struct timer **t)
{
	loop_close_handle(t);
}

static void signal_came(uv_signal_t *handle, int signal_number)
{
	(void)signal_number;
	struct watch *w = (struct watch *)handle;
	w->fn(w->ctx);
}

void loop_on_signal(struct loop *loop, int signal_number, loop_fn *fn, void *ctx)
{
	struct watch *w = MEM_NEW(struct watch);
	w->fn = fn;
	w->ctx = ctx;
	w->next = loop->signals;
	loop->signals = w;
	ASSERT(uv_signal_init(&loop->uv, &w->handle) == 0);
	ASSERT(uv_signal_start(&w->handle, signal_came, signal_number) == 0);
	/* Waiting for a signal alone does not keep the loop alive. */
	uv_unref((uv_handle_t *)&w->handle);
}
