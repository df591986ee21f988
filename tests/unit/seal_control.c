/* The control log: what every entry must meet, parsing, and the room's phases. Who comes and goes
 * is tried in seal_members.c, keys in seal_epochs.c. */
#include "seal_test.h"

#include "base/cleanup.h"
#include "seal_world.h"

static void creates_a_room_with_its_first_counsellor(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_create(w, &w->anna)));
	assert_int_equal(w->log->n, 1);
	assert_int_equal(w->log->phase, CONTROL_OPEN);
	assert_int_equal(w->log->epoch, 0);
	assert_true(w->log->pending);
	assert_int_equal(w->log->retention_class, 2);
	assert_int_equal(w->log->n_members, 1);
	const struct control_member *m =
		control_find_writer(w->log, &w->anna.user, &w->anna.sig_kid);
	assert_non_null(m);
	assert_int_equal(m->role, CONTROL_STAFF);
	assert_int_equal(m->proof, CONTROL_CERTIFIED);
	assert_int_equal(m->since, 0);
	assert_memory_equal(&m->cert, &w->anna.cert, 32);
	assert_memory_equal(&w->log->recovery_kid, &w->recovery_kid, 32);
}

static void refuses_anything_before_create(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_close(w)), NOT_CREATED);
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->kaisa)), NOT_CREATED);
	assert_int_equal(w->log->n, 0);
}

static void refuses_a_second_create(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_create(w, &w->anna)), ALREADY_CREATED);
}

static void refuses_a_room_created_without_a_certificate(void **state)
{
	struct world *w = *state;
	struct someone other_cert = w->anna, other_key = w->anna;
	other_cert.cert = hash_of(0x99);
	other_key.enc_kid = hash_of(0x99);
	assert_refusal(world_say(w, &w->kaisa, body_create(w, &w->kaisa)), NOT_CERTIFIED);
	assert_refusal(world_say(w, &w->anna, body_create(w, &other_cert)), NOT_CERTIFIED);
	assert_refusal(world_say(w, &w->anna, body_create(w, &other_key)), NOT_CERTIFIED);
}

static void refuses_a_room_created_outside_the_certificates_time(void **state)
{
	struct world *w = *state;
	struct person *anna = world_record(w, &w->anna);
	struct person whole = *anna;
	anna->valid_from = w->now + 1;
	assert_refusal(world_say(w, &w->anna, body_create(w, &w->anna)), CERT_EXPIRED);
	*anna = whole;
	anna->valid_until = w->now - 1;
	assert_refusal(world_say(w, &w->anna, body_create(w, &w->anna)), CERT_EXPIRED);
	anna->valid_from = anna->valid_until = w->now;
	assert_agreed(world_say(w, &w->anna, body_create(w, &w->anna)));
}

static void refuses_a_room_without_a_retention_class(void **state)
{
	struct world *w = *state;
	struct slice body = body_create(w, &w->anna);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, body.n - 1, 0)), BAD_FIELD);
	assert_agreed(world_say(w, &w->anna, spoiled(w, body, body.n - 1, 1)));
}

static void refuses_an_entry_of_another_room_or_organisation(void **state)
{
	struct world *w = *state;
	struct draft room = world_draft(w, &w->anna, body_close(w)), org = room;
	room.room = id_of(0x99);
	org.org = id_of(0x99);
	assert_refusal(world_try(w, &room), WRONG_ROOM);
	assert_refusal(world_try(w, &org), WRONG_ROOM);
}

static void refuses_an_entry_on_an_older_head(void **state)
{
	struct world *w = *state;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	assert_agreed(world_say(w, &w->anna, body_epoch(w, &w->anna)));
	assert_refusal(world_try(w, &d), STALE_HEAD);
}

static void refuses_the_same_entry_twice(void **state)
{
	struct world *w = *state;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	assert_agreed(world_try(w, &d));
	assert_refusal(world_try(w, &d), STALE_HEAD);
}

static void refuses_an_index_that_is_not_the_next(void **state)
{
	struct world *w = *state;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	d.sender_seq++;
	assert_refusal(world_try(w, &d), BAD_INDEX);
	d.sender_seq -= 2;
	assert_refusal(world_try(w, &d), BAD_INDEX);
}

static void refuses_an_epoch_that_is_not_the_newest(void **state)
{
	struct world *w = *state;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	d.epoch = 0;
	assert_refusal(world_try(w, &d), BAD_EPOCH);
	d.epoch = 2;
	assert_refusal(world_try(w, &d), BAD_EPOCH);
}

static void refuses_the_reserved_types_as_such(void **state)
{
	struct world *w = *state;
	static const uint8_t reserved[] = {4, 5, 6, 7, 8, 16, 17};
	for (size_t i = 0; i < sizeof(reserved); i++) {
		struct slice body = fill_of(w->arena, reserved[i], 1 + 100 * i);
		assert_refusal(world_say(w, &w->anna, body), RESERVED_TYPE);
		assert_null(control_type_name(reserved[i]));
	}
	assert_string_equal(control_type_name(CONTROL_EPOCH), "EPOCH");
}

