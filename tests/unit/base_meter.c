/* Pages of numbers, also of a program that counts other things. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/meter.h"
#include "unit.h"

enum { HEAD = 64, CELL = 16, FILE_MOST = 8192 };

static char dir[] = "/tmp/base_meter.XXXXXX";
static char file[64], other[64];

static size_t page_of_ours(uint8_t *ret)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t n = read(fd, ret, FILE_MOST);
	assert_int_equal(close(fd), 0);
	assert_int_equal(n, HEAD + METER_COUNT * CELL);
	return (size_t)n;
}

static enum err read_as(const uint8_t *bytes, size_t n, struct meter_page *ret)
{
	int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(close(fd), 0);
	return meter_read(other, ret);
}

static void cells_are(uint8_t *page, uint64_t n)
{
	memcpy(page + HEAD - sizeof(n), &n, sizeof(n));
}

static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/worker-2.meter", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	assert_ok(meter_open(dir, "worker", 2));
	meter_add(METER_requests, 7);
	meter_add(METER_last_round, 5);
	return 0;
}

static int end(void **state)
{
	(void)state;
	meter_close();
	(void)unlink(other);
	return rmdir(dir);
}

static void a_page_tells_what_was_counted(void **state)
{
	(void)state;
	struct meter_page page;
	assert_ok(meter_read(file, &page));
	assert_int_equal(page.pid, getpid());
	assert_int_equal(page.number, 2);
	assert_string_equal(page.role, "worker");
	assert_int_equal(page.ready_at, 0);
	assert_int_equal(page.values[METER_requests], 7);
	assert_int_equal(page.values[METER_requests_refused], 0);
	meter_ready();
	assert_ok(meter_read(file, &page));
	assert_true(page.ready_at >= page.started_at && page.started_at > 0);
}

static void a_page_of_a_program_with_other_meters_is_read_by_their_names(void **state)
{
	(void)state;
	uint8_t bytes[FILE_MOST], first[CELL];
	struct meter_page page;
	size_t n = page_of_ours(bytes);
	/* In another order, with a meter that we do not have, and without one of ours. */
	uint8_t *at = bytes + HEAD + METER_requests * CELL, *last = bytes + n - CELL;
	memcpy(first, at, CELL);
	memcpy(at, last, CELL);
	memcpy(last, first, CELL);
	bytes[HEAD + METER_connections_opened * CELL] ^= 1;
	assert_ok(read_as(bytes, n, &page));
	assert_int_equal(page.pid, getpid());
	assert_int_equal(page.values[METER_requests], 7);
	assert_int_equal(page.values[METER_last_round], 5);
	/* Of an older one, which had fewer. */
	cells_are(bytes, METER_COUNT - 1);
	assert_ok(read_as(bytes, n - CELL, &page));
	assert_int_equal(page.values[METER_requests], 0);
	assert_int_equal(page.values[METER_last_round], 5);
}

static void what_is_no_page_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[FILE_MOST] = {0};
	struct meter_page page;
	size_t n = page_of_ours(bytes);
	assert_err(read_as(bytes, n - 1, &page), ERR_MALFORMED);
	assert_err(read_as(bytes, n + 1, &page), ERR_MALFORMED);
	assert_err(read_as(bytes, HEAD - 1, &page), ERR_MALFORMED);
	assert_err(read_as(bytes, 0, &page), ERR_MALFORMED);
	cells_are(bytes, UINT64_MAX);
	assert_err(read_as(bytes, n, &page), ERR_MALFORMED);
	cells_are(bytes, METER_COUNT + 1);
	assert_err(read_as(bytes, n, &page), ERR_MALFORMED);
	cells_are(bytes, METER_COUNT);
	assert_ok(read_as(bytes, n, &page));
	memset(bytes + HEAD - 32, 'x', METER_ROLE_SIZE); /* a role without an end */
	assert_err(read_as(bytes, n, &page), ERR_MALFORMED);
	n = page_of_ours(bytes);
	bytes[0] ^= 1;
	assert_err(read_as(bytes, n, &page), ERR_MALFORMED);
	assert_err(meter_read("/nowhere/worker-2.meter", &page), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_page_tells_what_was_counted),
		T(a_page_of_a_program_with_other_meters_is_read_by_their_names),
		T(what_is_no_page_is_refused)};
	return cmocka_run_group_tests(tests, begin, end);
}
