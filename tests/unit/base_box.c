/* The filters of system calls, each in a child that closes itself in and then tries. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/box.h"
#include "unit.h"

enum { NOT_CLOSED = 200, BOXES = BOX_KEYS + 1, OTHER_ABI = 0x40000000 };
typedef int act_fn(long what);

/* What the child that closed itself in came to: a signal (negative), or what act gave. */
static int outcome(enum box box, act_fn *act, long what)
{
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setrlimit(RLIMIT_CORE, &none);
		_exit(box_close(box) ? act(what) : NOT_CLOSED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* With arguments that no call can do anything with. The error, or 0. */
static int call(long number)
{
	errno = 0;
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0;
}

static int open_socket(long family)
{
	return socket((int)family, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static void dangerous_calls_end_every_process(void **state)
{
	(void)state;
	static const long calls[] = {__NR_execveat, __NR_bpf, __NR_mount, __NR_umount2, __NR_chroot,
		__NR_pivot_root, __NR_unshare, __NR_setns, __NR_setuid, __NR_setresgid,
		__NR_setgroups, __NR_capset, __NR_init_module, __NR_finit_module, __NR_userfaultfd,
		__NR_perf_event_open, __NR_process_vm_readv, __NR_process_vm_writev,
		__NR_open_by_handle_at, __NR_clock_settime, __NR_swapon, __NR_fsopen, __NR_syslog};
	for (int box = 0; box < BOXES; box++) {
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
			assert_int_equal(outcome((enum box)box, call, calls[i]), -SIGSYS);
	}
}

static void nobody_looks_into_another_process(void **state)
{
	(void)state;
	for (int box = 0; box < BOXES; box++) {
		int came = outcome((enum box)box, call, __NR_ptrace);
		assert_true(box_is_whole() ? came == -SIGSYS : came > 0);
	}
}

static void no_program_or_door_of_its_own_but_the_supervisor(void **state)
{
	(void)state;
	static const long calls[] = {__NR_execve, __NR_listen, __NR_pidfd_send_signal};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int box = BOX_WORKER; box < BOXES; box++)
			assert_int_equal(outcome((enum box)box, call, calls[i]), -SIGSYS);
		assert_true(outcome(BOX_SUPERVISOR, call, calls[i]) > 0); /* an error */
	}
}

static int look_who_lives(long pid)
{
	return kill((pid_t)pid, 0) == 0 ? 0 : errno;
}

static void nobody_sends_signals_but_the_supervisor_and_who_looks_who_lives(void **state)
{
	(void)state;
	static const enum box others[] = {BOX_WORKER, BOX_JOBS, BOX_SIGNER, BOX_KEYS};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(outcome(others[i], look_who_lives, getpid()), -SIGSYS);
	assert_int_equal(outcome(BOX_SUPERVISOR, look_who_lives, getpid()), 0);
	assert_int_equal(outcome(BOX_METRICS, look_who_lives, getpid()), 0);
}

/* A program of somebody else's, and what became of it. */
static int start_program(long arguments)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (arguments > 1)
			execl("/usr/bin/unshare", "unshare", "--user", "true", (char *)NULL);
		else
			execl("/bin/true", "true", (char *)NULL);
		_exit(NOT_CLOSED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return NOT_CLOSED;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_the_supervisor_starts_is_closed_in_with_it(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_SUPERVISOR, start_program, 1), 0);
	assert_int_equal(outcome(BOX_SUPERVISOR, start_program, 2), SIGSYS);
}

static void sockets_are_of_few_families(void **state)
{
	(void)state;
	static const enum box wide[] = {BOX_SUPERVISOR, BOX_WORKER, BOX_JOBS};
	static const enum box narrow[] = {BOX_SIGNER, BOX_METRICS};
	static const long others[] = {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH};
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		assert_int_equal(outcome(wide[i], open_socket, AF_UNIX), 0);
		assert_int_equal(outcome(wide[i], open_socket, AF_INET), 0);
		assert_int_equal(outcome(wide[i], open_socket, AF_NETLINK), EAFNOSUPPORT);
	}
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		assert_int_equal(outcome(narrow[i], open_socket, AF_UNIX), 0);
		assert_int_equal(outcome(narrow[i], open_socket, AF_INET), EAFNOSUPPORT);
		assert_int_equal(outcome(narrow[i], open_socket, AF_INET6), EAFNOSUPPORT);
	}
	for (int box = 0; box < BOX_KEYS; box++) {
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			assert_int_equal(outcome((enum box)box, open_socket, others[i]), -SIGSYS);
	}
}

