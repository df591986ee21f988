/* The control log: what every entry must meet, in the specification's order, and the table of
 * types. The rules of a type stand in control_rules.c, control_epochs.c, control_recovery.c. One
 * pure function of state and entry, the same as in the browser; a rule checks first and changes the
 * state last, so a refusal leaves no trace. After the clock's rule only the entry's own time
 * counts: who replays the log years later decides as the server did. */
#include "seal/control_type.h"

#include "base/crypt.h"
#include "base/mem.h"
#include "seal/clocks.h"
#include "seal/label.h"

#define RESERVED(type) \
	{ \
		(type), control_read_reserved, BY_MEMBER, WHEN_ANY, NULL \
	}

static const struct control_type_row rows[] = {
	[CONTROL_CREATE] = {"CREATE", control_read_create, BY_NEW_KEYS, WHEN_ANY,
		control_apply_create},
	[CONTROL_INVITE] = {"INVITE", control_read_invite, BY_STAFF, WHEN_OPEN,
		control_apply_invite},
	[CONTROL_JOIN] = {"JOIN", control_read_join, BY_NEW_KEYS, WHEN_OPEN, control_apply_join},
	[4] = RESERVED("PROPOSE_ADD"),
	[5] = RESERVED("PROPOSE_REPLACE"),
	[6] = RESERVED("CONSENT"),
	[7] = RESERVED("REFUSE"),
	[8] = RESERVED("WITHDRAW"),
	[CONTROL_ADD] = {"ADD", control_read_add, BY_STAFF, WHEN_OPEN, control_apply_add},
	[CONTROL_REMOVE] = {"REMOVE", control_read_remove, BY_STAFF, WHEN_OPEN,
		control_apply_remove},
	[CONTROL_LEAVE] = {"LEAVE", control_read_nothing, BY_MEMBER, WHEN_ANY, control_apply_leave},
	[CONTROL_EPOCH] = {"EPOCH", control_read_epoch, BY_MEMBER, WHEN_OPEN, control_apply_epoch},
	[CONTROL_HISTORY_GRANT] = {"HISTORY_GRANT", control_read_history_grant, BY_MEMBER, WHEN_ANY,
		control_apply_history_grant},
	[CONTROL_RECOVERY_WRAP] = {"RECOVERY_WRAP", control_read_recovery_wrap, BY_STAFF, WHEN_ANY,
		control_apply_recovery_wrap},
	[CONTROL_BREAK_GLASS] = {"BREAK_GLASS", control_read_break_glass, BY_ROOT, WHEN_ANY,
		control_apply_break_glass},
	[16] = RESERVED("UPGRADE"),
	[17] = RESERVED("ERASE"),
	[CONTROL_CLOSE] = {"CLOSE", control_read_close, BY_STAFF, WHEN_OPEN, control_apply_close},
	[CONTROL_REOPEN] = {"REOPEN", control_read_nothing, BY_STAFF, WHEN_CLOSED,
		control_apply_reopen},
	[CONTROL_REKEY] = {"REKEY", control_read_rekey, BY_NEW_KEYS, WHEN_ANY, control_apply_rekey},
	[CONTROL_RECOVERY_KEY] = {"RECOVERY_KEY", control_read_recovery_key, BY_MEMBER, WHEN_ANY,
		control_apply_recovery_key},
};

const struct control_type_row *control_type_row(uint8_t type)
{
	bool known = type < sizeof(rows) / sizeof(rows[0]) && rows[type].name != NULL;
	return known ? &rows[type] : NULL;
}

const char *control_type_name(uint8_t type)
{
	const struct control_type_row *row = control_type_row(type);
	return row != NULL && row->apply != NULL ? row->name : NULL;
}

struct control *control_new(void)
{
	return MEM_NEW(struct control);
}

void control_free(struct control **log)
{
	if (*log == NULL)
		return;
	mem_free((*log)->epochs);
	mem_free(*log);
	*log = NULL;
}

