/* server/io's database side on a real PostgreSQL: LUOTSI_TEST_PG holds the conninfo of an empty
 * database (io_pg.py makes one), LUOTSI_TEST_DIR a directory to write migrations into. */
#include <libpq-fe.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "io/listener.h"
#include "io/migrate.h"
#include "io/pg_row.h"
#include "io/work.h"
#include "unit.h"

enum {
	ECHO,
	NONE,
	ADD,
	BATCH,
	BATCH_READ,
	PASSES_OVER,
	ONLY_ALONE,
	SLEEP,
	ORG,
	ARRAYS,
	READ_SLEEP,
	LOCKED,
	N_STATEMENTS
};

static const struct pg_statement statements[N_STATEMENTS] = {
	[ECHO] = {"echo",
		"SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::text, $6::bytea, $7::uuid, "
		"$8::timestamptz, $9::jsonb",
		9, 9,
		{PG_BOOL, PG_INT2, PG_INT4, PG_INT8, PG_TEXT, PG_BYTEA, PG_UUID, PG_TIMESTAMPTZ,
			PG_JSONB},
		{PG_BOOL, PG_INT2, PG_INT4, PG_INT8, PG_TEXT, PG_BYTEA, PG_UUID, PG_TIMESTAMPTZ,
			PG_JSONB},
		PG_ONE, PG_LANE_READ, false, false},
	[NONE] = {"none", "SELECT 1 WHERE false", 0, 1, {0}, {PG_INT4}, PG_ONE, PG_LANE_READ, false,
		false},
	[ADD] = {"add", "INSERT INTO thing (id, text) VALUES ($1, $2)", 2, 0, {PG_INT8, PG_TEXT},
		{0}, PG_EXEC, PG_LANE_WRITE, false, false},
	[BATCH] = {"batch",
		"INSERT INTO thing (id, text) SELECT id, text FROM unnest($1::bigint[], "
		"$2::text[]) "
		"WITH ORDINALITY AS u (id, text, ord) ORDER BY ord RETURNING "
		"(array_position($1::bigint[], id))::bigint, id, txid_current()::bigint",
		2, 3, {PG_INT8, PG_TEXT}, {PG_INT8, PG_INT8, PG_INT8}, PG_MAYBE, PG_LANE_HOT, true,
		true},
	[BATCH_READ] = {"batch_read",
		"SELECT ord, t.id FROM unnest($1::bigint[]) WITH ORDINALITY AS u (id, ord) "
		"JOIN thing t ON t.id <= u.id ORDER BY ord DESC, t.id",
		1, 2, {PG_INT8}, {PG_INT8, PG_INT8}, PG_MANY, PG_LANE_HOT, true, false},
	[PASSES_OVER] = {"passes_over",
		"SELECT ord, id, 0::bigint FROM unnest($1::bigint[]) WITH ORDINALITY AS u (id, "
		"ord) "
		"WHERE (SELECT nextval('tries')) > 1",
		1, 3, {PG_INT8}, {PG_INT8, PG_INT8, PG_INT8}, PG_MANY, PG_LANE_HOT, true, false},
	[ONLY_ALONE] = {"only_alone",
		"SELECT ord, id, (SELECT nextval('tries')) FROM unnest($1::bigint[]) "
		"WITH ORDINALITY AS u (id, ord) WHERE cardinality($1) = 1",
		1, 3, {PG_INT8}, {PG_INT8, PG_INT8, PG_INT8}, PG_MANY, PG_LANE_HOT, true, false},
	[SLEEP] = {"sleep", "SELECT pg_sleep($1::int4)::text", 1, 1, {PG_INT4}, {PG_TEXT}, PG_ONE,
		PG_LANE_WRITE, false, false},
	[ORG] = {"org", "SELECT current_setting('luotsi.org', true)", 0, 1, {0}, {PG_TEXT}, PG_ONE,
		PG_LANE_WRITE, false, true},
	[ARRAYS] = {"arrays", "SELECT $1::uuid[], $2::bytea[], $3::int4[]", 3, 3,
		{PG_UUID_ARRAY, PG_BYTEA_ARRAY, PG_INT4_ARRAY},
		{PG_UUID_ARRAY, PG_BYTEA_ARRAY, PG_INT4_ARRAY}, PG_ONE, PG_LANE_READ, false, false},
	[READ_SLEEP] = {"read_sleep", "SELECT pg_sleep(0.3)::text", 0, 1, {0}, {PG_TEXT}, PG_ONE,
		PG_LANE_READ, false, false},
	[LOCKED] = {"locked", "SELECT id FROM thing ORDER BY id LIMIT 1 FOR UPDATE", 0, 1, {0},
		{PG_INT8}, PG_MAYBE, PG_LANE_WRITE, false, false},
};

