#pragma once
#include "io/pg.h"

/* Typed reading of results. Types were compared with the schema when the statement was prepared, so
 * that reading another type than declared, or NULL by anything but pg_is_null, is a bug and ends
 * the process. Slices live during the callback. */
size_t pg_rows(const struct pg_result *r);
/* Takes the rows of a statement that was no batch: slices of them then live until pg_let_go. Once.
 */
void *pg_keep(const struct pg_result *r);
void pg_let_go(void *kept);
/* Rows changed by an EXEC. */
size_t pg_changed(const struct pg_result *r);
bool pg_is_null(const struct pg_result *r, size_t row, unsigned column);
bool pg_get_bool(const struct pg_result *r, size_t row, unsigned column);
/* int2, int4 or int8. */
int64_t pg_get_int(const struct pg_result *r, size_t row, unsigned column);
/* text, jsonb (as text) or bytea. */
struct slice pg_get_bytes(const struct pg_result *r, size_t row, unsigned column);
struct id pg_get_id(const struct pg_result *r, size_t row, unsigned column);
/* bytea of exactly 32 bytes. */
struct hash pg_get_hash(const struct pg_result *r, size_t row, unsigned column);
/* Milliseconds since 1970. */
int64_t pg_get_time(const struct pg_result *r, size_t row, unsigned column);
/* uuid[] and bytea[] and int arrays: the number of items, and one of them; NULL items are not read.
 */
size_t pg_array_count(const struct pg_result *r, size_t row, unsigned column);
struct slice pg_array_item(const struct pg_result *r, size_t row, unsigned column, size_t item);
