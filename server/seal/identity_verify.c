/* Which key must have signed an identity entry, and did it. A key counts only if sender_kid names
 * it; when there is none, this says nothing, because the rules give the better word. */
#include "seal/identity.h"

#include "base/crypt.h"
#include "seal/label.h"

typedef const struct pub *signer_fn(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers);

static const struct pub *signer_own(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)s, (void)issuers;
	return hash_equal(&e->env.sender_kid, &e->sig_kid) ? &e->sig_pub : NULL;
}

static const struct pub *signer_owner(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	return s->n > 0 && hash_equal(&e->env.sender_kid, &s->sig_kid) ? &s->sig_pub : NULL;
}

static const struct pub *signer_issuer(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)s;
	if (issuers == NULL)
		return NULL;
	const struct identity_issuer *issuer =
		identity_find_issuer(issuers, &e->env.sender, &e->env.sender_kid);
	return issuer != NULL ? &issuer->pub : NULL;
}

static const struct pub *signer_owner_or_issuer(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	const struct pub *owner = NULL;
	if (id_equal(&e->env.sender, &e->subject))
		owner = signer_owner(s, e, issuers);
	return owner != NULL ? owner : signer_issuer(s, e, issuers);
}

static const struct pub *signer_root(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	return s->n > 0 && hash_equal(&e->env.sender_kid, &s->root_kid) ? &s->root_pub : NULL;
}

static signer_fn *const signers[] = {
	[IDENTITY_CREATE] = signer_own,
	[IDENTITY_ROTATE] = signer_owner,
	[IDENTITY_RESET] = signer_own,
	[IDENTITY_STAFF_CERT] = signer_issuer,
	[IDENTITY_REVOKE] = signer_owner_or_issuer,
	[IDENTITY_ORG_ROOT] = signer_own,
	[IDENTITY_ORG_RECOVERY] = signer_root,
	[IDENTITY_ORG_ISSUER] = signer_root,
	[IDENTITY_ORG_ISSUER_REVOKE] = signer_root,
};

/* The new key of a ROTATE agrees to take the old one's place. */
static bool new_key_signs(const struct identity_entry *e)
{
	struct hash digest =
		crypt_sha256_parts((struct slice[]){LABEL(LABEL_ROTATE), id_slice(&e->env.org),
					   id_slice(&e->subject), hash_slice(&e->env.log_head),
					   hash_slice(&e->sig_kid), hash_slice(&e->enc_kid)},
			6);
	return pub_verifies_digest(&e->sig_pub, &digest, e->new_signature);
}

enum refusal identity_verify(const struct identity *state, const struct identity_entry *e,
	const struct identity *issuers)
{
	const struct pub *signer = signers[e->type](state, e, issuers);
	if (signer != NULL) {
		struct hash digest = envelope_signed_digest(&e->env);
		DEMAND(pub_verifies_digest(signer, &digest, e->env.signature), BAD_SIGNATURE);
	}
	DEMAND(e->type != IDENTITY_ROTATE || new_key_signs(e), BAD_SIGNATURE);
	return REFUSAL_NONE;
}
