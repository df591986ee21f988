/* Who comes and goes in a room: invitations, joining, adding, removing, leaving. */
#include "seal_test.h"

#include "seal_world.h"

#define WEEK UINT64_C(604800000)
#define INVITE 0x60

/* A room with anna alone. */
static int begin_alone(void **state)
{
	world_begin(state);
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_create(w, &w->anna)));
	return 0;
}

static void invite(struct world *w)
{
	assert_agreed(world_say(w, &w->anna, body_invite(w, INVITE, w->now + WEEK)));
}

static void remembers_an_invitation(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_epoch(w, &w->anna)));
	assert_false(w->log->pending);
	invite(w);
	assert_true(w->log->has_invite);
	assert_true(w->log->pending);
	assert_int_equal(w->log->invite.expires_ms, w->now + WEEK);
	assert_memory_equal(&w->log->invite.sig_pub, &w->one_time.pub, 65);
	assert_memory_equal(&w->log->invite.enc_kid, &w->one_time.enc_kid, 32);
}

static void refuses_an_invitation_over_a_week_or_over_already(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_invite(w, INVITE, w->now)), BAD_EXPIRY);
	assert_refusal(
		world_say(w, &w->anna, body_invite(w, INVITE, w->now + WEEK + 1)), BAD_EXPIRY);
	struct draft d = world_draft(w, &w->anna, body_invite(w, INVITE, w->now + WEEK));
	d.client_time_ms = w->now - 1;
	assert_refusal(world_try(w, &d), BAD_EXPIRY);
	d.client_time_ms = w->now + 1;
	assert_agreed(world_try(w, &d));
}

static void replaces_an_invitation_by_another_but_not_by_itself(void **state)
{
	struct world *w = *state;
	invite(w);
	assert_refusal(world_say(w, &w->anna, body_invite(w, INVITE, w->now + 1)), INVITE_REUSED);
	assert_agreed(world_say(w, &w->anna, body_invite(w, INVITE + 1, w->now + 1)));
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), NO_INVITE);
}

static void refuses_an_invitation_beside_a_client(void **state)
{
	struct world *w = *state;
	assert_refusal(
		world_say(w, &w->anna, body_invite(w, INVITE, w->now + WEEK)), CLIENT_PRESENT);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	invite(w);
}

static void joins_once_by_invitation(void **state)
{
	struct world *w = *state;
	invite(w);
	assert_agreed(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)));
	const struct control_member *m = control_find_client(w->log);
	assert_non_null(m);
	assert_memory_equal(&m->user, &w->kaisa.user, 16);
	assert_memory_equal(&m->enc_kid, &w->kaisa.enc_kid, 32);
	assert_int_equal(m->proof, CONTROL_COMPARED);
	assert_int_equal(m->since, 2);
	assert_false(w->log->has_invite);
	assert_true(w->log->pending);
	assert_refusal(world_say(w, &w->otto, body_join(w, INVITE, &w->otto)), NO_INVITE);
}

static void refuses_to_join_without_or_after_the_invitation(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), NO_INVITE);
	invite(w);
	assert_refusal(world_say(w, &w->kaisa, body_join(w, 0x61, &w->kaisa)), NO_INVITE);
	w->now += WEEK + 1;
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), INVITE_EXPIRED);
	w->now--;
	assert_agreed(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)));
}

static void refuses_a_member_who_joins(void **state)
{
	struct world *w = *state;
	invite(w);
	assert_refusal(world_say(w, &w->anna, body_join(w, INVITE, &w->anna)), ALREADY_MEMBER);
}

static void refuses_to_join_beside_a_client(void **state)
{
	struct world *w = *state;
	invite(w);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_refusal(world_say(w, &w->otto, body_join(w, INVITE, &w->otto)), CLIENT_PRESENT);
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), ALREADY_MEMBER);
}

static void refuses_to_join_with_a_key_of_no_chain(void **state)
{
	struct world *w = *state;
	struct someone other = w->kaisa;
	invite(w);
	other.sig_kid = hash_of(0x99);
	assert_refusal(world_say(w, &other, body_join(w, INVITE, &other)), UNKNOWN_KEY);
	other = w->kaisa;
	other.enc_kid = hash_of(0x99);
	assert_refusal(world_say(w, &other, body_join(w, INVITE, &other)), UNKNOWN_KEY);
	world_record(w, &w->kaisa)->ended_ms = w->now - 1200001;
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), UNKNOWN_KEY);
}

static enum refusal verify_join(struct world *w, const struct someone *who, struct slice body)
{
	struct control_entry e;
	struct draft d = world_draft(w, who, body);
	AGREE(control_parse(draft_bytes(w->arena, &d), &e));
	return control_verify_join(w->log, &e);
}

