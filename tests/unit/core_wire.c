/* decode and encode, on shapes of their own that have every kind. */
#include "base/arena.h"
#include "base/b64.h"
#include "base/cleanup.h"
#include "core/decode.h"
#include "core/encode.h"
#include "unit.h"

struct item {
	struct id id;
	bool has_note;
	struct slice note;
};
static const struct field item_fields[] = {
	{.name = "id", .name_size = 2, .kind = KIND_ID, .at = offsetof(struct item, id), .max = 16},
	{.name = "note",
		.name_size = 4,
		.kind = KIND_TEXT,
		.at = offsetof(struct item, note),
		.optional = true,
		.has_at = offsetof(struct item, has_note),
		.min = 1,
		.max = 20},
};
static const struct shape item_shape = {
	.name = "item", .size = sizeof(struct item), .fields = item_fields, .n_fields = 2};

struct all {
	int64_t u53;
	uint32_t u32;
	uint16_t u16;
	bool yes;
	uint8_t phase;
	struct slice bytes;
	const struct item *items;
	size_t n_items;
	struct item one;
};
static const char *const phases[] = {"open", "closed"};
#define AT(field) .name = #field, .name_size = sizeof(#field) - 1, .at = offsetof(struct all, field)
static const struct field all_fields[] = {
	{AT(u53), .kind = KIND_U53, .max = (1ull << 53) - 1},
	{AT(u32), .kind = KIND_U32, .min = 2, .max = 9},
	{AT(u16), .kind = KIND_U16, .max = 65535},
	{AT(yes), .kind = KIND_BOOL},
	{AT(phase), .kind = KIND_ENUM, .words = phases, .n_words = 2},
	{AT(bytes), .kind = KIND_BYTES, .min = 1, .max = 4},
	{AT(items), .kind = KIND_LIST, .has_at = offsetof(struct all, n_items), .max = 2,
		.item = KIND_STRUCT, .item_size = sizeof(struct item), .of = &item_shape},
	{AT(one), .kind = KIND_STRUCT, .of = &item_shape},
};
static const struct shape all_shape = {
	.name = "all", .size = sizeof(struct all), .fields = all_fields, .n_fields = 8};

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define U53 "\"u53\":9007199254740991"
#define U32 "\"u32\":2"
#define BYTES "\"bytes\":\"AQI\""
#define ITEMS "\"items\":[{\"id\":\"" ID "\",\"note\":\"\xc3\xa4\\\"\\n\"}]"
#define GOOD(u53, u32, bytes, items) \
	"{" u53 "," u32 ",\"u16\":7,\"yes\":true,\"phase\":\"closed\"," bytes "," items \
	",\"one\":{\"id\":\"" ID "\"}}"

static enum err decode_text(const char *text, struct arena *arena, const struct all **ret)
{
	AUTO(decoded) struct decoded *d = NULL;
	TRY(decode_open(slice_text(text), &d));
	const char *field;
	const void *out = NULL;
	struct decode_into into = {&all_shape, arena, false, SLICE_NONE};
	TRY(decode_body(d, &into, &out, &field));
	*ret = out;
	return ERR_OK;
}

static enum err decode_and_forget(const char *text)
{
	AUTO(arena) struct arena *arena = arena_new(512);
	const struct all *all;
	return decode_text(text, arena, &all);
}

static void decodes_every_kind_and_encodes_it_back(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_new(512);
	const char *text = GOOD(U53, U32, BYTES, ITEMS);
	static const struct all nothing;
	const struct all *all = &nothing;
	assert_ok(decode_text(text, arena, &all));
	assert_int_equal(all->u53, 9007199254740991);
	assert_int_equal(all->phase, 1);
	assert_slice(all->bytes, "\x01\x02");
	assert_int_equal(all->n_items, 1);
	assert_slice(all->items[0].note, "\xc3\xa4\"\n");
	assert_false(all->one.has_note);
	AUTO(buf) struct buf b = BUF_MAX(4096);
	encode_value(&b, &all_shape, all);
	assert_string_equal(buf_text(&b), text);
}

