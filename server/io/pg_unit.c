/* What goes to PostgreSQL between two syncs, and how its results become answers. An answer is given
 * after the sync's own result, never before: until then nothing is committed. */
#include "base/clock.h"
#include "base/mem.h"
#include "io/pg_internal.h"
#include "io/pg_sql.h"

enum { SCAN_MAX = 512, UNIT_BYTES_MAX = 64 << 20, ORG_TEXT = 36, UNANSWERED_MAX = 4 };

static struct call *call_of(struct list *link)
{
	return LIST_OF(link, struct call, link);
}

static bool call_joins(const struct unit *unit, const struct call *call)
{
	return call->statement == unit->statement && !call->alone &&
	       (!call->has_org || id_equal(&call->org, &unit->calls[0]->org));
}

/* Is a unit on its way that is about the same room? The next one would judge the room's rows
 * without knowing whether those before them are stored, or will be asked again. */
static bool call_is_behind(const struct call *call, const struct list *sent)
{
	if (!call->statement->batch)
		return false;
	LIST_EACH(link, sent)
	{
		const struct unit *unit = LIST_OF(link, struct unit, link);
		for (size_t i = 0; i < unit->n; i++)
			if (unit->calls[i]->affinity == call->affinity)
				return true;
	}
	return false;
}

/* The first that may go. Nothing overtakes a call that goes alone. */
static struct call *unit_first(struct list *waiting, const struct list *sent)
{
	LIST_EACH(link, waiting)
	{
		struct call *call = call_of(link);
		if (!call_is_behind(call, sent))
			return call;
		if (call->alone)
			return NULL;
	}
	return NULL;
}

/* Batched statements may overtake each other, they are about single rows; nothing overtakes a call
 * that goes alone, so that what one room does stays in order. */
static void unit_gather(
	struct unit *unit, struct list *waiting, size_t *n_waiting, const struct list *sent)
{
	size_t scanned = 0;
	LIST_EACH(link, waiting)
	{
		struct call *call = call_of(link);
		if (unit->n == PG_MAX_BATCH || scanned++ == SCAN_MAX)
			return;
		if (!call->statement->batch || call->alone)
			return;
		if (!call_joins(unit, call) || call_is_behind(call, sent))
			continue;
		list_remove(link);
		(*n_waiting)--;
		unit->calls[unit->n++] = call;
	}
}

struct unit *unit_take(struct list *waiting, size_t *n_waiting, const struct list *sent)
{
	struct call *first = unit_first(waiting, sent);
	if (!first)
		return NULL;
	list_remove(&first->link);
	(*n_waiting)--;
	struct unit *unit = MEM_NEW(struct unit);
	list_init(&unit->link);
	unit->calls[unit->n++] = first;
	unit->statement = first->statement;
	if (unit->statement->batch && !first->alone)
		unit_gather(unit, waiting, n_waiting, sent);
	return unit;
}

