/* ECDSA on P-256. A key is parsed once and then shared by threads: EVP_PKEY is only read by a
 * verification. Signatures come raw (r || s, as WebCrypto makes them) and OpenSSL wants DER: the
 * conversion is written out here, for two numbers of 32 bytes. High s is refused first, so that a
 * signature has one spelling and nobody can turn a stored message into a second one that verifies.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>

#include "base/crypt.h"
#include "base/mem.h"

enum { P256_POINT = 65, P256_NUMBER = 32, P256_DER_MAX = 2 + 2 * (2 + 1 + P256_NUMBER) };

struct p256_key {
	EVP_PKEY *pkey;
	atomic_uint refs;
};

/* Half of the group's order, rounded down (SEC 2, secp256r1). */
static const uint8_t p256_half_order[P256_NUMBER] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00,
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf,
	0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

static EVP_PKEY *p256_parse(struct slice pub65)
{
	char group[] = "prime256v1";
	uint8_t point[P256_POINT];
	memcpy(point, pub65.p, sizeof(point));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end()};
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	ASSERT(ctx && EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum err p256_key_new(struct slice pub65, struct p256_key **ret_key)
{
	enum { UNCOMPRESSED = 4 };
	if (pub65.n != P256_POINT || pub65.p[0] != UNCOMPRESSED)
		return ERR_BAD_FIELD;
	EVP_PKEY *pkey = p256_parse(pub65);
	if (!pkey)
		return ERR_BAD_FIELD;
	struct p256_key *key = MEM_NEW(struct p256_key);
	key->pkey = pkey;
	atomic_init(&key->refs, 1);
	*ret_key = key;
	return ERR_OK;
}

struct p256_key *p256_key_ref(struct p256_key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void p256_key_unref(struct p256_key **key)
{
	struct p256_key *k = *key;
	*key = NULL;
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(k->pkey);
	mem_free(k);
}

/* One DER INTEGER: the shortest form, never negative. Returns the bytes written. */
static size_t p256_der_number(const uint8_t *number, uint8_t *to)
{
	size_t skip = 0;
	while (skip < P256_NUMBER - 1 && number[skip] == 0)
		skip++;
	size_t pad = number[skip] >> 7, n = P256_NUMBER - skip;
	to[0] = 2;
	to[1] = (uint8_t)(n + pad);
	to[2] = 0;
	memcpy(to + 2 + pad, number + skip, n);
	return 2 + pad + n;
}

static size_t p256_der(struct slice sig64, uint8_t *to)
{
	size_t n = p256_der_number(sig64.p, to + 2);
	n += p256_der_number(sig64.p + P256_NUMBER, to + 2 + n);
	to[0] = 0x30;
	to[1] = (uint8_t)n;
	return n + 2;
}

enum err p256_verify_digest(struct p256_key *key, const struct hash *digest, struct slice sig64)
{
	if (sig64.n != (size_t)2 * P256_NUMBER)
		return ERR_BAD_SIGNATURE;
	if (memcmp(sig64.p + P256_NUMBER, p256_half_order, P256_NUMBER) > 0)
		return ERR_BAD_SIGNATURE;
	uint8_t der[P256_DER_MAX];
	size_t der_size = p256_der(sig64, der);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	ASSERT(ctx && EVP_PKEY_verify_init(ctx) == 1);
	int good = EVP_PKEY_verify(ctx, der, der_size, digest->b, sizeof(digest->b));
	EVP_PKEY_CTX_free(ctx);
	if (good == 1)
		return ERR_OK;
	ERR_clear_error();
	return ERR_BAD_SIGNATURE;
}

enum err p256_verify(struct p256_key *key, struct slice message, struct slice sig64)
{
	struct hash digest = crypt_sha256(message);
	return p256_verify_digest(key, &digest, sig64);
}
