/* How things end: when one's rooms go, and what an agreement that has ended leaves. What is handed
 * over is given as it is stored, sealed: it opens with the organisation's recovery key and nothing
 * else, and the administrator who carries it out reads none of it. Whether there is anything to
 * hand over, the statements ask in each page (handover_taking of the database). */
#include "base/num.h"
#include "core/state.h"
#include "domain/cells.h"
#include "domain/outcome.h"
#include "domain/rows.h"
#include "domain/unit.h"
#include "sql_gen.h"

enum {
	GOING_DAYS = 14,
	ROOMS = 100,
	ROWS = 200,
	FILES = 100,
	PAGE_BYTES = 256 << 10,
	KEY_SIZE = 104,
	KEY_ROW = 4
};

static const char *const rules[] = {"room", "account"};
static const char *const whats[] = {"return", "delete"};
static const char *const phases[] = {"open", "closed"};

/* --- when rooms go --- */

static struct wire_going going_read(struct request *r, const struct pg_result *result, size_t i)
{
	struct wire_going going = {
		.room = pg_get_id(result, i, ROOMS_GOING_ROOM),
		.has_goes_at = !pg_is_null(result, i, ROOMS_GOING_GOES_AT),
		.held = pg_get_bool(result, i, ROOMS_GOING_HELD),
		.has_ends_on = !pg_is_null(result, i, ROOMS_GOING_ENDS_ON),
		.ends_on = cell_text(r, result, i, ROOMS_GOING_ENDS_ON),
	};
	going.has_rule = going.has_days = going.has_goes_at;
	if (going.has_goes_at) {
		going.goes_at = pg_get_time(result, i, ROOMS_GOING_GOES_AT);
		going.rule = CELL_PLACE(pg_get_bytes(result, i, ROOMS_GOING_RULE), rules);
		going.days = (uint32_t)pg_get_int(result, i, ROOMS_GOING_DAYS);
	}
	return going;
}

static void going_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_going *rooms = arena_array(r->arena, n + 1, sizeof(*rooms));
	for (size_t i = 0; i < n; i++)
		rooms[i] = going_read(r, result, i);
	struct rooms_going_out out = {.rooms = rooms, .n_rooms = n};
	req_reply(r, &out);
}

void rooms_going(struct request *r)
{
	const struct rooms_going_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_room, &in->room), pg_int(GOING_DAYS)};
	req_query(r, STMT_ROOMS_GOING, params, 3, going_listed);
}

/* --- hand-over --- */

static void handover_got(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct handover_get_out out = {
		.what = CELL_PLACE(pg_get_bytes(result, 0, HANDOVER_GET_WHAT), whats),
		.due_on = cell_text(r, result, 0, HANDOVER_GET_DUE_ON),
		.has_receipt = !pg_is_null(result, 0, HANDOVER_GET_RECEIPT),
		.has_done_at = !pg_is_null(result, 0, HANDOVER_GET_DONE_AT),
		.rooms = (uint32_t)pg_get_int(result, 0, HANDOVER_GET_ROOMS),
		.held = (uint32_t)pg_get_int(result, 0, HANDOVER_GET_HELD),
		.people = (uint32_t)pg_get_int(result, 0, HANDOVER_GET_PEOPLE),
	};
	out.has_receipt_at = out.has_receipt;
	if (out.has_receipt) {
		out.receipt = pg_get_hash(result, 0, HANDOVER_GET_RECEIPT);
		out.receipt_at = pg_get_time(result, 0, HANDOVER_GET_RECEIPT_AT);
	}
	if (out.has_done_at)
		out.done_at = pg_get_time(result, 0, HANDOVER_GET_DONE_AT);
	req_reply(r, &out);
}

void handover_get(struct request *r)
{
	const struct handover_get_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&in->agreement)};
	req_query(r, STMT_HANDOVER_GET, params, 3, handover_got);
}

/* Nothing goes out that is not on record. */
static void give_noted(struct request *r, const char *action, const struct id *of, void *reply)
{
	const struct pg_param params[] = {
		pg_id(&r->session.user), param_word(action), pg_id(of), pg_null()};
	r->state = reply;
	req_query(r, STMT_AUDIT_ADD, params, 4, reply_state);
}

static void rooms_listed(struct request *r, const struct pg_result *result)
{
	const struct handover_rooms_in *in = r->in;
	size_t n = num_min(pg_rows(result), ROOMS);
	struct wire_handover_room *rooms = arena_array(r->arena, n + 1, sizeof(*rooms));
	for (size_t i = 0; i < n; i++)
		rooms[i] = (struct wire_handover_room){
			.room = pg_get_id(result, i, HANDOVER_ROOMS_ROOM),
			.phase = CELL_PLACE(pg_get_bytes(result, i, HANDOVER_ROOMS_PHASE), phases),
			.created_at = pg_get_time(result, i, HANDOVER_ROOMS_CREATED_AT),
			.last_at = pg_get_time(result, i, HANDOVER_ROOMS_LAST_AT),
			.last_seq = pg_get_int(result, i, HANDOVER_ROOMS_LAST_SEQ),
		};
	struct handover_rooms_out *out = ARENA_NEW(r->arena, struct handover_rooms_out);
	*out = (struct handover_rooms_out){
		.rooms = rooms, .n_rooms = n, .more = pg_rows(result) > n};
	give_noted(r, "handover_rooms", &in->agreement, out);
}

