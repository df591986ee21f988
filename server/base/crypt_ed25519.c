/* Ed25519 (RFC 8032), for the checkpoints of the logs. OpenSSL derives the public key from the
 * seed; signing has no nonce that could be drawn badly. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/crypt.h"
#include "base/mem.h"

enum { KEY = 32, SIGNATURE = 64 };

static EVP_PKEY *ed25519_private(const struct hash *seed)
{
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed->b, sizeof(seed->b));
	ASSERT(pkey);
	return pkey;
}

struct hash ed25519_public(const struct hash *seed)
{
	struct hash pub;
	size_t n = sizeof(pub.b);
	EVP_PKEY *pkey = ed25519_private(seed);
	ASSERT(EVP_PKEY_get_raw_public_key(pkey, pub.b, &n) == 1 && n == KEY);
	EVP_PKEY_free(pkey);
	return pub;
}

void ed25519_sign(const struct hash *seed, struct slice message, uint8_t *ret_sig64)
{
	size_t n = SIGNATURE;
	EVP_PKEY *pkey = ed25519_private(seed);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASSERT(ctx && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) == 1);
	ASSERT(EVP_DigestSign(ctx, ret_sig64, &n, message.p, message.n) == 1 && n == SIGNATURE);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

enum err ed25519_verify(const struct hash *pub, struct slice message, struct slice sig64)
{
	if (sig64.n != SIGNATURE)
		return ERR_BAD_SIGNATURE;
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, pub->b, sizeof(pub->b));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASSERT(ctx);
	bool good = pkey && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) == 1 &&
		    EVP_DigestVerify(ctx, sig64.p, sig64.n, message.p, message.n) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good ? ERR_OK : ERR_BAD_SIGNATURE;
}
