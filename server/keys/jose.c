/* RSA keys and the three things done with them, by libcjose 0.6.2. It has wider tastes than this
 * house (RSA1_5, dir, zip of nothing): jwt_parse stands in front, so that here only the mathematics
 * can fail. jansson writes and reads the keys. */
#include "keys/jose.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/b64.h"
#include "base/crypt.h"
#include "base/mem.h"

enum {
	BITS_LEAST = 2048,
	BITS_MOST = 4096,
	THUMBPRINT_MAX = 2048,
	KID_SIZE = 43,
	MODULUS_MAX = 512
};

struct jose_key {
	cjose_jwk_t *jwk;
	char *n, *e;
	char kid[KID_SIZE + 1];
};

static void *plain_alloc(size_t n)
{
	return mem_new(n);
}

static void *plain_realloc(void *p, size_t n)
{
	return mem_resize(p, n, 1);
}

static void wiping_free(void *p)
{
	if (p)
		crypt_wipe(p, malloc_usable_size(p));
	mem_free(p);
}

void jose_start(void)
{
	json_set_alloc_funcs(plain_alloc, wiping_free);
	cjose_set_alloc_funcs(plain_alloc, plain_realloc, wiping_free);
}

static char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? mem_text(text) : NULL;
}

/* {"e":"...","kty":"RSA","n":"..."}, hashed. */
static void name_key(struct jose_key *key)
{
	struct buf b = BUF_MAX(THUMBPRINT_MAX);
	buf_addf(&b, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", key->e, key->n);
	struct hash h = crypt_sha256(buf_slice(&b));
	b64_encode(hash_slice(&h), key->kid);
	buf_done(&b);
}

/* Takes the JWK over; NULL when it is no key of ours. */
static struct jose_key *key_of(cjose_jwk_t *jwk)
{
	if (!jwk)
		return NULL;
	size_t bits = cjose_jwk_get_keysize(jwk, NULL);
	char *text = cjose_jwk_get_kty(jwk, NULL) == CJOSE_JWK_KTY_RSA && bits >= BITS_LEAST &&
				     bits <= BITS_MOST
			     ? cjose_jwk_to_json(jwk, false, NULL)
			     : NULL;
	json_t *public = text ? json_loads(text, 0, NULL) : NULL;
	struct jose_key *key = MEM_NEW(struct jose_key);
	*key = (struct jose_key){jwk, member(public, "n"), member(public, "e"), ""};
	json_decref(public);
	wiping_free(text);
	if (!key->n || !key->e) {
		jose_key_free(&key);
		return NULL;
	}
	name_key(key);
	ASSERT(cjose_jwk_set_kid(jwk, key->kid, KID_SIZE, NULL));
	return key;
}

enum err jose_key_read(struct slice jwk, struct jose_key **ret_key)
{
	struct jose_key *key = key_of(cjose_jwk_import((const char *)jwk.p, jwk.n, NULL));
	if (!key)
		return ERR_BAD_FIELD;
	*ret_key = key;
	return ERR_OK;
}

enum err jose_key_public(struct slice n, struct slice e, struct jose_key **ret_key)
{
	uint8_t modulus[MODULUS_MAX + 3], exponent[8];
	size_t modulus_size = b64_bytes_size(n.n), exponent_size = b64_bytes_size(e.n);
	if (modulus_size == 0 || modulus_size > MODULUS_MAX || exponent_size == 0 ||
		exponent_size > sizeof(exponent) - 3)
		return ERR_BAD_FIELD;
	TRY(b64_decode(n, modulus));
	TRY(b64_decode(e, exponent));
	cjose_jwk_rsa_keyspec spec = {
		.e = exponent, .elen = exponent_size, .n = modulus, .nlen = modulus_size};
	struct jose_key *key = key_of(cjose_jwk_create_RSA_spec(&spec, NULL));
	if (!key)
		return ERR_BAD_FIELD;
	*ret_key = key;
	return ERR_OK;
}

struct jose_key *jose_key_make(void)
{
	static const uint8_t exponent[] = {1, 0, 1};
	struct jose_key *key =
		key_of(cjose_jwk_create_RSA_random(BITS_LEAST, exponent, sizeof(exponent), NULL));
	ASSERT(key != NULL);
	return key;
}

void jose_key_free(struct jose_key **key)
{
	struct jose_key *k = *key;
	*key = NULL;
	if (!k)
		return;
	cjose_jwk_release(k->jwk);
	mem_free(k->n);
	mem_free(k->e);
	mem_free(k);
}

const char *jose_key_kid(const struct jose_key *key)
{
	return key->kid;
}

void jose_key_write(const struct jose_key *key, struct buf *ret)
{
	char *text = cjose_jwk_to_json(key->jwk, true, NULL);
	ASSERT(text != NULL);
	buf_add_text(ret, text);
	wiping_free(text);
}

void jose_key_write_public(const struct jose_key *key, struct buf *ret)
{
	buf_addf(ret, "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\",\"kid\":\"%s\"", key->n, key->e,
		key->kid);
}

void jose_sign(const struct jose_key *key, struct slice payload, struct buf *ret)
{
	cjose_header_t *header = cjose_header_new(NULL);
	ASSERT(header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_RS256, NULL) &&
		cjose_header_set(header, CJOSE_HDR_KID, key->kid, NULL));
	cjose_jws_t *jws = cjose_jws_sign(key->jwk, header, payload.p, payload.n, NULL);
	const char *text = NULL;
	ASSERT(jws && cjose_jws_export(jws, &text, NULL));
	buf_add_text(ret, text);
	cjose_jws_release(jws);
	cjose_header_release(header);
}

enum err jose_verify(const struct jose_key *key, struct slice token, struct buf *ret)
{
	cjose_jws_t *jws = cjose_jws_import((const char *)token.p, token.n, NULL);
	uint8_t *payload = NULL;
	size_t n = 0;
	bool good = jws && cjose_jws_verify(jws, key->jwk, NULL) &&
		    cjose_jws_get_plaintext(jws, &payload, &n, NULL);
	if (good)
		buf_add(ret, slice_of(payload, n));
	cjose_jws_release(jws);
	crypt_forget_errors();
	return good ? buf_check(ret) : ERR_BAD_SIGNATURE;
}

enum err jose_decrypt(const struct jose_key *key, struct slice token, struct buf *ret)
{
	cjose_jwe_t *jwe = cjose_jwe_import((const char *)token.p, token.n, NULL);
	size_t n = 0;
	uint8_t *plain = jwe ? cjose_jwe_decrypt(jwe, key->jwk, &n, NULL) : NULL;
	if (plain)
		buf_add(ret, slice_of(plain, n));
	bool good = plain != NULL;
	wiping_free(plain);
	cjose_jwe_release(jwe);
	crypt_forget_errors();
	return good ? buf_check(ret) : ERR_BAD_FIELD;
}