static void *thread_calls(void *ctx)
{
	(void)call(*(const long *)ctx);
	return ctx;
}

/* 0: the thread came to its end. */
static int start_thread(long what)
{
	pthread_t thread;
	void *came = NULL;
	int e = pthread_create(&thread, NULL, thread_calls, &what);
	if (e == 0)
		e = pthread_join(thread, &came);
	return e != 0 || came != &what;
}

static void threads_are_made_and_closed_in_too(void **state)
{
	(void)state;
	for (int box = 0; box < BOX_KEYS; box++) {
		assert_int_equal(outcome((enum box)box, start_thread, __NR_getppid), 0);
		assert_int_equal(outcome((enum box)box, start_thread, __NR_unshare), -SIGSYS);
	}
}

static int resolve(long what)
{
	(void)what;
	struct addrinfo *found = NULL;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int e = getaddrinfo("localhost", "443", &hints, &found);
	if (e == 0)
		freeaddrinfo(found);
	return e != 0;
}

static void names_are_resolved_without_asking_the_kernel_for_routes(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_WORKER, resolve, 0), 0);
	assert_int_equal(outcome(BOX_JOBS, resolve, 0), 0);
}

static int make_namespace(long flags)
{
	long pid = syscall(__NR_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static void nobody_makes_namespaces_and_few_make_children(void **state)
{
	(void)state;
	for (int box = 0; box < BOX_KEYS; box++) {
		assert_int_equal(outcome((enum box)box, make_namespace, CLONE_NEWUSER), -SIGSYS);
		assert_int_equal(outcome((enum box)box, make_namespace, CLONE_NEWNET), -SIGSYS);
	}
	assert_int_equal(outcome(BOX_SUPERVISOR, make_namespace, 0), 0);
	assert_int_equal(outcome(BOX_WORKER, make_namespace, 0), box_is_whole() ? -SIGSYS : 0);
}

static void what_newer_libraries_try_is_refused_and_not_punished(void **state)
{
	(void)state;
	for (int box = 0; box < BOXES; box++) {
		assert_int_equal(outcome((enum box)box, call, __NR_io_uring_setup), ENOSYS);
		assert_int_equal(outcome((enum box)box, call, __NR_clone3), ENOSYS);
		assert_int_equal(outcome((enum box)box, call, __NR_keyctl), EPERM);
		assert_int_equal(outcome((enum box)box, call, __NR_add_key), EPERM);
	}
	assert_int_equal(outcome(BOX_SIGNER, call, __NR_bind), EPERM);
	assert_int_equal(outcome(BOX_SIGNER, call, __NR_accept4), EPERM);
}

static int close_in_more(long what)
{
	return box_close(BOX_SUPERVISOR) ? call(what) : NOT_CLOSED;
}

static void there_is_no_way_back(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_WORKER, close_in_more, __NR_getppid), 0);
	assert_int_equal(outcome(BOX_WORKER, close_in_more, __NR_execve), -SIGSYS);
}

static int is_closed(long what)
{
	(void)what;
	return box_is_closed() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void a_process_knows_that_it_is_closed_in(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_WORKER, is_closed, 0), 1);
}

static int open_file(long what)
{
	(void)what;
	return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static void the_keys_process_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_KEYS, open_file, 0), box_is_whole() ? EPERM : 0);
	assert_int_equal(outcome(BOX_WORKER, open_file, 0), 0);
}

static void calls_by_another_numbering_end_the_process(void **state)
{
	(void)state;
	assert_int_equal(outcome(BOX_WORKER, call, OTHER_ABI | __NR_getppid), -SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dangerous_calls_end_every_process),
		cmocka_unit_test(nobody_looks_into_another_process),
		cmocka_unit_test(no_program_or_door_of_its_own_but_the_supervisor),
		cmocka_unit_test(nobody_sends_signals_but_the_supervisor_and_who_looks_who_lives),
		cmocka_unit_test(what_the_supervisor_starts_is_closed_in_with_it),
		cmocka_unit_test(sockets_are_of_few_families),
		cmocka_unit_test(threads_are_made_and_closed_in_too),
		cmocka_unit_test(names_are_resolved_without_asking_the_kernel_for_routes),
		cmocka_unit_test(nobody_makes_namespaces_and_few_make_children),
		cmocka_unit_test(what_newer_libraries_try_is_refused_and_not_punished),
		cmocka_unit_test(there_is_no_way_back),
		cmocka_unit_test(a_process_knows_that_it_is_closed_in),
		cmocka_unit_test(the_keys_process_opens_nothing),
		cmocka_unit_test(calls_by_another_numbering_end_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
