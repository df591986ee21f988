/* The hub on fakes of the wires: who hears what, what is read, and what is left behind. */
#include "base/mem.h"
#include "base/num.h"
#include "core/hub_state.h"
#include "sql_gen.h"
#include "unit.h"

/* --- the wires --- */

enum { MAX = 64 };
struct cell {
	struct id id;
	int64_t number;
	struct slice bytes;
};
struct pg_result {
	size_t n;
	const struct cell (*rows)[8];
};

static struct {
	struct {
		size_t statement;
		struct id org;
		int64_t n_items;
		pg_done *done;
		void *ctx;
		uint64_t tag;
	} calls[MAX];
	size_t n_calls, n_answered;
	struct {
		uint64_t conn;
		char text[600];
	} sent[MAX];
	size_t n_sent;
	uint64_t closed[MAX];
	size_t n_closed;
	loop_fn *posted[MAX];
	void *posted_ctx[MAX];
	size_t n_posted;
	size_t n_limited;
	bool away; /* the database */
} wires;

void loop_post(struct loop *loop, loop_fn *fn, void *ctx)
{
	(void)loop;
	wires.posted[wires.n_posted] = fn;
	wires.posted_ctx[wires.n_posted++] = ctx;
}
struct timer *timer_new(struct loop *loop, loop_fn *fn, void *ctx)
{
	(void)loop, (void)fn, (void)ctx;
	return NULL;
}
void timer_start(struct timer *t, uint64_t ms, uint64_t repeat_ms)
{
	(void)t, (void)ms, (void)repeat_ms;
}
void timer_free(struct timer **t)
{
	*t = NULL;
}
enum err pg_submit(struct pg *pg, const struct pg_call *call)
{
	(void)pg;
	if (wires.away)
		return ERR_UNAVAILABLE;
	size_t i = wires.n_calls++;
	wires.calls[i].statement = call->statement;
	wires.calls[i].org = call->org ? *call->org : (struct id){0};
	wires.calls[i].n_items =
		call->params[0].kind == PG_PARAM_ARRAY ? (int64_t)call->params[0].array.n : -1;
	wires.calls[i].done = call->done;
	wires.calls[i].ctx = call->ctx;
	wires.calls[i].tag = call->tag;
	return ERR_OK;
}
size_t pg_rows(const struct pg_result *r)
{
	return r->n;
}
size_t pg_changed(const struct pg_result *r)
{
	return r->n;
}
bool pg_is_null(const struct pg_result *r, size_t row, unsigned column)
{
	(void)r, (void)row, (void)column;
	return false;
}
bool pg_get_bool(const struct pg_result *r, size_t row, unsigned column)
{
	return r->rows[row][column].number != 0;
}
int64_t pg_get_int(const struct pg_result *r, size_t row, unsigned column)
{
	return r->rows[row][column].number;
}
int64_t pg_get_time(const struct pg_result *r, size_t row, unsigned column)
{
	return r->rows[row][column].number;
}
struct slice pg_get_bytes(const struct pg_result *r, size_t row, unsigned column)
{
	return r->rows[row][column].bytes;
}
struct id pg_get_id(const struct pg_result *r, size_t row, unsigned column)
{
	return r->rows[row][column].id;
}
enum err keys_ask(
	struct keys *keys, const struct keys_ask *ask, keys_done_fn *done, void *ctx, uint64_t tag)
{
	(void)keys, (void)ask, (void)done, (void)ctx, (void)tag;
	return ERR_UNAVAILABLE;
}
enum err fetch_submit(struct fetch *fetch, const struct fetch_call *call)
{
	(void)fetch, (void)call;
	return ERR_UNAVAILABLE;
}
enum err work_submit(struct work *work, work_run_fn *run, work_done_fn *done, void *item)
{
	(void)work, (void)run, (void)done, (void)item;
	return ERR_BUSY;
}
bool ws_send(struct server *server, uint64_t conn, struct frame *f)
{
	(void)server;
	struct slice text = frame_text(f);
	size_t n = num_min(text.n, sizeof(wires.sent[0].text) - 1);
	wires.sent[wires.n_sent].conn = conn;
	memcpy(wires.sent[wires.n_sent].text, text.p, n);
	wires.sent[wires.n_sent++].text[n] = '\0';
	return true;
}
void ws_close(struct server *server, uint64_t conn, enum ws_close_code code)
{
	(void)server, (void)code;
	wires.closed[wires.n_closed++] = conn;
}
void http_reply(struct server *server, uint64_t id, const struct http_response *response)
{
	(void)server, (void)id, (void)response;
}
void http_reply_error(struct server *server, uint64_t id, enum err e)
{
	(void)server, (void)id;
	wires.n_limited += e == ERR_RATE_LIMITED;
}
void http_more(struct server *server, uint64_t id, struct slice bytes, struct http_held held)
{
	(void)server, (void)id, (void)bytes, (void)held;
}
void *pg_keep(const struct pg_result *r)
{
	(void)r;
	return NULL;
}
void pg_let_go(void *kept)
{
	(void)kept;
}
void http_cut(struct server *server, uint64_t id)
{
	(void)server, (void)id;
}
struct buf http_take_body(struct server *server, uint64_t id)
{
	(void)server, (void)id;
	return (struct buf)BUF_MAX(0);
}
bool http_cookie(struct slice header, const char *name, struct slice *ret_value)
{
	(void)name;
	*ret_value = header;
	return true;
}

