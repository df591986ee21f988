/* What PostgreSQL refuses, as our errors: the one place. Constraints are named `table_what` or
 * `table_what__word`, where word is an error of errors.def ("room_member_left__not_member"): the
 * name says what the client is told. The same way functions raise with ERRCODE 'LU000' and
 * CONSTRAINT 'why__word'. Texts of PostgreSQL are never logged: they can hold values. */
#include "base/log.h"
#include "io/pg_internal.h"

struct mapping {
	const char *state; /* SQLSTATE or the beginning of one */
	enum err e;
	bool of_a_row;
};

/* The first that fits. */
static const struct mapping mappings[] = {
	{"23505", ERR_CONFLICT, true},     /* unique_violation */
	{"23503", ERR_NOT_FOUND, true},    /* foreign_key_violation */
	{"23", ERR_BAD_FIELD, true},       /* another constraint */
	{"22", ERR_INTERNAL, true},        /* data exception: validated before, so a bug */
	{"LU", ERR_INTERNAL, true},        /* raised by a function without a word: a bug */
	{"P0001", ERR_INTERNAL, true},     /* raised without a state of ours */
	{"42501", ERR_INTERNAL, true},     /* insufficient_privilege, row-level security */
	{"42P01", ERR_UNAVAILABLE, false}, /* undefined_table: the schema is being changed */
	{"42", ERR_INTERNAL, false},       /* does not fit the schema */
	{"55P03", ERR_BUSY, false},        /* lock_not_available */
	{"57014", ERR_BUSY, false},        /* query_canceled: the timeout */
	{"40", ERR_BUSY, false},           /* serialization_failure, deadlock_detected */
	{"53", ERR_BUSY, false},           /* insufficient_resources, disk_full */
	{"57", ERR_UNAVAILABLE, false},    /* shutting down */
	{"25006", ERR_UNAVAILABLE, false}, /* read_only_sql_transaction: a standby */
};

static const struct mapping *pg_error_find(const PGresult *res)
{
	static const struct mapping unknown = {"", ERR_INTERNAL, false};
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	for (size_t i = 0; state && i < sizeof(mappings) / sizeof(mappings[0]); i++) {
		if (slice_starts(slice_text(state), slice_text(mappings[i].state)))
			return &mappings[i];
	}
	return &unknown;
}

static bool pg_error_word(const PGresult *res, enum err *ret_err)
{
	const char *name = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	const char *word = name ? strstr(name, "__") : NULL;
	return word && err_parse(slice_text(word + 2), ret_err) && *ret_err != ERR_OK;
}

enum err pg_error(const PGresult *res)
{
	enum err e;
	if (pg_error_word(res, &e))
		return e;
	return pg_error_find(res)->e;
}

bool pg_error_is_of_a_row(const PGresult *res)
{
	enum err e;
	return pg_error_word(res, &e) || pg_error_find(res)->of_a_row;
}

void pg_error_log(const char *statement, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	log_error("pg_refused", LOG_W("statement", statement),
		LOG_W("sqlstate", state ? state : "none"));
}
