/* Envelopes: what parses, and every way in which one does not. */
#include "seal_test.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "seal/label.h"
#include "seal/sealed.h"
#include "seal_build.h"

#define BODY_AT_LEAST 328

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

static struct draft message_draft(struct arena *a)
{
	return (struct draft){
		.kind = ENVELOPE_MESSAGE,
		.suite = 1,
		.org = id_of(1),
		.room = id_of(2),
		.msg_id = id_of(3),
		.sender = id_of(4),
		.sender_kid = hash_of(5),
		.epoch = 7,
		.sender_seq = 8,
		.log_head = hash_of(9),
		.client_time_ms = 1700000000000,
		.retention_class = 10,
		.body = fill_of(a, 0x55, BODY_AT_LEAST),
	};
}

static struct draft log_draft(struct arena *a, uint8_t kind)
{
	struct draft d = message_draft(a);
	d.kind = kind;
	d.retention_class = 0;
	if (kind == ENVELOPE_IDENTITY) {
		d.room = id_of(0);
		d.epoch = 0;
	}
	d.body = fill_of(a, 1, 17);
	return d;
}

static enum refusal parse(struct arena *a, const struct draft *d)
{
	struct envelope e;
	return envelope_parse(draft_bytes(a, d), &e);
}

static struct slice edit_clear(struct arena *a, uint8_t op)
{
	uint8_t *p = arena_alloc(a, 17);
	memset(p, 0x77, 17);
	p[0] = op;
	return slice_of(p, 17);
}

static void reads_every_field_of_a_message(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	struct slice bytes = draft_bytes(a, &d);
	assert_agreed(envelope_parse(bytes, &e));
	assert_int_equal(e.kind, ENVELOPE_MESSAGE);
	assert_memory_equal(&e.org, &d.org, 16);
	assert_memory_equal(&e.room, &d.room, 16);
	assert_memory_equal(&e.msg_id, &d.msg_id, 16);
	assert_memory_equal(&e.sender, &d.sender, 16);
	assert_memory_equal(&e.sender_kid, &d.sender_kid, 32);
	assert_int_equal(e.epoch, 7);
	assert_int_equal(e.sender_seq, 8);
	assert_memory_equal(&e.log_head, &d.log_head, 32);
	assert_int_equal(e.client_time_ms, d.client_time_ms);
	assert_int_equal(e.retention_class, 10);
	assert_int_equal(e.op, ENVELOPE_NEW);
	assert_int_equal(e.body.n, BODY_AT_LEAST);
	assert_int_equal(e.header.n + e.body.n + e.signature.n, bytes.n);
	assert_ptr_equal(e.signature.p, bytes.p + bytes.n - 64);
}

static void hashes_header_and_body_but_not_the_signature(void **state)
{
	struct arena *a = *state;
	struct signer signer = signer_new();
	struct draft d = message_draft(a), with_key = d, other = d;
	struct envelope plain, signed_by_key, changed;
	with_key.signer = &signer;
	other.body = fill_of(a, 0x56, BODY_AT_LEAST);
	assert_agreed(envelope_parse(draft_bytes(a, &d), &plain));
	assert_agreed(envelope_parse(draft_bytes(a, &with_key), &signed_by_key));
	assert_agreed(envelope_parse(draft_bytes(a, &other), &changed));
	struct hash one = envelope_hash(&plain), two = envelope_hash(&signed_by_key);
	struct hash three = envelope_hash(&changed);
	assert_memory_equal(&one, &two, sizeof(one));
	assert_memory_not_equal(&one, &three, sizeof(one));
	signer_done(&signer);
}

static void verifies_the_senders_signature_and_no_other(void **state)
{
	struct arena *a = *state;
	struct signer signer = signer_new(), stranger = signer_new();
	struct draft d = message_draft(a);
	struct envelope e;
	d.signer = &signer;
	assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
	struct hash digest = envelope_signed_digest(&e);
	assert_true(pub_verifies_digest(&signer.pub, &digest, e.signature));
	assert_false(pub_verifies_digest(&stranger.pub, &digest, e.signature));
	digest.b[0] ^= 1;
	assert_false(pub_verifies_digest(&signer.pub, &digest, e.signature));
	signer_done(&signer);
	signer_done(&stranger);
}

