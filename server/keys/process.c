/* The loop of the keys process. Each connection has its own queue and gets one answer a round, so
 * that who asks much waits for himself. What cannot be sent waits in its connection, which answers
 * nothing further until then. Each question leaves one line in the log: what, who, which provider,
 * how it ended; never what was in it. */
#include "keys/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypt.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "keys/file.h"

enum { QUEUE_BYTES_MAX = 4 << 20 };

struct question {
	struct list link;
	size_t n;
	uint8_t bytes[];
};

struct connection {
	struct list link, queue;
	size_t n_queued, n_bytes;
	int fd;
	pid_t pid;
	struct buf out; /* an answer that waits to be sent */
	bool ended;
};

struct process {
	struct keeper *keeper;
	int listen_fd;
	bool others;
	struct list connections;
	size_t n;
	struct pollfd polled[PROCESS_CONNECTIONS_MAX + 1];
	uint8_t packet[KEYS_PACKET_MAX];
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

/* Both signals are heard only inside ppoll. */
static void hear_signals(sigset_t *ret_while_polling)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ours, ret_while_polling);
	sigdelset(ret_while_polling, SIGTERM);
	sigdelset(ret_while_polling, SIGINT);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	stopping = 0;
}

static void question_free(struct connection *c, struct question *q)
{
	list_remove(&q->link);
	c->n_queued--;
	c->n_bytes -= q->n;
	crypt_wipe(q->bytes, q->n);
	mem_free(q);
}

static void connection_free(struct process *p, struct connection *c)
{
	while (!list_is_empty(&c->queue))
		question_free(c, LIST_OF(c->queue.next, struct question, link));
	list_remove(&c->link);
	p->n--;
	close(c->fd);
	buf_wipe(&c->out);
	mem_free(c);
}

static void cut_off(struct connection *c, const char *why)
{
	log_warn("keys_cut_off", LOG_N("pid", c->pid), LOG_W("why", why));
	c->ended = true;
}

static size_t connections_of(const struct process *p, pid_t pid)
{
	size_t n = 0;
	LIST_EACH(link, &p->connections)
	{
		n += LIST_OF(link, struct connection, link)->pid == pid;
	}
	return n;
}

/* NULL: welcome. */
static const char *unwelcome(const struct process *p, const struct ucred *peer)
{
	if (!p->others && peer->uid != geteuid())
		return "stranger";
	return connections_of(p, peer->pid) >= PROCESS_CONNECTIONS_EACH ? "too_many" : NULL;
}

static void accept_one(struct process *p)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	int fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	const char *why = unwelcome(p, &peer);
	if (why) {
		log_warn("keys_cut_off", LOG_N("pid", peer.pid), LOG_W("why", why));
		close(fd);
		return;
	}
	struct connection *c = MEM_NEW(struct connection);
	c->fd = fd;
	c->pid = peer.pid;
	c->out = BUF_MAX(KEYS_PACKET_MAX);
	list_init(&c->queue);
	list_push(&p->connections, &c->link);
	p->n++;
}

static void queue_push(struct connection *c, const uint8_t *bytes, size_t n)
{
	struct question *q = mem_new(sizeof(*q) + n);
	q->n = n;
	memcpy(q->bytes, bytes, n);
	list_push(&c->queue, &q->link);
	c->n_queued++;
	c->n_bytes += n;
	if (c->n_queued > PROCESS_QUEUE_MAX || c->n_bytes > QUEUE_BYTES_MAX)
		cut_off(c, "flood");
}

static void connection_read(struct process *p, struct connection *c)
{
	while (!c->ended) {
		ssize_t n = recv(c->fd, p->packet, sizeof(p->packet), MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > (ssize_t)sizeof(p->packet))
			cut_off(c, "too_long");
		else if (n > 0)
			queue_push(c, p->packet, (size_t)n);
		else
			c->ended = true;
	}
	crypt_wipe(p->packet, sizeof(p->packet));
}

static void connection_send(struct connection *c)
{
	ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->ended = c->ended || n < 0;
	buf_wipe(&c->out);
}

