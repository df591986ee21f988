/* What becomes of ID tokens: those that another implementation made are opened, and each way in
 * which a token can be wrong is refused for its own reason. argv[1]: keys_tokens.json. */
#include <cjose/cjose.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "keys/file.h"
#include "keys/keeper.h"
#include "unit.h"

#define ORG "00112233445566778899aabbccddeeff"

enum { TEXT_MAX = 1 << 16 };

static json_t *world; /* keys_tokens.json */
static char dir[32], providers_dir[64];
static struct keeper *keeper;
static const struct id org = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff}};
static const struct hash nonce = {{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
	7, 7, 7, 7, 7, 7, 7, 7, 7, 7}};
static struct keys_answer answer;

static const char *says(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

static const char *world_text(const char *name)
{
	const char *text = json_string_value(json_object_get(world, name));
	assert_non_null(text);
	return text;
}

static int64_t world_now(void)
{
	return json_integer_value(json_object_get(world, "now"));
}

static void put(const char *in, const char *name, const char *text)
{
	struct file_name path;
	assert_ok(file_name_make(in, name, &path));
	assert_ok(file_write(path.text, slice_text(text), true));
}

static void put_key(const char *from, const char *name)
{
	char *text = json_dumps(json_object_get(world, from), 0);
	put(dir, name, text);
	free(text);
}

#define PROVIDER(more) \
	"name_fi=P\nname_sv=P\nname_en=P\nissuer=https://bank.example/" \
	"oidc\nclient_id=luotsi-test\n" \
	"authorization_endpoint=https://bank.example/auth\nacr=http://ftn.ficora.fi/2017/loa3 " \
	"loa2\n" \
	"token_endpoint=https://bank.example/token\n" more

static void keeper_start(bool development)
{
	AUTO(buf) struct buf why = BUF_MAX(4096);
	const struct keeper_settings settings = {
		dir, providers_dir, development, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"};
	keeper_free(&keeper);
	enum err e = keeper_make(&settings, false, &why);
	assert_ok(e);
	buf_reset(&why);
	e = keeper_load(&settings, &keeper, &why);
	if (e != ERR_OK)
		print_message("%s\n", buf_text(&why));
	assert_ok(e);
}

static int world_begin(void **state)
{
	(void)state;
	char file[128];
	memcpy(dir, "/tmp/luotsi-keys-XXXXXX", sizeof("/tmp/luotsi-keys-XXXXXX"));
	assert_non_null(mkdtemp(dir));
	(void)snprintf(providers_dir, sizeof(providers_dir), "%s/providers", dir);
	assert_int_equal(mkdir(providers_dir, 0700), 0);
	put_key("sign", "pankki.sign.jwk");
	put_key("decrypt", "pankki.decrypt.jwk");
	put(dir, "bank.jwks", world_text("jwks"));
	(void)snprintf(file, sizeof(file), "jwks_file=%s/bank.jwks\n", dir);
	put(providers_dir, "pankki.conf", PROVIDER("jwks_uri=https://bank.example/jwks\n"));
	put(providers_dir, "virka.conf",
		PROVIDER("jwks_uri=https://bank.example/jwks\naudience=staff\norganisation=" ORG
			 "\nencrypted=no\nclaim_code=sub\n"));
	AUTO(buf) struct buf fixed = BUF_MAX(4096);
	buf_add_text(&fixed, PROVIDER(""));
	buf_add_text(&fixed, file);
	buf_add_text(&fixed, "sign_key=pankki.sign.jwk\ndecrypt_key=pankki.decrypt.jwk\n");
	put(providers_dir, "vakio.conf", buf_text(&fixed));
	clock_shift_for_tests(world_now() * 1000 - clock_wall_ms());
	keeper_start(false);
	return 0;
}

static int world_end(void **state)
{
	(void)state;
	char command[64];
	static const char *const names[] = {"pankki.sign.jwk", "pankki.decrypt.jwk", "pankki.jwks",
		"virka.sign.jwk", "virka.jwks", "vakio.jwks", "bank.jwks", "index.1.key",
		"field.1.key", "unit.1.key", "providers/pankki.conf", "providers/virka.conf",
		"providers/vakio.conf"};
	keeper_free(&keeper);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(command, sizeof(command), "%s/%s", dir, names[i]);
		assert_int_equal(unlink(command), 0);
	}
	return rmdir(providers_dir) || rmdir(dir);
}

/* --- tokens of our own making --- */

static cjose_jwk_t *key_of(const char *name)
{
	char *text = json_dumps(json_object_get(world, name), 0);
	cjose_jwk_t *jwk = cjose_jwk_import(text, strlen(text), NULL);
	free(text);
	assert_non_null(jwk);
	return jwk;
}

static void sign(struct slice payload, const char *key, struct buf *ret)
{
	cjose_jwk_t *jwk = key_of(key);
	cjose_header_t *header = cjose_header_new(NULL);
	const char *text = NULL;
	assert_true(cjose_header_set(header, "alg", "RS256", NULL));
	const char *kid = says(json_object_get(world, "provider"), "kid");
	assert_true(cjose_header_set(header, "kid", kid, NULL));
	cjose_jws_t *jws = cjose_jws_sign(jwk, header, payload.p, payload.n, NULL);
	assert_true(cjose_jws_export(jws, &text, NULL));
	buf_add_text(ret, text);
	cjose_jws_release(jws);
	cjose_header_release(header);
	cjose_jwk_release(jwk);
}

static void encrypt(struct slice token, struct buf *ret)
{
	cjose_jwk_t *jwk = key_of("decrypt");
	cjose_header_t *header = cjose_header_new(NULL);
	assert_true(cjose_header_set(header, "alg", "RSA-OAEP", NULL));
	assert_true(cjose_header_set(header, "enc", "A256GCM", NULL));
	assert_true(cjose_header_set(header, "cty", "JWT", NULL));
	cjose_jwe_t *jwe = cjose_jwe_encrypt(jwk, header, token.p, token.n, NULL);
	assert_non_null(jwe);
	char *text = cjose_jwe_export(jwe, NULL);
	buf_add_text(ret, text);
	free(text);
	cjose_jwe_release(jwe);
	cjose_header_release(header);
	cjose_jwk_release(jwk);
}

static enum keys_reason open_token(const char *provider, struct slice token)
{
	const struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = slice_text(provider),
		.open = {token, slice_text(world_text("jwks")), nonce, id_slice(&org)}};
	keeper_answer(keeper, &ask, &answer);
	return answer.reason;
}

