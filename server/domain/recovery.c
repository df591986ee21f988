/* The organisation's way into rooms whose keys are lost (proto/FORMAT.md, section 11). An
 * administrator takes out what two officers need, control logs and what was wrapped to the recovery
 * key, and brings back what they signed away from any network. The wraps of a BREAK_GLASS are
 * stored with it, in one statement or not at all: what the members of a room are not told of opens
 * nothing. Nothing of this is a right of the administrator's own: the signatures of the root, which
 * two of three sheets give, decide. */
#include "base/clock.h"
#include "base/num.h"
#include "core/state.h"
#include "domain/control.h"
#include "domain/control_write.h"
#include "domain/outcome.h"
#include "domain/wraps.h"
#include "sql_gen.h"

enum {
	LOG_ENTRIES = 64,
	LOG_BYTES = 128 << 10,
	ROOMS_MAX = 500,
	MEMBERS_MAX = 64,
	SUBJECTS_MAX = 512
};

/* --- what is taken out --- */

static void taking_noted(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_reply(r, r->state);
}

/* Nothing is given of who is in which room, or of any part of a room, that is not on record. */
static void give_noted(
	struct request *r, struct slice action, const struct id *of, void *reply_in_arena)
{
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_bytes(action), pg_id(of), pg_null()};
	r->state = reply_in_arena;
	req_query(r, STMT_AUDIT_ADD, params, 4, taking_noted);
}

static struct id *ids_read(struct arena *arena, const struct pg_result *result, size_t i, size_t *n)
{
	*n = num_min(pg_array_count(result, i, RECOVERY_ROOMS_STAFF), MEMBERS_MAX);
	struct id *ids = arena_array(arena, *n + 1, sizeof(*ids));
	for (size_t k = 0; k < *n; k++) {
		struct slice item = pg_array_item(result, i, RECOVERY_ROOMS_STAFF, k);
		memcpy(ids[k].b, item.p, sizeof(ids[k].b));
	}
	return ids;
}

static void rooms_read(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), ROOMS_MAX);
	struct wire_recovery_room *rooms = arena_array(r->arena, n + 1, sizeof(*rooms));
	for (size_t i = 0; i < n; i++) {
		struct wire_recovery_room *room = &rooms[i];
		struct slice phase = pg_get_bytes(result, i, RECOVERY_ROOMS_PHASE);
		room->room = pg_get_id(result, i, RECOVERY_ROOMS_ROOM);
		room->phase = slice_is(phase, "closed") ? WIRE_RECOVERY_ROOM_PHASE_CLOSED
							: WIRE_RECOVERY_ROOM_PHASE_OPEN;
		room->created_at = pg_get_time(result, i, RECOVERY_ROOMS_CREATED_AT);
		room->last_at = pg_get_time(result, i, RECOVERY_ROOMS_LAST_AT);
		room->staff = ids_read(r->arena, result, i, &room->n_staff);
		room->has_client = !pg_is_null(result, i, RECOVERY_ROOMS_CLIENT);
		if (room->has_client)
			room->client = pg_get_id(result, i, RECOVERY_ROOMS_CLIENT);
	}
	const struct recovery_rooms_in *in = r->in;
	struct recovery_rooms_out *out = ARENA_NEW(r->arena, struct recovery_rooms_out);
	*out = (struct recovery_rooms_out){.rooms = rooms, .n_rooms = n};
	give_noted(r, SLICE_LIT("recovery_rooms"), &in->user, out);
}

void recovery_rooms(struct request *r)
{
	const struct recovery_rooms_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->user)};
	req_query(r, STMT_RECOVERY_ROOMS, params, 1, rooms_read);
}

struct log_answer {
	struct recovery_log_out out;
	struct wraps wraps;
};

static void log_opened(struct request *r)
{
	const struct recovery_log_in *in = r->in;
	struct log_answer *answer = r->state;
	enum err e = wraps_opened(r, &answer->wraps);
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	answer->out.wraps = answer->wraps.items;
	answer->out.n_wraps = answer->wraps.n;
	give_noted(r, SLICE_LIT("recovery_export"), &in->room, &answer->out);
}

