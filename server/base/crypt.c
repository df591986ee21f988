/* Hashes, HMAC, HKDF, randomness: OpenSSL's EVP behind functions that cannot be used wrongly.
 * Algorithms are fetched once, because a fetch costs more than hashing a message. Whatever fails
 * here is a broken library or no memory: it ends the process, so that no caller can go on with
 * bytes that are not what they seem. */
#include "base/crypt.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "base/mem.h"

static EVP_MD *sha256_md;
static EVP_MAC *hmac_mac;
static EVP_KDF *hkdf_kdf;

static void crypt_fetch(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac_mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	hkdf_kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ASSERT(sha256_md && hmac_mac && hkdf_kdf);
}

static void crypt_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	ASSERT(pthread_once(&once, crypt_fetch) == 0);
}

struct sha256 {
	EVP_MD_CTX *ctx;
};

struct sha256 *sha256_new(void)
{
	crypt_ready();
	struct sha256 *s = MEM_NEW(struct sha256);
	s->ctx = EVP_MD_CTX_new();
	ASSERT(s->ctx && EVP_DigestInit_ex2(s->ctx, sha256_md, NULL) == 1);
	return s;
}

void sha256_add(struct sha256 *s, struct slice bytes)
{
	ASSERT(EVP_DigestUpdate(s->ctx, bytes.p, bytes.n) == 1);
}

struct hash sha256_take(struct sha256 **s)
{
	struct hash h;
	ASSERT(EVP_DigestFinal_ex((*s)->ctx, h.b, NULL) == 1);
	sha256_free(s);
	return h;
}

void sha256_free(struct sha256 **s)
{
	if (*s) {
		EVP_MD_CTX_free((*s)->ctx);
		mem_free(*s);
	}
	*s = NULL;
}

struct hash crypt_sha256_parts(const struct slice *parts, size_t n)
{
	crypt_ready();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASSERT(ctx && EVP_DigestInit_ex2(ctx, sha256_md, NULL) == 1);
	for (size_t i = 0; i < n; i++)
		ASSERT(EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1);
	struct hash h;
	ASSERT(EVP_DigestFinal_ex(ctx, h.b, NULL) == 1);
	EVP_MD_CTX_free(ctx);
	return h;
}

struct hash crypt_sha256(struct slice bytes)
{
	return crypt_sha256_parts(&bytes, 1);
}

/* OpenSSL wants a key that is not NULL, and parameters that are not const. */
static OSSL_PARAM crypt_param(const char *name, struct slice bytes)
{
	static uint8_t nothing;
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = bytes.p ? bytes.p : &nothing};
	return OSSL_PARAM_construct_octet_string(name, p.out, bytes.n);
}

struct hash crypt_hmac(struct slice key, struct slice bytes)
{
	crypt_ready();
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		crypt_param(OSSL_MAC_PARAM_KEY, key), OSSL_PARAM_construct_end()};
	struct hash h;
	size_t n = 0;
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac_mac);
	ASSERT(ctx && EVP_MAC_init(ctx, NULL, 0, params) == 1);
	ASSERT(EVP_MAC_update(ctx, bytes.p, bytes.n) == 1);
	ASSERT(EVP_MAC_final(ctx, h.b, &n, sizeof(h.b)) == 1 && n == sizeof(h.b));
	EVP_MAC_CTX_free(ctx);
	return h;
}

void crypt_hkdf(struct slice key, struct slice salt, struct slice info, uint8_t *ret, size_t n)
{
	crypt_ready();
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		crypt_param(OSSL_KDF_PARAM_KEY, key), crypt_param(OSSL_KDF_PARAM_SALT, salt),
		crypt_param(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(hkdf_kdf);
	ASSERT(ctx && EVP_KDF_derive(ctx, ret, n, params) == 1);
	EVP_KDF_CTX_free(ctx);
}

void crypt_random(void *ret, size_t n)
{
	ASSERT(n <= INT32_MAX && RAND_bytes(ret, (int)n) == 1);
}

struct id crypt_random_id(void)
{
	struct id id = {{0}};
	crypt_random(id.b, sizeof(id.b));
	return id;
}

bool crypt_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void crypt_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

void crypt_forget_errors(void)
{
	ERR_clear_error();
}