static enum keys_reason open_payload(struct slice payload)
{
	AUTO(buf) struct buf jws = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jwe = BUF_MAX(TEXT_MAX);
	sign(payload, "provider", &jws);
	encrypt(buf_slice(&jws), &jwe);
	return open_token("pankki", buf_slice(&jwe));
}

/* The good claims with one member's raw JSON in place of what stood there; NULL leaves it out. */
static void claims_with(const char *name, const char *raw, struct buf *ret)
{
	char nonce_text[44] = {0};
	b64_encode(hash_slice(&nonce), nonce_text);
	json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s,s:s}", "iss",
		"https://bank.example/oidc", "aud", "luotsi-test", "nonce", nonce_text, "acr",
		"loa2", "iat", (json_int_t)world_now(), "exp", (json_int_t)world_now() + 300,
		"auth_time", (json_int_t)world_now() - 5, "personal_identity_code", "131052-308T",
		"sub", "anna", "given_name", "Eeva", "family_name", "Virtanen");
	assert_non_null(claims);
	if (name && !raw)
		assert_int_equal(json_object_del(claims, name), 0);
	if (name && raw) {
		json_t *value = json_loads(raw, JSON_DECODE_ANY, NULL);
		assert_non_null(value);
		assert_int_equal(json_object_set_new(claims, name, value), 0);
	}
	char *text = json_dumps(claims, 0);
	buf_add_text(ret, text);
	free(text);
	json_decref(claims);
}

static enum keys_reason open_with(const char *name, const char *raw)
{
	AUTO(buf) struct buf claims = BUF_MAX(TEXT_MAX);
	claims_with(name, raw, &claims);
	return open_payload(buf_slice(&claims));
}

static enum keys_reason open_at(const char *name, int64_t seconds)
{
	char raw[32];
	clock_shift_for_tests(
		world_now() * 1000 - clock_wall_ms()); /* the limits are exact to a second */
	(void)snprintf(raw, sizeof(raw), "%lld", (long long)(world_now() + seconds));
	return open_with(name, raw);
}

/* --- the tests --- */

