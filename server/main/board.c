/* The pages of all processes, read from their files; and what lies on the disk and matters as much:
 * when the last backup was made, and until when the certificate is good. */
#include "main/board.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crypt.h"
#include "keys/file.h"

enum { PEM_MAX = 1 << 20, MS = 1000 };

static int by_role(const void *a, const void *b)
{
	const struct meter_page *one = a, *other = b;
	int order = strcmp(one->role, other->role);
	if (order)
		return order;
	return (one->number > other->number) - (one->number < other->number);
}

/* A process that was killed leaves its page behind. */
static bool is_alive(int64_t pid)
{
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

static void board_add(struct board *board, const char *dir, const char *name)
{
	struct file_name path;
	struct meter_page *page = &board->pages[board->n];
	size_t n = strlen(name);
	static const char end[] = ".meter";
	if (n < sizeof(end) || strcmp(name + n - (sizeof(end) - 1), end) != 0 ||
		board->n == BOARD_MOST)
		return;
	if (file_name_make(dir, name, &path) == ERR_OK && meter_read(path.text, page) == ERR_OK &&
		is_alive(page->pid))
		board->n++;
}

static int64_t file_changed_at(const char *path)
{
	struct stat found;
	if (!path[0] || stat(path, &found) != 0)
		return 0;
	return (int64_t)found.st_mtim.tv_sec * MS;
}

static int64_t certificate_until(const char *path)
{
	int64_t until = 0;
	struct buf pem = BUF_MAX(PEM_MAX);
	if (file_read(path, &pem) != ERR_OK ||
		crypt_certificate_until(buf_slice(&pem), &until) != ERR_OK)
		until = 0;
	buf_wipe(&pem);
	return until * MS;
}

void board_read(const struct config *config, struct board *ret)
{
	*ret = (struct board){.backup_at = file_changed_at(config->backup_mark),
		.certificate_until = certificate_until(config->tls_cert)};
	DIR *dir = opendir(config->status_dir);
	if (!dir)
		return;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		board_add(ret, config->status_dir, entry->d_name);
	closedir(dir);
	qsort(ret->pages, ret->n, sizeof(ret->pages[0]), by_role);
}

const struct meter_page *board_role(const struct board *board, const char *role)
{
	for (size_t i = 0; i < board->n; i++) {
		if (strcmp(board->pages[i].role, role) == 0)
			return &board->pages[i];
	}
	return NULL;
}

bool board_serves(const struct board *board)
{
	const struct meter_page *keys = board_role(board, "keys");
	bool worker = false;
	for (size_t i = 0; i < board->n; i++) {
		const struct meter_page *page = &board->pages[i];
		worker = worker || (strcmp(page->role, "worker") == 0 && page->ready_at &&
					   !page->values[METER_draining]);
	}
	return worker && keys && keys->ready_at;
}

static const char *const kind_words[] = {"counter", "gauge", "gauge"};

/* Numbers of milliseconds as seconds. */
static void seconds_write(struct buf *to, int64_t ms)
{
	buf_addf(to, " %lld.%03lld\n", (long long)(ms / MS), (long long)(ms % MS));
}

static void head_write_one(
	struct buf *to, const char *name, const char *end, const char *help, const char *kind)
{
	buf_addf(to, "# HELP luotsi_%s%s %s\n# TYPE luotsi_%s%s %s\n", name, end, help, name, end,
		kind);
}

static void process_write(
	struct buf *to, const char *name, const char *end, const struct meter_page *page)
{
	buf_addf(to, "luotsi_%s%s{role=\"%s\",number=\"%lld\"}", name, end, page->role,
		(long long)page->number);
}

static void meter_write(const struct board *board, size_t which, struct buf *to)
{
	const struct meter_row *row = &meter_rows[which];
	static const char *const ends[] = {"_total", "", "_seconds"};
	head_write_one(to, row->name, ends[row->kind], row->help, kind_words[row->kind]);
	for (size_t i = 0; i < board->n; i++) {
		const struct meter_page *page = &board->pages[i];
		process_write(to, row->name, ends[row->kind], page);
		if (row->kind == METER_IS_MOMENT)
			seconds_write(to, page->values[which]);
		else
			buf_addf(to, " %lld\n", (long long)page->values[which]);
	}
}

void board_write(const struct board *board, struct buf *to)
{
	head_write_one(to, "serving", "", "1 when the service can answer.", "gauge");
	buf_addf(to, "luotsi_serving %d\n", board_serves(board));
	head_write_one(to, "last_backup_seconds", "",
		"When the last backup was made; 0: not known.", "gauge");
	buf_add_text(to, "luotsi_last_backup_seconds");
	seconds_write(to, board->backup_at);
	head_write_one(to, "certificate_until_seconds", "",
		"Until when the certificate is good; 0: not known.", "gauge");
	buf_add_text(to, "luotsi_certificate_until_seconds");
	seconds_write(to, board->certificate_until);
	head_write_one(to, "process_started_seconds", "", "When the process began.", "gauge");
	for (size_t i = 0; i < board->n; i++) {
		process_write(to, "process_started_seconds", "", &board->pages[i]);
		seconds_write(to, board->pages[i].started_at);
	}
	head_write_one(to, "process_ready", "", "1 when the process serves.", "gauge");
	for (size_t i = 0; i < board->n; i++) {
		process_write(to, "process_ready", "", &board->pages[i]);
		buf_addf(to, " %d\n", board->pages[i].ready_at != 0);
	}
	for (size_t i = 0; i < METER_COUNT; i++)
		meter_write(board, i, to);
}
