/* Finding a log's members, and how each stands at a time: what their records say of keys and
 * certificate, which end outside of the log. Who is out is out by every clock that the rules allow;
 * around the end of keys the entry itself shows how it was decided (control_epochs.c). */
#include "seal/control_type.h"

#include "seal/clocks.h"

const struct control_member *control_find_member(const struct control *log, const struct id *user)
{
	for (size_t i = 0; i < log->n_members; i++)
		if (id_equal(&log->members[i].user, user))
			return &log->members[i];
	return NULL;
}

const struct control_member *control_find_writer(
	const struct control *log, const struct id *user, const struct hash *sig_kid)
{
	const struct control_member *m = control_find_member(log, user);
	return m != NULL && m->active && !m->lapsed && hash_equal(&m->sig_kid, sig_kid) ? m : NULL;
}

const struct control_member *control_find_client(const struct control *log)
{
	for (size_t i = 0; i < log->n_members; i++)
		if (log->members[i].active && log->members[i].role == CONTROL_CLIENT)
			return &log->members[i];
	return NULL;
}

const struct control_epoch *control_epoch_at(const struct control *log, uint32_t epoch)
{
	return epoch >= 1 && epoch <= log->epoch ? &log->epochs[epoch - 1] : NULL;
}

enum control_standing control_standing(
	const struct control_member *m, const struct people *people, uint64_t t)
{
	bool staff = m->role == CONTROL_STAFF;
	const struct person *person =
		staff ? people_find_certified(people, &m->user, &m->sig_kid, &m->cert)
		      : people_find(people, &m->user, &m->sig_kid);
	if (person == NULL || (staff && t > person->valid_until) || !person_holds(person, t))
		return CONTROL_OUT;
	return clocks_may_have_ended(person->ended_ms, t) ? CONTROL_LEAVING : CONTROL_IN;
}

bool control_is_present(const struct control_member *m, const struct people *people, uint64_t t)
{
	return m->active && !m->lapsed && control_standing(m, people, t) != CONTROL_OUT;
}