static void wraps_read(struct request *r, const struct pg_result *result)
{
	const struct recovery_log_in *in = r->in;
	struct log_answer *answer = r->state;
	size_t n = pg_rows(result);
	struct wire_wrap *wraps = arena_array(r->arena, n + 1, sizeof(*wraps));
	for (size_t i = 0; i < n; i++)
		wraps[i] = (struct wire_wrap){
			.entry = (uint32_t)pg_get_int(result, i, RECOVERY_WRAPS_ENTRY),
			.keyset = (uint16_t)pg_get_int(result, i, RECOVERY_WRAPS_KEYSET),
			.epoch = (uint32_t)pg_get_int(result, i, RECOVERY_WRAPS_EPOCH),
			.rtype = CONTROL_TO_RECOVERY,
			.rid = pg_get_id(result, i, RECOVERY_WRAPS_RID),
			.rkid = pg_get_hash(result, i, RECOVERY_WRAPS_RKID),
			.wrap = arena_copy(r->arena, pg_get_bytes(result, i, RECOVERY_WRAPS_WRAP)),
		};
	answer->wraps = (struct wraps){.room = in->room, .items = wraps, .n = n};
	wraps_open(r, &answer->wraps, log_opened);
}

static void log_read(struct request *r, const struct pg_result *result)
{
	const struct recovery_log_in *in = r->in;
	struct log_answer *answer = ARENA_NEW(r->arena, struct log_answer);
	struct recovery_log_out *out = &answer->out;
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
	const struct pg_param params[] = {
		pg_id(&in->room), pg_int(in->from), pg_int(in->from + fits)};
	req_query(r, STMT_RECOVERY_WRAPS, params, 3, wraps_read);
}

void recovery_log(struct request *r)
{
	const struct recovery_log_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->room), pg_int(in->from), pg_int(LOG_ENTRIES + 1)};
	req_query(r, STMT_ROOM_LOG, params, 3, log_read);
}

static void member_chains_read(struct request *r, const struct pg_result *result)
{
	struct chains chains = chains_copy(r->arena, result);
	struct wire_chain *list = arena_array(r->arena, chains.n + 1, sizeof(*list));
	for (size_t i = 0; i < chains.n; i++)
		list[i] = (struct wire_chain){.subject = chains.items[i].subject,
			.entries = chains.items[i].entries,
			.n_entries = chains.items[i].n};
	const struct recovery_chains_in *in = r->in;
	struct recovery_chains_out *out = ARENA_NEW(r->arena, struct recovery_chains_out);
	*out = (struct recovery_chains_out){.chains = list, .n_chains = chains.n};
	give_noted(r, SLICE_LIT("recovery_chains"), &in->room, out);
}

static void members_read(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), MEMBERS_MAX);
	struct pg_param *items = arena_array(r->arena, n + 1, sizeof(*items));
	struct id *members = arena_array(r->arena, n + 1, sizeof(*members));
	for (size_t i = 0; i < n; i++) {
		members[i] = pg_get_id(result, i, RECOVERY_MEMBERS_ACCOUNT);
		items[i] = pg_id(&members[i]);
	}
	const struct pg_param params[] = {pg_array(items, n)};
	req_query(r, STMT_CHAIN_GET, params, 1, member_chains_read);
}

void recovery_chains(struct request *r)
{
	const struct recovery_chains_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room)};
	req_query(r, STMT_RECOVERY_MEMBERS, params, 1, members_read);
}

/* --- what comes back --- */

static void apply_release(struct request *r)
{
	control_append_done(r->state);
}

static void applied(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, RECOVERY_APPEND_OUTCOME));
	struct recovery_apply_out out = {
		.entries = (uint32_t)pg_get_int(result, 0, RECOVERY_APPEND_N_ENTRIES)};
	if (e == ERR_OK)
		req_reply(r, &out);
	else
		req_fail(r, e);
}

