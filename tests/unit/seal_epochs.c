/* Epochs, their recipients, grants of history, wraps for recovery; and how long a replay takes. */
#include "seal_test.h"

#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "seal_world.h"

#define WEEK UINT64_C(604800000)
#define COMMIT_AT 5
#define STAFF_COMMIT_AT 37

static void next_epoch(struct world *w, const struct someone *author)
{
	assert_agreed(world_say(w, author, body_epoch(w, author)));
}

static void makes_an_epoch_by_staff_and_by_client(void **state)
{
	struct world *w = *state;
	next_epoch(w, &w->kaisa);
	assert_int_equal(w->log->epoch, 2);
	assert_false(w->log->pending);
	const struct control_epoch *first = control_epoch_at(w->log, 1);
	const struct control_epoch *second = control_epoch_at(w->log, 2);
	assert_true(first->recovery_wrapped);
	assert_false(hash_is_zero(&first->staff_commit));
	assert_int_equal(first->author_role, CONTROL_STAFF);
	assert_false(second->recovery_wrapped);
	assert_true(hash_is_zero(&second->staff_commit));
	assert_int_equal(second->author_role, CONTROL_CLIENT);
	assert_null(control_epoch_at(w->log, 0));
	assert_null(control_epoch_at(w->log, 3));
}

static void refuses_an_epoch_number_that_is_not_the_next(void **state)
{
	struct world *w = *state;
	struct slice body = body_epoch(w, &w->anna);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, 4, 1)), BAD_EPOCH_NUMBER);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, 4, 3)), BAD_EPOCH_NUMBER);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, 1, 1)), BAD_EPOCH_NUMBER);
}

static void refuses_commitments_that_do_not_fit_the_author(void **state)
{
	struct world *w = *state;
	struct slice by_client = body_epoch(w, &w->kaisa), by_staff = body_epoch(w, &w->anna);
	AUTO(buf) struct buf no_commit = BODY_NEW;
	buf_add(&no_commit, by_staff);
	memset(no_commit.p + COMMIT_AT, 0, 32);
	assert_refusal(world_say(w, &w->anna, buf_slice(&no_commit)), BAD_COMMIT);
	AUTO(buf) struct buf no_staff_commit = BODY_NEW;
	buf_add(&no_staff_commit, by_staff);
	memset(no_staff_commit.p + STAFF_COMMIT_AT, 0, 32);
	assert_refusal(world_say(w, &w->anna, buf_slice(&no_staff_commit)), BAD_COMMIT);
	struct slice with_staff_commit = spoiled(w, by_client, STAFF_COMMIT_AT, 1);
	assert_refusal(world_say(w, &w->kaisa, with_staff_commit), BAD_COMMIT);
	assert_refusal(world_say(w, &w->kaisa, by_staff), BAD_COMMIT);
}

static void refuses_any_change_of_a_recipient(void **state)
{
	struct world *w = *state;
	struct slice body = body_epoch(w, &w->anna);
	size_t n_wraps = (body.n - EPOCH_WRAPS_AT) / EPOCH_WRAP_SIZE;
	assert_int_equal(n_wraps, 5);
	for (size_t i = 0; i < n_wraps; i++) {
		for (size_t field = 0; field < 50; field++) {
			size_t at = EPOCH_WRAPS_AT + i * EPOCH_WRAP_SIZE + field;
			struct slice wrong = spoiled(w, body, at, body.p[at] ^ 0x80);
			assert_refusal(world_say(w, &w->anna, wrong), BAD_RECIPIENTS);
		}
	}
	assert_agreed(world_say(w, &w->anna, body));
}

/* The body with the wraps from `from` on, so many of them. */
static struct slice with_wraps(struct world *w, struct slice body, size_t from, size_t n)
{
	struct buf b = BODY_NEW;
	buf_add(&b, slice_part(body, 0, EPOCH_WRAPS_AT - 2));
	buf_add_u16(&b, (uint16_t)n);
	buf_add(&b, slice_part(body, EPOCH_WRAPS_AT + from * EPOCH_WRAP_SIZE, n * EPOCH_WRAP_SIZE));
	return body_take(w->arena, &b);
}

