/* What remains to a process that only computes: memory, its open sockets, the clock, random
 * numbers, one line of log. All other calls fail with EPERM instead of killing, so that a C library
 * that tries something new after an update is refused and not shot. Sanitizers need more than this;
 * under them the filter stays away. */
#include "keys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_FILTER false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_FILTER false
#endif
#endif
#ifndef WITH_FILTER
#define WITH_FILTER true
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the keys process does not know the system calls of this architecture"
#endif

#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(__NR_ppoll),
	ALLOW(__NR_recvfrom),
	ALLOW(__NR_sendto),
	ALLOW(__NR_write),
	ALLOW(__NR_accept4),
	ALLOW(__NR_shutdown),
	ALLOW(__NR_getsockopt),
	ALLOW(__NR_close),
	ALLOW(__NR_clock_gettime),
	ALLOW(__NR_getrandom),
	ALLOW(__NR_brk),
	ALLOW(__NR_mmap),
	ALLOW(__NR_munmap),
	ALLOW(__NR_mremap),
	ALLOW(__NR_madvise),
	ALLOW(__NR_mprotect),
	ALLOW(__NR_futex),
	ALLOW(__NR_rt_sigreturn),
	ALLOW(__NR_rt_sigprocmask),
	ALLOW(__NR_rt_sigaction),
	ALLOW(__NR_geteuid),
	ALLOW(__NR_getpid),
	ALLOW(__NR_gettid),
	ALLOW(__NR_tgkill),
	ALLOW(__NR_restart_syscall),
	ALLOW(__NR_exit),
	ALLOW(__NR_exit_group),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

bool sandbox_has_filter(void)
{
	return WITH_FILTER;
}

static bool filter_install(void)
{
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	if (!WITH_FILTER || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return false;
	return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM;
}

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
	bool humble = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	bool locked = WITH_FILTER && memory_lock();
	/* The first line also lets the C library read the time zone while it may. */
	log_info("keys_closing_in", LOG_N("no_core", undumped), LOG_N("no_privileges", humble),
		LOG_N("memory_locked", locked));
	log_info("keys_closed_in", LOG_N("filter", filter_install()));
}
