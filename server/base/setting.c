/* Files of `name = value` lines: one parser for all of them, driven by a table. A setting that is
 * not in the table does not exist, and a file that names one is refused: a misspelt ceiling must
 * not pass in silence. */
#include "base/setting.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/num.h"

static void *setting_member(void *object, const struct setting *s)
{
	return (char *)object + s->at;
}

static void setting_put_text(void *object, const struct setting *s, struct slice value)
{
	char **member = setting_member(object, s);
	mem_free(*member);
	*member = mem_text_n(value.p, value.n);
}

void settings_init(const struct setting_table *table, void *object)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct setting *s = &table->rows[i];
		if (s->kind == SETTING_NUMBER)
			*(int64_t *)setting_member(object, s) = s->number;
		if (s->kind == SETTING_BOOL)
			*(bool *)setting_member(object, s) = s->number != 0;
		if (s->kind == SETTING_TEXT)
			setting_put_text(object, s, slice_text(s->text));
	}
}

void settings_done(const struct setting_table *table, void *object)
{
	for (size_t i = 0; i < table->n; i++) {
		if (table->rows[i].kind != SETTING_TEXT)
			continue;
		char **member = setting_member(object, &table->rows[i]);
		mem_free(*member);
		*member = NULL;
	}
}

static const struct setting *setting_find(const struct setting_table *table, struct slice name)
{
	for (size_t i = 0; i < table->n; i++) {
		if (table->rows[i].kind != SETTING_SECTION && slice_is(name, table->rows[i].name))
			return &table->rows[i];
	}
	return NULL;
}

static enum err setting_put_number(
	void *object, const struct setting *s, struct slice value, struct buf *ret_why)
{
	uint64_t number = 0;
	if (num_parse_u64(value, (uint64_t)s->max, &number) && (int64_t)number >= s->min) {
		*(int64_t *)setting_member(object, s) = (int64_t)number;
		return ERR_OK;
	}
	buf_addf(ret_why, "%s must be a number from %lld to %lld.", s->name, (long long)s->min,
		(long long)s->max);
	return ERR_MALFORMED;
}

static enum err setting_put_bool(
	void *object, const struct setting *s, struct slice value, struct buf *ret_why)
{
	bool yes = slice_is(value, "yes");
	if (!yes && !slice_is(value, "no")) {
		buf_addf(ret_why, "%s must be yes or no.", s->name);
		return ERR_MALFORMED;
	}
	*(bool *)setting_member(object, s) = yes;
	return ERR_OK;
}

static bool setting_text_is_good(const struct setting *s, struct slice value)
{
	if (value.n > (size_t)s->max || !slice_is_utf8(value))
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < ' ' || value.p[i] == 0x7f)
			return false;
	}
	return true;
}

static enum err setting_put(
	void *object, const struct setting *s, struct slice value, struct buf *ret_why)
{
	if (s->kind == SETTING_NUMBER)
		return setting_put_number(object, s, value, ret_why);
	if (s->kind == SETTING_BOOL)
		return setting_put_bool(object, s, value, ret_why);
	if (!setting_text_is_good(s, value)) {
		buf_addf(ret_why, "%s must be at most %lld bytes of plain text.", s->name,
			(long long)s->max);
		return ERR_MALFORMED;
	}
	setting_put_text(object, s, value);
	return ERR_OK;
}

/* One reading of a file. */
struct walk {
	const struct setting_table *table;
	bool *seen; /* a row each */
};

/* The setting that the line names, or NULL with the reason. */
static const struct setting *setting_line_name(
	const struct walk *walk, struct slice name, bool has_value, struct buf *ret_why)
{
	enum { NAME_SHOWN = 40 };
	const struct setting *s = setting_find(walk->table, name);
	if (!has_value) {
		buf_add_text(ret_why, "a line must be `name = value` or begin with #.");
		return NULL;
	}
	if (!s) {
		buf_add_text(ret_why, "there is no setting `");
		buf_add(ret_why, slice_part(name, 0, NAME_SHOWN));
		buf_addf(ret_why, "`%s.", walk->table->hint);
		return NULL;
	}
	bool *seen = &walk->seen[s - walk->table->rows];
	if (*seen) {
		buf_addf(ret_why, "%s is set twice.", s->name);
		return NULL;
	}
	*seen = true;
	return s;
}

static enum err setting_line(
	const struct walk *walk, void *object, struct slice line, struct buf *ret_why)
{
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return ERR_OK;
	struct slice name = SLICE_NONE, rest = line;
	slice_next(&rest, '=', &name);
	const struct setting *s =
		setting_line_name(walk, slice_trim(name), rest.p != NULL, ret_why);
	return s ? setting_put(object, s, slice_trim(rest), ret_why) : ERR_MALFORMED;
}

enum err settings_parse(
	const struct setting_table *table, void *object, struct slice text, struct buf *ret_why)
{
	AUTO(mem) bool *seen = mem_array(table->n, sizeof(bool));
	const struct walk walk = {table, seen};
	struct slice line;
	for (int number = 1; slice_next(&text, '\n', &line); number++) {
		struct buf why = BUF_MAX(ret_why->max);
		enum err e = setting_line(&walk, object, line, &why);
		if (e != ERR_OK) {
			buf_addf(ret_why, "Line %d: ", number);
			buf_add(ret_why, buf_slice(&why));
			buf_done(&why);
			return e;
		}
	}
	return ERR_OK;
}
