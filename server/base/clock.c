/* The two clocks. Tests shift them; nothing else can. */
#include "base/clock.h"

#include <time.h>

#include "base/mem.h"

static int64_t shift_ms;

static int64_t clock_read(clockid_t which)
{
	struct timespec now;
	ASSERT(clock_gettime(which, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + shift_ms;
}

int64_t clock_wall_ms(void)
{
	return clock_read(CLOCK_REALTIME);
}

uint64_t clock_mono_ms(void)
{
	return (uint64_t)clock_read(CLOCK_MONOTONIC);
}

void clock_shift_for_tests(int64_t ms)
{
	shift_ms += ms;
}
