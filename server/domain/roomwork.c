/* The guidance work of a room is sealed; two things of it pass here in clear. The topics, thirteen
 * fixed words, for statistics; and that somebody takes the room out, for the record (the browser
 * makes what is taken, of what its member may read anyway). A client does so at will; staff tell
 * the room first, in a message that the client sees and the statement looks for. */
#include "core/state.h"
#include "sql_gen.h"

enum { TOPICS_MAX = 13 };

/* In the order of the wire. */
static const char *const topics[] = {"general", "health", "daily_life", "relationships",
	"mental_wellbeing", "self_esteem", "skills", "studies", "work", "finances", "hobbies",
	"housing", "addictions"};
_Static_assert(sizeof(topics) / sizeof(topics[0]) == TOPICS_MAX, "every topic has its word");

static bool topic_read(struct slice word, struct wire_topic *ret_topic)
{
	for (size_t i = 0; i < TOPICS_MAX; i++)
		if (slice_is(word, topics[i])) {
			ret_topic->topic = (uint8_t)i;
			return true;
		}
	return false;
}

static void topics_read(struct request *r, const struct pg_result *result)
{
	struct room_topics_out out = {.has_changed_at = pg_rows(result) > 0};
	struct wire_topic *known = arena_array(r->arena, TOPICS_MAX, sizeof(*known));
	for (size_t i = 0; i < pg_rows(result) && i < TOPICS_MAX; i++) {
		if (!topic_read(pg_get_bytes(result, i, ROOM_TOPICS_TOPIC), &known[i])) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
		out.changed_at = pg_get_time(result, i, ROOM_TOPICS_AT); /* the newest is last */
		out.n_topics = i + 1;
	}
	out.topics = known;
	req_reply(r, &out);
}

void room_topics(struct request *r)
{
	const struct room_topics_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room)};
	req_query(r, STMT_ROOM_TOPICS, params, 1, topics_read);
}

static void topics_kept(struct request *r, const struct pg_result *result)
{
	struct room_topics_put_out out = {
		.changed_at = pg_get_time(result, 0, ROOM_TOPICS_PUT_CHANGED_AT)};
	req_reply(r, &out);
}

void room_topics_put(struct request *r)
{
	const struct room_topics_put_in *in = r->in;
	struct pg_param chosen[TOPICS_MAX];
	for (size_t i = 0; i < in->n_topics; i++)
		chosen[i] = pg_bytes(slice_text(topics[in->topics[i].topic]));
	const struct pg_param params[] = {
		pg_id(&in->room), pg_id(&r->session.user), pg_array(chosen, in->n_topics)};
	req_query(r, STMT_ROOM_TOPICS_PUT, params, 3, topics_kept);
}

/* The gate has judged it. */
void export_ready(struct request *r)
{
	req_reply(r, NULL);
}

static void export_noted(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND); /* nothing was announced */
		return;
	}
	struct export_begin_out out = {.at = pg_get_time(result, 0, EXPORT_BEGIN_AT)};
	req_reply(r, &out);
}

void export_begin(struct request *r)
{
	static const char *const forms[] = {"archive", "document"};
	const struct export_begin_in *in = r->in;
	if (in->has_announced == (r->session.role == ROLE_CLIENT)) {
		req_fail(r, ERR_BAD_FIELD); /* staff announce it, a client need not */
		return;
	}
	const struct pg_param params[] = {pg_id(&in->room), pg_id(&r->session.user),
		pg_bytes(slice_text(forms[in->form])),
		in->has_announced ? pg_id(&in->announced) : pg_null()};
	req_query(r, STMT_EXPORT_BEGIN, params, 4, export_noted);
}