static void refuses_a_clock_ten_minutes_off(void **state)
{
	struct world *w = *state;
	struct draft early = world_draft(w, &w->anna, body_close(w)), late = early;
	early.client_time_ms = w->now - 600001;
	late.client_time_ms = w->now + 600001;
	assert_refusal(world_try(w, &early), BAD_TIME);
	assert_refusal(world_try(w, &late), BAD_TIME);
	late.client_time_ms--;
	assert_agreed(world_try(w, &late));
}

static void refuses_one_who_is_no_member_or_no_longer(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->otto, body_leave(w)), NOT_MEMBER);
	assert_refusal(world_say(w, &w->bertil, body_close(w)), NOT_MEMBER);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_refusal(world_say(w, &w->kaisa, body_leave(w)), NOT_MEMBER);
}

static void refuses_a_member_with_another_key(void **state)
{
	struct world *w = *state;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	d.sender_kid = hash_of(0x99);
	assert_refusal(world_try(w, &d), BAD_KID);
	assert_null(control_find_writer(w->log, &w->anna.user, &d.sender_kid));
}

static void refuses_staff_whose_certificate_is_gone_or_over(void **state)
{
	struct world *w = *state;
	struct person *anna = world_record(w, &w->anna);
	struct person whole = *anna;
	anna->cert = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_close(w)), NOT_CERTIFIED);
	*anna = whole;
	anna->staff = false;
	assert_refusal(world_say(w, &w->anna, body_close(w)), NOT_CERTIFIED);
	*anna = whole;
	anna->valid_until = w->now - 1;
	assert_refusal(world_say(w, &w->anna, body_close(w)), CERT_EXPIRED);
	*anna = whole;
	anna->ended_ms = w->now - 1200001;
	assert_refusal(world_say(w, &w->anna, body_close(w)), CERT_EXPIRED);
	anna->ended_ms++;
	assert_agreed(world_say(w, &w->anna, body_close(w)));
}

static void looks_for_the_certificate_under_which_a_member_came(void **state)
{
	struct world *w = *state;
	struct person newer = *world_record(w, &w->anna);
	newer.cert = hash_of(0x99);
	people_add(&w->people, &newer);
	assert_agreed(world_say(w, &w->anna, body_close(w)));
}

static void refuses_to_clients_what_is_for_staff(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->kaisa, body_invite(w, 0x60, w->now + 1000)), NOT_STAFF);
	assert_refusal(world_say(w, &w->kaisa, body_add(w, &w->otto)), NOT_STAFF);
	assert_refusal(world_say(w, &w->kaisa, body_remove(w, &w->anna)), NOT_STAFF);
	assert_refusal(
		world_say(w, &w->kaisa, body_recovery_wrap(w, 1, &w->recovery_kid)), NOT_STAFF);
	assert_refusal(world_say(w, &w->kaisa, body_close(w)), NOT_STAFF);
	assert_refusal(world_say(w, &w->kaisa, body_reopen(w)), NOT_STAFF);
}

static void closes_and_reopens(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_reopen(w)), NOT_CLOSED);
	assert_agreed(world_say(w, &w->anna, body_close(w)));
	assert_int_equal(w->log->phase, CONTROL_CLOSED);
	assert_refusal(world_say(w, &w->anna, body_close(w)), ROOM_CLOSED);
	assert_agreed(world_say(w, &w->anna, body_reopen(w)));
	assert_int_equal(w->log->phase, CONTROL_OPEN);
}

static void refuses_most_entries_in_a_closed_room(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->kaisa, body_epoch(w, &w->kaisa)));
	assert_agreed(world_say(w, &w->anna, body_close(w)));
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->bertil)), ROOM_CLOSED);
	assert_refusal(world_say(w, &w->anna, body_invite(w, 0x60, w->now + 1000)), ROOM_CLOSED);
	assert_refusal(world_say(w, &w->otto, body_join(w, 0x60, &w->otto)), ROOM_CLOSED);
	assert_refusal(world_say(w, &w->anna, body_epoch(w, &w->anna)), ROOM_CLOSED);
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->kaisa)), ROOM_CLOSED);
	assert_agreed(world_say(w, &w->anna, body_recovery_wrap(w, 2, &w->recovery_kid)));
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->anna, 1, 2)));
	assert_agreed(world_say(w, &w->anna, body_leave(w)));
}

