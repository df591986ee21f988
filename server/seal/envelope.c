/* Envelopes: parse and check. The lengths are walked first, as they are written, so that every
 * later read lies inside the bytes; then the checks follow in the specification's order, because
 * both languages must give the same word for the same bytes. Nothing is copied but fields of fixed
 * size. */
#include "seal/envelope.h"

#include "base/crypt.h"
#include "base/mem.h"
#include "seal/label.h"
#include "seal/reader.h"
#include "seal/sealed.h"

#define SUITE 1
#define N_PARENTS_AT 146
#define PARENTS_AT 147
/* From the parents' end to clear: client_time_ms, retention_class, clear_len. */
#define MIDDLE_SIZE 12
#define HEADER_LEAST (PARENTS_AT + MIDDLE_SIZE + 4)
#define SIGNATURE_SIZE 64
#define HASH_SIZE 32
#define CONTROL_BODY_MOST 32768
#define IDENTITY_BODY_MOST 4096
#define FILE_CLEAR_SIZE (16 + 8 + 4 + 32)

struct layout {
	size_t n_parents, clear_size, body_size;
	size_t header_size, size;
};

/* What a kind allows. */
struct kind {
	bool known, is_log, is_erasable;
	bool (*clear_is_legal)(struct slice clear);
	bool (*body_is_legal)(size_t size);
};

static bool is_zero(struct slice s)
{
	ASSERT(s.p && s.n == sizeof(struct id));
	struct id id;
	memcpy(id.b, s.p, sizeof(id.b));
	return id_is_zero(&id);
}

static bool message_clear_is_legal(struct slice clear)
{
	if (clear.n == 0)
		return true;
	return clear.n == 17 && (clear.p[0] == ENVELOPE_EDIT || clear.p[0] == ENVELOPE_DELETE) &&
	       !is_zero(slice_from(clear, 1));
}

static bool receipt_clear_is_legal(struct slice clear)
{
	return clear.n == 16 && !is_zero(clear);
}

static bool file_clear_is_legal(struct slice clear)
{
	if (clear.n != FILE_CLEAR_SIZE || is_zero(slice_part(clear, 0, 16)))
		return false;
	uint64_t size = num_get_u64(clear.p + 16);
	return size < NUMBER_END && sealed_size_is_possible(size) &&
	       num_get_u32(clear.p + 24) == SEALED_PART_SIZE;
}

static bool empty_is_legal(struct slice clear)
{
	return clear.n == 0;
}

static bool control_body_is_legal(size_t size)
{
	return size >= 1 && size <= CONTROL_BODY_MOST;
}

static bool identity_body_is_legal(size_t size)
{
	return size >= 1 && size <= IDENTITY_BODY_MOST;
}

#define ITEM \
	{ \
		true, false, true, empty_is_legal, sealed_size_is_padded \
	}
static const struct kind kinds[] = {
	[ENVELOPE_MESSAGE] = {true, false, true, message_clear_is_legal, sealed_size_is_padded},
	[ENVELOPE_RECEIPT] = {true, false, false, receipt_clear_is_legal, sealed_size_is_padded},
	[ENVELOPE_ASSIGNMENT] = ITEM,
	[ENVELOPE_ANSWER] = ITEM,
	[ENVELOPE_FILE] = {true, false, true, file_clear_is_legal, sealed_size_is_padded},
	[ENVELOPE_CONTROL] = {true, true, false, empty_is_legal, control_body_is_legal},
	[ENVELOPE_IDENTITY] = {true, true, false, empty_is_legal, identity_body_is_legal},
	[ENVELOPE_NOTE] = ITEM,
	[ENVELOPE_WORK] = ITEM,
	[ENVELOPE_METER] = ITEM,
};
#undef ITEM

static const struct kind *kind_of(uint8_t number)
{
	bool known = number < sizeof(kinds) / sizeof(kinds[0]) && kinds[number].known;
	return known ? &kinds[number] : NULL;
}

/* False when a length points past the end. */
static bool layout_walk(struct slice bytes, bool tombstone, struct layout *ret)
{
	struct layout l = {.size = HEADER_LEAST + SIGNATURE_SIZE + (tombstone ? HASH_SIZE : 0)};
	if (bytes.n < l.size)
		return false;
	l.n_parents = bytes.p[N_PARENTS_AT];
	l.size += l.n_parents * HASH_SIZE;
	if (bytes.n < l.size)
		return false;
	size_t clear_at = PARENTS_AT + l.n_parents * HASH_SIZE + MIDDLE_SIZE;
	l.clear_size = num_get_u16(bytes.p + clear_at - 2);
	l.size += l.clear_size;
	if (bytes.n < l.size)
		return false;
	l.header_size = clear_at + l.clear_size + 4;
	l.body_size = num_get_u32(bytes.p + l.header_size - 4);
	l.size += tombstone ? 0 : l.body_size;
	if (bytes.n < l.size)
		return false;
	*ret = l;
	return true;
}