static void field_opens(enum keys_kind kind, struct slice sealed, const char *text)
{
	struct keys_ask ask = {.type = KEYS_FIELD_OPEN, .field = {kind, {org}, 1, sealed}};
	struct keys_answer opened;
	AUTO(buf) struct buf copy = BUF_MAX(4096);
	buf_add(&copy, sealed);
	ask.field.bytes = buf_slice(&copy);
	keeper_answer(keeper, &ask, &opened);
	assert_int_equal(opened.reason, KEYS_DONE);
	assert_int_equal(opened.bytes.n, strlen(text));
	assert_memory_equal(opened.bytes.p, text, strlen(text));
}

static void tokens_of_another_implementation_open(void **state)
{
	(void)state;
	const json_t *tokens = json_object_get(world, "tokens");
	struct hash first = {{0}};
	assert_int_equal(json_array_size(tokens), 3);
	for (size_t i = 0; i < 3; i++) {
		struct slice token = slice_text(json_string_value(json_array_get(tokens, i)));
		assert_int_equal(open_token("pankki", token), KEYS_DONE);
		assert_slice(answer.acr, "http://ftn.ficora.fi/2017/loa3");
		assert_int_equal(answer.auth_time, world_now() - 20);
		assert_memory_equal(answer.country, "FI", 2);
		assert_int_equal(answer.n_persons, 1);
		struct keys_person person;
		AUTO(buf) struct buf persons = BUF_MAX(TEXT_MAX);
		buf_add(&persons, answer.persons);
		struct slice rest = buf_slice(&persons);
		assert_true(keys_next_person(&rest, &person));
		assert_true(id_equal(&person.org, &org));
		assert_int_equal(person.version, 1);
		assert_int_equal(person.previous_version, 0);
		assert_true(i == 0 || hash_equal(&person.index, &first));
		first = person.index;
		field_opens(KEYS_GIVEN_NAME, person.given_name, "Eeva Maria");
		field_opens(KEYS_FAMILY_NAME, person.family_name, "Ääri");
	}
}

static void an_identity_code_is_in_no_answer(void **state)
{
	(void)state;
	assert_int_equal(open_with(NULL, NULL), KEYS_DONE);
	AUTO(buf) struct buf packet = BUF_MAX(KEYS_PACKET_MAX);
	keys_answer_write(&packet, 1, &answer);
	assert_null(memmem(packet.p, packet.n, "131052", 6));
	struct keys_person person;
	AUTO(buf) struct buf persons = BUF_MAX(TEXT_MAX);
	buf_add(&persons, answer.persons);
	struct slice rest = buf_slice(&persons);
	assert_true(keys_next_person(&rest, &person));
	const struct keys_ask ask = {
		.type = KEYS_FIELD_OPEN, .field = {KEYS_CODE, {org}, 1, person.code}};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_NOT_ALLOWED);
}