static void verifies_the_one_time_signature(void **state)
{
	struct world *w = *state;
	invite(w);
	struct slice body = body_join(w, INVITE, &w->kaisa);
	assert_agreed(verify_join(w, &w->kaisa, body));
	assert_refusal(verify_join(w, &w->otto, body), BAD_SIGNATURE);
	assert_refusal(verify_join(w, &w->kaisa, spoiled(w, body, 17, 0xEE)), BAD_SIGNATURE);
	assert_refusal(
		verify_join(w, &w->kaisa, spoiled(w, body, body.n - 1, body.p[body.n - 1] ^ 1)),
		BAD_SIGNATURE);
}

static void refuses_a_one_time_signature_moved_to_a_later_head(void **state)
{
	struct world *w = *state;
	invite(w);
	struct slice body = body_join(w, INVITE, &w->kaisa);
	assert_agreed(world_say(w, &w->anna, body_epoch(w, &w->anna)));
	assert_refusal(verify_join(w, &w->kaisa, body), BAD_SIGNATURE);
}

static void leaves_the_word_to_the_rules_when_there_is_no_invitation(void **state)
{
	struct world *w = *state;
	assert_agreed(verify_join(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)));
	assert_agreed(verify_join(w, &w->anna, body_close(w)));
	invite(w);
	struct slice elsewhere = spoiled(w, body_join(w, INVITE, &w->kaisa), 1, 0);
	assert_agreed(verify_join(w, &w->otto, elsewhere));
}

static void adds_a_counsellor(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	const struct control_member *m = control_find_member(w->log, &w->bertil.user);
	assert_non_null(m);
	assert_true(m->active);
	assert_int_equal(m->role, CONTROL_STAFF);
	assert_memory_equal(&m->cert, &w->bertil.cert, 32);
	assert_int_equal(m->since, 3);
	assert_true(w->log->pending);
	assert_int_equal(w->log->n_members, 3);
}

static void refuses_staff_without_a_valid_certificate(void **state)
{
	struct world *w = *state;
	struct someone other = w->bertil;
	other.cert = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_add(w, &other)), NOT_CERTIFIED);
	other = w->bertil;
	other.enc_kid = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_add(w, &other)), NOT_CERTIFIED);
	other = w->otto;
	other.staff = true;
	assert_refusal(world_say(w, &w->anna, body_add(w, &other)), NOT_CERTIFIED);
	world_record(w, &w->bertil)->valid_until = w->now - 1;
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->bertil)), CERT_EXPIRED);
}

static void refuses_a_proof_that_is_not_of_the_role(void **state)
{
	struct world *w = *state;
	const size_t proof_at = 1 + 16 + 64 + 1 + 32;
	struct slice staff = body_add(w, &w->bertil), client = body_add(w, &w->kaisa);
	assert_refusal(world_say(w, &w->anna, spoiled(w, staff, proof_at, 2)), BAD_FIELD);
	assert_refusal(world_say(w, &w->anna, spoiled(w, client, proof_at, 1)), BAD_FIELD);
	assert_refusal(world_say(w, &w->anna, spoiled(w, client, proof_at - 1, 1)), BAD_FIELD);
}

static void refuses_a_client_with_a_key_of_no_chain(void **state)
{
	struct world *w = *state;
	struct someone other = w->kaisa;
	other.sig_kid = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_add(w, &other)), UNKNOWN_KEY);
	other = w->kaisa;
	other.enc_kid = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_add(w, &other)), UNKNOWN_KEY);
	world_record(w, &w->kaisa)->ended_ms = 1;
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->kaisa)), UNKNOWN_KEY);
}

static void refuses_a_second_client(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->otto)), CLIENT_PRESENT);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->otto)));
}

static void gives_the_first_client_all_and_the_next_nothing_before(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_epoch(w, &w->anna)));
	assert_agreed(world_say(w, &w->anna, body_epoch(w, &w->anna)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(control_find_member(w->log, &w->bertil.user)->from, 3);
	assert_int_equal(control_find_client(w->log)->from, 1);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->otto)));
	assert_int_equal(control_find_client(w->log)->from, 3);
}

static void refuses_to_add_who_is_there_already(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->kaisa)), ALREADY_MEMBER);
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->anna)), ALREADY_MEMBER);
}

static void takes_new_keys_of_a_member(void **state)
{
	struct world *w = *state;
	struct person person = *world_record(w, &w->kaisa);
	person.sig_kid = w->kaisa.sig_kid = hash_of(0x91);
	person.enc_kid = w->kaisa.enc_kid = hash_of(0x92);
	people_add(&w->people, &person);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(w->log->n_members, 2);
	const struct control_member *m = control_find_client(w->log);
	assert_memory_equal(&m->sig_kid, &w->kaisa.sig_kid, 32);
	assert_int_equal(m->since, 3);
}

static void takes_a_renewed_certificate_of_a_member(void **state)
{
	struct world *w = *state;
	struct person person = *world_record(w, &w->anna);
	person.cert = w->anna.cert = hash_of(0x93);
	people_add(&w->people, &person);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->anna)));
	assert_memory_equal(&control_find_member(w->log, &w->anna.user)->cert, &w->anna.cert, 32);
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->anna)), ALREADY_MEMBER);
}

