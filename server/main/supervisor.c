/* Starts the workers and the jobs process from this same program, and starts again what dies: at
 * once, and ever more slowly when it dies right away. A child dies with its parent
 * (PR_SET_PDEATHSIG), so that nothing survives a kill -9 of the supervisor. A child that says
 * EXIT_SETUP before anything ever worked means that no start can succeed: then everything stops,
 * with the sentence in the log. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/loop.h"
#include "main/main.h"

enum {
	QUICK_MS = 3000,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 5000,
	KILL_GRACE_MS = 3000,
	IMPATIENT_MS = 1000
};

struct supervisor;

struct child {
	struct supervisor *supervisor;
	unsigned number; /* 0: jobs */
	pid_t pid;       /* 0: not running */
	int fd;
	uint64_t started_at;
	unsigned backoff_ms;
	struct timer *restart;
};

struct supervisor {
	const struct config *config;
	const char *settings_file;
	struct loop *loop;
	struct child *children;
	size_t n;
	int *fds;
	struct timer *kill;
	uint64_t stopping_since;
	bool stopping, proven;
	int exit_code;
};

static _Noreturn void child_exec(const struct child *c, pid_t parent)
{
	char number[16], fd[16];
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(EXIT_BAD);
	(void)snprintf(number, sizeof(number), "%u", c->number);
	/* A copy does not close on exec. */
	(void)snprintf(fd, sizeof(fd), "%d", c->number ? dup(c->fd) : 0);
	const char *file = c->supervisor->settings_file;
	if (c->number)
		execl("/proc/self/exe", "luotsid", "worker", "-c", file, "-n", number, "-f", fd,
			(char *)NULL);
	else
		execl("/proc/self/exe", "luotsid", "jobs", "-c", file, (char *)NULL);
	_exit(EXIT_BAD);
}

static void child_start(void *ctx)
{
	struct child *c = ctx;
	if (c->supervisor->stopping || c->pid)
		return;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		child_exec(c, parent);
	c->started_at = clock_mono_ms();
	c->pid = pid > 0 ? pid : 0;
	if (pid < 0)
		timer_start(c->restart, BACKOFF_MAX_MS, 0);
	else
		log_info("started", LOG_N("worker", c->number), LOG_N("pid", pid));
}

static bool supervisor_is_empty(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid)
			return false;
	}
	return true;
}

static void supervisor_signal(struct supervisor *s, int signal_number)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid)
			(void)kill(s->children[i].pid, signal_number);
	}
}

static void supervisor_kill(void *ctx)
{
	log_warn("stragglers_killed");
	supervisor_signal(ctx, SIGKILL);
}

static void supervisor_stop(void *ctx)
{
	struct supervisor *s = ctx;
	/* The same wish often comes twice at once, from a terminal and from a script. */
	if (s->stopping && clock_mono_ms() > s->stopping_since + IMPATIENT_MS)
		supervisor_kill(s);
	if (s->stopping)
		return;
	s->stopping = true;
	s->stopping_since = clock_mono_ms();
	log_info("stopping");
	supervisor_signal(s, SIGTERM);
	timer_start(s->kill, (uint64_t)s->config->drain_seconds * 1000 + KILL_GRACE_MS, 0);
	if (supervisor_is_empty(s))
		loop_stop(s->loop);
}

static void child_ended(struct child *c, int status)
{
	struct supervisor *s = c->supervisor;
	uint64_t lived = clock_mono_ms() - c->started_at;
	c->pid = 0;
	if (s->stopping)
		return;
	log_warn("died", LOG_N("worker", c->number), LOG_N("lived_ms", lived),
		LOG_N("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		LOG_N("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	s->proven = s->proven || lived >= QUICK_MS;
	if (!s->proven && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SETUP) {
		s->exit_code = EXIT_SETUP;
		supervisor_stop(s);
		return;
	}
	c->backoff_ms =
		lived >= QUICK_MS ? 0 : num_max(BACKOFF_FIRST_MS, c->backoff_ms * 2u) & UINT32_MAX;
	c->backoff_ms = (unsigned)num_min(c->backoff_ms, BACKOFF_MAX_MS);
	timer_start(c->restart, c->backoff_ms, 0);
}

static void supervisor_reap(void *ctx)
{
	struct supervisor *s = ctx;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < s->n; i++) {
			if (s->children[i].pid == pid)
				child_ended(&s->children[i], status);
		}
	}
	if (s->stopping && supervisor_is_empty(s))
		loop_stop(s->loop);
}

/* The same short hashes in the log of every process of this run. */
static void supervisor_make_log_key(void)
{
	uint8_t key[24];
	char text[33] = {0};
	crypt_random(key, sizeof(key));
	b64_encode(slice_of(key, sizeof(key)), text);
	(void)setenv("LUOTSI_LOG_KEY", text, 1);
}

static void supervisor_start(struct supervisor *s)
{
	s->kill = timer_new(s->loop, supervisor_kill, s);
	loop_on_signal(s->loop, SIGCHLD, supervisor_reap, s);
	loop_on_signal(s->loop, SIGTERM, supervisor_stop, s);
	loop_on_signal(s->loop, SIGINT, supervisor_stop, s);
	for (size_t i = 0; i < s->n; i++) {
		struct child *c = &s->children[i];
		c->supervisor = s;
		c->number = (unsigned)i;
		c->fd = i ? s->fds[i - 1] : -1;
		c->restart = timer_new(s->loop, child_start, c);
		child_start(c);
	}
	/* Signals alone do not keep a loop alive. */
	struct timer *awake = timer_new(s->loop, supervisor_reap, s);
	timer_start(awake, 1000, 1000);
	loop_run(s->loop);
	timer_free(&awake);
	for (size_t i = 0; i < s->n; i++)
		timer_free(&s->children[i].restart);
	timer_free(&s->kill);
}

int supervisor_run(const struct config *config, const char *settings_file)
{
	supervisor_make_log_key();
	settings_use_log(config, "supervisor");
	struct supervisor s = {
		.config = config, .settings_file = settings_file, .n = (size_t)config->workers + 1};
	s.fds = mem_array((size_t)config->workers, sizeof(int));
	for (int i = 0; i < config->workers; i++)
		s.fds[i] = -1;
	s.children = mem_array(s.n, sizeof(struct child));
	s.exit_code = EXIT_SETUP;
	if (sockets_open(config, s.fds) == ERR_OK) {
		s.exit_code = EXIT_GOOD;
		s.loop = loop_new();
		supervisor_start(&s);
		loop_free(&s.loop);
	}
	sockets_close(config, s.fds);
	mem_free(s.fds);
	mem_free(s.children);
	return s.exit_code;
}