static void refuses_every_cut(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	struct slice bytes = draft_bytes(a, &d);
	for (size_t n = 0; n < bytes.n; n++)
		assert_refusal(envelope_parse(slice_part(bytes, 0, n), &e), SHORT);
}

static void refuses_lengths_that_point_past_the_end(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	struct slice bytes = draft_bytes(a, &d);
	static const size_t length_bytes[] = {146, 157, 159};
	for (size_t i = 0; i < 3; i++) {
		AUTO(buf) struct buf b = BUF_MAX(2000);
		buf_add(&b, bytes);
		b.p[length_bytes[i]] = 0xFF;
		assert_refusal(envelope_parse(buf_slice(&b), &e), SHORT);
	}
}

static void refuses_bytes_that_are_left_over(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	AUTO(buf) struct buf b = BUF_MAX(2000);
	buf_add(&b, draft_bytes(a, &d));
	buf_add_byte(&b, 0);
	assert_refusal(envelope_parse(buf_slice(&b), &e), LONG);
}

static void refuses_another_magic(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	AUTO(buf) struct buf b = BUF_MAX(2000);
	buf_add(&b, draft_bytes(a, &d));
	b.p[3] = '2';
	assert_refusal(envelope_parse(buf_slice(&b), &e), MAGIC);
}

static void refuses_every_unknown_kind(void **state)
{
	for (unsigned kind = 0; kind < 256; kind++) {
		if (kind >= 1 && kind <= 10)
			continue;
		struct draft d = message_draft(*state);
		d.kind = (uint8_t)kind;
		assert_refusal(parse(*state, &d), KIND);
	}
}

static void refuses_every_other_suite(void **state)
{
	for (unsigned suite = 0; suite < 256; suite++) {
		struct draft d = message_draft(*state);
		d.suite = (uint8_t)suite;
		if (suite != 1)
			assert_refusal(parse(*state, &d), SUITE);
	}
}

static void refuses_ids_of_zeroes(void **state)
{
	struct draft org = message_draft(*state), msg_id = org, sender = org, room = org;
	org.org = msg_id.msg_id = sender.sender = room.room = id_of(0);
	assert_refusal(parse(*state, &org), ZERO);
	assert_refusal(parse(*state, &msg_id), ZERO);
	assert_refusal(parse(*state, &sender), ZERO);
	assert_refusal(parse(*state, &room), ZERO);
}

static void refuses_a_room_in_an_identity_entry(void **state)
{
	struct draft d = log_draft(*state, ENVELOPE_IDENTITY);
	assert_agreed(parse(*state, &d));
	d.room = id_of(2);
	assert_refusal(parse(*state, &d), ZERO);
}

static void refuses_numbers_that_javascript_cannot_hold(void **state)
{
	struct draft seq = message_draft(*state), time = seq;
	seq.sender_seq = time.client_time_ms = (UINT64_C(1) << 53) - 1;
	assert_agreed(parse(*state, &seq));
	assert_agreed(parse(*state, &time));
	seq.sender_seq++;
	time.client_time_ms++;
	assert_refusal(parse(*state, &seq), NUMBER);
	assert_refusal(parse(*state, &time), NUMBER);
}

static void refuses_retention_and_epoch_where_they_must_be_zero(void **state)
{
	struct draft control = log_draft(*state, ENVELOPE_CONTROL);
	struct draft identity = log_draft(*state, ENVELOPE_IDENTITY);
	assert_agreed(parse(*state, &control));
	control.retention_class = 1;
	identity.epoch = 1;
	assert_refusal(parse(*state, &control), NUMBER);
	assert_refusal(parse(*state, &identity), NUMBER);
}

static void takes_up_to_four_ascending_parents(void **state)
{
	struct arena *a = *state;
	for (uint8_t n = 0; n <= 4; n++) {
		struct draft d = message_draft(a);
		uint8_t *p = arena_alloc(a, 128);
		for (uint8_t i = 0; i < n; i++)
			memset(p + 32 * i, 10 + i, 32);
		d.n_parents = n;
		d.parents = slice_of(p, 32u * n);
		struct envelope e;
		assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
		assert_int_equal(e.n_parents, n);
		assert_int_equal(e.parents.n, 32 * n);
	}
}

