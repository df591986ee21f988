/* What the signer gives up once it runs: other programs, other processes, networks, and being
 * looked into. It must still reach PostgreSQL's Unix socket, again after a restart of it, and write
 * its own files; which system calls a C library and libpq need for that changes with their
 * versions, so this refuses what would make it dangerous instead of naming what it needs.
 * Sanitizers need more; under them the filter stays away. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "keys/sandbox.h"
#include "main/signer.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the signer does not know the system calls of this architecture"
#endif

#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define DENY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), REFUSE

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	DENY(__NR_execve),
	DENY(__NR_execveat),
	DENY(__NR_clone),
	DENY(__NR_clone3),
	DENY(__NR_kill),
	DENY(__NR_ptrace),
	DENY(__NR_process_vm_readv),
	DENY(__NR_process_vm_writev),
	DENY(__NR_bind),
	DENY(__NR_listen),
	DENY(__NR_accept),
	DENY(__NR_accept4),
	DENY(__NR_mount),
	DENY(__NR_umount2),
	DENY(__NR_chroot),
	DENY(__NR_unshare),
	DENY(__NR_setns),
	DENY(__NR_bpf),
	DENY(__NR_perf_event_open),
	DENY(__NR_keyctl),
	DENY(__NR_userfaultfd),
	DENY(__NR_io_uring_setup),
	/* Sockets of this machine only. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
	REFUSE,
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* True if a network is out of reach afterwards. */
static bool filter_install(void)
{
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	if (!sandbox_has_filter() || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return false;
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == EPERM;
}

void signer_close_in(void)
{
	const struct rlimit none = {0, 0};
	bool undumped = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
	bool humble = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	log_info("signer_closed_in", LOG_N("no_core", undumped), LOG_N("no_privileges", humble),
		LOG_N("filter", filter_install()));
}
