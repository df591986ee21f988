/* Public keys and their names. A name is a whole typed hash: the same point as a signing key and as
 * an encryption key has two names, and neither can stand for the other. */
#include "seal/key.h"

#include "base/cleanup.h"
#include "base/crypt.h"
#include "seal/label.h"

struct pub reader_pub(struct reader *r)
{
	struct pub pub = {0};
	struct slice s = reader_bytes(r, sizeof(pub.b));
	if (s.p == NULL)
		return pub;
	AUTO(p256_key) struct p256_key *key = NULL;
	if (s.p[0] != 0x04 || p256_key_new(s, &key) != ERR_OK)
		r->bad = true;
	memcpy(pub.b, s.p, sizeof(pub.b));
	return pub;
}

struct hash kid_sig(const struct pub *pub)
{
	return crypt_sha256_parts((struct slice[]){LABEL(LABEL_KID_SIG), pub_slice(pub)}, 2);
}

struct hash kid_enc(const struct pub *pub)
{
	return crypt_sha256_parts((struct slice[]){LABEL(LABEL_KID_ENC), pub_slice(pub)}, 2);
}

bool pub_verifies(const struct pub *pub, struct slice message, struct slice sig64)
{
	struct hash digest = crypt_sha256(message);
	return pub_verifies_digest(pub, &digest, sig64);
}

bool pub_verifies_digest(const struct pub *pub, const struct hash *digest, struct slice sig64)
{
	AUTO(p256_key) struct p256_key *key = NULL;
	return p256_key_new(pub_slice(pub), &key) == ERR_OK &&
	       p256_verify_digest(key, digest, sig64) == ERR_OK;
}
