/* Judging entries for a control log: what is stored is replayed by the rules with everybody's keys
 * that ever held, and the new entries must pass the same rules with the keys that hold now, be
 * signed, and bring exactly the wraps whose hashes they sign. On a thread, because a long log costs
 * milliseconds. */
#include "base/cleanup.h"
#include "domain/control.h"

enum refusal control_read(struct control_append *a)
{
	bool invites = false;
	for (size_t i = 0; i < a->in->n_entries; i++) {
		struct control_entry *e = &a->entries[i];
		AGREE(control_parse(a->in->entries[i], e));
		if (i == 0)
			a->room = e->env.room;
		DEMAND(id_equal(&e->env.room, &a->room), WRONG_ROOM);
		DEMAND(id_equal(&e->env.org, &a->org), WRONG_ROOM);
		DEMAND(id_equal(&e->env.sender, &a->user), NOT_MEMBER);
		DEMAND(!(invites && e->type == CONTROL_INVITE), INVITE_REUSED);
		invites = invites || e->type == CONTROL_INVITE;
	}
	DEMAND(invites == a->in->has_invitation, BAD_FIELD);
	return REFUSAL_NONE;
}

void control_append_done(struct control_append *a)
{
	control_free(&a->before);
	control_free(&a->after);
}

static void add_subject(struct id *subjects, size_t *n, size_t max, const struct id *subject)
{
	for (size_t i = 0; i < *n; i++)
		if (id_equal(&subjects[i], subject))
			return;
	if (*n < max && !id_is_zero(subject))
		subjects[(*n)++] = *subject;
}

size_t control_subjects(const struct control_append *a, struct id *ret_subjects, size_t max)
{
	size_t n = 0;
	add_subject(ret_subjects, &n, max, &a->org);
	add_subject(ret_subjects, &n, max, &a->user);
	for (size_t i = 0; i < a->in->n_entries; i++)
		add_subject(ret_subjects, &n, max, &a->entries[i].user);
	for (size_t i = 0; i < a->n_log; i++) {
		struct control_entry e;
		if (control_parse(a->log[i], &e) != REFUSAL_NONE)
			continue; /* the replay says so */
		add_subject(ret_subjects, &n, max, &e.env.sender);
		add_subject(ret_subjects, &n, max, &e.user);
	}
	return n;
}

static enum err collect_people(
	const struct control_append *a, struct people *people, struct identity **ret_sender)
{
	AUTO(identity) struct identity *issuers = NULL;
	struct chain org = chains_find(&a->chains, &a->org);
	TRY(chain_replay(&org, NULL, people, &issuers));
	for (size_t i = 0; i < a->chains.n; i++) {
		AUTO(identity) struct identity *person = NULL;
		const struct chain *chain = &a->chains.items[i];
		if (id_equal(&chain->subject, &a->org))
			continue;
		TRY(chain_replay(chain, issuers, people, &person));
		if (id_equal(&chain->subject, &a->user))
			*ret_sender = TAKE(person);
	}
	return ERR_OK;
}

static enum err replay(struct control_append *a, struct control *log, const struct people *people)
{
	for (size_t i = 0; i < a->n_log; i++) {
		struct control_entry e;
		if (control_parse(a->log[i], &e) != REFUSAL_NONE ||
			control_apply(log, &e, people, e.env.client_time_ms) != REFUSAL_NONE)
			return ERR_INTERNAL;
	}
	return ERR_OK;
}

static bool is_repeat(const struct control_append *a)
{
	size_t n = a->in->n_entries;
	if (a->n_log < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!slice_equal(a->log[a->n_log - n + i], a->in->entries[i]))
			return false;
	return true;
}

/* With the sender's current key; another key's name is refused by the rules. */
static enum refusal verify(const struct control_entry *e, const struct identity *sender)
{
	if (sender == NULL || !hash_equal(&sender->sig_kid, &e->env.sender_kid))
		return REFUSAL_NONE;
	struct hash digest = envelope_signed_digest(&e->env);
	DEMAND(pub_verifies_digest(&sender->sig_pub, &digest, e->env.signature), BAD_SIGNATURE);
	return REFUSAL_NONE;
}

static const struct wire_wrap *find_wrap(
	const struct control_append *a, uint32_t index, const struct control_wrap *signed_wrap)
{
	for (size_t i = 0; i < a->in->n_wraps; i++) {
		const struct wire_wrap *w = &a->in->wraps[i];
		if (w->entry == index && w->keyset == signed_wrap->keyset &&
			w->epoch == signed_wrap->epoch && w->rtype == signed_wrap->rtype &&
			id_equal(&w->rid, &signed_wrap->rid) &&
			hash_equal(&w->rkid, &signed_wrap->rkid))
			return w;
	}
	return NULL;
}

/* Each signed wrap is there and has the signed hash; n_found counts on over the entries. */
static enum refusal match_wraps(
	struct control_append *a, const struct control_entry *e, uint32_t index, size_t *n_found)
{
	for (size_t i = 0; i < control_n_wraps(e); i++) {
		struct control_wrap signed_wrap = control_wrap_at(e, i);
		const struct wire_wrap *w = find_wrap(a, index, &signed_wrap);
		DEMAND(w != NULL && *n_found < a->in->n_wraps, BAD_RECIPIENTS);
		DEMAND(control_wrap_fits(e, i, w->wrap), BAD_RECIPIENTS);
		a->wraps[(*n_found)++] = w;
	}
	return REFUSAL_NONE;
}

static enum refusal judge_new(
	struct control_append *a, const struct people *people, const struct identity *sender)
{
	size_t n_wraps = 0;
	for (size_t i = 0; i < a->in->n_entries; i++) {
		const struct control_entry *e = &a->entries[i];
		uint32_t index = a->after->n;
		AGREE(verify(e, sender));
		AGREE(control_verify_join(a->after, e));
		AGREE(control_verify_break_glass(e));
		AGREE(control_apply(a->after, e, people, a->now_ms));
		AGREE(match_wraps(a, e, index, &n_wraps));
	}
	DEMAND(n_wraps == a->in->n_wraps, BAD_RECIPIENTS);
	return REFUSAL_NONE;
}

/* The person's own, stored within the last hour by their clocks, which were right when stored. */
static size_t count_recent(const struct control_append *a)
{
	enum { HOUR_MS = 3600 * 1000 };
	size_t n = a->in->n_entries;
	for (size_t i = a->n_log; i-- > 0;) {
		struct control_entry e;
		if (control_parse(a->log[i], &e) != REFUSAL_NONE ||
			e.env.client_time_ms + HOUR_MS < a->now_ms)
			break;
		n += id_equal(&e.env.sender, &a->user);
	}
	return n;
}

void control_judge(void *append)
{
	struct control_append *a = append;
	AUTO(people) struct people people = people_none();
	AUTO(identity) struct identity *sender = NULL;
	a->repeat = is_repeat(a);
	if (a->repeat)
		return;
	a->before = control_new();
	a->after = control_new();
	a->fault = collect_people(a, &people, &sender);
	if (a->fault == ERR_OK)
		a->fault = replay(a, a->before, &people);
	if (a->fault == ERR_OK)
		a->fault = replay(a, a->after, &people);
	if (a->fault != ERR_OK)
		return;
	people_drop_ended(&people);
	a->refusal = judge_new(a, &people, sender);
	a->n_recent = count_recent(a);
}
