/* Begins everything again while it serves. First the program that is on the disk now is asked, as a
 * process of its own, whether it accepts the settings and what it would be handed over; only then
 * this process becomes it, by exec: number, children and sockets stay. Then one child after the
 * other is asked to go, and its successor must serve before the next one's turn. A successor that
 * does not come up stops the renewal where it is: the others serve on as they were. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/meter.h"
#include "main/supervisor.h"

enum { RENEWAL_LOOK_MS = 20, COME_UP_MS = 60000, GO_GRACE_MS = 5000, FILE_SIZE = 400 };

static void renewal_refused(const char *why)
{
	meter_add(METER_reloads_refused, 1);
	log_error("reload_refused", LOG_W("why", why));
}

static _Noreturn void renewal_try(const struct supervisor *s)
{
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(s->program, "luotsid", "check", "-c", s->settings_file, (char *)NULL);
	_exit(EXIT_BAD);
}

void renewal_ask(void *ctx)
{
	struct supervisor *s = ctx;
	struct renewal *r = &s->renewal;
	if (s->stopping || r->asking || r->goes_on) {
		renewal_refused("another_one_goes_on");
		return;
	}
	int fd = handover_write(s);
	pid_t pid = fd >= 0 ? fork() : -1;
	if (pid == 0)
		renewal_try(s);
	handover_forget(fd);
	if (pid < 0)
		renewal_refused("no_memory");
	else
		r->asking = pid;
}

/* Signals that come while there is no program to hear them wait for the next one. */
static void renewal_exec(struct supervisor *s)
{
	sigset_t later, before;
	sigemptyset(&later);
	sigaddset(&later, SIGTERM);
	sigaddset(&later, SIGINT);
	sigaddset(&later, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &later, &before);
	int fd = handover_write(s);
	handover_keep(s, true);
	log_info("reloading");
	if (fd >= 0)
		execl(s->program, "luotsid", "run", "-c", s->settings_file, (char *)NULL);
	handover_keep(s, false);
	handover_forget(fd);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	renewal_refused("not_executed");
}

void renewal_ended(struct supervisor *s, pid_t pid, int status)
{
	struct renewal *r = &s->renewal;
	if (pid != r->asking)
		return;
	r->asking = 0;
	if (s->stopping)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_GOOD)
		renewal_exec(s);
	else
		renewal_refused("settings_or_program");
}

static void renewal_over(struct supervisor *s)
{
	s->renewal.goes_on = false;
	s->renewal.child = NULL;
	meter_set(METER_renewing, 0);
	timer_stop(s->renewal.look);
}

static void renewal_stopped(struct supervisor *s)
{
	const struct child *c = s->renewal.child;
	meter_add(METER_reloads_refused, 1);
	log_error("reload_stopped", LOG_W("role", child_role(c)), LOG_N("worker", c->number));
	renewal_over(s);
}

/* Not by the clock: by what the child says of itself. */
static bool child_serves(const struct child *c)
{
	char file[FILE_SIZE];
	struct meter_page page;
	child_meter_file(c, file, sizeof(file));
	return c->pid && meter_read(file, &page) == ERR_OK && page.pid == c->pid && page.ready_at;
}

static void renewal_next(struct supervisor *s)
{
	struct renewal *r = &s->renewal;
	for (size_t i = 0; i < s->n && !r->child; i++) {
		if (s->children[i].old && s->children[i].pid)
			r->child = &s->children[i];
	}
	if (!r->child) {
		log_info("renewed");
		renewal_over(s);
		return;
	}
	r->since = clock_mono_ms();
	(void)kill(r->child->pid, SIGTERM);
}

static void renewal_look(void *ctx)
{
	struct supervisor *s = ctx;
	struct renewal *r = &s->renewal;
	struct child *c = r->child;
	uint64_t waited = clock_mono_ms() - r->since;
	if (s->stopping) {
		renewal_over(s);
	} else if (!c) {
		renewal_next(s);
	} else if (c->old) {
		if (waited > (uint64_t)s->config->drain_seconds * 1000 + GO_GRACE_MS)
			(void)kill(c->pid, SIGKILL);
	} else if (child_serves(c)) {
		r->child = NULL;
		renewal_next(s);
	} else if (!c->pid || waited > COME_UP_MS) {
		renewal_stopped(s);
	}
}

bool renewal_expects(const struct supervisor *s, const struct child *c)
{
	return s->renewal.child == c && c->old;
}

void renewal_begin(struct supervisor *s)
{
	s->renewal.look = timer_new(s->loop, renewal_look, s);
	if (!s->taken_over)
		return;
	s->renewal.goes_on = true;
	meter_add(METER_reloads, 1);
	meter_set(METER_renewing, 1);
	timer_start(s->renewal.look, 0, RENEWAL_LOOK_MS);
}

void renewal_done(struct supervisor *s)
{
	timer_free(&s->renewal.look);
}
