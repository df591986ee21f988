/* Identity entries: from bytes to fields. A row for each type reads its fields; what every type has
 * in common (the envelope, the subject, that nothing is left over) is read once, around it. */
#include "seal/identity.h"

#include "seal/label.h"

typedef void read_fn(struct reader *r, struct identity_entry *e);

static void read_keys(struct reader *r, struct identity_entry *e)
{
	e->sig_pub = reader_pub(r);
	e->enc_pub = reader_pub(r);
	e->sig_kid = kid_sig(&e->sig_pub);
	e->enc_kid = kid_enc(&e->enc_pub);
}

static void read_rotate(struct reader *r, struct identity_entry *e)
{
	read_keys(r, e);
	e->new_signature = reader_bytes(r, 64);
}

static struct slice read_name(struct reader *r)
{
	struct slice text = reader_bytes(r, reader_choice(r, 1, IDENTITY_MAX_NAME));
	if (!slice_is_utf8(text) || slice_has_control(text))
		r->bad = true;
	return text;
}

static void read_staff_cert(struct reader *r, struct identity_entry *e)
{
	e->sig_kid = reader_hash(r);
	e->enc_kid = reader_hash(r);
	e->role = reader_choice(r, IDENTITY_COUNSELLOR, IDENTITY_ADMIN);
	e->valid_from = reader_number(r);
	e->valid_until = reader_number(r);
	e->name = read_name(r);
	e->employer = read_name(r);
}

static void read_revoke(struct reader *r, struct identity_entry *e)
{
	e->sig_kid = reader_hash(r);
	e->reason = reader_choice(r, 1, 3);
}

static void read_org_root(struct reader *r, struct identity_entry *e)
{
	e->sig_pub = reader_pub(r);
	e->sig_kid = kid_sig(&e->sig_pub);
}

static void read_org_recovery(struct reader *r, struct identity_entry *e)
{
	e->enc_pub = reader_pub(r);
	e->enc_kid = kid_enc(&e->enc_pub);
}

static void read_org_issuer(struct reader *r, struct identity_entry *e)
{
	e->user = reader_id(r);
	read_org_root(r, e);
	e->valid_until = reader_number(r);
}

static void read_org_issuer_revoke(struct reader *r, struct identity_entry *e)
{
	e->sig_kid = reader_hash(r);
}

static read_fn *const readers[] = {
	[IDENTITY_CREATE] = read_keys,
	[IDENTITY_ROTATE] = read_rotate,
	[IDENTITY_RESET] = read_keys,
	[IDENTITY_STAFF_CERT] = read_staff_cert,
	[IDENTITY_REVOKE] = read_revoke,
	[IDENTITY_ORG_ROOT] = read_org_root,
	[IDENTITY_ORG_RECOVERY] = read_org_recovery,
	[IDENTITY_ORG_ISSUER] = read_org_issuer,
	[IDENTITY_ORG_ISSUER_REVOKE] = read_org_issuer_revoke,
};

enum refusal identity_parse(struct slice bytes, struct identity_entry *ret)
{
	struct identity_entry e = {0};
	AGREE(envelope_parse(bytes, &e.env));
	DEMAND(e.env.kind == ENVELOPE_IDENTITY, KIND);
	struct reader r = reader_of(e.env.body);
	uint8_t type = reader_u8(&r);
	DEMAND(type < sizeof(readers) / sizeof(readers[0]) && readers[type] != NULL, MALFORMED);
	e.type = (enum identity_type)type;
	e.subject = reader_id(&r);
	readers[type](&r, &e);
	DEMAND(reader_is_done(&r), MALFORMED);
	e.hash = envelope_hash(&e.env);
	*ret = e;
	return REFUSAL_NONE;
}
