/* Once in a while, the verifier of `luotsid units`: nothing may be left of what was erased, and no
 * key without what it is the key of. What it finds is logged, with the kind of the fault and how
 * often; of what the main database says about itself each is an event of its organisation too. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "main/jobs.h"
#include "main/units.h"
#include "sql_gen.h"

enum { FAULT_MAX = 200 };

_Static_assert((int)JOB_ERASURE_CHECK_FAULT == (int)ERASURE_FAULTS_FAULT &&
		       (int)JOB_ERASURE_CHECK_N == (int)ERASURE_FAULTS_N,
	"the verifier reads both");

static const size_t verifying[VERIFY_STATEMENTS] = {
	[VERIFY_ORGS] = JOBS_UNIT_ORGS,
	[VERIFY_FAULTS] = JOBS_ERASURE_CHECK,
	[VERIFY_LIST] = JOBS_UNIT_LIST,
	[VERIFY_ORPHANS] = JOBS_UNIT_ORPHANS,
	[VERIFY_NEEDED] = JOBS_UNIT_NEEDED,
	[VERIFY_GET] = JOBS_UNIT_GET,
};

struct checking {
	struct jobs_parts parts;
	uint64_t began_at; /* 0: not since the process began */
	bool running;
};

static void check_fault(void *ctx, struct slice fault, int64_t n)
{
	(void)ctx;
	struct buf word = BUF_MAX(FAULT_MAX);
	buf_add(&word, fault);
	log_error("erasure_fault", LOG_W("fault", buf_text(&word)), LOG_N("rows", n));
	buf_done(&word);
}

static void check_done(void *ctx, enum err e, const struct unit_verify_found *found)
{
	struct checking *c = ctx;
	c->running = false;
	c->began_at = e == ERR_OK ? c->began_at : 0; /* else again in the next round */
	if (e != ERR_OK)
		log_warn("job_failed", LOG_W("job", "erasure_check"), LOG_W("error", err_word(e)));
	else if (found->n_faults > 0) {
		meter_add(METER_erasure_faults, found->n_faults);
		log_error("erasures_broken", LOG_N("faults", found->n_faults));
	} else
		log_info("erasures_checked", LOG_N("keys", found->n_keys),
			LOG_N("orphans", found->n_orphans));
}

void checking_round(struct checking *c)
{
	uint64_t now = clock_mono_ms();
	uint64_t every = (uint64_t)c->parts.config->file_check_seconds * 1000;
	if (c->running || (c->began_at > 0 && now - c->began_at < every))
		return;
	c->running = true;
	c->began_at = now;
	const struct unit_verify_settings settings = {
		.pg = c->parts.pg,
		.statements = verifying,
		.fault = check_fault,
		.done = check_done,
		.ctx = c,
	};
	unit_verify_begin(&settings);
}

struct checking *checking_new(const struct jobs_parts *parts)
{
	struct checking *c = MEM_NEW(struct checking);
	c->parts = *parts;
	return c;
}

void checking_free(struct checking **checking)
{
	mem_free(*checking);
	*checking = NULL;
}
