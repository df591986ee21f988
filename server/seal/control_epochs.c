/* Epochs and who gets their keys. The wraps of an entry must be exactly those that the state asks
 * for. That is checked without making the wanted list: strictly ascending order allows no wrap
 * twice, each must have a right recipient, and their number is the wanted number. */
#include "seal/control_type.h"

#include "base/mem.h"

#define GRANT_SPAN_MOST 256

static bool wrap_is_before(const struct control_wrap *a, const struct control_wrap *b)
{
	if (a->keyset != b->keyset)
		return a->keyset < b->keyset;
	if (a->rtype != b->rtype)
		return a->rtype < b->rtype;
	return memcmp(a->rid.b, b->rid.b, sizeof(a->rid.b)) < 0;
}

static bool invite_is_open(const struct control *log, uint64_t t)
{
	return log->has_invite && t <= log->invite.expires_ms;
}

static bool to_member(const struct control *log, const struct control_wrap *w, uint64_t t)
{
	(void)t;
	const struct control_member *m = control_find_member(log, &w->rid);
	return m != NULL && m->active && hash_equal(&m->enc_kid, &w->rkid) &&
	       (w->keyset == CONTROL_KEY_ALL || m->role == CONTROL_STAFF);
}

static bool to_invite(const struct control *log, const struct control_wrap *w, uint64_t t)
{
	return w->keyset == CONTROL_KEY_ALL && invite_is_open(log, t) &&
	       id_equal(&w->rid, &log->invite.id) && hash_equal(&w->rkid, &log->invite.enc_kid);
}

static bool to_recovery(const struct control *log, const struct control_wrap *w, uint64_t t)
{
	(void)t;
	return id_equal(&w->rid, &log->org) && hash_equal(&w->rkid, &log->recovery_kid);
}

static bool recipient_is_right(const struct control *log, const struct control_wrap *w, uint64_t t)
{
	static bool (*const rules[])(
		const struct control *, const struct control_wrap *, uint64_t) = {
		[CONTROL_TO_MEMBER] = to_member,
		[CONTROL_TO_INVITE] = to_invite,
		[CONTROL_TO_RECOVERY] = to_recovery,
	};
	return w->keyset <= CONTROL_KEY_STAFF && w->rtype >= CONTROL_TO_MEMBER &&
	       w->rtype <= CONTROL_TO_RECOVERY && rules[w->rtype](log, w, t);
}

/* Members, the invitation and recovery; from staff once more for staff and recovery. */
static size_t count_wanted(const struct control *log, const struct control_judgement *j)
{
	size_t n_staff = control_count_active(log, CONTROL_STAFF);
	size_t n = n_staff + control_count_active(log, CONTROL_CLIENT) + 1;
	n += invite_is_open(log, j->t);
	return j->sender->role == CONTROL_STAFF ? n + n_staff + 1 : n;
}

static enum refusal check_epoch_wraps(const struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	bool by_staff = j->sender->role == CONTROL_STAFF;
	DEMAND(e->n_wraps == count_wanted(log, j), BAD_RECIPIENTS);
	struct control_wrap last = {0};
	for (size_t i = 0; i < e->n_wraps; i++) {
		struct control_wrap w = control_wrap_at(e, i);
		DEMAND(i == 0 || wrap_is_before(&last, &w), BAD_RECIPIENTS);
		DEMAND(by_staff || w.keyset == CONTROL_KEY_ALL, BAD_RECIPIENTS);
		DEMAND(recipient_is_right(log, &w, j->t), BAD_RECIPIENTS);
		last = w;
	}
	return REFUSAL_NONE;
}

static void epoch_push(struct control *log, const struct control_entry *e, uint8_t author_role)
{
	if (log->epoch == log->epochs_cap) {
		log->epochs_cap = log->epochs_cap == 0 ? 4 : log->epochs_cap * 2;
		log->epochs = mem_resize(log->epochs, log->epochs_cap, sizeof(*log->epochs));
	}
	log->epochs[log->epoch++] = (struct control_epoch){
		.commit = e->commit,
		.staff_commit = e->staff_commit,
		.author_role = author_role,
		.recovery_wrapped = author_role == CONTROL_STAFF,
	};
}

enum refusal control_apply_epoch(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	bool by_staff = j->sender->role == CONTROL_STAFF;
	DEMAND(e->epoch == log->epoch + 1 && e->epoch <= CONTROL_MAX_EPOCH, BAD_EPOCH_NUMBER);
	DEMAND(!hash_is_zero(&e->commit), BAD_COMMIT);
	DEMAND(hash_is_zero(&e->staff_commit) != by_staff, BAD_COMMIT);
	AGREE(check_epoch_wraps(log, j));
	epoch_push(log, e, j->sender->role);
	log->pending = false;
	return REFUSAL_NONE;
}

static bool epoch_has_staff_key(const struct control *log, uint32_t epoch)
{
	return !hash_is_zero(&log->epochs[epoch - 1].staff_commit);
}

/* Walks the range in step with the wraps: for each epoch the common key, then the staff's where
 * there is one and the receiver is staff. */
static enum refusal check_grant_wraps(
	const struct control *log, const struct control_entry *e, const struct control_member *to)
{
	size_t at = 0;
	for (uint32_t epoch = e->epoch; epoch <= e->until; epoch++) {
		bool both = to->role == CONTROL_STAFF && epoch_has_staff_key(log, epoch);
		for (uint8_t keyset = 0; keyset <= (both ? 1 : 0); keyset++, at++) {
			DEMAND(at < e->n_wraps, BAD_RECIPIENTS);
			struct control_wrap w = control_wrap_at(e, at);
			DEMAND(w.epoch == epoch && w.keyset == keyset, BAD_RECIPIENTS);
		}
	}
	DEMAND(at == e->n_wraps, BAD_RECIPIENTS);
	return REFUSAL_NONE;
}

enum refusal control_apply_history_grant(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *to = control_find_member(log, &e->user);
	DEMAND(to != NULL && to->active && hash_equal(&to->enc_kid, &e->enc_kid), NO_SUCH_MEMBER);
	bool among_staff = to->role == CONTROL_STAFF && j->sender->role == CONTROL_STAFF;
	DEMAND(to == j->sender || among_staff, MAY_NOT_GRANT);
	DEMAND(e->epoch >= 1 && e->epoch <= e->until && e->until <= log->epoch, BAD_RANGE);
	DEMAND(e->until - e->epoch < GRANT_SPAN_MOST, BAD_RANGE);
	return check_grant_wraps(log, e, to);
}

enum refusal control_apply_recovery_wrap(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_epoch *epoch = control_epoch_at(log, e->epoch);
	DEMAND(epoch != NULL && !epoch->recovery_wrapped, BAD_RANGE);
	struct control_wrap w = control_wrap_at(e, 0);
	DEMAND(hash_equal(&w.rkid, &log->recovery_kid), BAD_RECIPIENTS);
	log->epochs[e->epoch - 1].recovery_wrapped = true;
	return REFUSAL_NONE;
}