/* The body with these two wraps in place of its first two. */
static struct slice beginning_with(struct world *w, struct slice body, size_t one, size_t two)
{
	struct buf b = BODY_NEW;
	buf_add(&b, slice_part(body, 0, EPOCH_WRAPS_AT));
	buf_add(&b, slice_part(body, EPOCH_WRAPS_AT + one * EPOCH_WRAP_SIZE, EPOCH_WRAP_SIZE));
	buf_add(&b, slice_part(body, EPOCH_WRAPS_AT + two * EPOCH_WRAP_SIZE, EPOCH_WRAP_SIZE));
	buf_add(&b, slice_from(body, EPOCH_WRAPS_AT + 2 * EPOCH_WRAP_SIZE));
	return body_take(w->arena, &b);
}

static void refuses_wraps_left_out_or_twice_or_in_another_order(void **state)
{
	struct world *w = *state;
	struct slice body = body_epoch(w, &w->anna);
	assert_refusal(world_say(w, &w->anna, with_wraps(w, body, 0, 4)), BAD_RECIPIENTS);
	assert_refusal(world_say(w, &w->anna, with_wraps(w, body, 1, 4)), BAD_RECIPIENTS);
	assert_refusal(world_say(w, &w->anna, beginning_with(w, body, 0, 0)), BAD_RECIPIENTS);
	assert_refusal(world_say(w, &w->anna, beginning_with(w, body, 1, 0)), BAD_RECIPIENTS);
	assert_agreed(world_say(w, &w->anna, beginning_with(w, body, 0, 1)));
}

static void refuses_a_staff_wrap_by_or_for_a_client(void **state)
{
	struct world *w = *state;
	struct slice body = body_epoch(w, &w->kaisa);
	size_t last = EPOCH_WRAPS_AT + 2 * EPOCH_WRAP_SIZE;
	assert_refusal(world_say(w, &w->kaisa, spoiled(w, body, last, 1)), BAD_RECIPIENTS);
	struct slice by_staff = body_epoch(w, &w->anna);
	uint8_t *p = arena_alloc(w->arena, by_staff.n);
	memcpy(p, by_staff.p, by_staff.n);
	uint8_t *staff_wrap = p + EPOCH_WRAPS_AT + 3 * EPOCH_WRAP_SIZE;
	memcpy(staff_wrap + 2, w->kaisa.user.b, 16);
	memcpy(staff_wrap + 18, w->kaisa.enc_kid.b, 32);
	assert_refusal(world_say(w, &w->anna, slice_of(p, by_staff.n)), BAD_RECIPIENTS);
}

static void wraps_to_an_invitation_while_it_is_open(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->anna, body_invite(w, 0x60, w->now + WEEK)));
	struct slice with_invite = body_epoch(w, &w->anna);
	w->now += WEEK + 1;
	assert_refusal(world_say(w, &w->anna, with_invite), BAD_RECIPIENTS);
	struct slice without = body_epoch(w, &w->anna);
	assert_int_equal(with_invite.n - without.n, EPOCH_WRAP_SIZE);
	w->now--;
	assert_refusal(world_say(w, &w->anna, without), BAD_RECIPIENTS);
	const size_t invite_at = EPOCH_WRAPS_AT + EPOCH_WRAP_SIZE;
	for (size_t at = invite_at; at < invite_at + 50; at++) {
		struct slice wrong = spoiled(w, with_invite, at, with_invite.p[at] ^ 0x80);
		assert_refusal(world_say(w, &w->anna, wrong), BAD_RECIPIENTS);
	}
	assert_agreed(world_say(w, &w->anna, with_invite));
}

static void leaves_out_who_has_left(void **state)
{
	struct world *w = *state;
	struct slice before = body_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_refusal(world_say(w, &w->anna, before), BAD_RECIPIENTS);
	struct slice after = body_epoch(w, &w->anna);
	assert_int_equal(before.n - after.n, EPOCH_WRAP_SIZE);
	assert_agreed(world_say(w, &w->anna, after));
}

