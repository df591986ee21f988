/* A small world for the control log: four people with records, and a writer of each body that reads
 * the log's state to be right, so that a test says only what is wrong. */
#include "seal_world.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define DAY UINT64_C(86400000)

static struct someone someone_new(struct world *w, uint8_t fill, bool staff)
{
	struct someone who = {
		.user = id_of(fill),
		.sig_kid = hash_of((uint8_t)(fill + 1)),
		.enc_kid = hash_of((uint8_t)(fill + 2)),
		.staff = staff,
	};
	if (staff)
		who.cert = hash_of((uint8_t)(fill + 3));
	struct person person = {
		.user = who.user,
		.sig_kid = who.sig_kid,
		.enc_kid = who.enc_kid,
		.staff = staff,
		.cert = who.cert,
		.valid_from = staff ? w->now - DAY : 0,
		.valid_until = staff ? w->now + 100 * DAY : 0,
	};
	people_add(&w->people, &person);
	return who;
}

int world_begin(void **state)
{
	struct world *w = MEM_NEW(struct world);
	w->arena = arena_new(65536);
	w->log = control_new();
	w->org = id_of(0x01);
	w->room = id_of(0x02);
	w->agreement = id_of(0x03);
	w->root_kid = hash_of(0x04);
	w->recovery_kid = hash_of(0x05);
	w->now = 1750000000000;
	w->kaisa = someone_new(w, 0x20, false);
	w->otto = someone_new(w, 0x30, false);
	w->anna = someone_new(w, 0x40, true);
	w->bertil = someone_new(w, 0x50, true);
	w->one_time = signer_new();
	*state = w;
	return 0;
}

int world_begin_in_room(void **state)
{
	world_begin(state);
	struct world *w = *state;
	enum refusal r = world_say(w, &w->anna, body_create(w, &w->anna));
	ASSERT(r == REFUSAL_NONE);
	r = world_say(w, &w->anna, body_add(w, &w->kaisa));
	ASSERT(r == REFUSAL_NONE);
	r = world_say(w, &w->anna, body_epoch(w, &w->anna));
	ASSERT(r == REFUSAL_NONE);
	return 0;
}

int world_end(void **state)
{
	struct world *w = *state;
	signer_done(&w->one_time);
	people_done(&w->people);
	control_free(&w->log);
	arena_free(&w->arena);
	mem_free(w);
	return 0;
}

struct person *world_record(struct world *w, const struct someone *who)
{
	for (size_t i = 0; i < w->people.n; i++)
		if (id_equal(&w->people.items[i].user, &who->user))
			return &w->people.items[i];
	return NULL;
}

struct draft world_draft(struct world *w, const struct someone *from, struct slice body)
{
	return (struct draft){
		.kind = ENVELOPE_CONTROL,
		.suite = 1,
		.org = w->org,
		.room = w->room,
		.msg_id = id_of(0x0A),
		.sender = from->user,
		.sender_kid = from->sig_kid,
		.epoch = w->log->epoch,
		.sender_seq = w->log->n,
		.log_head = w->log->head,
		.client_time_ms = w->now,
		.body = body,
	};
}

enum refusal world_try(struct world *w, const struct draft *d)
{
	struct control_entry e;
	AGREE(control_parse(draft_bytes(w->arena, d), &e));
	return control_apply(w->log, &e, &w->people, w->now);
}

enum refusal world_say(struct world *w, const struct someone *from, struct slice body)
{
	struct draft d = world_draft(w, from, body);
	return world_try(w, &d);
}

struct slice body_create(struct world *w, const struct someone *who)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, CONTROL_CREATE);
	put_hash(&b, &who->enc_kid);
	put_hash(&b, &who->cert);
	put_hash(&b, &w->root_kid);
	put_hash(&b, &w->recovery_kid);
	put_id(&b, &w->agreement);
	buf_add_u16(&b, 2);
	return body_take(w->arena, &b);
}

