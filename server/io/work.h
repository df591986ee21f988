#pragma once
#include "base/err.h"
#include "io/loop.h"

/* Processor work off the loop: signature checks. What is submitted while the threads are busy goes
 * to a thread in one piece of up to 32 items, so that the price of handing over is shared. */
struct work;

/* max_queued: items not finished; threads: at once. */
struct work *work_new(struct loop *loop, unsigned threads, unsigned max_queued);
/* Waits for what runs; what has not begun is done with ran = false; then takes nothing more. */
void work_stop(struct work *work);
/* Stops first. */
void work_free(struct work **work);

/* What runs on a thread: pure, touches only the item. */
typedef void work_run_fn(void *item);
/* Back in the loop, never inside work_submit; ran is false if the work was given up at shutdown. */
typedef void work_done_fn(void *item, bool ran);
/* ERR_BUSY over the ceiling, and then done is not called. */
MUST enum err work_submit(struct work *work, work_run_fn *run, work_done_fn *done, void *item);