static void reads_each_wrap_and_knows_its_bytes(void **state)
{
	struct world *w = *state;
	struct buf b = BODY_NEW;
	struct slice body = body_epoch(w, &w->anna), wrap = fill_of(w->arena, 0x66, 113);
	buf_add_text(&b, "luotsi/v1/wraphash");
	buf_add_byte(&b, 0);
	buf_add(&b, slice_part(body, EPOCH_WRAPS_AT, 50));
	buf_add(&b, wrap);
	struct hash hash = crypt_sha256(body_take(w->arena, &b));
	uint8_t *p = arena_alloc(w->arena, body.n);
	memcpy(p, body.p, body.n);
	memcpy(p + EPOCH_WRAPS_AT + 50, hash.b, 32);
	struct draft d = world_draft(w, &w->anna, slice_of(p, body.n));
	struct control_entry e;
	assert_agreed(control_parse(draft_bytes(w->arena, &d), &e));
	assert_int_equal(control_n_wraps(&e), 5);
	struct control_wrap first = control_wrap_at(&e, 0);
	assert_memory_equal(&first.rid, &w->kaisa.user, 16);
	assert_memory_equal(&first.rkid, &w->kaisa.enc_kid, 32);
	assert_int_equal(first.epoch, 2);
	assert_true(control_wrap_fits(&e, 0, wrap));
	assert_false(control_wrap_fits(&e, 1, wrap));
	assert_false(control_wrap_fits(&e, 5, wrap));
	assert_false(control_wrap_fits(&e, 0, slice_part(wrap, 0, 112)));
	assert_false(control_wrap_fits(&e, 0, fill_of(w->arena, 0x67, 113)));
}

static void grants_history_to_oneself_and_among_staff(void **state)
{
	struct world *w = *state;
	next_epoch(w, &w->kaisa);
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->bertil)));
	next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->bertil, 1, 3)));
	assert_agreed(world_say(w, &w->kaisa, body_grant(w, &w->kaisa, 2, 3)));
	assert_int_equal(body_grant(w, &w->bertil, 1, 3).n, GRANT_WRAPS_AT + 5 * GRANT_WRAP_SIZE);
	assert_int_equal(body_grant(w, &w->kaisa, 1, 3).n, GRANT_WRAPS_AT + 3 * GRANT_WRAP_SIZE);
}

static void grants_between_client_and_staff(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->kaisa, 1, 1)));
	struct someone without_staff_keys = w->anna;
	without_staff_keys.staff = false;
	assert_refusal(world_say(w, &w->kaisa, body_grant(w, &w->anna, 1, 1)), BAD_RECIPIENTS);
	assert_agreed(world_say(w, &w->kaisa, body_grant(w, &without_staff_keys, 1, 1)));
}

static void refuses_a_grant_of_what_was_before_the_client(void **state)
{
	struct world *w = *state;
	assert_agreed(world_say(w, &w->kaisa, body_leave(w)));
	assert_agreed(world_say(w, &w->anna, body_add(w, &w->otto)));
	next_epoch(w, &w->anna);
	assert_refusal(world_say(w, &w->anna, body_grant(w, &w->otto, 1, 2)), BAD_RANGE);
	assert_refusal(world_say(w, &w->otto, body_grant(w, &w->otto, 1, 1)), BAD_RANGE);
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->otto, 2, 2)));
}

static void refuses_a_grant_to_nobody_or_to_another_key(void **state)
{
	struct world *w = *state;
	struct someone other = w->anna;
	other.enc_kid = hash_of(0x99);
	assert_refusal(world_say(w, &w->anna, body_grant(w, &w->bertil, 1, 1)), NO_SUCH_MEMBER);
	assert_refusal(world_say(w, &w->anna, body_grant(w, &other, 1, 1)), NO_SUCH_MEMBER);
}