static const char *conninfo;

struct world {
	struct loop *loop;
	struct pg *pg;
	enum err ready;
	bool is_ready, inside;
	size_t n_done;
	enum err errors[1024];
	int64_t numbers[1024];
	char text[200];
	void (*look)(struct world *w, const struct pg_result *r);
};

static void admin(const char *sql)
{
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *res = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(res);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(res);
	PQfinish(pg);
}

static void world_ready(void *ctx, enum err e)
{
	struct world *w = ctx;
	assert_false(w->is_ready);
	w->is_ready = true;
	w->ready = e;
}

static void world_wait(struct world *w, size_t n_done)
{
	uint64_t end = clock_mono_ms() + 60000;
	while (w->n_done < n_done || !w->is_ready) {
		loop_turn(w->loop);
		usleep(200);
		if (clock_mono_ms() > end)
			fail_msg("answered %zu of %zu", w->n_done, n_done);
	}
}

static struct pg_settings world_settings(void)
{
	return (struct pg_settings){.conninfo = conninfo,
		.statements = statements,
		.n_statements = N_STATEMENTS,
		.lane_size = {1, 1, 1},
		.statement_timeout_ms = {5000, 5000, 5000},
		.lock_timeout_ms = 300,
		.max_queued = 600};
}

static struct world *world_new(void)
{
	admin("DROP SEQUENCE IF EXISTS tries; CREATE SEQUENCE tries;"
	      "DROP TABLE IF EXISTS thing; CREATE TABLE thing (id bigint CONSTRAINT "
	      "thing_key__msg_id_reused PRIMARY KEY, "
	      "text text CONSTRAINT thing_text CHECK (text <> 'bad'))");
	struct world *w = MEM_NEW(struct world);
	struct pg_settings s = world_settings();
	w->loop = loop_new();
	w->pg = pg_new(w->loop, &s, world_ready, w);
	world_wait(w, 0);
	assert_ok(w->ready);
	return w;
}

static void world_free(struct world *w)
{
	pg_free(&w->pg);
	loop_free(&w->loop);
	mem_free(w);
}

static void world_done(void *ctx, uint64_t tag, enum err e, const struct pg_result *r)
{
	struct world *w = ctx;
	assert_false(w->inside);
	assert_true((e == ERR_OK) == (r != NULL));
	w->errors[tag] = e;
	w->n_done++;
	if (r && w->look)
		w->look(w, r);
	if (r && pg_rows(r) == 1 && tag > 0)
		w->numbers[tag] = pg_get_int(r, 0, 2);
}

