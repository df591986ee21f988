/* Keys and certificates that end while their people are in a room: who lapses, who comes back, and
 * what a client who lost everything may do before somebody has confirmed the new keys. */
#include "seal_test.h"

#include "seal_world.h"

#define CLOCKS 1200000 /* the rules forgive so much */

static void next_epoch(struct world *w, const struct someone *author)
{
	assert_agreed(world_say(w, author, body_epoch(w, author)));
}

static const struct control_member *member(struct world *w, const struct someone *who)
{
	return control_find_member(w->log, &who->user);
}

/* New keys in the place of the old ones, which end now; resets: how many more than before. */
static void renew(struct world *w, struct someone *who, uint32_t resets)
{
	struct person next = *world_record(w, who);
	world_record(w, who)->ended_ms = w->now;
	next.sig_kid = who->sig_kid = hash_of((uint8_t)(who->sig_kid.b[0] + 0x80));
	next.enc_kid = who->enc_kid = hash_of((uint8_t)(who->enc_kid.b[0] + 0x80));
	if (who->staff)
		next.cert = who->cert = hash_of((uint8_t)(who->cert.b[0] + 0x80));
	next.resets += resets;
	people_add(&w->people, &next);
}

static void with_bertil(struct world *w)
{
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	next_epoch(w, &w->anna);
}

static void leaves_out_whose_certificate_has_ended(void **state)
{
	struct world *w = *state;
	with_bertil(w);
	struct slice with_bertil_still = body_epoch(w, &w->anna);
	world_record(w, &w->bertil)->valid_until = w->now - 1;
	assert_refusal(world_say(w, &w->anna, with_bertil_still), BAD_RECIPIENTS);
	w->log->members[2].lapsed = true;
	struct slice without = body_epoch(w, &w->anna);
	w->log->members[2].lapsed = false;
	assert_agreed(world_say(w, &w->anna, without));
	assert_true(member(w, &w->bertil)->lapsed);
	assert_true(member(w, &w->bertil)->active);
	assert_null(control_find_writer(w->log, &w->bertil.user, &w->bertil.sig_kid));
	assert_refusal(world_say(w, &w->bertil, body_close(w)), NOT_MEMBER);
	assert_refusal(world_say(w, &w->anna, body_grant(w, &w->bertil, 1, 1)), NO_SUCH_MEMBER);
}

static void leaves_nobody_out_whose_certificate_holds(void **state)
{
	struct world *w = *state;
	with_bertil(w);
	world_record(w, &w->bertil)->valid_until = w->now;
	w->log->members[2].lapsed = true;
	struct slice without = body_epoch(w, &w->anna);
	w->log->members[2].lapsed = false;
	assert_refusal(world_say(w, &w->anna, without), BAD_RECIPIENTS);
	next_epoch(w, &w->anna);
	assert_false(member(w, &w->bertil)->lapsed);
}

/* One epoch with kaisa and one without; both are made now and tried at other times. */
static void takes_either_around_the_end_of_keys_and_one_beyond(void **state)
{
	struct world *w = *state;
	uint64_t ended = w->now + CLOCKS + 1;
	struct slice with = body_epoch(w, &w->anna);
	w->log->members[1].lapsed = true;
	struct slice without = body_epoch(w, &w->anna);
	w->log->members[1].lapsed = false;
	world_record(w, &w->kaisa)->ended_ms = ended;
	w->now = ended - CLOCKS - 1;
	assert_refusal(world_say(w, &w->anna, without), BAD_RECIPIENTS);
	w->now = ended + CLOCKS + 1;
	assert_refusal(world_say(w, &w->anna, with), BAD_RECIPIENTS);
	w->now = ended - CLOCKS;
	struct draft d = world_draft(w, &w->anna, with);
	assert_agreed(world_try(w, &d));
	assert_false(member(w, &w->kaisa)->lapsed);
	w->now = ended + CLOCKS;
	w->log->members[1].lapsed = true;
	without = body_epoch(w, &w->anna);
	w->log->members[1].lapsed = false;
	assert_agreed(world_say(w, &w->anna, without));
	assert_true(member(w, &w->kaisa)->lapsed);
}

