/* The accounts of staff, in the hands of their organisation's admin. What is done to one is decided
 * and written down in the database, which also ends the sessions; here it is only asked for. The
 * names that admins give are sealed, and opened one after another for the list. */
#include "base/crypt.h"
#include "core/session.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { STAFF_MOST = 300, NAME_MAX_BYTES = 200 };

/* In the order of the wire. */
static const char *const roles[] = {"counsellor", "team_lead", "admin", "dpo", "coordinator"};
static const char *const reasons[] = {"lost", "stolen", "replaced", "other"};
static const char *const forced[] = {"ill", "dismissed", "other"};
static const char *const mails[] = {"none", "waiting", "sent", "given_up"};

/* --- the list --- */

struct listing {
	struct wire_staff_row *rows;
	struct slice *sealed;
	size_t n, at;
};

static void open_next(struct request *r);

static void name_opened(struct request *r, const struct keys_answer *answer)
{
	struct listing *l = r->state;
	/* One that cannot be opened any more is no name; the admin gives another. */
	if (answer->reason == KEYS_DONE && answer->bytes.n <= NAME_MAX_BYTES)
		l->rows[l->at].name = arena_copy(r->arena, answer->bytes);
	l->at++;
	open_next(r);
}

static void open_next(struct request *r)
{
	struct listing *l = r->state;
	while (l->at < l->n && l->sealed[l->at].n == 0)
		l->at++;
	if (l->at == l->n) {
		struct staff_list_out out = {.staff = l->rows, .n_staff = l->n};
		req_reply(r, &out);
		return;
	}
	struct keys_ask ask = {.type = KEYS_FIELD_OPEN,
		.field = {.kind = KEYS_GIVEN_NAME,
			.context = {r->session.org, l->rows[l->at].account},
			.n_context = 2,
			.bytes = l->sealed[l->at]}};
	req_keys(r, &ask, name_opened);
}

/* False: a row that cannot be. */
static bool row_fill(const struct pg_result *result, size_t i, struct wire_staff_row *ret)
{
	struct slice mail = pg_get_bytes(result, i, STAFF_LIST_MAIL);
	enum role role;
	uint8_t which = 0;
	while (which < sizeof(mails) / sizeof(mails[0]) && !slice_is(mail, mails[which]))
		which++;
	if (!session_role_parse(pg_get_bytes(result, i, STAFF_LIST_ROLE), &role) ||
		which == sizeof(mails) / sizeof(mails[0]))
		return false;
	*ret = (struct wire_staff_row){
		.account = pg_get_id(result, i, STAFF_LIST_ACCOUNT),
		.role = (uint8_t)role,
		.made_at = pg_get_time(result, i, STAFF_LIST_MADE_AT),
		.disabled = pg_get_bool(result, i, STAFF_LIST_DISABLED),
		.enrolled = pg_get_bool(result, i, STAFF_LIST_ENROLLED),
		.passkeys = (uint32_t)pg_get_int(result, i, STAFF_LIST_PASSKEYS),
		.has_keys = pg_get_bool(result, i, STAFF_LIST_HAS_KEYS),
		.rooms = (uint32_t)pg_get_int(result, i, STAFF_LIST_ROOMS),
		.has_invited_until = !pg_is_null(result, i, STAFF_LIST_INVITED_UNTIL),
		.mail = which,
	};
	if (ret->has_invited_until)
		ret->invited_until = pg_get_time(result, i, STAFF_LIST_INVITED_UNTIL);
	return true;
}

static void staff_listed(struct request *r, const struct pg_result *result)
{
	struct listing *l = r->state = ARENA_NEW(r->arena, struct listing);
	l->n = pg_rows(result);
	l->rows = arena_array(r->arena, l->n + 1, sizeof(*l->rows));
	l->sealed = arena_array(r->arena, l->n + 1, sizeof(*l->sealed));
	for (size_t i = 0; i < l->n; i++) {
		if (!row_fill(result, i, &l->rows[i])) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
		if (!pg_is_null(result, i, STAFF_LIST_NAME))
			l->sealed[i] =
				arena_copy(r->arena, pg_get_bytes(result, i, STAFF_LIST_NAME));
	}
	open_next(r);
}

void staff_list(struct request *r)
{
	req_query(r, STMT_STAFF_LIST, NULL, 0, staff_listed);
}

/* --- a new one --- */

static void staff_added(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, STAFF_ADD_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, r->state);
	else
		req_fail(r, e);
}

static void name_sealed(struct request *r, const struct keys_answer *answer)
{
	const struct staff_add_in *in = r->in;
	const struct staff_add_out *out = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	const struct pg_param params[STAFF_ADD_N_IN] = {
		[STAFF_ADD_IN_ACTOR] = pg_id(&r->session.user),
		[STAFF_ADD_IN_ACCOUNT] = pg_id(&out->account),
		[STAFF_ADD_IN_ROLE] = pg_bytes(slice_text(roles[in->role])),
		[STAFF_ADD_IN_NAME] = pg_bytes(answer->bytes),
		[STAFF_ADD_IN_MOST] = pg_int(STAFF_MOST),
	};
	req_query(r, STMT_STAFF_ADD, params, STAFF_ADD_N_IN, staff_added);
}

void staff_add(struct request *r)
{
	const struct staff_add_in *in = r->in;
	struct staff_add_out *out = r->state = ARENA_NEW(r->arena, struct staff_add_out);
	out->account = crypt_random_id();
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {.kind = KEYS_GIVEN_NAME,
			.context = {r->session.org, out->account},
			.n_context = 2,
			.bytes = in->name}};
	req_keys(r, &ask, name_sealed);
}

/* --- changes: the outcome is the only column --- */

static void staff_changed(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, 0));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void staff_role(struct request *r)
{
	const struct staff_role_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		pg_bytes(slice_text(roles[in->role]))};
	req_query(r, STMT_STAFF_ROLE, params, 3, staff_changed);
}

static void staff_disabled(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, STAFF_DISABLE_OUTCOME));
	const struct detail rooms = {.name = "rooms",
		.kind = DETAIL_NUMBER,
		.number = pg_get_int(result, 0, STAFF_DISABLE_ROOMS)};
	if (e == ERR_OK)
		req_reply(r, NULL);
	else if (e == ERR_HAS_ROOMS)
		req_fail_detail(r, e, &rooms);
	else
		req_fail(r, e);
}

void staff_disable(struct request *r)
{
	const struct staff_disable_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		pg_bool(in->disabled),
		in->has_forced ? pg_bytes(slice_text(forced[in->forced])) : pg_null()};
	req_query(r, STMT_STAFF_DISABLE, params, 4, staff_disabled);
}

void passkey_reset(struct request *r)
{
	const struct passkey_reset_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		pg_bytes(slice_text(reasons[in->reason]))};
	req_query(r, STMT_PASSKEY_RESET, params, 3, staff_changed);
}
