/* The queue before libuv's threads. What was submitted in one turn, or while all our threads were
 * busy, goes over in one piece: handing over costs two wake-ups, which is a good part of one
 * signature check. Nothing runs inside work_submit: dispatch waits for the end of the turn. */
#include "io/work.h"

#include "base/mem.h"
#include "base/num.h"
#include "io/loop_uv.h"

enum { WORK_PIECE = 32 };

struct item {
	work_run_fn *run;
	work_done_fn *done;
	void *item;
};

struct piece {
	uv_work_t request;
	struct work *work;
	size_t n;
	struct item items[WORK_PIECE];
};

struct work {
	struct loop *loop;
	unsigned threads, running;
	struct item *ring;
	size_t first, n, cap; /* n: waiting */
	size_t n_unfinished;
	bool posted, stopping;
};

struct work *work_new(struct loop *loop, unsigned threads, unsigned max_queued)
{
	struct work *w = MEM_NEW(struct work);
	w->loop = loop;
	w->threads = threads;
	w->cap = max_queued;
	w->ring = mem_array(w->cap, sizeof(*w->ring));
	return w;
}

static struct item work_shift(struct work *w)
{
	struct item item = w->ring[w->first];
	w->first = (w->first + 1) % w->cap;
	w->n--;
	return item;
}

static void piece_run(uv_work_t *request)
{
	struct piece *p = (struct piece *)request;
	for (size_t i = 0; i < p->n; i++)
		p->items[i].run(p->items[i].item);
}

static void work_dispatch(struct work *w);

static void piece_done(uv_work_t *request, int status)
{
	(void)status;
	struct piece *p = (struct piece *)request;
	struct work *w = p->work;
	w->running--;
	w->n_unfinished -= p->n;
	for (size_t i = 0; i < p->n; i++)
		p->items[i].done(p->items[i].item, true);
	mem_free(p);
	work_dispatch(w);
}

/* An equal share for each idle thread, so that a short queue uses them all. */
static size_t work_share(const struct work *w)
{
	size_t idle = w->threads - w->running;
	return num_min(WORK_PIECE, (w->n + idle - 1) / idle);
}

static void work_dispatch(struct work *w)
{
	while (w->n && w->running < w->threads && !w->stopping) {
		struct piece *p = MEM_NEW(struct piece);
		p->work = w;
		for (size_t share = work_share(w); p->n < share; p->n++)
			p->items[p->n] = work_shift(w);
		w->running++;
		ASSERT(uv_queue_work(loop_uv(w->loop), &p->request, piece_run, piece_done) == 0);
	}
}

static void work_turn_ended(void *ctx)
{
	struct work *w = ctx;
	w->posted = false;
	work_dispatch(w);
}

enum err work_submit(struct work *w, work_run_fn *run, work_done_fn *done, void *item)
{
	if (w->stopping)
		return ERR_SHUTTING_DOWN;
	if (w->n_unfinished >= w->cap)
		return ERR_BUSY;
	w->ring[(w->first + w->n++) % w->cap] = (struct item){run, done, item};
	w->n_unfinished++;
	if (!w->posted)
		loop_post(w->loop, work_turn_ended, w);
	w->posted = true;
	return ERR_OK;
}

void work_stop(struct work *w)
{
	w->stopping = true;
	while (w->n) {
		struct item given_up = work_shift(w);
		given_up.done(given_up.item, false);
	}
	while (w->running || w->posted)
		uv_run(loop_uv(w->loop), UV_RUN_ONCE);
}

void work_free(struct work **work)
{
	struct work *w = *work;
	*work = NULL;
	if (!w)
		return;
	work_stop(w);
	mem_free(w->ring);
	mem_free(w);
}
