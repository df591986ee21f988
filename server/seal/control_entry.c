/* Control entries: from bytes to fields, a function for each type. Wraps stay where they are in the
 * body and are read one at a time, so that an entry needs no memory of its own. */
#include "seal/control_type.h"

#include "base/crypt.h"
#include "seal/label.h"

#define EPOCH_WRAP_SIZE (1 + 1 + 16 + 32 + 32)
#define EPOCH_MAX_WRAPS 131
#define GRANT_WRAP_SIZE (1 + 4 + 32)
#define REASON_MOST 600
#define OFFICERS_MOST 300

void control_read_create(struct reader *r, struct control_entry *e)
{
	e->enc_kid = reader_hash(r);
	e->cert = reader_hash(r);
	e->root_kid = reader_hash(r);
	e->recovery_kid = reader_hash(r);
	e->agreement = reader_id(r);
	e->retention_class = reader_u16(r);
	e->user = e->env.sender;
	e->sig_kid = e->env.sender_kid;
	e->role = CONTROL_STAFF;
	e->proof = CONTROL_CERTIFIED;
}

void control_read_invite(struct reader *r, struct control_entry *e)
{
	e->invite = reader_id(r);
	e->sig_pub = reader_pub(r);
	e->enc_pub = reader_pub(r);
	e->enc_kid = kid_enc(&e->enc_pub);
	e->expires_ms = reader_number(r);
}

void control_read_join(struct reader *r, struct control_entry *e)
{
	e->invite = reader_id(r);
	e->enc_kid = reader_hash(r);
	e->one_time_signature = reader_bytes(r, 64);
	e->user = e->env.sender;
	e->sig_kid = e->env.sender_kid;
	e->role = CONTROL_CLIENT;
	e->proof = CONTROL_COMPARED;
}

void control_read_add(struct reader *r, struct control_entry *e)
{
	e->user = reader_id(r);
	e->sig_kid = reader_hash(r);
	e->enc_kid = reader_hash(r);
	e->role = reader_choice(r, CONTROL_CLIENT, CONTROL_STAFF);
	e->cert = reader_hash(r);
	e->proof = reader_choice(r, CONTROL_CERTIFIED, CONTROL_COMPARED);
	e->baseline_seq = reader_number(r);
	e->baseline_env = reader_hash(r);
}

void control_read_remove(struct reader *r, struct control_entry *e)
{
	e->user = reader_id(r);
	e->reason = reader_choice(r, 1, 3);
}

void control_read_nothing(struct reader *r, struct control_entry *e)
{
	(void)r, (void)e;
}

static void read_wraps(struct reader *r, struct control_entry *e, uint16_t most, size_t size)
{
	e->n_wraps = reader_u16(r);
	if (e->n_wraps < 1 || e->n_wraps > most)
		r->bad = true;
	e->wraps = reader_bytes(r, e->n_wraps * size);
}

void control_read_epoch(struct reader *r, struct control_entry *e)
{
	e->epoch = reader_u32(r);
	e->commit = reader_hash(r);
	e->staff_commit = reader_hash(r);
	read_wraps(r, e, EPOCH_MAX_WRAPS, EPOCH_WRAP_SIZE);
}

void control_read_history_grant(struct reader *r, struct control_entry *e)
{
	e->user = reader_id(r);
	e->enc_kid = reader_hash(r);
	e->epoch = reader_u32(r);
	e->until = reader_u32(r);
	read_wraps(r, e, CONTROL_MAX_WRAPS, GRANT_WRAP_SIZE);
}

void control_read_recovery_wrap(struct reader *r, struct control_entry *e)
{
	e->epoch = reader_u32(r);
	e->n_wraps = 1;
	e->wraps = reader_bytes(r, sizeof(struct hash) * 2);
}

void control_read_close(struct reader *r, struct control_entry *e)
{
	e->reason = reader_choice(r, 1, 4);
}

/* The role and the proof are the member's. */
void control_read_rekey(struct reader *r, struct control_entry *e)
{
	e->enc_kid = reader_hash(r);
	e->cert = reader_hash(r);
	e->user = e->env.sender;
	e->sig_kid = e->env.sender_kid;
}

/* What people wrote, between the two numbers of bytes: one line that is shown as it is. */
static void read_words(struct reader *r, uint16_t most)
{
	uint16_t n = reader_u16(r);
	if (n < 1 || n > most)
		r->bad = true;
	struct slice text = reader_bytes(r, n);
	if (!slice_is_utf8(text) || slice_has_control(text))
		r->bad = true;
}