static void refuses_a_fifth_parent(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	uint8_t *p = arena_alloc(a, 160);
	for (uint8_t i = 0; i < 5; i++)
		memset(p + 32 * i, 10 + i, 32);
	d.n_parents = 5;
	d.parents = slice_of(p, 160);
	assert_refusal(parse(a, &d), PARENTS);
}

static void refuses_parents_that_are_equal_or_descend(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	d.n_parents = 2;
	d.parents = fill_of(a, 9, 64);
	assert_refusal(parse(a, &d), PARENTS);
	uint8_t *p = arena_alloc(a, 64);
	memset(p, 10, 32);
	memset(p + 32, 9, 32);
	d.parents = slice_of(p, 64);
	assert_refusal(parse(a, &d), PARENTS);
}

static void refuses_a_parent_of_a_log_entry(void **state)
{
	struct draft d = log_draft(*state, ENVELOPE_CONTROL);
	d.n_parents = 1;
	d.parents = fill_of(*state, 9, 32);
	assert_refusal(parse(*state, &d), PARENTS);
}

static void reads_what_an_edit_and_a_delete_name(void **state)
{
	struct arena *a = *state;
	for (uint8_t op = 1; op <= 2; op++) {
		struct draft d = message_draft(a);
		struct envelope e;
		d.clear = edit_clear(a, op);
		assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
		struct id target = id_of(0x77);
		assert_int_equal(e.op, op);
		assert_memory_equal(&e.target, &target, 16);
	}
}

static void refuses_a_clear_part_that_is_not_of_the_kind(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	static const uint8_t wrong_ops[] = {0, 3, 255};
	for (size_t i = 0; i < 3; i++) {
		d.clear = edit_clear(a, wrong_ops[i]);
		assert_refusal(parse(a, &d), CLEAR);
	}
	d.clear = fill_of(a, 1, 16);
	assert_refusal(parse(a, &d), CLEAR);
	d.clear = fill_of(a, 1, 1025);
	assert_refusal(parse(a, &d), CLEAR);
	struct draft log = log_draft(a, ENVELOPE_CONTROL);
	log.clear = fill_of(a, 1, 17);
	assert_refusal(parse(a, &log), CLEAR);
}

static void refuses_a_target_of_zeroes(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	uint8_t *p = arena_alloc(a, 17);
	p[0] = 1;
	d.clear = slice_of(p, 17);
	assert_refusal(parse(a, &d), CLEAR);
	d.kind = ENVELOPE_RECEIPT;
	d.clear = fill_of(a, 0, 16);
	assert_refusal(parse(a, &d), CLEAR);
}

static const uint8_t items[] = {
	ENVELOPE_ASSIGNMENT, ENVELOPE_ANSWER, ENVELOPE_NOTE, ENVELOPE_WORK, ENVELOPE_METER};

static void takes_items_without_a_clear_part_and_their_tombstones(void **state)
{
	struct arena *a = *state;
	struct envelope e;
	for (size_t i = 0; i < sizeof(items); i++) {
		struct draft d = message_draft(a);
		d.kind = items[i];
		assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
		assert_int_equal(e.kind, items[i]);
		assert_int_equal(e.op, ENVELOPE_NEW);
		assert_agreed(envelope_parse_tombstone(draft_tombstone(a, &d), &e));
		d.clear = edit_clear(a, ENVELOPE_DELETE);
		assert_refusal(parse(a, &d), CLEAR);
		d.clear = SLICE_NONE;
		d.body = fill_of(a, 1, BODY_AT_LEAST + 1);
		assert_refusal(parse(a, &d), BODY);
	}
}

static struct slice file_clear(struct arena *a, uint8_t file, uint64_t size, uint32_t part)
{
	uint8_t *p = arena_alloc(a, 60);
	memset(p, file, 16);
	num_put_u64(p + 16, size);
	num_put_u32(p + 24, part);
	memset(p + 28, 0x41, 32);
	return slice_of(p, 60);
}