static void apply_sealed(struct request *r)
{
	_Static_assert((int)RECOVERY_APPEND_N_IN == (int)CONTROL_APPEND_N_IN,
		"both take what control_put gives");
	const struct control_append *a = r->state;
	struct pg_param *params = arena_array(r->arena, RECOVERY_APPEND_N_IN, sizeof(*params));
	control_put(a, r->arena, params);
	req_query(r, STMT_RECOVERY_APPEND, params, RECOVERY_APPEND_N_IN, applied);
}

static void apply_judged(struct request *r)
{
	struct control_append *a = r->state;
	if (a->fault != ERR_OK)
		req_fail(r, a->fault);
	else if (a->refusal != REFUSAL_NONE)
		outcome_refuse(r, a->refusal, &a->before->head);
	else
		wraps_seal(r, apply_sealed);
}

static void apply_chains_read(struct request *r, const struct pg_result *result)
{
	struct control_append *a = r->state;
	a->chains = chains_copy(r->arena, result);
	a->wraps = arena_array(r->arena, a->in->n_wraps + 1, sizeof(struct wire_wrap *));
	req_work(r, control_judge, apply_judged);
}

static bool is_stored(const struct control_append *a)
{
	for (size_t i = 0; i < a->n_log; i++)
		if (slice_equal(a->log[i], a->in->entries[0]))
			return true;
	return false;
}

static void apply_log_read(struct request *r, const struct pg_result *result)
{
	struct control_append *a = r->state;
	a->n_log = pg_rows(result);
	a->log = arena_array(r->arena, a->n_log + 1, sizeof(*a->log));
	for (size_t i = 0; i < a->n_log; i++)
		a->log[i] = arena_copy(r->arena, pg_get_bytes(result, i, ROOM_LOG_ENTRY));
	if (is_stored(a)) {
		struct recovery_apply_out out = {.entries = (uint32_t)a->n_log};
		req_reply(r, &out);
		return;
	}
	struct id *subjects = arena_array(r->arena, SUBJECTS_MAX, sizeof(*subjects));
	struct pg_param *items = arena_array(r->arena, SUBJECTS_MAX, sizeof(*items));
	size_t n = control_subjects(a, subjects, SUBJECTS_MAX);
	for (size_t i = 0; i < n; i++)
		items[i] = pg_id(&subjects[i]);
	const struct pg_param params[] = {pg_array(items, n)};
	req_query(r, STMT_CHAIN_GET, params, 1, apply_chains_read);
}

static enum refusal apply_read(struct control_append *a)
{
	struct control_entry *e = &a->entries[0];
	AGREE(control_parse(a->in->entries[0], e));
	DEMAND(e->type == CONTROL_BREAK_GLASS, BAD_FIELD);
	DEMAND(id_equal(&e->env.org, &a->org), WRONG_ROOM);
	a->room = e->env.room;
	return REFUSAL_NONE;
}

void recovery_apply(struct request *r)
{
	const struct recovery_apply_in *in = r->in;
	struct control_append_in *one = ARENA_NEW(r->arena, struct control_append_in);
	struct control_append *a = ARENA_NEW(r->arena, struct control_append);
	*one = (struct control_append_in){
		.entries = &in->entry, .n_entries = 1, .wraps = in->wraps, .n_wraps = in->n_wraps};
	a->in = one;
	a->org = r->session.org;
	a->user = r->session.user;
	a->now_ms = (uint64_t)clock_wall_ms();
	r->state = a;
	r->release = apply_release;
	enum refusal refusal = apply_read(a);
	if (refusal != REFUSAL_NONE) {
		outcome_refuse(r, refusal, NULL);
		return;
	}
	const struct pg_param params[] = {pg_id(&a->room), pg_int(0), pg_int(CONTROL_MAX_ENTRIES)};
	req_query(r, STMT_ROOM_LOG, params, 3, apply_log_read);
}
