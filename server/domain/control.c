/* Appending to a room's control log: read what is there, judge on a thread, write once. The write
 * is refused if the log has moved meanwhile, and changes rows of members, epochs, wraps and the
 * invitation together with it. */
#include "domain/control.h"

#include "base/clock.h"
#include "core/state.h"
#include "domain/control_write.h"
#include "domain/outcome.h"
#include "domain/wraps.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { SUBJECTS_MAX = 512 };

static void control_release(struct request *r)
{
	control_append_done(r->state);
}

static void control_appended(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, CONTROL_APPEND_OUTCOME));
	if (e == ERR_OK) {
		struct control_append_out out = {
			.entries = (uint32_t)pg_get_int(result, 0, CONTROL_APPEND_N_ENTRIES)};
		req_reply(r, &out);
		return;
	}
	struct detail detail = {.name = NULL};
	if (e == ERR_STALE_HEAD && !pg_is_null(result, 0, CONTROL_APPEND_HEAD))
		detail = (struct detail){.name = "head",
			.kind = DETAIL_HASH,
			.hash = pg_get_hash(result, 0, CONTROL_APPEND_HEAD)};
	req_fail_detail(r, e, &detail);
}

static void control_sealed(struct request *r)
{
	const struct control_append *a = r->state;
	struct pg_param *params = arena_array(r->arena, CONTROL_APPEND_N_IN, sizeof(*params));
	control_put(a, r->arena, params);
	req_query(r, STMT_CONTROL_APPEND, params, CONTROL_APPEND_N_IN, control_appended);
}

static void control_judged(struct request *r)
{
	struct control_append *a = r->state;
	int64_t most = r->core->parts.config->control_entries_per_hour;
	if (a->fault != ERR_OK) {
		req_fail(r, a->fault);
	} else if (a->repeat) {
		struct control_append_out out = {.entries = (uint32_t)a->n_log};
		req_reply(r, &out);
	} else if (a->refusal != REFUSAL_NONE) {
		outcome_refuse(r, a->refusal, &a->before->head);
	} else if (a->n_recent > (size_t)most) {
		req_fail(r, ERR_RATE_LIMITED);
	} else {
		wraps_seal(r, control_sealed);
	}
}

static void control_people_read(struct request *r, const struct pg_result *result)
{
	struct control_append *a = r->state;
	a->chains = chains_copy(r->arena, result);
	a->wraps = arena_array(r->arena, a->in->n_wraps + 1, sizeof(struct wire_wrap *));
	req_work(r, control_judge, control_judged);
}

static void control_log_read(struct request *r, const struct pg_result *result)
{
	struct control_append *a = r->state;
	a->n_log = pg_rows(result);
	a->log = arena_array(r->arena, a->n_log + 1, sizeof(*a->log));
	for (size_t i = 0; i < a->n_log; i++)
		a->log[i] = arena_copy(r->arena, pg_get_bytes(result, i, ROOM_LOG_ENTRY));
	struct id *subjects = arena_array(r->arena, SUBJECTS_MAX, sizeof(*subjects));
	struct pg_param *items = arena_array(r->arena, SUBJECTS_MAX, sizeof(*items));
	size_t n = control_subjects(a, subjects, SUBJECTS_MAX);
	for (size_t i = 0; i < n; i++)
		items[i] = pg_id(&subjects[i]);
	const struct pg_param params[] = {pg_array(items, n)};
	req_query(r, STMT_CHAIN_GET, params, 1, control_people_read);
}

/* A stranger has no business with the log: neither its head is told nor is it read. Who was a
 * member once may repeat a LEAVE. */
static void control_facts_read(struct request *r, const struct pg_result *result)
{
	const struct control_append *a = r->state;
	bool stranger = pg_rows(result) > 0 && pg_is_null(result, 0, ROOM_FACTS_ACTIVE) &&
			!pg_get_bool(result, 0, ROOM_FACTS_CLAIMED);
	if (stranger) {
		req_fail(r, ERR_NOT_MEMBER);
		return;
	}
	const struct pg_param params[] = {pg_id(&a->room), pg_int(0), pg_int(CONTROL_MAX_ENTRIES)};
	req_query(r, STMT_ROOM_LOG, params, 3, control_log_read);
}

void control_append(struct request *r)
{
	struct control_append *a = ARENA_NEW(r->arena, struct control_append);
	a->in = r->in;
	a->org = r->session.org;
	a->user = r->session.user;
	a->now_ms = (uint64_t)clock_wall_ms();
	r->state = a;
	r->release = control_release;
	enum refusal refusal = control_read(a);
	if (refusal != REFUSAL_NONE) {
		outcome_refuse(r, refusal, NULL);
		return;
	}
	if (a->in->has_invitation && !sealed_invite_fits(a->in->invitation.sealed.n)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	const struct pg_param params[] = {pg_id(&a->room), pg_id(&a->user)};
	req_query(r, STMT_ROOM_FACTS, params, 2, control_facts_read);
}
