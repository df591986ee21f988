/* rate, ring, notice, policy, session tokens: the small parts of the gate. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/config.h"
#include "core/notice.h"
#include "core/policy.h"
#include "core/rate.h"
#include "core/ring.h"
#include "core/session.h"
#include "unit.h"

static void a_bucket_gives_a_minutes_worth_and_fills_again(void **state)
{
	(void)state;
	AUTO(rate) struct rate *rate = rate_new((const int64_t[]){60}, 1, 10);
	for (int i = 0; i < 60; i++)
		assert_ok(rate_take(rate, SLICE_LIT("a"), 0, 1));
	assert_err(rate_take(rate, SLICE_LIT("a"), 0, 1), ERR_RATE_LIMITED);
	assert_ok(rate_take(rate, SLICE_LIT("b"), 0, 1));
	clock_shift_for_tests(1000);
	assert_ok(rate_take(rate, SLICE_LIT("a"), 0, 1));
	assert_err(rate_take(rate, SLICE_LIT("a"), 0, 1), ERR_RATE_LIMITED);
}

static void buckets_of_one_key_do_not_touch_each_other(void **state)
{
	(void)state;
	AUTO(rate) struct rate *rate = rate_new((const int64_t[]){1, 5}, 2, 10);
	assert_ok(rate_take(rate, SLICE_LIT("a"), 0, 1));
	assert_err(rate_take(rate, SLICE_LIT("a"), 0, 1), ERR_RATE_LIMITED);
	assert_ok(rate_take(rate, SLICE_LIT("a"), 1, 5));
	assert_err(rate_take(rate, SLICE_LIT("a"), 1, 1), ERR_RATE_LIMITED);
}

static void full_buckets_are_forgotten_and_keys_have_a_ceiling(void **state)
{
	(void)state;
	AUTO(rate) struct rate *rate = rate_new((const int64_t[]){10}, 1, 2);
	assert_ok(rate_take(rate, SLICE_LIT("a"), 0, 1));
	assert_ok(rate_take(rate, SLICE_LIT("b"), 0, 1));
	assert_err(rate_take(rate, SLICE_LIT("c"), 0, 1), ERR_RATE_LIMITED);
	clock_shift_for_tests(61000);
	assert_ok(rate_take(rate, SLICE_LIT("a"), 0, 10));
	assert_ok(rate_take(rate, SLICE_LIT("c"), 0, 1));
	assert_int_equal(rate_keys(rate), 2);
}

static void a_long_key_is_a_key(void **state)
{
	(void)state;
	AUTO(rate) struct rate *rate = rate_new((const int64_t[]){1}, 1, 4);
	struct slice key = SLICE_LIT("0123456789012345678901234567890123456789-a-long-one");
	assert_ok(rate_take(rate, key, 0, 1));
	rate_sweep(rate);
	assert_err(rate_take(rate, key, 0, 1), ERR_RATE_LIMITED);
	clock_shift_for_tests(60000);
	rate_sweep(rate);
	assert_int_equal(rate_keys(rate), 0);
}

static struct id room_of(uint8_t n)
{
	struct id id = {{n}};
	return id;
}

static void the_ring_gives_back_what_was_put(void **state)
{
	(void)state;
	AUTO(ring) struct ring *ring = ring_new(1000);
	struct id a = room_of(1), b = room_of(2);
	struct ring_row row;
	ring_put(ring, &a, &(struct ring_row){5, 77, SLICE_LIT("five")});
	assert_true(ring_get(ring, &a, 5, &row));
	assert_slice(row.envelope, "five");
	assert_int_equal(row.at, 77);
	assert_false(ring_get(ring, &a, 6, &row));
	assert_false(ring_get(ring, &b, 5, &row));
	assert_false(ring_get(ring, &b, 4, &row));
}

static void the_ring_forgets_the_oldest_over_its_ceiling(void **state)
{
	(void)state;
	AUTO(ring) struct ring *ring = ring_new(100);
	static const uint8_t bytes[40];
	struct id room = room_of(1);
	struct ring_row row;
	for (int64_t seq = 1; seq <= 3; seq++)
		ring_put(ring, &room, &(struct ring_row){seq, 0, slice_of(bytes, sizeof(bytes))});
	assert_false(ring_get(ring, &room, 1, &row));
	assert_true(ring_get(ring, &room, 2, &row));
	assert_true(ring_get(ring, &room, 3, &row));
	ring_put(ring, &room, &(struct ring_row){3, 1, SLICE_LIT("again")});
	assert_true(ring_get(ring, &room, 3, &row));
	assert_slice(row.envelope, "again");
	static const uint8_t large[200];
	ring_put(ring, &room, &(struct ring_row){9, 0, slice_of(large, sizeof(large))});
	assert_false(ring_get(ring, &room, 9, &row));
}

#define HEX "000102030405060708090a0b0c0d0e0f"

static void notices_are_read(void **state)
{
	(void)state;
	struct notice n;
	struct notice_range range;
	assert_true(notice_parse(SLICE_LIT("m " HEX " " HEX ":3-4 " HEX ":9-9"), &n));
	assert_int_equal(n.org.b[15], 15);
	assert_true(notice_next_range(&n.rest, &range));
	assert_int_equal(range.first, 3);
	assert_int_equal(range.last, 4);
	assert_true(notice_next_range(&n.rest, &range));
	assert_false(notice_next_range(&n.rest, &range));
	assert_true(notice_parse(SLICE_LIT("c " HEX " " HEX " 12"), &n));
	assert_int_equal(n.number, 12);
	assert_true(notice_parse(SLICE_LIT("s " HEX " " HEX " " HEX), &n));
	assert_int_equal(n.second.b[1], 1);
	assert_true(notice_parse(SLICE_LIT("v " HEX " " HEX " " HEX), &n));
	assert_int_equal(n.kind, NOTICE_INVITATION);
	assert_true(notice_parse(SLICE_LIT("r " HEX " " HEX), &n));
	assert_int_equal(n.kind, NOTICE_REMINDER);
}

static void notices_of_another_form_are_refused(void **state)
{
	(void)state;
	struct notice n;
	static const char *const wrong[] = {"", "m", "m " HEX, "x " HEX " " HEX, "c " HEX " " HEX,
		"c " HEX " " HEX " x", "p " HEX " " HEX " 1", "p " HEX " 00", "t " HEX " " HEX,
		"v " HEX " " HEX, "v " HEX " " HEX " " HEX " 1", "r " HEX, "n " HEX " " HEX " " HEX,
		"c " HEX " " HEX " 12 1", "p " HEX " 000102030405060708090A0B0C0D0E0F"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(notice_parse(slice_text(wrong[i]), &n));
	struct notice_range range;
	struct slice rest = SLICE_LIT(HEX ":4-3");
	assert_false(notice_next_range(&rest, &range));
	rest = SLICE_LIT(HEX ":4");
	assert_false(notice_next_range(&rest, &range));
}

static void a_refusal_says_what_is_in_the_way(void **state)
{
	(void)state;
	struct facts facts = {ROLE_CLIENT, RELATION_MEMBER, PHASE_CLOSED, false, false};
	assert_ok(policy_decide(ACTION_ROOM_READ, &facts));
	assert_err(policy_decide(ACTION_MESSAGE_POST, &facts), ERR_ROOM_CLOSED);
	facts.relation = RELATION_NONE;
	assert_err(policy_decide(ACTION_ROOM_READ, &facts), ERR_NOT_MEMBER);
	facts.role = ROLE_ADMIN;
	facts.relation = RELATION_MEMBER;
	assert_err(policy_decide(ACTION_ROOM_READ, &facts), ERR_FORBIDDEN);
}

static void what_needs_a_fresh_proof_says_so_only_to_who_else_may(void **state)
{
	(void)state;
	struct facts facts = {ROLE_CLIENT, RELATION_SELF, PHASE_NONE, false, false};
	assert_err(policy_decide(ACTION_UNLOCKER_REPLACE, &facts), ERR_STEP_UP_NEEDED);
	facts.fresh = true;
	assert_ok(policy_decide(ACTION_UNLOCKER_REPLACE, &facts));
	facts.fresh = false;
	facts.role = ROLE_OPERATOR;
	assert_err(policy_decide(ACTION_UNLOCKER_REPLACE, &facts), ERR_FORBIDDEN);
	facts.role = ROLE_NOBODY;
	assert_err(policy_decide(ACTION_UNLOCKER_REPLACE, &facts), ERR_FORBIDDEN);
}

static void a_proof_is_fresh_until_its_time(void **state)
{
	(void)state;
	struct session session = {.method = SESSION_OIDC, .fresh_until = clock_wall_ms() + 5000};
	assert_true(session_is_fresh(&session));
	session.fresh_until = clock_wall_ms() - 1;
	assert_false(session_is_fresh(&session));
	session.method = SESSION_PASSKEY;
	assert_false(session_is_fresh(&session));
}

static void staff_whom_their_organisation_signed_in_are_halfway_and_nobody_else(void **state)
{
	(void)state;
	AUTO(config) struct config config;
	config_init(&config);
	for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++) {
		struct session session = {.role = role, .method = SESSION_OIDC};
		bool staff = role != ROLE_CLIENT && role != ROLE_NOBODY;
		config.staff_without_passkey = false;
		assert_int_equal(session_is_half(&config, &session), staff);
		session.method = SESSION_PASSKEY;
		assert_false(session_is_half(&config, &session));
		session.method = SESSION_OIDC;
		config.staff_without_passkey = true;
		assert_false(session_is_half(&config, &session));
	}
}

static void half_a_session_is_told_of_the_passkey_before_anything_else(void **state)
{
	(void)state;
	struct facts facts = {ROLE_COUNSELLOR, RELATION_MEMBER, PHASE_OPEN, true, true};
	assert_err(policy_decide(ACTION_ROOM_READ, &facts), ERR_PASSKEY_NEEDED);
	facts.relation = RELATION_NONE;
	assert_err(policy_decide(ACTION_ROOM_READ, &facts), ERR_PASSKEY_NEEDED);
	facts.relation = RELATION_SELF;
	facts.phase = PHASE_NONE;
	assert_err(policy_decide(ACTION_SESSION_OPEN, &facts), ERR_PASSKEY_NEEDED);
	assert_err(policy_decide(ACTION_PASSKEY_REMOVE, &facts), ERR_PASSKEY_NEEDED);
	assert_ok(policy_decide(ACTION_STEP_UP, &facts));
	assert_ok(policy_decide(ACTION_PASSKEY_ADD, &facts));
	facts.fresh = false;
	assert_err(policy_decide(ACTION_PASSKEY_ADD, &facts), ERR_STEP_UP_NEEDED);
	facts.half = false;
	assert_err(policy_decide(ACTION_PASSKEY_REMOVE, &facts), ERR_STEP_UP_NEEDED);
}

static void limits_go_by_role(void **state)
{
	(void)state;
	AUTO(config) struct config config;
	config_init(&config);
	assert_int_equal(session_idle_minutes(&config, ROLE_CLIENT), 20);
	assert_int_equal(session_idle_minutes(&config, ROLE_COUNSELLOR), 15);
	assert_int_equal(session_idle_minutes(&config, ROLE_TEAM_LEAD), 15);
	for (enum role role = ROLE_ADMIN; role < ROLE_NOBODY; role++)
		assert_int_equal(session_idle_minutes(&config, role), 10);
	struct pg_param items[SESSION_CLASSES];
	assert_int_equal(session_most_seconds(&config, items).array.n, SESSION_CLASSES);
	assert_int_equal(items[0].integer, 4 * 3600);
	assert_int_equal(items[1].integer, 9 * 3600);
	assert_int_equal(items[2].integer, 4 * 3600);
}

static void a_token_comes_back_from_its_cookie(void **state)
{
	(void)state;
	char token[SESSION_TOKEN_TEXT + 1];
	struct hash made, read;
	session_new_token(token, &made);
	char header[200];
	(void)snprintf(header, sizeof(header), "a=b; __Host-luotsi=%s; c=d", token);
	assert_true(session_token_hash(slice_text(header), SESSION_COOKIE, &read));
	assert_true(hash_equal(&made, &read));
	(void)snprintf(header, sizeof(header), "x__Host-luotsi=%s", token);
	assert_false(session_token_hash(slice_text(header), SESSION_COOKIE, &read));
	assert_false(session_token_hash(SLICE_LIT("__Host-luotsi=AAAA"), SESSION_COOKIE, &read));
	assert_false(session_token_hash(SLICE_NONE, SESSION_COOKIE, &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_bucket_gives_a_minutes_worth_and_fills_again),
		T(buckets_of_one_key_do_not_touch_each_other),
		T(full_buckets_are_forgotten_and_keys_have_a_ceiling), T(a_long_key_is_a_key),
		T(the_ring_gives_back_what_was_put),
		T(the_ring_forgets_the_oldest_over_its_ceiling), T(notices_are_read),
		T(notices_of_another_form_are_refused), T(a_refusal_says_what_is_in_the_way),
		T(what_needs_a_fresh_proof_says_so_only_to_who_else_may),
		T(a_proof_is_fresh_until_its_time),
		T(staff_whom_their_organisation_signed_in_are_halfway_and_nobody_else),
		T(half_a_session_is_told_of_the_passkey_before_anything_else), T(limits_go_by_role),
		T(a_token_comes_back_from_its_cookie)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