static void refuses_values_out_of_bounds(void **state)
{
	(void)state;
	assert_err(decode_and_forget(GOOD("\"u53\":9007199254740992", U32, BYTES, ITEMS)),
		ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD("\"u53\":-1", U32, BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD("\"u53\":1.0", U32, BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, "\"u32\":1", BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, "\"u32\":10", BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(
		decode_and_forget(GOOD(U53, U32, "\"bytes\":\"AQIDBAU\"", ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, "\"bytes\":\"\"", ITEMS)), ERR_BAD_FIELD);
}

static void refuses_bytes_with_another_spelling(void **state)
{
	(void)state;
	assert_err(decode_and_forget(GOOD(U53, U32, "\"bytes\":\"AQJ\"", ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, "\"bytes\":\"AQI=\"", ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, "\"bytes\":\"A+I\"", ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, "\"bytes\":[1]", ITEMS)), ERR_BAD_FIELD);
}

static void refuses_members_that_are_unknown_missing_or_doubled(void **state)
{
	(void)state;
	assert_err(decode_and_forget(GOOD(U53, U32 ",\"more\":1", BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, "\"u33\":2", BYTES, ITEMS)), ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32 "," U32, BYTES, ITEMS)), ERR_MALFORMED);
	assert_err(
		decode_and_forget(GOOD(U53, U32, BYTES, "\"items\":[{\"id\":\"" ID "\",\"x\":1}]")),
		ERR_BAD_FIELD);
}

static void refuses_lists_that_are_too_long(void **state)
{
	(void)state;
#define ITEM "{\"id\":\"" ID "\"}"
	assert_ok(decode_and_forget(GOOD(U53, U32, BYTES, "\"items\":[" ITEM "," ITEM "]")));
	assert_err(
		decode_and_forget(GOOD(U53, U32, BYTES, "\"items\":[" ITEM "," ITEM "," ITEM "]")),
		ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, BYTES, "\"items\":{}")), ERR_BAD_FIELD);
}

static void refuses_control_characters_in_text(void **state)
{
	(void)state;
	assert_err(decode_and_forget(GOOD(U53, U32, BYTES,
			   "\"items\":[{\"id\":\"" ID "\",\"note\":\"a\\u0007\"}]")),
		ERR_BAD_FIELD);
	assert_err(decode_and_forget(GOOD(U53, U32, BYTES,
			   "\"items\":[{\"id\":\"" ID "\",\"note\":\"a\\u0000\"}]")),
		ERR_MALFORMED);
}

static void refuses_what_is_no_object_or_too_deep(void **state)
{
	(void)state;
	struct decoded *d = NULL;
	assert_err(decode_open(SLICE_LIT("[1]"), &d), ERR_MALFORMED);
	assert_err(decode_open(SLICE_LIT("{}x"), &d), ERR_MALFORMED);
	assert_err(decode_open(SLICE_LIT(""), &d), ERR_MALFORMED);
	assert_err(decode_open(SLICE_LIT("{\"a\":[[[[[[[[1]]]]]]]]}"), &d), ERR_MALFORMED);
	assert_ok(decode_open(SLICE_LIT("{\"a\":[[[[[[[1]]]]]]],\"b\":\"[[[[[[[[[[\\\"\"}"), &d));
	decode_close(&d);
	assert_null(d);
}

static enum err frame(const char *text, uint64_t *ret_id)
{
	AUTO(decoded) struct decoded *d = NULL;
	struct slice op;
	TRY(decode_open(slice_text(text), &d));
	return decode_frame(d, ret_id, &op);
}

static enum err decode_blob(bool may, const char *text, const char *blob, struct slice *ret)
{
	static const struct field in_json = {
		.name = "b", .name_size = 1, .kind = KIND_BYTES, .min = 2, .max = 4};
	struct field field = in_json;
	field.blob = may;
	const struct shape shape = {
		.name = "m", .size = sizeof(struct slice), .fields = &field, .n_fields = 1};
	AUTO(arena) struct arena *arena = arena_new(512);
	AUTO(decoded) struct decoded *d = NULL;
	const char *name;
	const void *out = NULL;
	const struct decode_into into = {&shape, arena, false, slice_text(blob)};
	TRY(decode_open(slice_text(text), &d));
	TRY(decode_body(d, &into, &out, &name));
	memcpy(ret, out, sizeof(*ret));
	ret->p = (const uint8_t *)(slice_is(*ret, blob) ? blob : "");
	return ERR_OK;
}

