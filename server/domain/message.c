/* Posting. What the server can check without reading a message is checked here, cheapest first; the
 * signature is verified on a thread; the rest is judged by the one statement that stores it,
 * because only there it is true at the moment of storing. A connection's posts go to the statement
 * in the order in which they came, although threads finish in any order: sender_seq must grow by
 * one. An envelope under a key that is not the sender's current one goes on under a name of zeroes:
 * as a repeat it gets its stored answer, as anything new the statement refuses it. */
#include "base/crypt.h"
#include "base/num.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "seal/control.h"
#include "seal/envelope.h"
#include "sql_gen.h"

struct post {
	struct envelope envelope;
	struct hash env_hash, digest;
	struct p256_key *key;
	enum err verdict;
	bool ready, posting;
};

static void post_submit(struct request *r);

/* Those at the head of the connection's line that are ready. */
static void line_move(struct core *core, uint64_t from)
{
	struct connection *conn = connection_find(core, from);
	while (conn != NULL && !list_is_empty(&conn->posts)) {
		struct request *first = LIST_OF(conn->posts.next, struct request, order);
		const struct post *post = first->state;
		if (!post->ready)
			return;
		list_remove(&first->order);
		post_submit(first);
	}
}

static void message_release(struct request *r)
{
	struct post *post = r->state;
	p256_key_unref(&post->key);
	if (post->posting)
		hub_posted(r->core->hub, &post->envelope.room, NULL);
	if (list_is_empty(&r->order))
		return;
	list_remove(&r->order);
	line_move(r->core, r->from);
}

/* Nobody calls it any more when those before it are done. */
static void message_orphaned(struct request *r)
{
	const struct post *post = r->state;
	if (post->ready)
		post_submit(r);
}

static void message_stored(struct request *r, const struct pg_result *result)
{
	const struct message_post_in *in = r->in;
	struct post *post = r->state;
	struct message_post_out out = {
		.seq = pg_get_int(result, 0, MESSAGE_POST_SEQ),
		.at = pg_get_time(result, 0, MESSAGE_POST_AT),
	};
	struct ring_row row = {out.seq, out.at, in->envelope};
	post->posting = false;
	hub_posted(r->core->hub, &post->envelope.room, &row);
	req_reply(r, &out);
}

static void message_posted(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) != 1) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	enum err e = outcome_parse(pg_get_bytes(result, 0, MESSAGE_POST_OUTCOME));
	struct detail detail = {.name = NULL};
	if (e == ERR_OK) {
		message_stored(r, result);
		return;
	}
	if (e == ERR_STALE_HEAD)
		detail = (struct detail){.name = "head",
			.kind = DETAIL_HASH,
			.hash = pg_get_hash(result, 0, MESSAGE_POST_HEAD)};
	if (e == ERR_BAD_SEQUENCE && !pg_is_null(result, 0, MESSAGE_POST_NEXT))
		detail = (struct detail){.name = "next",
			.kind = DETAIL_NUMBER,
			.number = pg_get_int(result, 0, MESSAGE_POST_NEXT)};
	req_fail_detail(r, e, &detail);
}

static void post_submit(struct request *r)
{
	const struct message_post_in *in = r->in;
	const struct config *config = r->core->parts.config;
	struct post *post = r->state;
	const struct envelope *e = &post->envelope;
	bool targets = e->op != ENVELOPE_NEW || e->kind == ENVELOPE_RECEIPT;
	const struct pg_param params[MESSAGE_POST_N_IN] = {
		[MESSAGE_POST_IN_ROOM] = pg_id(&e->room),
		[MESSAGE_POST_IN_MSG_ID] = pg_id(&e->msg_id),
		[MESSAGE_POST_IN_SENDER] = pg_id(&e->sender),
		[MESSAGE_POST_IN_SENDER_KID] = pg_hash(&e->sender_kid),
		[MESSAGE_POST_IN_KIND] = pg_int(e->kind),
		[MESSAGE_POST_IN_OP] = pg_int(e->op),
		[MESSAGE_POST_IN_TARGET] = targets ? pg_id(&e->target) : pg_null(),
		[MESSAGE_POST_IN_EPOCH] = pg_int(e->epoch),
		[MESSAGE_POST_IN_SENDER_SEQ] = pg_int(e->sender_seq),
		[MESSAGE_POST_IN_LOG_HEAD] = pg_hash(&e->log_head),
		[MESSAGE_POST_IN_RETENTION_CLASS] = pg_int(e->retention_class),
		[MESSAGE_POST_IN_ENV_HASH] = pg_hash(&post->env_hash),
		[MESSAGE_POST_IN_HEADER_LEN] = pg_int(e->header.n),
		[MESSAGE_POST_IN_ENVELOPE] = pg_bytes(in->envelope),
		[MESSAGE_POST_IN_EPOCH_MAX_MESSAGES] = pg_int(config->epoch_max_messages),
		[MESSAGE_POST_IN_EPOCH_MAX_SECONDS] = pg_int(config->epoch_days * 86400),
	};
	post->posting = true;
	hub_posting(r->core->hub, &e->room);
	r->affinity = id_number(&e->room);
	req_query(r, STMT_MESSAGE_POST, params, MESSAGE_POST_N_IN, message_posted);
}

