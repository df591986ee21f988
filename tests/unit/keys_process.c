/* The keys process from outside: a worker's way to it, and askers that misbehave. The process is a
 * child that serves a socket of this test's, as the supervisor's children do. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/keys.h"
#include "keys/file.h"
#include "keys/process.h"
#include "keys/sandbox.h"
#include "unit.h"

static char dir[32], path[64], providers[64];
static int listen_fd;
static pid_t child;

static const struct keeper_settings settings = {dir, providers, true, NULL};

static void child_start(void)
{
	child = fork();
	assert_true(child >= 0);
	if (child > 0)
		return;
	AUTO(buf) struct buf why = BUF_MAX(4096);
	struct keeper *keeper = NULL;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_set_level(LOG_ERROR);
	bool good = keeper_load(&settings, &keeper, &why) == ERR_OK;
	sandbox_enter();
	good = good && process_serve(keeper, listen_fd, false);
	keeper_free(&keeper);
	buf_done(&why);
	_exit(good ? 0 : 1);
}

/* What the process ended with: its exit code, or -1 for a signal. */
static int child_end(int signal_number)
{
	int status = 0;
	assert_int_equal(kill(child, signal_number), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put_provider(void)
{
	static const char text[] =
		"name_fi=P\nname_sv=P\nname_en=P\nissuer=https://b/x\nclient_id=c\njwks_uri=https:/"
		"/b/j\n"
		"authorization_endpoint=https://b/a\ntoken_endpoint=https://b/t\nencrypted=no\n"
		"audience=staff\norganisation=00000000000000000000000000000001\n";
	struct file_name name;
	assert_ok(file_name_make(providers, "virka.conf", &name));
	assert_ok(file_write(name.text, SLICE_LIT(text), true));
}

static int begin(void **state)
{
	(void)state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	AUTO(buf) struct buf said = BUF_MAX(4096);
	memcpy(dir, "/tmp/luotsi-keys-XXXXXX", sizeof("/tmp/luotsi-keys-XXXXXX"));
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	memcpy(at.sun_path, path, sizeof(path));
	(void)snprintf(providers, sizeof(providers), "%s/providers", dir);
	assert_int_equal(mkdir(providers, 0700), 0);
	put_provider();
	assert_ok(keeper_make(&settings, false, &said));
	listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listen_fd, 16), 0);
	child_start();
	return 0;
}

static int end(void **state)
{
	(void)state;
	static const char *const names[] = {"s", "index.1.key", "field.1.key", "unit.1.key",
		"virka.sign.jwk", "virka.jwks", "providers/virka.conf"};
	assert_int_equal(child_end(SIGTERM), 0);
	close(listen_fd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct file_name name;
		assert_ok(file_name_make(dir, names[i], &name));
		assert_int_equal(unlink(name.text), 0);
	}
	(void)rmdir(providers);
	return rmdir(dir);
}

/* --- bare askers --- */

static int asker_open(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), size = 1 << 20;
	memcpy(at.sun_path, path, sizeof(path));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static bool asker_hears(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, ms) == 1;
}

