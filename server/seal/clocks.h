#pragma once
#include <stdbool.h>
#include <stdint.h>

/* How far two clocks may differ: an entry's own from the server's, and so two entries' by twice as
 * much. */
#define CLOCKS_DRIFT_MS 600000

static inline bool clocks_agree(uint64_t a_ms, uint64_t b_ms)
{
	return (a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms) <= CLOCKS_DRIFT_MS;
}

/* The same, but what was said away from any network comes up to a week later. */
static inline bool clocks_allow_late(uint64_t t_ms, uint64_t now_ms)
{
	const uint64_t week_ms = UINT64_C(7) * 24 * 3600 * 1000;
	return t_ms <= now_ms + CLOCKS_DRIFT_MS && now_ms <= t_ms + week_ms;
}

/* What ended at ended_ms (0: it did not) by one clock may have been so still at t_ms by another. */
static inline bool clocks_not_ended(uint64_t ended_ms, uint64_t t_ms)
{
	return ended_ms == 0 || t_ms <= ended_ms + 2 * CLOCKS_DRIFT_MS;
}

/* And may have ended already, by another. */
static inline bool clocks_may_have_ended(uint64_t ended_ms, uint64_t t_ms)
{
	return ended_ms != 0 && t_ms + 2 * CLOCKS_DRIFT_MS >= ended_ms;
}

/* t_ms is so long before other_ms that no two clocks explain it. */
static inline bool clocks_are_past(uint64_t t_ms, uint64_t other_ms)
{
	return t_ms + 2 * CLOCKS_DRIFT_MS < other_ms;
}
