/* The filter of system calls (seccomp) of every process, made from one table. It forbids what would
 * make a process that was taken over dangerous, instead of naming what each may need: which calls a
 * C library, libpq or libcurl make changes with their versions. The keys process alone, which only
 * computes, keeps a list of what it needs. A filter is inherited, so that the supervisor's holds
 * for all; what a child may not do besides it gives up itself. */
#include "base/box.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FORBID_X86(call, who) FORBID(call, who)
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define FORBID_X86(call, who)
#else
#error "the system calls of this architecture are not known"
#endif

enum { PROGRAM_MAX = 400, OTHER_ABI = 0x40000000 };
static const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
static const char letters[] = {[BOX_SUPERVISOR] = 's',
	[BOX_WORKER] = 'w',
	[BOX_JOBS] = 'j',
	[BOX_SIGNER] = 'g',
	[BOX_METRICS] = 'm',
	[BOX_KEYS] = 'k'};

#define REFUSE(call, error, who) {__NR_##call, SECCOMP_RET_ERRNO | (error), who, false},
#define FORBID(call, who) {__NR_##call, SECCOMP_RET_KILL_PROCESS, who, false},
#define ALONE(call, who) {__NR_##call, SECCOMP_RET_KILL_PROCESS, who, true},
#define KEEP(call)
static const struct {
	uint32_t call, action;
	const char *who;
	bool alone;
} rows[] = {
#include "box.def"
};
#undef REFUSE
#undef FORBID
#undef ALONE
#undef KEEP

#define REFUSE(call, error, who)
#define FORBID(call, who)
#define ALONE(call, who)
#define KEEP(call) __NR_##call,
static const uint32_t kept[] = {
#include "box.def"
};

struct program {
	struct sock_filter steps[PROGRAM_MAX];
	unsigned short n;
};

static void step(struct program *p, struct sock_filter one)
{
	ASSERT(p->n < PROGRAM_MAX);
	p->steps[p->n++] = one;
}

static void load(struct program *p, size_t offset)
{
	step(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct program *p, uint32_t action)
{
	step(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The next step is passed over unless what was loaded is this. */
static void unless(struct program *p, uint32_t value)
{
	step(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
}

static void answer_if(struct program *p, uint32_t value, uint32_t action)
{
	unless(p, value);
	answer(p, action);
}

static void answer_if_bit(struct program *p, uint32_t bits, uint32_t action)
{
	step(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
	answer(p, action);
}

/* Begins what is looked at for one call alone; it ends with an answer, and over ends it. */
static unsigned short only_for(struct program *p, uint32_t call)
{
	unsigned short at = p->n;
	step(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 0));
	load(p, offsetof(struct seccomp_data, args[0]));
	return at;
}

static void over(struct program *p, unsigned short at)
{
	p->steps[at].jf = (uint8_t)(p->n - at - 1);
}

/* The resolver of the C library asks for a family that nobody has here, and does without. */
static void look_at_sockets(struct program *p, enum box box)
{
	static const uint32_t networks[] = {AF_INET, AF_INET6};
	bool local = box == BOX_SIGNER || box == BOX_METRICS;
	unsigned short at = only_for(p, __NR_socket);
	answer_if(p, AF_UNIX, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		answer_if(p, networks[i],
			local ? SECCOMP_RET_ERRNO | EAFNOSUPPORT : SECCOMP_RET_ALLOW);
	answer_if(p, AF_NETLINK, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	answer(p, SECCOMP_RET_KILL_PROCESS);
	over(p, at);
}

/* Threads, and children of the supervisor; nobody makes namespaces. */
static void look_at_clones(struct program *p, enum box box)
{
	bool children = SANITIZED || box == BOX_SUPERVISOR;
	unsigned short at = only_for(p, __NR_clone);
	answer_if_bit(p, namespaces, SECCOMP_RET_KILL_PROCESS);
	if (!children)
		answer_if_bit(p, CLONE_THREAD, SECCOMP_RET_ALLOW);
	answer(p, children ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
	over(p, at);
}

static void program_make(struct program *p, enum box box)
{
	load(p, offsetof(struct seccomp_data, arch));
	step(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	answer(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
	answer_if_bit(p, OTHER_ABI, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strchr(rows[i].who, letters[box]) && !(SANITIZED && rows[i].alone))
			answer_if(p, rows[i].call, rows[i].action);
	}
	bool keeps = box == BOX_KEYS && !SANITIZED;
	for (size_t i = 0; keeps && i < sizeof(kept) / sizeof(kept[0]); i++)
		answer_if(p, kept[i], SECCOMP_RET_ALLOW);
	if (box != BOX_KEYS) {
		look_at_sockets(p, box);
		look_at_clones(p, box);
	}
	answer(p, keeps ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW);
}

/* An empty request for a process is refused, instead of looked at. */
static bool is_refused(void)
{
	return syscall(__NR_clone3, NULL, (size_t)0) < 0 && errno == ENOSYS;
}

bool box_close(enum box box)
{
	struct program p = {.n = 0};
	program_make(&p, box);
	struct sock_fprog program = {p.n, p.steps};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 && is_refused();
}

bool box_is_closed(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
}

bool box_is_whole(void)
{
	return !SANITIZED;
}
