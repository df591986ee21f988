// ceiling: what PostgreSQL itself can do with the rows of the message table, without a relay.
//   ceiling CONNINFO batch SECONDS   two connections, batches of 64 by unnest, sequence of the room
//   taken in the same statement,
//                                    two batches in the pipeline of each: rows a second
//   ceiling CONNINFO single N        one row a transaction, one after the other: median
//   milliseconds of a durable commit
// Prints one JSON line. Works on tables of its own, made like the relay's and dropped at the end.

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOMS = 50, BATCH = 64, DEPTH = 2, ENVELOPE = 1428, OID_UUID = 2950, OID_BYTEA = 17 };

static const char setup[] = "SET client_min_messages = error;"
			    "DROP TABLE IF EXISTS bench_message, bench_room;"
			    "CREATE TABLE bench_room (org_id uuid, room_id uuid, last_seq bigint "
			    "NOT NULL DEFAULT 0, PRIMARY KEY (org_id, room_id));"
			    "CREATE TABLE bench_message (org_id uuid, room_id uuid, seq bigint, "
			    "msg_id uuid, sender uuid, kind smallint, env_hash bytea,"
			    " envelope bytea, committed_at timestamptz DEFAULT now(), PRIMARY KEY "
			    "(org_id, room_id, seq), UNIQUE (org_id, room_id, msg_id));"
			    "ALTER TABLE bench_message ALTER COLUMN envelope SET STORAGE EXTERNAL;"
			    "INSERT INTO bench_room SELECT '00000000-0000-0000-0000-000000000001', "
			    "('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid"
			    " FROM generate_series(1, 50) n;";

static const char batch_sql[] =
	"WITH input AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], "
	"$4::bytea[], $5::bytea[])"
	"   WITH ORDINALITY AS i(room_id, msg_id, sender, env_hash, envelope, ord)),"
	" counts AS (SELECT room_id, count(*) AS n FROM input GROUP BY room_id ORDER BY room_id),"
	" room AS (UPDATE bench_room r SET last_seq = r.last_seq + c.n FROM counts c"
	"   WHERE r.org_id = '00000000-0000-0000-0000-000000000001' AND r.room_id = c.room_id "
	"RETURNING r.room_id, r.last_seq - c.n AS base)"
	" INSERT INTO bench_message (org_id, room_id, seq, msg_id, sender, kind, env_hash, "
	"envelope)"
	" SELECT '00000000-0000-0000-0000-000000000001', i.room_id, room.base + row_number() OVER "
	"(PARTITION BY i.room_id ORDER BY i.ord),"
	"   i.msg_id, i.sender, 1, i.env_hash, i.envelope FROM input i JOIN room USING (room_id) "
	"RETURNING seq, committed_at";

static const char single_sql[] =
	"WITH room AS (UPDATE bench_room SET last_seq = last_seq + 1 WHERE org_id = "
	"'00000000-0000-0000-0000-000000000001' AND room_id = $1"
	" RETURNING last_seq) INSERT INTO bench_message (org_id, room_id, seq, msg_id, sender, "
	"kind, env_hash, envelope)"
	" SELECT '00000000-0000-0000-0000-000000000001', $1, last_seq, $2, $3, 1, $4, $5 FROM room "
	"RETURNING seq";

static const char *conninfo;
static double seconds;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(PGconn *c, const char *what)
{
	fprintf(stderr, "ceiling: %s: %s\n", what, c ? PQerrorMessage(c) : "");
	exit(1);
}

