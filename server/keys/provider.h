#pragma once
#include "base/buf.h"
#include "base/id.h"
#include "keys/wire.h"

/* The identity providers of the installation, one file <slug>.conf each; see provider.def. */
struct provider {
	char slug[KEYS_SLUG_MAX + 1];
	bool staff;
	struct id org; /* staff: the organisation */
#define TEXT(name, standard, max, help) char *name;
#define BOOL(name, standard, help) bool name;
#include "provider.def"
#undef TEXT
#undef BOOL
};

struct providers {
	struct provider *items; /* by slug */
	size_t n;
};

/* One provider from the text of its file, checked. On failure ret_why holds one sentence. What is
 * for tests alone (an acr `loatest...`) is refused unless development. */
MUST enum err provider_parse(struct slice slug, struct slice text, bool development,
	struct provider *ret_provider, struct buf *ret_why);
void provider_done(struct provider *p);
/* All of a directory; one that does not exist holds none. */
MUST enum err providers_load(
	const char *dir, bool development, struct providers *ret_providers, struct buf *ret_why);
void providers_done(struct providers *p);
static inline void providers_cleanup(struct providers *p)
{
	providers_done(p);
}
const struct provider *providers_find(const struct providers *p, struct slice slug);
/* Is this acr one of the accepted? */
bool provider_accepts_acr(const struct provider *p, struct slice acr);
