/* The small parts of the keys process: identity codes, what a token may look like, messages, the
 * vault, providers' files. */
#include <stdlib.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "keys/hetu.h"
#include "keys/jwt.h"
#include "keys/provider.h"
#include "keys/vault.h"
#include "unit.h"

static enum err hetu(const char *code, bool *ret_test)
{
	return hetu_check(slice_text(code), ret_test);
}

static void an_identity_code_is_known_by_all_its_separators(void **state)
{
	(void)state;
	static const char *const good[] = {"131052-308T", "131052Y308T", "131052X308T",
		"131052W308T", "131052V308T", "131052U308T", "131052+308T", "131013A308C",
		"131013B308C", "131013C308C", "131013D308C", "131013E308C", "131013F308C",
		"290200A002J"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool test = true;
		uint8_t code[11];
		memcpy(code, good[i], sizeof(code));
		unsigned long number =
			strtoul((char[]){good[i][0], good[i][1], good[i][2], good[i][3], good[i][4],
					good[i][5], good[i][7], good[i][8], good[i][9], 0},
				NULL, 10);
		code[10] = (uint8_t) "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31];
		assert_ok(hetu_check(slice_of(code, sizeof(code)), &test));
		assert_false(test);
	}
}

static void the_vectors_of_the_mission_hold(void **state)
{
	(void)state;
	bool test = true;
	assert_ok(hetu("131052-308T", &test));
	assert_false(test);
	assert_ok(hetu("210281-9988", &test));
	assert_true(test);
	assert_err(hetu("010190-999K", &test), ERR_BAD_FIELD);
}

static void what_is_no_identity_code_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "131052-308", "131052-308TT", "131052-308t",
		"131052_308T", "131052-308S", "1310S2-308T", "131052-3O8T", "311152-308T",
		"001052-308T", "130052-308T", "131352-308T", "290201A002H", "290200+002J",
		"290299-002M", "131052G308T", "131052Z308T", "131052-0010", "131052-000Y",
		" 31052-308T"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool test;
		assert_err(hetu(bad[i], &test), ERR_BAD_FIELD);
	}
}

/* A token of n parts with that header; the other parts are of legal sizes. */
static enum keys_reason jwt_with(const char *header, enum jwt_kind kind)
{
	static uint8_t zeroes[256];
	AUTO(buf) struct buf b = BUF_MAX(8192);
	b64_add(&b, slice_text(header));
	if (kind == JWT_SIGNED) {
		buf_add_text(&b, ".e30.AAAA");
	} else {
		bool cbc = strstr(header, "CBC") != NULL;
		buf_add_byte(&b, '.');
		b64_add(&b, slice_of(zeroes, sizeof(zeroes)));
		buf_add_byte(&b, '.');
		b64_add(&b, slice_of(zeroes, cbc ? 16 : 12));
		buf_add_text(&b, ".AAAA.");
		b64_add(&b, slice_of(zeroes, 16));
	}
	struct jwt jwt;
	return jwt_parse(buf_slice(&b), kind, &jwt);
}

static void headers_of_the_profile_pass(void **state)
{
	(void)state;
	static const char *const encrypted[] = {
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"kid\":\"a/b\"}",
		" { \"enc\" : \"A256GCM\" , \"cty\":\"JWT\", "
		"\"typ\":\"JWT\",\"alg\":\"RSA-OAEP\",\"iss\":"
		"\"https://x\",\"aud\":\"y\" } "};
	for (size_t i = 0; i < sizeof(encrypted) / sizeof(encrypted[0]); i++)
		assert_int_equal(jwt_with(encrypted[i], JWT_ENCRYPTED), KEYS_DONE);
	assert_int_equal(jwt_with("{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", JWT_SIGNED),
		KEYS_DONE);
}