/* A server that helps somebody whose certificate has ended cannot date them back. */
static void takes_nobody_back_under_an_older_date(void **state)
{
	struct world *w = *state;
	with_bertil(w);
	uint64_t until = world_record(w, &w->bertil)->valid_until = w->now + 10;
	w->now = until + CLOCKS + 1;
	w->log->members[2].lapsed = true;
	struct slice without = body_epoch(w, &w->anna);
	w->log->members[2].lapsed = false;
	assert_agreed(world_say(w, &w->anna, without));
	w->now = until;
	assert_refusal(world_say(w, &w->bertil, body_rekey(w, &w->bertil)), BAD_TIME);
	w->now = until + 1;
	assert_refusal(world_say(w, &w->bertil, body_rekey(w, &w->bertil)), CERT_EXPIRED);
}

static void gives_no_client_what_another_wrote_meanwhile(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(member(w, &w->kaisa)->from, 1);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->otto)));
	next_epoch(w, &w->anna);
	assert_int_equal(member(w, &w->otto)->from, 3);
	assert_agreed(world_say(w, &w->otto, body_leave(w)));
	next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(member(w, &w->kaisa)->from, 5);
}

static void refuses_a_client_whose_keys_have_ended(void **state)
{
	struct world *w = *state;
	struct someone old = w->kaisa;
	renew(w, &w->kaisa, 0);
	w->now += CLOCKS;
	struct draft d = world_draft(w, &old, body_leave(w));
	w->now++;
	d.client_time_ms++;
	assert_refusal(world_try(w, &d), UNKNOWN_KEY);
	assert_refusal(world_say(w, &w->kaisa, body_leave(w)), BAD_KID);
	assert_refusal(world_say(w, &old, body_rekey(w, &old)), UNKNOWN_KEY);
}

static void comes_back_under_another_certificate(void **state)
{
	struct world *w = *state;
	with_bertil(w);
	struct someone expired = w->bertil;
	world_record(w, &w->bertil)->valid_until = w->now - 1;
	w->log->members[2].lapsed = true;
	assert_refusal(world_say(w, &w->bertil, body_rekey(w, &expired)), CERT_EXPIRED);
	struct person next = *world_record(w, &w->bertil);
	next.valid_until = w->now;
	next.cert = w->bertil.cert = hash_of(0xC3);
	people_add(&w->people, &next);
	assert_agreed(world_say(w, &w->bertil, body_rekey(w, &w->bertil)));
	assert_false(member(w, &w->bertil)->lapsed);
	assert_int_equal(member(w, &w->bertil)->proof, CONTROL_CERTIFIED);
	assert_memory_equal(&member(w, &w->bertil)->cert, &w->bertil.cert, 32);
	assert_true(w->log->pending);
	assert_refusal(world_say(w, &w->bertil, body_rekey(w, &w->bertil)), ALREADY_MEMBER);
}

static void follows_rotated_keys_without_confirmation(void **state)
{
	struct world *w = *state;
	renew(w, &w->kaisa, 0);
	assert_agreed(world_say(w, &w->kaisa, body_rekey(w, &w->kaisa)));
	const struct control_member *m = member(w, &w->kaisa);
	assert_int_equal(m->proof, CONTROL_COMPARED);
	assert_int_equal(m->since, 3);
	assert_int_equal(m->from, 1);
	assert_true(w->log->pending);
	next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->kaisa, body_grant(w, &w->kaisa, 1, 1)));
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_refusal(world_say(w, &w->kaisa, body_rekey(w, &w->kaisa)), NOT_MEMBER);
}