static enum err world_submit(
	struct world *w, size_t statement, const struct pg_param *p, size_t n, uint64_t tag)
{
	struct id org = {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"};
	struct pg_call call = {.statement = statement,
		.org = &org,
		.params = p,
		.n_params = n,
		.affinity = 7,
		.done = world_done,
		.ctx = w,
		.tag = tag};
	w->inside = true;
	enum err e = pg_submit(w->pg, &call);
	w->inside = false;
	return e;
}

static void look_at_echo(struct world *w, const struct pg_result *r)
{
	(void)w;
	assert_true(pg_get_bool(r, 0, 0));
	assert_int_equal(pg_get_int(r, 0, 1), -3);
	assert_int_equal(pg_get_int(r, 0, 2), INT32_MIN);
	assert_true(pg_get_int(r, 0, 3) == INT64_MAX);
	assert_slice(pg_get_bytes(r, 0, 4), "text");
	assert_slice(pg_get_bytes(r, 0, 5), "\1\2\3\3");
	struct id id = pg_get_id(r, 0, 6);
	assert_int_equal(id.b[15], 9);
	assert_int_equal(pg_get_time(r, 0, 7), -5);
	assert_slice(pg_get_bytes(r, 0, 8), "{\"a\": 1}");
}

static void types_go_there_and_back(void **state)
{
	(void)state;
	struct world *w = world_new();
	struct id id = {.b = {[15] = 9}};
	w->look = look_at_echo;
	struct pg_param p[] = {pg_bool(true), pg_int(-3), pg_int(INT32_MIN), pg_int(INT64_MAX),
		pg_bytes(SLICE_LIT("text")), pg_bytes(SLICE_LIT("\1\2\3\3")), pg_id(&id),
		pg_time(-5), pg_bytes(SLICE_LIT("{\"a\":1}"))};
	assert_ok(world_submit(w, ECHO, p, 9, 0));
	world_wait(w, 1);
	assert_ok(w->errors[0]);
	world_free(w);
}

static void look_at_nulls(struct world *w, const struct pg_result *r)
{
	(void)w;
	for (unsigned i = 0; i < 9; i++)
		assert_true(pg_is_null(r, 0, i));
}

static void null_goes_there_and_back(void **state)
{
	(void)state;
	struct world *w = world_new();
	w->look = look_at_nulls;
	struct pg_param p[9] = {pg_null(), pg_null(), pg_null(), pg_null(), pg_null(), pg_null(),
		pg_null(), pg_null(), pg_null()};
	assert_ok(world_submit(w, ECHO, p, 9, 0));
	world_wait(w, 1);
	world_free(w);
}

static void look_at_arrays(struct world *w, const struct pg_result *r)
{
	(void)w;
	assert_int_equal(pg_array_count(r, 0, 0), 2);
	assert_int_equal(pg_array_item(r, 0, 0, 1).p[0], 2);
	assert_int_equal(pg_array_count(r, 0, 1), 3);
	assert_slice(pg_array_item(r, 0, 1, 2), "third");
	assert_int_equal(pg_array_count(r, 0, 2), 0);
}

static void arrays_go_there_and_back(void **state)
{
	(void)state;
	struct world *w = world_new();
	w->look = look_at_arrays;
	struct id one = {{1}}, two = {{2}};
	struct pg_param ids[] = {pg_id(&one), pg_id(&two)};
	struct pg_param bytes[] = {
		pg_bytes(SLICE_LIT("first")), pg_null(), pg_bytes(SLICE_LIT("third"))};
	struct pg_param p[] = {pg_array(ids, 2), pg_array(bytes, 3), pg_array(NULL, 0)};
	assert_ok(world_submit(w, ARRAYS, p, 3, 0));
	world_wait(w, 1);
	assert_ok(w->errors[0]);
	world_free(w);
}

static void one_without_a_row_is_not_found(void **state)
{
	(void)state;
	struct world *w = world_new();
	assert_ok(world_submit(w, NONE, NULL, 0, 0));
	world_wait(w, 1);
	assert_err(w->errors[0], ERR_NOT_FOUND);
	world_free(w);
}

static void a_constraint_says_what_the_client_is_told(void **state)
{
	(void)state;
	struct world *w = world_new();
	struct pg_param p[] = {pg_int(1), pg_bytes(SLICE_LIT("x"))},
			bad[] = {pg_int(2), pg_bytes(SLICE_LIT("bad"))};
	assert_ok(world_submit(w, ADD, p, 2, 0));
	assert_ok(world_submit(w, ADD, p, 2, 1));
	assert_ok(world_submit(w, ADD, bad, 2, 2));
	world_wait(w, 3);
	assert_ok(w->errors[0]);
	assert_err(w->errors[1], ERR_MSG_ID_REUSED);
	assert_err(w->errors[2], ERR_BAD_FIELD);
	world_free(w);
}

static void look_at_org(struct world *w, const struct pg_result *r)
{
	struct slice s = pg_get_bytes(r, 0, 0);
	memcpy(w->text, s.p, s.n);
}

static void a_tenant_statement_runs_under_its_organisation(void **state)
{
	(void)state;
	struct world *w = world_new();
	w->look = look_at_org;
	assert_ok(world_submit(w, ORG, NULL, 0, 0));
	world_wait(w, 1);
	assert_string_equal(w->text, "01020304-0506-0708-090a-0b0c0d0e0f10");
	world_free(w);
}

static void submit_batch(struct world *w, int from, int to, int bad)
{
	for (int i = from; i < to; i++) {
		struct pg_param p[] = {pg_int(i),
			i == bad ? pg_bytes(SLICE_LIT("bad")) : pg_bytes(SLICE_LIT("x"))};
		assert_ok(world_submit(w, BATCH, p, 2, (uint64_t)i));
	}
}

static void a_batch_answers_each_row_and_shares_commits(void **state)
{
	(void)state;
	struct world *w = world_new();
	submit_batch(w, 1, 201, -1);
	world_wait(w, 200);
	int transactions = 0;
	for (int i = 1; i < 201; i++) {
		assert_ok(w->errors[i]);
		transactions += i == 1 || w->numbers[i] != w->numbers[i - 1];
	}
	assert_in_range(transactions, 4, 6);
	world_free(w);
}

static void a_bad_row_harms_no_other(void **state)
{
	(void)state;
	struct world *w = world_new();
	submit_batch(w, 1, 65, 30);
	world_wait(w, 64);
	for (int i = 1; i < 65; i++)
		assert_err(w->errors[i], i == 30 ? ERR_BAD_FIELD : ERR_OK);
	world_free(w);
}

static void look_at_counts(struct world *w, const struct pg_result *r)
{
	w->numbers[500]++;
	size_t n = pg_rows(r);
	assert_int_equal(n, w->numbers[500] * 10);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pg_get_int(r, i, 1), i + 1);
}