static void headers_of_other_tastes_do_not(void **state)
{
	(void)state;
	static const char *const encrypted[] = {
		"{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}",
		"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A192GCM\",\"cty\":\"JWT\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"jwt\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"zip\":\"DEF\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"enc\":\"A128GCM\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}x",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"", "[\"alg\"]", "", "{}"};
	static const char *const signed_[] = {"{\"alg\":\"none\",\"kid\":\"k\"}",
		"{\"alg\":\"HS256\",\"kid\":\"k\"}", "{\"alg\":\"PS256\",\"kid\":\"k\"}",
		"{\"alg\":\"RS256\"}", "{\"alg\":\"RS256\",\"kid\":\"\"}",
		"{\"alg\":\"RS256\",\"kid\":7}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"jku\":\"https://x\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"jwk\":{}}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"x5u\":\"https://x\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"x5c\":[\"a\"]}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"crit\":[\"b64\"]}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"cty\":\"JWT\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k\",\"enc\":\"A128GCM\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k\\u0041\"}",
		"{\"alg\":\"RS256\",\"kid\":\"\xc3\xa4\"}"};
	for (size_t i = 0; i < sizeof(encrypted) / sizeof(encrypted[0]); i++)
		assert_int_not_equal(jwt_with(encrypted[i], JWT_ENCRYPTED), KEYS_DONE);
	for (size_t i = 0; i < sizeof(signed_) / sizeof(signed_[0]); i++)
		assert_int_not_equal(jwt_with(signed_[i], JWT_SIGNED), KEYS_DONE);
}

static void other_forms_of_tokens_are_refused(void **state)
{
	(void)state;
	struct jwt jwt;
	static const char *const bad[] = {"", ".", "..", "a.b.c",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30", "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ..AAAA",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AAAA.",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AAAB=",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e31.AAAA",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.A",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AA\nAA", "{\"payload\":\"e30\"}"};
	assert_int_equal(jwt_parse(SLICE_LIT("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AAAA"),
				 JWT_SIGNED, &jwt),
		KEYS_DONE);
	assert_slice(jwt.kid, "k");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(jwt_parse(slice_text(bad[i]), JWT_SIGNED, &jwt), KEYS_BAD_TOKEN);
	AUTO(buf) struct buf large = BUF_MAX(1 << 16);
	buf_add_text(&large, "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.");
	while (large.n < KEYS_TOKEN_MAX)
		buf_add_byte(&large, 'A');
	assert_int_equal(jwt_parse(buf_slice(&large), JWT_SIGNED, &jwt), KEYS_BAD_TOKEN);
	while (b64_bytes_size(large.n - 39) % 3 || (large.n - 39) % 4)
		large.n--;
	assert_int_equal(jwt_parse(buf_slice(&large), JWT_SIGNED, &jwt), KEYS_DONE);
	large.n = 39;
	while (large.n <= KEYS_TOKEN_MAX)
		buf_add_text(&large, "AAAA");
	assert_int_equal(jwt_parse(buf_slice(&large), JWT_SIGNED, &jwt), KEYS_BAD_TOKEN);
}

static void a_message_is_read_as_it_was_written(void **state)
{
	(void)state;
	static const struct id orgs[2] = {{{1}}, {{2}}};
	const struct keys_ask asks[] = {
		{.type = KEYS_OIDC_REQUEST,
			.provider = SLICE_LIT("pankki"),
			.request = {SLICE_LIT("0123456789012345678901234567890123456789abc"), {{1}},
				{{2}}, SLICE_LIT("https://x/y"), SLICE_LIT("fi")}},
		{.type = KEYS_OIDC_ASSERTION, .provider = SLICE_LIT("pankki")},
		{.type = KEYS_OIDC_OPEN,
			.provider = SLICE_LIT("pankki"),
			.open = {SLICE_LIT("a.b"), SLICE_LIT("{}"), {{3}},
				slice_of(orgs, sizeof(orgs))}},
		{.type = KEYS_FIELD_SEAL,
			.field = {KEYS_EMAIL, {{{1}}, {{2}}}, 2, SLICE_LIT("a@b.example")}},
		{.type = KEYS_FIELD_OPEN,
			.field = {KEYS_GIVEN_NAME, {{{1}}}, 1, SLICE_LIT("sealed")}},
		{.type = KEYS_INDEX_ROTATE, .rotate = {{{4}}, {{5}}, SLICE_LIT("sealed")}},
	};
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		AUTO(buf) struct buf b = BUF_MAX(KEYS_PACKET_MAX);
		AUTO(buf) struct buf again = BUF_MAX(KEYS_PACKET_MAX);
		struct keys_ask ask;
		uint32_t number = 0;
		keys_ask_write(&b, 77, &asks[i]);
		assert_ok(buf_check(&b));
		assert_ok(keys_ask_read(buf_slice(&b), &number, &ask));
		assert_int_equal(number, 77);
		assert_int_equal(ask.type, asks[i].type);
		keys_ask_write(&again, 77, &ask);
		assert_true(slice_equal(buf_slice(&again), buf_slice(&b)));
		for (size_t n = 0; n < b.n; n++)
			assert_err(keys_ask_read(slice_of(b.p, n), &number, &ask), ERR_MALFORMED);
		buf_add_byte(&b, 0);
		assert_err(keys_ask_read(buf_slice(&b), &number, &ask), ERR_MALFORMED);
	}
}

