/* Epochs and who gets their keys. The wraps of an entry must be exactly those that the state asks
 * for. That is checked without making the wanted list: strictly ascending order allows no wrap
 * twice, each must have a right recipient, and their number is the wanted number. Of who is leaving
 * just then the entry itself says whether it was made before or after; whoever it leaves out though
 * a member has lapsed. */
#include "seal/control_type.h"

#include "base/mem.h"

#define GRANT_SPAN_MOST 256

/* Which of the log's members get the epoch's key. */
struct recipients {
	bool gets[CONTROL_MAX_MEMBERS];
	uint64_t t;
};

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

static bool to_member(
	const struct control *log, const struct control_wrap *w, const struct recipients *to)
{
	const struct control_member *m = control_find_member(log, &w->rid);
	return m != NULL && to->gets[m - log->members] && hash_equal(&m->enc_kid, &w->rkid) &&
	       (w->keyset == CONTROL_KEY_ALL || m->role == CONTROL_STAFF);
}

static bool to_invite(
	const struct control *log, const struct control_wrap *w, const struct recipients *to)
{
	return w->keyset == CONTROL_KEY_ALL && invite_is_open(log, to->t) &&
	       id_equal(&w->rid, &log->invite.id) && hash_equal(&w->rkid, &log->invite.enc_kid);
}

static bool to_recovery(
	const struct control *log, const struct control_wrap *w, const struct recipients *to)
{
	(void)to;
	return id_equal(&w->rid, &log->org) && hash_equal(&w->rkid, &log->recovery_kid);
}

static bool recipient_is_right(
	const struct control *log, const struct control_wrap *w, const struct recipients *to)
{
	static bool (*const rules[])(
		const struct control *, const struct control_wrap *, const struct recipients *) = {
		[CONTROL_TO_MEMBER] = to_member,
		[CONTROL_TO_INVITE] = to_invite,
		[CONTROL_TO_RECOVERY] = to_recovery,
	};
	return w->keyset <= CONTROL_KEY_STAFF && w->rtype >= CONTROL_TO_MEMBER &&
	       w->rtype <= CONTROL_TO_RECOVERY && rules[w->rtype](log, w, to);
}

/* Members, the invitation and recovery; from staff once more for staff and recovery. */
static size_t count_wanted(const struct control *log, const struct recipients *to, bool by_staff)
{
	size_t n = 1, n_staff = 0;
	for (size_t i = 0; i < log->n_members; i++) {
		n += to->gets[i];
		n_staff += to->gets[i] && log->members[i].role == CONTROL_STAFF;
	}
	n += invite_is_open(log, to->t);
	return by_staff ? n + n_staff + 1 : n;
}

static bool is_named(const struct control_entry *e, const struct control_member *m)
{
	for (size_t i = 0; i < e->n_wraps; i++) {
		struct control_wrap w = control_wrap_at(e, i);
		if (w.keyset == CONTROL_KEY_ALL && w.rtype == CONTROL_TO_MEMBER &&
			id_equal(&w.rid, &m->user))
			return true;
	}
	return false;
}

static bool member_gets(const struct control_judgement *j, const struct control_member *m)
{
	if (!m->active || m->lapsed || (m->proof == CONTROL_UNPROVEN && m != j->sender))
		return false;
	enum control_standing standing = control_standing(m, j->people, j->t);
	return standing == CONTROL_IN || (standing == CONTROL_LEAVING && is_named(j->e, m));
}

static struct recipients recipients_of(const struct control *log, const struct control_judgement *j)
{
	struct recipients to = {.t = j->t};
	for (size_t i = 0; i < log->n_members; i++)
		to.gets[i] = member_gets(j, &log->members[i]);
	return to;
}

static enum refusal check_epoch_wraps(
	const struct control *log, const struct control_judgement *j, const struct recipients *to)
{
	const struct control_entry *e = j->e;
	bool by_staff = j->sender->role == CONTROL_STAFF;
	DEMAND(e->n_wraps == count_wanted(log, to, by_staff), BAD_RECIPIENTS);
	struct control_wrap last = {0};
	for (size_t i = 0; i < e->n_wraps; i++) {
		struct control_wrap w = control_wrap_at(e, i);
		DEMAND(i == 0 || wrap_is_before(&last, &w), BAD_RECIPIENTS);
		DEMAND(by_staff || w.keyset == CONTROL_KEY_ALL, BAD_RECIPIENTS);
		DEMAND(recipient_is_right(log, &w, to), BAD_RECIPIENTS);
		last = w;
	}
	return REFUSAL_NONE;
}

