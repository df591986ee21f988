/* Preloaded into every process of the service under test: its wall clock is ahead and its disk slow
 * by what stands in a small file that the test writes, two numbers of 64 bits: milliseconds that
 * the clock is ahead, and milliseconds that each flush of the disk takes longer. The monotonic
 * clock is left alone, as a jump of the wall clock leaves it. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)

struct told {
	_Atomic int64_t ahead_ms, flush_ms;
};

static const struct told nothing;
static const struct told *told = &nothing;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_timeofday)(struct timeval *restrict, void *restrict);
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void)
{
	*(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&real_timeofday = dlsym(RTLD_NEXT, "gettimeofday");
	*(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
	*(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	const char *path = getenv("LUOTSI_CHAOS_FAULTS");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(struct told), PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		told = at;
	(void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int failed = real_gettime(clock, t);
	if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return failed;
	int64_t ns = t->tv_nsec + (told->ahead_ms % 1000) * 1000000;
	t->tv_sec += told->ahead_ms / 1000 + (ns >= 1000000000) - (ns < 0);
	t->tv_nsec = (ns + 1000000000) % 1000000000;
	return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int failed = real_timeofday(t, zone);
	t->tv_sec += told->ahead_ms / 1000; /* whole seconds: the test says no others */
	return failed;
}

time_t time(time_t *ret)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

static void dawdle(void)
{
	struct timespec t = {
		.tv_sec = told->flush_ms / 1000, .tv_nsec = told->flush_ms % 1000 * 1000000};
	(void)nanosleep(&t, NULL);
}

int fsync(int fd)
{
	dawdle();
	return real_fsync(fd);
}

int fdatasync(int fd)
{
	dawdle();
	return real_fdatasync(fd);
}