static void claims_are_judged_one_by_one(void **state)
{
	(void)state;
	static const struct {
		const char *name, *raw;
		enum keys_reason reason;
	} cases[] = {
		{NULL, NULL, KEYS_DONE},
		{"aud", "[\"luotsi-test\"]", KEYS_DONE},
		{"azp", "\"luotsi-test\"", KEYS_DONE},
		{"amr", "[\"bank\"]", KEYS_DONE},
		{"iss", "\"https://bank.example/oidc/\"", KEYS_WRONG_ISSUER},
		{"iss", NULL, KEYS_WRONG_ISSUER},
		{"aud", "\"luotsi-tests\"", KEYS_WRONG_AUDIENCE},
		{"aud", "[\"luotsi-test\",\"other\"]", KEYS_WRONG_AUDIENCE},
		{"aud", "[]", KEYS_WRONG_AUDIENCE},
		{"azp", "\"other\"", KEYS_WRONG_AUDIENCE},
		{"azp", "1", KEYS_WRONG_AUDIENCE},
		{"nonce", "\"AAAA\"", KEYS_WRONG_NONCE},
		{"nonce", NULL, KEYS_WRONG_NONCE},
		{"acr", "\"loa\"", KEYS_WRONG_ACR},
		{"acr", "[\"loa2\"]", KEYS_WRONG_ACR},
		{"acr", NULL, KEYS_WRONG_ACR},
		{"exp", NULL, KEYS_BAD_CLAIMS},
		{"iat", NULL, KEYS_BAD_CLAIMS},
		{"iat", "1.5", KEYS_BAD_CLAIMS},
		{"auth_time", NULL, KEYS_BAD_CLAIMS},
		{"auth_time", "-9223372036854775808", KEYS_BAD_CLAIMS},
		{"exp", "-1", KEYS_BAD_CLAIMS},
		{"address", "{\"country\":\"FI\"}", KEYS_DONE},
		{"address", "{\"a\":[]}", KEYS_BAD_CLAIMS},
		{"personal_identity_code", NULL, KEYS_NO_CODE},
		{"personal_identity_code", "131052308", KEYS_NO_CODE},
		{"personal_identity_code", "\"010190-999K\"", KEYS_BAD_CODE},
		{"personal_identity_code", "\"210281-9988\"", KEYS_TEST_PERSON},
		{"given_name", NULL, KEYS_DONE},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(open_with(cases[i].name, cases[i].raw), cases[i].reason);
}

static void times_have_a_minute_of_skew(void **state)
{
	(void)state;
	assert_int_equal(open_at("exp", -59), KEYS_DONE);
	assert_int_equal(open_at("exp", -60), KEYS_TOKEN_EXPIRED);
	assert_int_equal(open_at("iat", 60), KEYS_DONE);
	assert_int_equal(open_at("iat", 62), KEYS_TOKEN_FROM_THE_FUTURE);
	assert_int_equal(open_at("iat", -610), KEYS_TOKEN_EXPIRED);
	assert_int_equal(open_at("auth_time", -590), KEYS_DONE);
	assert_int_equal(open_at("auth_time", -610), KEYS_OLD_LOGIN);
	assert_int_equal(open_at("auth_time", 70), KEYS_TOKEN_FROM_THE_FUTURE);
}

static void test_persons_are_for_development(void **state)
{
	(void)state;
	keeper_start(true);
	assert_int_equal(open_with("personal_identity_code", "\"210281-9988\""), KEYS_DONE);
	keeper_start(false);
	assert_int_equal(open_with("personal_identity_code", "\"210281-9988\""), KEYS_TEST_PERSON);
}

static void a_payload_that_two_readers_might_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	AUTO(buf) struct buf good = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf bad = BUF_MAX(TEXT_MAX);
	claims_with(NULL, NULL, &good);
	static const char *const more[] = {
		",\"iss\":\"x\"}", ",\"x\":\"\xc3\x28\"}", ",\"x\":\"\\u0000\"}", "", "}}", "}x"};
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		buf_reset(&bad);
		buf_add(&bad, slice_of(good.p, good.n - 1));
		buf_add_text(&bad, more[i]);
		assert_int_equal(open_payload(buf_slice(&bad)), KEYS_BAD_CLAIMS);
	}
	assert_int_equal(open_payload(SLICE_LIT("[]")), KEYS_BAD_CLAIMS);
}

static void tokens_of_other_shape_are_refused(void **state)
{
	(void)state;
	AUTO(buf) struct buf claims = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jws = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jwe = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf twice = BUF_MAX(TEXT_MAX);
	claims_with(NULL, NULL, &claims);
	sign(buf_slice(&claims), "provider", &jws);
	assert_int_equal(open_token("pankki", buf_slice(&jws)), KEYS_BAD_TOKEN);
	encrypt(buf_slice(&jws), &jwe);
	encrypt(buf_slice(&jwe), &twice);
	assert_int_equal(open_token("pankki", buf_slice(&twice)), KEYS_BAD_TOKEN);
	assert_int_equal(open_token("pankki", slice_of(jwe.p, jwe.n - 4)), KEYS_BAD_TOKEN);
	assert_int_equal(open_token("pankki", SLICE_NONE), KEYS_BAD_TOKEN);
	/* A byte of the ciphertext, of the tag, of the wrapped key. */
	const size_t places[] = {jwe.n - 40, jwe.n - 10, jwe.n / 4};
	for (size_t i = 0; i < 3; i++) {
		jwe.p[places[i]] = jwe.p[places[i]] == 'A' ? 'B' : 'A';
		assert_int_equal(open_token("pankki", buf_slice(&jwe)), KEYS_NOT_DECRYPTED);
	}
}

static void signatures_are_the_providers_own(void **state)
{
	(void)state;
	AUTO(buf) struct buf claims = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jws = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jwe = BUF_MAX(TEXT_MAX);
	claims_with(NULL, NULL, &claims);
	sign(buf_slice(&claims), "sign", &jws); /* our key under the provider's name */
	encrypt(buf_slice(&jws), &jwe);
	assert_int_equal(open_token("pankki", buf_slice(&jwe)), KEYS_BAD_TOKEN_SIGNATURE);
}