static void gives_nothing_to_unproven_keys_until_they_are_confirmed(void **state)
{
	struct world *w = *state;
	renew(w, &w->kaisa, 1);
	assert_agreed(world_say(w, &w->kaisa, body_rekey(w, &w->kaisa)));
	assert_int_equal(member(w, &w->kaisa)->proof, CONTROL_UNPROVEN);
	assert_refusal(world_say(w, &w->anna, body_epoch(w, &w->kaisa)), BAD_COMMIT);
	w->log->members[1].proof = CONTROL_COMPARED;
	struct slice with = body_epoch(w, &w->anna);
	w->log->members[1].proof = CONTROL_UNPROVEN;
	assert_refusal(world_say(w, &w->anna, with), BAD_RECIPIENTS);
	next_epoch(w, &w->anna);
	assert_false(member(w, &w->kaisa)->lapsed);
	assert_false(control_epoch_at(w->log, 2)->unproven);
	next_epoch(w, &w->kaisa);
	assert_true(control_epoch_at(w->log, 3)->unproven);
	assert_refusal(world_say(w, &w->anna, body_grant(w, &w->kaisa, 1, 1)), MAY_NOT_GRANT);
	assert_refusal(world_say(w, &w->kaisa, body_grant(w, &w->anna, 3, 3)), MAY_NOT_GRANT);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(member(w, &w->kaisa)->proof, CONTROL_COMPARED);
	assert_true(w->log->pending);
	next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->kaisa, 1, 4)));
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->kaisa)), ALREADY_MEMBER);
}

static void removes_an_unproven_client_and_no_other(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->kaisa)), MAY_NOT_REMOVE);
	renew(w, &w->kaisa, 1);
	assert_agreed(world_say(w, &w->kaisa, body_rekey(w, &w->kaisa)));
	assert_agreed(world_say(w, &w->anna, body_remove(w, &w->kaisa)));
	assert_false(member(w, &w->kaisa)->active);
	assert_refusal(world_say(w, &w->kaisa, body_rekey(w, &w->kaisa)), NOT_MEMBER);
	assert_refusal(world_say(w, &w->kaisa, body_epoch(w, &w->kaisa)), NOT_MEMBER);
}

static void takes_staff_who_lost_keys_for_who_their_certificate_says(void **state)
{
	struct world *w = *state;
	struct someone bare = w->anna;
	renew(w, &w->anna, 1);
	bare.sig_kid = w->anna.sig_kid;
	bare.enc_kid = w->anna.enc_kid;
	assert_refusal(world_say(w, &bare, body_rekey(w, &bare)), NOT_CERTIFIED);
	assert_agreed(world_say(w, &w->anna, body_rekey(w, &w->anna)));
	assert_int_equal(member(w, &w->anna)->proof, CONTROL_CERTIFIED);
	next_epoch(w, &w->kaisa);
	w->anna.staff = false; /* the client has no keys of staff to give */
	assert_agreed(world_say(w, &w->kaisa, body_grant(w, &w->anna, 1, 1)));
}

static void takes_new_keys_of_staff_in_a_closed_room(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_close(w)));
	renew(w, &w->anna, 0);
	w->now += CLOCKS + 1;
	assert_refusal(world_say(w, &w->anna, body_reopen(w)), BAD_KID);
	assert_agreed(world_say(w, &w->anna, body_rekey(w, &w->anna)));
	assert_agreed(world_say(w, &w->anna, body_reopen(w)));
}

static void lets_nobody_leave_who_leaves_but_the_lapsed_behind(void **state)
{
	struct world *w = *state;
	with_bertil(w);
	world_record(w, &w->bertil)->valid_until = w->now - 1;
	assert_refusal(world_say(w, &w->anna, body_leave(w)), LAST_STAFF);
	world_record(w, &w->bertil)->valid_until = w->now;
	assert_agreed(world_say(w, &w->anna, body_leave(w)));
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, world_begin_in_room, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(leaves_out_whose_certificate_has_ended),
		FACT(leaves_nobody_out_whose_certificate_holds),
		FACT(takes_either_around_the_end_of_keys_and_one_beyond),
		FACT(takes_nobody_back_under_an_older_date),
		FACT(gives_no_client_what_another_wrote_meanwhile),
		FACT(refuses_a_client_whose_keys_have_ended),
		FACT(comes_back_under_another_certificate),
		FACT(follows_rotated_keys_without_confirmation),
		FACT(gives_nothing_to_unproven_keys_until_they_are_confirmed),
		FACT(removes_an_unproven_client_and_no_other),
		FACT(takes_staff_who_lost_keys_for_who_their_certificate_says),
		FACT(takes_new_keys_of_staff_in_a_closed_room),
		FACT(lets_nobody_leave_who_leaves_but_the_lapsed_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