/* Closed without a word. */
static void assert_cut_off(int fd)
{
	uint8_t answer[64];
	assert_true(asker_hears(fd, 5000));
	ssize_t n = recv(fd, answer, sizeof(answer), 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

static void write_seal(struct buf *b, uint32_t number)
{
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {KEYS_EMAIL, {{{1}}}, 1, SLICE_LIT("a@b.example")}};
	keys_ask_write(b, number, &ask);
	assert_ok(buf_check(b));
}

static void send_bytes(int fd, struct slice bytes)
{
	assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

static void assert_answered(int fd, uint32_t number)
{
	uint8_t packet[1024];
	struct keys_answer answer;
	uint32_t seen = 0;
	assert_true(asker_hears(fd, 5000));
	ssize_t n = recv(fd, packet, sizeof(packet), 0);
	assert_true(n > 0);
	assert_ok(keys_answer_read(slice_of(packet, (size_t)n), &seen, &answer));
	assert_int_equal(seen, number);
	assert_int_equal(answer.reason, KEYS_DONE);
	assert_int_equal(answer.bytes.n, 11 + KEYS_SEAL_EXTRA);
}

static void a_question_is_answered(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(4096);
	int fd = asker_open();
	write_seal(&b, 7);
	send_bytes(fd, buf_slice(&b));
	assert_answered(fd, 7);
	close(fd);
}

/* What the kernel knows of the process. */
static void the_process_is_closed_in(void **state)
{
	(void)state;
	struct file_name name;
	char proc[32];
	AUTO(buf) struct buf status = BUF_MAX(1 << 16);
	AUTO(buf) struct buf limits = BUF_MAX(1 << 16);
	(void)snprintf(proc, sizeof(proc), "/proc/%d", (int)child);
	assert_ok(file_name_make(proc, "status", &name));
	assert_ok(file_read(name.text, &status));
	assert_non_null(strstr(buf_text(&status), "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(buf_text(&status), "Seccomp:\t2\n"));
	assert_ok(file_name_make(proc, "limits", &name));
	assert_ok(file_read(name.text, &limits));
	assert_non_null(
		strstr(buf_text(&limits), "Max core file size        0                    0"));
}

static void a_token_is_signed(void **state)
{
	(void)state;
	uint8_t packet[4096];
	AUTO(buf) struct buf b = BUF_MAX(4096);
	struct keys_answer answer;
	uint32_t number = 0;
	int fd = asker_open();
	const struct keys_ask ask = {.type = KEYS_OIDC_ASSERTION, .provider = SLICE_LIT("virka")};
	keys_ask_write(&b, 3, &ask);
	send_bytes(fd, buf_slice(&b));
	assert_true(asker_hears(fd, 5000));
	ssize_t n = recv(fd, packet, sizeof(packet), 0);
	assert_true(n > 0);
	assert_ok(keys_answer_read(slice_of(packet, (size_t)n), &number, &answer));
	assert_int_equal(answer.reason, KEYS_DONE);
	assert_true(answer.bytes.n > 300);
	close(fd);
}

static void who_says_no_question_is_cut_off(void **state)
{
	(void)state;
	AUTO(buf) struct buf good = BUF_MAX(4096);
	static uint8_t large[KEYS_PACKET_MAX + 1];
	write_seal(&good, 1);
	int witness = asker_open();
	const struct slice bad[] = {SLICE_LIT("\x63\0\0\0\1"), SLICE_LIT("\0\0\0\0\1"),
		SLICE_LIT("\4"), slice_of(good.p, good.n - 1), slice_of(large, sizeof(large)),
		slice_of(large, sizeof(large) - 1)};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = asker_open();
		send_bytes(fd, bad[i]);
		assert_cut_off(fd);
	}
	int fd = asker_open();
	buf_add_byte(&good, 0);
	send_bytes(fd, buf_slice(&good));
	assert_cut_off(fd);
	good.n--;
	send_bytes(witness, buf_slice(&good));
	assert_answered(witness, 1);
	close(witness);
}

/* Stopped, the process reads nothing, so that all of it lies there at once when it goes on. */
static void a_flood_is_cut_off_and_the_others_are_answered(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(4096);
	write_seal(&b, 1);
	int witness = asker_open(), fd = asker_open();
	send_bytes(witness, buf_slice(&b));
	assert_answered(witness, 1);
	assert_int_equal(kill(child, SIGSTOP), 0);
	for (int i = 0; i <= PROCESS_QUEUE_MAX; i++)
		send_bytes(fd, buf_slice(&b));
	send_bytes(witness, buf_slice(&b));
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_answered(witness, 1);
	assert_cut_off(fd);
	close(witness);
}

static void as_many_as_may_wait_are_answered_in_order(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(4096);
	int fd = asker_open();
	assert_int_equal(kill(child, SIGSTOP), 0);
	for (uint32_t i = 0; i < PROCESS_QUEUE_MAX; i++) {
		buf_reset(&b);
		write_seal(&b, i);
		send_bytes(fd, buf_slice(&b));
	}
	assert_int_equal(kill(child, SIGCONT), 0);
	for (uint32_t i = 0; i < PROCESS_QUEUE_MAX; i++)
		assert_answered(fd, i);
	close(fd);
}

static void one_asker_has_few_connections(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(4096);
	int fds[PROCESS_CONNECTIONS_EACH];
	write_seal(&b, 1);
	for (int i = 0; i < PROCESS_CONNECTIONS_EACH; i++) {
		fds[i] = asker_open();
		send_bytes(fds[i], buf_slice(&b));
		assert_answered(fds[i], 1);
	}
	assert_cut_off(asker_open());
	for (int i = 0; i < PROCESS_CONNECTIONS_EACH; i++)
		close(fds[i]);
}

/* --- a worker's way --- */

struct heard {
	struct loop *loop;
	unsigned n, wanted, n_good, n_unavailable;
	uint64_t next;
};

static void heard(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	struct heard *h = ctx;
	assert_int_equal(tag, h->next++);
	h->n_good += e == ERR_OK && answer->reason == KEYS_DONE;
	h->n_unavailable += e == ERR_UNAVAILABLE && !answer;
	if (++h->n == h->wanted)
		loop_stop(h->loop);
}

static void ask_many(struct keys *keys, struct heard *h, unsigned n)
{
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {KEYS_EMAIL, {{{1}}}, 1, SLICE_LIT("a@b.example")}};
	*h = (struct heard){.loop = h->loop, .wanted = n};
	for (unsigned i = 0; i < n; i++)
		assert_ok(keys_ask(keys, &ask, heard, h, i));
	assert_int_equal(h->n, 0);
}

static void a_worker_survives_the_keys_process(void **state)
{
	(void)state;
	struct heard h = {.loop = loop_new()};
	struct keys *keys = keys_new(h.loop, path);
	ask_many(keys, &h, 500);
	loop_run(h.loop);
	assert_int_equal(h.n_good, 500);
	/* It dies with questions before it: those are answered at once. */
	assert_int_equal(kill(child, SIGSTOP), 0);
	ask_many(keys, &h, 8);
	for (int i = 0; i < 5; i++)
		loop_turn(h.loop);
	assert_int_equal(h.n, 0);
	assert_int_equal(child_end(SIGKILL), -1);
	loop_run(h.loop);
	assert_int_equal(h.n_unavailable, 8);
	/* Its successor takes what is asked meanwhile. */
	ask_many(keys, &h, 100);
	child_start();
	loop_run(h.loop);
	assert_int_equal(h.n_good, 100);
	keys_free(&keys);
	loop_free(&h.loop);
}

static void silence_is_an_answer_after_a_while(void **state)
{
	(void)state;
	struct heard h = {.loop = loop_new()};
	struct keys *keys = keys_new(h.loop, path);
	assert_int_equal(kill(child, SIGSTOP), 0);
	uint64_t began = clock_mono_ms();
	ask_many(keys, &h, 40);
	loop_run(h.loop);
	assert_int_equal(h.n_unavailable, 40);
	assert_in_range(clock_mono_ms() - began, KEYS_WAIT_MS, KEYS_WAIT_MS + 20000);
	assert_int_equal(kill(child, SIGCONT), 0);
	ask_many(keys, &h, 1);
	loop_run(h.loop);
	assert_int_equal(h.n_good, 1);
	keys_free(&keys);
	loop_free(&h.loop);
}

static void without_a_socket_nothing_is_available(void **state)
{
	(void)state;
	struct heard h = {.loop = loop_new()};
	struct keys *keys = keys_new(h.loop, "/nonexistent/keys.sock");
	ask_many(keys, &h, 3);
	loop_run(h.loop);
	assert_int_equal(h.n_unavailable, 3);
	keys_free(&keys);
	loop_free(&h.loop);
}

static void stopped(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	unsigned *n = ctx;
	assert_null(answer);
	assert_err(e, ERR_SHUTTING_DOWN);
	(*n)++;
}

static void a_worker_that_stops_answers_everybody(void **state)
{
	(void)state;
	struct loop *loop = loop_new();
	struct keys *keys = keys_new(loop, path);
	const struct keys_ask ask = {.type = KEYS_OIDC_ASSERTION, .provider = SLICE_LIT("x")};
	unsigned n = 0;
	for (int i = 0; i < 100; i++)
		assert_ok(keys_ask(keys, &ask, stopped, &n, 0));
	keys_stop(keys);
	assert_int_equal(n, 100);
	assert_err(keys_ask(keys, &ask, stopped, &n, 0), ERR_SHUTTING_DOWN);
	keys_free(&keys);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_question_is_answered),
		T(the_process_is_closed_in),
		T(a_token_is_signed),
		T(who_says_no_question_is_cut_off),
		T(a_flood_is_cut_off_and_the_others_are_answered),
		T(as_many_as_may_wait_are_answered_in_order),
		T(one_asker_has_few_connections),
		T(a_worker_survives_the_keys_process),
		T(silence_is_an_answer_after_a_while),
		T(without_a_socket_nothing_is_available),
		T(a_worker_that_stops_answers_everybody),
	};
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, begin, end);
}
