/* What one supervisor leaves to the next, which is the same process with another program: lines of
 * text in memory that has a descriptor and no name, because the token in it is for two processes
 * only. First come the settings that belong to open sockets, which cannot change on the way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "keys/file.h"
#include "main/supervisor.h"

#define HANDOVER_ENV "LUOTSI_HANDOVER"
#define HANDOVER_FIRST "luotsi handover 1\n"
enum { HANDOVER_MAX = 1 << 16 };

struct fixed {
	const char *name, *text;
	int64_t number;
};
enum { N_FIXED = 7 };

static void fixed_of(const struct config *c, struct fixed ret[static N_FIXED])
{
	const struct fixed rows[N_FIXED] = {{"listen_address", c->listen_address, 0},
		{"port", "", c->port}, {"workers", "", c->workers}, {"edge", "", c->edge},
		{"edge_socket_dir", c->edge_socket_dir, 0}, {"keys_socket", c->keys_socket, 0},
		{"metrics_socket", c->metrics_socket, 0}};
	memcpy(ret, rows, sizeof(rows));
}

static void fixed_write(const struct fixed *f, struct buf *to)
{
	buf_addf(to, "%s %lld %s\n", f->name, (long long)f->number, f->text);
}

static void fd_keep(int fd, bool keep)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static int memory_of(struct slice text)
{
	int fd = memfd_create("luotsi-handover", 0);
	if (fd < 0)
		return -1;
	if (write(fd, text.p, text.n) == (ssize_t)text.n && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

int handover_write(const struct supervisor *s)
{
	struct fixed rows[N_FIXED];
	char number[16];
	struct buf text = BUF_MAX(HANDOVER_MAX);
	buf_add_text(&text, HANDOVER_FIRST);
	fixed_of(s->config, rows);
	for (size_t i = 0; i < N_FIXED; i++)
		fixed_write(&rows[i], &text);
	buf_addf(&text, "%s\n", s->jobs_token);
	for (size_t i = 0; i < s->n; i++) {
		const struct child *c = &s->children[i];
		buf_addf(&text, "%d %d\n", (int)c->pid, c->fd);
	}
	int fd = buf_check(&text) == ERR_OK ? memory_of(buf_slice(&text)) : -1;
	buf_wipe(&text);
	(void)snprintf(number, sizeof(number), "%d", fd);
	if (fd >= 0)
		(void)setenv(HANDOVER_ENV, number, 1);
	return fd;
}

void handover_forget(int fd)
{
	(void)unsetenv(HANDOVER_ENV);
	if (fd >= 0)
		close(fd);
}

void handover_keep(const struct supervisor *s, bool keep)
{
	for (size_t i = 0; i < s->n; i++)
		fd_keep(s->children[i].fd, keep);
}

int handover_fd(void)
{
	uint64_t fd;
	const char *said = getenv(HANDOVER_ENV);
	bool good = said && num_parse_u64(slice_text(said), INT32_MAX, &fd);
	(void)unsetenv(HANDOVER_ENV);
	return good ? (int)fd : -1;
}

static enum err handover_text(int fd, struct buf *ret)
{
	uint8_t piece[4096];
	ssize_t n;
	for (off_t at = 0; (n = pread(fd, piece, sizeof(piece), at)) > 0; at += n)
		buf_add(ret, slice_of(piece, (size_t)n));
	return n < 0 ? ERR_INTERNAL : buf_check(ret);
}

/* Takes the first lines off; false: they are others. ret_which: the setting that differs. */
static bool fixed_match(const struct config *config, struct slice *rest, const char **ret_which)
{
	struct fixed rows[N_FIXED];
	struct slice line;
	*ret_which = "none";
	if (!slice_starts(*rest, SLICE_LIT(HANDOVER_FIRST)))
		return false;
	*rest = slice_from(*rest, sizeof(HANDOVER_FIRST) - 1);
	fixed_of(config, rows);
	for (size_t i = 0; i < N_FIXED; i++) {
		struct buf wanted = BUF_MAX(HANDOVER_MAX);
		fixed_write(&rows[i], &wanted);
		bool same = slice_next(rest, '\n', &line) && line.n + 1 == wanted.n &&
			    memcmp(line.p, wanted.p, line.n) == 0;
		buf_done(&wanted);
		*ret_which = rows[i].name;
		if (!same)
			return false;
	}
	return true;
}

enum err handover_check(const struct config *config, int fd)
{
	const char *which;
	struct buf text = BUF_MAX(HANDOVER_MAX);
	enum err e = handover_text(fd, &text);
	struct slice rest = buf_slice(&text);
	if (e == ERR_OK && !fixed_match(config, &rest, &which)) {
		fprintf(stderr,
			"%s cannot change while the service runs: stop it and start it again.\n",
			which);
		e = ERR_CONFLICT;
	}
	buf_wipe(&text);
	return e;
}

static bool child_read(struct slice *rest, struct child *c)
{
	struct slice pid, fd;
	int64_t found_pid, found_fd;
	if (!slice_next(rest, ' ', &pid) || !slice_next(rest, '\n', &fd) ||
		!num_parse_i64(pid, &found_pid) || !num_parse_i64(fd, &found_fd))
		return false;
	c->pid = (pid_t)found_pid;
	c->fd = (int)found_fd;
	c->old = true;
	fd_keep(c->fd, false);
	return true;
}

enum err handover_read(struct supervisor *s, int fd)
{
	const char *which;
	struct buf text = BUF_MAX(HANDOVER_MAX);
	enum err e = handover_text(fd, &text);
	struct slice rest = buf_slice(&text), token;
	bool good = e == ERR_OK && fixed_match(s->config, &rest, &which) &&
		    slice_next(&rest, '\n', &token) && token.n == TOKEN_TEXT;
	if (good)
		memcpy(s->jobs_token, token.p, TOKEN_TEXT);
	for (size_t i = 0; good && i < s->n; i++)
		good = child_read(&rest, &s->children[i]);
	buf_wipe(&text);
	close(fd);
	for (size_t i = 0; good && i < s->n; i++) {
		if (i >= SINGLE)
			s->fds[i - SINGLE] = s->children[i].fd;
	}
	s->keys_fd = s->children[ROLE_KEYS].fd;
	s->metrics_fd = s->children[ROLE_METRICS].fd;
	return good ? ERR_OK : ERR_MALFORMED;
}