static void refuses_a_range_that_is_none(void **state)
{
	struct world *w = *state;
	next_epoch(w, &w->anna);
	struct slice body = body_grant(w, &w->anna, 1, 2);
	const size_t from_at = 1 + 16 + 32 + 3, until_at = from_at + 4;
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, from_at, 0)), BAD_RANGE);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, from_at, 3)), BAD_RANGE);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, until_at, 3)), BAD_RANGE);
	assert_refusal(world_say(w, &w->anna, spoiled(w, body, until_at - 3, 1)), BAD_RANGE);
}

static void refuses_a_grant_over_more_than_256_epochs(void **state)
{
	struct world *w = *state;
	while (w->log->epoch < 257)
		next_epoch(w, &w->kaisa);
	assert_refusal(world_say(w, &w->kaisa, body_grant(w, &w->kaisa, 1, 257)), BAD_RANGE);
	assert_agreed(world_say(w, &w->kaisa, body_grant(w, &w->kaisa, 2, 257)));
}

static void refuses_any_change_of_a_grants_keys(void **state)
{
	struct world *w = *state;
	next_epoch(w, &w->anna);
	struct slice body = body_grant(w, &w->anna, 1, 2);
	for (size_t i = 0; i < 4; i++) {
		for (size_t field = 0; field < 5; field++) {
			size_t at = GRANT_WRAPS_AT + i * GRANT_WRAP_SIZE + field;
			struct slice wrong = spoiled(w, body, at, body.p[at] ^ 2);
			assert_refusal(world_say(w, &w->anna, wrong), BAD_RECIPIENTS);
		}
	}
	struct buf b = BODY_NEW;
	buf_add(&b, slice_part(body, 0, GRANT_WRAPS_AT - 1));
	buf_add_byte(&b, 3);
	buf_add(&b, slice_part(body, GRANT_WRAPS_AT, 3 * GRANT_WRAP_SIZE));
	assert_refusal(world_say(w, &w->anna, body_take(w->arena, &b)), BAD_RECIPIENTS);
	struct buf more = BODY_NEW;
	buf_add(&more, slice_part(body, 0, GRANT_WRAPS_AT - 1));
	buf_add_byte(&more, 5);
	buf_add(&more, slice_from(body, GRANT_WRAPS_AT));
	buf_add(&more, slice_from(body, body.n - GRANT_WRAP_SIZE));
	assert_refusal(world_say(w, &w->anna, body_take(w->arena, &more)), BAD_RECIPIENTS);
	assert_agreed(world_say(w, &w->anna, body));
}

static void grants_the_most_that_an_entry_may_hold(void **state)
{
	struct world *w = *state;
	while (w->log->epoch < 256)
		next_epoch(w, &w->anna);
	assert_agreed(world_say(w, &w->anna, body_grant(w, &w->anna, 1, 256)));
}

static void refuses_the_epoch_after_the_last(void **state)
{
	struct world *w = *state;
	struct control_epoch *epochs = calloc(65535, sizeof(*epochs));
	assert_non_null(epochs);
	free(w->log->epochs);
	w->log->epochs = epochs;
	w->log->epochs_cap = 65535;
	w->log->epoch = 65534;
	next_epoch(w, &w->anna);
	struct slice body = body_epoch(w, &w->anna);
	assert_refusal(world_say(w, &w->anna, body), BAD_EPOCH_NUMBER);
}

static void wraps_a_clients_epoch_for_recovery_once(void **state)
{
	struct world *w = *state;
	struct hash other = hash_of(0x99);
	next_epoch(w, &w->kaisa);
	assert_refusal(
		world_say(w, &w->anna, body_recovery_wrap(w, 1, &w->recovery_kid)), BAD_RANGE);
	assert_refusal(
		world_say(w, &w->anna, body_recovery_wrap(w, 0, &w->recovery_kid)), BAD_RANGE);
	assert_refusal(
		world_say(w, &w->anna, body_recovery_wrap(w, 3, &w->recovery_kid)), BAD_RANGE);
	assert_refusal(world_say(w, &w->anna, body_recovery_wrap(w, 2, &other)), BAD_RECIPIENTS);
	assert_agreed(world_say(w, &w->anna, body_recovery_wrap(w, 2, &w->recovery_kid)));
	assert_refusal(
		world_say(w, &w->anna, body_recovery_wrap(w, 2, &w->recovery_kid)), BAD_RANGE);
}

