/* Rooms as their members see them, and how an invitation is opened. */
#include "base/num.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "domain/rows.h"
#include "domain/wraps.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { LOG_ENTRIES = 64, LOG_BYTES = 256 << 10, MEMBERS_MAX = 64 };

/* The phases of the wire and of the database are the same words. */
static uint8_t phase_read(struct slice word)
{
	return slice_is(word, "closed") ? WIRE_ROOM_ROW_PHASE_CLOSED : WIRE_ROOM_ROW_PHASE_OPEN;
}

static void members_read(
	struct arena *arena, const struct pg_result *result, size_t i, struct wire_room_row *row)
{
	size_t n = num_min(pg_array_count(result, i, ROOM_LIST_MEMBERS), MEMBERS_MAX);
	struct id *members = arena_array(arena, n + 1, sizeof(*members));
	for (size_t m = 0; m < n; m++) {
		struct slice item = pg_array_item(result, i, ROOM_LIST_MEMBERS, m);
		memcpy(members[m].b, item.p, sizeof(members[m].b));
	}
	row->members = members;
	row->n_members = n;
}

static struct wire_room_row room_read(struct arena *arena, const struct pg_result *result, size_t i)
{
	struct wire_room_row row = {
		.room = pg_get_id(result, i, ROOM_LIST_ROOM),
		.phase = phase_read(pg_get_bytes(result, i, ROOM_LIST_PHASE)),
		.agreement = pg_get_id(result, i, ROOM_LIST_AGREEMENT),
		.created_at = pg_get_time(result, i, ROOM_LIST_CREATED_AT),
		.last_seq = pg_get_int(result, i, ROOM_LIST_LAST_SEQ),
		.last_at = pg_get_time(result, i, ROOM_LIST_LAST_AT),
		.first_seq = pg_get_int(result, i, ROOM_LIST_FIRST_SEQ),
		.read_seq = pg_get_int(result, i, ROOM_LIST_READ_SEQ),
		.unread = (uint32_t)pg_get_int(result, i, ROOM_LIST_UNREAD),
		.has_waiting_since = !pg_is_null(result, i, ROOM_LIST_WAITING_SINCE),
		.entries = (uint32_t)pg_get_int(result, i, ROOM_LIST_ENTRIES),
		.epoch = (uint32_t)pg_get_int(result, i, ROOM_LIST_EPOCH),
		.pending = pg_get_bool(result, i, ROOM_LIST_PENDING),
		.invited = pg_get_bool(result, i, ROOM_LIST_INVITED),
		.mailed = pg_get_bool(result, i, ROOM_LIST_MAILED),
		.waits = pg_get_bool(result, i, ROOM_LIST_WAITS),
		.sender_seq = pg_get_int(result, i, ROOM_LIST_SENDER_SEQ),
		.has_name_card = !pg_is_null(result, i, ROOM_LIST_CARD_SEQ),
	};
	if (row.has_waiting_since)
		row.waiting_since = pg_get_time(result, i, ROOM_LIST_WAITING_SINCE);
	if (row.has_name_card)
		row.name_card = row_read(result, i, ROOM_LIST_CARD_SEQ);
	members_read(arena, result, i, &row);
	return row;
}

static void rooms_listed(struct request *r, const struct pg_result *result)
{
	const struct room_list_in *in = r->in;
	size_t n = num_min(pg_rows(result), in->limit);
	size_t bytes = 0, fits = 0;
	struct wire_room_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	while (fits < n && (fits == 0 || bytes < LOG_BYTES)) {
		rows[fits] = room_read(r->arena, result, fits);
		bytes += 512 + rows[fits].name_card.envelope.n;
		fits++;
	}
	struct room_list_out out = {.rooms = rows, .n_rooms = fits, .more = pg_rows(result) > fits};
	req_reply(r, &out);
}

void room_list(struct request *r)
{
	const struct room_list_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_null(),
		in->has_after ? pg_id(&in->after) : pg_null(), pg_int(in->limit + 1)};
	req_query(r, STMT_ROOM_LIST, params, 4, rooms_listed);
}

/* --- room_open: three readings, one answer --- */

