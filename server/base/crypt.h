#pragma once
#include "base/err.h"
#include "base/id.h"

/* The only place of OpenSSL's EVP. Failures that only a broken library or no memory can cause end
 * the process. */

struct hash crypt_sha256(struct slice bytes);
/* Of several parts, one after the other. */
struct hash crypt_sha256_parts(const struct slice *parts, size_t n);

struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, struct slice bytes);
/* The hash; *s is freed. */
struct hash sha256_take(struct sha256 **s);
void sha256_free(struct sha256 **s);
static inline void sha256_cleanup(struct sha256 **s)
{
	sha256_free(s);
}

struct hash crypt_hmac(struct slice key, struct slice bytes);
/* HKDF-SHA-256 (RFC 5869) in one call; n at most 255 * 32. */
void crypt_hkdf(struct slice key, struct slice salt, struct slice info, uint8_t *ret, size_t n);
/* From the system's generator. */
void crypt_random(void *ret, size_t n);
struct id crypt_random_id(void);
/* In a time that depends on the lengths only. */
bool crypt_equal(struct slice a, struct slice b);
/* Overwrites in a way the compiler keeps. */
void crypt_wipe(void *p, size_t n);

/* Empties OpenSSL's queue of errors, after a library that leaves them there. */
void crypt_forget_errors(void);

/* AES-256-GCM: nonce(12, drawn here) || ciphertext || tag(16), n + CRYPT_GCM_EXTRA bytes into ret.
 */
enum { CRYPT_GCM_NONCE = 12, CRYPT_GCM_TAG = 16, CRYPT_GCM_EXTRA = 28 };
void crypt_gcm_seal(const struct hash *key, struct slice aad, struct slice plain, uint8_t *ret);
/* sealed.n - CRYPT_GCM_EXTRA bytes into ret, which is wiped on ERR_BAD_FIELD: other key, other aad,
 * other bytes. */
MUST enum err crypt_gcm_open(
	const struct hash *key, struct slice aad, struct slice sealed, uint8_t *ret);

/* A P-256 public key, parsed once. May be used by several threads at a time; freed by the last
 * unref. */
struct p256_key;
/* 65 bytes, uncompressed, on the curve: else ERR_BAD_FIELD. */
MUST enum err p256_key_new(struct slice pub65, struct p256_key **ret_key);
struct p256_key *p256_key_ref(struct p256_key *key);
void p256_key_unref(struct p256_key **key);
static inline void p256_key_cleanup(struct p256_key **key)
{
	p256_key_unref(key);
}
/* ECDSA with SHA-256: sig is 64 raw bytes r || s with s in the lower half of the order (each
 * signature has one spelling). ERR_BAD_SIGNATURE for anything else. Pure: may run on any thread. */
MUST enum err p256_verify(struct p256_key *key, struct slice message, struct slice sig64);
/* The same over a SHA-256 digest that is already there. */
MUST enum err p256_verify_digest(
	struct p256_key *key, const struct hash *digest, struct slice sig64);

/* Until when the first certificate of a PEM file is good, in seconds since 1970. */
MUST enum err crypt_certificate_until(struct slice pem, int64_t *ret_seconds);

/* Ed25519 (RFC 8032). The seed is the private key: 32 random bytes. */
struct hash ed25519_public(const struct hash *seed);
void ed25519_sign(const struct hash *seed, struct slice message, uint8_t *ret_sig64);
/* ERR_BAD_SIGNATURE for anything but this key's signature of this message. */
MUST enum err ed25519_verify(const struct hash *pub, struct slice message, struct slice sig64);
