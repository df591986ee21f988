// idle_tls: the smallest TLS server there is, as the baseline for memory: accepts, does the
// handshake, holds the connection.
//   idle_tls PORT CERT KEY      prints "ready"; ends on standard input's end

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int epoll_fd;

static void watch(int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void step(SSL *ssl)
{
	char byte;
	int n = SSL_is_init_finished(ssl) ? SSL_read(ssl, &byte, 1) : SSL_accept(ssl);
	int e = SSL_get_error(ssl, n);
	if (n <= 0 && e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
		close(SSL_get_fd(ssl));
		SSL_free(ssl);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_use_certificate_chain_file(ctx, argv[2]) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, argv[3], SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "idle_tls: cannot read certificate or key\n");
		return 1;
	}
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1024)) {
		perror("idle_tls");
		return 1;
	}
	epoll_fd = epoll_create1(0);
	watch(listener, &listener);
	watch(STDIN_FILENO, NULL);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct epoll_event ev[256];
		int n = epoll_wait(epoll_fd, ev, 256, -1);
		for (int i = 0; i < n; i++) {
			if (!ev[i].data.ptr)
				return 0;
			if (ev[i].data.ptr != &listener) {
				step(ev[i].data.ptr);
				continue;
			}
			for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
				SSL *ssl = SSL_new(ctx);
				SSL_set_fd(ssl, fd);
				watch(fd, ssl);
				step(ssl);
			}
		}
	}
}
