// load: connects many clients to a relay over TLS WebSockets, lets some of them talk, and prints
// one JSON line of figures. Phases: connect all (people's file order: talkers first), sign all
// envelopes, talk, report; with --hold it then keeps the connections until standard input ends. A
// message counts as done when its acknowledgement and its delivery to the other member of the room
// have both come.

#include "load.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PARALLEL_CONNECTS = 128, MAX_WATCH = 8 };

static struct {
	const char *host, *origin, *people, *ca;
	int port;
	uint32_t talk, idle, flight, messages;
	double seconds, rate, connect_seconds;
	bool bare, hold;
	struct {
		char label[32];
		int pid;
		double before;
	} watch[MAX_WATCH];
	size_t n_watch;
} opt = {.host = "127.0.0.1", .flight = 8, .messages = 1000, .seconds = 60, .connect_seconds = 120};

static struct {
	struct conn *conns;
	size_t n, n_started, n_ready, n_dead, n_pending;
	int epoll;
	SSL_CTX *tls;
	bool talking;
	uint32_t run;
	uint64_t acked, delivered, refused;
	double *latency, *ack;
	size_t n_latency, n_ack;
	char refusal[200];
} all;

static void conn_watch(struct conn *c)
{
	bool want = c->out.size > c->out_sent || c->state <= CONN_TLS;
	struct epoll_event ev = {
		.events = EPOLLIN | (want ? (uint32_t)EPOLLOUT : 0), .data.ptr = c};
	if (want != c->want_write || c->state == CONN_CONNECTING) {
		epoll_ctl(all.epoll, EPOLL_CTL_MOD, c->fd, &ev);
		c->want_write = want;
	}
}

