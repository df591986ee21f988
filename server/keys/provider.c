/* The files of identity providers, judged when they are read: what could let anybody in by a slip
 * of the pen (no level of assurance, a test level, an address without TLS) does not start. */
#include "keys/provider.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/setting.h"
#include "keys/file.h"

enum { FILE_MAX = 1 << 16, WHY_MAX = 1024, PROVIDERS_MAX = 64 };

/* clang-format off */
static const struct setting settings[] = {
#define TEXT(name_, standard, max_, help_) { .kind = SETTING_TEXT, .name = #name_, .help = (help_), \
	.at = offsetof(struct provider, name_), .text = (standard), .max = (max_) },
#define BOOL(name_, standard, help_) { .kind = SETTING_BOOL, .name = #name_, .help = (help_), \
	.at = offsetof(struct provider, name_), .number = (standard) },
#include "provider.def"
#undef TEXT
#undef BOOL
};
/* clang-format on */

static const struct setting_table table = {
	settings, sizeof(settings) / sizeof(settings[0]), " for a provider"};

void provider_done(struct provider *p)
{
	settings_done(&table, p);
}

static bool slug_is_good(struct slice slug)
{
	if (slug.p == NULL || slug.n == 0 || slug.n > KEYS_SLUG_MAX)
		return false;
	for (size_t i = 0; i < slug.n; i++) {
		uint8_t c = slug.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

static bool is_https(const char *address)
{
	return strncmp(address, "https://", 8) == 0 && address[8] != '\0' &&
	       !strpbrk(address, " \"\\#");
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool org_parse(const char *text, struct id *ret)
{
	struct id id = {{0}};
	for (size_t i = 0; i < sizeof(id.b); i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
		if (low < 0)
			return false;
		id.b[i] = (uint8_t)(high << 4 | low);
	}
	*ret = id;
	return text[2 * sizeof(id.b)] == '\0' && !id_is_zero(&id);
}

static bool country_is_good(const char *c)
{
	return c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z' && c[2] == '\0';
}

static bool names_a_file(const char *name)
{
	return !strchr(name, '/') && name[0] != '.';
}

/* NULL when all is well, else what is wrong. */
static const char *provider_wrong(const struct provider *p, bool development)
{
	if (!p->name_fi[0] || !p->name_sv[0] || !p->name_en[0])
		return "name_fi, name_sv and name_en must be set.";
	if (!is_https(p->issuer) || !is_https(p->authorization_endpoint) ||
		!is_https(p->token_endpoint))
		return "issuer, authorization_endpoint and token_endpoint must be https addresses.";
	if (!p->client_id[0] || !p->claim_code[0] || !p->scope[0])
		return "client_id, claim_code and scope must be set.";
	if ((p->jwks_file[0] != '\0') == is_https(p->jwks_uri))
		return "either jwks_uri (an https address) or jwks_file must be set.";
	if (!p->staff && !p->encrypted)
		return "only staff's ID tokens may be without encryption.";
	if (!p->staff && !p->acr[0])
		return "acr must name the accepted levels of assurance.";
	if (!development && strstr(p->acr, "loatest"))
		return "a test level of assurance is for development alone.";
	if (!country_is_good(p->country))
		return "country must be two capital letters.";
	if (!names_a_file(p->sign_key) || !names_a_file(p->decrypt_key))
		return "sign_key and decrypt_key name files in the directory of keys.";
	return NULL;
}

static void default_text(char **text, const char *start, const char *end)
{
	if ((*text)[0])
		return;
	struct buf made = BUF_MAX(FILE_MAX);
	buf_add_text(&made, start);
	buf_add_text(&made, end);
	mem_free(*text);
	*text = mem_text(buf_text(&made));
	buf_done(&made);
}

static enum err provider_check(struct provider *p, bool development, struct buf *ret_why)
{
	const char *wrong = NULL;
	p->staff = strcmp(p->audience, "staff") == 0;
	if (!p->staff && strcmp(p->audience, "client") != 0)
		wrong = "audience must be client or staff.";
	else if (p->staff && !org_parse(p->organisation, &p->org))
		wrong = "organisation must be its id, 32 hexadecimal characters.";
	else if (!p->staff && p->organisation[0])
		wrong = "organisation is for staff alone.";
	else
		wrong = provider_wrong(p, development);
	if (wrong) {
		buf_add_text(ret_why, wrong);
		return ERR_CONFLICT;
	}
	default_text(&p->assertion_audience, p->token_endpoint, "");
	default_text(&p->sign_key, p->slug, ".sign.jwk");
	default_text(&p->decrypt_key, p->slug, ".decrypt.jwk");
	return ERR_OK;
}

enum err provider_parse(struct slice slug, struct slice text, bool development,
	struct provider *ret_provider, struct buf *ret_why)
{
	struct provider p = {.staff = false};
	if (!slug_is_good(slug)) {
		buf_addf(ret_why, "its name must be 1 to %d small letters, digits and hyphens.",
			KEYS_SLUG_MAX);
		return ERR_BAD_FIELD;
	}
	(void)snprintf(p.slug, sizeof(p.slug), "%.*s", (int)slug.n, (const char *)slug.p);
	settings_init(&table, &p);
	enum err e = settings_parse(&table, &p, text, ret_why);
	if (e == ERR_OK)
		e = provider_check(&p, development, ret_why);
	if (e == ERR_OK)
		*ret_provider = p;
	else
		provider_done(&p);
	return e;
}

/* What stands before ".conf"; empty for files of other names. */
static struct slice slug_of(const char *file)
{
	size_t n = strlen(file), end = strlen(".conf");
	return n > end && strcmp(file + n - end, ".conf") == 0 && file[0] != '.'
		       ? slice_of(file, n - end)
		       : SLICE_NONE;
}

static enum err provider_load(const char *dir, const char *file, bool development,
	struct provider *ret, struct buf *ret_why)
{
	struct file_name name;
	AUTO(buf) struct buf text = BUF_MAX(FILE_MAX);
	AUTO(buf) struct buf why = BUF_MAX(WHY_MAX);
	TRY(file_name_make(dir, file, &name));
	enum err e = file_read(name.text, &text);
	if (e != ERR_OK)
		buf_add_text(&why, "the file cannot be read.");
	else
		e = provider_parse(slug_of(file), buf_slice(&text), development, ret, &why);
	if (e != ERR_OK)
		buf_addf(ret_why, "%s: %s", name.text, buf_text(&why));
	return e;
}

static int by_slug(const void *a, const void *b)
{
	const struct provider *x = a, *y = b;
	return strcmp(x->slug, y->slug);
}

enum err providers_load(
	const char *dir, bool development, struct providers *ret_providers, struct buf *ret_why)
{
	struct providers p = {mem_array(PROVIDERS_MAX, sizeof(struct provider)), 0};
	DIR *d = opendir(dir);
	enum err e = ERR_OK;
	for (struct dirent *entry; e == ERR_OK && d && (entry = readdir(d));) {
		if (slug_of(entry->d_name).n == 0)
			continue;
		if (p.n == PROVIDERS_MAX)
			e = ERR_TOO_LARGE;
		else
			e = provider_load(dir, entry->d_name, development, &p.items[p.n], ret_why);
		p.n += e == ERR_OK;
	}
	if (d)
		closedir(d);
	if (e != ERR_OK) {
		providers_done(&p);
		return e;
	}
	qsort(p.items, p.n, sizeof(p.items[0]), by_slug);
	*ret_providers = p;
	return ERR_OK;
}

void providers_done(struct providers *p)
{
	for (size_t i = 0; i < p->n; i++)
		provider_done(&p->items[i]);
	mem_free(p->items);
	*p = (struct providers){NULL, 0};
}

const struct provider *providers_find(const struct providers *p, struct slice slug)
{
	for (size_t i = 0; i < p->n; i++) {
		if (slice_is(slug, p->items[i].slug))
			return &p->items[i];
	}
	return NULL;
}

bool provider_accepts_acr(const struct provider *p, struct slice acr)
{
	struct slice rest = slice_text(p->acr), level;
	if (rest.n == 0)
		return p->staff;
	while (slice_next(&rest, ' ', &level)) {
		if (level.n > 0 && slice_equal(level, acr))
			return true;
	}
	return false;
}
