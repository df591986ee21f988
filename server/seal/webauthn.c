/* Authenticator data and signatures. libfido2 1.12 parses keys and verifies signatures; what it
 * leaves out is done here: it takes bytes behind the data for granted, does not look at presence
 * and verification unless told to, and compares the set of extensions exactly, so that an assertion
 * with PRF verifies only if hmac-secret is announced to it when, and only when, the data has it. So
 * the data is walked to its last byte here first, and libfido2 sees only what is well-formed. */
#include "seal/webauthn.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "seal/cbor.h"

/* Bits of the flags, and labels of a COSE key. */
enum {
	USER_PRESENT = 0x01,
	USER_VERIFIED = 0x04,
	BACKUP_ELIGIBLE = 0x08,
	BACKED_UP = 0x10,
	HAS_CREDENTIAL = 0x40,
	HAS_EXTENSIONS = 0x80,
};
enum { AAGUID_SIZE = 16, COSE_ALG = 3 };

static const char *const words[WEBAUTHN_COUNT] = {
#define WEBAUTHN(name, word) [WEBAUTHN_##name] = (word),
#include "seal/webauthn.def"
#undef WEBAUTHN
};

const char *webauthn_word(enum webauthn w)
{
	ASSERT((unsigned)w < WEBAUTHN_COUNT);
	return words[w];
}

#define AGREE(call) \
	do { \
		enum webauthn agree_word_ = (call); \
		if (agree_word_ != WEBAUTHN_OK) \
			return agree_word_; \
	} while (0)
#define DEMAND(rule, name) \
	do { \
		if (!(rule)) \
			return WEBAUTHN_##name; \
	} while (0)

static void cred_cleanup(fido_cred_t **cred)
{
	fido_cred_free(cred);
}

static void assert_cleanup(fido_assert_t **a)
{
	fido_assert_free(a);
}

/* --- authenticator data --- */

struct data {
	struct slice bytes;
	struct hash rp;
	uint8_t flags;
	uint32_t counter;
	struct slice credential;
	int64_t algorithm; /* of the key */
	int extensions;    /* those that libfido2 compares */
};

/* The number of the algorithm; the rest of the key is libfido2's to read. */
static int64_t key_algorithm(struct reader *r)
{
	struct reader key = reader_of(cbor_item(r));
	int64_t algorithm = 0;
	for (size_t n = cbor_map(&key); n > 0 && !key.bad; n--) {
		bool here = cbor_int(&key) == COSE_ALG;
		struct reader value = reader_of(cbor_item(&key));
		if (here)
			algorithm = cbor_int(&value);
		key.bad = key.bad || (here && !reader_is_done(&value));
	}
	r->bad = r->bad || !reader_is_done(&key);
	return algorithm;
}

static int extension_mask(struct reader *r)
{
	int mask = 0;
	for (size_t n = cbor_map(r); n > 0 && !r->bad; n--) {
		if (slice_is(cbor_text(r), "hmac-secret"))
			mask |= FIDO_EXT_HMAC_SECRET;
		(void)cbor_item(r);
	}
	return mask;
}

static bool data_parse(struct slice bytes, struct data *ret)
{
	struct reader r = reader_of(bytes);
	struct data d = {.bytes = bytes, .rp = reader_hash(&r)};
	d.flags = reader_u8(&r);
	d.counter = reader_u32(&r);
	if ((d.flags & HAS_CREDENTIAL) != 0) {
		(void)reader_bytes(&r, AAGUID_SIZE);
		d.credential = reader_bytes(&r, reader_u16(&r));
		d.algorithm = key_algorithm(&r);
	}
	if ((d.flags & HAS_EXTENSIONS) != 0)
		d.extensions = extension_mask(&r);
	*ret = d;
	return reader_is_done(&r);
}

static enum webauthn check_data(const struct data *d, const char *rp_id)
{
	struct hash rp = crypt_sha256(slice_text(rp_id));
	DEMAND(hash_equal(&d->rp, &rp), WRONG_RP);
	DEMAND((d->flags & USER_PRESENT) != 0, NOT_PRESENT);
	DEMAND((d->flags & USER_VERIFIED) != 0, NOT_VERIFIED);
	DEMAND((d->flags & BACKED_UP) == 0 || (d->flags & BACKUP_ELIGIBLE) != 0, BAD_BACKUP);
	return WEBAUTHN_OK;
}

