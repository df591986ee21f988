#pragma once
#include <libpq-fe.h>

#include "base/buf.h"
#include "base/list.h"
#include "io/pg.h"
#include "io/pg_link.h"

/* What the files of pg share. A call is what a caller asked; a unit is what goes to the server
 * before one sync: one call, or up to 64 of the same statement and organisation. */

struct pg_type_info {
	Oid oid;
	uint8_t size;         /* 0: any */
	enum pg_type element; /* of an array, else the type itself */
};
const struct pg_type_info *pg_type_info(enum pg_type type);

struct call {
	struct list link;
	const struct pg_statement *statement;
	bool has_org, alone, retried; /* alone: it goes by itself now */
	uint8_t n_unanswered;         /* batches that had no row for it */
	struct id org;
	uint64_t affinity;
	pg_done *done;
	void *ctx;
	uint64_t tag;
	int32_t sizes[PG_MAX_IN]; /* -1: NULL */
	size_t n_bytes;
	uint8_t bytes[]; /* the parameters in binary, one behind the other */
};

/* Encodes one parameter; ASSERTs that it suits the type. */
void pg_encode(struct buf *to, enum pg_type type, const struct pg_param *param);
struct call *call_new(const struct pg_call *from, const struct pg_statement *statement);
/* Answers and frees. */
void call_done(struct call *call, enum err e, const struct pg_result *result);

struct pg_result {
	const PGresult *res;
	const struct pg_statement *statement;
	const uint32_t *rows; /* of a batch: which rows are this caller's; NULL: all */
	size_t n;
	PGresult **owner; /* from where it may be taken; NULL: of a batch */
};

struct unit {
	struct list link;
	const struct pg_statement *statement;
	struct call *calls[PG_MAX_BATCH];
	size_t n;
	uint64_t sent_at; /* monotonic */
	unsigned to_come; /* results before the sync */
	PGresult *res;
	enum err e;
	bool retry; /* the batch failed for what one row may have caused */
};

/* Takes from the waiting calls what goes together; NULL when nothing waits, or only for rooms that
 * a sent unit is about. */
struct unit *unit_take(struct list *waiting, size_t *n_waiting, const struct list *sent);
/* Hands it to libpq, sync included. False: the connection is broken. */
MUST bool unit_send(struct unit *unit, PGconn *conn);
/* One result that is not the sync's; owns it. */
void unit_result(struct unit *unit, PGresult *res);
/* After the sync: answers every call, or puts calls back in front to go alone. Frees the unit. */
void unit_done(struct unit *unit, struct list *waiting, size_t *n_waiting);
/* The connection is gone and the sync had been sent. */
void unit_lost(struct unit *unit, struct list *waiting, size_t *n_waiting);
void unit_free(struct unit *unit);

/* The parameters of a batch: one array a column. */
void pg_batch_encode(struct buf *to, const struct unit *unit, unsigned column);
/* Gives each call its rows. Calls of a batch of several that have none stay in the unit. */
void pg_batch_answer(struct unit *unit);

/* Maps a failed result (pg_error.c). */
enum err pg_error(const PGresult *res);
/* True when another try of the rows one by one may do better. */
bool pg_error_is_of_a_row(const PGresult *res);
/* "statement" or "connection" and the SQLSTATE, never the text. */
void pg_error_log(const char *statement, const PGresult *res);

/* One connection of a lane with its queue (pg_conn.c). */
struct pg_conn;
struct pg_conn_owner {
	void (*state_changed)(void *ctx, struct pg_conn *conn);
	void (*mismatch)(void *ctx);
	void *ctx;
};
struct pg_conn *pg_conn_new(struct loop *loop, const struct pg_settings *settings,
	enum pg_lane lane, const struct pg_conn_owner *owner);
void pg_conn_free(struct pg_conn **conn);
void pg_conn_add(struct pg_conn *conn, struct call *call);
bool pg_conn_is_up(const struct pg_conn *conn);
/* Monotonic time since when it is down. */
uint64_t pg_conn_down_since(const struct pg_conn *conn);
/* Calls waiting or sent. */
size_t pg_conn_load(const struct pg_conn *conn);
/* The next waiting call, taken out; NULL when none waits. */
struct call *pg_conn_shift(struct pg_conn *conn);
/* Drops a connection whose oldest unit is far too old. */
void pg_conn_check(struct pg_conn *conn, uint64_t now);
