#pragma once
#include "base/buf.h"
#include "base/err.h"

/* The settings, one member each; see config.def. Texts belong to the struct; AUTO(config) frees. */
struct config {
#define SECTION(title)
#define NUMBER(name, standard, min, max, help) int64_t name;
#define BOOL(name, standard, help) bool name;
#define TEXT(name, standard, max, help) char *name;
#include "config.def"
#undef SECTION
#undef NUMBER
#undef BOOL
#undef TEXT
};

/* Every setting at its default. */
void config_init(struct config *c);
void config_done(struct config *c);
static inline void config_cleanup(struct config *c)
{
	config_done(c);
}
/* Reads `name = value` lines over an initialised config; '#' begins a comment line. On
 * ERR_MALFORMED ret_why holds one sentence with the line's number. Pure: reads no file. */
MUST enum err config_parse(struct config *c, struct slice text, struct buf *ret_why);
/* What settings together must not be: a development sign-in in public, direct TLS in public with an
 * lws that is too old (lws_version like 4001006), and so on. On ERR_CONFLICT ret_why holds one
 * sentence. */
MUST enum err config_check(const struct config *c, unsigned lws_version, struct buf *ret_why);
/* Is the mail server of smtp_url on this machine? There alone mail may go without TLS. */
bool config_smtp_is_local(const struct config *c);
/* The host of an origin like public_origin; the empty slice if it is none. Borrows. */
struct slice config_origin_host(struct slice origin);
/* The commented sample file: every setting, its default and its bounds. */
void config_sample(struct buf *ret);