static void turn(void)
{
	size_t n = wires.n_posted;
	wires.n_posted = 0;
	for (size_t i = 0; i < n; i++)
		wires.posted[i](wires.posted_ctx[i]);
}

/* The oldest call that was not answered. */
static void answer(size_t statement, enum err e, const struct cell (*rows)[8], size_t n)
{
	assert_true(wires.n_answered < wires.n_calls);
	size_t i = wires.n_answered++;
	assert_int_equal(wires.calls[i].statement, statement);
	struct pg_result result = {n, rows};
	wires.calls[i].done(
		wires.calls[i].ctx, wires.calls[i].tag, e, e == ERR_OK ? &result : NULL);
	turn();
}

static size_t heard(uint64_t conn, const char *part)
{
	size_t n = 0;
	for (size_t i = 0; i < wires.n_sent; i++)
		n += wires.sent[i].conn == conn && strstr(wires.sent[i].text, part) != NULL;
	return n;
}

/* --- the world: persons 1 and 2 in room a; person 1 in room b --- */

static const struct id org = {{9}}, room_a = {{10}}, room_b = {{11}},
		       person[] = {{{0}}, {{1}}, {{2}}};
#define ORG "09000000000000000000000000000000"
#define A "0a000000000000000000000000000000"
#define B "0b000000000000000000000000000000"
#define ONE "01000000000000000000000000000000"
#define TWO "02000000000000000000000000000000"

static struct config config;
static struct core *core;

