/* A bad line between two network namespaces: one TUN interface in each, and this program carries
 * the packets across, late, out of order, twice, not at all, or changed. What it does to them is
 * said on standard input, one line at a time, as NAME=NUMBER pairs (milliseconds, or how many of a
 * thousand) that replace all that was said before:
 *
 *     delay=20 jitter=30 loss=50 reorder=100 twice=5 flip=10 bend=2
 *
 * flip changes a bit and leaves the checksum wrong, so that the kernel drops the segment; bend puts
 * the checksum right again, so that what is above must notice. An empty line: a clean line. The end
 * of the input ends it. Linux' own netem is not in every kernel; this needs TUN alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 2048, WAITING_MAX = 8192, REORDER_MS = 15, IP_TCP = 6, LINE_MAX_SIZE = 256 };
enum what { DELAY, JITTER, LOSS, REORDER, TWICE, FLIP, BEND, N_WHAT };
static const char *const what_words[N_WHAT] = {
	"delay", "jitter", "loss", "reorder", "twice", "flip", "bend"};

struct packet {
	uint64_t due; /* ms */
	uint64_t n;   /* of arrival: breaks ties */
	int to;
	size_t size;
	uint8_t bytes[PACKET_MAX];
};

static unsigned line[N_WHAT];
static struct packet *waiting[WAITING_MAX]; /* a heap, the first that is due on top */
static size_t n_waiting;
static uint64_t n_arrived, state;

static uint64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t dice(void) /* splitmix64 */
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int happens(enum what what)
{
	return dice() % 1000 < line[what];
}

static int before(const struct packet *a, const struct packet *b)
{
	return a->due != b->due ? a->due < b->due : a->n < b->n;
}

static void swap(size_t a, size_t b)
{
	struct packet *kept = waiting[a];
	waiting[a] = waiting[b];
	waiting[b] = kept;
}

static void push(struct packet *p)
{
	size_t at = n_waiting++;
	waiting[at] = p;
	for (; at > 0 && before(waiting[at], waiting[(at - 1) / 2]); at = (at - 1) / 2)
		swap(at, (at - 1) / 2);
}

static struct packet *pop(void)
{
	struct packet *first = waiting[0];
	waiting[0] = waiting[--n_waiting];
	for (size_t at = 0;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child < n_waiting && child <= 2 * at + 2; child++) {
			if (before(waiting[child], waiting[least]))
				least = child;
		}
		if (least == at)
			return first;
		swap(at, least);
		at = least;
	}
}

/* RFC 1624: the checksum follows a 16-bit word that changes. */
static void checksum_follow(uint8_t *sum, unsigned was, unsigned is)
{
	unsigned s = ~(unsigned)(sum[0] << 8 | sum[1]) & 0xffff;
	s += (~was & 0xffff) + is;
	s = (s & 0xffff) + (s >> 16);
	s = ~((s & 0xffff) + (s >> 16)) & 0xffff;
	sum[0] = (uint8_t)(s >> 8);
	sum[1] = (uint8_t)s;
}

/* One bit of the TCP payload; right says whether the checksum is to fit. */
static void spoil(struct packet *p, int right)
{
	size_t ip = (size_t)(p->bytes[0] & 15) * 4;
	if (p->bytes[0] >> 4 != 4 || p->bytes[9] != IP_TCP || p->size < ip + 20)
		return;
	size_t from = ip + (size_t)(p->bytes[ip + 12] >> 4) * 4;
	if (p->size <= from + 1)
		return;
	size_t at = from + (dice() % ((p->size - from) / 2)) * 2;
	unsigned was = (unsigned)(p->bytes[at] << 8 | p->bytes[at + 1]);
	p->bytes[at] ^= (uint8_t)(1u << dice() % 8);
	if (right)
		checksum_follow(
			p->bytes + ip + 16, was, (unsigned)(p->bytes[at] << 8 | p->bytes[at + 1]));
}

static void send_later(const struct packet *from, uint64_t extra)
{
	if (n_waiting == WAITING_MAX)
		return; /* a full line drops, as any other */
	struct packet *p = malloc(sizeof(*p));
	if (!p)
		abort();
	memcpy(p, from, sizeof(*p));
	p->n = n_arrived++;
	p->due = now_ms() + line[DELAY] + (line[JITTER] ? dice() % line[JITTER] : 0) + extra;
	push(p);
}

static void take(int from, int to)
{
	static struct packet p;
	ssize_t size = read(from, p.bytes, sizeof(p.bytes));
	if (size < 20 || happens(LOSS))
		return;
	p.size = (size_t)size;
	p.to = to;
	if (happens(FLIP))
		spoil(&p, 0);
	if (happens(BEND))
		spoil(&p, 1);
	send_later(&p, happens(REORDER) ? REORDER_MS : 0);
	if (happens(TWICE))
		send_later(&p, 1);
}

static void deliver(void)
{
	while (n_waiting > 0 && waiting[0]->due <= now_ms()) {
		struct packet *p = pop();
		/* A side that is down or full loses it. */
		ssize_t sent = write(p->to, p->bytes, p->size);
		(void)sent;
		free(p);
	}
}

static void obey(char *words)
{
	char *rest = NULL;
	memset(line, 0, sizeof(line));
	for (char *word = strtok_r(words, " \n", &rest); word;
		word = strtok_r(NULL, " \n", &rest)) {
		char *value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = '\0';
		for (int i = 0; i < N_WHAT; i++) {
			if (strcmp(word, what_words[i]) == 0)
				line[i] = (unsigned)strtoul(value, NULL, 10);
		}
	}
}

static int listen_to_orders(void) /* 0: the end */
{
	static char text[LINE_MAX_SIZE];
	static size_t n;
	ssize_t got = read(STDIN_FILENO, text + n, sizeof(text) - 1 - n);
	if (got <= 0)
		return 0;
	n += (size_t)got;
	text[n] = '\0';
	for (char *end; (end = strchr(text, '\n'));) {
		*end = '\0';
		obey(text);
		n -= (size_t)(end + 1 - text);
		memmove(text, end + 1, n + 1);
	}
	if (n == sizeof(text) - 1)
		n = 0;
	return 1;
}

static int tun_in(const char *name)
{
	char path[128];
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	(void)snprintf(path, sizeof(path), "/var/run/netns/%s", name);
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "wire");
	int there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET) != 0)
		return -1;
	(void)close(there);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		return -1;
	return fd;
}

static int patience(void)
{
	uint64_t now = now_ms();
	if (n_waiting == 0)
		return -1;
	return waiting[0]->due > now ? (int)(waiting[0]->due - now) : 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		(void)fprintf(stderr, "wire NAMESPACE NAMESPACE SEED\n");
		return 2;
	}
	int ends[2] = {tun_in(argv[1]), tun_in(argv[2])};
	state = strtoull(argv[3], NULL, 10);
	if (ends[0] < 0 || ends[1] < 0) {
		perror("wire: no TUN interface");
		return 1;
	}
	(void)printf("ready\n");
	(void)fflush(stdout);
	struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN}, {.fd = ends[1], .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN}};
	for (;;) {
		if (poll(fds, 3, patience()) < 0 && errno != EINTR)
			return 1;
		deliver();
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents & POLLIN)
				take(ends[i], ends[1 - i]);
		}
		if (fds[2].revents && !listen_to_orders())
			return 0;
	}
}