static PGconn *connect_prepared(const char *sql)
{
	PGconn *c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		die(c, "connect");
	PQclear(PQexec(c,
		"SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"));
	PGresult *r = PQprepare(c, "s", sql, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(c, "prepare");
	PQclear(r);
	return c;
}

static void room_id(uint8_t out[16], unsigned n)
{
	char text[13];
	memset(out, 0, 16);
	snprintf(text, sizeof text, "%012u", n % ROOMS + 1);
	for (int i = 0; i < 6; i++)
		out[10 + i] = (uint8_t)((text[2 * i] - '0') << 4 | (text[2 * i + 1] - '0'));
}

static void put_u32(uint8_t **p, uint32_t v)
{
	v = htonl(v);
	memcpy(*p, &v, 4);
	*p += 4;
}

/* A binary array of n items of one size, their bytes from fill. */
static size_t make_array(
	uint8_t *out, uint32_t oid, uint32_t size, void (*fill)(uint8_t *, unsigned), unsigned base)
{
	uint8_t *p = out;
	put_u32(&p, 1);
	put_u32(&p, 0);
	put_u32(&p, oid);
	put_u32(&p, BATCH);
	put_u32(&p, 1);
	for (unsigned i = 0; i < BATCH; i++) {
		put_u32(&p, size);
		fill(p, base + i);
		p += size;
	}
	return (size_t)(p - out);
}

static void fill_random(uint8_t *p, unsigned n)
{
	(void)n;
	RAND_bytes(p, 16);
}
static void fill_hash(uint8_t *p, unsigned n)
{
	memset(p, (int)n, 32);
}
static void fill_envelope(uint8_t *p, unsigned n)
{
	static uint8_t once[ENVELOPE];
	if (!once[0])
		RAND_bytes(once, sizeof once), once[0] = 1;
	memcpy(p, once, ENVELOPE);
	memcpy(p, &n, sizeof n);
}
static void fill_room(uint8_t *p, unsigned n)
{
	room_id(p, n);
}

static void send_batch(PGconn *c, unsigned *n)
{
	static _Thread_local uint8_t data[5][BATCH * (ENVELOPE + 4) + 20];
	const char *values[5];
	int lengths[5], formats[5] = {1, 1, 1, 1, 1};
	lengths[0] = (int)make_array(data[0], OID_UUID, 16, fill_room, *n);
	lengths[1] = (int)make_array(data[1], OID_UUID, 16, fill_random, *n);
	lengths[2] = (int)make_array(data[2], OID_UUID, 16, fill_room, *n);
	lengths[3] = (int)make_array(data[3], OID_BYTEA, 32, fill_hash, *n);
	lengths[4] = (int)make_array(data[4], OID_BYTEA, ENVELOPE, fill_envelope, *n);
	for (int i = 0; i < 5; i++)
		values[i] = (char *)data[i];
	*n += BATCH;
	if (!PQsendQueryPrepared(c, "s", 5, values, lengths, formats, 1) || !PQpipelineSync(c))
		die(c, "send");
}

static void take_batch(PGconn *c)
{
	PGresult *r = PQgetResult(c);
	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != BATCH)
		die(c, "batch");
	PQclear(r);
	PQclear(PQgetResult(c)); /* the end of the statement: NULL */
	PQclear(PQgetResult(c)); /* the sync */
}

static void *batches(void *arg)
{
	unsigned half = (unsigned)(uintptr_t)arg, n = half * 25, sent = 0;
	PGconn *c = connect_prepared(batch_sql);
	PQenterPipelineMode(c);
	uint64_t rows = 0;
	double end = now() + seconds;
	for (; sent < DEPTH; sent++)
		send_batch(c, &n);
	while (now() < end) {
		take_batch(c);
		rows += BATCH;
		send_batch(c, &n);
	}
	while (sent--)
		take_batch(c);
	PQfinish(c);
	return (void *)(uintptr_t)rows;
}

static void run_batch(void)
{
	pthread_t t[2];
	uint64_t rows = 0;
	double start = now();
	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, batches, (void *)i);
	for (int i = 0; i < 2; i++) {
		void *ret;
		pthread_join(t[i], &ret);
		rows += (uintptr_t)ret;
	}
	printf("{\"rows_per_second\":%.1f}\n", (double)rows / (now() - start));
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void run_single(unsigned count)
{
	PGconn *c = connect_prepared(single_sql);
	double *took = calloc(count, sizeof *took);
	for (unsigned i = 0; took && i < count; i++) {
		uint8_t room[16], id[16], hash[32], envelope[ENVELOPE];
		room_id(room, i);
		fill_random(id, i);
		fill_hash(hash, i);
		fill_envelope(envelope, i);
		const char *values[5] = {
			(char *)room, (char *)id, (char *)room, (char *)hash, (char *)envelope};
		double start = now();
		PGresult *r = PQexecPrepared(c, "s", 5, values, (int[]){16, 16, 16, 32, ENVELOPE},
			(int[]){1, 1, 1, 1, 1}, 1);
		if (PQresultStatus(r) != PGRES_TUPLES_OK)
			die(c, "single");
		PQclear(r);
		took[i] = now() - start;
	}
	qsort(took, count, sizeof *took, by_value);
	printf("{\"commit_p50_ms\":%.4f}\n", took[count / 2] * 1000);
	free(took);
	PQfinish(c);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "ceiling CONNINFO batch SECONDS | single N\n");
		return 2;
	}
	conninfo = argv[1];
	PGconn *c = PQconnectdb(conninfo);
	PGresult *r = PQexec(c, setup);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(c, "setup");
	PQclear(r);
	if (!strcmp(argv[2], "batch")) {
		seconds = strtod(argv[3], NULL);
		run_batch();
	} else
		run_single((unsigned)strtoul(argv[3], NULL, 10));
	PQclear(PQexec(c, "DROP TABLE bench_message, bench_room"));
	PQfinish(c);
	return 0;
}