static void refuses_bodies_of_a_wrong_length(void **state)
{
	struct world *w = *state;
	const struct slice bodies[] = {body_create(w, &w->anna), body_invite(w, 0x60, w->now + 1),
		body_join(w, 0x60, &w->otto), body_add(w, &w->otto), body_remove(w, &w->anna),
		body_leave(w), body_epoch(w, &w->anna), body_grant(w, &w->anna, 1, 1),
		body_recovery_wrap(w, 1, &w->recovery_kid), body_close(w), body_reopen(w)};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct buf b = BODY_NEW;
		buf_add(&b, bodies[i]);
		buf_add_byte(&b, 0);
		assert_refusal(world_say(w, &w->anna, body_take(w->arena, &b)), MALFORMED);
		if (bodies[i].n == 1)
			continue;
		struct slice cut = slice_part(bodies[i], 0, bodies[i].n - 1);
		assert_refusal(world_say(w, &w->anna, cut), MALFORMED);
	}
}

static void refuses_fields_out_of_their_ranges(void **state)
{
	struct world *w = *state;
	struct slice add = body_add(w, &w->otto), remove = body_remove(w, &w->anna);
	struct slice close = body_close(w), epoch = body_epoch(w, &w->anna);
	struct slice invite = body_invite(w, 0x60, w->now + 1);
	const size_t role_at = 1 + 16 + 64, proof_at = role_at + 33;
	const struct slice wrong[] = {spoiled(w, add, role_at, 0), spoiled(w, add, role_at, 3),
		spoiled(w, add, proof_at, 0), spoiled(w, add, proof_at, 3),
		spoiled(w, add, proof_at + 1, 0x20), spoiled(w, remove, 17, 0),
		spoiled(w, remove, 17, 4), spoiled(w, close, 1, 0), spoiled(w, close, 1, 5),
		spoiled(w, epoch, 70, 0), spoiled(w, epoch, 69, 1), spoiled(w, invite, 17, 2),
		spoiled(w, invite, 40, 0x5A), spoiled(w, invite, invite.n - 8, 0x20)};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refusal(world_say(w, &w->anna, wrong[i]), MALFORMED);
}

static void refuses_types_that_are_none_and_kinds_that_are_not_control(void **state)
{
	struct world *w = *state;
	static const uint8_t none[] = {0, 21, 22, 128, 255};
	for (size_t i = 0; i < sizeof(none); i++)
		assert_refusal(world_say(w, &w->anna, fill_of(w->arena, none[i], 1)), MALFORMED);
	struct draft d = world_draft(w, &w->anna, body_close(w));
	d.kind = ENVELOPE_IDENTITY;
	d.room = id_of(0);
	d.epoch = 0;
	assert_refusal(world_try(w, &d), KIND);
}

static void refuses_the_entry_after_the_last(void **state)
{
	struct world *w = *state;
	w->log->n = CONTROL_MAX_ENTRIES;
	assert_refusal(world_say(w, &w->anna, body_close(w)), TOO_MANY);
	w->log->n--;
	assert_agreed(world_say(w, &w->anna, body_close(w)));
}

static void decides_the_same_in_a_replay(void **state)
{
	struct world *w = *state;
	struct control_entry e;
	struct draft d = world_draft(w, &w->anna, body_close(w));
	d.client_time_ms = w->now - 500000;
	assert_agreed(control_parse(draft_bytes(w->arena, &d), &e));
	world_record(w, &w->anna)->valid_until = w->now - 400000;
	AUTO(control) struct control *replayed = control_new();
	struct control_epoch *epochs = replayed->epochs;
	*replayed = *w->log;
	assert_agreed(control_apply(replayed, &e, &w->people, e.env.client_time_ms));
	assert_agreed(control_apply(w->log, &e, &w->people, w->now));
	assert_memory_equal(&replayed->head, &w->log->head, 32);
	replayed->epochs = epochs;
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, world_begin_in_room, world_end)
#define FIRST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIRST(creates_a_room_with_its_first_counsellor),
		FIRST(refuses_anything_before_create),
		FACT(refuses_a_second_create),
		FIRST(refuses_a_room_created_without_a_certificate),
		FIRST(refuses_a_room_created_outside_the_certificates_time),
		FIRST(refuses_a_room_without_a_retention_class),
		FACT(refuses_an_entry_of_another_room_or_organisation),
		FACT(refuses_an_entry_on_an_older_head),
		FACT(refuses_the_same_entry_twice),
		FACT(refuses_an_index_that_is_not_the_next),
		FACT(refuses_an_epoch_that_is_not_the_newest),
		FACT(refuses_the_reserved_types_as_such),
		FACT(refuses_a_clock_ten_minutes_off),
		FACT(refuses_one_who_is_no_member_or_no_longer),
		FACT(refuses_a_member_with_another_key),
		FACT(refuses_staff_whose_certificate_is_gone_or_over),
		FACT(looks_for_the_certificate_under_which_a_member_came),
		FACT(refuses_to_clients_what_is_for_staff),
		FACT(closes_and_reopens),
		FACT(refuses_most_entries_in_a_closed_room),
		FACT(refuses_bodies_of_a_wrong_length),
		FACT(refuses_fields_out_of_their_ranges),
		FACT(refuses_types_that_are_none_and_kinds_that_are_not_control),
		FACT(refuses_the_entry_after_the_last),
		FACT(decides_the_same_in_a_replay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