static enum keys_reason open_good(const char *provider, const char *jwks)
{
	const char *token = json_string_value(json_array_get(json_object_get(world, "tokens"), 0));
	const struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = slice_text(provider),
		.open = {slice_text(token), slice_text(jwks), nonce, id_slice(&org)}};
	keeper_answer(keeper, &ask, &answer);
	return answer.reason;
}

static void keys_of_a_provider_are_found_by_name(void **state)
{
	(void)state;
	AUTO(buf) struct buf twice = BUF_MAX(TEXT_MAX);
	struct slice one = slice_text(world_text("jwks"));
	struct slice row = slice_part(one, 9, one.n - 11);
	buf_add_text(&twice, "{\"keys\":[");
	buf_add(&twice, row);
	buf_add_text(&twice, ",");
	buf_add(&twice, row);
	buf_add_text(&twice, "]}");
	assert_int_equal(open_good("pankki", "{\"keys\":[]}"), KEYS_UNKNOWN_KID);
	assert_int_equal(open_good("pankki", "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\"}]}"),
		KEYS_UNKNOWN_KID);
	assert_int_equal(open_good("pankki", buf_text(&twice)), KEYS_BAD_JWKS);
	assert_int_equal(open_good("pankki", "{}"), KEYS_BAD_JWKS);
	assert_int_equal(open_good("pankki", ""), KEYS_BAD_JWKS);
	assert_int_equal(open_good("pankki", "<html>"), KEYS_BAD_JWKS);
	assert_int_equal(open_good("vakio", ""), KEYS_DONE);
	assert_int_equal(open_good("vakio", "{\"keys\":[]}"), KEYS_DONE);
	assert_int_equal(open_good("nobody", ""), KEYS_UNKNOWN_PROVIDER);
}

static void staff_are_opened_for_their_own_organisation(void **state)
{
	(void)state;
	AUTO(buf) struct buf claims = BUF_MAX(TEXT_MAX);
	AUTO(buf) struct buf jws = BUF_MAX(TEXT_MAX);
	static const struct id both[2] = {{{1}}, {{2}}};
	claims_with(NULL, NULL, &claims);
	sign(buf_slice(&claims), "provider", &jws);
	assert_int_equal(open_token("virka", buf_slice(&jws)), KEYS_DONE);
	assert_memory_equal(answer.country, "ZZ", 2);
	struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = SLICE_LIT("virka"),
		.open = {buf_slice(&jws), slice_text(world_text("jwks")), nonce,
			slice_of(both, sizeof(both[0]))}};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_NOT_ALLOWED);
}

static void many_organisations_get_an_index_each(void **state)
{
	(void)state;
	static struct id many[KEYS_ORGS_MAX];
	const char *token = json_string_value(json_array_get(json_object_get(world, "tokens"), 1));
	for (size_t i = 0; i < KEYS_ORGS_MAX; i++)
		many[i].b[0] = (uint8_t)i;
	const struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = SLICE_LIT("pankki"),
		.open = {slice_text(token), slice_text(world_text("jwks")), nonce,
			slice_of(many, sizeof(many))}};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_DONE);
	assert_int_equal(answer.n_persons, KEYS_ORGS_MAX);
	AUTO(buf) struct buf packet = BUF_MAX(KEYS_PACKET_MAX);
	keys_answer_write(&packet, 1, &answer);
	assert_ok(buf_check(&packet));
	struct slice rest = answer.persons;
	struct keys_person a, b;
	assert_true(keys_next_person(&rest, &a) && keys_next_person(&rest, &b));
	assert_false(hash_equal(&a.index, &b.index));
}

static json_t *payload_of(struct slice token)
{
	struct slice rest = token, part;
	assert_true(slice_next(&rest, '.', &part) && slice_next(&rest, '.', &part));
	uint8_t *bytes = test_malloc(b64_bytes_size(part.n));
	assert_ok(b64_decode(part, bytes));
	json_t *json = json_loadb((char *)bytes, b64_bytes_size(part.n), 0, NULL);
	test_free(bytes);
	assert_non_null(json);
	return json;
}

