/* A judged append as one statement's parameters: the entries, the state after them, the members
 * whom they changed, grants, wraps, and the invitation. */
#include "domain/control_write.h"

#include "sql_gen.h"

static void put_entries(
	const struct control_append *a, struct arena *arena, struct pg_param *params)
{
	size_t n = a->in->n_entries;
	struct pg_param *items = arena_array(arena, 3 * n, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		items[i] = pg_bytes(a->in->entries[i]);
		items[n + i] = pg_hash(&a->entries[i].hash);
		items[2 * n + i] = pg_int(a->entries[i].type);
	}
	params[CONTROL_APPEND_IN_ENTRIES] = pg_array(items, n);
	params[CONTROL_APPEND_IN_HASHES] = pg_array(items + n, n);
	params[CONTROL_APPEND_IN_TYPES] = pg_array(items + 2 * n, n);
}

static void put_state(const struct control_append *a, struct pg_param *params)
{
	const struct control *log = a->after;
	params[CONTROL_APPEND_IN_ROOM] = pg_id(&a->room);
	params[CONTROL_APPEND_IN_ACTOR] = pg_id(&a->user);
	params[CONTROL_APPEND_IN_HEAD] = pg_hash(&a->before->head);
	params[CONTROL_APPEND_IN_AGREEMENT] = pg_id(&log->agreement);
	params[CONTROL_APPEND_IN_RETENTION_CLASS] = pg_int(log->retention_class);
	params[CONTROL_APPEND_IN_PHASE] =
		pg_bytes(log->phase == CONTROL_CLOSED ? SLICE_LIT("closed") : SLICE_LIT("open"));
	params[CONTROL_APPEND_IN_EPOCH] = pg_int(log->epoch);
	params[CONTROL_APPEND_IN_PENDING] = pg_bool(log->pending);
}

static bool member_changed(const struct control_append *a, size_t i)
{
	const struct control_member *now = &a->after->members[i];
	const struct control_member *was = i < a->before->n_members ? &a->before->members[i] : NULL;
	return was == NULL || was->active != now->active || was->since != now->since;
}

/* Where an ADD says that its member begins to see; for others the statement knows. */
static struct pg_param first_seq(const struct control_append *a, const struct control_member *m)
{
	for (size_t i = 0; m->active && i < a->in->n_entries; i++) {
		const struct control_entry *e = &a->entries[i];
		if (e->type == CONTROL_ADD && id_equal(&e->user, &m->user))
			return pg_int(e->baseline_seq > 0 ? e->baseline_seq : 1);
	}
	return pg_null();
}

static void put_members(
	const struct control_append *a, struct arena *arena, struct pg_param *params)
{
	enum { COLUMNS = CONTROL_APPEND_IN_M_VISIBLE_FROM - CONTROL_APPEND_IN_M_ACCOUNT + 1 };
	size_t n = 0, max = CONTROL_MAX_MEMBERS;
	struct pg_param *items = arena_array(arena, COLUMNS * max, sizeof(*items));
	for (size_t i = 0; i < a->after->n_members; i++) {
		const struct control_member *m = &a->after->members[i];
		if (!member_changed(a, i))
			continue;
		const struct pg_param row[COLUMNS] = {pg_id(&m->user), pg_int(m->role),
			pg_hash(&m->sig_kid), pg_hash(&m->enc_kid), pg_hash(&m->cert),
			pg_bool(m->active), pg_int(m->since), first_seq(a, m)};
		for (size_t k = 0; k < COLUMNS; k++)
			items[k * max + n] = row[k];
		n++;
	}
	for (size_t k = 0; k < COLUMNS; k++)
		params[CONTROL_APPEND_IN_M_ACCOUNT + k] = pg_array(items + k * max, n);
}

static void put_grants(const struct control_append *a, struct arena *arena, struct pg_param *params)
{
	size_t n = 0, max = a->in->n_entries;
	struct pg_param *items = arena_array(arena, 2 * max, sizeof(*items));
	for (size_t i = 0; i < max; i++) {
		const struct control_entry *e = &a->entries[i];
		if (e->type != CONTROL_HISTORY_GRANT && e->type != CONTROL_BREAK_GLASS)
			continue;
		items[n] = pg_id(&e->user);
		items[max + n++] = pg_int(e->epoch);
	}
	params[CONTROL_APPEND_IN_G_TO] = pg_array(items, n);
	params[CONTROL_APPEND_IN_G_FROM] = pg_array(items + max, n);
}

static void put_wraps(const struct control_append *a, struct arena *arena, struct pg_param *params)
{
	enum { COLUMNS = CONTROL_APPEND_IN_W_WRAP - CONTROL_APPEND_IN_W_ENTRY + 1 };
	size_t n = a->in->n_wraps;
	struct pg_param *items = arena_array(arena, COLUMNS * n + 1, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		const struct wire_wrap *w = a->wraps[i];
		const struct pg_param row[COLUMNS] = {pg_int(w->entry), pg_int(w->keyset),
			pg_int(w->epoch), pg_int(w->rtype), pg_id(&w->rid), pg_hash(&w->rkid),
			pg_bytes(a->sealed[i])};
		for (size_t k = 0; k < COLUMNS; k++)
			items[k * n + i] = row[k];
	}
	for (size_t k = 0; k < COLUMNS; k++)
		params[CONTROL_APPEND_IN_W_ENTRY + k] = pg_array(items + k * n, n);
}

static void put_invitation(const struct control_append *a, struct pg_param *params)
{
	for (size_t i = CONTROL_APPEND_IN_INVITE; i <= CONTROL_APPEND_IN_EXPIRES_AT; i++)
		params[i] = pg_null();
	for (size_t i = 0; i < a->in->n_entries; i++) {
		const struct control_entry *e = &a->entries[i];
		if (e->type != CONTROL_INVITE && e->type != CONTROL_JOIN)
			continue;
		params[CONTROL_APPEND_IN_INVITE] = pg_id(&e->invite);
		if (e->type == CONTROL_JOIN)
			continue;
		params[CONTROL_APPEND_IN_TOKEN_HASH] = pg_hash(&a->in->invitation.token_hash);
		params[CONTROL_APPEND_IN_SEALED] = pg_bytes(a->in->invitation.sealed);
		params[CONTROL_APPEND_IN_EXPIRES_AT] = pg_time((int64_t)e->expires_ms);
	}
}

void control_put(const struct control_append *a, struct arena *arena, struct pg_param *ret_params)
{
	put_entries(a, arena, ret_params);
	put_state(a, ret_params);
	put_members(a, arena, ret_params);
	put_grants(a, arena, ret_params);
	put_wraps(a, arena, ret_params);
	put_invitation(a, ret_params);
}