/* --- keys --- */

/* Whether these bytes are a key of this kind, and, if there is an assertion, whether it signed it.
 */
#define KEY_KIND(kind, cose) \
	static bool kind##_is_good(struct slice bytes, const fido_assert_t *a) \
	{ \
		kind##_pk_t *key = kind##_pk_new(); \
		ASSERT(key != NULL); \
		bool good = kind##_pk_from_ptr(key, bytes.p, bytes.n) == FIDO_OK && \
			    (a == NULL || fido_assert_verify(a, 0, cose, key) == FIDO_OK); \
		kind##_pk_free(&key); \
		return good; \
	}
KEY_KIND(es256, COSE_ES256)
KEY_KIND(eddsa, COSE_EDDSA)
KEY_KIND(rs256, COSE_RS256)

static const struct key_kind {
	int algorithm;
	size_t size; /* as libfido2 lays it out */
	bool (*is_good)(struct slice bytes, const fido_assert_t *a);
} key_kinds[] = {
	{WEBAUTHN_ES256, 64, es256_is_good},
	{WEBAUTHN_EDDSA, 32, eddsa_is_good},
	{WEBAUTHN_RS256, WEBAUTHN_KEY_MAX, rs256_is_good},
};

/* NULL for an algorithm that no passkey may sign with. */
static const struct key_kind *key_kind_find(int64_t algorithm)
{
	for (size_t i = 0; i < sizeof(key_kinds) / sizeof(key_kinds[0]); i++)
		if (key_kinds[i].algorithm == algorithm)
			return &key_kinds[i];
	return NULL;
}

/* --- registration --- */

struct object {
	struct slice format, statement, data;
};

/* Exactly these three, in any order. */
static bool object_parse(struct slice bytes, struct object *ret)
{
	struct reader r = reader_of(bytes);
	struct object o = {0};
	size_t n = cbor_map(&r);
	for (size_t i = 0; i < n && !r.bad; i++) {
		struct slice name = cbor_text(&r);
		if (slice_is(name, "fmt") && o.format.p == NULL)
			o.format = cbor_text(&r);
		else if (slice_is(name, "attStmt") && o.statement.p == NULL)
			o.statement = cbor_item(&r);
		else if (slice_is(name, "authData") && o.data.p == NULL)
			o.data = cbor_bytes(&r);
		else
			r.bad = true;
	}
	*ret = o;
	return reader_is_done(&r) && n == 3;
}

static bool statement_is_empty(struct slice statement)
{
	struct reader r = reader_of(statement);
	return cbor_map(&r) == 0 && reader_is_done(&r);
}

/* Browsers leave a statement that the new key itself signed; one by a maker was not asked for. */
static bool is_self_attested(
	fido_cred_t *cred, const char *rp_id, const struct object *o, const struct hash *client)
{
	return slice_is(o->format, "packed") && fido_cred_set_fmt(cred, "packed") == FIDO_OK &&
	       fido_cred_set_rp(cred, rp_id, NULL) == FIDO_OK &&
	       fido_cred_set_uv(cred, FIDO_OPT_TRUE) == FIDO_OK &&
	       fido_cred_set_clientdata_hash(cred, client->b, sizeof(client->b)) == FIDO_OK &&
	       fido_cred_set_attstmt(cred, o->statement.p, o->statement.n) == FIDO_OK &&
	       fido_cred_verify_self(cred) == FIDO_OK;
}

/* The key as libfido2 reads it, and as it will take it at every assertion. */
static enum webauthn take_key(const fido_cred_t *cred, struct webauthn_made *ret)
{
	const struct key_kind *kind = key_kind_find(ret->passkey.algorithm);
	struct slice key = slice_of(fido_cred_pubkey_ptr(cred), fido_cred_pubkey_len(cred));
	DEMAND(kind != NULL && key.p != NULL && key.n == kind->size, BAD_KEY);
	memcpy(ret->key_bytes, key.p, key.n);
	ret->passkey.key = slice_of(ret->key_bytes, key.n);
	DEMAND(kind->is_good(ret->passkey.key, NULL), BAD_KEY);
	return WEBAUTHN_OK;
}

