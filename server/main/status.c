/* luotsid status: what a person at a terminal wants to know first; luotsid reload: asks the
 * supervisor to begin everything again while it serves, and waits until that is done. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "main/board.h"
#include "main/main.h"

enum { SAID_MAX = 1 << 20, MS = 1000, DAY = 86400, HOUR = 3600, MINUTE = 60 };
enum { BACKUP_LATE = 26 * HOUR, CERTIFICATE_SHORT = 14 * DAY, ROUND_LATE = 15 * MINUTE };

static void span_add(struct buf *to, int64_t seconds)
{
	static const struct {
		int64_t size;
		const char *word;
	} units[] = {{DAY, "d"}, {HOUR, "h"}, {MINUTE, "min"}, {1, "s"}};
	size_t i = 0;
	while (i < 3 && seconds < 2 * units[i].size)
		i++;
	buf_addf(to, "%lld %s", (long long)(seconds / units[i].size), units[i].word);
}

static int64_t seconds_since(int64_t ms)
{
	int64_t since = (clock_wall_ms() - ms) / MS;
	return since > 0 ? since : 0;
}

static const char *state_of(const struct meter_page *page)
{
	if (page->values[METER_draining])
		return "draining";
	if (page->values[METER_renewing])
		return "renewing";
	return page->ready_at ? "serving" : "starting";
}

static void row_add(struct buf *to, const struct meter_page *page)
{
	char name[METER_ROLE_SIZE + 24];
	struct buf span = BUF_MAX(64);
	if (page->number)
		(void)snprintf(name, sizeof(name), "%s %lld", page->role, (long long)page->number);
	else
		(void)snprintf(name, sizeof(name), "%s", page->role);
	span_add(&span, seconds_since(page->started_at));
	buf_addf(to, "  %-12s pid %-8lld for %-8s %-9s", name, (long long)page->pid,
		buf_text(&span), state_of(page));
	buf_done(&span);
	if (strcmp(page->role, "worker") == 0)
		buf_addf(to, " %lld connections, %lld requests waiting, %lld faults",
			(long long)page->values[METER_connections],
			(long long)page->values[METER_requests_waiting],
			(long long)page->values[METER_requests_failed]);
	if (page->values[METER_restarts])
		buf_addf(to, " %lld processes ended by themselves",
			(long long)page->values[METER_restarts]);
	buf_add_byte(to, '\n');
}

static bool backup_tell(const struct board *board, struct buf *to)
{
	if (!board->backup_at) {
		buf_add_text(to, "! There is no backup yet (backup_mark).\n");
		return false;
	}
	int64_t since = seconds_since(board->backup_at);
	buf_add_text(to, since > BACKUP_LATE ? "! The last backup is old: " : "  Last backup: ");
	span_add(to, since);
	buf_add_text(to, " ago\n");
	return since <= BACKUP_LATE;
}

static bool certificate_tell(const struct board *board, struct buf *to)
{
	int64_t left = (board->certificate_until - clock_wall_ms()) / MS;
	if (!board->certificate_until) {
		buf_add_text(to, "! The certificate cannot be read (tls_cert).\n");
		return false;
	}
	if (left <= 0) {
		buf_add_text(to, "! The certificate has expired.\n");
		return false;
	}
	buf_add_text(to, left < CERTIFICATE_SHORT ? "! The certificate ends in "
						  : "  Certificate: good for ");
	span_add(to, left);
	buf_add_byte(to, '\n');
	return left >= CERTIFICATE_SHORT;
}

static bool round_tell(const struct board *board, const char *role, struct buf *to)
{
	const struct meter_page *page = board_role(board, role);
	if (!page) {
		buf_addf(to, "! The %s process does not run.\n", role);
		return false;
	}
	int64_t last = page->values[METER_last_round];
	int64_t since = seconds_since(last ? last : page->started_at);
	bool good = since < ROUND_LATE;
	buf_addf(to, "%s Last round of %s: ", good ? " " : "!", role);
	if (last)
		span_add(to, since);
	buf_add_text(to, last ? " ago\n" : "none yet\n");
	return good;
}

static bool refusals_tell(const struct board *board, struct buf *to)
{
	const struct meter_page *signer = board_role(board, "signer");
	const struct meter_page *jobs = board_role(board, "jobs");
	int64_t logs = signer ? signer->values[METER_log_refusals] : 0;
	int64_t faults = jobs ? jobs->values[METER_erasure_faults] : 0;
	if (logs)
		buf_addf(to, "! The signer refused a log %lld times: see log_refused.\n",
			(long long)logs);
	if (faults)
		buf_addf(to, "! The check of erasures found %lld faults: see erasure_fault.\n",
			(long long)faults);
	return !logs && !faults;
}

bool board_tell(const struct board *board, struct buf *to)
{
	bool good = board_serves(board);
	buf_addf(to, "Luotsi %s: %s\n", LUOTSI_VERSION, good ? "serving" : "NOT SERVING");
	for (size_t i = 0; i < board->n; i++)
		row_add(to, &board->pages[i]);
	good = round_tell(board, "jobs", to) && good;
	good = round_tell(board, "signer", to) && good;
	good = backup_tell(board, to) && good;
	good = certificate_tell(board, to) && good;
	return refusals_tell(board, to) && good;
}

int status_run(const struct config *config, const struct options *options)
{
	(void)options;
	struct board *board = MEM_NEW(struct board);
	struct buf said = BUF_MAX(SAID_MAX);
	board_read(config, board);
	bool good = board_tell(board, &said);
	fputs(buf_text(&said), stdout);
	buf_done(&said);
	mem_free(board);
	return good ? EXIT_GOOD : EXIT_BAD;
}

/* The supervisor of now against the one of before: the same process, another page. */
static bool reload_is_over(
	const struct meter_page *before, const struct meter_page *now, const char **ret_said)
{
	bool same = now->started_at == before->started_at;
	bool refused =
		same && now->values[METER_reloads_refused] != before->values[METER_reloads_refused];
	bool stopped = !same && now->values[METER_reloads_refused] > 0;
	if (refused)
		*ret_said = "Refused: the service goes on as it was. Its log says why.";
	else if (stopped)
		*ret_said = "Stopped in the middle: a new process did not come up. See the log.";
	else
		*ret_said = NULL;
	return refused || stopped ||
	       (!same && now->values[METER_reloads] && !now->values[METER_renewing]);
}

static int reload_wait(const char *file, const struct meter_page *before)
{
	enum { LOOK_US = 50000, LOOKS = 20 * 600 };
	const char *said;
	struct meter_page now;
	for (int i = 0; i < LOOKS; i++) {
		if (meter_read(file, &now) == ERR_OK && reload_is_over(before, &now, &said)) {
			puts(said ? said : "Reloaded: every process is new.");
			return said ? EXIT_BAD : EXIT_GOOD;
		}
		(void)usleep(LOOK_US);
	}
	puts("Not finished in ten minutes: see the log.");
	return EXIT_BAD;
}

int reload_run(const struct config *config, const struct options *options)
{
	enum { PATH_SIZE = 400 };
	(void)options;
	char file[PATH_SIZE];
	struct meter_page before;
	(void)snprintf(file, sizeof(file), "%s/supervisor-0.meter", config->status_dir);
	if (meter_read(file, &before) != ERR_OK || before.pid <= 1 ||
		kill((pid_t)before.pid, SIGHUP) != 0) {
		fprintf(stderr,
			"There is no service that could be reloaded, or it is another user's.\n");
		return EXIT_BAD;
	}
	return reload_wait(file, &before);
}