static void reads_what_a_manifest_says_of_its_file(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	d.kind = ENVELOPE_FILE;
	d.clear = file_clear(a, 7, 56 + 16400 + 16, 1049600);
	assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
	struct id file = id_of(7);
	struct hash parts = hash_of(0x41);
	assert_memory_equal(&e.file.file, &file, sizeof(file));
	assert_memory_equal(&e.file.parts_hash, &parts, sizeof(parts));
	assert_int_equal(e.file.cipher_size, 56 + 16400 + 16);
	assert_agreed(envelope_parse_tombstone(draft_tombstone(a, &d), &e));
}

static void refuses_a_manifest_of_no_possible_file(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	d.kind = ENVELOPE_FILE;
	assert_refusal(parse(a, &d), CLEAR);
	static const uint64_t wrong[] = {
		0, 55, 56, 71, 56 + 16400, 56 + 16400 + 15, 1ull << 53, UINT64_MAX};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		d.clear = file_clear(a, 7, wrong[i], 1049600);
		assert_refusal(parse(a, &d), CLEAR);
	}
	d.clear = file_clear(a, 0, 72, 1049600);
	assert_refusal(parse(a, &d), CLEAR);
	d.clear = file_clear(a, 7, 72, 1049601);
	assert_refusal(parse(a, &d), CLEAR);
	d.clear = slice_part(file_clear(a, 7, 72, 1049600), 0, 59);
	assert_refusal(parse(a, &d), CLEAR);
}

static void reads_what_a_receipt_has_read(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	d.kind = ENVELOPE_RECEIPT;
	d.clear = fill_of(a, 0x31, 16);
	assert_agreed(envelope_parse(draft_bytes(a, &d), &e));
	struct id read = id_of(0x31);
	assert_memory_equal(&e.target, &read, 16);
	d.clear = SLICE_NONE;
	assert_refusal(parse(a, &d), CLEAR);
}

static void takes_the_nine_padded_lengths_and_no_other(void **state)
{
	struct arena *a = *state;
	size_t n_legal = 0;
	for (size_t size = 0; size < 70000; size++)
		n_legal += sealed_size_is_padded(size);
	assert_int_equal(n_legal, 9);
	struct draft d = message_draft(a);
	for (size_t p = 256; p <= 65536; p *= 2) {
		d.body = fill_of(a, 2, 56 + p + 16 * (p / 16384 + 1));
		assert_agreed(parse(a, &d));
		d.body.n--;
		assert_refusal(parse(a, &d), BODY);
	}
}

static void bounds_the_bodies_of_logs(void **state)
{
	struct arena *a = *state;
	struct draft control = log_draft(a, ENVELOPE_CONTROL);
	struct draft identity = log_draft(a, ENVELOPE_IDENTITY);
	control.body = fill_of(a, 1, 32768);
	identity.body = fill_of(a, 1, 4096);
	assert_agreed(parse(a, &control));
	assert_agreed(parse(a, &identity));
	control.body = identity.body = fill_of(a, 1, 1);
	assert_agreed(parse(a, &control));
	assert_agreed(parse(a, &identity));
	control.body = fill_of(a, 1, 32769);
	identity.body = fill_of(a, 1, 4097);
	assert_refusal(parse(a, &control), BODY);
	assert_refusal(parse(a, &identity), BODY);
	control.body = identity.body = SLICE_NONE;
	assert_refusal(parse(a, &control), BODY);
	assert_refusal(parse(a, &identity), BODY);
}

static void names_the_first_of_several_faults(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	d.body = fill_of(a, 1, 5);
	d.clear = fill_of(a, 1, 3);
	assert_refusal(parse(a, &d), CLEAR);
	d.n_parents = 2;
	d.parents = fill_of(a, 9, 64);
	assert_refusal(parse(a, &d), PARENTS);
	d.sender_seq = UINT64_MAX;
	assert_refusal(parse(a, &d), NUMBER);
	d.org = id_of(0);
	assert_refusal(parse(a, &d), ZERO);
	d.suite = 0;
	assert_refusal(parse(a, &d), SUITE);
	d.kind = 11;
	assert_refusal(parse(a, &d), KIND);
}

