/* One page a process. Only its own threads write there, so relaxed atomics are enough; whoever
 * reads may see one number a moment older than another. A file is made under another name first:
 * who reads never meets half a page, and a page of the process before is left as it was. */
#include "base/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* clang-format off */
const struct meter_row meter_rows[METER_COUNT] = {
#define COUNTER(name, help) {#name, help, METER_IS_COUNTER},
#define GAUGE(name, help) {#name, help, METER_IS_GAUGE},
#define MOMENT(name, help) {#name, help, METER_IS_MOMENT},
#include "base/meters.def"
#undef COUNTER
#undef GAUGE
#undef MOMENT
};
/* clang-format on */

enum { PATH_SIZE = 1200 };

struct path {
	char text[PATH_SIZE];
};

static struct meter_page in_memory;
static struct meter_page *page = &in_memory;
static struct path file;

/* FNV-1a over the names: another order or another meter gives another shape. */
static uint64_t shape_of_rows(void)
{
	uint64_t shape = 14695981039346656037u;
	for (size_t i = 0; i < METER_COUNT; i++) {
		for (const char *c = meter_rows[i].name; *c; c++)
			shape = (shape ^ (uint8_t)*c) * 1099511628211u;
		shape = (shape ^ (uint64_t)meter_rows[i].kind) * 1099511628211u;
	}
	return shape;
}

static bool path_make(const char *dir, const char *role, unsigned number, struct path *ret)
{
	int n = snprintf(ret->text, PATH_SIZE, "%s/%s-%u.meter", dir, role, number);
	return n > 0 && n < PATH_SIZE - 4;
}

static struct meter_page *page_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return NULL;
	void *made = MAP_FAILED;
	/* Whoever watches is of the group of the folder, whatever our mask is. The room is taken
	 * now: a page of a file with holes is a SIGBUS when the disk is full. */
	if (fchmod(fd, 0640) == 0 && posix_fallocate(fd, 0, sizeof(struct meter_page)) == 0)
		made = mmap(
			NULL, sizeof(struct meter_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return made == MAP_FAILED ? NULL : made;
}

enum err meter_open(const char *dir, const char *role, unsigned number)
{
	struct path named = {0}, fresh;
	if (!path_make(dir, role, number, &named))
		return ERR_TOO_LARGE;
	fresh = named;
	memcpy(fresh.text + strlen(fresh.text), ".new", sizeof(".new"));
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return ERR_UNAVAILABLE;
	(void)unlink(fresh.text);
	struct meter_page *made = page_make(fresh.text);
	if (!made)
		return ERR_UNAVAILABLE;
	made->shape = shape_of_rows();
	made->pid = getpid();
	made->started_at = clock_wall_ms();
	made->number = number;
	(void)snprintf(made->role, sizeof(made->role), "%s", role);
	if (rename(fresh.text, named.text) != 0) {
		(void)unlink(fresh.text);
		(void)munmap(made, sizeof(*made));
		return ERR_UNAVAILABLE;
	}
	page = made;
	file = named;
	return ERR_OK;
}

void meter_close(void)
{
	if (page == &in_memory)
		return;
	(void)unlink(file.text);
	(void)munmap(page, sizeof(*page));
	page = &in_memory;
}

void meter_ready(void)
{
	__atomic_store_n(&page->ready_at, clock_wall_ms(), __ATOMIC_RELAXED);
}

void meter_add(enum meter meter, int64_t more)
{
	__atomic_fetch_add(&page->values[meter], more, __ATOMIC_RELAXED);
}

void meter_set(enum meter meter, int64_t value)
{
	__atomic_store_n(&page->values[meter], value, __ATOMIC_RELAXED);
}

void meter_now(enum meter moment)
{
	meter_set(moment, clock_wall_ms());
}

void meter_suspect(enum err e)
{
	static const enum err foreign[] = {ERR_MALFORMED, ERR_TOO_LARGE, ERR_UNKNOWN_OP,
		ERR_BAD_FIELD, ERR_BAD_METHOD, ERR_BAD_ORIGIN, ERR_BAD_SIGNATURE, ERR_BAD_ENVELOPE};
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		meter_add(METER_requests_malformed, e == foreign[i]);
	meter_add(METER_requests_limited, e == ERR_RATE_LIMITED);
}

enum err meter_read(const char *path, struct meter_page *ret)
{
	struct meter_page read_page;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return ERR_NOT_FOUND;
	ssize_t n = read(fd, &read_page, sizeof(read_page));
	close(fd);
	if (n != (ssize_t)sizeof(read_page) || read_page.shape != shape_of_rows() ||
		!memchr(read_page.role, 0, sizeof(read_page.role)))
		return ERR_MALFORMED;
	*ret = read_page;
	return ERR_OK;
}