static void verify_ours(struct slice token)
{
	cjose_jwk_t *jwk = key_of("sign");
	cjose_jws_t *jws = cjose_jws_import((const char *)token.p, token.n, NULL);
	assert_true(jws && cjose_jws_verify(jws, jwk, NULL));
	const char *kid = cjose_header_get(cjose_jws_get_protected(jws), "kid", NULL);
	assert_string_equal(kid, cjose_jwk_get_kid(jwk, NULL));
	cjose_jws_release(jws);
	cjose_jwk_release(jwk);
}

static void a_request_says_what_the_profile_wants(void **state)
{
	(void)state;
	const struct keys_ask ask = {.type = KEYS_OIDC_REQUEST,
		.provider = SLICE_LIT("pankki"),
		.request = {SLICE_LIT("0123456789012345678901234567890123456789abc"), nonce, {{1}},
			SLICE_LIT("https://localhost/kirjaudu/paluu"), SLICE_LIT("sv")}};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_DONE);
	verify_ours(answer.bytes);
	json_t *claims = payload_of(answer.bytes);
	assert_string_equal(says(claims, "iss"), "luotsi-test");
	assert_string_equal(says(claims, "aud"), "https://bank.example/oidc");
	assert_string_equal(says(claims, "client_id"), "luotsi-test");
	assert_string_equal(says(claims, "response_type"), "code");
	assert_string_equal(says(claims, "nonce"), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
	assert_string_equal(
		says(claims, "code_challenge"), "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_string_equal(says(claims, "code_challenge_method"), "S256");
	assert_string_equal(says(claims, "prompt"), "login");
	assert_string_equal(says(claims, "ui_locales"), "sv");
	assert_string_equal(says(claims, "acr_values"), "http://ftn.ficora.fi/2017/loa3 loa2");
	assert_int_equal(strlen(says(claims, "jti")), 22);
	int64_t iat = json_integer_value(json_object_get(claims, "iat"));
	assert_int_equal(json_integer_value(json_object_get(claims, "exp")) - iat, 300);
	json_decref(claims);
}

static void assertions_are_never_the_same(void **state)
{
	(void)state;
	const struct keys_ask ask = {.type = KEYS_OIDC_ASSERTION, .provider = SLICE_LIT("pankki")};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_DONE);
	verify_ours(answer.bytes);
	json_t *first = payload_of(answer.bytes);
	keeper_answer(keeper, &ask, &answer);
	json_t *second = payload_of(answer.bytes);
	assert_string_equal(says(first, "aud"), "https://bank.example/token");
	assert_string_equal(says(first, "sub"), "luotsi-test");
	assert_string_not_equal(says(first, "jti"), says(second, "jti"));
	json_decref(first);
	json_decref(second);
}

static void only_the_jobs_process_rotates(void **state)
{
	(void)state;
	struct keys_person person;
	AUTO(buf) struct buf persons = BUF_MAX(TEXT_MAX);
	assert_int_equal(open_with(NULL, NULL), KEYS_DONE);
	buf_add(&persons, answer.persons);
	struct slice rest = buf_slice(&persons);
	assert_true(keys_next_person(&rest, &person));
	struct keys_ask ask = {.type = KEYS_INDEX_ROTATE, .rotate = {nonce, org, person.code}};
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_DONE);
	assert_true(hash_equal(&answer.index, &person.index));
	assert_int_equal(answer.version, 1);
	ask.rotate.token.b[31] ^= 1;
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_NOT_ALLOWED);
	ask.rotate.token.b[31] ^= 1;
	ask.rotate.org.b[0] ^= 1;
	keeper_answer(keeper, &ask, &answer);
	assert_int_equal(answer.reason, KEYS_NOT_OPENED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(tokens_of_another_implementation_open),
		T(an_identity_code_is_in_no_answer),
		T(claims_are_judged_one_by_one),
		T(times_have_a_minute_of_skew),
		T(test_persons_are_for_development),
		T(a_payload_that_two_readers_might_read_in_two_ways_is_refused),
		T(tokens_of_other_shape_are_refused),
		T(signatures_are_the_providers_own),
		T(keys_of_a_provider_are_found_by_name),
		T(staff_are_opened_for_their_own_organisation),
		T(many_organisations_get_an_index_each),
		T(a_request_says_what_the_profile_wants),
		T(assertions_are_never_the_same),
		T(only_the_jobs_process_rotates),
	};
	world = argc > 1 ? json_load_file(argv[1], 0, NULL) : NULL;
	if (!world)
		return 2;
	int failed = cmocka_run_group_tests(tests, world_begin, world_end);
	json_decref(world);
	return failed;
}
