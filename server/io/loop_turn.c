/* One turn of a loop: from the moment that something is ready until libuv waits again. Both ends
 * are seen only where libuv asks the kernel, so that call goes through here (libuv 1.44,
 * uv__io_poll, which has no other place for it). libuv would take up to 1,024 descriptors at once,
 * and a crowd that comes together, each with a handshake, would hold up everybody for as long as
 * they take in all; a few at a time, timers and what was posted have their turn between.
 *
 * A turn is measured by the clock. What of it the process only stood in line for a processor is
 * told apart (/proc/thread-self/schedstat, the second figure): that is other processes' work, and
 * what is left is ours, whether it computed or was blocked. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "base/num.h"
#include "io/loop_uv.h"

enum {
	TURN_EVENTS = 8,
	NS_PER_MS = 1000000,
	SIGNALS_SIZE = 8,
	SNAPSHOT_TRIES = 8,
	SNAPSHOT_NS = 100000
};

/* In nanoseconds. */
struct used {
	uint64_t wall, queued, processor;
};

/* A process has one loop whose turns are watched. */
static struct {
	const uv_loop_t *loop;
	uint64_t stall_ms;
	int schedstat; /* -1 where the kernel keeps none: then nothing is taken off */
	bool turning;
	struct used begun;
} watched;

static uint64_t clock_of(clockid_t clock)
{
	struct timespec t;
	ASSERT(clock_gettime(clock, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 * NS_PER_MS + (uint64_t)t.tv_nsec;
}

static uint64_t queued_so_far(void)
{
	uint8_t text[64];
	struct slice word = SLICE_NONE;
	uint64_t queued;
	ssize_t n = watched.schedstat < 0 ? -1 : pread(watched.schedstat, text, sizeof(text), 0);
	if (n <= 0)
		return 0;
	struct slice rest = slice_of(text, (size_t)n);
	bool found = slice_next(&rest, ' ', &word);
	found = found && slice_next(&rest, ' ', &word) && num_parse_u64(word, UINT64_MAX, &queued);
	return found ? queued : 0;
}

/* All at one moment: if it took long to look, the process stood in line meanwhile; once more. */
static struct used used_now(void)
{
	struct used now;
	for (int tries = 0; tries < SNAPSHOT_TRIES; tries++) {
		uint64_t begun = clock_of(CLOCK_MONOTONIC);
		now.queued = queued_so_far();
		now.processor = clock_of(CLOCK_THREAD_CPUTIME_ID);
		now.wall = clock_of(CLOCK_MONOTONIC);
		if (now.wall - begun < SNAPSHOT_NS)
			break;
	}
	return now;
}

static void turn_ended(void)
{
	if (!watched.turning)
		return;
	watched.turning = false;
	struct used begun = watched.begun;
	if (clock_of(CLOCK_MONOTONIC) - begun.wall < watched.stall_ms * NS_PER_MS)
		return;
	struct used now = used_now();
	uint64_t turn = now.wall - begun.wall;
	uint64_t queued = num_min(now.queued - begun.queued, turn);
	meter_add(METER_stalls, 1);
	log_warn("loop_stalled", LOG_N("ms", turn / NS_PER_MS),
		LOG_N("own_ms", (turn - queued) / NS_PER_MS),
		LOG_N("processor_ms", (now.processor - begun.processor) / NS_PER_MS));
}

void turn_watch(const uv_loop_t *loop, uint64_t stall_ms)
{
	ASSERT(watched.loop == NULL);
	watched.loop = loop;
	watched.stall_ms = stall_ms;
	watched.turning = false;
	watched.schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

void turn_unwatch(const uv_loop_t *loop)
{
	if (watched.loop != loop)
		return;
	if (watched.schedstat >= 0)
		close(watched.schedstat);
	watched.loop = NULL;
}

static int turn_wait(
	int fd, struct epoll_event *events, int max, int timeout, const sigset_t *signals)
{
	bool is_watched = watched.loop != NULL && uv_backend_fd(watched.loop) == fd;
	if (is_watched)
		turn_ended();
	int most = max < TURN_EVENTS ? max : TURN_EVENTS;
	int n = (int)syscall(SYS_epoll_pwait, fd, events, most, timeout, signals, SIGNALS_SIZE);
	int why = errno;
	if (is_watched) {
		watched.begun = used_now();
		watched.turning = true;
	}
	errno = why;
	return n;
}

/* In place of the C library's, for libuv. */
__attribute__((visibility("default"))) int epoll_wait(
	int fd, struct epoll_event *events, int max, int timeout)
{
	return turn_wait(fd, events, max, timeout, NULL);
}

__attribute__((visibility("default"))) int epoll_pwait(
	int fd, struct epoll_event *events, int max, int timeout, const sigset_t *signals)
{
	return turn_wait(fd, events, max, timeout, signals);
}
