/* Passkeys: a software authenticator that says what real ones say, and everything else. */
#include "unit.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "seal/webauthn.h"

#define ORIGIN "https://luotsi.example"
#define RP "luotsi.example"
#define CHALLENGE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define CLIENT(type) \
	"{\"type\":\"" type "\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" ORIGIN \
	"\",\"crossOrigin\":false}"

#define assert_word(call, name) \
	assert_string_equal(webauthn_word(call), webauthn_word(WEBAUTHN_##name))

enum { UP = 1, UV = 4, BE = 8, BS = 16, AT = 64, ED = 128, USUAL = UP | UV };

static int arena_begin(void **state)
{
	*state = arena_new(4096);
	return 0;
}

static int arena_end(void **state)
{
	struct arena *a = *state;
	arena_free(&a);
	return 0;
}

/* --- what a browser says --- */

static enum webauthn client(const char *json, size_t n)
{
	struct hash challenge;
	return webauthn_client(slice_of(json, n), WEBAUTHN_GET, SLICE_LIT(ORIGIN), &challenge);
}

static void tells_which_challenge_was_answered(void **state)
{
	(void)state;
	uint8_t bytes[32];
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	struct hash want = crypt_sha256(slice_of(bytes, 32)), seen;
	assert_word(webauthn_client(SLICE_LIT(CLIENT("webauthn.get")), WEBAUTHN_GET,
			    SLICE_LIT(ORIGIN), &seen),
		OK);
	assert_memory_equal(&want, &seen, 32);
	assert_word(webauthn_client(SLICE_LIT(CLIENT("webauthn.create")), WEBAUTHN_CREATE,
			    SLICE_LIT(ORIGIN), &seen),
		OK);
}

static void lets_be_what_browsers_add(void **state)
{
	(void)state;
	static const char added[] =
		"{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" ORIGIN
		"\",\"other_keys_can_be_added_here\":\"do not compare\",\"x\":[{}]}";
	assert_word(client(added, sizeof(added) - 1), OK);
}

#define GET "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "\",\"origin\":\""

static void refuses_client_data_that_is_not_ours(void **state)
{
	(void)state;
	static const struct {
		const char *json, *word;
	} wrong[] = {
		{"", "bad_client_data"},
		{"[]", "bad_client_data"},
		{"{}", "wrong_type"},
		{CLIENT("webauthn.get") " x", "bad_client_data"},
		{CLIENT("webauthn.get") "{}", "bad_client_data"},
		{GET ORIGIN "\",\"type\":\"webauthn.get\"}", "bad_client_data"},
		{GET ORIGIN "\",\"x\":\"\xff\"}", "bad_client_data"},
		{GET ORIGIN "\\u0000\"}", "bad_client_data"},
		{CLIENT("webauthn.create"), "wrong_type"},
		{CLIENT("payment.get"), "wrong_type"},
		{CLIENT("Webauthn.get"), "wrong_type"},
		{"{\"type\":1}", "wrong_type"},
		{"{\"type\":\"webauthn.get\",\"origin\":\"" ORIGIN "\"}", "bad_challenge"},
		{"{\"type\":\"webauthn.get\",\"challenge\":\"\"}", "bad_challenge"},
		{"{\"type\":\"webauthn.get\",\"challenge\":\"AAEC\"}", "bad_challenge"},
		{"{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "=\"}", "bad_challenge"},
		{"{\"type\":\"webauthn.get\",\"challenge\":"
		 "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\"}",
			"bad_challenge"},
		{"{\"type\":\"webauthn.get\",\"challenge\":[\"" CHALLENGE "\"]}", "bad_challenge"},
		{GET "\"}", "wrong_origin"},
		{GET ORIGIN "/\"}", "wrong_origin"},
		{GET ORIGIN ":443\"}", "wrong_origin"},
		{GET "http://luotsi.example\"}", "wrong_origin"},
		{GET "https://Luotsi.example\"}", "wrong_origin"},
		{GET "https://a.luotsi.example\"}", "wrong_origin"},
		{GET "https://luotsi.example.evil.example\"}", "wrong_origin"},
		{GET ORIGIN "\",\"crossOrigin\":true}", "cross_origin"},
		{GET ORIGIN "\",\"crossOrigin\":\"false\"}", "cross_origin"},
		{GET ORIGIN "\",\"crossOrigin\":null}", "cross_origin"},
		{GET ORIGIN "\",\"crossOrigin\":false,\"topOrigin\":\"" ORIGIN "\"}",
			"cross_origin"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_string_equal(
			webauthn_word(client(wrong[i].json, strlen(wrong[i].json))), wrong[i].word);
}

/* --- a software authenticator --- */

struct device {
	struct arena *arena;
	EVP_PKEY *key;
	int64_t algorithm;
	uint8_t flags;
	uint32_t counter;
	const char *rp;
	struct slice extensions;
	struct slice credential;
};

static struct slice take(struct arena *a, struct buf *b)
{
	assert_ok(buf_check(b));
	struct slice copy = arena_copy(a, buf_slice(b));
	buf_done(b);
	return copy;
}

static void put_head(struct buf *b, uint8_t major, uint64_t n)
{
	if (n < 24) {
		buf_add_byte(b, (uint8_t)(major << 5 | (uint8_t)n));
	} else if (n < 256) {
		buf_add_byte(b, (uint8_t)(major << 5 | 24));
		buf_add_byte(b, (uint8_t)n);
	} else {
		buf_add_byte(b, (uint8_t)(major << 5 | 25));
		buf_add_u16(b, (uint16_t)n);
	}
}

static void put_int(struct buf *b, int64_t v)
{
	if (v < 0)
		put_head(b, 1, (uint64_t)(-1 - v));
	else
		put_head(b, 0, (uint64_t)v);
}

static void put_text(struct buf *b, const char *text)
{
	put_head(b, 3, strlen(text));
	buf_add_text(b, text);
}

static void put_bytes(struct buf *b, struct slice bytes)
{
	put_head(b, 2, bytes.n);
	buf_add(b, bytes);
}

static void put_number(struct buf *b, const EVP_PKEY *key, const char *name, int size)
{
	BIGNUM *n = NULL;
	uint8_t bytes[512];
	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	assert_int_equal(BN_bn2binpad(n, bytes, size), size);
	put_bytes(b, slice_of(bytes, (size_t)size));
	BN_free(n);
}

/* A COSE key. */
static void put_key(struct buf *b, const struct device *d)
{
	int type = EVP_PKEY_get_base_id(d->key);
	put_head(b, 5, type == EVP_PKEY_EC ? 5 : 4);
	put_int(b, 1);
	put_int(b, type == EVP_PKEY_EC ? 2 : type == EVP_PKEY_RSA ? 3 : 1);
	put_int(b, 3);
	put_int(b, d->algorithm);
	put_int(b, -1);
	if (type == EVP_PKEY_RSA) {
		put_number(b, d->key, "n", 256);
		put_int(b, -2);
		put_number(b, d->key, "e", 3);
	} else if (type == EVP_PKEY_EC) {
		put_int(b, 1);
		put_int(b, -2);
		put_number(b, d->key, "qx", 32);
		put_int(b, -3);
		put_number(b, d->key, "qy", 32);
	} else {
		uint8_t point[32];
		size_t n = sizeof(point);
		assert_int_equal(EVP_PKEY_get_raw_public_key(d->key, point, &n), 1);
		put_int(b, 6);
		put_int(b, -2);
		put_bytes(b, slice_of(point, n));
	}
}

static struct slice data_of(const struct device *d)
{
	struct buf b = BUF_MAX(65536);
	struct hash rp = crypt_sha256(slice_text(d->rp));
	buf_add(&b, hash_slice(&rp));
	buf_add_byte(&b, d->flags);
	buf_add_u32(&b, d->counter);
	if ((d->flags & AT) != 0) {
		buf_add(&b, slice_of((const uint8_t[16]){0}, 16));
		buf_add_u16(&b, (uint16_t)d->credential.n);
		buf_add(&b, d->credential);
		put_key(&b, d);
	}
	if ((d->flags & ED) != 0)
		buf_add(&b, d->extensions);
	return take(d->arena, &b);
}

static struct slice sign(const struct device *d, struct slice data, struct slice json)
{
	struct hash hash = crypt_sha256(json);
	uint8_t whole[4096], signature[512];
	size_t n = sizeof(signature);
	assert_true(data.n + 32 <= sizeof(whole));
	memcpy(whole, data.p, data.n);
	memcpy(whole + data.n, hash.b, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_PKEY_get_base_id(d->key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, d->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, whole, data.n + 32), 1);
	EVP_MD_CTX_free(ctx);
	return arena_copy(d->arena, slice_of(signature, n));
}

#define NONE "\xa0"

static struct slice object_of(
	const struct device *d, const char *format, struct slice statement, struct slice data)
{
	struct buf b = BUF_MAX(65536);
	put_head(&b, 5, 3);
	put_text(&b, "fmt");
	put_text(&b, format);
	put_text(&b, "attStmt");
	buf_add(&b, statement);
	put_text(&b, "authData");
	put_bytes(&b, data);
	return take(d->arena, &b);
}

static EVP_PKEY *key_of(int64_t algorithm)
{
	if (algorithm == WEBAUTHN_RS256)
		return EVP_RSA_gen(2048);
	return algorithm == WEBAUTHN_EDDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
					   : EVP_EC_gen("P-256");
}

static struct device device_of(struct arena *a, int64_t algorithm)
{
	static const uint8_t credential[20] = "a credential's name";
	return (struct device){.arena = a,
		.key = key_of(algorithm),
		.algorithm = algorithm,
		.flags = USUAL | AT,
		.counter = 7,
		.rp = RP,
		.credential = slice_of(credential, sizeof(credential))};
}

static void device_cleanup(struct device *d)
{
	EVP_PKEY_free(d->key);
}

#define HMAC_SECRET_MADE "\xa1\x6bhmac-secret\xf5"
#define HMAC_SECRET_ANSWERED "\xa1\x6bhmac-secret\x43key"

static const struct slice made_client = SLICE_LIT(CLIENT("webauthn.create"));
static const struct slice get_client = SLICE_LIT(CLIENT("webauthn.get"));

static enum webauthn made_object(struct slice object, struct webauthn_made *ret)
{
	return webauthn_check_made(RP, made_client, object, ret);
}

static enum webauthn made(const struct device *d)
{
	struct webauthn_made m;
	return made_object(object_of(d, "none", SLICE_LIT(NONE), data_of(d)), &m);
}

/* --- registration --- */

static void takes_a_new_passkey_of_each_algorithm(void **state)
{
	static const struct {
		int algorithm;
		size_t size;
	} kinds[] = {{WEBAUTHN_ES256, 64}, {WEBAUTHN_EDDSA, 32}, {WEBAUTHN_RS256, 259}};
	for (size_t i = 0; i < 3; i++) {
		AUTO(device) struct device d = device_of(*state, kinds[i].algorithm);
		struct webauthn_made m;
		struct slice object = object_of(&d, "none", SLICE_LIT(NONE), data_of(&d));
		assert_word(made_object(object, &m), OK);
		assert_int_equal(m.passkey.algorithm, kinds[i].algorithm);
		assert_int_equal(m.passkey.key.n, kinds[i].size);
		assert_true(slice_equal(m.credential, d.credential));
		assert_int_equal(m.counter, 7);
		assert_false(m.passkey.synced);
	}
}

static void takes_prf_and_backup_at_registration(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	struct webauthn_made m;
	d.flags = USUAL | AT | ED | BE | BS;
	d.extensions = SLICE_LIT(HMAC_SECRET_MADE);
	assert_word(made_object(object_of(&d, "none", SLICE_LIT(NONE), data_of(&d)), &m), OK);
	assert_true(m.passkey.synced);
}

static void refuses_every_cut_of_an_attestation_object_and_bytes_behind_it(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	struct webauthn_made m;
	struct slice data = data_of(&d), object = object_of(&d, "none", SLICE_LIT(NONE), data);
	for (size_t n = 0; n < object.n; n++)
		assert_word(made_object(slice_part(object, 0, n), &m), BAD_OBJECT);
	for (size_t n = 0; n < data.n; n++)
		assert_word(
			made_object(
				object_of(&d, "none", SLICE_LIT(NONE), slice_part(data, 0, n)), &m),
			BAD_DATA);
	struct buf b = BUF_MAX(4096);
	buf_add(&b, object);
	buf_add_byte(&b, 0);
	assert_word(made_object(take(*state, &b), &m), BAD_OBJECT);
	b = (struct buf)BUF_MAX(4096);
	buf_add(&b, data);
	buf_add_byte(&b, 0);
	assert_word(made_object(object_of(&d, "none", SLICE_LIT(NONE), take(*state, &b)), &m),
		BAD_DATA);
}

static void refuses_a_registration_without_presence_verification_or_for_another(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	d.flags = UV | AT;
	assert_word(made(&d), NOT_PRESENT);
	d.flags = UP | AT;
	assert_word(made(&d), NOT_VERIFIED);
	d.flags = USUAL | AT | BS;
	assert_word(made(&d), BAD_BACKUP);
	d.flags = USUAL;
	assert_word(made(&d), BAD_DATA);
	d.flags = USUAL | AT | ED;
	assert_word(made(&d), BAD_DATA);
	d.flags = USUAL | AT;
	d.rp = "evil.example";
	assert_word(made(&d), WRONG_RP);
}

static void refuses_keys_that_may_not_sign(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	static const int64_t others[] = {-35, -36, -37, -65535, 0, 5, -7 - 256, INT64_MIN / 2};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		d.algorithm = others[i];
		assert_word(made(&d), UNKNOWN_ALGORITHM);
	}
	d.algorithm = WEBAUTHN_RS256;
	assert_word(made(&d), BAD_KEY);
	d.algorithm = WEBAUTHN_EDDSA;
	assert_word(made(&d), BAD_KEY);
	d.algorithm = WEBAUTHN_ES256;
	struct slice data = data_of(&d);
	uint8_t *p = arena_alloc(*state, data.n);
	memcpy(p, data.p, data.n);
	p[data.n - 1] ^= 1; /* y: off the curve */
	struct webauthn_made m;
	assert_word(made_object(object_of(&d, "none", SLICE_LIT(NONE), slice_of(p, data.n)), &m),
		BAD_KEY);
}

static void refuses_credential_ids_of_a_strange_length(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	uint8_t *id = arena_alloc(*state, 1100);
	static const struct {
		size_t n;
		enum webauthn want;
	} sizes[] = {{0, WEBAUTHN_BAD_DATA}, {15, WEBAUTHN_BAD_DATA}, {16, WEBAUTHN_OK},
		{1023, WEBAUTHN_OK}, {1024, WEBAUTHN_BAD_DATA}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		d.credential = slice_of(id, sizes[i].n);
		assert_int_equal(made(&d), sizes[i].want);
	}
}

static struct slice self_statement(const struct device *d, struct slice data, bool certificate)
{
	struct buf b = BUF_MAX(65536);
	put_head(&b, 5, certificate ? 3 : 2);
	put_text(&b, "alg");
	put_int(&b, d->algorithm);
	put_text(&b, "sig");
	put_bytes(&b, sign(d, data, made_client));
	if (certificate) {
		put_text(&b, "x5c");
		put_head(&b, 4, 1);
		put_bytes(&b, SLICE_LIT("a certificate"));
	}
	return take(d->arena, &b);
}

static void takes_an_attestation_only_when_there_is_none_or_its_own(void **state)
{
	AUTO(device) struct device d = device_of(*state, WEBAUTHN_ES256);
	AUTO(device) struct device other = device_of(*state, WEBAUTHN_ES256);
	struct webauthn_made m;
	struct slice data = data_of(&d), own = self_statement(&d, data, false);
	assert_word(made_object(object_of(&d, "packed", own, data), &m), OK);
	assert_word(made_object(object_of(&d, "none", own, data), &m), BAD_ATTESTATION);
	assert_word(
		made_object(object_of(&d, "packed", SLICE_LIT(NONE), data), &m), BAD_ATTESTATION);
	assert_word(made_object(object_of(&d, "tpm", own, data), &m), BAD_ATTESTATION);
	assert_word(made_object(object_of(&d, "", SLICE_LIT(NONE), data), &m), BAD_ATTESTATION);
	struct slice foreign = self_statement(&other, data, false);
	assert_word(made_object(object_of(&d, "packed", foreign, data), &m), BAD_ATTESTATION);
	struct slice maker = self_statement(&d, data, true);
	assert_word(made_object(object_of(&d, "packed", maker, data), &m), BAD_ATTESTATION);
	d.flags |= ED;
	d.extensions = SLICE_LIT(HMAC_SECRET_MADE);
	data = data_of(&d);
	assert_word(made_object(object_of(&d, "packed", self_statement(&d, data, false), data), &m),
		OK);
}

static void refuses_objects_with_other_members(void **state)
{
	(void)state;
	static const struct slice wrong[] = {
		SLICE_LIT("\xa0"),
		SLICE_LIT("\x80"),
		SLICE_LIT("\xa1\x63\x66mt\x64none"),
		SLICE_LIT("\xa2\x63\x66mt\x64none\x67\x61ttStmt\xa0"),
		SLICE_LIT("\xa3\x63\x66mt\x64none\x63\x66mt\x64none\x67\x61ttStmt\xa0"),
		SLICE_LIT("\xa3\x63\x66mt\x64none\x67\x61ttStmt\xa0\x68\x61uthDatA\x40"),
		SLICE_LIT("\xa3\x63\x66mt\x64none\x67\x61ttStmt\xa0\x68\x61uthData\x60"),
		SLICE_LIT("\xbf\x63\x66mt\x64none\x67\x61ttStmt\xa0\x68\x61uthData\x40\xff"),
		SLICE_LIT("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
	};
	struct webauthn_made m;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_word(made_object(wrong[i], &m), BAD_OBJECT);
}

/* --- assertion --- */

struct asked {
	struct webauthn_made made;
	struct device device;
};

static void register_device(struct arena *a, struct asked *ret, int algorithm)
{
	ret->device = device_of(a, algorithm);
	struct slice object =
		object_of(&ret->device, "none", SLICE_LIT(NONE), data_of(&ret->device));
	assert_word(made_object(object, &ret->made), OK);
	ret->device.flags = USUAL;
	ret->device.counter = 8;
}

static enum webauthn proven(const struct asked *k, struct slice json)
{
	uint32_t counter = 0;
	struct slice data = data_of(&k->device);
	struct webauthn_assertion a = {json, data, sign(&k->device, data, get_client)};
	enum webauthn w = webauthn_check_assertion(RP, &k->made.passkey, &a, &counter);
	assert_int_equal(counter, w == WEBAUTHN_OK ? k->device.counter : 0);
	return w;
}

static void believes_the_holder_of_each_kind_of_key(void **state)
{
	static const int kinds[] = {WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256};
	for (size_t i = 0; i < 3; i++) {
		struct asked k;
		register_device(*state, &k, kinds[i]);
		assert_word(proven(&k, get_client), OK);
		assert_word(proven(&k, made_client), BAD_SIGNATURE);
		device_cleanup(&k.device);
	}
}

/* libfido2 1.12 compares the set of extensions exactly. */
static void believes_with_prf_and_without(void **state)
{
	struct asked k;
	register_device(*state, &k, WEBAUTHN_ES256);
	k.device.flags = USUAL | ED;
	k.device.extensions = SLICE_LIT(HMAC_SECRET_ANSWERED);
	assert_word(proven(&k, get_client), OK);
	k.device.extensions = SLICE_LIT("\xa1\x67unknown\x43key");
	assert_word(proven(&k, get_client), OK);
	k.device.extensions = SLICE_LIT("\xa0");
	assert_word(proven(&k, get_client), OK);
	k.device.extensions = SLICE_LIT(HMAC_SECRET_ANSWERED "\xa0");
	assert_word(proven(&k, get_client), BAD_DATA);
	k.device.extensions = SLICE_LIT("\x80");
	assert_word(proven(&k, get_client), BAD_DATA);
	device_cleanup(&k.device);
}

static void refuses_an_assertion_without_presence_verification_or_for_another(void **state)
{
	static const struct {
		uint8_t flags;
		const char *rp, *word;
	} wrong[] = {{UV, RP, "not_present"}, {UP, RP, "not_verified"}, {0, RP, "not_present"},
		{USUAL, "evil.example", "wrong_rp"}, {USUAL | BS, RP, "bad_backup"},
		{USUAL | BE, RP, "bad_backup"}, {USUAL | AT, RP, "bad_data"}};
	struct asked k;
	register_device(*state, &k, WEBAUTHN_ES256);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		k.device.flags = wrong[i].flags;
		k.device.rp = wrong[i].rp;
		assert_string_equal(webauthn_word(proven(&k, get_client)), wrong[i].word);
	}
	device_cleanup(&k.device);
}

static void refuses_an_assertion_of_another_key(void **state)
{
	struct asked k, other;
	register_device(*state, &k, WEBAUTHN_ES256);
	register_device(*state, &other, WEBAUTHN_ES256);
	struct asked mixed = {.made = k.made, .device = other.device};
	assert_word(proven(&mixed, get_client), BAD_SIGNATURE);
	mixed.made.passkey.algorithm = WEBAUTHN_EDDSA;
	assert_word(proven(&mixed, get_client), UNKNOWN_ALGORITHM);
	mixed.made.passkey.algorithm = -35;
	assert_word(proven(&mixed, get_client), UNKNOWN_ALGORITHM);
	device_cleanup(&k.device);
	device_cleanup(&other.device);
}

static void refuses_every_flipped_bit_and_every_cut_of_an_assertion(void **state)
{
	struct asked k;
	register_device(*state, &k, WEBAUTHN_ES256);
	struct slice data = data_of(&k.device), signature = sign(&k.device, data, get_client);
	uint8_t *spoiled = arena_alloc(*state, data.n);
	uint32_t counter = 0;
	for (size_t bit = 0; bit < data.n * 8; bit++) {
		memcpy(spoiled, data.p, data.n);
		spoiled[bit / 8] ^= (uint8_t)(1u << bit % 8);
		struct webauthn_assertion a = {get_client, slice_of(spoiled, data.n), signature};
		assert_int_not_equal(
			webauthn_check_assertion(RP, &k.made.passkey, &a, &counter), WEBAUTHN_OK);
	}
	for (size_t n = 0; n < data.n; n++) {
		struct webauthn_assertion a = {get_client, slice_part(data, 0, n), signature};
		assert_word(webauthn_check_assertion(RP, &k.made.passkey, &a, &counter), BAD_DATA);
	}
	for (size_t n = 0; n < signature.n; n++) {
		struct webauthn_assertion a = {get_client, data, slice_part(signature, 0, n)};
		assert_word(
			webauthn_check_assertion(RP, &k.made.passkey, &a, &counter), BAD_SIGNATURE);
	}
	assert_int_equal(counter, 0);
	device_cleanup(&k.device);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(tells_which_challenge_was_answered),
		FACT(lets_be_what_browsers_add),
		FACT(refuses_client_data_that_is_not_ours),
		FACT(takes_a_new_passkey_of_each_algorithm),
		FACT(takes_prf_and_backup_at_registration),
		FACT(refuses_every_cut_of_an_attestation_object_and_bytes_behind_it),
		FACT(refuses_a_registration_without_presence_verification_or_for_another),
		FACT(refuses_keys_that_may_not_sign),
		FACT(refuses_credential_ids_of_a_strange_length),
		FACT(takes_an_attestation_only_when_there_is_none_or_its_own),
		FACT(refuses_objects_with_other_members),
		FACT(believes_the_holder_of_each_kind_of_key),
		FACT(believes_with_prf_and_without),
		FACT(refuses_an_assertion_without_presence_verification_or_for_another),
		FACT(refuses_an_assertion_of_another_key),
		FACT(refuses_every_flipped_bit_and_every_cut_of_an_assertion),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