static void a_blob_stands_for_its_field(void **state)
{
	(void)state;
	struct slice bytes = SLICE_NONE;
	assert_ok(decode_blob(true, "{}", "abcd", &bytes));
	assert_slice(bytes, "abcd");
	assert_err(decode_blob(true, "{}", "a", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(true, "{}", "abcde", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(true, "{\"b\":\"AQID\"}", "abcd", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(true, "{\"x\":1}", "abcd", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(false, "{}", "abcd", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(false, "{\"b\":\"AQID\"}", "abcd", &bytes), ERR_BAD_FIELD);
	assert_err(decode_blob(true, "{}", "", &bytes), ERR_BAD_FIELD);
	assert_ok(decode_blob(true, "{\"b\":\"AQID\"}", "", &bytes));
}

static void a_member_of_others_objects_is_read_if_it_is_text(void **state)
{
	(void)state;
	AUTO(decoded) struct decoded *d = NULL;
	struct slice text;
	assert_ok(decode_open(SLICE_LIT("{\"n\":{\"id\":\"x\"},\"id\":\"a.b\",\"i\":7}"), &d));
	assert_ok(decode_member(d, "id", &text));
	assert_slice(text, "a.b");
	assert_err(decode_member(d, "i", &text), ERR_BAD_FIELD);
	assert_err(decode_member(d, "n", &text), ERR_BAD_FIELD);
	assert_err(decode_member(d, "x", &text), ERR_BAD_FIELD);
}

static void a_frame_is_id_op_and_body(void **state)
{
	(void)state;
	uint64_t id = 0;
	assert_ok(frame("{\"id\":7,\"op\":\"x\",\"body\":{}}", &id));
	assert_int_equal(id, 7);
	assert_err(frame("{\"id\":0,\"op\":\"x\",\"body\":{}}", &id), ERR_MALFORMED);
	assert_err(frame("{\"id\":9007199254740992,\"op\":\"x\",\"body\":{}}", &id), ERR_MALFORMED);
	assert_err(frame("{\"id\":7,\"op\":\"x\"}", &id), ERR_MALFORMED);
	assert_err(frame("{\"id\":7,\"op\":\"x\",\"body\":{},\"more\":1}", &id), ERR_MALFORMED);
	assert_err(frame("{\"id\":7,\"op\":\"x\",\"body\":[]}", &id), ERR_MALFORMED);
	assert_err(frame("{\"id\":\"7\",\"op\":\"x\",\"body\":{}}", &id), ERR_MALFORMED);
}

static void errors_carry_their_detail_and_faults_a_reference(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(4096);
	struct detail detail = {.name = "next", .kind = DETAIL_NUMBER, .number = 12};
	encode_error(&b, 7, ERR_BAD_SEQUENCE, &detail, 1);
	assert_string_equal(
		buf_text(&b), "{\"id\":7,\"err\":\"bad_sequence\",\"detail\":{\"next\":12}}");
	buf_reset(&b);
	encode_error(&b, 0, ERR_INTERNAL, NULL, 255);
	assert_string_equal(buf_text(&b), "{\"err\":\"internal\",\"ref\":\"00000000000000ff\"}");
	buf_reset(&b);
	encode_event(&b, &(struct shape){.name = "resync"}, NULL);
	assert_string_equal(buf_text(&b), "{\"ev\":\"resync\",\"body\":{}}");
}

static void nothing_is_sent_over_the_ceiling(void **state)
{
	(void)state;
	AUTO(buf) struct buf b = BUF_MAX(16);
	struct all all = {.bytes = SLICE_LIT("abcd")};
	encode_reply(&b, 1, &all_shape, &all);
	assert_err(buf_check(&b), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(decodes_every_kind_and_encodes_it_back),
		T(refuses_values_out_of_bounds), T(refuses_bytes_with_another_spelling),
		T(refuses_members_that_are_unknown_missing_or_doubled),
		T(refuses_lists_that_are_too_long), T(refuses_control_characters_in_text),
		T(refuses_what_is_no_object_or_too_deep), T(a_blob_stands_for_its_field),
		T(a_member_of_others_objects_is_read_if_it_is_text), T(a_frame_is_id_op_and_body),
		T(errors_carry_their_detail_and_faults_a_reference),
		T(nothing_is_sent_over_the_ceiling)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
