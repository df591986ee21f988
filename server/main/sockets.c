/* The sockets that workers accept from. The supervisor opens and keeps them, one a worker, so that
 * a worker may die and its queue of connections waits for the next one. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "main/main.h"

enum { BACKLOG = 4096, PATH_SIZE = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t size;
};

static bool address_parse(const char *text, uint16_t port, struct address *ret)
{
	*ret = (struct address){0};
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		ret->size = sizeof(ret->v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	ret->size = sizeof(ret->v6);
	return true;
}

static int tcp_bind(const struct address *at, bool shared)
{
	int yes = 1, fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (shared)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	if (bind(fd, &at->any, at->size) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static enum err tcp_refused(const struct config *config)
{
	if (errno == EADDRINUSE)
		fprintf(stderr,
			"Port %d of %s is taken by another program: stop it, or set another "
			"port.\n",
			(int)config->port, config->listen_address);
	else
		fprintf(stderr, "Cannot listen on %s, port %d: %s.\n", config->listen_address,
			(int)config->port, strerror(errno));
	return ERR_CONFLICT;
}

/* Sharing would also share with a stranger of the same user: first see whether the port is ours
 * alone. */
static enum err tcp_open(const struct config *config, int *ret_fds)
{
	struct address at;
	if (!address_parse(config->listen_address, (uint16_t)config->port, &at)) {
		fprintf(stderr, "listen_address must be an IP address, not `%s`.\n",
			config->listen_address);
		return ERR_BAD_FIELD;
	}
	int probe = tcp_bind(&at, false);
	if (probe < 0 || listen(probe, 1) != 0)
		return tcp_refused(config);
	close(probe);
	for (int i = 0; i < config->workers; i++) {
		ret_fds[i] = tcp_bind(&at, true);
		if (ret_fds[i] < 0 || listen(ret_fds[i], BACKLOG) != 0)
			return tcp_refused(config);
		(void)getsockname(ret_fds[i], &at.any, &at.size);
	}
	return ERR_OK;
}

static bool unix_path(const struct config *config, int worker, char ret[static PATH_SIZE])
{
	int n = snprintf(ret, PATH_SIZE, "%s/worker-%d.sock", config->edge_socket_dir, worker + 1);
	return n > 0 && n < PATH_SIZE;
}

static int unix_bind(const char *path, int type, mode_t mode)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && chmod(path, mode) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static enum err unix_open(const struct config *config, int *ret_fds)
{
	char path[PATH_SIZE];
	for (int i = 0; i < config->workers; i++) {
		if (!unix_path(config, i, path)) {
			fprintf(stderr,
				"edge_socket_dir is too long: a socket's path must be shorter than "
				"%d bytes.\n",
				PATH_SIZE - 1);
			return ERR_TOO_LARGE;
		}
		ret_fds[i] = unix_bind(path, SOCK_STREAM, 0660);
		if (ret_fds[i] < 0) {
			fprintf(stderr, "Cannot make the socket %s: %s.\n", path, strerror(errno));
			return ERR_CONFLICT;
		}
	}
	return ERR_OK;
}

enum err sockets_open(const struct config *config, int *ret_fds)
{
	return config->edge ? unix_open(config, ret_fds) : tcp_open(config, ret_fds);
}

void sockets_close(const struct config *config, int *fds)
{
	char path[PATH_SIZE];
	for (int i = 0; i < config->workers; i++) {
		if (config->edge && unix_path(config, i, path))
			(void)unlink(path);
		close(fds[i]);
	}
}

/* Nobody else may connect between the socket's birth and its mode. */
static enum err local_open(const char *path, int type, const char *setting, int *ret_fd)
{
	if (strlen(path) >= PATH_SIZE) {
		fprintf(stderr, "%s is too long: it must be shorter than %d bytes.\n", setting,
			PATH_SIZE);
		return ERR_TOO_LARGE;
	}
	mode_t before = umask(0177);
	*ret_fd = unix_bind(path, type, 0600);
	(void)umask(before);
	if (*ret_fd >= 0)
		return ERR_OK;
	fprintf(stderr, "Cannot make the socket %s: %s.\n", path, strerror(errno));
	return ERR_CONFLICT;
}

enum err sockets_open_keys(const struct config *config, int *ret_fd)
{
	return local_open(config->keys_socket, SOCK_SEQPACKET, "keys_socket", ret_fd);
}

enum err sockets_open_metrics(const struct config *config, int *ret_fd)
{
	if (!config->metrics_socket[0])
		return ERR_OK;
	return local_open(config->metrics_socket, SOCK_STREAM, "metrics_socket", ret_fd);
}

void sockets_close_local(const char *path, int fd)
{
	if (fd < 0)
		return;
	(void)unlink(path);
	close(fd);
}
