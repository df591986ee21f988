/* Settings: one table made from config.def, walked by the parser, the checks and the sample file. A
 * setting that is not in the table does not exist, and a file that names one is refused: a misspelt
 * ceiling must not pass in silence. */
#include "base/config.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

enum kind { KIND_SECTION, KIND_NUMBER, KIND_BOOL, KIND_TEXT };

struct setting {
	enum kind kind;
	const char *name, *help, *text; /* text: the default of a text, the title of a section */
	size_t at;                      /* offset in struct config */
	int64_t number, min, max;
};

/* clang-format off */
static const struct setting settings[] = {
#define SECTION(title) { .kind = KIND_SECTION, .text = (title), .name = "" },
#define NUMBER(name_, standard, min_, max_, help_) { .kind = KIND_NUMBER, .name = #name_, \
	.help = (help_), .at = offsetof(struct config, name_), .number = (standard), .min = (min_), .max = (max_) },
#define BOOL(name_, standard, help_) { .kind = KIND_BOOL, .name = #name_, .help = (help_), \
	.at = offsetof(struct config, name_), .number = (standard) },
#define TEXT(name_, standard, max_, help_) { .kind = KIND_TEXT, .name = #name_, .help = (help_), \
	.at = offsetof(struct config, name_), .text = (standard), .max = (max_) },
#include "config.def"
#undef SECTION
#undef NUMBER
#undef BOOL
#undef TEXT
};
/* clang-format on */

enum { N_SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static void *config_member(struct config *c, const struct setting *s)
{
	return (char *)c + s->at;
}

static void config_set_text(struct config *c, const struct setting *s, struct slice value)
{
	char **member = config_member(c, s);
	mem_free(*member);
	*member = mem_text_n(value.p, value.n);
}

void config_init(struct config *c)
{
	*c = (struct config){0};
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *s = &settings[i];
		if (s->kind == KIND_NUMBER)
			*(int64_t *)config_member(c, s) = s->number;
		if (s->kind == KIND_BOOL)
			*(bool *)config_member(c, s) = s->number != 0;
		if (s->kind == KIND_TEXT)
			config_set_text(c, s, slice_text(s->text));
	}
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (settings[i].kind != KIND_TEXT)
			continue;
		char **member = config_member(c, &settings[i]);
		mem_free(*member);
		*member = NULL;
	}
}

static const struct setting *config_find(struct slice name)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (settings[i].kind != KIND_SECTION && slice_is(name, settings[i].name))
			return &settings[i];
	}
	return NULL;
}

static enum err config_set_number(
	struct config *c, const struct setting *s, struct slice value, struct buf *ret_why)
{
	uint64_t number = 0;
	if (num_parse_u64(value, (uint64_t)s->max, &number) && (int64_t)number >= s->min) {
		*(int64_t *)config_member(c, s) = (int64_t)number;
		return ERR_OK;
	}
	buf_addf(ret_why, "%s must be a number from %lld to %lld.", s->name, (long long)s->min,
		(long long)s->max);
	return ERR_MALFORMED;
}

static enum err config_set_bool(
	struct config *c, const struct setting *s, struct slice value, struct buf *ret_why)
{
	bool yes = slice_is(value, "yes");
	if (!yes && !slice_is(value, "no")) {
		buf_addf(ret_why, "%s must be yes or no.", s->name);
		return ERR_MALFORMED;
	}
	*(bool *)config_member(c, s) = yes;
	return ERR_OK;
}

static bool config_text_is_good(const struct setting *s, struct slice value)
{
	if (value.n > (size_t)s->max || !slice_is_utf8(value))
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < ' ' || value.p[i] == 0x7f)
			return false;
	}
	return true;
}

static enum err config_set(
	struct config *c, const struct setting *s, struct slice value, struct buf *ret_why)
{
	if (s->kind == KIND_NUMBER)
		return config_set_number(c, s, value, ret_why);
	if (s->kind == KIND_BOOL)
		return config_set_bool(c, s, value, ret_why);
	if (!config_text_is_good(s, value)) {
		buf_addf(ret_why, "%s must be at most %lld bytes of plain text.", s->name,
			(long long)s->max);
		return ERR_MALFORMED;
	}
	config_set_text(c, s, value);
	return ERR_OK;
}

/* The setting that the line names, or NULL with the reason. */
static const struct setting *config_line_name(
	struct slice name, bool has_value, bool seen[static N_SETTINGS], struct buf *ret_why)
{
	enum { NAME_SHOWN = 40 };
	const struct setting *s = config_find(name);
	if (!has_value) {
		buf_add_text(ret_why, "a line must be `name = value` or begin with #.");
		return NULL;
	}
	if (!s) {
		buf_add_text(ret_why, "there is no setting `");
		buf_add(ret_why, slice_part(name, 0, NAME_SHOWN));
		buf_add_text(ret_why, "`; `luotsid settings` lists them all.");
		return NULL;
	}
	if (seen[s - settings]) {
		buf_addf(ret_why, "%s is set twice.", s->name);
		return NULL;
	}
	seen[s - settings] = true;
	return s;
}

