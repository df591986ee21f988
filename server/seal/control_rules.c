/* Who comes and goes: the rules of the entries that change members, the invitation and the phase. A
 * room has at most one active client. Whatever changes who may read makes the epoch pending. */
#include "seal/control_type.h"

#define INVITE_MOST_MS (UINT64_C(7) * 24 * 3600 * 1000)

/* The keys of a member, as this entry brings them. */
static struct control_member member_of(const struct control *log, const struct control_entry *e)
{
	return (struct control_member){
		.user = e->user,
		.role = e->role,
		.proof = e->proof,
		.active = true,
		.since = log->n,
		.sig_kid = e->sig_kid,
		.enc_kid = e->enc_kid,
		.cert = e->cert,
	};
}

/* Who comes again keeps the place in the list. The caller has made sure that there is room. */
static void member_put(struct control *log, const struct control_entry *e)
{
	const struct control_member *found = control_find_member(log, &e->user);
	size_t at = found != NULL ? (size_t)(found - log->members) : log->n_members++;
	log->members[at] = member_of(log, e);
	log->pending = true;
}

static enum refusal check_room_for(const struct control *log, const struct control_member *found)
{
	DEMAND(found != NULL || log->n_members < CONTROL_MAX_MEMBERS, TOO_MANY_MEMBERS);
	return REFUSAL_NONE;
}

/* Staff come under a valid certificate for these keys. */
static enum refusal check_certified(const struct control_judgement *j)
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
	AGREE(check_certified(j));
	DEMAND(e->retention_class >= 1, BAD_FIELD);
	log->org = e->env.org;
	log->room = e->env.room;
	log->phase = CONTROL_OPEN;
	log->agreement = e->agreement;
	log->retention_class = e->retention_class;
	log->root_kid = e->root_kid;
	log->recovery_kid = e->recovery_kid;
	member_put(log, e);
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
	log->has_invite = false;
	log->invite = (struct control_invite){0};
	member_put(log, e);
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
	return check_certified(j);
}

static bool brings_nothing_new(const struct control_member *m, const struct control_entry *e)
{
	return hash_equal(&m->sig_kid, &e->sig_kid) && hash_equal(&m->enc_kid, &e->enc_kid) &&
	       hash_equal(&m->cert, &e->cert);
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
	DEMAND(!is_active || !brings_nothing_new(found, e), ALREADY_MEMBER);
	DEMAND(!is_active || found->role == e->role, BAD_FIELD);
	AGREE(check_room_for(log, found));
	member_put(log, e);
	return REFUSAL_NONE;
}

static void member_end(struct control *log, const struct control_member *m)
{
	log->members[m - log->members].active = false;
	log->pending = true;
}

enum refusal control_apply_remove(struct control *log, const struct control_judgement *j)
{
	const struct control_member *found = control_find_member(log, &j->e->user);
	DEMAND(found != NULL && found->active, NO_SUCH_MEMBER);
	DEMAND(found != j->sender, USE_LEAVE);
	DEMAND(found->role != CONTROL_CLIENT, MAY_NOT_REMOVE);
	member_end(log, found);
	return REFUSAL_NONE;
}

enum refusal control_apply_leave(struct control *log, const struct control_judgement *j)
{
	bool is_last =
		j->sender->role == CONTROL_STAFF && control_count_active(log, CONTROL_STAFF) == 1;
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