static void connection_answer(struct process *p, struct connection *c)
{
	struct question *q = LIST_OF(c->queue.next, struct question, link);
	struct keys_ask ask;
	struct keys_answer answer;
	uint32_t number;
	if (keys_ask_read(slice_of(q->bytes, q->n), &number, &ask) != ERR_OK) {
		cut_off(c, "malformed");
		return;
	}
	keeper_answer(p->keeper, &ask, &answer);
	log_info("keys_answered", LOG_W("type", keys_type_word(ask.type)), LOG_N("pid", c->pid),
		LOG_W("outcome", keys_reason_word(answer.reason)),
		LOG_W("provider", keeper_provider(p->keeper, ask.provider)));
	meter_add(METER_keys_questions, 1);
	keys_answer_write(&c->out, number, &answer);
	ASSERT(buf_check(&c->out) == ERR_OK);
	question_free(c, q);
	connection_send(c);
}

static bool has_work(const struct connection *c)
{
	return !c->ended && c->out.n == 0 && !list_is_empty(&c->queue);
}

/* What to wait for, and for how long: not at all while a question lies there. */
static const struct timespec *poll_prepare(struct process *p)
{
	static const struct timespec at_once = {0, 0};
	bool work = false;
	size_t i = 0;
	p->polled[i++] = (struct pollfd){
		.fd = p->n < PROCESS_CONNECTIONS_MAX ? p->listen_fd : -1, .events = POLLIN};
	LIST_EACH(link, &p->connections)
	{
		struct connection *c = LIST_OF(link, struct connection, link);
		short events = c->out.n > 0 ? POLLIN | POLLOUT : POLLIN;
		p->polled[i++] = (struct pollfd){.fd = c->fd, .events = events};
		work = work || has_work(c);
	}
	return work ? &at_once : NULL;
}

static void round_of_all(struct process *p)
{
	size_t i = 1;
	LIST_EACH(link, &p->connections)
	{
		struct connection *c = LIST_OF(link, struct connection, link);
		short events = p->polled[i++].revents;
		if (events & (POLLIN | POLLHUP | POLLERR))
			connection_read(p, c);
		if (!c->ended && c->out.n > 0 && (events & POLLOUT))
			connection_send(c);
		if (has_work(c))
			connection_answer(p, c);
		if (c->ended)
			connection_free(p, c);
	}
}

/* What was asked is answered; what comes after is for the successor. Who does not read his answers
 * is not waited for long. */
static void connection_drain(struct process *p, struct connection *c)
{
	enum { PATIENCE_MS = 1000 };
	if (c->ended)
		return;
	(void)shutdown(c->fd, SHUT_RD);
	connection_read(p, c);
	c->ended = false;
	while (!c->ended && (c->out.n > 0 || !list_is_empty(&c->queue))) {
		struct pollfd full = {.fd = c->fd, .events = POLLOUT};
		const struct timespec patience = {.tv_sec = PATIENCE_MS / 1000};
		if (c->out.n == 0)
			connection_answer(p, c);
		else if (ppoll(&full, 1, &patience, NULL) > 0)
			connection_send(c);
		else
			return;
	}
}

static void process_end(struct process *p)
{
	LIST_EACH(link, &p->connections)
	{
		connection_drain(p, LIST_OF(link, struct connection, link));
	}
	while (!list_is_empty(&p->connections))
		connection_free(p, LIST_OF(p->connections.next, struct connection, link));
	mem_free(p);
}

bool process_serve(struct keeper *keeper, int listen_fd, bool others)
{
	sigset_t while_polling;
	struct process *p = MEM_NEW(struct process);
	p->keeper = keeper;
	p->listen_fd = listen_fd;
	p->others = others;
	list_init(&p->connections);
	hear_signals(&while_polling);
	bool good = true;
	while (good && !stopping) {
		const struct timespec *wait = poll_prepare(p);
		if (ppoll(p->polled, p->n + 1, wait, &while_polling) < 0) {
			good = errno == EINTR;
			continue;
		}
		round_of_all(p);
		good = (p->polled[0].revents & (POLLERR | POLLNVAL)) == 0;
		if (good && p->polled[0].revents & POLLIN)
			accept_one(p);
	}
	process_end(p);
	return good;
}