static void what_is_over_a_ceiling_is_not_written(void **state)
{
	(void)state;
	static uint8_t much[KEYS_TOKEN_MAX + 1];
	struct keys_ask ask = {.type = KEYS_OIDC_OPEN,
		.provider = SLICE_LIT("pankki"),
		.open = {slice_of(much, sizeof(much)), SLICE_NONE, {{3}}, slice_of(much, 16)}};
	AUTO(buf) struct buf b = BUF_MAX(KEYS_PACKET_MAX);
	keys_ask_write(&b, 1, &ask);
	assert_err(buf_check(&b), ERR_TOO_LARGE);
	ask.open.id_token.n--;
	buf_reset(&b);
	keys_ask_write(&b, 1, &ask);
	assert_ok(buf_check(&b));
}

static void an_answer_about_persons_is_counted(void **state)
{
	(void)state;
	AUTO(buf) struct buf persons = BUF_MAX(KEYS_PACKET_MAX);
	AUTO(buf) struct buf b = BUF_MAX(KEYS_PACKET_MAX);
	struct keys_person one = {.org = {{1}},
		.version = 2,
		.index = {{3}},
		.previous_version = 1,
		.previous_index = {{4}},
		.code = SLICE_LIT("code")};
	keys_person_write(&persons, &one);
	keys_person_write(&persons, &one);
	struct keys_answer answer = {.type = KEYS_OIDC_OPEN,
		.acr = SLICE_LIT("loa3"),
		.auth_time = 5,
		.country = {'F', 'I'},
		.n_persons = 2,
		.persons = buf_slice(&persons)};
	struct keys_answer seen;
	uint32_t number;
	keys_answer_write(&b, 9, &answer);
	assert_ok(keys_answer_read(buf_slice(&b), &number, &seen));
	struct slice rest = seen.persons;
	struct keys_person person;
	assert_true(keys_next_person(&rest, &person));
	assert_int_equal(person.previous_version, 1);
	assert_int_equal(person.previous_index.b[0], 4);
	assert_slice(person.code, "code");
	assert_int_equal(person.given_name.n, 0);
	assert_true(keys_next_person(&rest, &person));
	assert_false(keys_next_person(&rest, &person));
	answer.n_persons = 3;
	buf_reset(&b);
	keys_answer_write(&b, 9, &answer);
	assert_err(keys_answer_read(buf_slice(&b), &number, &seen), ERR_MALFORMED);
}

/* --- the vault --- */

struct vault_room {
	char dir[32];
	struct vault *vault;
};

static int vault_begin(void **state)
{
	struct vault_room *r = calloc(1, sizeof(*r));
	AUTO(buf) struct buf said = BUF_MAX(4096);
	memcpy(r->dir, "/tmp/luotsi-keys-XXXXXX", sizeof("/tmp/luotsi-keys-XXXXXX"));
	assert_non_null(mkdtemp(r->dir));
	assert_ok(vault_make(r->dir, false, &said));
	assert_ok(vault_load(r->dir, &r->vault, &said));
	*state = r;
	return 0;
}