static void conn_dead(struct conn *c)
{
	if (c->state == CONN_DEAD)
		return;
	if (c->state != CONN_READY)
		all.n_pending--;
	else
		all.n_ready--;
	c->state = CONN_DEAD;
	all.n_dead++;
	epoll_ctl(all.epoll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
}

static void conn_flush(struct conn *c)
{
	while (c->out.size > c->out_sent) {
		int n = SSL_write(
			c->ssl, c->out.data + c->out_sent, (int)(c->out.size - c->out_sent));
		if (n <= 0) {
			int e = SSL_get_error(c->ssl, n);
			if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
				conn_dead(c);
			break;
		}
		c->out_sent += (size_t)n;
	}
	if (c->out_sent == c->out.size) {
		bytes_drop(&c->out, c->out.size);
		c->out_sent = 0;
	}
	if (c->state != CONN_DEAD)
		conn_watch(c);
}

static void conn_say(struct conn *c, const char *text)
{
	frame_add(&c->out, 1, text, strlen(text));
}

static void conn_start(struct conn *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
	inet_pton(AF_INET, opt.host, &to.sin_addr);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("cannot make a socket (ulimit -n?)");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
		die("cannot connect");
	c->ssl = SSL_new(all.tls);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_connect_state(c->ssl);
	SSL_set_tlsext_host_name(c->ssl, "localhost");
	c->state = CONN_CONNECTING;
	c->want_write = true;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
	epoll_ctl(all.epoll, EPOLL_CTL_ADD, c->fd, &ev);
	all.n_pending++;
}

static void conn_ready(struct conn *c)
{
	c->state = CONN_READY;
	all.n_pending--;
	all.n_ready++;
}

static void conn_ask_ticket(struct conn *c)
{
	char text[1024];
	int n = snprintf(text, sizeof text,
		"POST /api/ws_ticket HTTP/1.1\r\nHost: localhost:%d\r\nOrigin: %s\r\nX-Luotsi: "
		"1\r\n"
		"Content-Type: application/json\r\nContent-Length: 2\r\n"
		"Cookie: __Host-luotsi=%s\r\n\r\n{}",
		opt.port, opt.origin, c->person->cookie);
	bytes_add(&c->out, text, (size_t)n);
	c->state = CONN_TICKET;
	conn_flush(c);
}

static void conn_upgrade(struct conn *c)
{
	char text[1024];
	int n = snprintf(text, sizeof text,
		"GET /ws HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: "
		"Upgrade\r\nOrigin: %s\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
		"13\r\nSec-WebSocket-Protocol: luotsi.v1\r\n"
		"Cookie: __Host-luotsi=%s\r\n\r\n",
		opt.port, opt.origin, c->person->cookie);
	bytes_add(&c->out, text, (size_t)n);
	c->state = CONN_UPGRADE;
	conn_flush(c);
}

static void conn_handshake(struct conn *c)
{
	int n = SSL_do_handshake(c->ssl);
	if (n == 1) {
		if (opt.bare)
			conn_ready(c);
		else if (!c->ticket[0])
			conn_ask_ticket(c);
		else
			conn_upgrade(c);
		conn_watch(c);
		return;
	}
	int e = SSL_get_error(c->ssl, n);
	if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		conn_dead(c);
	else {
		struct epoll_event ev = {
			.events = e == SSL_ERROR_WANT_WRITE ? EPOLLOUT : EPOLLIN, .data.ptr = c};
		epoll_ctl(all.epoll, EPOLL_CTL_MOD, c->fd, &ev);
		c->want_write = e == SSL_ERROR_WANT_WRITE;
		c->state = CONN_TLS;
	}
}

static void talk_next(struct conn *c)
{
	if (c->n_sent == opt.messages)
		return;
	struct bytes *f = &c->frames[c->n_sent];
	c->sent_at[c->n_sent++] = now();
	bytes_add(&c->out, f->data, f->size);
}

static void on_delivered(const struct conn *c, const uint8_t *text, size_t size)
{
	if (c->index == UINT32_MAX)
		return;
	size_t at = 0;
	uint32_t talker, number;
	while (frame_next_envelope(text, size, &at, all.run, &talker, &number)) {
		if (talker == c->index || talker >= opt.talk || number >= opt.messages)
			continue;
		all.latency[all.n_latency++] = now() - all.conns[talker].sent_at[number];
		all.delivered++;
	}
}

/* {"id":1007,...: the id tells the number of the message. */
static void note_ack(const struct conn *c, const uint8_t *text, size_t size)
{
	uint32_t id = 0;
	for (size_t i = 6; i < size && text[i] >= '0' && text[i] <= '9'; i++)
		id = id * 10 + (text[i] - '0');
	if (id >= 1000 && id - 1000 < opt.messages)
		all.ack[all.n_ack++] = now() - c->sent_at[id - 1000];
}

static void on_reply(struct conn *c, const uint8_t *text, size_t size)
{
	bool ok = memmem(text, size, "\"ok\"", 4) != NULL;
	if (!ok && !all.refused++)
		snprintf(all.refusal, sizeof all.refusal, "%.*s", (int)(size < 150 ? size : 150),
			(const char *)text);
	if (c->state == CONN_SESSION && ok && c->index != UINT32_MAX) {
		char room[120], id[24];
		static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		for (int i = 0; i < 22; i++) {
			unsigned v = 0;
			for (int b = 0; b < 6; b++) {
				int bit = i * 6 + b;
				v = v << 1 |
				    (bit < 128 ? c->person->room[bit / 8] >> (7 - bit % 8) & 1u
					       : 0);
			}
			id[i] = digits[v];
		}
		snprintf(room, sizeof room,
			"{\"id\":2,\"op\":\"room_open\",\"body\":{\"room\":\"%.22s\",\"language\":"
			"\"fi\"}}",
			id);
		conn_say(c, room);
		c->state = CONN_ROOM;
	} else if (c->state == CONN_SESSION || c->state == CONN_ROOM) {
		if (ok)
			conn_ready(c);
		else
			conn_dead(c);
	} else if (all.talking) {
		note_ack(c, text, size);
		c->n_acked += ok;
		all.acked += ok;
		if (opt.rate <= 0)
			talk_next(c);
	}
}

static void on_frame(struct conn *c, uint8_t opcode, const uint8_t *text, size_t size)
{
	if (opcode == 8) {
		conn_dead(c);
	} else if (opcode == 9) {
		bytes_add(&c->out, (uint8_t[]){0x8a, 0x80, 0, 0, 0, 0}, 6);
	} else if (opcode == 1) {
		if (memmem(text, size < 12 ? size : 12, "\"id\"", 4))
			on_reply(c, text, size);
		else
			on_delivered(c, text, size);
	}
}

/* Bytes used by the first whole frame, 0 if it is not whole yet. */
static size_t take_frame(struct conn *c, const uint8_t *p, size_t size)
{
	if (size < 2)
		return 0;
	size_t head = 2, length = p[1] & 0x7f;
	if (length >= 126) {
		size_t more = length == 126 ? 2 : 8;
		head += more;
		if (size < head)
			return 0;
		length = 0;
		for (size_t i = 0; i < more; i++)
			length = length << 8 | p[2 + i];
	}
	if (size < head + length)
		return 0;
	uint8_t opcode = p[0] & 0x0f;
	bool fin = p[0] & 0x80;
	if (opcode <= 2 && (!fin || opcode == 0)) {
		bytes_add(&c->whole, p + head, length);
		if (fin) {
			on_frame(c, 1, c->whole.data, c->whole.size);
			bytes_drop(&c->whole, c->whole.size);
		}
	} else
		on_frame(c, opcode, p + head, length);
	return head + length;
}

/* The ticket is all that is wanted of the answer; then once more, for the WebSocket. */
static void conn_ticketed(struct conn *c)
{
	static const char name[] = "\"ticket\":\"";
	const size_t n_name = sizeof name - 1, n_ticket = 43;
	uint8_t *at = memmem(c->in.data, c->in.size, name, n_name);
	if (!at || (size_t)(c->in.data + c->in.size - at) < n_name + n_ticket)
		return;
	memcpy(c->ticket, at + n_name, n_ticket);
	bytes_drop(&c->in, c->in.size);
	epoll_ctl(all.epoll, EPOLL_CTL_DEL, c->fd, NULL);
	SSL_free(c->ssl);
	close(c->fd);
	all.n_pending--;
	conn_start(c);
}

static void conn_upgraded(struct conn *c)
{
	uint8_t *end = memmem(c->in.data, c->in.size, "\r\n\r\n", 4);
	if (!end)
		return;
	if (c->in.size < 12 || memcmp(c->in.data + 9, "101", 3)) {
		if (!all.refused++)
			snprintf(all.refusal, sizeof all.refusal, "%.*s",
				(int)(c->in.size < 100 ? c->in.size : 100), (char *)c->in.data);
		conn_dead(c);
		return;
	}
	bytes_drop(&c->in, (size_t)(end + 4 - c->in.data));
	c->state = CONN_SESSION;
	char text[160];
	(void)snprintf(text, sizeof text,
		"{\"id\":1,\"op\":\"session_open\",\"body\":{\"ticket\":\"%s\"}}", c->ticket);
	conn_say(c, text);
}

static void conn_parse(struct conn *c)
{
	if (c->state == CONN_TICKET)
		conn_ticketed(c);
	if (c->state == CONN_UPGRADE)
		conn_upgraded(c);
	size_t used = 0;
	while (c->state >= CONN_SESSION && c->state != CONN_DEAD && used < c->in.size) {
		size_t n = take_frame(c, c->in.data + used, c->in.size - used);
		if (!n)
			break;
		used += n;
	}
	if (used)
		bytes_drop(&c->in, used);
}

static void conn_read(struct conn *c)
{
	static uint8_t buffer[65536];
	for (;;) {
		int n = SSL_read(c->ssl, buffer, sizeof buffer);
		if (n <= 0) {
			int e = SSL_get_error(c->ssl, n);
			if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
				conn_dead(c);
			break;
		}
		bytes_add(&c->in, buffer, (size_t)n);
		conn_parse(c);
		if (c->state == CONN_DEAD || c->state == CONN_CONNECTING)
			return;
	}
	if (c->state != CONN_DEAD)
		conn_flush(c);
}

static void turn(double timeout_ms)
{
	struct timespec timeout = {.tv_sec = (time_t)(timeout_ms / 1e3),
		.tv_nsec = (long)(timeout_ms * 1e6) % 1000000000};
	struct epoll_event ev[512];
	int n = epoll_pwait2(all.epoll, ev, 512, &timeout, NULL);
	for (int i = 0; i < n; i++) {
		struct conn *c = ev[i].data.ptr;
		if (c->state == CONN_CONNECTING || c->state == CONN_TLS)
			conn_handshake(c);
		else if (c->state != CONN_DEAD) {
			if (ev[i].events & EPOLLOUT)
				conn_flush(c);
			if (c->state != CONN_DEAD)
				conn_read(c);
		}
	}
}

static void connect_all(void)
{
	double give_up = now() + opt.connect_seconds;
	while (all.n_ready + all.n_dead < all.n) {
		while (all.n_started < all.n && all.n_pending < PARALLEL_CONNECTS)
			conn_start(&all.conns[all.n_started++]);
		turn(100);
		if (now() > give_up)
			die("not everybody could connect in time");
	}
	if (all.n_dead) {
		fprintf(stderr, "load: %zu of %zu connections were refused: %s\n", all.n_dead,
			all.n, all.refusal);
		exit(1);
	}
}

static void sign_all(void)
{
	for (uint32_t t = 0; t < opt.talk; t++) {
		struct conn *c = &all.conns[t];
		c->frames = calloc(opt.messages, sizeof *c->frames);
		c->sent_at = calloc(opt.messages, sizeof *c->sent_at);
		if (!c->frames || !c->sent_at)
			die("out of memory");
		for (uint32_t i = 0; i < opt.messages; i++)
			c->frames[i] = frame_envelope(c->person, t, i, all.run);
	}
	all.latency = calloc((size_t)opt.talk * opt.messages + 1, sizeof *all.latency);
	all.ack = calloc((size_t)opt.talk * opt.messages + 1, sizeof *all.ack);
	if (!all.latency || !all.ack)
		die("out of memory");
}

/* Processor seconds of a process and all its descendants that live now. */
static double cpu_of(int root)
{
	static struct {
		int pid, parent;
		double cpu;
	} table[8192];
	size_t n = 0;
	DIR *dir = opendir("/proc");
	for (struct dirent *d; dir && (d = readdir(dir)) && n < 8192;) {
		char path[300], text[1024], *at;
		int pid = (int)strtol(d->d_name, &at, 10);
		if (*at || pid <= 0)
			continue;
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		FILE *f = fopen(path, "r");
		size_t size = f ? fread(text, 1, sizeof text - 1, f) : 0;
		if (f)
			fclose(f);
		text[size] = 0;
		unsigned long user, kernel;
		int parent;
		at = strrchr(text, ')');
		if (!at || sscanf(at + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				   &parent, &user, &kernel) != 3)
			continue;
		table[n].pid = pid;
		table[n].parent = parent;
		table[n++].cpu = (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
	}
	if (dir)
		closedir(dir);
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		int up = table[i].pid;
		for (int depth = 0; depth < 8 && up != root && up > 1; depth++)
			for (size_t k = 0; k < n; k++)
				if (table[k].pid == up) {
					up = table[k].parent;
					break;
				}
		if (up == root)
			sum += table[i].cpu;
	}
	return sum;
}

static double own_cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Returns seconds. The end is the moment of the last delivery. */
static double talk(void)
{
	uint64_t goal = (uint64_t)opt.talk * opt.messages;
	double start = now(), last = start;
	uint64_t due = 0, seen = 0;
	all.talking = true;
	for (uint32_t t = 0; t < opt.talk && opt.rate <= 0; t++) {
		for (uint32_t k = 0; k < opt.flight; k++)
			talk_next(&all.conns[t]);
		conn_flush(&all.conns[t]);
	}
	while ((all.acked < goal || all.delivered < goal) && now() - start < opt.seconds &&
		!all.n_dead && !all.refused) {
		while (opt.rate > 0 && due < goal && start + (double)due / opt.rate <= now()) {
			struct conn *c = &all.conns[due % opt.talk];
			talk_next(c);
			c->sent_at[c->n_sent - 1] =
				start + (double)due / opt.rate; /* no coordinated omission */
			conn_flush(c);
			due++;
		}
		double wait = opt.rate > 0 && due < goal
				      ? (start + (double)due / opt.rate - now()) * 1e3
				      : 100;
		turn(wait > 0 ? wait : 0);
		if (all.delivered != seen) {
			seen = all.delivered;
			last = now();
		}
	}
	return last - start;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double percentile(double p)
{
	return all.n_latency ? all.latency[(size_t)((double)(all.n_latency - 1) * p)] * 1000 : 0;
}

static void report(double seconds, double connect_seconds, double cpu)
{
	qsort(all.latency, all.n_latency, sizeof *all.latency, by_value);
	qsort(all.ack, all.n_ack, sizeof *all.ack, by_value);
	printf("{\"connections\":%zu,\"connect_seconds\":%.3f,\"seconds\":%.3f,\"acked\":%llu,"
	       "\"delivered\":%llu,\"refused\":%llu,\"dead\":%zu,"
	       "\"per_second\":%.1f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%."
	       "3f,\"cpu_load\":%.3f",
		all.n, connect_seconds, seconds, (unsigned long long)all.acked,
		(unsigned long long)all.delivered, (unsigned long long)all.refused, all.n_dead,
		seconds > 0 ? (double)all.delivered / seconds : 0, percentile(0.5), percentile(0.9),
		percentile(0.99), percentile(1), cpu);
	printf(",\"ack_p50_ms\":%.3f", all.n_ack ? all.ack[all.n_ack / 2] * 1000 : 0);
	for (size_t i = 0; i < opt.n_watch; i++)
		printf(",\"cpu_%s\":%.3f", opt.watch[i].label,
			cpu_of(opt.watch[i].pid) - opt.watch[i].before);
	printf(",\"refusal\":\"");
	for (const char *p = all.refusal; *p; p++)
		if (*p != '"' && *p != '\\' && (unsigned char)*p >= 32)
			putchar(*p);
	printf("\"}\n");
	fflush(stdout);
}

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {{"host", 1, 0, 'h'}, {"port", 1, 0, 'p'},
		{"ca", 1, 0, 'a'}, {"origin", 1, 0, 'o'}, {"people", 1, 0, 'f'},
		{"talk", 1, 0, 't'}, {"idle", 1, 0, 'i'}, {"flight", 1, 0, 'w'},
		{"messages", 1, 0, 'm'}, {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},
		{"bare", 0, 0, 'b'}, {"hold", 0, 0, 'H'}, {"watch", 1, 0, 'W'}, {0}};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		switch (c) {
		case 'h':
			opt.host = optarg;
			break;
		case 'p':
			opt.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'a':
			opt.ca = optarg;
			break;
		case 'o':
			opt.origin = optarg;
			break;
		case 'f':
			opt.people = optarg;
			break;
		case 't':
			opt.talk = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			opt.idle = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			opt.flight = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			opt.messages = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			opt.seconds = strtod(optarg, NULL);
			break;
		case 'r':
			opt.rate = strtod(optarg, NULL);
			break;
		case 'b':
			opt.bare = true;
			break;
		case 'H':
			opt.hold = true;
			break;
		case 'W':
			if (opt.n_watch == MAX_WATCH ||
				sscanf(optarg, "%31[^=]=%d", opt.watch[opt.n_watch].label,
					&opt.watch[opt.n_watch].pid) != 2)
				die("--watch LABEL=PID");
			opt.n_watch++;
			break;
		default:
			exit(2);
		}
	}
	if (!opt.port || !opt.people || !opt.origin || !opt.ca)
		die("needs --port --people --origin --ca");
}