struct slice body_invite(struct world *w, uint8_t invite, uint64_t expires_ms)
{
	struct buf b = BODY_NEW;
	struct id id = id_of(invite);
	buf_add_byte(&b, CONTROL_INVITE);
	put_id(&b, &id);
	put_pub(&b, &w->one_time.pub);
	put_pub(&b, &w->one_time.pub);
	buf_add_u64(&b, expires_ms);
	return body_take(w->arena, &b);
}

struct slice body_join(struct world *w, uint8_t invite, const struct someone *who)
{
	struct buf b = BODY_NEW;
	AUTO(buf) struct buf message = BUF_MAX(1000);
	struct id id = id_of(invite);
	uint8_t sig[64];
	buf_add(&message, slice_of("luotsi/v1/join", 15));
	put_id(&message, &w->org);
	put_id(&message, &w->room);
	put_id(&message, &id);
	put_id(&message, &who->user);
	put_hash(&message, &who->sig_kid);
	put_hash(&message, &who->enc_kid);
	put_hash(&message, &w->log->head);
	signer_sign(&w->one_time, buf_slice(&message), sig);
	buf_add_byte(&b, CONTROL_JOIN);
	put_id(&b, &id);
	put_hash(&b, &who->enc_kid);
	buf_add(&b, slice_of(sig, sizeof(sig)));
	return body_take(w->arena, &b);
}

struct slice body_add(struct world *w, const struct someone *who)
{
	struct buf b = BODY_NEW;
	struct hash baseline = hash_of(0x0B);
	buf_add_byte(&b, CONTROL_ADD);
	put_id(&b, &who->user);
	put_hash(&b, &who->sig_kid);
	put_hash(&b, &who->enc_kid);
	buf_add_byte(&b, who->staff ? CONTROL_STAFF : CONTROL_CLIENT);
	put_hash(&b, &who->cert);
	buf_add_byte(&b, who->staff ? CONTROL_CERTIFIED : CONTROL_COMPARED);
	buf_add_u64(&b, 17);
	put_hash(&b, &baseline);
	return body_take(w->arena, &b);
}

struct slice body_remove(struct world *w, const struct someone *who)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, CONTROL_REMOVE);
	put_id(&b, &who->user);
	buf_add_byte(&b, 1);
	return body_take(w->arena, &b);
}

static struct slice body_of_byte(struct world *w, uint8_t byte)
{
	return fill_of(w->arena, byte, 1);
}

struct slice body_leave(struct world *w)
{
	return body_of_byte(w, CONTROL_LEAVE);
}

static int compare_members(const void *a, const void *b)
{
	const struct control_member *const *x = a, *const *y = b;
	return memcmp((*x)->user.b, (*y)->user.b, sizeof((*x)->user.b));
}

static void put_wrap(
	struct buf *b, const uint8_t sort[2], const struct id *rid, const struct hash *rkid)
{
	struct hash wrap_hash = hash_of(0x0C);
	buf_add(b, slice_of(sort, 2));
	put_id(b, rid);
	put_hash(b, rkid);
	put_hash(b, &wrap_hash);
}

/* The wraps of one keyset; returns how many. */
static uint16_t put_wraps(
	struct world *w, const struct someone *author, struct buf *b, uint8_t keyset)
{
	const struct control *log = w->log;
	const struct control_member *to[CONTROL_MAX_MEMBERS];
	uint16_t n = 0;
	for (size_t i = 0; i < log->n_members; i++) {
		const struct control_member *m = &log->members[i];
		bool gets = m->proof != CONTROL_UNPROVEN || id_equal(&m->user, &author->user);
		gets = gets && m->active && !m->lapsed;
		if (gets && (keyset == 0 || m->role == CONTROL_STAFF))
			to[n++] = m;
	}
	qsort(to, n, sizeof(to[0]), compare_members);
	for (uint16_t i = 0; i < n; i++)
		put_wrap(b, (uint8_t[]){keyset, CONTROL_TO_MEMBER}, &to[i]->user, &to[i]->enc_kid);
	if (keyset == 0 && log->has_invite && w->now <= log->invite.expires_ms) {
		put_wrap(b, (uint8_t[]){0, CONTROL_TO_INVITE}, &log->invite.id,
			&log->invite.enc_kid);
		n++;
	}
	put_wrap(b, (uint8_t[]){keyset, CONTROL_TO_RECOVERY}, &w->org, &w->recovery_kid);
	return (uint16_t)(n + 1);
}

