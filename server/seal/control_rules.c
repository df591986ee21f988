/* Who comes and goes: the rules of the entries that change members, the invitation and the phase. A
 * room has at most one active client. Whatever changes who may read makes the epoch pending. */
#include "seal/control_type.h"

#define INVITE_MOST_MS (UINT64_C(7) * 24 * 3600 * 1000)

/* The member, as this entry brings the keys. */
static struct control_member member_of(
	const struct control *log, const struct control_judgement *j, uint32_t from)
{
	const struct control_entry *e = j->e;
	const struct person *person = people_find(j->people, &e->user, &e->sig_kid);
	return (struct control_member){
		.user = e->user,
		.role = e->role,
		.proof = e->proof,
		.active = true,
		.since = log->n,
		.from = from,
		.resets = person != NULL ? person->resets : 0,
		.sig_kid = e->sig_kid,
		.enc_kid = e->enc_kid,
		.cert = e->cert,
	};
}

/* Of two clients of a room neither may be given what the other wrote. */
static bool another_client_came(const struct control *log, const struct control_member *found)
{
	for (size_t i = 0; i < log->n_members; i++) {
		const struct control_member *m = &log->members[i];
		if (m != found && m->role == CONTROL_CLIENT && m->from >= found->from)
			return true;
	}
	return false;
}

static uint32_t from_of(const struct control *log, const struct control_member *found,
	const struct control_entry *e, uint32_t from)
{
	if (found == NULL || found->role != e->role || found->from > from)
		return from;
	bool is_late = e->role == CONTROL_CLIENT && another_client_came(log, found);
	return is_late ? from : found->from;
}

/* Who comes again keeps the place in the list, and what was theirs in the same role. The caller has
 * made sure that there is room. */
void control_member_put(struct control *log, const struct control_judgement *j, uint32_t from)
{
	const struct control_member *found = control_find_member(log, &j->e->user);
	size_t at = found != NULL ? (size_t)(found - log->members) : log->n_members++;
	log->members[at] = member_of(log, j, from_of(log, found, j->e, from));
	log->pending = true;
}

static enum refusal check_room_for(const struct control *log, const struct control_member *found)
{
	DEMAND(found != NULL || log->n_members < CONTROL_MAX_MEMBERS, TOO_MANY_MEMBERS);
	return REFUSAL_NONE;
}

/* Staff come under a valid certificate for these keys. */
enum refusal control_check_brought_staff(const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct person *person =
		people_find_certified(j->people, &e->user, &e->sig_kid, &e->cert);
	DEMAND(person != NULL && hash_equal(&person->enc_kid, &e->enc_kid), NOT_CERTIFIED);
	DEMAND(person_is_valid(person, j->t), CERT_EXPIRED);
	return REFUSAL_NONE;
}

/* Clients come with keys of their own chain. */
static enum refusal check_known(const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct person *person = people_find(j->people, &e->user, &e->sig_kid);
	DEMAND(person != NULL && hash_equal(&person->enc_kid, &e->enc_kid), UNKNOWN_KEY);
	DEMAND(person_holds(person, j->t), UNKNOWN_KEY);
	return REFUSAL_NONE;
}

enum refusal control_apply_create(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	AGREE(control_check_brought_staff(j));
	DEMAND(e->retention_class >= 1, BAD_FIELD);
	log->org = e->env.org;
	log->room = e->env.room;
	log->phase = CONTROL_OPEN;
	log->agreement = e->agreement;
	log->retention_class = e->retention_class;
	log->root_kid = e->root_kid;
	log->recovery_kid = e->recovery_kid;
	control_member_put(log, j, 1);
	return REFUSAL_NONE;
}

enum refusal control_apply_invite(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	DEMAND(control_find_client(log) == NULL, CLIENT_PRESENT);
	DEMAND(j->t < e->expires_ms && e->expires_ms <= j->t + INVITE_MOST_MS, BAD_EXPIRY);
	DEMAND(!log->has_invite || !id_equal(&log->invite.id, &e->invite), INVITE_REUSED);
	log->has_invite = true;
	log->invite = (struct control_invite){
		.id = e->invite,
		.sig_pub = e->sig_pub,
		.enc_kid = e->enc_kid,
		.expires_ms = e->expires_ms,
		.from = log->epoch + 1,
	};
	log->pending = true;
	return REFUSAL_NONE;
}

enum refusal control_apply_join(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *found = control_find_member(log, &e->user);
	DEMAND(log->has_invite && id_equal(&log->invite.id, &e->invite), NO_INVITE);
	DEMAND(j->t <= log->invite.expires_ms, INVITE_EXPIRED);
	DEMAND(found == NULL || !found->active, ALREADY_MEMBER);
	DEMAND(control_find_client(log) == NULL, CLIENT_PRESENT);
	AGREE(check_known(j));
	AGREE(check_room_for(log, found));
	control_member_put(log, j, log->invite.from);
	log->has_invite = false;
	log->invite = (struct control_invite){0};
	return REFUSAL_NONE;
}

