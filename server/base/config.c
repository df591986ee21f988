/* Settings: one table made from config.def, walked by the parser, the checks and the sample file.
 */
#include "base/config.h"

#include <stddef.h>

#include "base/address.h"
#include "base/num.h"
#include "base/setting.h"

/* clang-format off */
static const struct setting settings[] = {
#define SECTION(title) { .kind = SETTING_SECTION, .text = (title), .name = "" },
#define NUMBER(name_, standard, min_, max_, help_) { .kind = SETTING_NUMBER, .name = #name_, \
	.help = (help_), .at = offsetof(struct config, name_), .number = (standard), .min = (min_), .max = (max_) },
#define BOOL(name_, standard, help_) { .kind = SETTING_BOOL, .name = #name_, .help = (help_), \
	.at = offsetof(struct config, name_), .number = (standard) },
#define TEXT(name_, standard, max_, help_) { .kind = SETTING_TEXT, .name = #name_, .help = (help_), \
	.at = offsetof(struct config, name_), .text = (standard), .max = (max_) },
#include "config.def"
#undef SECTION
#undef NUMBER
#undef BOOL
#undef TEXT
};
/* clang-format on */

enum { N_SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static const struct setting_table table = {
	settings, N_SETTINGS, "; `luotsid settings` lists them all"};

void config_init(struct config *c)
{
	*c = (struct config){0};
	settings_init(&table, c);
}

void config_done(struct config *c)
{
	settings_done(&table, c);
}

enum err config_parse(struct config *c, struct slice text, struct buf *ret_why)
{
	return settings_parse(&table, c, text, ret_why);
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
struct slice config_origin_host(struct slice origin)
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

/* smtp://host, smtps://host, with or without a port; the empty slice for anything else. */
static struct slice config_smtp_host(struct slice url)
{
	bool tls = slice_starts(url, SLICE_LIT("smtps://"));
	struct slice start = tls ? SLICE_LIT("smtps://") : SLICE_LIT("smtp://"), host;
	uint64_t port;
	if (!slice_starts(url, start))
		return SLICE_NONE;
	struct slice rest = slice_from(url, start.n);
	if (!slice_next(&rest, ':', &host) ||
		(rest.n > 0 && !num_parse_u64(rest, UINT16_MAX, &port)))
		return SLICE_NONE;
	for (size_t i = 0; i < host.n; i++)
		if (!(host.p[i] >= 'a' && host.p[i] <= 'z') &&
			!(host.p[i] >= '0' && host.p[i] <= '9') && !strchr("-.", host.p[i]))
			return SLICE_NONE;
	return host;
}

bool config_smtp_is_local(const struct config *c)
{
	return config_host_is_loopback(config_smtp_host(slice_text(c->smtp_url)));
}

static enum err config_refuse(struct buf *ret_why, const char *why)
{
	buf_add_text(ret_why, why);
	return ERR_CONFLICT;
}

static enum err config_check_mail(const struct config *c, struct buf *ret_why)
{
	if (!c->smtp_url[0])
		return ERR_OK;
	if (config_smtp_host(slice_text(c->smtp_url)).n == 0)
		return config_refuse(ret_why,
			"smtp_url must be smtp://host, smtps://host, or one of them with :port, "
			"in lower case, without a path.");
	if (!address_is_good(slice_text(c->smtp_from)))
		return config_refuse(ret_why,
			"smtp_from must be an address like luotsi@example.fi when there is an "
			"smtp_url.");
	if ((c->smtp_user[0] != '\0') != (c->smtp_password_file[0] != '\0'))
		return config_refuse(
			ret_why, "smtp_user and smtp_password_file go together or not at all.");
	return ERR_OK;
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
	if (c->staff_without_passkey && !c->development)
		return config_refuse(ret_why,
			"staff_without_passkey = yes is for the demonstration: it is only "
			"allowed with development = yes.");
	if (!c->edge && !local && lws_version < LWS_SAFE)
		return config_refuse(ret_why,
			"Direct TLS on a public address needs libwebsockets 4.3.5 or later: "
			"the HTTP parser of older ones has known holes. Set edge = yes and "
			"let HAProxy face the public, or listen on a loopback address.");
	if (c->ping_seconds >= c->idle_seconds)
		return config_refuse(ret_why, "ping_seconds must be less than idle_seconds.");
	if (c->outq_bytes < 2 * c->max_frame)
		return config_refuse(ret_why, "outq_bytes must be at least twice max_frame.");
	return config_check_mail(c, ret_why);
}

static void config_sample_one(struct buf *ret, const struct setting *s)
{
	if (s->kind == SETTING_SECTION) {
		buf_addf(ret, "\n# == %s\n", s->text);
		return;
	}
	buf_addf(ret, "\n# %s\n", s->help);
	if (s->kind == SETTING_NUMBER)
		buf_addf(ret, "# A number from %lld to %lld.\n# %s = %lld\n", (long long)s->min,
			(long long)s->max, s->name, (long long)s->number);
	if (s->kind == SETTING_BOOL)
		buf_addf(ret, "# yes or no.\n# %s = %s\n", s->name, s->number ? "yes" : "no");
	if (s->kind == SETTING_TEXT)
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
