/* Reading back, and what goes with writing: pages of envelopes, typing. */
#include "base/clock.h"
#include "core/state.h"
#include "domain/rows.h"
#include "sql_gen.h"

enum { PAGE_BYTES = 256 << 10, TYPING_EVERY_MS = 3000, ITEM_KINDS_MOST = 6 };

/* All three statements have these columns, and both messages this answer. */
_Static_assert((int)MESSAGE_BEFORE_ENVELOPE == (int)MESSAGE_AFTER_ENVELOPE, "pages look alike");
_Static_assert((int)MESSAGE_BEFORE_ENVELOPE == (int)ITEM_PAGE_ENVELOPE, "pages look alike");
_Static_assert((int)MESSAGE_BEFORE_ERASED_AT == (int)MESSAGE_AFTER_ERASED_AT &&
		       (int)MESSAGE_BEFORE_ERASED_AT == (int)ITEM_PAGE_ERASED_AT,
	"pages look alike");
_Static_assert(
	sizeof(struct message_page_out) == sizeof(struct item_page_out), "answers look alike");

struct wire_row row_read(const struct pg_result *result, size_t i, unsigned seq_column)
{
	struct wire_row row = {
		.seq = pg_get_int(result, i, seq_column),
		.at = pg_get_time(result, i, seq_column + 1),
	};
	struct slice bytes = pg_get_bytes(result, i, seq_column + 3);
	row.has_tombstone = pg_get_bool(result, i, seq_column + 2);
	row.has_envelope = !row.has_tombstone;
	if (row.has_tombstone)
		row.tombstone = bytes;
	else
		row.envelope = bytes;
	return row;
}

/* Fewer than were asked for when they are large: an answer must fit a reader's queue. */
static size_t count_fitting(const struct pg_result *result, size_t limit)
{
	size_t bytes = 0, n = 0;
	while (n < pg_rows(result) && n < limit) {
		bytes += pg_get_bytes(result, n, MESSAGE_BEFORE_ENVELOPE).n;
		if (bytes > PAGE_BYTES && n > 0)
			break;
		n++;
	}
	return n;
}

static struct wire_row page_row(const struct pg_result *result, size_t i)
{
	struct wire_row row = row_read(result, i, MESSAGE_BEFORE_SEQ);
	row.has_erased = !pg_is_null(result, i, MESSAGE_BEFORE_ERASED_AT);
	if (row.has_erased)
		row.erased = pg_get_time(result, i, MESSAGE_BEFORE_ERASED_AT);
	return row;
}

static void reply_page(
	struct request *r, const struct pg_result *result, size_t limit, bool newest_first)
{
	size_t n = count_fitting(result, limit);
	struct wire_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[newest_first ? n - 1 - i : i] = page_row(result, i);
	struct message_page_out out = {.rows = rows, .n_rows = n, .more = pg_rows(result) > n};
	req_reply(r, &out);
}

static void page_read_before(struct request *r, const struct pg_result *result)
{
	reply_page(r, result, ((const struct message_page_in *)r->in)->limit, true);
}

static void page_read_after(struct request *r, const struct pg_result *result)
{
	reply_page(r, result, ((const struct message_page_in *)r->in)->limit, false);
}

/* One more than asked for says whether there is more. */
void message_page(struct request *r)
{
	const struct message_page_in *in = r->in;
	if (in->has_after && in->has_before) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user),
		in->has_after    ? pg_int(in->after)
		: in->has_before ? pg_int(in->before)
				 : pg_null(),
		pg_int(in->limit + 1)};
	if (in->has_after)
		req_query(r, STMT_MESSAGE_AFTER, params, 4, page_read_after);
	else
		req_query(r, STMT_MESSAGE_BEFORE, params, 4, page_read_before);
}

static void items_read(struct request *r, const struct pg_result *result)
{
	reply_page(r, result, ((const struct item_page_in *)r->in)->limit, true);
}

void item_page(struct request *r)
{
	const struct item_page_in *in = r->in;
	struct pg_param kinds[ITEM_KINDS_MOST];
	for (size_t i = 0; i < in->n_kinds; i++)
		kinds[i] = pg_int(in->kinds[i]);
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user),
		pg_array(kinds, in->n_kinds), in->has_before ? pg_int(in->before) : pg_null(),
		pg_int(in->limit + 1)};
	req_query(r, STMT_ITEM_PAGE, params, 5, items_read);
}

static void typing_told(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_reply(r, NULL);
}

void message_typing(struct request *r)
{
	const struct message_typing_in *in = r->in;
	struct connection *conn = connection_find(r->core, r->from);
	uint64_t now = clock_mono_ms();
	if (conn == NULL || (id_equal(&conn->typing_room, &in->room) &&
				    now - conn->typing_at < TYPING_EVERY_MS)) {
		req_reply(r, NULL);
		return;
	}
	conn->typing_room = in->room;
	conn->typing_at = now;
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user)};
	req_query(r, STMT_MESSAGE_TYPING, params, 2, typing_told);
}