static struct connection *come(uint64_t id, const struct id *user)
{
	static const char token[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct ws_hello hello = {slice_text(token), SLICE_LIT("192.0.2.1")};
	connection_opened(core, id, &hello);
	struct connection *conn = connection_find(core, id);
	struct session session = {.session = {{(uint8_t)(100 + id)}},
		.org = org,
		.user = *user,
		.expires_at = INT64_MAX};
	connection_join(core, conn, &session);
	return conn;
}

static void seat(const struct id *user, const struct id *room, int64_t first_seq)
{
	struct hub *hub = core->hub;
	hub_seat_put(hub, map_get_id(hub->users, user), room, first_seq);
}

static int begin(void **state)
{
	(void)state;
	memset(&wires, 0, sizeof(wires));
	config_init(&config);
	config.max_connections_per_user = 2;
	struct core_parts parts = {.config = &config};
	core = core_new(&parts);
	come(1, &person[1]);
	come(2, &person[2]);
	seat(&person[1], &room_a, 1);
	seat(&person[2], &room_a, 1);
	seat(&person[1], &room_b, 1);
	return 0;
}

/* The hub insists that nothing is left when everybody has gone. */
static int end(void **state)
{
	(void)state;
	core_free(&core);
	config_done(&config);
	return 0;
}

static void notice(const char *text)
{
	core_notice(core, slice_text(text));
	turn();
}

static void post(const struct id *room, int64_t seq)
{
	hub_posting(core->hub, room);
	hub_posted(core->hub, room, &(struct ring_row){seq, 5, SLICE_LIT("envelope")});
}

static void own_posts_are_told_without_a_reading(void **state)
{
	(void)state;
	post(&room_a, 7);
	notice("m " ORG " " A ":7-7");
	assert_int_equal(wires.n_calls, 0);
	assert_int_equal(heard(1, "\"seq\":7"), 1);
	assert_int_equal(heard(2, "\"seq\":7"), 1);
}

static void the_next_own_post_is_told_before_its_notice_and_once(void **state)
{
	(void)state;
	post(&room_a, 7);
	turn();
	assert_int_equal(wires.n_sent, 0); /* what was before it is not known */
	notice("m " ORG " " A ":7-7");
	post(&room_a, 8);
	post(&room_a, 9);
	turn();
	assert_int_equal(heard(2, "\"seq\":8"), 1);
	assert_int_equal(heard(2, "\"seq\":9"), 1);
	size_t n_sent = wires.n_sent;
	notice("m " ORG " " A ":8-9");
	assert_int_equal(wires.n_sent, n_sent);
	assert_int_equal(wires.n_calls, 0);
}

static void an_own_post_behind_another_workers_waits_for_the_notice(void **state)
{
	(void)state;
	const struct cell rows[][8] = {{{.id = room_a}, {.number = 8}, {.number = 5}, {.number = 0},
		{.bytes = SLICE_LIT("x")}}};
	post(&room_a, 7);
	notice("m " ORG " " A ":7-7");
	post(&room_a, 9);
	turn();
	assert_int_equal(heard(2, "\"seq\":9"), 0);
	notice("m " ORG " " A ":8-8");
	answer(STMT_MESSAGE_ROWS, ERR_OK, rows, 1);
	assert_int_equal(heard(2, "\"seq\":8"), 1);
	notice("m " ORG " " A ":9-9");
	assert_int_equal(heard(2, "\"seq\":9"), 1);
	assert_int_equal(wires.n_calls, 1);
}

static void after_a_gap_an_own_post_waits_for_its_notice_again(void **state)
{
	(void)state;
	post(&room_a, 7);
	notice("m " ORG " " A ":7-7");
	hub_gap(core->hub);
	post(&room_a, 8);
	turn();
	assert_int_equal(heard(2, "\"seq\":8"), 0);
	notice("m " ORG " " A ":8-8");
	assert_int_equal(heard(2, "\"seq\":8"), 1);
}

static void a_notice_ahead_of_the_answer_waits_for_it(void **state)
{
	(void)state;
	hub_posting(core->hub, &room_a);
	notice("m " ORG " " A ":7-7");
	assert_int_equal(wires.n_calls, 0);
	assert_int_equal(wires.n_sent, 0);
	hub_posted(core->hub, &room_a, &(struct ring_row){7, 5, SLICE_LIT("envelope")});
	turn();
	assert_int_equal(heard(2, "\"seq\":7"), 1);
	assert_int_equal(wires.n_calls, 0);
}

static void a_refused_post_lets_the_notice_go_on(void **state)
{
	(void)state;
	hub_posting(core->hub, &room_a);
	notice("m " ORG " " A ":7-7");
	hub_posted(core->hub, &room_a, NULL);
	turn();
	assert_int_equal(wires.n_calls, 1);
	answer(STMT_MESSAGE_ROWS, ERR_OK, NULL, 0);
}

static void what_others_posted_is_read_for_many_rooms_at_once(void **state)
{
	(void)state;
	const struct cell rows[][8] = {{{.id = room_a}, {.number = 3}, {.number = 5}, {.number = 0},
					       {.bytes = SLICE_LIT("x")}},
		{{.id = room_a}, {.number = 4}, {.number = 5}, {.number = 1},
			{.bytes = SLICE_LIT("y")}},
		{{.id = room_b}, {.number = 8}, {.number = 5}, {.number = 0},
			{.bytes = SLICE_LIT("z")}}};
	notice("m " ORG " " A ":3-4 " B ":8-8");
	assert_int_equal(wires.n_calls, 1);
	assert_int_equal(wires.calls[0].n_items, 2);
	answer(STMT_MESSAGE_ROWS, ERR_OK, rows, 3);
	assert_int_equal(heard(1, "message_posted"), 2);
	assert_int_equal(heard(2, "message_posted"), 1);
	assert_int_equal(heard(2, "\"tombstone\":\"eQ\""), 1);
	assert_int_equal(wires.n_calls, 1);
	assert_true(list_is_empty(&core->hub->wanted));
}

static void while_a_room_is_read_nothing_overtakes(void **state)
{
	(void)state;
	const struct cell rows[][8] = {{{.id = room_a}, {.number = 3}, {.number = 5}, {.number = 0},
		{.bytes = SLICE_LIT("x")}}};
	notice("m " ORG " " A ":3-3");
	post(&room_a, 4);
	notice("m " ORG " " A ":4-4");
	assert_int_equal(wires.n_sent, 0);
	answer(STMT_MESSAGE_ROWS, ERR_OK, rows, 1);
	assert_int_equal(wires.n_calls, 1);
	assert_non_null(strstr(wires.sent[0].text, "\"seq\":3"));
	assert_int_equal(heard(1, "\"seq\":4"), 1);
}

static void a_failed_reading_comes_again(void **state)
{
	(void)state;
	notice("m " ORG " " A ":3-3");
	answer(STMT_MESSAGE_ROWS, ERR_UNAVAILABLE, NULL, 0);
	assert_int_equal(wires.n_calls, 1);
	wires.away = true;
	hub_sweep(core->hub);
	turn();
	wires.away = false;
	hub_sweep(core->hub);
	turn();
	assert_int_equal(wires.n_calls, 2);
	answer(STMT_MESSAGE_ROWS, ERR_OK, NULL, 0);
}

static void what_is_before_the_seat_is_hidden(void **state)
{
	(void)state;
	seat(&person[2], &room_a, 8);
	post(&room_a, 7);
	post(&room_a, 8);
	notice("m " ORG " " A ":7-8");
	assert_int_equal(heard(1, "\"seq\":7"), 1);
	assert_int_equal(heard(2, "\"seq\":7"), 0);
	assert_int_equal(heard(2, "\"seq\":8"), 1);
}

static void rooms_of_nobody_here_cost_nothing(void **state)
{
	(void)state;
	notice("m " ORG " 0c000000000000000000000000000000:1-9");
	notice("t " ORG " 0c000000000000000000000000000000 " ONE);
	assert_int_equal(wires.n_calls, 0);
	assert_int_equal(wires.n_sent, 0);
}

static void a_grown_log_seats_who_came_and_tells_who_went(void **state)
{
	(void)state;
	const struct cell members[][8] = {{{.id = room_b}, {.id = person[2]}, {.number = 4}}};
	notice("c " ORG " " B " 6");
	answer(STMT_NOTICE_MEMBERS, ERR_OK, members, 1);
	assert_int_equal(heard(1, "\"entries\":6"), 1);
	assert_int_equal(heard(2, "\"entries\":6"), 1);
	post(&room_b, 9);
	notice("m " ORG " " B ":9-9");
	assert_int_equal(heard(1, "\"seq\":9"), 0);
	assert_int_equal(heard(2, "\"seq\":9"), 1);
}

static void the_typist_does_not_hear_of_it(void **state)
{
	(void)state;
	notice("t " ORG " " A " " ONE);
	assert_int_equal(heard(1, "message_typing"), 0);
	assert_int_equal(heard(2, "message_typing"), 1);
}

static void what_has_changed_of_a_person_is_told_to_them_alone(void **state)
{
	(void)state;
	notice("r " ORG " " ONE);
	assert_int_equal(heard(1, "self_told"), 1);
	assert_int_equal(heard(2, "self_told"), 0);
	notice("n " ORG " " ONE);
	assert_int_equal(heard(1, "self_told"), 2);
	assert_int_equal(heard(1, "\"about\":\"notify\""), 1);
	assert_int_equal(wires.n_calls, 0);
}

static void an_invitation_is_told_in_the_room_and_to_who_waits_once(void **state)
{
	(void)state;
	notice("v " ORG " " B " " ONE);
	assert_int_equal(heard(1, "invitation_changed"), 1);
	assert_int_equal(heard(2, "invitation_changed"), 0);
	notice("v " ORG " " A " " ONE);
	assert_int_equal(heard(1, "invitation_changed"), 2);
	assert_int_equal(heard(2, "invitation_changed"), 1);
	notice("v " ORG " " A " 00000000000000000000000000000000");
	assert_int_equal(heard(1, "invitation_changed"), 3);
	assert_int_equal(wires.n_calls, 0);
}

static void an_ended_session_closes_its_connections_only(void **state)
{
	(void)state;
	come(3, &person[1]);
	notice("s " ORG " " ONE " 65000000000000000000000000000000");
	assert_int_equal(heard(1, "session_ended"), 1);
	assert_int_equal(heard(3, "session_ended"), 0);
	assert_int_equal(wires.n_closed, 1);
	assert_int_equal(wires.closed[0], 1);
	notice("p " ORG " " A);
	assert_int_equal(heard(1, "room_pending"), 0);
	assert_int_equal(heard(3, "room_pending"), 1);
}

static void the_oldest_of_too_many_connections_goes(void **state)
{
	(void)state;
	come(3, &person[1]);
	assert_int_equal(wires.n_closed, 0);
	come(4, &person[1]);
	assert_int_equal(wires.n_closed, 1);
	assert_int_equal(wires.closed[0], 1);
}

static void after_a_gap_all_catch_up_and_seats_are_read_again(void **state)
{
	(void)state;
	const struct cell rooms[][8] = {{{.id = room_b}, {.number = 2}}};
	core_notice_gap(core);
	assert_int_equal(heard(1, "resync"), 1);
	assert_int_equal(heard(2, "resync"), 1);
	answer(STMT_NOTICE_ROOMS, ERR_OK, rooms, 1);
	answer(STMT_NOTICE_ROOMS, ERR_OK, rooms, 1);
	assert_int_equal(wires.n_calls, 2);
	notice("p " ORG " " A);
	assert_int_equal(heard(1, "room_pending") + heard(2, "room_pending"), 0);
	notice("p " ORG " " B);
	assert_int_equal(heard(1, "room_pending") + heard(2, "room_pending"), 2);
}

/* What the database says of a session: still there, or not. */
static const struct cell found[1][8];

static void after_a_gap_sessions_are_looked_at_again(void **state)
{
	(void)state;
	connection_doubt(core);
	connection_sweep(core);
	answer(STMT_SESSION_LOOK, ERR_UNAVAILABLE, NULL, 0);
	answer(STMT_SESSION_LOOK, ERR_OK, found, 1);
	connection_sweep(core);
	assert_int_equal(wires.n_calls, 3);
	answer(STMT_SESSION_LOOK, ERR_OK, NULL, 0);
	assert_int_equal(wires.n_closed, 1);
	connection_sweep(core);
	assert_int_equal(wires.n_calls, 3);
}

static void a_session_that_ended_while_it_was_read_is_looked_at_again(void **state)
{
	(void)state;
	connection_sweep(core);
	assert_int_equal(wires.n_calls, 0);
	notice("s " ORG " " TWO " 63000000000000000000000000000000");
	come(3, &person[1]);
	connection_sweep(core);
	assert_int_equal(wires.n_calls, 1);
	answer(STMT_SESSION_LOOK, ERR_OK, NULL, 0);
	assert_int_equal(wires.n_closed, 1);
	assert_int_equal(wires.closed[0], 3);
}

static void to_look_at_an_idle_session_keeps_it_not_alive(void **state)
{
	(void)state;
	struct connection *conn = connection_find(core, 1);
	uint64_t idle_ms = (uint64_t)config.client_idle_minutes * 60000;
	conn->active_at -= idle_ms;
	conn->seen_at -= idle_ms - 1000;
	conn->looked_at -= idle_ms;
	connection_sweep(core);
	answer(STMT_SESSION_LOOK, ERR_OK, found, 1);
	connection_sweep(core);
	assert_int_equal(wires.n_calls, 1); /* nobody says that it was seen */
	conn->looked_at -= 60000;
	connection_sweep(core);
	answer(STMT_SESSION_LOOK, ERR_OK, NULL, 0);
	assert_int_equal(wires.n_closed, 1);
}

static void requests_of_one_address_are_counted_before_anybody_is_asked(void **state)
{
	(void)state;
	enum { MORE = 50 };
	const struct http_request request = {.method = HTTP_POST,
		.path = SLICE_LIT("/api/sign_out"),
		.origin = slice_text(config.public_origin),
		.content_type = SLICE_LIT("application/json"),
		.mark = SLICE_LIT("1"),
		.address = SLICE_LIT("192.0.2.9"),
		.body = SLICE_LIT("{}")};
	for (int64_t i = 0; i < config.connects_per_minute + MORE; i++)
		core_handlers.http_request(core, &request);
	assert_in_range(wires.n_limited, MORE - 10, MORE);
}

static void a_person_who_went_during_a_reading_is_forgotten(void **state)
{
	(void)state;
	notice("m " ORG " " A ":3-3");
	core_notice_gap(core);
	connection_closed(core, 1);
	connection_closed(core, 2);
	answer(STMT_MESSAGE_ROWS, ERR_OK, NULL, 0);
	answer(STMT_NOTICE_ROOMS, ERR_OK, NULL, 0);
	assert_int_equal(map_count(core->hub->rooms), 0);
	assert_int_equal(map_count(core->hub->users), 0);
}

static void a_chain_is_told_to_kin_who_are_here(void **state)
{
	(void)state;
	const struct cell kin[][8] = {{{.id = person[2]}}, {{.id = {{77}}}}};
	notice("i " ORG " " ONE);
	answer(STMT_NOTICE_KIN, ERR_OK, kin, 2);
	assert_int_equal(heard(2, "chain_changed"), 1);
	assert_int_equal(heard(1, "chain_changed"), 0);
	notice("i " ORG " " ORG);
	assert_int_equal(heard(1, "chain_changed"), 1);
}

#define H(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {H(own_posts_are_told_without_a_reading),
		H(the_next_own_post_is_told_before_its_notice_and_once),
		H(an_own_post_behind_another_workers_waits_for_the_notice),
		H(after_a_gap_an_own_post_waits_for_its_notice_again),
		H(a_notice_ahead_of_the_answer_waits_for_it),
		H(a_refused_post_lets_the_notice_go_on),
		H(what_others_posted_is_read_for_many_rooms_at_once),
		H(while_a_room_is_read_nothing_overtakes), H(a_failed_reading_comes_again),
		H(what_is_before_the_seat_is_hidden), H(rooms_of_nobody_here_cost_nothing),
		H(a_grown_log_seats_who_came_and_tells_who_went), H(the_typist_does_not_hear_of_it),
		H(an_invitation_is_told_in_the_room_and_to_who_waits_once),
		H(what_has_changed_of_a_person_is_told_to_them_alone),
		H(an_ended_session_closes_its_connections_only),
		H(the_oldest_of_too_many_connections_goes),
		H(after_a_gap_all_catch_up_and_seats_are_read_again),
		H(after_a_gap_sessions_are_looked_at_again),
		H(a_session_that_ended_while_it_was_read_is_looked_at_again),
		H(to_look_at_an_idle_session_keeps_it_not_alive),
		H(requests_of_one_address_are_counted_before_anybody_is_asked),
		H(a_person_who_went_during_a_reading_is_forgotten),
		H(a_chain_is_told_to_kin_who_are_here)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