static bool parents_ascend(struct slice parents)
{
	for (size_t at = HASH_SIZE; at < parents.n; at += HASH_SIZE)
		if (memcmp(parents.p + at - HASH_SIZE, parents.p + at, HASH_SIZE) >= 0)
			return false;
	return true;
}

/* The fields in their order; the walk has made sure that they are there. */
static struct envelope header_read(struct slice bytes, const struct layout *l)
{
	struct reader r = reader_of(slice_from(bytes, 6));
	struct envelope e = {.kind = (enum envelope_kind)bytes.p[4]};
	e.org = reader_id(&r);
	e.room = reader_id(&r);
	e.msg_id = reader_id(&r);
	e.sender = reader_id(&r);
	e.sender_kid = reader_hash(&r);
	e.epoch = reader_u32(&r);
	e.sender_seq = reader_u64(&r);
	e.log_head = reader_hash(&r);
	e.n_parents = reader_u8(&r);
	e.parents = reader_bytes(&r, l->n_parents * HASH_SIZE);
	e.client_time_ms = reader_u64(&r);
	e.retention_class = reader_u16(&r);
	(void)reader_u16(&r);
	e.clear = reader_bytes(&r, l->clear_size);
	e.header = slice_part(bytes, 0, l->header_size);
	return e;
}

static enum refusal header_check(
	const struct envelope *e, const struct kind *kind, const struct layout *l)
{
	bool is_identity = e->kind == ENVELOPE_IDENTITY;
	DEMAND(!id_is_zero(&e->org) && !id_is_zero(&e->msg_id) && !id_is_zero(&e->sender), ZERO);
	DEMAND(id_is_zero(&e->room) == is_identity, ZERO);
	DEMAND(e->client_time_ms < NUMBER_END && e->sender_seq < NUMBER_END, NUMBER);
	DEMAND(!kind->is_log || e->retention_class == 0, NUMBER);
	DEMAND(!is_identity || e->epoch == 0, NUMBER);
	DEMAND(e->n_parents <= (kind->is_log ? 0 : ENVELOPE_MAX_PARENTS), PARENTS);
	DEMAND(parents_ascend(e->parents), PARENTS);
	DEMAND(kind->clear_is_legal(e->clear), CLEAR);
	DEMAND(kind->body_is_legal(l->body_size), BODY);
	return REFUSAL_NONE;
}

/* What clear says, once it is known to be legal. */
static void clear_read(struct envelope *e)
{
	struct slice target = e->clear;
	if (e->kind == ENVELOPE_MESSAGE && target.n > 0) {
		e->op = (enum envelope_op)target.p[0];
		target = slice_from(target, 1);
	}
	if (e->kind == ENVELOPE_FILE) {
		struct reader r = reader_of(e->clear);
		e->file.file = reader_id(&r);
		e->file.cipher_size = reader_u64(&r);
		(void)reader_u32(&r);
		e->file.parts_hash = reader_hash(&r);
	}
	if (target.n == sizeof(e->target.b))
		memcpy(e->target.b, target.p, sizeof(e->target.b));
}

static enum refusal parse(struct slice bytes, bool tombstone, struct envelope *ret)
{
	struct layout l;
	DEMAND(layout_walk(bytes, tombstone, &l), SHORT);
	DEMAND(slice_starts(bytes, SLICE_LIT("LUO1")), MAGIC);
	const struct kind *kind = kind_of(bytes.p[4]);
	DEMAND(kind != NULL && (!tombstone || kind->is_erasable), KIND);
	DEMAND(bytes.p[5] == SUITE, SUITE);
	struct envelope e = header_read(bytes, &l);
	AGREE(header_check(&e, kind, &l));
	DEMAND(bytes.n == l.size, LONG);
	clear_read(&e);
	if (tombstone) {
		memcpy(e.body_hash.b, bytes.p + l.header_size, HASH_SIZE);
	} else {
		e.body = slice_part(bytes, l.header_size, l.body_size);
		e.body_hash = crypt_sha256(e.body);
	}
	e.signature = slice_from(bytes, l.size - SIGNATURE_SIZE);
	*ret = e;
	return REFUSAL_NONE;
}

enum refusal envelope_parse(struct slice bytes, struct envelope *ret)
{
	return parse(bytes, false, ret);
}

enum refusal envelope_parse_tombstone(struct slice bytes, struct envelope *ret)
{
	return parse(bytes, true, ret);
}

void envelope_add_tombstone(const struct envelope *e, struct buf *b)
{
	buf_add(b, e->header);
	buf_add(b, hash_slice(&e->body_hash));
	buf_add(b, e->signature);
}

struct hash envelope_hash(const struct envelope *e)
{
	return crypt_sha256_parts(
		(struct slice[]){LABEL(LABEL_ENV), e->header, hash_slice(&e->body_hash)}, 3);
}

struct hash envelope_signed_digest(const struct envelope *e)
{
	return crypt_sha256_parts(
		(struct slice[]){LABEL(LABEL_SIG), e->header, hash_slice(&e->body_hash)}, 3);
}