static void room_reads_read(struct request *r, const struct pg_result *result)
{
	struct room_open_out *out = r->state;
	size_t n = num_min(pg_rows(result), MEMBERS_MAX);
	struct wire_read_mark *reads = arena_array(r->arena, n + 1, sizeof(*reads));
	for (size_t i = 0; i < n; i++)
		reads[i] = (struct wire_read_mark){pg_get_id(result, i, ROOM_READS_ACCOUNT),
			pg_get_int(result, i, ROOM_READS_READ_SEQ)};
	out->reads = reads;
	out->n_reads = n;
	req_reply(r, out);
}

static bool agreement_state_read(struct slice word, uint8_t *ret_state)
{
	static const char *const words[] = {"contact_found", "signatory_found", "sent", "signed",
		"trained", "live", "ending", "ended", "frozen"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is(word, words[i])) {
			*ret_state = (uint8_t)i;
			return true;
		}
	return false;
}

static struct slice text_read(struct arena *arena, const struct pg_result *result, unsigned column)
{
	return arena_copy(arena, pg_get_bytes(result, 0, column));
}

static void card_days_read(
	struct arena *arena, const struct pg_result *result, struct wire_agreement_card *card)
{
	card->has_ends_on = !pg_is_null(result, 0, ROOM_AGREEMENT_ENDS_ON);
	if (card->has_ends_on)
		card->ends_on = text_read(arena, result, ROOM_AGREEMENT_ENDS_ON);
	card->has_processor_before = !pg_is_null(result, 0, ROOM_AGREEMENT_PROCESSOR_BEFORE);
	card->has_processor_since = card->has_processor_before;
	if (card->has_processor_before) {
		card->processor_before = text_read(arena, result, ROOM_AGREEMENT_PROCESSOR_BEFORE);
		card->processor_since = text_read(arena, result, ROOM_AGREEMENT_PROCESSOR_SINCE);
	}
	card->has_processor_next = !pg_is_null(result, 0, ROOM_AGREEMENT_PROCESSOR_NEXT);
	card->has_processor_next_from = card->has_processor_next;
	if (card->has_processor_next) {
		card->processor_next = text_read(arena, result, ROOM_AGREEMENT_PROCESSOR_NEXT);
		card->processor_next_from =
			text_read(arena, result, ROOM_AGREEMENT_PROCESSOR_NEXT_FROM);
	}
}

static void room_agreement_read(struct request *r, const struct pg_result *result)
{
	const struct room_open_in *in = r->in;
	struct room_open_out *out = r->state;
	struct wire_agreement_card *card = &out->agreement;
	if (pg_rows(result) == 0 ||
		!agreement_state_read(
			pg_get_bytes(result, 0, ROOM_AGREEMENT_STATE), &card->state)) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	card->agreement = pg_get_id(result, 0, ROOM_AGREEMENT_AGREEMENT);
	card->controller = text_read(r->arena, result, ROOM_AGREEMENT_CONTROLLER);
	card->controller_business_id =
		text_read(r->arena, result, ROOM_AGREEMENT_CONTROLLER_BUSINESS_ID);
	card->processor = text_read(r->arena, result, ROOM_AGREEMENT_PROCESSOR);
	card->retention_days = (uint32_t)pg_get_int(result, 0, ROOM_AGREEMENT_RETENTION_DAYS);
	card->privacy_notice = text_read(r->arena, result, ROOM_AGREEMENT_PRIVACY_NOTICE);
	card->service_promise = text_read(r->arena, result, ROOM_AGREEMENT_SERVICE_PROMISE);
	card_days_read(r->arena, result, card);
	const struct pg_param params[] = {pg_id(&in->room)};
	req_query(r, STMT_ROOM_READS, params, 1, room_reads_read);
}

static void room_row_read(struct request *r, const struct pg_result *result)
{
	static const char *const languages[] = {"fi", "sv", "en"};
	const struct room_open_in *in = r->in;
	if (pg_rows(result) == 0) { /* left since the facts were read */
		req_fail(r, ERR_NOT_MEMBER);
		return;
	}
	struct room_open_out *out = ARENA_NEW(r->arena, struct room_open_out);
	out->room = room_read(r->arena, result, 0);
	struct wire_row *card = &out->room.name_card;
	card->envelope = arena_copy(r->arena, card->envelope);
	card->tombstone = arena_copy(r->arena, card->tombstone);
	r->state = out;
	const struct pg_param params[] = {
		pg_id(&in->room), pg_bytes(slice_text(languages[in->language]))};
	req_query(r, STMT_ROOM_AGREEMENT, params, 2, room_agreement_read);
}