static enum err config_line(
	struct config *c, struct slice line, bool seen[static N_SETTINGS], struct buf *ret_why)
{
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return ERR_OK;
	struct slice name = SLICE_NONE, rest = line;
	slice_next(&rest, '=', &name);
	const struct setting *s = config_line_name(slice_trim(name), rest.p != NULL, seen, ret_why);
	return s ? config_set(c, s, slice_trim(rest), ret_why) : ERR_MALFORMED;
}

enum err config_parse(struct config *c, struct slice text, struct buf *ret_why)
{
	bool seen[N_SETTINGS] = {false};
	struct slice line;
	for (int number = 1; slice_next(&text, '\n', &line); number++) {
		struct buf why = BUF_MAX(ret_why->max);
		enum err e = config_line(c, line, seen, &why);
		if (e != ERR_OK) {
			buf_addf(ret_why, "Line %d: ", number);
			buf_add(ret_why, buf_slice(&why));
			buf_done(&why);
			return e;
		}
	}
	return ERR_OK;
}

static bool config_host_is_loopback(struct slice host)
{
	static const char *const names[] = {"127.0.0.1", "::1", "[::1]", "localhost"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_is(host, names[i]))
			return true;
	}
	return false;
}

/* The host of "https://host:port" (with its brackets, if any); empty when it is no https origin. */
static struct slice config_origin_host(struct slice origin)
{
	struct slice start = SLICE_LIT("https://");
	if (!slice_starts(origin, start))
		return SLICE_NONE;
	struct slice host = slice_from(origin, start.n);
	for (size_t i = 0; i < host.n; i++) {
		bool plain = (host.p[i] >= 'a' && host.p[i] <= 'z') ||
			     (host.p[i] >= '0' && host.p[i] <= '9');
		if (!plain && !strchr("-.:[]", host.p[i]))
			return SLICE_NONE;
	}
	size_t end = host.n;
	for (size_t i = 0; i < host.n && host.p[i] != ']'; i++) {
		if (host.p[i] == ':' && host.p[0] != '[')
			end = num_min(end, i);
	}
	const uint8_t *bracket = host.n && host.p[0] == '[' ? memchr(host.p, ']', host.n) : NULL;
	return slice_part(host, 0, bracket ? (size_t)(bracket - host.p) + 1 : end);
}

static enum err config_refuse(struct buf *ret_why, const char *why)
{
	buf_add_text(ret_why, why);
	return ERR_CONFLICT;
}

enum err config_check(const struct config *c, unsigned lws_version, struct buf *ret_why)
{
	enum { LWS_SAFE = 4003005 };
	struct slice host = config_origin_host(slice_text(c->public_origin));
	bool local = config_host_is_loopback(slice_text(c->listen_address));
	if (host.n == 0)
		return config_refuse(ret_why,
			"public_origin must be https://host or https://host:port, "
			"in lower case, without a path.");
	if (c->development && !(local && config_host_is_loopback(host)))
		return config_refuse(ret_why,
			"development = yes lets anybody sign in as anybody: it is only "
			"allowed with a loopback listen_address and public_origin.");
	if (!c->edge && !local && lws_version < LWS_SAFE)
		return config_refuse(ret_why,
			"Direct TLS on a public address needs libwebsockets 4.3.5 or later: "
			"the HTTP parser of older ones has known holes. Set edge = yes and "
			"let HAProxy face the public, or listen on a loopback address.");
	if (c->ping_seconds >= c->idle_seconds)
		return config_refuse(ret_why, "ping_seconds must be less than idle_seconds.");
	if (c->outq_bytes < 2 * c->max_frame)
		return config_refuse(ret_why, "outq_bytes must be at least twice max_frame.");
	return ERR_OK;
}

static void config_sample_one(struct buf *ret, const struct setting *s)
{
	if (s->kind == KIND_SECTION) {
		buf_addf(ret, "\n# == %s\n", s->text);
		return;
	}
	buf_addf(ret, "\n# %s\n", s->help);
	if (s->kind == KIND_NUMBER)
		buf_addf(ret, "# A number from %lld to %lld.\n# %s = %lld\n", (long long)s->min,
			(long long)s->max, s->name, (long long)s->number);
	if (s->kind == KIND_BOOL)
		buf_addf(ret, "# yes or no.\n# %s = %s\n", s->name, s->number ? "yes" : "no");
	if (s->kind == KIND_TEXT)
		buf_addf(ret, "# Text, at most %lld bytes.\n# %s = %s\n", (long long)s->max,
			s->name, s->text);
}

void config_sample(struct buf *ret)
{
	buf_add_text(ret, "# Settings of luotsid, with their defaults. `luotsid check -c FILE` "
			  "checks a file.\n");
	for (size_t i = 0; i < N_SETTINGS; i++)
		config_sample_one(ret, &settings[i]);
}