static void post_ready(struct request *r)
{
	struct post *post = r->state;
	post->ready = true;
	if (list_is_empty(&r->order)) /* its connection has gone */
		post_submit(r);
	else
		line_move(r->core, r->from);
}

/* On a thread. */
static void message_verify(void *state)
{
	struct post *post = state;
	post->env_hash = envelope_hash(&post->envelope);
	if (post->key == NULL)
		return;
	post->digest = envelope_signed_digest(&post->envelope);
	post->verdict = p256_verify_digest(post->key, &post->digest, post->envelope.signature);
}

static void message_verified(struct request *r)
{
	const struct post *post = r->state;
	if (post->verdict == ERR_OK)
		post_ready(r);
	else
		req_fail(r, ERR_BAD_SIGNATURE);
}

static void message_key_read(struct request *r, const struct pg_result *result)
{
	struct post *post = r->state;
	struct connection *conn = connection_find(r->core, r->from);
	struct hash kid = {0};
	if (pg_rows(result) > 0)
		kid = pg_get_hash(result, 0, KEY_GET_SIG_KID);
	if (!hash_equal(&kid, &post->envelope.sender_kid)) {
		post->envelope.sender_kid = (struct hash){0};
	} else if (p256_key_new(pg_get_bytes(result, 0, KEY_GET_SIG_PUB), &post->key) != ERR_OK) {
		req_fail(r, ERR_INTERNAL);
		return;
	} else if (conn != NULL) {
		p256_key_unref(&conn->key);
		conn->key = p256_key_ref(post->key);
		conn->kid = kid;
	}
	req_work(r, message_verify, message_verified);
}

static bool class_is_allowed(const char *classes, uint16_t retention_class)
{
	struct slice rest = slice_text(classes), word;
	uint64_t value;
	while (slice_next(&rest, ' ', &word))
		if (num_parse_u64(word, UINT16_MAX, &value) && value == retention_class)
			return true;
	return false;
}

static enum err post_check(const struct request *r, const struct envelope *e)
{
	if (e->kind == ENVELOPE_CONTROL || e->kind == ENVELOPE_IDENTITY)
		return ERR_BAD_ENVELOPE;
	if (!id_equal(&e->sender, &r->session.user) || !id_equal(&e->org, &r->session.org))
		return ERR_FORBIDDEN;
	if (!class_is_allowed(r->core->parts.config->retention_classes, e->retention_class))
		return ERR_BAD_ENVELOPE;
	if (e->epoch > CONTROL_MAX_EPOCH) /* nor has the database a number so large */
		return ERR_STALE_EPOCH;
	return ERR_OK;
}

void message_post(struct request *r)
{
	const struct message_post_in *in = r->in;
	struct post *post = ARENA_NEW(r->arena, struct post);
	enum refusal refusal = envelope_parse(in->envelope, &post->envelope);
	if (refusal != REFUSAL_NONE) {
		outcome_refuse(r, refusal, NULL);
		return;
	}
	enum err e = post_check(r, &post->envelope);
	if (e != ERR_OK) {
		req_fail(r, e);
		return;
	}
	r->state = post;
	r->release = message_release;
	r->orphaned = message_orphaned;
	struct connection *conn = connection_find(r->core, r->from);
	list_push(&conn->posts, &r->order);
	if (!r->core->parts.config->verify_signatures) {
		message_verify(post);
		post_ready(r);
	} else if (conn->key != NULL && hash_equal(&conn->kid, &post->envelope.sender_kid)) {
		post->key = p256_key_ref(conn->key);
		req_work(r, message_verify, message_verified);
	} else {
		const struct pg_param params[] = {pg_id(&r->session.user)};
		req_query(r, STMT_KEY_GET, params, 1, message_key_read);
	}
}
