/* Encoders of the sealed formats for tests, written from proto/FORMAT.md and apart from the parsers
 * that they try. */
#include "seal_build.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "seal/label.h"

struct signer signer_new(void)
{
	struct signer s = {.pkey = EVP_EC_gen("P-256")};
	size_t n = 0;
	ASSERT(s.pkey != NULL);
	ASSERT(EVP_PKEY_get_octet_string_param(s.pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, s.pub.b,
		       sizeof(s.pub.b), &n) == 1);
	ASSERT(n == sizeof(s.pub.b));
	s.sig_kid = kid_sig(&s.pub);
	s.enc_kid = kid_enc(&s.pub);
	return s;
}

void signer_done(struct signer *signer)
{
	EVP_PKEY_free(signer->pkey);
	signer->pkey = NULL;
}

static void make_low(BIGNUM *s)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BIGNUM *half = BN_dup(order);
	ASSERT(BN_rshift1(half, half) == 1);
	if (BN_cmp(s, half) > 0)
		ASSERT(BN_sub(s, order, s) == 1);
	BN_free(half);
	EC_GROUP_free(group);
}

void signer_sign(const struct signer *signer, struct slice message, uint8_t ret_sig[64])
{
	uint8_t der[80];
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASSERT(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, signer->pkey) == 1);
	ASSERT(EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1);
	EVP_MD_CTX_free(ctx);
	const unsigned char *at = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	BIGNUM *r = BN_dup(ECDSA_SIG_get0_r(sig)), *s = BN_dup(ECDSA_SIG_get0_s(sig));
	make_low(s);
	ASSERT(BN_bn2binpad(r, ret_sig, 32) == 32 && BN_bn2binpad(s, ret_sig + 32, 32) == 32);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
}

struct id id_of(uint8_t fill)
{
	struct id id;
	memset(id.b, fill, sizeof(id.b));
	return id;
}

struct hash hash_of(uint8_t fill)
{
	struct hash hash;
	memset(hash.b, fill, sizeof(hash.b));
	return hash;
}

struct slice fill_of(struct arena *a, uint8_t fill, size_t n)
{
	uint8_t *p = arena_alloc(a, n + 1);
	memset(p, fill, n);
	return slice_of(p, n);
}

void put_id(struct buf *b, const struct id *id)
{
	buf_add(b, id_slice(id));
}

void put_hash(struct buf *b, const struct hash *hash)
{
	buf_add(b, hash_slice(hash));
}

void put_pub(struct buf *b, const struct pub *pub)
{
	buf_add(b, pub_slice(pub));
}

struct slice body_take(struct arena *a, struct buf *b)
{
	ASSERT(buf_check(b) == ERR_OK);
	struct slice body = arena_copy(a, buf_slice(b));
	buf_done(b);
	return body;
}

static void put_header(struct buf *b, const struct draft *d)
{
	buf_add_text(b, "LUO1");
	buf_add_byte(b, d->kind);
	buf_add_byte(b, d->suite);
	put_id(b, &d->org);
	put_id(b, &d->room);
	put_id(b, &d->msg_id);
	put_id(b, &d->sender);
	put_hash(b, &d->sender_kid);
	buf_add_u32(b, d->epoch);
	buf_add_u64(b, d->sender_seq);
	put_hash(b, &d->log_head);
	buf_add_byte(b, d->n_parents);
	buf_add(b, d->parents);
	buf_add_u64(b, d->client_time_ms);
	buf_add_u16(b, d->retention_class);
	buf_add_u16(b, (uint16_t)d->clear.n);
	buf_add(b, d->clear);
	buf_add_u32(b, (uint32_t)d->body.n);
}

static struct slice finish(struct arena *a, const struct draft *d, bool tombstone)
{
	AUTO(buf) struct buf b = BUF_MAX(200000), message = BUF_MAX(20000);
	uint8_t sig[64];
	memset(sig, 0xAB, sizeof(sig));
	put_header(&b, d);
	struct hash body_hash = crypt_sha256(d->body);
	buf_add(&message, LABEL(LABEL_SIG));
	buf_add(&message, buf_slice(&b));
	put_hash(&message, &body_hash);
	if (d->signer != NULL)
		signer_sign(d->signer, buf_slice(&message), sig);
	buf_add(&b, tombstone ? hash_slice(&body_hash) : d->body);
	buf_add(&b, slice_of(sig, sizeof(sig)));
	ASSERT(buf_check(&b) == ERR_OK && buf_check(&message) == ERR_OK);
	return arena_copy(a, buf_slice(&b));
}

struct slice draft_bytes(struct arena *a, const struct draft *d)
{
	return finish(a, d, false);
}

struct slice draft_tombstone(struct arena *a, const struct draft *d)
{
	return finish(a, d, true);
}
