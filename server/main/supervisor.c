/* Starts the keys process, the jobs process, the signer and the workers from this same program, and
 * starts again what dies: at once, and ever more slowly when it dies right away. A child dies with
 * its parent (PR_SET_PDEATHSIG), so that nothing survives a kill -9 of the supervisor. A child that
 * says EXIT_SETUP before anything ever worked means that no start can succeed: then everything
 * stops, with the sentence in the log. */
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
	IMPATIENT_MS = 1000,
	TOKEN_SIZE = 32,
	TOKEN_TEXT = 43,
	SINGLE = 3 /* keys, jobs and signer stand in front of the workers */
};

struct supervisor;

enum role { ROLE_KEYS, ROLE_JOBS, ROLE_SIGNER, ROLE_WORKER };
static const char *const role_words[] = {"keys", "jobs", "signer", "worker"};

struct child {
	struct supervisor *supervisor;
	enum role role;
	unsigned number; /* of a worker, from 1 */
	pid_t pid;       /* 0: not running */
	int fd;          /* -1: the role needs none */
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
	int *fds, keys_fd;
	struct timer *kill;
	uint64_t stopping_since;
	bool stopping, proven;
	int exit_code;
	char jobs_token[TOKEN_TEXT + 1];
};

static _Noreturn void child_exec(const struct child *c, pid_t parent)
{
	char number[16], fd[16];
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(EXIT_BAD);
	if (c->role == ROLE_KEYS || c->role == ROLE_JOBS)
		(void)setenv(KEYS_TOKEN_ENV, c->supervisor->jobs_token, 1);
	(void)snprintf(number, sizeof(number), "%u", c->number);
	/* A copy does not close on exec. */
	(void)snprintf(fd, sizeof(fd), "%d", c->fd >= 0 ? dup(c->fd) : 0);
	const char *file = c->supervisor->settings_file, *role = role_words[c->role];
	if (c->fd >= 0)
		execl("/proc/self/exe", "luotsid", role, "-c", file, "-n", number, "-f", fd,
			(char *)NULL);
	else
		execl("/proc/self/exe", "luotsid", role, "-c", file, (char *)NULL);
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
		log_info("started", LOG_W("role", role_words[c->role]), LOG_N("worker", c->number),
			LOG_N("pid", pid));
}

static bool supervisor_is_empty(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid)
			return false;
	}
	return true;
}

/* Who is answered to the end may still need a key: the keys process goes when it is alone. */
static void supervisor_stop_keys(struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid && s->children[i].role != ROLE_KEYS)
			return;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid)
			(void)kill(s->children[i].pid, SIGTERM);
	}
}

static void supervisor_kill(void *ctx)
{
	struct supervisor *s = ctx;
	log_warn("stragglers_killed");
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid)
			(void)kill(s->children[i].pid, SIGKILL);
	}
}

/* Drains whoever serves; what is left goes with the last of them. */
static void supervisor_drain(struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].pid && s->children[i].role != ROLE_KEYS)
			(void)kill(s->children[i].pid, SIGTERM);
	}
	supervisor_stop_keys(s);
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
	supervisor_drain(s);
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
	log_warn("died", LOG_W("role", role_words[c->role]), LOG_N("worker", c->number),
		LOG_N("lived_ms", lived),
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
	if (s->stopping)
		supervisor_stop_keys(s);
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

static void supervisor_make_jobs_token(struct supervisor *s)
{
	uint8_t token[TOKEN_SIZE];
	crypt_random(token, sizeof(token));
	b64_encode(slice_of(token, sizeof(token)), s->jobs_token);
}

static void child_init(struct supervisor *s, size_t i)
{
	struct child *c = &s->children[i];
	c->supervisor = s;
	c->role = i < SINGLE ? (enum role)i : ROLE_WORKER;
	c->number = i < SINGLE ? 0 : (unsigned)(i - SINGLE + 1);
	c->fd = c->role == ROLE_KEYS ? s->keys_fd : -1;
	if (c->role == ROLE_WORKER)
		c->fd = s->fds[i - SINGLE];
	c->restart = timer_new(s->loop, child_start, c);
}

static void supervisor_start(struct supervisor *s)
{
	s->kill = timer_new(s->loop, supervisor_kill, s);
	loop_on_signal(s->loop, SIGCHLD, supervisor_reap, s);
	loop_on_signal(s->loop, SIGTERM, supervisor_stop, s);
	loop_on_signal(s->loop, SIGINT, supervisor_stop, s);
	for (size_t i = 0; i < s->n; i++) {
		child_init(s, i);
		child_start(&s->children[i]);
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
	struct supervisor s = {.config = config,
		.settings_file = settings_file,
		.n = (size_t)config->workers + SINGLE,
		.keys_fd = -1};
	supervisor_make_jobs_token(&s);
	s.fds = mem_array((size_t)config->workers, sizeof(int));
	for (int i = 0; i < config->workers; i++)
		s.fds[i] = -1;
	s.children = mem_array(s.n, sizeof(struct child));
	s.exit_code = EXIT_SETUP;
	if (sockets_open(config, s.fds) == ERR_OK &&
		sockets_open_keys(config, &s.keys_fd) == ERR_OK) {
		s.exit_code = EXIT_GOOD;
		s.loop = loop_new();
		supervisor_start(&s);
		loop_free(&s.loop);
	}
	sockets_close(config, s.fds);
	sockets_close_keys(config, s.keys_fd);
	mem_free(s.fds);
	mem_free(s.children);
	return s.exit_code;
}