void handover_rooms(struct request *r)
{
	const struct handover_rooms_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->agreement),
		param_maybe_id(in->has_after, &in->after), pg_int(ROOMS + 1)};
	req_query(r, STMT_HANDOVER_ROOMS, params, 3, rooms_listed);
}

static void messages_read(struct request *r, const struct pg_result *result)
{
	size_t n = 0, bytes = 0;
	struct wire_row *rows =
		arena_array(r->arena, num_min(pg_rows(result), ROWS) + 1, sizeof(*rows));
	while (n < num_min(pg_rows(result), ROWS) && (n == 0 || bytes < PAGE_BYTES)) {
		rows[n] = row_read(result, n, HANDOVER_MESSAGES_SEQ);
		bytes += pg_get_bytes(result, n++, HANDOVER_MESSAGES_ENVELOPE).n;
	}
	struct handover_messages_out out = {.rows = rows, .n_rows = n, .more = pg_rows(result) > n};
	req_reply(r, &out);
}

void handover_messages(struct request *r)
{
	const struct handover_messages_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room), pg_int(in->after), pg_int(ROWS + 1)};
	req_query(r, STMT_HANDOVER_MESSAGES, params, 3, messages_read);
}

struct files_answer {
	struct handover_files_out out;
	struct wire_handover_file *files; /* keys as they are stored */
	struct unit_set *units;
};

/* False: the unit is gone, and the file with it. */
static bool key_open(struct request *r, const struct unit *unit, struct wire_handover_file *file,
	enum err *fault)
{
	uint8_t row[KEY_ROW];
	num_put_u32(row, file->epoch);
	if (file->key.n == KEY_SIZE) /* from before there were units */
		return true;
	if (unit->state != UNIT_OPEN)
		return false;
	if (unit_open(r->arena, unit, slice_of(row, KEY_ROW), file->key, &file->key) != ERR_OK)
		*fault = ERR_INTERNAL;
	return true;
}

static void files_opened(struct request *r)
{
	const struct handover_files_in *in = r->in;
	struct files_answer *answer = r->state;
	enum err e = ERR_OK;
	size_t kept = 0, n = answer->out.n_files;
	for (size_t i = 0; i < n; i++)
		if (key_open(r, unit_set_add(answer->units, &answer->files[i].file, 0),
			    &answer->files[i], &e))
			answer->files[kept++] = answer->files[i];
	unit_set_wipe(answer->units);
	answer->out.files = answer->files;
	answer->out.n_files = kept;
	if (e == ERR_OK)
		give_noted(r, "handover_files", &in->room, &answer->out);
	else
		req_fail(r, e);
}

static void files_read(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), FILES);
	struct files_answer *answer = ARENA_NEW(r->arena, struct files_answer);
	answer->files = arena_array(r->arena, n + 1, sizeof(*answer->files));
	answer->units = unit_set_new(r->arena, &r->session.org, n);
	for (size_t i = 0; i < n; i++) {
		answer->files[i] = (struct wire_handover_file){
			.file = pg_get_id(result, i, HANDOVER_FILES_FILE),
			.cipher_size = pg_get_int(result, i, HANDOVER_FILES_CIPHER_SIZE),
			.epoch = (uint32_t)pg_get_int(result, i, HANDOVER_FILES_EPOCH),
			.key = arena_copy(r->arena, pg_get_bytes(result, i, HANDOVER_FILES_KEY)),
		};
		(void)unit_set_add(answer->units, &answer->files[i].file, 0);
	}
	answer->out = (struct handover_files_out){.n_files = n, .more = pg_rows(result) > n};
	r->state = answer;
	req_units(r, answer->units, false, files_opened);
}

void handover_files(struct request *r)
{
	const struct handover_files_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->room), param_maybe_id(in->has_after, &in->after), pg_int(FILES + 1)};
	req_query(r, STMT_HANDOVER_FILES, params, 3, files_read);
}

static void part_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct handover_part_out out = {
		.digest = pg_get_hash(result, 0, HANDOVER_PART_DIGEST),
		.bytes = pg_get_bytes(result, 0, HANDOVER_PART_BYTES),
	};
	req_reply(r, &out);
}

void handover_part(struct request *r)
{
	const struct handover_part_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->file), pg_int(in->n)};
	req_query(r, STMT_HANDOVER_PART, params, 2, part_read);
}

static void receipt_taken(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, HANDOVER_RECEIPT_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void handover_receipt(struct request *r)
{
	const struct handover_receipt_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->agreement), pg_hash(&in->receipt)};
	req_query(r, STMT_HANDOVER_RECEIPT, params, 3, receipt_taken);
}
