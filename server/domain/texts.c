/* One question to the keys process after another, so that a long list is no flood. */
#include "domain/texts.h"

static void texts_next(struct request *r);

static void text_done(struct request *r, const struct keys_answer *answer)
{
	struct texts *t = r->state;
	if (answer->reason == KEYS_DONE)
		t->items[t->at].to = arena_copy(r->arena, answer->bytes);
	else if (t->type == KEYS_FIELD_SEAL) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	t->at++;
	texts_next(r);
}

static void texts_next(struct request *r)
{
	struct texts *t = r->state;
	while (t->at < t->n && t->items[t->at].from.n == 0)
		t->at++;
	if (t->at == t->n) {
		t->then(r);
		return;
	}
	const struct text_one *one = &t->items[t->at];
	const struct keys_ask ask = {.type = t->type,
		.field = {.kind = one->kind,
			.context = {r->session.org, one->of, one->note},
			.n_context = one->kind == KEYS_WORDS ? 3 : 1,
			.bytes = one->from}};
	req_keys(r, &ask, text_done);
}

static void texts_begin(struct request *r, enum keys_type type, step_fn *then)
{
	struct texts *t = r->state;
	t->type = type;
	t->then = then;
	t->at = 0;
	texts_next(r);
}

void texts_seal(struct request *r, step_fn *then)
{
	texts_begin(r, KEYS_FIELD_SEAL, then);
}

void texts_open(struct request *r, step_fn *then)
{
	texts_begin(r, KEYS_FIELD_OPEN, then);
}

struct pg_param text_param(struct slice sealed)
{
	return sealed.n > 0 ? pg_bytes(sealed) : pg_null();
}
