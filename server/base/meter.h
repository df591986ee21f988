#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Numbers that each process keeps for whoever watches the service (meters.def), in a page of memory
 * that is also a file: counting costs one addition, asks nobody, and what a killed process counted
 * can still be read. */
enum meter {
#define COUNTER(name, help) METER_##name,
#define GAUGE(name, help) METER_##name,
#define MOMENT(name, help) METER_##name,
#include "base/meters.def"
#undef COUNTER
#undef GAUGE
#undef MOMENT
	METER_COUNT
};

enum meter_kind { METER_IS_COUNTER, METER_IS_GAUGE, METER_IS_MOMENT };
struct meter_row {
	const char *name, *help;
	enum meter_kind kind;
};
extern const struct meter_row meter_rows[METER_COUNT];

enum { METER_ROLE_SIZE = 16 };
struct meter_page {
	int64_t pid, started_at, ready_at; /* ready_at: 0 until it serves */
	char role[METER_ROLE_SIZE];        /* "worker" */
	int64_t number;                    /* which worker; else 0 */
	int64_t values[METER_COUNT];
};

/* From now on this process counts in DIR/ROLE-NUMBER.meter, from zero; before, and when that cannot
 * be made, in memory alone. Makes DIR if need be. */
MUST enum err meter_open(const char *dir, const char *role, unsigned number);
/* A clean end: the file goes. */
void meter_close(void);
/* It serves from now on. */
void meter_ready(void);
void meter_add(enum meter meter, int64_t more);
void meter_set(enum meter meter, int64_t value);
void meter_now(enum meter moment);
/* Counts an error that was answered if it tells of somebody who looks for a way round: what no page
 * of ours sends, and too much of it. Who it was is not kept. */
void meter_suspect(enum err e);
/* The page in that file, also of a program with other meters, whose own are passed over; what it
 * does not have is 0. ERR_NOT_FOUND; ERR_MALFORMED for what is no page. */
MUST enum err meter_read(const char *file, struct meter_page *ret);