/* Rules 1 to 7: the entry stands in the right place of the right log. */
static enum refusal check_place(const struct control *log, const struct control_entry *e,
	const struct control_type_row *row, uint64_t now_ms)
{
	const struct envelope *env = &e->env;
	bool here = id_equal(&env->org, &log->org) && id_equal(&env->room, &log->room);
	DEMAND(log->n < CONTROL_MAX_ENTRIES, TOO_MANY);
	DEMAND(log->n > 0 || e->type == CONTROL_CREATE, NOT_CREATED);
	DEMAND(log->n == 0 || e->type != CONTROL_CREATE, ALREADY_CREATED);
	DEMAND(log->n == 0 || here, WRONG_ROOM);
	DEMAND(hash_equal(&env->log_head, &log->head), STALE_HEAD);
	DEMAND(env->sender_seq == log->n, BAD_INDEX);
	DEMAND(env->epoch == log->epoch, BAD_EPOCH);
	DEMAND(row->apply != NULL, RESERVED_TYPE);
	DEMAND(row->who == BY_ROOT ? clocks_allow_late(env->client_time_ms, now_ms)
				   : clocks_agree(env->client_time_ms, now_ms),
		BAD_TIME);
	DEMAND(!clocks_are_past(env->client_time_ms, log->time_ms), BAD_TIME);
	return REFUSAL_NONE;
}

static enum refusal check_certified(
	const struct control_member *m, const struct control_judgement *j)
{
	const struct person *person =
		people_find_certified(j->people, &m->user, &m->sig_kid, &m->cert);
	DEMAND(person != NULL, NOT_CERTIFIED);
	DEMAND(person_is_valid(person, j->t), CERT_EXPIRED);
	return REFUSAL_NONE;
}

static enum refusal check_known(const struct control_member *m, const struct control_judgement *j)
{
	const struct person *person = people_find(j->people, &m->user, &m->sig_kid);
	DEMAND(person != NULL && person_holds(person, j->t), UNKNOWN_KEY);
	return REFUSAL_NONE;
}

/* Rule 9: the sender may say this; finds the member. */
static enum refusal check_sender(
	struct control *log, const struct control_type_row *row, struct control_judgement *j)
{
	if (row->who == BY_NEW_KEYS || row->who == BY_ROOT)
		return REFUSAL_NONE;
	const struct envelope *env = &j->e->env;
	const struct control_member *found = control_find_member(log, &env->sender);
	DEMAND(found != NULL && found->active && !found->lapsed, NOT_MEMBER);
	DEMAND(hash_equal(&env->sender_kid, &found->sig_kid), BAD_KID);
	AGREE(found->role == CONTROL_STAFF ? check_certified(found, j) : check_known(found, j));
	DEMAND(row->who != BY_STAFF || found->role == CONTROL_STAFF, NOT_STAFF);
	j->sender = &log->members[found - log->members];
	return REFUSAL_NONE;
}

/* Rule 10. */
static enum refusal check_phase(const struct control *log, const struct control_type_row *row)
{
	DEMAND(row->when != WHEN_OPEN || log->phase == CONTROL_OPEN, ROOM_CLOSED);
	DEMAND(row->when != WHEN_CLOSED || log->phase == CONTROL_CLOSED, NOT_CLOSED);
	return REFUSAL_NONE;
}

enum refusal control_apply(struct control *log, const struct control_entry *e,
	const struct people *people, uint64_t now_ms)
{
	const struct control_type_row *row = control_type_row(e->type);
	ASSERT(row != NULL);
	struct control_judgement j = {.e = e, .people = people, .t = e->env.client_time_ms};
	AGREE(check_place(log, e, row, now_ms));
	AGREE(check_sender(log, row, &j));
	AGREE(check_phase(log, row));
	AGREE(row->apply(log, &j));
	log->head = e->hash;
	log->n++;
	if (e->env.client_time_ms > log->time_ms)
		log->time_ms = e->env.client_time_ms;
	return REFUSAL_NONE;
}

enum refusal control_verify_join(const struct control *log, const struct control_entry *e)
{
	bool invited = log->has_invite && id_equal(&log->invite.id, &e->invite);
	if (e->type != CONTROL_JOIN || !invited)
		return REFUSAL_NONE;
	const struct envelope *env = &e->env;
	struct hash digest = crypt_sha256_parts(
		(struct slice[]){LABEL(LABEL_JOIN), id_slice(&env->org), id_slice(&env->room),
			id_slice(&e->invite), id_slice(&env->sender), hash_slice(&env->sender_kid),
			hash_slice(&e->enc_kid), hash_slice(&env->log_head)},
		8);
	bool ok = pub_verifies_digest(&log->invite.sig_pub, &digest, e->one_time_signature);
	DEMAND(ok, BAD_SIGNATURE);
	return REFUSAL_NONE;
}