struct slice body_epoch(struct world *w, const struct someone *author)
{
	struct buf b = BODY_NEW;
	AUTO(buf) struct buf wraps = BODY_NEW;
	struct hash commit = hash_of(0x0D), staff_commit = hash_of(author->staff ? 0x0E : 0);
	uint16_t n = put_wraps(w, author, &wraps, 0);
	if (author->staff)
		n = (uint16_t)(n + put_wraps(w, author, &wraps, 1));
	buf_add_byte(&b, CONTROL_EPOCH);
	buf_add_u32(&b, w->log->epoch + 1);
	put_hash(&b, &commit);
	put_hash(&b, &staff_commit);
	buf_add_u16(&b, n);
	buf_add(&b, buf_slice(&wraps));
	return body_take(w->arena, &b);
}

static void put_grant_wrap(struct buf *b, uint8_t keyset, uint32_t epoch)
{
	struct hash wrap_hash = hash_of(0x0F);
	buf_add_byte(b, keyset);
	buf_add_u32(b, epoch);
	put_hash(b, &wrap_hash);
}

struct slice body_grant(struct world *w, const struct someone *to, uint32_t from, uint32_t until)
{
	struct buf b = BODY_NEW;
	AUTO(buf) struct buf wraps = BODY_NEW;
	uint16_t n = 0;
	for (uint32_t epoch = from; epoch <= until && n < CONTROL_MAX_WRAPS; epoch++) {
		const struct control_epoch *known = control_epoch_at(w->log, epoch);
		put_grant_wrap(&wraps, 0, epoch);
		n++;
		if (!to->staff || known == NULL || hash_is_zero(&known->staff_commit))
			continue;
		put_grant_wrap(&wraps, 1, epoch);
		n++;
	}
	buf_add_byte(&b, CONTROL_HISTORY_GRANT);
	put_id(&b, &to->user);
	put_hash(&b, &to->enc_kid);
	buf_add_u32(&b, from);
	buf_add_u32(&b, until);
	buf_add_u16(&b, n);
	buf_add(&b, buf_slice(&wraps));
	return body_take(w->arena, &b);
}

struct slice body_recovery_wrap(struct world *w, uint32_t epoch, const struct hash *rkid)
{
	struct buf b = BODY_NEW;
	struct hash wrap_hash = hash_of(0x1C);
	buf_add_byte(&b, CONTROL_RECOVERY_WRAP);
	buf_add_u32(&b, epoch);
	put_hash(&b, rkid);
	put_hash(&b, &wrap_hash);
	return body_take(w->arena, &b);
}

struct slice body_close(struct world *w)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, CONTROL_CLOSE);
	buf_add_byte(&b, 1);
	return body_take(w->arena, &b);
}

struct slice body_reopen(struct world *w)
{
	return body_of_byte(w, CONTROL_REOPEN);
}

struct slice body_rekey(struct world *w, const struct someone *who)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, CONTROL_REKEY);
	put_hash(&b, &who->enc_kid);
	put_hash(&b, &who->cert);
	return body_take(w->arena, &b);
}

struct slice spoiled(struct world *w, struct slice body, size_t at, uint8_t byte)
{
	uint8_t *p = arena_alloc(w->arena, body.n);
	memcpy(p, body.p, body.n);
	ASSERT(at < body.n);
	p[at] = byte;
	return slice_of(p, body.n);
}