static void epoch_push(
	struct control *log, const struct control_entry *e, const struct control_member *author)
{
	if (log->epoch == log->epochs_cap) {
		log->epochs_cap = log->epochs_cap == 0 ? 4 : log->epochs_cap * 2;
		log->epochs = mem_resize(log->epochs, log->epochs_cap, sizeof(*log->epochs));
	}
	log->epochs[log->epoch++] = (struct control_epoch){
		.commit = e->commit,
		.staff_commit = e->staff_commit,
		.author_role = author->role,
		.unproven = author->proof == CONTROL_UNPROVEN,
		.recovery_wrapped = author->role == CONTROL_STAFF,
	};
}

/* The unproven are not put out, only not yet let in. */
static void lapse(struct control *log, const struct recipients *to)
{
	for (size_t i = 0; i < log->n_members; i++) {
		struct control_member *m = &log->members[i];
		if (m->active && !to->gets[i] && m->proof != CONTROL_UNPROVEN)
			m->lapsed = true;
	}
}

enum refusal control_apply_epoch(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	bool by_staff = j->sender->role == CONTROL_STAFF;
	DEMAND(e->epoch == log->epoch + 1 && e->epoch <= CONTROL_MAX_EPOCH, BAD_EPOCH_NUMBER);
	DEMAND(!hash_is_zero(&e->commit), BAD_COMMIT);
	DEMAND(hash_is_zero(&e->staff_commit) != by_staff, BAD_COMMIT);
	struct recipients to = recipients_of(log, j);
	AGREE(check_epoch_wraps(log, j, &to));
	epoch_push(log, e, j->sender);
	lapse(log, &to);
	log->pending = false;
	return REFUSAL_NONE;
}

static bool epoch_has_staff_key(const struct control *log, uint32_t epoch)
{
	return !hash_is_zero(&log->epochs[epoch - 1].staff_commit);
}

/* Walks the range in step with the wraps: for each epoch the common key, then the staff's where
 * there is one and both are staff: a client has none to give. */
static enum refusal check_grant_wraps(
	const struct control *log, const struct control_entry *e, bool staff)
{
	size_t at = 0;
	for (uint32_t epoch = e->epoch; epoch <= e->until; epoch++) {
		bool both = staff && epoch_has_staff_key(log, epoch);
		for (uint8_t keyset = 0; keyset <= (both ? 1 : 0); keyset++, at++) {
			DEMAND(at < e->n_wraps, BAD_RECIPIENTS);
			struct control_wrap w = control_wrap_at(e, at);
			DEMAND(w.epoch == epoch && w.keyset == keyset, BAD_RECIPIENTS);
		}
	}
	DEMAND(at == e->n_wraps, BAD_RECIPIENTS);
	return REFUSAL_NONE;
}

static bool may_grant(const struct control_member *from, const struct control_member *to)
{
	bool proven = from->proof != CONTROL_UNPROVEN && to->proof != CONTROL_UNPROVEN;
	return proven && (from->role == CONTROL_STAFF || to->role == CONTROL_STAFF);
}

enum refusal control_apply_history_grant(struct control *log, const struct control_judgement *j)
{
	const struct control_entry *e = j->e;
	const struct control_member *to = control_find_member(log, &e->user);
	DEMAND(to != NULL && control_is_present(to, j->people, j->t), NO_SUCH_MEMBER);
	DEMAND(hash_equal(&to->enc_kid, &e->enc_kid), NO_SUCH_MEMBER);
	DEMAND(to == j->sender || may_grant(j->sender, to), MAY_NOT_GRANT);
	DEMAND(e->epoch >= 1 && e->epoch <= e->until && e->until <= log->epoch, BAD_RANGE);
	DEMAND(e->until - e->epoch < GRANT_SPAN_MOST, BAD_RANGE);
	DEMAND(to->role == CONTROL_STAFF || e->epoch >= to->from, BAD_RANGE);
	bool staff = to->role == CONTROL_STAFF && j->sender->role == CONTROL_STAFF;
	return check_grant_wraps(log, e, staff);
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
