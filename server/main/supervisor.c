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
#include "base/meter.h"
#include "base/num.h"
#include "main/role.h"
#include "main/supervisor.h"

enum {
	QUICK_MS = 3000,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 5000,
	KILL_GRACE_MS = 3000,
	IMPATIENT_MS = 1000,
	TOKEN_SIZE = 32,
	PROGRAM_SIZE = 4096
};

static const char *const role_words[] = {"keys", "jobs", "signer", "metrics", "worker"};

const char *child_role(const struct child *c)
{
	return role_words[c->role];
}

void child_meter_file(const struct child *c, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/%s-%u.meter", c->supervisor->config->status_dir,
		role_words[c->role], c->number);
}

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

void child_start(void *ctx)
{
	struct child *c = ctx;
	bool unwanted = c->role == ROLE_METRICS && c->fd < 0;
	if (c->supervisor->stopping || c->pid || unwanted)
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
	bool expected = renewal_expects(s, c);
	pid_t pid = c->pid;
	c->pid = 0;
	c->old = false;
	if (s->stopping)
		return;
	if (expected) {
		s->renewal.since = clock_mono_ms();
		child_start(c);
		return;
	}
	meter_add(METER_restarts, 1);
	log_warn("died", LOG_W("role", role_words[c->role]), LOG_N("worker", c->number),
		LOG_N("lived_ms", lived),
		LOG_N("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		LOG_N("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error("forbidden_call", LOG_W("role", role_words[c->role]),
			LOG_N("worker", c->number), LOG_N("pid", pid));
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
		renewal_ended(s, pid, status);
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
	if (c->role == ROLE_METRICS)
		c->fd = s->metrics_fd;
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
	loop_on_signal(s->loop, SIGHUP, renewal_ask, s);
	for (size_t i = 0; i < s->n; i++) {
		child_init(s, i);
		child_start(&s->children[i]);
	}
	renewal_begin(s);
	role_ready();
	sigset_t none; /* what came while this program was being exchanged is heard now */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Signals alone do not keep a loop alive. */
	struct timer *awake = timer_new(s->loop, supervisor_reap, s);
	timer_start(awake, 1000, 1000);
	loop_run(s->loop);
	timer_free(&awake);
	for (size_t i = 0; i < s->n; i++)
		timer_free(&s->children[i].restart);
	renewal_done(s);
	timer_free(&s->kill);
}

static char *supervisor_program(void)
{
	char *program = mem_array(PROGRAM_SIZE, 1);
	if (readlink("/proc/self/exe", program, PROGRAM_SIZE - 1) < 0)
		(void)snprintf(program, PROGRAM_SIZE, "/proc/self/exe");
	return program;
}

/* Whether there was a program before this one in the same process, or everything is new. */
static enum err supervisor_open(struct supervisor *s)
{
	int before = handover_fd();
	if (before >= 0) {
		s->taken_over = s->proven = true;
		return handover_read(s, before);
	}
	supervisor_make_log_key();
	supervisor_make_jobs_token(s);
	TRY(sockets_open(s->config, s->fds));
	TRY(sockets_open_keys(s->config, &s->keys_fd));
	return sockets_open_metrics(s->config, &s->metrics_fd);
}

int supervisor_run(const struct config *config, const char *settings_file)
{
	struct supervisor s = {.config = config,
		.settings_file = settings_file,
		.program = supervisor_program(),
		.n = (size_t)config->workers + SINGLE,
		.keys_fd = -1,
		.metrics_fd = -1};
	s.fds = mem_array((size_t)config->workers, sizeof(int));
	for (int i = 0; i < config->workers; i++)
		s.fds[i] = -1;
	s.children = mem_array(s.n, sizeof(struct child));
	s.exit_code = EXIT_SETUP;
	enum err e = supervisor_open(&s);
	role_begin(config, "supervisor", 0);
	/* What this process was before has closed itself in: filters add up, and have a ceiling. */
	if (!s.taken_over || !box_is_closed())
		role_close_in(BOX_SUPERVISOR);
	if (e == ERR_OK) {
		s.exit_code = EXIT_GOOD;
		s.loop = loop_new();
		supervisor_start(&s);
		loop_free(&s.loop);
	}
	sockets_close(config, s.fds);
	sockets_close_local(config->keys_socket, s.keys_fd);
	sockets_close_local(config->metrics_socket, s.metrics_fd);
	role_end();
	crypt_wipe(s.jobs_token, sizeof(s.jobs_token));
	mem_free(s.fds);
	mem_free(s.children);
	mem_free(s.program);
	return s.exit_code;
}