void control_read_break_glass(struct reader *r, struct control_entry *e)
{
	e->ceremony_pub = reader_pub(r);
	e->root_pub = reader_pub(r);
	e->root_signature = reader_bytes(r, 64);
	e->root_kid = kid_sig(&e->root_pub);
	e->vouched = r->rest;
	e->reason = reader_choice(r, 1, 4);
	read_words(r, REASON_MOST);
	read_words(r, OFFICERS_MOST);
	e->user = reader_id(r);
	e->sig_kid = reader_hash(r);
	e->enc_kid = reader_hash(r);
	e->role = reader_choice(r, CONTROL_CLIENT, CONTROL_STAFF);
	e->cert = reader_hash(r);
	e->proof = e->role == CONTROL_STAFF ? CONTROL_CERTIFIED : CONTROL_COMPARED;
	e->epoch = reader_u32(r);
	e->until = reader_u32(r);
	read_wraps(r, e, CONTROL_MAX_WRAPS, GRANT_WRAP_SIZE);
}

void control_read_recovery_key(struct reader *r, struct control_entry *e)
{
	e->recovery_kid = reader_hash(r);
}

void control_read_reserved(struct reader *r, struct control_entry *e)
{
	(void)e;
	(void)reader_bytes(r, r->rest.n);
}

enum refusal control_parse(struct slice bytes, struct control_entry *ret)
{
	struct control_entry e = {0};
	AGREE(envelope_parse(bytes, &e.env));
	DEMAND(e.env.kind == ENVELOPE_CONTROL, KIND);
	struct reader r = reader_of(e.env.body);
	e.type = reader_u8(&r);
	const struct control_type_row *row = control_type_row(e.type);
	DEMAND(row != NULL, MALFORMED);
	row->read(&r, &e);
	DEMAND(reader_is_done(&r), MALFORMED);
	e.hash = envelope_hash(&e.env);
	*ret = e;
	return REFUSAL_NONE;
}

size_t control_n_wraps(const struct control_entry *e)
{
	return e->n_wraps;
}

static struct control_wrap epoch_wrap_at(const struct control_entry *e, size_t i)
{
	struct reader r = reader_of(slice_part(e->wraps, i * EPOCH_WRAP_SIZE, EPOCH_WRAP_SIZE));
	struct control_wrap w = {.epoch = e->epoch};
	w.keyset = reader_u8(&r);
	w.rtype = reader_u8(&r);
	w.rid = reader_id(&r);
	w.rkid = reader_hash(&r);
	w.hash = reader_hash(&r);
	return w;
}

static struct control_wrap grant_wrap_at(const struct control_entry *e, size_t i)
{
	struct reader r = reader_of(slice_part(e->wraps, i * GRANT_WRAP_SIZE, GRANT_WRAP_SIZE));
	struct control_wrap w = {.rtype = CONTROL_TO_MEMBER, .rid = e->user, .rkid = e->enc_kid};
	w.keyset = reader_u8(&r);
	w.epoch = reader_u32(&r);
	w.hash = reader_hash(&r);
	return w;
}

struct control_wrap control_wrap_at(const struct control_entry *e, size_t i)
{
	if (e->type == CONTROL_EPOCH)
		return epoch_wrap_at(e, i);
	if (e->type == CONTROL_HISTORY_GRANT || e->type == CONTROL_BREAK_GLASS)
		return grant_wrap_at(e, i);
	struct reader r = reader_of(e->wraps);
	struct control_wrap w = {
		.epoch = e->epoch, .rtype = CONTROL_TO_RECOVERY, .rid = e->env.org};
	w.rkid = reader_hash(&r);
	w.hash = reader_hash(&r);
	return w;
}

bool control_wrap_fits(const struct control_entry *e, size_t i, struct slice wrap)
{
	if (i >= e->n_wraps || wrap.n != CONTROL_WRAP_SIZE)
		return false;
	struct control_wrap w = control_wrap_at(e, i);
	struct hash hash = crypt_sha256_parts(
		(struct slice[]){LABEL(LABEL_WRAPHASH), slice_of(&w.keyset, 1),
			slice_of(&w.rtype, 1), id_slice(&w.rid), hash_slice(&w.rkid), wrap},
		6);
	return hash_equal(&hash, &w.hash);
}
