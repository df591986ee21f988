/* slice, buf, num, b64, arena, list, map. */
#include "base/arena.h"
#include "base/b64.h"
#include "base/crypt.h"
#include "base/form.h"
#include "base/list.h"
#include "base/map.h"
#include "base/num.h"
#include "unit.h"

static void slice_splits_at_a_separator_and_keeps_empty_parts(void **state)
{
	(void)state;
	struct slice rest = SLICE_LIT("a,,b"), part;
	assert_true(slice_next(&rest, ',', &part));
	assert_slice(part, "a");
	assert_true(slice_next(&rest, ',', &part));
	assert_slice(part, "");
	assert_true(slice_next(&rest, ',', &part));
	assert_slice(part, "b");
	assert_false(slice_next(&rest, ',', &part));
	assert_null(part.p);
}

static void slice_part_is_cut_to_what_there_is(void **state)
{
	(void)state;
	assert_slice(slice_part(SLICE_LIT("abc"), 1, 99), "bc");
	assert_slice(slice_part(SLICE_LIT("abc"), 4, 1), "");
}

static void utf8_accepts_every_length(void **state)
{
	(void)state;
	assert_true(slice_is_utf8(SLICE_LIT("plain ASCII, long enough for words of eight")));
	assert_true(slice_is_utf8(SLICE_LIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 and on")));
	assert_true(slice_is_utf8(SLICE_NONE));
}

static void utf8_refuses_what_rfc3629_refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {"\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80",
		"\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xc3",
		"\xe2\x82", "abcdefgh\xff", "\xe2\x28\xa1", "\xf0\x9f\x98"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(slice_is_utf8(slice_text(bad[i])));
}

static void buf_grows_to_its_ceiling_and_says_when_it_is_over(void **state)
{
	(void)state;
	struct buf b = BUF_MAX(10);
	buf_add_text(&b, "0123456789");
	assert_ok(buf_check(&b));
	assert_string_equal(buf_text(&b), "0123456789");
	buf_add_byte(&b, 'x');
	assert_err(buf_check(&b), ERR_TOO_LARGE);
	assert_int_equal(b.n, 10);
	buf_done(&b);
}

static void buf_stays_over_even_if_the_next_piece_would_fit(void **state)
{
	(void)state;
	struct buf b = BUF_MAX(4);
	buf_add_text(&b, "12345");
	buf_add_text(&b, "1");
	assert_err(buf_check(&b), ERR_TOO_LARGE);
	assert_int_equal(b.n, 0);
	buf_reset(&b);
	assert_ok(buf_check(&b));
	buf_done(&b);
}

static void buf_writes_big_endian(void **state)
{
	(void)state;
	struct buf b = BUF_MAX(64);
	buf_add_u16(&b, 0x0102);
	buf_add_u32(&b, 0x03040506);
	buf_add_u64(&b, 0x0708090a0b0c0d0e);
	assert_slice(buf_slice(&b), "\1\2\3\4\5\6\7\10\11\12\13\14\15\16");
	assert_int_equal(num_get_u64(b.p + 6), 0x0708090a0b0c0d0e);
	buf_done(&b);
}

static void numbers_have_one_spelling(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "+1", "-1", "01", "1 ", " 1", "1.0", "0x1",
		"18446744073709551616", "99999999999999999999999"};
	uint64_t v = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(num_parse_u64(slice_text(bad[i]), UINT64_MAX, &v));
	assert_int_equal(v, 7);
	assert_true(num_parse_u64(SLICE_LIT("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(num_parse_u64(SLICE_LIT("11"), 10, &v));
}

static void signed_numbers_reach_both_ends(void **state)
{
	(void)state;
	int64_t v = 0;
	assert_true(num_parse_i64(SLICE_LIT("-9223372036854775808"), &v));
	assert_true(v == INT64_MIN);
	assert_true(num_parse_i64(SLICE_LIT("9223372036854775807"), &v));
	assert_false(num_parse_i64(SLICE_LIT("9223372036854775808"), &v));
	assert_false(num_parse_i64(SLICE_LIT("-0"), &v));
	assert_false(num_parse_i64(SLICE_LIT("-"), &v));
}

static void arithmetic_that_would_wrap_is_refused(void **state)
{
	(void)state;
	size_t r = 3;
	assert_false(num_add(SIZE_MAX, 1, &r));
	assert_false(num_mul(SIZE_MAX / 2, 3, &r));
	assert_int_equal(r, 3);
}

static void b64_goes_there_and_back_at_every_length(void **state)
{
	(void)state;
	uint8_t bytes[70], back[70];
	char text[100];
	crypt_random(bytes, sizeof(bytes));
	for (size_t n = 0; n < sizeof(bytes); n++) {
		b64_encode(slice_of(bytes, n), text);
		struct slice t = slice_of(text, b64_text_size(n));
		assert_int_equal(b64_bytes_size(t.n), n);
		assert_ok(b64_decode_exact(t, back, n));
		assert_memory_equal(bytes, back, n);
	}
}

static void b64_knows_the_vectors_of_rfc4648(void **state)
{
	(void)state;
	struct buf b = BUF_MAX(64);
	b64_add(&b, SLICE_LIT("foobar"));
	b64_add(&b, SLICE_LIT("\xfb\xff"));
	assert_string_equal(buf_text(&b), "Zm9vYmFy-_8");
	buf_done(&b);
}

static void b64_refuses_other_spellings(void **state)
{
	(void)state;
	static const char *const bad[] = {"A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A+AA", "A/AA",
		"A AA", "AA\n", "\xff\xff\xff\xff", "AAA."};
	uint8_t out[16];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(b64_decode(slice_text(bad[i]), out), ERR_BAD_FIELD);
}

static void decimals_are_written_as_they_are(void **state)
{
	(void)state;
	static const int64_t values[] = {0, 7, 10, -1, 1790000000000, INT64_MAX, INT64_MIN};
	struct buf b = BUF_MAX(200);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		buf_add_decimal(&b, values[i]);
		buf_add_byte(&b, ' ');
	}
	assert_string_equal(
		buf_text(&b), "0 7 10 -1 1790000000000 9223372036854775807 -9223372036854775808 ");
	buf_done(&b);
}

static void arena_hands_out_zeroed_memory_apart(void **state)
{
	(void)state;
	struct arena *a = arena_new(64);
	uint8_t *one = arena_alloc(a, 40), *two = arena_alloc(a, 40), *big = arena_alloc(a, 100000);
	memset(one, 1, 40);
	memset(two, 2, 40);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(big[i], 0);
	assert_int_equal(one[39], 1);
	assert_string_equal(arena_text(a, SLICE_LIT("text")), "text");
	assert_true(arena_size(a) >= 100080);
	memset(one, 'x', 40);
	arena_reset(a);
	assert_int_equal(arena_size(a), 0);
	uint8_t *again = arena_alloc(a, 40);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(again[i], 0);
	arena_free(&a);
	assert_null(a);
}

struct thing {
	int n;
	struct list link;
};

static void list_keeps_order_and_lets_go_while_walking(void **state)
{
	(void)state;
	struct list head;
	list_init(&head);
	struct thing things[5];
	for (int i = 0; i < 5; i++) {
		things[i].n = i;
		list_init(&things[i].link);
		list_push(&head, &things[i].link);
	}
	int seen = 0;
	LIST_EACH(link, &head)
	{
		assert_int_equal(LIST_OF(link, struct thing, link)->n, seen++);
		list_remove(link);
	}
	assert_int_equal(seen, 5);
	assert_true(list_is_empty(&head));
	assert_null(list_shift(&head));
}

static void map_finds_what_was_put_and_nothing_else(void **state)
{
	(void)state;
	struct map *m = map_new();
	static int values[2000];
	for (uint64_t i = 0; i < 2000; i++)
		assert_null(map_put_u64(m, i, &values[i]));
	assert_int_equal(map_count(m), 2000);
	for (uint64_t i = 0; i < 2000; i += 2)
		assert_ptr_equal(map_take_u64(m, i), &values[i]);
	for (uint64_t i = 0; i < 2000; i++)
		assert_ptr_equal(map_get_u64(m, i), i % 2 ? &values[i] : NULL);
	assert_null(map_take_u64(m, 0));
	map_free(&m);
}

static void map_replaces_and_returns_the_old_value(void **state)
{
	(void)state;
	struct map *m = map_new();
	int a, b;
	assert_null(map_put(m, SLICE_LIT("key"), &a));
	assert_ptr_equal(map_put(m, SLICE_LIT("key"), &b), &a);
	assert_ptr_equal(map_get(m, SLICE_LIT("key")), &b);
	assert_int_equal(map_count(m), 1);
	map_free(&m);
}

static void map_takes_long_keys_and_walks_over_all(void **state)
{
	(void)state;
	struct map *m = map_new();
	char key[200];
	static int values[50];
	for (size_t i = 0; i < 50; i++) {
		memset(key, 'a' + (int)(i % 26), sizeof(key));
		map_put(m, slice_of(key, 100 + i), &values[i]);
	}
	size_t cursor = 0, n = 0;
	struct slice k;
	void *v;
	while (map_next(m, &cursor, &k, &v)) {
		assert_int_equal(k.n, 100 + (size_t)((int *)v - values));
		n++;
	}
	assert_int_equal(n, 50);
	map_free(&m);
}

static void map_survives_random_puts_and_takes(void **state)
{
	(void)state;
	struct map *m = map_new();
	static uint8_t there[512];
	uint32_t r = 12345;
	for (int i = 0; i < 200000; i++) {
		r = r * 1103515245u + 12345u;
		uint64_t key = r >> 16 & 511;
		bool take = r >> 30 & 1;
		void *got = take ? map_take_u64(m, key) : map_put_u64(m, key, &there[key]);
		assert_ptr_equal(got, there[key] ? &there[key] : NULL);
		there[key] = !take;
	}
	map_free(&m);
}

static void form_escapes_all_but_unreserved(void **state)
{
	(void)state;
	struct buf b = BUF_MAX(200);
	form_add(&b, "a", SLICE_LIT("azAZ09-._~"));
	form_add(&b, "b c", SLICE_LIT(" &=+%/:\xc3\xa4\0"));
	assert_slice(buf_slice(&b), "a=azAZ09-._~&b%20c=%20%26%3D%2B%25%2F%3A%C3%A4%00");
	buf_reset(&b);
	buf_add_text(&b, "https://x/?");
	form_add(&b, "d", SLICE_NONE);
	form_add(&b, "e", SLICE_LIT("1"));
	assert_slice(buf_slice(&b), "https://x/?d=&e=1");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(slice_splits_at_a_separator_and_keeps_empty_parts),
		T(slice_part_is_cut_to_what_there_is), T(utf8_accepts_every_length),
		T(utf8_refuses_what_rfc3629_refuses),
		T(buf_grows_to_its_ceiling_and_says_when_it_is_over),
		T(buf_stays_over_even_if_the_next_piece_would_fit), T(buf_writes_big_endian),
		T(numbers_have_one_spelling), T(signed_numbers_reach_both_ends),
		T(arithmetic_that_would_wrap_is_refused),
		T(b64_goes_there_and_back_at_every_length), T(b64_knows_the_vectors_of_rfc4648),
		T(b64_refuses_other_spellings), T(decimals_are_written_as_they_are),
		T(form_escapes_all_but_unreserved), T(arena_hands_out_zeroed_memory_apart),
		T(list_keeps_order_and_lets_go_while_walking),
		T(map_finds_what_was_put_and_nothing_else),
		T(map_replaces_and_returns_the_old_value),
		T(map_takes_long_keys_and_walks_over_all), T(map_survives_random_puts_and_takes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