enum webauthn webauthn_check_made(
	const char *rp_id, struct slice client, struct slice object, struct webauthn_made *ret)
{
	struct object o;
	struct data d;
	DEMAND(object_parse(object, &o), BAD_OBJECT);
	DEMAND(data_parse(o.data, &d) && (d.flags & HAS_CREDENTIAL) != 0, BAD_DATA);
	DEMAND(d.credential.n >= WEBAUTHN_CREDENTIAL_MIN &&
			d.credential.n <= WEBAUTHN_CREDENTIAL_MAX,
		BAD_DATA);
	AGREE(check_data(&d, rp_id));
	DEMAND(key_kind_find(d.algorithm) != NULL, UNKNOWN_ALGORITHM);
	ret->credential = d.credential;
	ret->counter = d.counter;
	ret->passkey = (struct webauthn_passkey){
		.algorithm = (int)d.algorithm, .synced = (d.flags & BACKUP_ELIGIBLE) != 0};
	struct hash hash = crypt_sha256(client);
	fido_init(0);
	AUTO(cred) fido_cred_t *cred = fido_cred_new();
	ASSERT(cred != NULL);
	DEMAND(fido_cred_set_type(cred, ret->passkey.algorithm) == FIDO_OK &&
			fido_cred_set_extensions(cred, d.extensions) == FIDO_OK &&
			fido_cred_set_authdata_raw(cred, d.bytes.p, d.bytes.n) == FIDO_OK,
		BAD_KEY);
	AGREE(take_key(cred, ret));
	DEMAND((slice_is(o.format, "none") && statement_is_empty(o.statement)) ||
			is_self_attested(cred, rp_id, &o, &hash),
		BAD_ATTESTATION);
	return WEBAUTHN_OK;
}

/* --- assertion --- */

static bool assertion_fill(fido_assert_t *out, const char *rp_id,
	const struct webauthn_assertion *a, const struct data *d)
{
	struct hash client = crypt_sha256(a->client);
	return fido_assert_set_rp(out, rp_id) == FIDO_OK &&
	       fido_assert_set_clientdata_hash(out, client.b, sizeof(client.b)) == FIDO_OK &&
	       fido_assert_set_up(out, FIDO_OPT_TRUE) == FIDO_OK &&
	       fido_assert_set_uv(out, FIDO_OPT_TRUE) == FIDO_OK &&
	       fido_assert_set_extensions(out, d->extensions) == FIDO_OK &&
	       fido_assert_set_count(out, 1) == FIDO_OK &&
	       fido_assert_set_authdata_raw(out, 0, d->bytes.p, d->bytes.n) == FIDO_OK;
}

enum webauthn webauthn_check_assertion(const char *rp_id, const struct webauthn_passkey *passkey,
	const struct webauthn_assertion *a, uint32_t *ret_counter)
{
	struct data d;
	const struct key_kind *kind = key_kind_find(passkey->algorithm);
	DEMAND(kind != NULL && passkey->key.n == kind->size, UNKNOWN_ALGORITHM);
	DEMAND(data_parse(a->data, &d) && (d.flags & HAS_CREDENTIAL) == 0, BAD_DATA);
	AGREE(check_data(&d, rp_id));
	DEMAND(((d.flags & BACKUP_ELIGIBLE) != 0) == passkey->synced, BAD_BACKUP);
	fido_init(0);
	AUTO(assert) fido_assert_t *assertion = fido_assert_new();
	ASSERT(assertion != NULL);
	DEMAND(assertion_fill(assertion, rp_id, a, &d), BAD_DATA);
	DEMAND(fido_assert_set_sig(assertion, 0, a->signature.p, a->signature.n) == FIDO_OK &&
			kind->is_good(passkey->key, assertion),
		BAD_SIGNATURE);
	*ret_counter = d.counter;
	return WEBAUTHN_OK;
}
