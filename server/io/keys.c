/* The keys process, asked over a Unix socket of packets. Connected when something waits, lost when
 * the process dies: then what was sent is answered "unavailable", because nobody can say what
 * became of it, and what was not goes to its successor, for whom the supervisor holds the socket
 * open. One that goes in good order reads no more, answers what it has, and closes: then nothing is
 * lost. Some few are on their way at a time, so that an honest worker never looks like a flood. */
#include "io/keys.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypt.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "base/num.h"
#include "io/loop_uv.h"

enum { SENT_MAX = 32, WAITING_MAX = 1024, BYTES_MAX = 16 << 20, LOOK_MS = 250, BUFFER = 1 << 18 };

struct question {
	struct list link; /* in queued or in sent, the oldest first */
	uint32_t number;
	struct buf packet;
	uint64_t deadline, tag;
	keys_done_fn *done;
	void *ctx;
};

struct keys {
	struct loop *loop;
	struct sockaddr_un at;
	int fd;
	uv_poll_t *poll;
	struct timer *flush, *look;
	struct list queued, sent;
	size_t n_waiting, n_sent, n_bytes;
	uint32_t next_number;
	bool stopped, leaving; /* leaving: the process takes no more, and answers what it took */
	uint8_t received[KEYS_PACKET_MAX];
};

static void question_end(
	struct keys *k, struct question *q, enum err e, const struct keys_answer *answer)
{
	list_remove(&q->link);
	k->n_waiting--;
	k->n_bytes -= q->packet.n;
	keys_done_fn *done = q->done;
	void *ctx = q->ctx;
	uint64_t tag = q->tag;
	crypt_wipe(q->packet.p, q->packet.n);
	buf_done(&q->packet);
	mem_free(q);
	done(ctx, tag, e, answer);
}

static void sent_end(
	struct keys *k, struct question *q, enum err e, const struct keys_answer *answer)
{
	k->n_sent--;
	question_end(k, q, e, answer);
}

/* Only those that are there now: an answer may lead to the next question. */
static void queued_end(struct keys *k, enum err e)
{
	struct list now;
	list_init(&now);
	struct list *link;
	while ((link = list_shift(&k->queued)))
		list_push(&now, link);
	while (!list_is_empty(&now))
		question_end(k, LIST_OF(now.next, struct question, link), e, NULL);
}

static void connection_drop(struct keys *k, enum err e)
{
	if (k->fd < 0)
		return;
	uv_poll_stop(k->poll);
	loop_close_handle(&k->poll);
	close(k->fd);
	k->fd = -1;
	while (!list_is_empty(&k->sent))
		sent_end(k, LIST_OF(k->sent.next, struct question, link), e, NULL);
	if (!list_is_empty(&k->queued))
		timer_start(k->flush, 0, 0);
}

static void connection_broken(struct keys *k, const char *why)
{
	if (k->n_sent > 0) {
		meter_add(METER_keys_losses, 1);
		log_warn("keys_lost", LOG_W("why", why), LOG_N("unanswered", k->n_sent));
	}
	connection_drop(k, ERR_UNAVAILABLE);
}

static void answer_came(struct keys *k, struct slice packet)
{
	uint32_t number;
	struct keys_answer answer;
	if (keys_answer_read(packet, &number, &answer) != ERR_OK) {
		connection_broken(k, "malformed");
		return;
	}
	LIST_EACH(link, &k->sent)
	{
		struct question *q = LIST_OF(link, struct question, link);
		if (q->number != number)
			continue;
		sent_end(k, q, ERR_OK, &answer);
		return;
	}
	connection_broken(k, "unasked");
}

/* One packet a turn of this loop; false when there is none. */
static bool receive_one(struct keys *k)
{
	ssize_t n = recv(k->fd, k->received, sizeof(k->received), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 || (size_t)n > sizeof(k->received)) {
		connection_broken(k, n > 0 ? "too_large" : "closed");
		return false;
	}
	answer_came(k, slice_of(k->received, (size_t)n));
	crypt_wipe(k->received, (size_t)n);
	return k->fd >= 0;
}