void room_open(struct request *r)
{
	const struct room_open_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->room), pg_null(), pg_int(1)};
	req_query(r, STMT_ROOM_LIST, params, 4, room_row_read);
}

/* --- room_log --- */

struct log_answer {
	struct room_log_out out;
	struct wraps wraps;
};

static void room_wraps_opened(struct request *r)
{
	struct log_answer *answer = r->state;
	enum err e = wraps_opened(r, &answer->wraps);
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	answer->out.wraps = answer->wraps.items;
	answer->out.n_wraps = answer->wraps.n;
	req_reply(r, &answer->out);
}

static void room_wraps_read(struct request *r, const struct pg_result *result)
{
	const struct room_log_in *in = r->in;
	struct log_answer *answer = r->state;
	size_t n = pg_rows(result);
	struct wire_wrap *wraps = arena_array(r->arena, n + 1, sizeof(*wraps));
	for (size_t i = 0; i < n; i++)
		wraps[i] = (struct wire_wrap){
			.entry = (uint32_t)pg_get_int(result, i, ROOM_WRAPS_ENTRY),
			.keyset = (uint16_t)pg_get_int(result, i, ROOM_WRAPS_KEYSET),
			.epoch = (uint32_t)pg_get_int(result, i, ROOM_WRAPS_EPOCH),
			.rtype = (uint16_t)pg_get_int(result, i, ROOM_WRAPS_RTYPE),
			.rid = pg_get_id(result, i, ROOM_WRAPS_RID),
			.rkid = pg_get_hash(result, i, ROOM_WRAPS_RKID),
			.wrap = arena_copy(r->arena, pg_get_bytes(result, i, ROOM_WRAPS_WRAP)),
		};
	answer->wraps = (struct wraps){.room = in->room, .items = wraps, .n = n};
	wraps_open(r, &answer->wraps, room_wraps_opened);
}

static void room_log_read(struct request *r, const struct pg_result *result)
{
	const struct room_log_in *in = r->in;
	struct log_answer *answer = ARENA_NEW(r->arena, struct log_answer);
	struct room_log_out *out = &answer->out;
	size_t n = num_min(pg_rows(result), LOG_ENTRIES);
	size_t bytes = 0, fits = 0;
	struct slice *entries = arena_array(r->arena, n + 1, sizeof(*entries));
	while (fits < n && (fits == 0 || bytes < LOG_BYTES)) {
		entries[fits] = arena_copy(r->arena, pg_get_bytes(result, fits, ROOM_LOG_ENTRY));
		bytes += entries[fits++].n;
	}
	out->entries = entries;
	out->n_entries = fits;
	out->more = pg_rows(result) > fits;
	r->state = answer;
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user),
		pg_int(in->from), pg_int(in->from + fits)};
	req_query(r, STMT_ROOM_WRAPS, params, 4, room_wraps_read);
}

void room_log(struct request *r)
{
	const struct room_log_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->room), pg_int(in->from), pg_int(LOG_ENTRIES + 1)};
	req_query(r, STMT_ROOM_LOG, params, 3, room_log_read);
}

/* --- invitation_claim --- */

static void invitation_claimed(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, INVITATION_CLAIM_OUTCOME));
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	struct invitation_claim_out out = {
		.has_sealed = !pg_is_null(result, 0, INVITATION_CLAIM_SEALED),
		.expires_at = pg_get_time(result, 0, INVITATION_CLAIM_EXPIRES_AT),
	};
	if (out.has_sealed)
		out.sealed = pg_get_bytes(result, 0, INVITATION_CLAIM_SEALED);
	req_reply(r, &out);
}

void invitation_claim(struct request *r)
{
	const struct invitation_claim_in *in = r->in;
	struct hash token_hash = invite_token_hash(id_slice(&in->token));
	const struct pg_param params[] = {
		pg_id(&in->room), pg_hash(&token_hash), pg_id(&r->session.user)};
	req_query(r, STMT_INVITATION_CLAIM, params, 3, invitation_claimed);
}
