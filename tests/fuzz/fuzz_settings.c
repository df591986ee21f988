/* A settings file. What is accepted lies within the bounds of the table and reads back the same
 * when it is written out; what is refused is refused by one sentence. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "base/config.h"
#include "reference.h"

enum { WHY_MAX = 4096, FILE_MAX = 1 << 16 };

static void check_text(const char *value, size_t max)
{
	size_t n = strlen(value);
	HOLD(n <= max && reference_is_utf8((const uint8_t *)value, n));
	for (size_t i = 0; i < n; i++)
		HOLD((uint8_t)value[i] >= ' ' && value[i] != 0x7f);
}

static void check_bounds(const struct config *c)
{
#define SECTION(title)
#define NUMBER(name, standard, min, max, help) HOLD(c->name >= (min) && c->name <= (max));
#define BOOL(name, standard, help)
#define TEXT(name, standard, max, help) check_text(c->name, (max));
#include "config.def"
#undef NUMBER
#undef BOOL
#undef TEXT
}

static void write_out(const struct config *c, struct buf *to)
{
#define NUMBER(name, standard, min, max, help) buf_addf(to, #name " = %lld\n", (long long)c->name);
#define BOOL(name, standard, help) buf_addf(to, #name "=%s\n", c->name ? "yes" : "no");
#define TEXT(name, standard, max, help) buf_addf(to, "\t" #name " =%s \t\n", c->name);
#include "config.def"
#undef NUMBER
#undef BOOL
#undef TEXT
}

static void check_same(const struct config *a, const struct config *b)
{
#define NUMBER(name, standard, min, max, help) HOLD(a->name == b->name);
#define BOOL(name, standard, help) HOLD(a->name == b->name);
#define TEXT(name, standard, max, help) HOLD(strcmp(a->name, b->name) == 0);
#include "config.def"
#undef NUMBER
#undef BOOL
#undef TEXT
#undef SECTION
}

static void check_sentence(const struct buf *why)
{
	HOLD(why->n > 1 && why->p[why->n - 1] == '.' && buf_check(why) == ERR_OK);
}

static void check_again(const struct config *c)
{
	AUTO(config) struct config again;
	AUTO(buf) struct buf file = BUF_MAX(FILE_MAX);
	AUTO(buf) struct buf why = BUF_MAX(WHY_MAX);
	config_init(&again);
	write_out(c, &file);
	HOLD(buf_check(&file) == ERR_OK);
	HOLD(config_parse(&again, buf_slice(&file), &why) == ERR_OK && why.n == 0);
	check_same(c, &again);
}

/* What must never be let through, said once more in other words. */
static void check_together(const struct config *c, unsigned lws_version)
{
	bool local = strcmp(c->listen_address, "127.0.0.1") == 0 ||
		     strcmp(c->listen_address, "::1") == 0 ||
		     strcmp(c->listen_address, "[::1]") == 0 ||
		     strcmp(c->listen_address, "localhost") == 0;
	HOLD(strncmp(c->public_origin, "https://", 8) == 0 && !strchr(c->public_origin + 8, '/'));
	HOLD(!c->development || local);
	HOLD(c->edge || local || lws_version >= 4003005);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(config) struct config c;
	AUTO(buf) struct buf why = BUF_MAX(WHY_MAX);
	config_init(&c);
	if (config_parse(&c, slice_of(data, size), &why) != ERR_OK) {
		check_sentence(&why);
		check_bounds(&c);
		return 0;
	}
	HOLD(why.n == 0);
	check_bounds(&c);
	check_again(&c);
	for (unsigned version = 4001006; version < 4009000; version += 3000) {
		buf_reset(&why);
		if (config_check(&c, version, &why) == ERR_OK)
			check_together(&c, version);
		else
			check_sentence(&why);
	}
	return 0;
}
