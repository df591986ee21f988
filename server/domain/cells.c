/* Columns of words and texts, into the shapes of the wire and out of them. */
#include "domain/cells.h"

#include "base/mem.h"

const char *const agreement_states[AGREEMENT_STATES + 1] = {"contact_found", "signatory_found",
	"sent", "signed", "trained", "live", "ending", "ended", "none"};
const char *const languages_words[3] = {"fi", "sv", "en"};

uint8_t cell_place(struct slice word, const char *const *words, size_t n)
{
	size_t i = 0;
	while (i < n && !slice_is(word, words[i]))
		i++;
	ASSERT(i < n); /* a constraint of the table */
	return (uint8_t)i;
}

struct slice cell_text(struct request *r, const struct pg_result *result, size_t i, unsigned column)
{
	if (pg_is_null(result, i, column))
		return SLICE_NONE;
	return arena_copy(r->arena, pg_get_bytes(result, i, column));
}

struct slice *cell_texts(
	struct request *r, const struct pg_result *result, size_t i, unsigned column)
{
	size_t n = pg_array_count(result, i, column);
	struct slice *texts = arena_array(r->arena, n + 1, sizeof(*texts));
	for (size_t k = 0; k < n; k++)
		texts[k] = arena_copy(r->arena, pg_array_item(result, i, column, k));
	return texts;
}

struct slice *cell_languages(
	struct request *r, const struct pg_result *result, size_t i, unsigned first_column)
{
	struct slice *texts = arena_array(r->arena, 3, sizeof(*texts));
	for (unsigned k = 0; k < 3; k++)
		texts[k] = cell_text(r, result, i, first_column + k);
	return texts;
}

struct pg_param param_word(const char *word)
{
	return pg_bytes(slice_text(word));
}

struct pg_param param_maybe(bool has, struct slice text)
{
	return has ? pg_bytes(text) : pg_null();
}

struct pg_param param_maybe_id(bool has, const struct id *id)
{
	return has ? pg_id(id) : pg_null();
}

struct pg_param param_texts(struct request *r, const struct slice *texts, size_t n)
{
	struct pg_param *items = arena_array(r->arena, n + 1, sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = pg_bytes(texts[i]);
	return pg_array(items, n);
}

void reply_done(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_reply(r, NULL);
}

void reply_state(struct request *r, const struct pg_result *result)
{
	(void)result;
	req_reply(r, r->state);
}