static void keeps_hash_and_signature_in_a_tombstone(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope whole, left;
	AUTO(buf) struct buf b = BUF_MAX(2000);
	assert_agreed(envelope_parse(draft_bytes(a, &d), &whole));
	envelope_add_tombstone(&whole, &b);
	assert_true(slice_equal(buf_slice(&b), draft_tombstone(a, &d)));
	assert_agreed(envelope_parse_tombstone(buf_slice(&b), &left));
	struct hash before = envelope_hash(&whole), after = envelope_hash(&left);
	assert_memory_equal(&before, &after, sizeof(before));
	before = envelope_signed_digest(&whole);
	after = envelope_signed_digest(&left);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(left.body.n, 0);
	assert_true(slice_equal(whole.signature, left.signature));
}

static void refuses_tombstones_cut_extended_or_of_another_kind(void **state)
{
	struct arena *a = *state;
	struct draft d = message_draft(a);
	struct envelope e;
	AUTO(buf) struct buf b = BUF_MAX(2000);
	struct slice bytes = draft_tombstone(a, &d);
	assert_refusal(envelope_parse_tombstone(slice_part(bytes, 0, bytes.n - 1), &e), SHORT);
	buf_add(&b, bytes);
	buf_add_byte(&b, 1);
	assert_refusal(envelope_parse_tombstone(buf_slice(&b), &e), LONG);
	d.kind = ENVELOPE_RECEIPT;
	assert_refusal(envelope_parse_tombstone(draft_tombstone(a, &d), &e), KIND);
	struct draft log = log_draft(a, ENVELOPE_CONTROL);
	assert_refusal(envelope_parse_tombstone(draft_tombstone(a, &log), &e), KIND);
}

static void has_a_word_and_an_error_for_every_refusal(void **state)
{
	(void)state;
	for (unsigned r = 0; r < REFUSAL_COUNT; r++) {
		assert_non_null(refusal_word((enum refusal)r));
		assert_int_equal(refusal_err((enum refusal)r) == ERR_OK, r == REFUSAL_NONE);
	}
	assert_int_equal(refusal_err(REFUSAL_STALE_HEAD), ERR_STALE_HEAD);
	assert_string_equal(refusal_word(REFUSAL_LAST_STAFF), "last_staff");
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(reads_every_field_of_a_message),
		FACT(hashes_header_and_body_but_not_the_signature),
		FACT(verifies_the_senders_signature_and_no_other),
		FACT(refuses_every_cut),
		FACT(refuses_lengths_that_point_past_the_end),
		FACT(refuses_bytes_that_are_left_over),
		FACT(refuses_another_magic),
		FACT(refuses_every_unknown_kind),
		FACT(refuses_every_other_suite),
		FACT(refuses_ids_of_zeroes),
		FACT(refuses_a_room_in_an_identity_entry),
		FACT(refuses_numbers_that_javascript_cannot_hold),
		FACT(refuses_retention_and_epoch_where_they_must_be_zero),
		FACT(takes_up_to_four_ascending_parents),
		FACT(refuses_a_fifth_parent),
		FACT(refuses_parents_that_are_equal_or_descend),
		FACT(refuses_a_parent_of_a_log_entry),
		FACT(reads_what_an_edit_and_a_delete_name),
		FACT(refuses_a_clear_part_that_is_not_of_the_kind),
		FACT(takes_items_without_a_clear_part_and_their_tombstones),
		FACT(reads_what_a_manifest_says_of_its_file),
		FACT(refuses_a_manifest_of_no_possible_file),
		FACT(refuses_a_target_of_zeroes),
		FACT(reads_what_a_receipt_has_read),
		FACT(takes_the_nine_padded_lengths_and_no_other),
		FACT(bounds_the_bodies_of_logs),
		FACT(names_the_first_of_several_faults),
		FACT(keeps_hash_and_signature_in_a_tombstone),
		FACT(refuses_tombstones_cut_extended_or_of_another_kind),
		FACT(has_a_word_and_an_error_for_every_refusal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
