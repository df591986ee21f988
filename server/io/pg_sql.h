#pragma once

/* What io itself says to PostgreSQL; everything else is in db/queries. */
#define PG_SQL_TENANT_NAME "luotsi_tenant"
#define PG_SQL_TENANT "SELECT set_config('luotsi.org', $1::text, true)"
#define PG_SQL_LISTEN "LISTEN "
#define PG_SQL_LOCK "SELECT pg_advisory_lock(7813291)"
#define PG_SQL_LEDGER \
	"CREATE TABLE IF NOT EXISTS public.luotsi_migration (" \
	"name text CONSTRAINT luotsi_migration_key PRIMARY KEY, sha256 bytea NOT NULL, " \
	"applied_at timestamptz NOT NULL DEFAULT now())"
#define PG_SQL_LEDGER_READ \
	"SELECT name, sha256 FROM public.luotsi_migration ORDER BY applied_at, name"
#define PG_SQL_LEDGER_ADD "INSERT INTO public.luotsi_migration (name, sha256) VALUES ($1, $2)"
#define PG_SQL_TEMPLATE_SEED "SELECT template_seed($1)"
/* Shorter than workers wait for a lock (db_lock_timeout_ms), and than PostgreSQL waits before it
 * looks for a deadlock and ends one of the two (deadlock_timeout, a second). */
#define PG_SQL_BEGIN_BRIEFLY "BEGIN; SET LOCAL lock_timeout = '500ms'"
#define PG_SQL_COMMIT "COMMIT"
#define PG_SQL_ROLLBACK "ROLLBACK"