static void a_batch_deals_many_rows_out_in_any_order(void **state)
{
	(void)state;
	struct world *w = world_new();
	submit_batch(w, 1, 31, -1);
	world_wait(w, 30);
	w->look = look_at_counts;
	for (int i = 1; i <= 3; i++) {
		struct pg_param p = pg_int(i * 10);
		assert_ok(world_submit(w, BATCH_READ, &p, 1, 0));
	}
	world_wait(w, 33);
	world_free(w);
}

static void look_at_order(struct world *w, const struct pg_result *r)
{
	assert_int_equal(pg_rows(r), 1);
	assert_int_equal(pg_get_int(r, 0, 1), w->n_done);
}

static void submit_numbers(struct world *w, size_t statement, int n)
{
	for (int i = 1; i <= n; i++) {
		struct pg_param p = pg_int(i);
		assert_ok(world_submit(w, statement, &p, 1, (uint64_t)i));
	}
}

static void what_a_batch_passes_over_is_asked_again_in_its_order(void **state)
{
	(void)state;
	struct world *w = world_new();
	w->look = look_at_order;
	submit_numbers(w, PASSES_OVER, 64 + 16); /* as many as would make a second batch */
	world_wait(w, 80);
	world_free(w);
}

static void what_is_passed_over_again_and_again_goes_alone(void **state)
{
	(void)state;
	struct world *w = world_new();
	w->look = look_at_order;
	submit_numbers(w, ONLY_ALONE, 3);
	world_wait(w, 3);
	world_free(w);
}

static void a_killed_backend_leaves_a_write_uncertain_and_comes_back(void **state)
{
	(void)state;
	struct world *w = world_new();
	struct pg_param seconds = pg_int(3), p[] = {pg_int(1), pg_bytes(SLICE_LIT("x"))};
	assert_ok(world_submit(w, SLEEP, &seconds, 1, 0));
	for (int i = 0; i < 300; i++) {
		loop_turn(w->loop);
		usleep(200);
	}
	admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	      "'luotsid'");
	world_wait(w, 1);
	assert_err(w->errors[0], ERR_UNCERTAIN);
	assert_ok(world_submit(w, ADD, p, 2, 1));
	world_wait(w, 2);
	assert_ok(w->errors[1]);
	world_free(w);
}

static void a_killed_backend_repeats_a_read(void **state)
{
	(void)state;
	struct world *w = world_new();
	assert_ok(world_submit(w, READ_SLEEP, NULL, 0, 0));
	for (int i = 0; i < 100; i++) {
		loop_turn(w->loop);
		usleep(200);
	}
	admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	      "'luotsid'");
	world_wait(w, 1);
	assert_ok(w->errors[0]);
	world_free(w);
}

static void a_lock_is_waited_for_only_so_long(void **state)
{
	(void)state;
	struct world *w = world_new();
	PGconn *pg = PQconnectdb(conninfo);
	PQclear(PQexec(pg, "BEGIN; LOCK TABLE thing"));
	submit_batch(w, 1, 11, -1);
	world_wait(w, 10);
	for (int i = 1; i < 11; i++)
		assert_err(w->errors[i], ERR_BUSY);
	PQclear(PQexec(pg, "ROLLBACK"));
	PQfinish(pg);
	submit_batch(w, 11, 12, -1);
	world_wait(w, 11);
	assert_ok(w->errors[11]);
	world_free(w);
}

