/* AES-256-GCM of short fields at rest. The nonce is drawn here and nowhere else, so that no caller
 * can use one twice. */
#include <openssl/evp.h>

#include "base/crypt.h"
#include "base/mem.h"

static EVP_CIPHER_CTX *gcm_ctx(const struct hash *key, const uint8_t *nonce, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	ASSERT(ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->b, nonce, seal) == 1);
	return ctx;
}

static void gcm_add(EVP_CIPHER_CTX *ctx, uint8_t *ret, struct slice bytes)
{
	int n = 0;
	ASSERT(bytes.n <= INT32_MAX);
	if (bytes.n > 0)
		ASSERT(EVP_CipherUpdate(ctx, ret, &n, bytes.p, (int)bytes.n) == 1);
}

void crypt_gcm_seal(const struct hash *key, struct slice aad, struct slice plain, uint8_t *ret)
{
	int n = 0;
	uint8_t *body = ret + CRYPT_GCM_NONCE, *tag = body + plain.n;
	crypt_random(ret, CRYPT_GCM_NONCE);
	EVP_CIPHER_CTX *ctx = gcm_ctx(key, ret, true);
	gcm_add(ctx, NULL, aad);
	gcm_add(ctx, body, plain);
	ASSERT(EVP_CipherFinal_ex(ctx, tag, &n) == 1 && n == 0);
	ASSERT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CRYPT_GCM_TAG, tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

enum err crypt_gcm_open(const struct hash *key, struct slice aad, struct slice sealed, uint8_t *ret)
{
	int n = 0;
	uint8_t tag[CRYPT_GCM_TAG];
	if (sealed.n < CRYPT_GCM_EXTRA)
		return ERR_BAD_FIELD;
	size_t size = sealed.n - CRYPT_GCM_EXTRA;
	memcpy(tag, sealed.p + CRYPT_GCM_NONCE + size, sizeof(tag));
	EVP_CIPHER_CTX *ctx = gcm_ctx(key, sealed.p, false);
	gcm_add(ctx, NULL, aad);
	gcm_add(ctx, ret, slice_of(sealed.p + CRYPT_GCM_NONCE, size));
	ASSERT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CRYPT_GCM_TAG, tag) == 1);
	bool good = EVP_CipherFinal_ex(ctx, ret + size, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		return ERR_OK;
	crypt_wipe(ret, size);
	return ERR_BAD_FIELD;
}
