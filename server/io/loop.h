#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The event loop (libuv underneath, seen only inside io). One per process, one thread. */
struct loop;
typedef void loop_fn(void *ctx);

struct loop *loop_new(void);
/* Everything that was made on the loop must be gone or stopped; runs it dry first. */
void loop_free(struct loop **loop);
static inline void loop_cleanup(struct loop **loop)
{
	loop_free(loop);
}
/* Logs every turn that takes stall_ms or more: whoever waits for this process waits so long. Once,
 * before loop_run. */
void loop_watch_turns(struct loop *loop, uint64_t stall_ms);
/* Returns after loop_stop, or when nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs what is ready now without waiting; for tests and for stopping cleanly. */
void loop_turn(struct loop *loop);

/* Calls fn in the next turn, never inside this call; in the order of the calls. */
void loop_post(struct loop *loop, loop_fn *fn, void *ctx);

struct timer;
/* Not started yet. fn may start, stop or free the timer. */
struct timer *timer_new(struct loop *loop, loop_fn *fn, void *ctx);
/* Once after ms (repeat_ms 0), or then every repeat_ms. Starting again moves it. */
void timer_start(struct timer *t, uint64_t ms, uint64_t repeat_ms);
void timer_stop(struct timer *t);
void timer_free(struct timer **t);
static inline void timer_cleanup(struct timer **t)
{
	timer_free(t);
}

/* fn runs in the loop, not in the signal's handler. Lasts as long as the loop. */
void loop_on_signal(struct loop *loop, int signal_number, loop_fn *fn, void *ctx);
