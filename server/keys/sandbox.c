/* What remains to a process that only computes: memory, its open sockets, the clock, random
 * numbers, one line of log (base/box.def). Dangerous calls end it; all others fail with EPERM
 * instead, so that a C library that tries something new after an update is refused and not shot. */
#include "keys/sandbox.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/box.h"
#include "base/log.h"

/* What will come is locked too only where no ceiling makes an allocation fail. */
static bool memory_lock(void)
{
	struct rlimit locked;
	bool all = getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur == RLIM_INFINITY;
	return mlockall(all ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) == 0;
}

void sandbox_enter(void)
{
	const struct rlimit none = {0, 0};
	bool undumped = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
	bool locked = box_is_whole() && memory_lock();
	/* The first line also lets the C library read the time zone while it may. */
	log_info("keys_closing_in", LOG_N("no_core", undumped), LOG_N("memory_locked", locked));
	log_info("closed_in", LOG_N("filter", box_close(BOX_KEYS)), LOG_N("whole", box_is_whole()));
}
