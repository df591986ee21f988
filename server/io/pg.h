#pragma once
#include "base/err.h"
#include "base/id.h"
#include "io/loop.h"

/* PostgreSQL: named statements, sent through pipelines of a few connections, answered by callback.
 * The statements are generated from db/queries by db/sqlgen.py; nothing else can be said to the
 * database. */
enum pg_type {
	PG_BOOL,
	PG_INT2,
	PG_INT4,
	PG_INT8,
	PG_TEXT,
	PG_BYTEA,
	PG_UUID,
	PG_TIMESTAMPTZ,
	PG_JSONB,
	PG_BOOL_ARRAY,
	PG_INT2_ARRAY,
	PG_INT4_ARRAY,
	PG_INT8_ARRAY,
	PG_TEXT_ARRAY,
	PG_BYTEA_ARRAY,
	PG_UUID_ARRAY,
	PG_TIMESTAMPTZ_ARRAY,
	PG_TYPE_COUNT
};
/* ONE: exactly one row, else ERR_NOT_FOUND. MAYBE: at most one. MANY: any number. EXEC: no rows,
 * only how many were changed. */
enum pg_shape { PG_ONE, PG_MAYBE, PG_MANY, PG_EXEC };
enum pg_lane { PG_LANE_HOT, PG_LANE_READ, PG_LANE_WRITE, PG_LANE_FILE, PG_LANE_UNIT };
enum { PG_LANE_COUNT = PG_LANE_UNIT + 1 };
enum { PG_MAX_IN = 32, PG_MAX_OUT = 32, PG_MAX_BATCH = 64 };

struct pg_statement {
	const char *name; /* "message_post" */
	const char *sql;
	uint8_t n_in, n_out;
	enum pg_type in[PG_MAX_IN];   /* of one row; for a batch the SQL takes an array of each */
	enum pg_type out[PG_MAX_OUT]; /* a batch's first column is the ordinal of the row, int8,
					 from 1 */
	enum pg_shape shape;
	enum pg_lane lane;
	bool batch;  /* rows of several callers go together; lane hot. A row of several that gets no
			answer is asked again, in its order among those of the same affinity */
	bool tenant; /* runs under set_config('luotsi.org', ...) */
};
/* Generated: db/sqlgen.py writes an enum of indices and this table. */
extern const struct pg_statement pg_statements[];
extern const size_t n_pg_statements;

/* A parameter; its kind must suit the statement's declared type (integers by range, instants in
 * milliseconds). Bytes are borrowed for the call only. */
struct pg_param {
	enum {
		PG_PARAM_NULL,
		PG_PARAM_BOOL,
		PG_PARAM_INT,
		PG_PARAM_BYTES,
		PG_PARAM_ID,
		PG_PARAM_TIME,
		PG_PARAM_ARRAY
	} kind;
	union {
		bool boolean;
		int64_t integer;    /* also milliseconds since 1970 */
		struct slice bytes; /* bytea, text, jsonb */
		struct id id;
		struct {
			const struct pg_param *items;
			size_t n;
		} array;
	};
};
#define pg_null() ((struct pg_param){.kind = PG_PARAM_NULL})
#define pg_bool(v) ((struct pg_param){.kind = PG_PARAM_BOOL, .boolean = (v)})
#define pg_int(v) ((struct pg_param){.kind = PG_PARAM_INT, .integer = (int64_t)(v)})
#define pg_bytes(v) ((struct pg_param){.kind = PG_PARAM_BYTES, .bytes = (v)})
#define pg_hash(v) ((struct pg_param){.kind = PG_PARAM_BYTES, .bytes = hash_slice(v)})
#define pg_id(v) ((struct pg_param){.kind = PG_PARAM_ID, .id = *(v)})
#define pg_time(ms) ((struct pg_param){.kind = PG_PARAM_TIME, .integer = (ms)})
#define pg_array(v, count) ((struct pg_param){.kind = PG_PARAM_ARRAY, .array = {(v), (count)}})

struct pg_result; /* see pg_row.h; lives during the callback */
/* Exactly once for each accepted call, never inside pg_submit. result is NULL unless e is ERR_OK.
 * Besides what constraints map to: ERR_NOT_FOUND, ERR_BUSY (timeout), ERR_UNAVAILABLE (not sent),
 * ERR_UNCERTAIN (sent, outcome unknown). */
typedef void pg_done(void *ctx, uint64_t tag, enum err e, const struct pg_result *result);

struct pg_call {
	size_t statement;     /* index in pg_statements */
	const struct id *org; /* for a tenant statement */
	const struct pg_param *params;
	size_t n_params;   /* must equal n_in */
	uint64_t affinity; /* lane hot: the same number goes to the same connection, in order (a
			      room) */
	pg_done *done;
	void *ctx;
	uint64_t tag;
};

struct pg_settings {
	const char *conninfo;      /* "host=/run/x dbname=luotsi user=luotsi_app" */
	const char *unit_conninfo; /* of the lane of unit keys; may be NULL without it */
	const struct pg_statement *statements; /* pg_statements, n_pg_statements */
	size_t n_statements;
	unsigned lane_size[PG_LANE_COUNT]; /* 0: a lane that is never asked */
	unsigned statement_timeout_ms[PG_LANE_COUNT], lock_timeout_ms;
	unsigned max_queued; /* calls not answered, a lane */
};

struct pg;
/* Connects; ready runs once: ERR_OK when every lane is prepared, ERR_INTERNAL (logged) when a
 * statement does not fit the schema. While the database is away it keeps trying, and calls are
 * answered ERR_UNAVAILABLE. */
struct pg *pg_new(struct loop *loop, const struct pg_settings *settings,
	void (*ready)(void *ctx, enum err e), void *ctx);
/* Calls that wait are answered ERR_SHUTTING_DOWN (ERR_UNCERTAIN if sent), and from then on
 * pg_submit too. Not from inside a callback of pg. */
void pg_stop(struct pg *pg);
/* Stops first. */
void pg_free(struct pg **pg);
/* ERR_BUSY over the ceiling, ERR_UNAVAILABLE when the lane has had no connection for a while; then
 * done is not called. */
MUST enum err pg_submit(struct pg *pg, const struct pg_call *call);
/* Calls not answered yet: zero before a clean exit. */
size_t pg_pending(const struct pg *pg);
/* True while every lane has a connection: for the health check. */
bool pg_is_up(const struct pg *pg);
