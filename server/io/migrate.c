/* Migrations, in the order of their names, each once; then the assignment templates that come with
 * Luotsi, of which the database takes those that it has not got. Blocking libpq: the migrate role
 * does nothing else. The ledger holds name and hash; a file that changed after it was applied is
 * refused, because then nobody knows any more what a database looks like.
 *
 * All this while workers of the release before serve. Whoever waits for a lock stands in the way of
 * everybody who comes later, so a file waits for one only briefly (PG_SQL_BEGIN_BRIEFLY), then
 * gives up all that it has and tries again later as a whole: to repeat the statement alone would
 * keep what the statements before it locked. */
#include "io/migrate.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/pg_sql.h"

enum { FILE_MAX = 4 << 20, PATH_BYTES_MAX = 4096 };
/* A file that finds a lock taken is tried for some ten minutes: so long may somebody read. */
enum { TRIES_MAX = 130, PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 5000 };

static void migrate_quiet(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* NULL after saying why. */
static PGresult *migrate_checked(PGconn *pg, PGresult *res, const char *what)
{
	ExecStatusType status = PQresultStatus(res);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return res;
	/* Our own files and schema are spoken of, no data: the sentence may be shown. */
	log_error("migrate_failed", LOG_W("at", what), LOG_W("sentence", PQerrorMessage(pg)));
	PQclear(res);
	return NULL;
}

static bool migrate_do(PGconn *pg, const char *sql, const char *what)
{
	PGresult *res = migrate_checked(pg, PQexec(pg, sql), what);
	PQclear(res);
	return res != NULL;
}

static bool migrate_read(const char *directory, const char *name, struct buf *ret)
{
	struct buf path = BUF_MAX(PATH_BYTES_MAX);
	buf_addf(&path, "%s/%s", directory, name);
	FILE *f = buf_check(&path) == ERR_OK ? fopen(buf_text(&path), "re") : NULL;
	buf_done(&path);
	uint8_t piece[4096];
	size_t n;
	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(ret, slice_of(piece, n));
	bool good = f && !ferror(f) && buf_check(ret) == ERR_OK;
	if (f)
		(void)fclose(f);
	if (!good)
		log_error("migrate_unreadable", LOG_W("file", name));
	return good;
}

static bool migrate_record(PGconn *pg, const char *name, const struct hash *hash)
{
	const char *values[] = {name, (const char *)hash->b};
	const int sizes[] = {0, sizeof(hash->b)}, formats[] = {0, 1};
	PGresult *res = PQexecParams(pg, PG_SQL_LEDGER_ADD, 2, NULL, values, sizes, formats, 0);
	res = migrate_checked(pg, res, name);
	PQclear(res);
	return res != NULL;
}

/* lock_not_available, deadlock_detected: others were in the way. */
static bool migrate_was_in_the_way(const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	return state && (strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0);
}

/* ERR_BUSY: somebody has a lock that it needs, and it has none any more. */
static enum err migrate_try(PGconn *pg, const char *name, struct buf *sql, const struct hash *hash)
{
	if (!migrate_do(pg, PG_SQL_BEGIN_BRIEFLY, name))
		return ERR_INTERNAL;
	PGresult *res = PQexec(pg, buf_text(sql));
	bool busy = migrate_was_in_the_way(res);
	if (!busy)
		res = migrate_checked(pg, res, name);
	bool good = !busy && res && migrate_record(pg, name, hash) &&
		    migrate_do(pg, PG_SQL_COMMIT, name);
	PQclear(res);
	if (good)
		return ERR_OK;
	(void)migrate_do(pg, PG_SQL_ROLLBACK, name);
	return busy ? ERR_BUSY : ERR_INTERNAL;
}

static void migrate_pause(unsigned ms)
{
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	while (nanosleep(&left, &left) != 0) {
	}
}

static enum err migrate_one(PGconn *pg, const char *name, struct buf *sql, const struct hash *hash)
{
	unsigned pause = PAUSE_FIRST_MS;
	enum err e = migrate_try(pg, name, sql, hash);
	for (int n = 1; e == ERR_BUSY && n < TRIES_MAX; n++) {
		log_info("migrate_waits", LOG_W("file", name), LOG_N("tries", n));
		migrate_pause(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
		e = migrate_try(pg, name, sql, hash);
	}
	if (e == ERR_BUSY)
		log_error("migrate_locked_out", LOG_W("file", name));
	if (e == ERR_OK)
		log_info("migrated", LOG_W("file", name));
	return e;
}

/* The recorded hash of the file; false when it was not applied yet. */
static bool migrate_recorded(const PGresult *ledger, const char *name, struct hash *ret)
{
	for (int i = 0; i < PQntuples(ledger); i++) {
		if (strcmp(PQgetvalue(ledger, i, 0), name) != 0)
			continue;
		ASSERT(PQgetlength(ledger, i, 1) == sizeof(ret->b));
		memcpy(ret->b, PQgetvalue(ledger, i, 1), sizeof(ret->b));
		return true;
	}
	return false;
}

static enum err migrate_file(
	PGconn *pg, const PGresult *ledger, const char *directory, const char *name)
{
	struct buf sql = BUF_MAX(FILE_MAX);
	enum err e = migrate_read(directory, name, &sql) ? ERR_OK : ERR_INTERNAL;
	struct hash hash = crypt_sha256(buf_slice(&sql)), recorded;
	if (e == ERR_OK && !migrate_recorded(ledger, name, &recorded)) {
		e = migrate_one(pg, name, &sql, &hash);
	} else if (e == ERR_OK && !hash_equal(&hash, &recorded)) {
		log_error("migrate_changed", LOG_W("file", name));
		e = ERR_CONFLICT;
	}
	buf_done(&sql);
	return e;
}

static bool migrate_ends(const struct dirent *entry, const char *ending)
{
	size_t n = strlen(entry->d_name), m = strlen(ending);
	return n > m && strcmp(entry->d_name + n - m, ending) == 0;
}

static int migrate_is_one(const struct dirent *entry)
{
	bool digit = entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
	return digit && migrate_ends(entry, ".sql");
}

static int migrate_is_template(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && migrate_ends(entry, ".json");
}

static int migrate_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool migrate_has(struct dirent **entries, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(entries[i]->d_name, name) == 0)
			return true;
	}
	return false;
}