static void tells_the_recipient_of_grants_and_recovery_wraps(void **state)
{
	struct world *w = *state;
	struct control_entry e;
	struct draft grant = world_draft(w, &w->anna, body_grant(w, &w->anna, 1, 1));
	assert_agreed(control_parse(draft_bytes(w->arena, &grant), &e));
	struct control_wrap wrap = control_wrap_at(&e, 1);
	assert_int_equal(wrap.keyset, CONTROL_KEY_STAFF);
	assert_int_equal(wrap.rtype, CONTROL_TO_MEMBER);
	assert_memory_equal(&wrap.rid, &w->anna.user, 16);
	assert_memory_equal(&wrap.rkid, &w->anna.enc_kid, 32);
	struct draft recovery =
		world_draft(w, &w->anna, body_recovery_wrap(w, 9, &w->recovery_kid));
	assert_agreed(control_parse(draft_bytes(w->arena, &recovery), &e));
	wrap = control_wrap_at(&e, 0);
	assert_int_equal(control_n_wraps(&e), 1);
	assert_int_equal(wrap.epoch, 9);
	assert_int_equal(wrap.rtype, CONTROL_TO_RECOVERY);
	assert_memory_equal(&wrap.rid, &w->org, 16);
	assert_memory_equal(&wrap.rkid, &w->recovery_kid, 32);
}

static double milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void replays_five_hundred_entries_to_the_same_state(void **state)
{
	struct world *w = *state;
	struct slice stored[500];
	struct control *fresh = control_new();
	control_free(&w->log);
	w->log = fresh;
	for (size_t i = 0; i < 500; i++) {
		struct slice body = body_epoch(w, &w->anna);
		if (i == 0)
			body = body_create(w, &w->anna);
		else if (i == 1)
			body = body_add(w, &w->kaisa);
		struct draft d = world_draft(w, &w->anna, body);
		stored[i] = draft_bytes(w->arena, &d);
		assert_agreed(world_try(w, &d));
	}
	AUTO(control) struct control *replayed = control_new();
	double begun = milliseconds();
	for (size_t i = 0; i < 500; i++) {
		struct control_entry e;
		assert_agreed(control_parse(stored[i], &e));
		assert_agreed(control_apply(replayed, &e, &w->people, e.env.client_time_ms));
	}
	print_message("# 500 entries replayed in %.3f ms\n", milliseconds() - begun);
	assert_memory_equal(&replayed->head, &w->log->head, 32);
	assert_int_equal(replayed->epoch, 498);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, world_begin_in_room, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(makes_an_epoch_by_staff_and_by_client),
		FACT(refuses_an_epoch_number_that_is_not_the_next),
		FACT(refuses_commitments_that_do_not_fit_the_author),
		FACT(refuses_any_change_of_a_recipient),
		FACT(refuses_wraps_left_out_or_twice_or_in_another_order),
		FACT(refuses_a_staff_wrap_by_or_for_a_client),
		FACT(wraps_to_an_invitation_while_it_is_open),
		FACT(leaves_out_who_has_left),
		FACT(reads_each_wrap_and_knows_its_bytes),
		FACT(grants_history_to_oneself_and_among_staff),
		FACT(grants_between_client_and_staff),
		FACT(refuses_a_grant_of_what_was_before_the_client),
		FACT(refuses_a_grant_to_nobody_or_to_another_key),
		FACT(refuses_a_range_that_is_none),
		FACT(refuses_a_grant_over_more_than_256_epochs),
		FACT(refuses_any_change_of_a_grants_keys),
		FACT(grants_the_most_that_an_entry_may_hold),
		FACT(refuses_the_epoch_after_the_last),
		FACT(wraps_a_clients_epoch_for_recovery_once),
		FACT(tells_the_recipient_of_grants_and_recovery_wraps),
		FACT(replays_five_hundred_entries_to_the_same_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
