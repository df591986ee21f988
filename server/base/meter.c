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

enum { PATH_SIZE = 1200, CELLS_MOST = 256 };
_Static_assert((int)METER_COUNT <= (int)CELLS_MOST, "who reads a page takes no more");

/* A number says whose it is, so that programs with different meters read each other: one that
 * renews a service is not of the version that it meets. */
struct cell {
	uint64_t name;
	int64_t value;
};
struct head {
	uint64_t magic;
	int64_t pid, started_at, ready_at;
	char role[METER_ROLE_SIZE];
	int64_t number;
	uint64_t n_cells;
};
struct own_page {
	struct head head;
	struct cell cells[METER_COUNT];
};
struct any_page {
	struct head head;
	struct cell cells[CELLS_MOST];
};
static const uint64_t MAGIC = 0x32657461706d7475; /* changes with struct head */

struct path {
	char text[PATH_SIZE];
};

static struct own_page in_memory;
static struct own_page *page = &in_memory;
static struct path file;

/* FNV-1a of a meter's name and kind: one of another kind is another meter. */
static uint64_t name_of_row(const struct meter_row *row)
{
	uint64_t name = 14695981039346656037u;
	for (const char *c = row->name; *c; c++)
		name = (name ^ (uint8_t)*c) * 1099511628211u;
	return (name ^ (uint64_t)row->kind) * 1099511628211u;
}

static bool path_make(const char *dir, const char *role, unsigned number, struct path *ret)
{
	int n = snprintf(ret->text, PATH_SIZE, "%s/%s-%u.meter", dir, role, number);
	return n > 0 && n < PATH_SIZE - 4;
}

static struct own_page *page_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return NULL;
	void *made = MAP_FAILED;
	/* Whoever watches is of the group of the folder, whatever our mask is. The room is taken
	 * now: a page of a file with holes is a SIGBUS when the disk is full. */
	if (fchmod(fd, 0640) == 0 && posix_fallocate(fd, 0, sizeof(struct own_page)) == 0)
		made = mmap(
			NULL, sizeof(struct own_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
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
	struct own_page *made = page_make(fresh.text);
	if (!made)
		return ERR_UNAVAILABLE;
	made->head = (struct head){.magic = MAGIC,
		.pid = getpid(),
		.started_at = clock_wall_ms(),
		.number = number,
		.n_cells = METER_COUNT};
	(void)snprintf(made->head.role, sizeof(made->head.role), "%s", role);
	for (size_t i = 0; i < METER_COUNT; i++)
		made->cells[i].name = name_of_row(&meter_rows[i]);
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
	__atomic_store_n(&page->head.ready_at, clock_wall_ms(), __ATOMIC_RELAXED);
}

void meter_add(enum meter meter, int64_t more)
{
	__atomic_fetch_add(&page->cells[meter].value, more, __ATOMIC_RELAXED);
}

void meter_set(enum meter meter, int64_t value)
{
	__atomic_store_n(&page->cells[meter].value, value, __ATOMIC_RELAXED);
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

static int64_t value_of_row(const struct any_page *of, const struct meter_row *row)
{
	uint64_t name = name_of_row(row);
	for (size_t i = 0; i < of->head.n_cells; i++) {
		if (of->cells[i].name == name)
			return of->cells[i].value;
	}
	return 0;
}

enum err meter_read(const char *path, struct meter_page *ret)
{
	struct any_page found;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return ERR_NOT_FOUND;
	ssize_t n = read(fd, &found, sizeof(found));
	close(fd);
	const struct head *head = &found.head;
	if (n < (ssize_t)sizeof(*head) || head->magic != MAGIC || head->n_cells > CELLS_MOST ||
		n != (ssize_t)(sizeof(*head) + head->n_cells * sizeof(struct cell)) ||
		!memchr(head->role, 0, sizeof(head->role)))
		return ERR_MALFORMED;
	*ret = (struct meter_page){.pid = head->pid,
		.started_at = head->started_at,
		.ready_at = head->ready_at,
		.number = head->number};
	memcpy(ret->role, head->role, sizeof(ret->role));
	for (size_t i = 0; i < METER_COUNT; i++)
		ret->values[i] = value_of_row(&found, &meter_rows[i]);
	return ERR_OK;
}
