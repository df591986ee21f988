/* The metrics role: answers /metrics, /live and /ready over a Unix socket, one short connection
 * after the other, from the pages in which the other processes count. It opens no database, holds
 * no key, and nobody waits for it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "main/board.h"
#include "main/main.h"
#include "main/role.h"

enum { REQUEST_MAX = 4096, ANSWER_MAX = 1 << 20, PATIENCE_SECONDS = 2 };

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

/* The headers to their end, of which only the first line is looked at. False: not in time. */
static bool request_read(int fd, char text[static REQUEST_MAX + 1])
{
	size_t n = 0;
	while (n < REQUEST_MAX) {
		ssize_t more = recv(fd, text + n, REQUEST_MAX - n, 0);
		if (more <= 0)
			return false;
		n += (size_t)more;
		text[n] = 0;
		if (strstr(text, "\r\n\r\n"))
			return true;
	}
	return false;
}

static bool asks_for(const char *request, const char *path)
{
	static const char get[] = "GET ";
	size_t n = strlen(path);
	if (strncmp(request, get, sizeof(get) - 1) != 0)
		return false;
	const char *asked = request + sizeof(get) - 1;
	return strncmp(asked, path, n) == 0 && asked[n] == ' ';
}

/* ret: the body. Gives the line of the status. */
static const char *answer(const struct config *config, const char *request, struct buf *ret)
{
	static const char good[] = "200 OK";
	if (asks_for(request, "/live")) {
		buf_add_text(ret, "alive\n");
		return good;
	}
	bool metrics = asks_for(request, "/metrics"), ready = asks_for(request, "/ready");
	if (!metrics && !ready)
		return "404 Not Found";
	struct board *board = MEM_NEW(struct board);
	board_read(config, board);
	bool serves = board_serves(board);
	if (metrics)
		board_write(board, ret);
	else
		buf_add_text(ret, serves ? "ready\n" : "not ready\n");
	mem_free(board);
	return metrics || serves ? good : "503 Service Unavailable";
}

static void connection_serve(const struct config *config, int fd)
{
	char request[REQUEST_MAX + 1];
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!request_read(fd, request))
		return;
	struct buf body = BUF_MAX(ANSWER_MAX), whole = BUF_MAX(ANSWER_MAX + REQUEST_MAX);
	const char *status = answer(config, request, &body);
	buf_addf(&whole,
		"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, body.n);
	buf_add(&whole, buf_slice(&body));
	size_t sent = 0;
	for (ssize_t n; sent < whole.n; sent += (size_t)n) {
		n = send(fd, whole.p + sent, whole.n - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	buf_done(&body);
	buf_done(&whole);
}

int metrics_run(const struct config *config, const struct options *options)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t ours, while_polling;
	role_begin(config, "metrics", 0);
	role_close_in(BOX_METRICS);
	if (options->listen_fd < 0)
		return EXIT_USAGE;
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ours, &while_polling);
	sigdelset(&while_polling, SIGTERM);
	sigdelset(&while_polling, SIGINT);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	role_ready();
	while (!stopping) {
		struct pollfd polled = {.fd = options->listen_fd, .events = POLLIN};
		if (ppoll(&polled, 1, NULL, &while_polling) < 0)
			continue;
		int fd = accept4(options->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		connection_serve(config, fd);
		close(fd);
	}
	role_end();
	return EXIT_GOOD;
}
