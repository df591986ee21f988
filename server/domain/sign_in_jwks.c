/* The signing keys of identification services: fetched when they are first needed, kept, fetched
 * again after an hour, or at once for a key that is not among them, but then at most once a minute,
 * so that no stranger's token makes us ask all the time. An answer that holds no keys (a page that
 * says sorry, with status 200) is not kept. Who comes while they are being fetched
 * waits for the same answer. */
#include "base/clock.h"
#include "base/mem.h"
#include "core/state.h"
#include "domain/sign_in_parts.h"

enum { AGE_MAX_MS = 3600000, ASK_EVERY_MS = 60000, RETRY_EVERY_MS = 2000, STATUS_GOOD = 200 };

struct jwks {
	struct sign_in *owner;
	struct buf text;
	bool known, asked, asking;
	uint64_t edition;            /* goes on with each new text */
	uint64_t known_at, asked_at; /* monotonic */
	struct list waiting;         /* struct waiter */
};

struct waiter {
	struct list link;
	struct request *request;
	step_fn *then;
};

struct sign_in {
	struct fetch *fetch;
	struct providers providers;
	struct jwks *jwks; /* one a provider, in their order */
};

struct sign_in *sign_in_new(struct fetch *fetch, struct providers *providers)
{
	struct sign_in *s = MEM_NEW(struct sign_in);
	s->fetch = fetch;
	s->providers = *providers;
	*providers = (struct providers){0};
	s->jwks = mem_array(s->providers.n + 1, sizeof(*s->jwks));
	for (size_t i = 0; i < s->providers.n; i++) {
		s->jwks[i].owner = s;
		s->jwks[i].text = BUF_MAX(FETCH_BODY_MAX);
		list_init(&s->jwks[i].waiting);
	}
	return s;
}

void sign_in_free(struct sign_in **sign_in)
{
	struct sign_in *s = *sign_in;
	*sign_in = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->providers.n; i++)
		buf_done(&s->jwks[i].text);
	mem_free(s->jwks);
	providers_done(&s->providers);
	mem_free(s);
}

const struct providers *sign_in_providers(const struct sign_in *s)
{
	return &s->providers;
}

static struct jwks *jwks_of(const struct request *r)
{
	const struct login *login = r->state;
	const struct sign_in *s = r->core->parts.sign_in;
	return &s->jwks[login->provider - s->providers.items];
}

struct slice jwks_get(const struct request *r)
{
	struct login *login = r->state;
	const struct jwks *j = jwks_of(r);
	login->keys_edition = j->edition;
	return j->known ? buf_slice(&j->text) : SLICE_NONE;
}

static void jwks_came(void *ctx, uint64_t tag, enum err e, const struct fetch_answer *answer)
{
	(void)tag;
	struct jwks *j = ctx;
	j->asking = false;
	if (e == ERR_OK && answer->status == STATUS_GOOD) {
		buf_reset(&j->text);
		buf_add(&j->text, answer->body);
		j->known = true;
		j->edition++;
		j->known_at = clock_mono_ms();
	}
	struct list *link;
	while ((link = list_shift(&j->waiting)) != NULL) {
		const struct waiter *w = LIST_OF(link, struct waiter, link);
		if (j->known)
			w->then(w->request);
		else
			login_refuse(w->request, "keys_unreachable");
	}
}

/* Asks the service, unless it was asked just now. */
static bool jwks_ask(struct jwks *j, const struct provider *provider)
{
	uint64_t now = clock_mono_ms(), pause = j->known ? ASK_EVERY_MS : RETRY_EVERY_MS;
	if (j->asked && now - j->asked_at < pause)
		return false;
	struct fetch_call call = {.url = provider->jwks_uri,
		.ca_file = provider->ca[0] ? provider->ca : NULL,
		.done = jwks_came,
		.ctx = j};
	j->asked = true;
	j->asked_at = now;
	j->asking = fetch_submit(j->owner->fetch, &call) == ERR_OK;
	return j->asking;
}

static void jwks_wait(struct request *r, struct jwks *j, step_fn *then)
{
	struct waiter *w = ARENA_NEW(r->arena, struct waiter);
	w->request = r;
	w->then = then;
	list_push(&j->waiting, &w->link);
}

void jwks_want(struct request *r, enum keys_reason wrong, step_fn *then)
{
	const struct login *login = r->state;
	struct jwks *j = jwks_of(r);
	bool renew = wrong != KEYS_DONE;
	if (renew && j->edition != login->keys_edition) { /* others came meanwhile */
		then(r);
		return;
	}
	if (wrong == KEYS_BAD_JWKS) /* the next to come need not wait for a minute */
		j->known = false;
	bool has_file = login->provider->jwks_file[0] != '\0';
	bool old = !j->known || clock_mono_ms() - j->known_at >= AGE_MAX_MS;
	if (!has_file && (renew || old) && (j->asking || jwks_ask(j, login->provider)))
		jwks_wait(r, j, then);
	else if (!renew && (has_file || j->known)) /* old ones, until new ones come */
		then(r);
	else
		login_refuse(r, renew ? keys_reason_word(wrong) : "keys_unreachable");
}