static void a_table_that_is_gone_is_unavailable_until_it_is_back(void **state)
{
	(void)state;
	struct world *w = world_new();
	submit_batch(w, 1, 2, -1);
	world_wait(w, 1);
	admin("ALTER TABLE thing RENAME TO gone");
	submit_batch(w, 2, 5, -1);
	world_wait(w, 4);
	for (int i = 2; i < 5; i++)
		assert_err(w->errors[i], ERR_UNAVAILABLE);
	admin("ALTER TABLE gone RENAME TO thing");
	submit_batch(w, 5, 6, -1);
	world_wait(w, 5);
	assert_ok(w->errors[5]);
	world_free(w);
}

static void over_the_ceiling_is_busy(void **state)
{
	(void)state;
	struct world *w = world_new();
	enum err e = ERR_OK;
	size_t accepted = 0;
	struct pg_param p[] = {pg_int(1), pg_bytes(SLICE_LIT("x"))};
	while (accepted < 700 && (e = world_submit(w, ADD, p, 2, 0)) == ERR_OK)
		accepted++;
	assert_err(e, ERR_BUSY);
	assert_int_equal(accepted, 600);
	assert_int_equal(pg_pending(w->pg), 600);
	world_wait(w, 600);
	assert_int_equal(pg_pending(w->pg), 0);
	world_free(w);
}

static void stopping_answers_everything(void **state)
{
	(void)state;
	struct world *w = world_new();
	submit_batch(w, 1, 101, -1);
	pg_stop(w->pg);
	assert_int_equal(w->n_done, 100);
	assert_err(w->errors[50], ERR_SHUTTING_DOWN);
	struct pg_param p = pg_int(1);
	assert_err(world_submit(w, SLEEP, &p, 1, 0), ERR_SHUTTING_DOWN);
	world_free(w);
}

static void a_schema_that_does_not_fit_is_seen_at_start(void **state)
{
	(void)state;
	static const struct pg_statement wrong[] = {
		{"wrong_type", "SELECT 1::int8", 0, 1, {0}, {PG_INT4}, PG_ONE, PG_LANE_READ, false,
			false},
		{"no_table", "SELECT 1::int4 FROM nothing", 0, 1, {0}, {PG_INT4}, PG_ONE,
			PG_LANE_READ, false, false},
	};
	for (size_t i = 0; i < 2; i++) {
		struct world *w = MEM_NEW(struct world);
		struct pg_settings s = world_settings();
		s.statements = &wrong[i];
		s.n_statements = 1;
		w->loop = loop_new();
		w->pg = pg_new(w->loop, &s, world_ready, w);
		world_wait(w, 0);
		assert_err(w->ready, ERR_INTERNAL);
		world_free(w);
	}
}

static void without_a_database_calls_are_unavailable(void **state)
{
	(void)state;
	struct world *w = MEM_NEW(struct world);
	struct pg_settings s = world_settings();
	s.conninfo = "host=/nonexistent dbname=x";
	w->loop = loop_new();
	w->pg = pg_new(w->loop, &s, world_ready, w);
	w->is_ready = true;
	struct pg_param p = pg_int(1);
	assert_ok(world_submit(w, SLEEP, &p, 1, 0));
	clock_shift_for_tests(4000);
	world_wait(w, 1);
	assert_err(w->errors[0], ERR_UNAVAILABLE);
	assert_err(world_submit(w, SLEEP, &p, 1, 1), ERR_UNAVAILABLE);
	assert_false(pg_is_up(w->pg));
	clock_shift_for_tests(-4000);
	world_free(w);
}

struct heard {
	size_t notices, gaps;
	char last[50];
};

static void heard_notice(void *ctx, struct slice payload)
{
	struct heard *h = ctx;
	h->notices++;
	memcpy(h->last, payload.p, payload.n);
}

static void heard_gap(void *ctx)
{
	((struct heard *)ctx)->gaps++;
}

static void heard_wait(struct loop *loop, const size_t *what, size_t n)
{
	uint64_t end = clock_mono_ms() + 60000;
	while (*what < n && clock_mono_ms() < end) {
		loop_turn(loop);
		usleep(200);
	}
	assert_int_equal(*what, n);
}

static void the_listener_hears_and_tells_of_gaps(void **state)
{
	(void)state;
	struct loop *loop = loop_new();
	struct heard h = {0};
	struct listener_events events = {heard_notice, heard_gap, &h};
	struct listener *l = listener_new(loop, conninfo, "luotsi", &events);
	heard_wait(loop, &h.gaps, 1);
	admin("NOTIFY luotsi, 'hello'");
	heard_wait(loop, &h.notices, 1);
	assert_string_equal(h.last, "hello");
	admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	      "'luotsid'");
	heard_wait(loop, &h.gaps, 2);
	admin("NOTIFY luotsi, 'again'");
	heard_wait(loop, &h.notices, 2);
	listener_free(&l);
	loop_free(&loop);
}

