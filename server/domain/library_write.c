/* Writing in the library of assignment templates: drafts, versions, sharing, thanks. What a body
 * must be so that the house can show and find it is checked in two steps: here that it is one JSON
 * object (which implies UTF-8, and no depth that could hurt), in SQL the members that become
 * columns. The rest is for browsers, which refuse a template that is not of its schema before they
 * draw it. */
#include "base/cleanup.h"
#include "core/decode.h"
#include "core/request.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "sql_gen.h"

/* Answers `done` or the word of the statement. */
static void settled(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, TEMPLATE_SETTLE_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

/* --- drafts --- */

static void draft_saved(struct request *r, const struct pg_result *result)
{
	struct template_draft_put_out out = {
		.edits = pg_get_int(result, 0, TEMPLATE_DRAFT_PUT_EDITS)};
	req_reply(r, &out);
}

static bool is_object(struct slice body)
{
	AUTO(decoded) struct decoded *d = NULL;
	return decode_open(body, &d) == ERR_OK;
}

void template_draft_put(struct request *r)
{
	const struct template_draft_put_in *in = r->in;
	struct detail detail = {.name = "field", .kind = DETAIL_WORD, .word = "body"};
	if (!is_object(in->body)) {
		req_fail_detail(r, ERR_BAD_FIELD, &detail);
		return;
	}
	const struct pg_param params[] = {pg_id(&in->template), pg_int(in->edits),
		pg_bytes(in->body), in->has_copy_of ? pg_id(&in->copy_of) : pg_null(),
		pg_int(r->core->parts.config->library_templates)};
	req_query(r, STMT_TEMPLATE_DRAFT_PUT, params, 5, draft_saved);
}

static void draft_dropped(struct request *r, const struct pg_result *result)
{
	struct template_draft_drop_out out = {
		.edits = pg_get_int(result, 0, TEMPLATE_DRAFT_DROP_EDITS)};
	req_reply(r, &out);
}

void template_draft_drop(struct request *r)
{
	const struct template_draft_drop_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->template), pg_int(in->edits)};
	req_query(r, STMT_TEMPLATE_DRAFT_DROP, params, 2, draft_dropped);
}

/* --- versions --- */

static void published(struct request *r, const struct pg_result *result)
{
	struct template_publish_out out = {
		.version = (uint16_t)pg_get_int(result, 0, TEMPLATE_PUBLISH_VERSION)};
	req_reply(r, &out);
}

void template_publish(struct request *r)
{
	const struct template_publish_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->template), pg_int(in->edits),
		pg_bytes(in->note), pg_id(&r->session.user)};
	req_query(r, STMT_TEMPLATE_PUBLISH, params, 4, published);
}

void template_withdraw(struct request *r)
{
	const struct template_withdraw_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->template), pg_null(), pg_bool(in->withdrawn), pg_id(&r->session.user)};
	req_query(r, STMT_TEMPLATE_SETTLE, params, 4, settled);
}

void template_share(struct request *r)
{
	const struct template_share_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->template), pg_bool(in->shared), pg_null(), pg_id(&r->session.user)};
	req_query(r, STMT_TEMPLATE_SETTLE, params, 4, settled);
}

static void curated(struct request *r, const struct pg_result *result)
{
	if (pg_get_bool(result, 0, TEMPLATE_CURATE_KNOWN))
		req_reply(r, NULL);
	else
		req_fail(r, ERR_NOT_FOUND);
}

void template_curate(struct request *r)
{
	const struct template_curate_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->template), pg_bool(in->barred), pg_id(&r->session.user)};
	req_query(r, STMT_TEMPLATE_CURATE, params, 3, curated);
}

/* --- numbers --- */

static void thanked(struct request *r, const struct pg_result *result)
{
	if (pg_is_null(result, 0, TEMPLATE_THANK_THANKS)) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct template_thank_out out = {.thanks = pg_get_int(result, 0, TEMPLATE_THANK_THANKS)};
	req_reply(r, &out);
}

void template_thank(struct request *r)
{
	const struct template_thank_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->template), pg_id(&r->session.user), pg_bool(in->thanks)};
	req_query(r, STMT_TEMPLATE_THANK, params, 3, thanked);
}

static void counted(struct request *r, const struct pg_result *result)
{
	if (pg_get_bool(result, 0, TEMPLATE_USED_KNOWN))
		req_reply(r, NULL);
	else
		req_fail(r, ERR_NOT_FOUND);
}

void template_used(struct request *r)
{
	const struct template_used_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->template)};
	req_query(r, STMT_TEMPLATE_USED, params, 1, counted);
}