static enum refusal check_added_client(const struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *client = control_find_client(log);
	DEMAND(e->proof == CONTROL_COMPARED && hash_is_zero(&e->cert), BAD_FIELD);
	AGREE(check_known(j));
	DEMAND(client == NULL || id_equal(&client->user, &e->user), CLIENT_PRESENT);
	return REFUSAL_NONE;
}

static enum refusal check_added_staff(const struct control_judgement *j)
{
	DEMAND(j->e->proof == CONTROL_CERTIFIED, BAD_FIELD);
	return control_check_brought_staff(j);
}

static bool brings_nothing_new(const struct control_member *m, const struct control_entry *e)
{
	return !m->lapsed && hash_equal(&m->sig_kid, &e->sig_kid) &&
	       hash_equal(&m->enc_kid, &e->enc_kid) && hash_equal(&m->cert, &e->cert);
}

/* What was written before the room's first client only staff wrote: they may give all of it. */
static uint32_t added_from(const struct control *log, const struct control_entry *e)
{
	bool is_first = e->role == CONTROL_CLIENT;
	for (size_t i = 0; i < log->n_members; i++)
		is_first = is_first && log->members[i].role != CONTROL_CLIENT;
	return is_first ? 1 : log->epoch + 1;
}

enum refusal control_apply_add(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	if (e->role == CONTROL_STAFF)
		AGREE(check_added_staff(j));
	else
		AGREE(check_added_client(log, j));
	const struct control_member *found = control_find_member(log, &e->user);
	bool is_active = found != NULL && found->active;
	bool is_known = is_active && found->proof != CONTROL_UNPROVEN;
	DEMAND(!is_known || !brings_nothing_new(found, e), ALREADY_MEMBER);
	DEMAND(!is_active || found->role == e->role, BAD_FIELD);
	AGREE(check_room_for(log, found));
	control_member_put(log, j, added_from(log, e));
	return REFUSAL_NONE;
}

static enum refusal check_rekeyed_client(const struct control_judgement *j)
{
	DEMAND(hash_is_zero(&j->e->cert), BAD_FIELD);
	return check_known(j);
}

/* New keys vouched for by the old ones leave the proof as it is; who made them anew has none. */
enum refusal control_apply_rekey(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *found = control_find_member(log, &e->user);
	DEMAND(found != NULL && found->active, NOT_MEMBER);
	bool is_staff = found->role == CONTROL_STAFF;
	AGREE(is_staff ? control_check_brought_staff(j) : check_rekeyed_client(j));
	DEMAND(!brings_nothing_new(found, e), ALREADY_MEMBER);
	struct control_member m = member_of(log, j, found->from);
	m.role = found->role;
	m.proof = is_staff || m.resets == found->resets ? found->proof : CONTROL_UNPROVEN;
	log->members[found - log->members] = m;
	log->pending = true;
	return REFUSAL_NONE;
}

static void member_end(struct control *log, const struct control_member *m)
{
	log->members[m - log->members].active = false;
	log->members[m - log->members].lapsed = false;
	log->pending = true;
}

enum refusal control_apply_remove(struct control *log, const struct control_judgement *j)
{
	const struct control_member *found = control_find_member(log, &j->e->user);
	DEMAND(found != NULL && found->active, NO_SUCH_MEMBER);
	DEMAND(found != j->sender, USE_LEAVE);
	bool is_sound = !found->lapsed && found->proof != CONTROL_UNPROVEN;
	DEMAND(found->role != CONTROL_CLIENT || !is_sound, MAY_NOT_REMOVE);
	member_end(log, found);
	return REFUSAL_NONE;
}

static size_t count_present_staff(const struct control *log, const struct control_judgement *j)
{
	size_t n = 0;
	for (size_t i = 0; i < log->n_members; i++) {
		const struct control_member *m = &log->members[i];
		n += m->role == CONTROL_STAFF && control_is_present(m, j->people, j->t);
	}
	return n;
}

enum refusal control_apply_leave(struct control *log, const struct control_judgement *j)
{
	bool is_last = j->sender->role == CONTROL_STAFF && count_present_staff(log, j) <= 1;
	DEMAND(log->phase != CONTROL_OPEN || !is_last, LAST_STAFF);
	member_end(log, j->sender);
	return REFUSAL_NONE;
}

enum refusal control_apply_close(struct control *log, const struct control_judgement *j)
{
	(void)j;
	log->phase = CONTROL_CLOSED;
	return REFUSAL_NONE;
}

enum refusal control_apply_reopen(struct control *log, const struct control_judgement *j)
{
	(void)j;
	log->phase = CONTROL_OPEN;
	return REFUSAL_NONE;
}
