/* Reading the library of assignment templates: the list, one template, its versions, the draft of
 * its next one. Own templates and shared ones come from the same rows; which of them an
 * organisation sees is row-level security's to say. A body is text for us: browsers check what it
 * holds. */
#include "base/num.h"
#include "core/request.h"
#include "core/state.h"
#include "sql_gen.h"

enum { VERSIONS = 50 };

static const char *const languages[] = {"fi", "sv", "en"};
static const char *const states[] = {"draft", "published", "withdrawn"};
static const char *const forms[] = {"assignment", "meter"};
static const char *const scopes[] = {"all", "own", "shared", "drafts"};
static const char *const topics[] = {"general", "health", "daily_life", "relationships",
	"mental_wellbeing", "self_esteem", "skills", "studies", "work", "finances", "hobbies",
	"housing", "addictions"};

static struct pg_param word(const char *text)
{
	return pg_bytes(slice_text(text));
}

static uint8_t place_of(struct slice text, const char *const *words, size_t n)
{
	size_t i = 0;
	while (i < n && !slice_is(text, words[i]))
		i++;
	ASSERT(i < n); /* the table holds no other */
	return (uint8_t)i;
}

static struct slice *texts_read(
	struct arena *arena, const struct pg_result *result, size_t row, unsigned column)
{
	size_t n = pg_array_count(result, row, column);
	struct slice *texts = arena_array(arena, n + 1, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = arena_copy(arena, pg_array_item(result, row, column, i));
	return texts;
}

static struct slice copied(
	struct arena *arena, const struct pg_result *result, size_t row, unsigned column)
{
	return pg_is_null(result, row, column)
		       ? SLICE_NONE
		       : arena_copy(arena, pg_get_bytes(result, row, column));
}

static struct wire_template_row row_of(
	struct arena *arena, const struct pg_result *result, size_t i)
{
	return (struct wire_template_row){
		.template = pg_get_id(result, i, TEMPLATE_LIST_TEMPLATE),
		.version = (uint16_t)pg_get_int(result, i, TEMPLATE_LIST_VERSION),
		.edits = pg_get_int(result, i, TEMPLATE_LIST_EDITS),
		.state = place_of(pg_get_bytes(result, i, TEMPLATE_LIST_STATE), states,
			sizeof(states) / sizeof(states[0])),
		.own = pg_get_bool(result, i, TEMPLATE_LIST_OWN),
		.shared = pg_get_bool(result, i, TEMPLATE_LIST_SHARED),
		.barred = pg_get_bool(result, i, TEMPLATE_LIST_BARRED),
		.author = copied(arena, result, i, TEMPLATE_LIST_AUTHOR),
		.has_after = !pg_is_null(result, i, TEMPLATE_LIST_AFTER),
		.after = copied(arena, result, i, TEMPLATE_LIST_AFTER),
		.form = place_of(pg_get_bytes(result, i, TEMPLATE_LIST_KIND), forms,
			sizeof(forms) / sizeof(forms[0])),
		.languages = texts_read(arena, result, i, TEMPLATE_LIST_LANGUAGES),
		.n_languages = pg_array_count(result, i, TEMPLATE_LIST_LANGUAGES),
		.topics = texts_read(arena, result, i, TEMPLATE_LIST_TOPICS),
		.n_topics = pg_array_count(result, i, TEMPLATE_LIST_TOPICS),
		.title = copied(arena, result, i, TEMPLATE_LIST_TITLE),
		.description = copied(arena, result, i, TEMPLATE_LIST_DESCRIPTION),
		.uses = pg_get_int(result, i, TEMPLATE_LIST_USES),
		.thanks = pg_get_int(result, i, TEMPLATE_LIST_THANKS),
		.thanked = pg_get_bool(result, i, TEMPLATE_LIST_THANKED),
		.drafted = pg_get_bool(result, i, TEMPLATE_LIST_DRAFTED),
		.changed_at = pg_get_time(result, i, TEMPLATE_LIST_CHANGED_AT),
	};
}

/* --- the list --- */

/* At most `limit` of them: one more says that there are more. */
static struct wire_template_row *rows_of(
	struct request *r, const struct pg_result *result, size_t limit, size_t *ret_n)
{
	size_t n = num_min(pg_rows(result), limit);
	struct wire_template_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = row_of(r->arena, result, i);
	*ret_n = n;
	return rows;
}

static void templates_listed(struct request *r, const struct pg_result *result)
{
	const struct template_list_in *in = r->in;
	struct template_list_out out = {.more = pg_rows(result) > in->limit};
	out.templates = rows_of(r, result, in->limit, &out.n_templates);
	req_reply(r, &out);
}

void template_list(struct request *r)
{
	const struct template_list_in *in = r->in;
	const struct pg_param params[] = {in->has_words ? pg_bytes(in->words) : pg_null(),
		in->has_topic ? word(topics[in->topic]) : pg_null(),
		in->has_language ? word(languages[in->language]) : pg_null(),
		in->has_form ? word(forms[in->form]) : pg_null(), word(scopes[in->scope]),
		pg_null(), word(languages[in->reader]), pg_id(&r->session.user), pg_int(in->skip),
		pg_int(in->limit + 1)};
	req_query(r, STMT_TEMPLATE_LIST, params, sizeof(params) / sizeof(params[0]),
		templates_listed);
}

_Static_assert((int)TEMPLATE_BARRED_TEMPLATE == (int)TEMPLATE_LIST_TEMPLATE &&
		       (int)TEMPLATE_BARRED_CHANGED_AT == (int)TEMPLATE_LIST_CHANGED_AT,
	"row_of reads both");

static void barred_listed(struct request *r, const struct pg_result *result)
{
	const struct template_barred_in *in = r->in;
	struct template_barred_out out = {.more = pg_rows(result) > in->limit};
	out.templates = rows_of(r, result, in->limit, &out.n_templates);
	req_reply(r, &out);
}

void template_barred(struct request *r)
{
	const struct template_barred_in *in = r->in;
	const struct pg_param params[] = {
		word(languages[in->reader]), pg_int(in->skip), pg_int(in->limit + 1)};
	req_query(r, STMT_TEMPLATE_BARRED, params, 3, barred_listed);
}

/* --- one of them --- */

static void template_body_read(struct request *r, const struct pg_result *result)
{
	const struct template_get_in *in = r->in;
	struct template_get_out *out = r->state;
	out->has_body = pg_rows(result) > 0;
	if (!out->has_body && in->has_version) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	if (out->has_body)
		out->body = pg_get_bytes(result, 0, TEMPLATE_BODY_BODY);
	req_reply(r, out);
}

static void template_row_read(struct request *r, const struct pg_result *result)
{
	const struct template_get_in *in = r->in;
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct template_get_out *out = ARENA_NEW(r->arena, struct template_get_out);
	out->row = row_of(r->arena, result, 0);
	r->state = out;
	const struct pg_param params[] = {
		pg_id(&in->template), in->has_version ? pg_int(in->version) : pg_null()};
	req_query(r, STMT_TEMPLATE_BODY, params, 2, template_body_read);
}

void template_get(struct request *r)
{
	const struct template_get_in *in = r->in;
	const struct pg_param params[] = {pg_null(), pg_null(), pg_null(), pg_null(), word("any"),
		pg_id(&in->template), word(languages[in->reader]), pg_id(&r->session.user),
		pg_int(0), pg_int(1)};
	req_query(r, STMT_TEMPLATE_LIST, params, sizeof(params) / sizeof(params[0]),
		template_row_read);
}

static void versions_listed(struct request *r, const struct pg_result *result)
{
	size_t n = num_min(pg_rows(result), VERSIONS);
	struct wire_template_edition *versions = arena_array(r->arena, n + 1, sizeof(*versions));
	for (size_t i = 0; i < n; i++)
		versions[i] = (struct wire_template_edition){
			.version = (uint16_t)pg_get_int(result, i, TEMPLATE_VERSIONS_VERSION),
			.at = pg_get_time(result, i, TEMPLATE_VERSIONS_AT),
			.note = pg_get_bytes(result, i, TEMPLATE_VERSIONS_NOTE),
		};
	struct template_versions_out out = {
		.versions = versions, .n_versions = n, .more = pg_rows(result) > n};
	req_reply(r, &out);
}

void template_versions(struct request *r)
{
	const struct template_versions_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->template),
		in->has_before ? pg_int(in->before) : pg_null(), pg_int(VERSIONS + 1)};
	req_query(r, STMT_TEMPLATE_VERSIONS, params, 3, versions_listed);
}

/* --- its draft --- */

static void template_draft_read(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct template_draft_get_out out = {
		.edits = pg_get_int(result, 0, TEMPLATE_DRAFT_EDITS),
		.has_body = !pg_is_null(result, 0, TEMPLATE_DRAFT_BODY),
	};
	out.has_saved_at = out.has_body;
	if (out.has_body) {
		out.body = pg_get_bytes(result, 0, TEMPLATE_DRAFT_BODY);
		out.saved_at = pg_get_time(result, 0, TEMPLATE_DRAFT_AT);
	}
	req_reply(r, &out);
}

void template_draft_get(struct request *r)
{
	const struct template_draft_get_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->template)};
	req_query(r, STMT_TEMPLATE_DRAFT, params, 1, template_draft_read);
}