/* What was applied after all that is known here came with a later release, which may have to be
 * taken back: the two-step rule says that this one works on it. Any other gap is refused. In the
 * order of their application. */
static enum err migrate_gaps(const PGresult *ledger, struct dirent **entries, int n)
{
	bool later = true;
	for (int i = PQntuples(ledger) - 1; i >= 0; i--) {
		const char *name = PQgetvalue(ledger, i, 0);
		if (migrate_has(entries, n, name)) {
			later = false;
		} else if (later) {
			log_warn("migrate_later", LOG_W("file", name));
		} else {
			log_error("migrate_missing", LOG_W("file", name));
			return ERR_CONFLICT;
		}
	}
	return ERR_OK;
}

static enum err migrate_all(
	PGconn *pg, const PGresult *ledger, const char *directory, struct dirent **entries, int n)
{
	TRY(migrate_gaps(ledger, entries, n));
	for (int i = 0; i < n; i++)
		TRY(migrate_file(pg, ledger, directory, entries[i]->d_name));
	return ERR_OK;
}

static enum err migrate_connected(PGconn *pg, const char *directory)
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, migrate_is_one, migrate_order);
	if (n <= 0) {
		log_error("migrate_no_files", LOG_W("directory", directory));
		free(entries);
		return ERR_NOT_FOUND;
	}
	enum err e = ERR_INTERNAL;
	if (migrate_do(pg, PG_SQL_LOCK, "lock") && migrate_do(pg, PG_SQL_LEDGER, "ledger")) {
		PGresult *ledger =
			PQexecParams(pg, PG_SQL_LEDGER_READ, 0, NULL, NULL, NULL, NULL, 1);
		ledger = migrate_checked(pg, ledger, "ledger");
		if (ledger)
			e = migrate_all(pg, ledger, directory, entries, n);
		PQclear(ledger);
	}
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return e;
}

/* --- the templates --- */

static enum err migrate_template(PGconn *pg, const char *directory, const char *name)
{
	struct buf body = BUF_MAX(FILE_MAX);
	enum err e = ERR_INTERNAL;
	if (migrate_read(directory, name, &body)) {
		const char *values[] = {buf_text(&body)};
		PGresult *res = migrate_checked(pg,
			PQexecParams(pg, PG_SQL_TEMPLATE_SEED, 1, NULL, values, NULL, NULL, 0),
			name);
		e = res ? ERR_OK : ERR_INTERNAL;
		if (res && strcmp(PQgetvalue(res, 0, 0), "t") == 0)
			log_info("template_put", LOG_W("file", name));
		PQclear(res);
	}
	buf_done(&body);
	return e;
}

static enum err migrate_every_template(PGconn *pg, const char *directory)
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, migrate_is_template, migrate_order);
	if (n < 0)
		log_error("migrate_no_templates", LOG_W("directory", directory));
	enum err e = n < 0 ? ERR_NOT_FOUND : ERR_OK;
	if (e == ERR_OK && !migrate_do(pg, PG_SQL_LOCK, "lock"))
		e = ERR_INTERNAL;
	for (int i = 0; i < n; i++) {
		if (e == ERR_OK)
			e = migrate_template(pg, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return e;
}

typedef enum err migrate_work(PGconn *pg, const char *directory);

static enum err migrate_with(const char *conninfo, const char *directory, migrate_work *work)
{
	PGconn *pg = PQconnectdb(conninfo);
	PQsetNoticeProcessor(pg, migrate_quiet, NULL);
	enum err e = ERR_UNAVAILABLE;
	if (PQstatus(pg) == CONNECTION_OK)
		e = work(pg, directory);
	else
		log_error("migrate_no_database", LOG_W("sentence", PQerrorMessage(pg)));
	PQfinish(pg);
	return e;
}

enum err migrate_apply(const char *conninfo, const char *directory)
{
	return migrate_with(conninfo, directory, migrate_connected);
}

enum err migrate_templates(const char *conninfo, const char *directory)
{
	return migrate_with(conninfo, directory, migrate_every_template);
}
