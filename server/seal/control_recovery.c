/* The organisation's way into a room (proto/FORMAT.md, section 7): BREAK_GLASS, which two of three
 * officers sign together by a key that the root vouches for, for this one place in this one log;
 * and RECOVERY_KEY, by which a room follows the organisation's recovery key. Nobody becomes a
 * member by BREAK_GLASS but one certified counsellor of a room that has none left. */
#include "seal/control_type.h"

#include "base/crypt.h"
#include "seal/label.h"

#define SPAN_MOST 256

enum refusal control_verify_break_glass(const struct control_entry *e)
{
	if (e->type != CONTROL_BREAK_GLASS)
		return REFUSAL_NONE;
	const struct envelope *env = &e->env;
	struct hash vouched = crypt_sha256(e->vouched);
	struct hash digest =
		crypt_sha256_parts((struct slice[]){LABEL(LABEL_BREAK_GLASS), id_slice(&env->org),
					   id_slice(&env->room), hash_slice(&env->log_head),
					   pub_slice(&e->ceremony_pub), hash_slice(&vouched)},
			6);
	struct hash signed_digest = envelope_signed_digest(env);
	bool ok = pub_verifies_digest(&e->root_pub, &digest, e->root_signature) &&
		  pub_verifies_digest(&e->ceremony_pub, &signed_digest, env->signature);
	DEMAND(ok, BAD_SIGNATURE);
	return REFUSAL_NONE;
}

/* The entry may come days after its own time: of keys that have ended by now nobody can say any
 * more whether that was before or after it, so they count as ended. */
static bool is_left(const struct control_member *m, const struct control_judgement *j)
{
	const struct person *person =
		people_find_certified(j->people, &m->user, &m->sig_kid, &m->cert);
	return m->role == CONTROL_STAFF && m->active && !m->lapsed && person != NULL &&
	       person->ended_ms == 0 && j->t <= person->valid_until;
}

static bool is_staff_left(const struct control *log, const struct control_judgement *j)
{
	for (size_t i = 0; i < log->n_members; i++)
		if (is_left(&log->members[i], j))
			return true;
	return false;
}

static enum refusal check_staff(const struct control *log, const struct control_judgement *j)
{
	const struct control_member *found = control_find_member(log, &j->e->user);
	bool is_active = found != NULL && found->active;
	AGREE(control_check_brought_staff(j));
	DEMAND(!is_active || found->role == CONTROL_STAFF, BAD_FIELD);
	DEMAND(is_active || !is_staff_left(log, j), MAY_NOT_GRANT);
	DEMAND(found != NULL || log->n_members < CONTROL_MAX_MEMBERS, TOO_MANY_MEMBERS);
	return REFUSAL_NONE;
}

static enum refusal check_client(const struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	DEMAND(hash_is_zero(&e->cert), BAD_FIELD);
	const struct control_member *found = control_find_writer(log, &e->user, &e->sig_kid);
	DEMAND(found != NULL && found->role == CONTROL_CLIENT, NO_SUCH_MEMBER);
	DEMAND(hash_equal(&found->enc_kid, &e->enc_kid), NO_SUCH_MEMBER);
	DEMAND(control_is_present(found, j->people, j->t), NO_SUCH_MEMBER);
	DEMAND(e->epoch >= found->from, BAD_RANGE);
	return REFUSAL_NONE;
}

static bool key_is_there(
	const struct control *log, const struct control_entry *e, const struct control_wrap *w)
{
	if (w->epoch < e->epoch || w->epoch > e->until)
		return false;
	bool has_staff_key = !hash_is_zero(&log->epochs[w->epoch - 1].staff_commit);
	return w->keyset == CONTROL_KEY_ALL ||
	       (w->keyset == CONTROL_KEY_STAFF && e->role == CONTROL_STAFF && has_staff_key);
}

/* Those that the officers could open: a client's browser may have wrapped something else to the
 * recovery key, and nobody noticed. */
static enum refusal check_wraps(const struct control *log, const struct control_entry *e)
{
	DEMAND(e->epoch >= 1 && e->epoch <= e->until && e->until <= log->epoch, BAD_RANGE);
	DEMAND(e->until - e->epoch < SPAN_MOST, BAD_RANGE);
	struct control_wrap last = {0};
	for (size_t i = 0; i < e->n_wraps; i++) {
		struct control_wrap w = control_wrap_at(e, i);
		bool ascends =
			w.epoch > last.epoch || (w.epoch == last.epoch && w.keyset > last.keyset);
		DEMAND(ascends && key_is_there(log, e, &w), BAD_RECIPIENTS);
		last = w;
	}
	return REFUSAL_NONE;
}

/* Staff are put into the room's list if it does not know them so; the officers have compared the
 * short code with a client. */
static void bring_in(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *found = control_find_writer(log, &e->user, &e->sig_kid);
	bool is_there = found != NULL && hash_equal(&found->enc_kid, &e->enc_kid) &&
			hash_equal(&found->cert, &e->cert);
	if (!is_there)
		control_member_put(log, j, log->epoch + 1);
	else if (e->role == CONTROL_CLIENT)
		log->members[found - log->members].proof = CONTROL_COMPARED;
}

enum refusal control_apply_break_glass(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	struct hash ceremony_kid = kid_sig(&e->ceremony_pub);
	DEMAND(id_equal(&e->env.sender, &log->org), NOT_MEMBER);
	DEMAND(hash_equal(&e->env.sender_kid, &ceremony_kid), BAD_KID);
	DEMAND(hash_equal(&e->root_kid, &log->root_kid), BAD_KID);
	AGREE(e->role == CONTROL_STAFF ? check_staff(log, j) : check_client(log, j));
	AGREE(check_wraps(log, e));
	bring_in(log, j);
	log->pending = true;
	return REFUSAL_NONE;
}

/* What was wrapped to the key before is wrapped to this one by the next staff browser. */
enum refusal control_apply_recovery_key(struct control *log, const struct control_judgement *j)
{
	const struct hash *kid = &j->e->recovery_kid;
	const struct person *person =
		people_find_recovery(j->people, &log->org, &log->root_kid, kid);
	DEMAND(person != NULL && person_holds(person, j->t), UNKNOWN_KEY);
	DEMAND(!hash_equal(kid, &log->recovery_kid), BAD_FIELD);
	log->recovery_kid = *kid;
	for (size_t i = 0; i < log->epoch; i++)
		log->epochs[i].recovery_wrapped = false;
	log->pending = true;
	return REFUSAL_NONE;
}
