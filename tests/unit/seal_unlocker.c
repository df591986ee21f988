/* Unlocker records and the lengths of sealed blobs. */
#include "seal_test.h"

#include "base/cleanup.h"
#include "seal/sealed.h"
#include "seal/unlocker.h"
#include "seal_build.h"

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

struct argon {
	uint8_t alg;
	uint32_t memory_kib, passes;
	uint8_t lanes;
};

static const struct argon usual = {1, 65536, 3, 1};

static struct slice record(struct arena *a, uint8_t type, struct slice params)
{
	struct buf b = BODY_NEW;
	struct id org = id_of(1), user = id_of(2), id = id_of(3);
	buf_add_text(&b, "LUU1");
	buf_add_byte(&b, 1);
	buf_add_byte(&b, type);
	put_id(&b, &org);
	put_id(&b, &user);
	put_id(&b, &id);
	buf_add_u64(&b, 1750000000000);
	buf_add_u16(&b, (uint16_t)params.n);
	buf_add(&b, params);
	buf_add(&b, fill_of(a, 0x99, 104));
	return body_take(a, &b);
}

static struct slice passphrase(struct arena *a, struct argon argon)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, argon.alg);
	buf_add_u32(&b, argon.memory_kib);
	buf_add_u32(&b, argon.passes);
	buf_add_byte(&b, argon.lanes);
	buf_add(&b, fill_of(a, 0x44, 16));
	return record(a, UNLOCKER_PASSPHRASE, body_take(a, &b));
}

static enum refusal parse(struct slice bytes)
{
	struct unlocker u;
	return unlocker_parse(bytes, &u);
}

static struct slice changed(struct arena *a, struct slice bytes, size_t at, size_t n, uint8_t byte)
{
	uint8_t *p = arena_alloc(a, bytes.n);
	memcpy(p, bytes.p, bytes.n);
	memset(p + at, byte, n);
	return slice_of(p, bytes.n);
}

static void reads_a_record_of_each_type(void **state)
{
	struct arena *a = *state;
	struct unlocker u;
	assert_agreed(unlocker_parse(passphrase(a, usual), &u));
	struct id user = id_of(2), id = id_of(3);
	assert_int_equal(u.type, UNLOCKER_PASSPHRASE);
	assert_memory_equal(&u.user, &user, 16);
	assert_memory_equal(&u.id, &id, 16);
	assert_int_equal(u.params.n, 26);
	assert_int_equal(u.sealed.n, 104);
	assert_int_equal(u.created_ms, 1750000000000);
	assert_agreed(unlocker_parse(record(a, UNLOCKER_CODE, fill_of(a, 1, 16)), &u));
	assert_int_equal(u.type, UNLOCKER_CODE);
	assert_agreed(unlocker_parse(record(a, UNLOCKER_PASSKEY, fill_of(a, 1, 32)), &u));
	assert_int_equal(u.type, UNLOCKER_PASSKEY);
}

static void refuses_every_cut_of_a_record(void **state)
{
	struct slice bytes = passphrase(*state, usual);
	for (size_t n = 0; n < bytes.n; n++)
		assert_refusal(parse(slice_part(bytes, 0, n)), SHORT);
}

static void refuses_a_record_that_is_wrong_in_its_head(void **state)
{
	struct arena *a = *state;
	struct slice bytes = passphrase(a, usual);
	assert_refusal(parse(changed(a, bytes, 0, 1, 'X')), MAGIC);
	assert_refusal(parse(changed(a, bytes, 4, 1, 2)), SUITE);
	assert_refusal(parse(changed(a, bytes, 5, 1, 0)), KIND);
	assert_refusal(parse(changed(a, bytes, 5, 1, 4)), KIND);
	assert_refusal(parse(changed(a, bytes, 6, 16, 0)), ZERO);
	assert_refusal(parse(changed(a, bytes, 22, 16, 0)), ZERO);
	assert_refusal(parse(changed(a, bytes, 38, 16, 0)), ZERO);
	assert_refusal(parse(changed(a, bytes, 54, 2, 0xFF)), NUMBER);
	assert_refusal(parse(changed(a, bytes, 62, 1, 1)), SHORT);
}

static void refuses_bytes_after_a_record(void **state)
{
	struct buf b = BODY_NEW;
	buf_add(&b, passphrase(*state, usual));
	buf_add_byte(&b, 0);
	assert_refusal(parse(body_take(*state, &b)), LONG);
}

static void refuses_weak_or_foolish_argon2_parameters(void **state)
{
	static const struct argon wrong[] = {{0, 65536, 3, 1}, {2, 65536, 3, 1}, {1, 47103, 3, 1},
		{1, 1048577, 3, 1}, {1, 65536, 0, 1}, {1, 65536, 17, 1}, {1, 65536, 3, 0},
		{1, 65536, 3, 2}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refusal(parse(passphrase(*state, wrong[i])), PARAMS);
	assert_agreed(parse(passphrase(*state, (struct argon){1, 47104, 1, 1})));
	assert_agreed(parse(passphrase(*state, (struct argon){1, 1048576, 16, 1})));
}

static void refuses_parameters_of_another_length(void **state)
{
	struct arena *a = *state;
	assert_refusal(parse(record(a, UNLOCKER_CODE, fill_of(a, 1, 15))), PARAMS);
	assert_refusal(parse(record(a, UNLOCKER_CODE, fill_of(a, 1, 17))), PARAMS);
	assert_refusal(parse(record(a, UNLOCKER_CODE, SLICE_NONE)), PARAMS);
	assert_refusal(parse(record(a, UNLOCKER_PASSKEY, fill_of(a, 1, 31))), PARAMS);
	assert_refusal(parse(record(a, UNLOCKER_PASSKEY, fill_of(a, 1, 33))), PARAMS);
	assert_refusal(parse(record(a, UNLOCKER_PASSPHRASE, fill_of(a, 1, 25))), PARAMS);
}

static void knows_the_length_of_what_is_sealed(void **state)
{
	(void)state;
	assert_int_equal(sealed_size(0), 72);
	assert_int_equal(sealed_size(32), 104);
	assert_int_equal(sealed_size(16383), 56 + 16383 + 16);
	assert_int_equal(sealed_size(16384), 56 + 16384 + 32);
	assert_int_equal(sealed_size(65536), 56 + 65536 + 80);
}

static void takes_an_invitation_of_two_lengths_only(void **state)
{
	(void)state;
	size_t n_legal = 0;
	for (size_t size = 0; size < 2000; size++)
		n_legal += sealed_invite_fits(size);
	assert_int_equal(n_legal, 2);
	assert_true(sealed_invite_fits(328));
	assert_true(sealed_invite_fits(584));
}

static void stores_a_token_by_a_typed_hash(void **state)
{
	(void)state;
	struct hash one = invite_token_hash(SLICE_LIT("0123456789abcdef"));
	struct hash two = invite_token_hash(SLICE_LIT("0123456789abcdeF"));
	assert_memory_not_equal(&one, &two, sizeof(one));
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(reads_a_record_of_each_type),
		FACT(refuses_every_cut_of_a_record),
		FACT(refuses_a_record_that_is_wrong_in_its_head),
		FACT(refuses_bytes_after_a_record),
		FACT(refuses_weak_or_foolish_argon2_parameters),
		FACT(refuses_parameters_of_another_length),
		FACT(knows_the_length_of_what_is_sealed),
		FACT(takes_an_invitation_of_two_lengths_only),
		FACT(stores_a_token_by_a_typed_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