static void refuses_a_member_in_the_other_role(void **state)
{
	struct world *w = *state;
	struct person person = *world_record(w, &w->kaisa);
	struct someone promoted = w->kaisa;
	person.staff = promoted.staff = true;
	person.cert = promoted.cert = hash_of(0x94);
	person.valid_until = w->now + 1;
	people_add(&w->people, &person);
	assert_refusal(world_say(w, &w->anna, body_add(w, &promoted)), BAD_FIELD);
}

static void refuses_the_sixty_fifth_member(void **state)
{
	struct world *w = *state;
	while (w->log->n_members < CONTROL_MAX_MEMBERS)
		w->log->members[w->log->n_members++] = (struct control_member){
			.user = id_of((uint8_t)(0x80 + w->log->n_members)),
			.role = CONTROL_STAFF,
		};
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->bertil)), TOO_MANY_MEMBERS);
	assert_refusal(world_say(w, &w->anna, body_add(w, &w->kaisa)), TOO_MANY_MEMBERS);
	invite(w);
	assert_refusal(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)), TOO_MANY_MEMBERS);
	w->log->members[5].user = w->kaisa.user;
	assert_agreed(world_say(w, &w->kaisa, body_join(w, INVITE, &w->kaisa)));
	assert_int_equal(w->log->n_members, CONTROL_MAX_MEMBERS);
}

static void removes_a_counsellor(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	assert_agreed(world_say(w, &w->bertil, body_remove(w, &w->anna)));
	assert_false(control_find_member(w->log, &w->anna.user)->active);
	assert_null(control_find_writer(w->log, &w->anna.user, &w->anna.sig_kid));
	assert_true(w->log->pending);
	assert_refusal(world_say(w, &w->anna, body_close(w)), NOT_MEMBER);
}

static void refuses_to_remove_a_client_oneself_or_nobody(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->kaisa)), MAY_NOT_REMOVE);
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->anna)), USE_LEAVE);
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->bertil)), NO_SUCH_MEMBER);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_refusal(world_say(w, &w->anna, body_remove(w, &w->kaisa)), NO_SUCH_MEMBER);
}

static void lets_anybody_leave_but_the_last_counsellor_of_an_open_room(void **state)
{
	struct world *w = *state;
	assert_refusal(world_say(w, &w->anna, body_leave(w)), LAST_STAFF);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	assert_agreed(world_say(w, &w->anna, body_leave(w)));
	assert_refusal(world_say(w, &w->bertil, body_leave(w)), LAST_STAFF);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->bertil, body_close(w)));
	assert_agreed(world_say(w, &w->bertil, body_leave(w)));
	for (size_t i = 0; i < w->log->n_members; i++)
		assert_false(w->log->members[i].active);
}

static void keeps_the_place_of_who_comes_again(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_int_equal(w->log->members[1].since, 1);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->kaisa)));
	assert_int_equal(w->log->n_members, 3);
	assert_memory_equal(&w->log->members[1].user, &w->kaisa.user, 16);
	assert_int_equal(w->log->members[1].since, 5);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, world_begin_in_room, world_end)
#define ALONE(name) cmocka_unit_test_setup_teardown(name, begin_alone, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(remembers_an_invitation),
		ALONE(refuses_an_invitation_over_a_week_or_over_already),
		ALONE(replaces_an_invitation_by_another_but_not_by_itself),
		FACT(refuses_an_invitation_beside_a_client),
		ALONE(joins_once_by_invitation),
		ALONE(refuses_to_join_without_or_after_the_invitation),
		ALONE(refuses_a_member_who_joins),
		ALONE(refuses_to_join_beside_a_client),
		ALONE(refuses_to_join_with_a_key_of_no_chain),
		ALONE(verifies_the_one_time_signature),
		ALONE(refuses_a_one_time_signature_moved_to_a_later_head),
		ALONE(leaves_the_word_to_the_rules_when_there_is_no_invitation),
		FACT(adds_a_counsellor),
		FACT(refuses_staff_without_a_valid_certificate),
		ALONE(refuses_a_proof_that_is_not_of_the_role),
		ALONE(refuses_a_client_with_a_key_of_no_chain),
		FACT(refuses_a_second_client),
		ALONE(gives_the_first_client_all_and_the_next_nothing_before),
		FACT(refuses_to_add_who_is_there_already),
		FACT(takes_new_keys_of_a_member),
		FACT(takes_a_renewed_certificate_of_a_member),
		FACT(refuses_a_member_in_the_other_role),
		ALONE(refuses_the_sixty_fifth_member),
		FACT(removes_a_counsellor),
		FACT(refuses_to_remove_a_client_oneself_or_nobody),
		FACT(lets_anybody_leave_but_the_last_counsellor_of_an_open_room),
		FACT(keeps_the_place_of_who_comes_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
