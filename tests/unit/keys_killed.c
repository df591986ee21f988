/* The making and the rotation of keys, by a process that is killed before each of its system calls
 * that change anything: whatever is left of it loads, and repeated to the end it is what it would
 * have been. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "keys/vault.h"
#include "unit.h"

enum { SAID_MAX = 4096, MOST = 500, DONE = 0, FAILED = 1 };

static const struct id org = {{1}};
static const struct field_context context = {KEYS_EMAIL, &org, 1};

static _Noreturn void child_make(const char *dir, bool next)
{
	struct buf said = BUF_MAX(SAID_MAX);
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	(void)raise(SIGSTOP);
	_exit(vault_make(dir, next, &said) == ERR_OK ? DONE : FAILED);
}

/* It is about to change something on the disk. */
static bool changes(pid_t pid)
{
	struct __ptrace_syscall_info info;
	long n = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);
	assert_true(n > 0);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	switch (info.entry.nr) {
#ifdef SYS_unlink
	case SYS_unlink:
#endif
	case SYS_unlinkat:
	case SYS_write:
	case SYS_fsync:
	case SYS_renameat2:
		return true;
	case SYS_openat:
		return (info.entry.args[2] & O_CREAT) != 0;
	default:
		return false;
	}
}

/* Killed before its n-th change; true when it had fewer and came to its end. */
static bool make_killed(const char *dir, bool next, unsigned n)
{
	pid_t pid = fork();
	int status = 0;
	assert_true(pid >= 0);
	if (pid == 0)
		child_make(dir, next);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL,
				 (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
		0);
	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), DONE);
			return true;
		}
		if (changes(pid) && n-- == 0)
			break;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return false;
}

struct room {
	char dir[32];
};

static void room_begin(struct room *r)
{
	memcpy(r->dir, "/tmp/luotsi-kill-XXXXXX", sizeof("/tmp/luotsi-kill-XXXXXX"));
	assert_non_null(mkdtemp(r->dir));
}

/* Removes it; gives how many files there were. */
static size_t room_end(const struct room *r)
{
	DIR *dir = opendir(r->dir);
	size_t n = 0;
	assert_non_null(dir);
	for (const struct dirent *file; (file = readdir(dir));) {
		if (file->d_name[0] == '.')
			continue;
		assert_int_equal(unlinkat(dirfd(dir), file->d_name, 0), 0);
		n++;
	}
	closedir(dir);
	assert_int_equal(rmdir(r->dir), 0);
	return n;
}

static struct vault *loaded(const struct room *r)
{
	AUTO(buf) struct buf why = BUF_MAX(SAID_MAX);
	struct vault *vault = NULL;
	assert_ok(vault_load(r->dir, &vault, &why));
	return vault;
}

static void keys_whose_making_was_killed_are_made_by_the_next(void **state)
{
	(void)state;
	unsigned n = 0;
	for (bool ended = false; !ended && n < MOST; n++) {
		struct room r;
		AUTO(buf) struct buf said = BUF_MAX(SAID_MAX);
		room_begin(&r);
		ended = make_killed(r.dir, false, n);
		assert_ok(vault_make(r.dir, false, &said));
		AUTO(vault) struct vault *vault = loaded(&r);
		assert_int_equal(vault_index_version(vault), 1);
		assert_int_equal(room_end(&r), 3);
	}
	assert_true(n > 12 && n < MOST);
}

/* The version that a field is sealed under now. */
static int sealed_version(const struct vault *vault)
{
	AUTO(buf) struct buf sealed = BUF_MAX(SAID_MAX);
	vault_seal(vault, &context, SLICE_LIT("x"), &sealed);
	return sealed.p[4];
}

static void a_rotation_that_was_killed_loads_and_is_finished_by_the_next_which_is_the_same(
	void **state)
{
	(void)state;
	unsigned n = 0;
	for (bool ended = false; !ended && n < MOST; n++) {
		struct room r;
		AUTO(buf) struct buf said = BUF_MAX(SAID_MAX);
		AUTO(buf) struct buf before = BUF_MAX(SAID_MAX);
		AUTO(buf) struct buf opened = BUF_MAX(SAID_MAX);
		room_begin(&r);
		assert_ok(vault_make(r.dir, false, &said));
		AUTO(vault) struct vault *old = loaded(&r);
		vault_seal(old, &context, SLICE_LIT("a@b.example"), &before);
		ended = make_killed(r.dir, true, n);
		AUTO(vault) struct vault *half = loaded(&r);
		assert_true(vault_index_version(half) <= 2 && sealed_version(half) <= 2);
		if (!ended)
			assert_ok(vault_make(r.dir, true, &said));
		AUTO(vault) struct vault *whole = loaded(&r);
		assert_int_equal(vault_index_version(whole), 2);
		assert_int_equal(sealed_version(whole), 2);
		assert_ok(vault_open(whole, &context, buf_slice(&before), &opened));
		assert_int_equal(room_end(&r), 6);
	}
	assert_true(n > 16 && n < MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keys_whose_making_was_killed_are_made_by_the_next),
		T(a_rotation_that_was_killed_loads_and_is_finished_by_the_next_which_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