/* Talkers are the first lines of the file; the idle are the others, each many times; they open a
 * session and no room. */
static void make_conns(void)
{
	struct person *people;
	size_t n_people = people_read(opt.people, &people);
	if (n_people < opt.talk || !n_people)
		die("the people file has too few lines");
	size_t n_others = n_people > opt.talk ? n_people - opt.talk : 0;
	if (opt.idle && !n_others)
		die("the people file has nobody to be idle");
	all.n = opt.talk + opt.idle;
	all.conns = calloc(all.n, sizeof *all.conns);
	if (!all.conns)
		die("out of memory");
	for (size_t i = 0; i < all.n; i++) {
		all.conns[i].person =
			&people[i < opt.talk ? i : opt.talk + (i - opt.talk) % n_others];
		all.conns[i].index = i < opt.talk ? (uint32_t)i : UINT32_MAX;
	}
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || files.rlim_max < opt.talk + opt.idle + 64)
		die("too few open files are allowed (ulimit -Hn)");
	all.run = (uint32_t)getpid() ^ (uint32_t)(now() * 1000);
	all.epoll = epoll_create1(EPOLL_CLOEXEC);
	all.tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(all.tls, TLS1_3_VERSION);
	SSL_CTX_set_mode(all.tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(all.tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(all.tls, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_load_verify_locations(all.tls, opt.ca, NULL) != 1)
		die("cannot read the CA");
	make_conns();
	double start = now();
	connect_all();
	double connected = now() - start;
	sign_all();
	for (size_t i = 0; i < opt.n_watch; i++)
		opt.watch[i].before = cpu_of(opt.watch[i].pid);
	double cpu = own_cpu();
	double seconds = opt.talk ? talk() : 0;
	report(seconds, connected, own_cpu() - cpu);
	if (opt.hold) {
		struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
		while (!(poll(&end, 1, 0) && end.revents))
			turn(200);
	}
	return all.refused || all.n_dead ? 1 : 0;
}