/* False: the socket takes no more, or is lost. */
static bool send_one(struct keys *k)
{
	struct question *q = LIST_OF(k->queued.next, struct question, link);
	ssize_t n = send(k->fd, q->packet.p, q->packet.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	k->leaving = n < 0 && errno == EPIPE;
	if (n < 0 && errno != EAGAIN && errno != EINTR && !k->leaving)
		connection_broken(k, "not_sent");
	if (n < 0)
		return false;
	list_remove(&q->link);
	list_push(&k->sent, &q->link);
	k->n_sent++;
	return true;
}

static void connection_ready(uv_poll_t *handle, int status, int events);

static void connection_write(struct keys *k)
{
	bool full = k->leaving;
	while (k->fd >= 0 && !full && k->n_sent < SENT_MAX && !list_is_empty(&k->queued))
		full = !send_one(k);
	if (k->fd >= 0)
		uv_poll_start(k->poll,
			full && !k->leaving ? UV_READABLE | UV_WRITABLE : UV_READABLE,
			connection_ready);
}

static void connection_ready(uv_poll_t *handle, int status, int events)
{
	struct keys *k = handle->data;
	(void)events;
	if (status < 0) {
		connection_broken(k, "error");
		return;
	}
	for (int i = 0; i < SENT_MAX && receive_one(k); i++)
		;
	connection_write(k);
}

static bool connection_open(struct keys *k)
{
	int size = BUFFER, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(fd, (const struct sockaddr *)&k->at, sizeof(k->at)) != 0) {
		log_warn("keys_unreachable", LOG_N("errno", errno));
		close(fd);
		return false;
	}
	k->fd = fd;
	k->leaving = false;
	k->poll = MEM_NEW(uv_poll_t);
	ASSERT(uv_poll_init(loop_uv(k->loop), k->poll, fd) == 0);
	k->poll->data = k;
	return true;
}

static void keys_flush(void *ctx)
{
	struct keys *k = ctx;
	if (k->fd < 0 && !list_is_empty(&k->queued) && !connection_open(k))
		queued_end(k, ERR_UNAVAILABLE);
	else
		connection_write(k);
}

static bool is_late(const struct list *waiting, uint64_t now)
{
	return !list_is_empty(waiting) &&
	       LIST_OF(waiting->next, struct question, link)->deadline <= now;
}

/* What was sent and is late means that nobody answers there any more. */
static void keys_look(void *ctx)
{
	struct keys *k = ctx;
	uint64_t now = clock_mono_ms();
	if (is_late(&k->sent, now))
		connection_broken(k, "silent");
	while (is_late(&k->queued, now))
		question_end(
			k, LIST_OF(k->queued.next, struct question, link), ERR_UNAVAILABLE, NULL);
	if (k->n_waiting == 0)
		timer_stop(k->look);
}

struct keys *keys_new(struct loop *loop, const char *socket)
{
	struct keys *k = MEM_NEW(struct keys);
	k->loop = loop;
	k->fd = -1;
	k->at.sun_family = AF_UNIX;
	memcpy(k->at.sun_path, socket, num_min(strlen(socket), sizeof(k->at.sun_path) - 1));
	list_init(&k->queued);
	list_init(&k->sent);
	k->flush = timer_new(loop, keys_flush, k);
	k->look = timer_new(loop, keys_look, k);
	return k;
}

void keys_stop(struct keys *keys)
{
	keys->stopped = true;
	connection_drop(keys, ERR_SHUTTING_DOWN);
	queued_end(keys, ERR_SHUTTING_DOWN);
	timer_stop(keys->flush);
	timer_stop(keys->look);
}

void keys_free(struct keys **keys)
{
	struct keys *k = *keys;
	*keys = NULL;
	if (!k)
		return;
	keys_stop(k);
	timer_free(&k->flush);
	timer_free(&k->look);
	mem_free(k);
}

enum err keys_ask(
	struct keys *keys, const struct keys_ask *ask, keys_done_fn *done, void *ctx, uint64_t tag)
{
	if (keys->stopped)
		return ERR_SHUTTING_DOWN;
	if (keys->n_waiting >= WAITING_MAX || keys->n_bytes >= BYTES_MAX)
		return ERR_BUSY;
	struct question *q = MEM_NEW(struct question);
	*q = (struct question){.number = ++keys->next_number,
		.packet = BUF_MAX(KEYS_PACKET_MAX),
		.deadline = clock_mono_ms() + KEYS_WAIT_MS,
		.tag = tag,
		.done = done,
		.ctx = ctx};
	keys_ask_write(&q->packet, q->number, ask);
	enum err e = buf_check(&q->packet);
	if (e != ERR_OK) {
		buf_done(&q->packet);
		mem_free(q);
		return e;
	}
	list_push(&keys->queued, &q->link);
	keys->n_waiting++;
	keys->n_bytes += q->packet.n;
	timer_start(keys->flush, 0, 0);
	if (keys->n_waiting == 1)
		timer_start(keys->look, LOOK_MS, LOOK_MS);
	return ERR_OK;
}