static int vault_end(void **state)
{
	static const char *const names[] = {"index.1", "index.2", "field.1", "field.2"};
	struct vault_room *r = *state;
	for (size_t i = 0; i < 4; i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "%s/%s.key", r->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(r->dir);
	vault_free(&r->vault);
	free(r);
	return 0;
}

static void vault_rotate(struct vault_room *r)
{
	AUTO(buf) struct buf said = BUF_MAX(4096);
	vault_free(&r->vault);
	assert_ok(vault_make(r->dir, true, &said));
	assert_ok(vault_load(r->dir, &r->vault, &said));
}

static void a_sealed_field_opens_in_its_own_context_only(void **state)
{
	struct vault_room *r = *state;
	static const struct id ids[2] = {{{1}}, {{2}}}, others[2] = {{{1}}, {{3}}};
	const struct field_context context = {KEYS_GIVEN_NAME, ids, 2};
	AUTO(buf) struct buf sealed = BUF_MAX(4096);
	AUTO(buf) struct buf again = BUF_MAX(4096);
	AUTO(buf) struct buf opened = BUF_MAX(4096);
	vault_seal(r->vault, &context, SLICE_LIT("Eeva"), &sealed);
	vault_seal(r->vault, &context, SLICE_LIT("Eeva"), &again);
	assert_int_equal(sealed.n, 4 + KEYS_SEAL_EXTRA);
	assert_false(slice_equal(buf_slice(&sealed), buf_slice(&again)));
	assert_ok(vault_open(r->vault, &context, buf_slice(&sealed), &opened));
	assert_slice(buf_slice(&opened), "Eeva");
	const struct field_context wrong[] = {{KEYS_FAMILY_NAME, ids, 2},
		{KEYS_GIVEN_NAME, others, 2}, {KEYS_GIVEN_NAME, ids, 1}};
	for (size_t i = 0; i < 3; i++)
		assert_err(vault_open(r->vault, &wrong[i], buf_slice(&sealed), &opened),
			ERR_BAD_FIELD);
	for (size_t i = 0; i < sealed.n; i++) {
		sealed.p[i] ^= 1;
		assert_err(
			vault_open(r->vault, &context, buf_slice(&sealed), &opened), ERR_BAD_FIELD);
		sealed.p[i] ^= 1;
	}
	for (size_t n = 0; n < sealed.n; n++)
		assert_err(vault_open(r->vault, &context, slice_of(sealed.p, n), &opened),
			ERR_BAD_FIELD);
	assert_slice(buf_slice(&opened), "Eeva");
}

static void an_index_differs_by_organisation_and_code_and_key(void **state)
{
	struct vault_room *r = *state;
	static const struct id a = {{1}}, b = {{2}};
	struct hash first = vault_index(r->vault, &a, SLICE_LIT("FI131052-308T")), old;
	struct hash same = vault_index(r->vault, &a, SLICE_LIT("FI131052-308T"));
	struct hash other = vault_index(r->vault, &b, SLICE_LIT("FI131052-308T"));
	struct hash neighbour = vault_index(r->vault, &a, SLICE_LIT("FI131052Y308T"));
	uint32_t version = 0;
	assert_true(hash_equal(&first, &same));
	assert_false(hash_equal(&first, &other));
	assert_false(hash_equal(&first, &neighbour));
	assert_false(vault_previous_index(r->vault, &a, SLICE_LIT("x"), &version, &old));
	vault_rotate(r);
	struct hash newest = vault_index(r->vault, &a, SLICE_LIT("FI131052-308T"));
	assert_false(hash_equal(&first, &newest));
	assert_true(vault_previous_index(r->vault, &a, SLICE_LIT("FI131052-308T"), &version, &old));
	assert_int_equal(version, 1);
	assert_true(hash_equal(&old, &first));
	assert_int_equal(vault_index_version(r->vault), 2);
}

static void a_rotated_vault_opens_what_is_old_and_seals_anew(void **state)
{
	struct vault_room *r = *state;
	static const struct id id = {{1}};
	const struct field_context context = {KEYS_EMAIL, &id, 1};
	AUTO(buf) struct buf before = BUF_MAX(4096);
	AUTO(buf) struct buf after = BUF_MAX(4096);
	AUTO(buf) struct buf opened = BUF_MAX(4096);
	vault_seal(r->vault, &context, SLICE_LIT("a@b.example"), &before);
	vault_rotate(r);
	assert_ok(vault_open(r->vault, &context, buf_slice(&before), &opened));
	assert_slice(buf_slice(&opened), "a@b.example");
	vault_seal(r->vault, &context, SLICE_LIT("x"), &after);
	assert_int_equal(before.p[4], 1);
	assert_int_equal(after.p[4], 2);
	after.p[4] = 1;
	assert_err(vault_open(r->vault, &context, buf_slice(&after), &opened), ERR_BAD_FIELD);
}

static void keys_are_made_once(void **state)
{
	struct vault_room *r = *state;
	static const struct id id = {{1}};
	AUTO(buf) struct buf said = BUF_MAX(4096);
	struct hash before = vault_index(r->vault, &id, SLICE_LIT("x"));
	vault_free(&r->vault);
	assert_ok(vault_make(r->dir, false, &said));
	assert_int_equal(said.n, 0);
	assert_ok(vault_load(r->dir, &r->vault, &said));
	struct hash after = vault_index(r->vault, &id, SLICE_LIT("x"));
	assert_true(hash_equal(&before, &after));
}

static void an_empty_vault_does_not_load(void **state)
{
	(void)state;
	struct vault *vault = NULL;
	AUTO(buf) struct buf said = BUF_MAX(4096);
	assert_err(vault_load("/nonexistent", &vault, &said), ERR_NOT_FOUND);
	assert_null(vault);
	assert_true(said.n > 0);
}

/* --- providers' files --- */

#define GOOD \
	"name_fi=P\nname_sv=P\nname_en=P\nissuer=https://b/x\nclient_id=c\n" \
	"authorization_endpoint=https://b/a\ntoken_endpoint=https://b/t\njwks_uri=https://b/j\n"

static enum err provider(const char *slug, const char *text, bool development)
{
	AUTO(buf) struct buf why = BUF_MAX(4096);
	struct provider p;
	enum err e = provider_parse(slice_text(slug), slice_text(text), development, &p, &why);
	if (e == ERR_OK)
		provider_done(&p);
	assert_true((e == ERR_OK) == (why.n == 0));
	return e;
}

static void a_provider_is_refused_for_what_would_open_a_door(void **state)
{
	(void)state;
	static const char *const bad[] = {GOOD, GOOD "acr=x\nencrypted=no",
		GOOD "acr=x\naudience=all",
		GOOD "acr=x\norganisation=00000000000000000000000000000001",
		GOOD "acr=http://x/loatest2", GOOD "acr=x\njwks_file=/x", GOOD "acr=x\ncountry=fi",
		GOOD "acr=x\nsign_key=../x", GOOD "audience=staff",
		GOOD "audience=staff\norganisation=0000000000000000000000000000000",
		GOOD "audience=staff\norganisation=00000000000000000000000000000000",
		GOOD "acr=x\nunknown=1", "acr=x"};
	assert_ok(provider("pankki", GOOD "acr=x loa3", false));
	assert_ok(provider("pankki", GOOD "acr=http://x/loatest2", true));
	assert_ok(provider("virka",
		GOOD "audience=staff\nencrypted=no\norganisation=00000000000000000000000000000001",
		false));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(provider("pankki", bad[i], false), ERR_OK);
	assert_err(provider("Pankki", GOOD "acr=x", false), ERR_BAD_FIELD);
	assert_err(provider("../x", GOOD "acr=x", false), ERR_BAD_FIELD);
	assert_err(provider("", GOOD "acr=x", false), ERR_BAD_FIELD);
}

static void levels_are_compared_whole(void **state)
{
	(void)state;
	AUTO(buf) struct buf why = BUF_MAX(4096);
	struct provider p;
	assert_ok(provider_parse(SLICE_LIT("p"), SLICE_LIT(GOOD "acr=http://x/loa2  http://x/loa3"),
		false, &p, &why));
	assert_true(provider_accepts_acr(&p, SLICE_LIT("http://x/loa2")));
	assert_true(provider_accepts_acr(&p, SLICE_LIT("http://x/loa3")));
	assert_false(provider_accepts_acr(&p, SLICE_LIT("http://x/loa")));
	assert_false(provider_accepts_acr(&p, SLICE_LIT("http://x/loa2 ")));
	assert_false(provider_accepts_acr(&p, SLICE_NONE));
	provider_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_identity_code_is_known_by_all_its_separators),
		T(the_vectors_of_the_mission_hold),
		T(what_is_no_identity_code_is_refused),
		T(headers_of_the_profile_pass),
		T(headers_of_other_tastes_do_not),
		T(other_forms_of_tokens_are_refused),
		T(a_message_is_read_as_it_was_written),
		T(what_is_over_a_ceiling_is_not_written),
		T(an_answer_about_persons_is_counted),
		cmocka_unit_test_setup_teardown(
			a_sealed_field_opens_in_its_own_context_only, vault_begin, vault_end),
		cmocka_unit_test_setup_teardown(
			an_index_differs_by_organisation_and_code_and_key, vault_begin, vault_end),
		cmocka_unit_test_setup_teardown(
			a_rotated_vault_opens_what_is_old_and_seals_anew, vault_begin, vault_end),
		cmocka_unit_test_setup_teardown(keys_are_made_once, vault_begin, vault_end),
		T(an_empty_vault_does_not_load),
		T(a_provider_is_refused_for_what_would_open_a_door),
		T(levels_are_compared_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
