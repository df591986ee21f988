#pragma once
#include "base/config.h"
#include "base/meter.h"

/* What every process of the service counts, looked at from outside: for the metrics and the status.
 */
enum { BOARD_MOST = 80 };
struct board {
	struct meter_page pages[BOARD_MOST]; /* by role and number; only of processes that live */
	size_t n;
	int64_t backup_at, certificate_until; /* milliseconds since 1970; 0: not known */
};

/* Whatever can be read. */
void board_read(const struct config *config, struct board *ret);
/* Do a worker, the keys process and the database's statements stand ready? */
bool board_serves(const struct board *board);
/* The page of the first process of this role; NULL: there is none. */
const struct meter_page *board_role(const struct board *board, const char *role);
/* In the text format of Prometheus. */
void board_write(const struct board *board, struct buf *to);
/* For a person; true when there is nothing to do. */
bool board_tell(const struct board *board, struct buf *to);