/* The organisation as text, 8-4-4-4-12 (RFC 9562). */
static void unit_org_text(const struct id *org, char ret_text[static ORG_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;
	for (size_t i = 0; i < sizeof(org->b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret_text[at++] = '-';
		ret_text[at++] = digits[org->b[i] >> 4];
		ret_text[at++] = digits[org->b[i] & 15];
	}
}

static bool unit_send_tenant(const struct id *org, PGconn *conn)
{
	char text[ORG_TEXT];
	unit_org_text(org, text);
	const char *values[] = {text};
	const int sizes[] = {ORG_TEXT}, formats[] = {1};
	return PQsendQueryPrepared(conn, PG_SQL_TENANT_NAME, 1, values, sizes, formats, 1) == 1;
}

/* Where each parameter is: in the only call, or in arrays made of all calls. */
static void unit_bind(const struct unit *unit, struct buf *arrays, size_t starts[static PG_MAX_IN],
	int sizes[static PG_MAX_IN])
{
	const struct call *call = unit->calls[0];
	size_t at = 0;
	for (unsigned i = 0; i < unit->statement->n_in; i++) {
		starts[i] = unit->statement->batch ? arrays->n : at;
		sizes[i] = call->sizes[i];
		if (unit->statement->batch) {
			pg_batch_encode(arrays, unit, i);
			sizes[i] = (int)(arrays->n - starts[i]);
		}
		at += call->sizes[i] > 0 ? (size_t)call->sizes[i] : 0;
	}
	ASSERT(buf_check(arrays) == ERR_OK);
}

static bool unit_send_statement(const struct unit *unit, PGconn *conn)
{
	const struct pg_statement *s = unit->statement;
	struct buf arrays = BUF_MAX(UNIT_BYTES_MAX);
	size_t starts[PG_MAX_IN];
	int sizes[PG_MAX_IN], formats[PG_MAX_IN];
	const char *values[PG_MAX_IN];
	unit_bind(unit, &arrays, starts, sizes);
	const uint8_t *bytes = s->batch ? arrays.p : unit->calls[0]->bytes;
	for (unsigned i = 0; i < s->n_in; i++) {
		values[i] = sizes[i] < 0 ? NULL : (const char *)bytes + starts[i];
		formats[i] = 1;
	}
	int sent = PQsendQueryPrepared(conn, s->name, s->n_in, values, sizes, formats, 1);
	buf_done(&arrays);
	return sent == 1;
}

bool unit_send(struct unit *unit, PGconn *conn)
{
	unit->sent_at = clock_mono_ms();
	unit->to_come = unit->statement->tenant ? 2 : 1;
	if (unit->statement->tenant && !unit_send_tenant(&unit->calls[0]->org, conn))
		return false;
	return unit_send_statement(unit, conn) && PQpipelineSync(conn) == 1;
}

static void unit_failed(struct unit *unit, const PGresult *res)
{
	if (unit->e != ERR_OK)
		return;
	unit->e = pg_error(res);
	unit->retry = unit->n > 1 && pg_error_is_of_a_row(res);
	if (!unit->retry && (err_is_fault(unit->e) || unit->e == ERR_UNAVAILABLE))
		pg_error_log(unit->statement->name, res);
}

void unit_result(struct unit *unit, PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	if (!good && status != PGRES_PIPELINE_ABORTED)
		unit_failed(unit, res);
	if (unit->to_come > 0)
		unit->to_come--;
	if (!good || unit->to_come > 0) {
		PQclear(res);
		return;
	}
	PQclear(unit->res);
	unit->res = res;
}

void unit_free(struct unit *unit)
{
	PQclear(unit->res);
	mem_free(unit);
}

/* Back in front, in their order. */
static void unit_put_back(struct unit *unit, struct list *waiting, size_t *n_waiting)
{
	for (size_t i = unit->n; i > 0; i--) {
		struct list *first = waiting->next;
		list_push(first, &unit->calls[i - 1]->link);
	}
	*n_waiting += unit->n;
}

/* What the batch passed over. */
static void unit_again(struct unit *unit, struct list *waiting, size_t *n_waiting)
{
	for (size_t i = 0; i < unit->n; i++) {
		struct call *call = unit->calls[i];
		call->alone = ++call->n_unanswered == UNANSWERED_MAX;
	}
	unit_put_back(unit, waiting, n_waiting);
}

static enum err unit_shape(const struct pg_statement *s, size_t n_rows)
{
	if (s->shape == PG_ONE && n_rows == 0)
		return ERR_NOT_FOUND;
	bool single = s->shape == PG_ONE || s->shape == PG_MAYBE;
	return single && n_rows > 1 ? ERR_INTERNAL : ERR_OK;
}

static void unit_answer_one(struct unit *unit)
{
	struct pg_result result = {.res = unit->res,
		.statement = unit->statement,
		.n = (size_t)PQntuples(unit->res),
		.owner = &unit->res};
	call_done(unit->calls[0], unit_shape(unit->statement, result.n), &result);
}

void unit_done(struct unit *unit, struct list *waiting, size_t *n_waiting)
{
	if (unit->e == ERR_OK && !unit->res)
		unit->e = ERR_INTERNAL;
	if (unit->retry) {
		for (size_t i = 0; i < unit->n; i++)
			unit->calls[i]->alone = true;
		unit_put_back(unit, waiting, n_waiting);
	} else if (unit->e != ERR_OK) {
		for (size_t i = 0; i < unit->n; i++)
			call_done(unit->calls[i], unit->e, NULL);
	} else if (unit->statement->batch) {
		pg_batch_answer(unit);
		unit_again(unit, waiting, n_waiting);
	} else {
		unit_answer_one(unit);
	}
	unit_free(unit);
}

void unit_lost(struct unit *unit, struct list *waiting, size_t *n_waiting)
{
	struct call *first = unit->calls[0];
	bool reads = unit->statement->lane == PG_LANE_READ && !first->retried;
	if (reads) {
		first->retried = true;
		unit_put_back(unit, waiting, n_waiting);
	} else {
		for (size_t i = 0; i < unit->n; i++)
			call_done(unit->calls[i], ERR_UNCERTAIN, NULL);
	}
	unit_free(unit);
}
