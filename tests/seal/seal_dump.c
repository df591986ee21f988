/* States written out as text, in one way, so that two implementations can compare everything that
 * they know by one hash. */
#include "seal_dump.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/crypt.h"

#define DUMP_MAX (16u << 20)

static void add_hex(struct buf *b, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.n; i++) {
		buf_add_byte(b, (uint8_t)digits[bytes.p[i] >> 4]);
		buf_add_byte(b, (uint8_t)digits[bytes.p[i] & 15]);
	}
}

static void field_bytes(struct buf *b, struct slice bytes)
{
	buf_add_byte(b, ' ');
	add_hex(b, bytes);
}

static void field_number(struct buf *b, uint64_t v)
{
	buf_add_byte(b, ' ');
	buf_add_decimal(b, (int64_t)v);
}

static struct state_digest digest_of(const struct buf *b)
{
	struct hash hash = crypt_sha256(buf_slice(b));
	return hash_hex(&hash);
}

struct state_digest hash_hex(const struct hash *hash)
{
	struct state_digest d;
	AUTO(buf) struct buf b = BUF_MAX(sizeof(d.hex));
	add_hex(&b, hash_slice(hash));
	memcpy(d.hex, buf_text(&b), sizeof(d.hex));
	return d;
}

static void dump_room(struct buf *b, const struct control *log)
{
	buf_add_text(b, "control");
	field_number(b, log->n);
	field_bytes(b, id_slice(&log->org));
	field_bytes(b, id_slice(&log->room));
	field_bytes(b, hash_slice(&log->head));
	buf_add_text(b, "\nroom");
	field_number(b, log->phase);
	field_bytes(b, id_slice(&log->agreement));
	field_number(b, log->retention_class);
	field_bytes(b, hash_slice(&log->root_kid));
	field_bytes(b, hash_slice(&log->recovery_kid));
	field_number(b, log->epoch);
	field_number(b, log->pending);
	buf_add_byte(b, '\n');
}

static void dump_member(struct buf *b, const struct control_member *m)
{
	buf_add_text(b, "member");
	field_bytes(b, id_slice(&m->user));
	field_number(b, m->role);
	field_bytes(b, hash_slice(&m->sig_kid));
	field_bytes(b, hash_slice(&m->enc_kid));
	field_bytes(b, hash_slice(&m->cert));
	field_number(b, m->proof);
	field_number(b, m->active);
	field_number(b, m->lapsed);
	field_number(b, m->since);
	field_number(b, m->from);
	field_number(b, m->resets);
	buf_add_byte(b, '\n');
}

static void dump_invite(struct buf *b, const struct control_invite *invite)
{
	buf_add_text(b, "invite");
	field_bytes(b, id_slice(&invite->id));
	field_bytes(b, pub_slice(&invite->sig_pub));
	field_bytes(b, hash_slice(&invite->enc_kid));
	field_number(b, invite->expires_ms);
	field_number(b, invite->from);
	buf_add_byte(b, '\n');
}

static void dump_epoch(struct buf *b, const struct control_epoch *epoch)
{
	buf_add_text(b, "epoch");
	field_number(b, epoch->author_role);
	field_number(b, epoch->unproven);
	field_bytes(b, hash_slice(&epoch->commit));
	field_bytes(b, hash_slice(&epoch->staff_commit));
	field_number(b, epoch->recovery_wrapped);
	buf_add_byte(b, '\n');
}

struct state_digest control_digest(const struct control *log)
{
	AUTO(buf) struct buf b = BUF_MAX(DUMP_MAX);
	dump_room(&b, log);
	for (size_t i = 0; i < log->n_members; i++)
		dump_member(&b, &log->members[i]);
	if (log->has_invite)
		dump_invite(&b, &log->invite);
	for (uint32_t e = 0; e < log->epoch; e++)
		dump_epoch(&b, &log->epochs[e]);
	return digest_of(&b);
}

static void dump_chain(struct buf *b, const struct identity *id)
{
	buf_add_text(b, "identity");
	field_number(b, id->n);
	field_bytes(b, id_slice(&id->org));
	field_bytes(b, id_slice(&id->subject));
	field_bytes(b, hash_slice(&id->head));
	buf_add_text(b, "\nkeys");
	field_bytes(b, hash_slice(&id->sig_kid));
	field_bytes(b, hash_slice(&id->enc_kid));
	field_number(b, id->revoked);
	field_number(b, id->resets);
	buf_add_byte(b, '\n');
	for (size_t i = 0; i < id->n_known; i++) {
		buf_add_text(b, "known");
		field_bytes(b, hash_slice(&id->known[i]));
		buf_add_byte(b, '\n');
	}
}

static void dump_cert(struct buf *b, const struct identity_cert *cert)
{
	buf_add_text(b, "cert");
	field_bytes(b, hash_slice(&cert->hash));
	field_number(b, cert->role);
	field_bytes(b, slice_of(cert->name.text, cert->name.n));
	field_bytes(b, slice_of(cert->employer.text, cert->employer.n));
	field_number(b, cert->valid_from);
	field_number(b, cert->valid_until);
	buf_add_byte(b, '\n');
}

static void dump_org(struct buf *b, const struct identity *id)
{
	buf_add_text(b, "root");
	field_bytes(b, hash_slice(&id->root_kid));
	field_bytes(b, hash_slice(&id->recovery_kid));
	buf_add_byte(b, '\n');
	for (size_t i = 0; i < id->n_issuers; i++) {
		const struct identity_issuer *issuer = &id->issuers[i];
		buf_add_text(b, "issuer");
		field_bytes(b, id_slice(&issuer->user));
		field_bytes(b, hash_slice(&issuer->kid));
		field_number(b, issuer->valid_until);
		field_number(b, issuer->revoked_ms);
		buf_add_byte(b, '\n');
	}
}

struct state_digest identity_digest(const struct identity *id)
{
	AUTO(buf) struct buf b = BUF_MAX(DUMP_MAX);
	dump_chain(&b, id);
	if (id->has_cert)
		dump_cert(&b, &id->cert);
	dump_org(&b, id);
	return digest_of(&b);
}