static void write_migration(const char *dir, const char *name, const char *sql)
{
	char path[500];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(sql, f);
	(void)fclose(f);
}

static void migrations_run_once_and_refuse_to_change(void **state)
{
	(void)state;
	const char *dir = getenv("LUOTSI_TEST_DIR");
	assert_non_null(dir);
	write_migration(dir, "0001_a.sql", "CREATE TABLE a (x int); CREATE TABLE b (x int);");
	write_migration(dir, "0002_b.sql", "ALTER TABLE a ADD y int;");
	assert_ok(migrate_apply(conninfo, dir));
	assert_ok(migrate_apply(conninfo, dir));
	write_migration(dir, "0003_c.sql", "CREATE TABLE c (x int); SELECT 1 / 0;");
	assert_err(migrate_apply(conninfo, dir), ERR_INTERNAL);
	/* Nothing of a failed one stays. */
	write_migration(dir, "0003_c.sql", "CREATE TABLE c (x int);");
	assert_ok(migrate_apply(conninfo, dir));
	write_migration(dir, "0001_a.sql", "CREATE TABLE a (x int);");
	assert_err(migrate_apply(conninfo, dir), ERR_CONFLICT);
	write_migration(dir, "0001_a.sql", "CREATE TABLE a (x int); CREATE TABLE b (x int);");
	char gone[500];
	(void)snprintf(gone, sizeof(gone), "%s/0002_b.sql", dir);
	assert_int_equal(unlink(gone), 0);
	assert_err(migrate_apply(conninfo, dir), ERR_CONFLICT);
}

static void templates_are_handed_over_whole_and_a_bad_one_is_told(void **state)
{
	(void)state;
	char dir[400];
	(void)snprintf(dir, sizeof(dir), "%s/templates", getenv("LUOTSI_TEST_DIR"));
	assert_err(migrate_templates(conninfo, dir), ERR_NOT_FOUND);
	assert_int_equal(mkdir(dir, 0700), 0);
	admin("CREATE TABLE seeded (body text)");
	admin("CREATE FUNCTION template_seed(b text) RETURNS bool LANGUAGE sql AS "
	      "'INSERT INTO seeded SELECT b WHERE b::json IS NOT NULL RETURNING true'");
	write_migration(dir, "a.json", "{\n\t\"a\": \"\xc3\xa4\"\n}\n");
	write_migration(dir, "b.json", "{}");
	write_migration(dir, "readme.txt", "not one of them");
	assert_ok(migrate_templates(conninfo, dir));
	admin("DO $$ BEGIN ASSERT (SELECT count(*) FROM seeded WHERE body IN "
	      "('{}', E'{\\n\\t\"a\": \"\xc3\xa4\"\\n}\\n')) = 2; END $$");
	write_migration(dir, "c.json", "{");
	assert_err(migrate_templates(conninfo, dir), ERR_INTERNAL);
	assert_err(migrate_templates("host=/nowhere", dir), ERR_UNAVAILABLE);
}

int main(void)
{
	conninfo = getenv("LUOTSI_TEST_PG");
	if (!conninfo)
		return 77;
	const struct CMUnitTest tests[] = {T(types_go_there_and_back), T(null_goes_there_and_back),
		T(arrays_go_there_and_back), T(one_without_a_row_is_not_found),
		T(a_constraint_says_what_the_client_is_told),
		T(a_tenant_statement_runs_under_its_organisation),
		T(a_batch_answers_each_row_and_shares_commits), T(a_bad_row_harms_no_other),
		T(a_batch_deals_many_rows_out_in_any_order),
		T(what_a_batch_passes_over_is_asked_again_in_its_order),
		T(what_is_passed_over_again_and_again_goes_alone),
		T(a_killed_backend_leaves_a_write_uncertain_and_comes_back),
		T(a_killed_backend_repeats_a_read), T(a_lock_is_waited_for_only_so_long),
		T(a_table_that_is_gone_is_unavailable_until_it_is_back),
		T(over_the_ceiling_is_busy), T(stopping_answers_everything),
		T(a_schema_that_does_not_fit_is_seen_at_start),
		T(without_a_database_calls_are_unavailable),
		T(the_listener_hears_and_tells_of_gaps),
		T(migrations_run_once_and_refuse_to_change),
		T(templates_are_handed_over_whole_and_a_bad_one_is_told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
