/* Invitations on their way. Each round takes those whose time has come, and taking one already
 * names its next time: whatever happens to this process, a letter goes at least once, and rarely
 * twice. The receiver is known here for the time of handing the letter over. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "domain/letter.h"
#include "io/mail.h"
#include "io/pg_row.h"
#include "main/jobs.h"
#include "sql_gen.h"

enum { BATCH = 10, ARENA_FIRST = 4096 };

struct outgoing {
	struct letter letter;
	struct slice sealed;
};

struct posting {
	struct jobs_parts parts;
	struct arena *arena;
	struct outgoing *items;
	size_t n, at;
	int64_t sent, failed;
	bool running;
};

static void item_next(struct posting *p);

static void posting_end(struct posting *p, enum err e)
{
	p->running = false;
	arena_reset(p->arena);
	if (e != ERR_OK)
		log_warn("mail_interrupted", LOG_W("error", err_word(e)));
	meter_add(METER_letters_sent, p->sent);
	meter_add(METER_letters_failed, p->failed);
	if (p->sent > 0 || p->failed > 0)
		log_info("mail", LOG_N("sent", p->sent), LOG_N("failed", p->failed));
}

static void item_noted(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	(void)result;
	struct posting *p = ctx;
	if (e != ERR_OK) {
		posting_end(p, e);
		return;
	}
	p->at++;
	item_next(p);
}

/* sent: the mail server has it. Otherwise it will never go. */
static void item_note(struct posting *p, bool sent)
{
	const struct letter *letter = &p->items[p->at].letter;
	const struct pg_param params[] = {
		pg_id(&letter->room), pg_id(&letter->name), pg_bool(sent)};
	const struct pg_call call = {.statement = JOBS_MAIL_DONE,
		.org = &letter->org,
		.params = params,
		.n_params = JOB_MAIL_DONE_N_IN,
		.done = item_noted,
		.ctx = p};
	enum err e = pg_submit(p->parts.pg, &call);
	if (e != ERR_OK)
		posting_end(p, e);
}

static void letter_gone(void *ctx, enum mail_outcome outcome)
{
	struct posting *p = ctx;
	bool sent = outcome == MAIL_SENT;
	p->sent += sent;
	p->failed += !sent;
	if (sent) {
		item_note(p, true);
		return;
	}
	p->at++;
	item_next(p);
}

static void item_send(struct posting *p, const struct letter_secret *secret)
{
	struct letter *letter = &p->items[p->at].letter;
	struct buf text = BUF_MAX(LETTER_MAX);
	letter->now = clock_wall_ms();
	letter_write(&text, letter, &(struct letter_filling){.to = secret->to, .secret = secret});
	enum err e = buf_check(&text);
	if (e == ERR_OK)
		e = mail_send(p->parts.mail, secret->to, buf_slice(&text), letter_gone, p);
	if (text.p)
		crypt_wipe(text.p, text.n);
	buf_done(&text);
	if (e != ERR_OK)
		posting_end(p, e);
}

static void item_opened(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	struct posting *p = ctx;
	struct letter_secret secret;
	if (e != ERR_OK) {
		posting_end(p, e);
	} else if (answer->reason == KEYS_DONE &&
		   letter_secret_read(answer->bytes, &secret) == ERR_OK) {
		item_send(p, &secret);
	} else {
		log_warn("mail_not_opened", LOG_W("reason", keys_reason_word(answer->reason)));
		item_note(p, false);
	}
}

static void item_next(struct posting *p)
{
	if (p->at == p->n) {
		posting_end(p, ERR_OK);
		return;
	}
	const struct outgoing *o = &p->items[p->at];
	const struct keys_ask ask = {.type = KEYS_FIELD_OPEN,
		.field = {.kind = KEYS_EMAIL,
			.context = {o->letter.org, o->letter.room, o->letter.name},
			.n_context = 3,
			.bytes = o->sealed}};
	enum err e = keys_ask(p->parts.keys, &ask, item_opened, p, 0);
	if (e != ERR_OK)
		posting_end(p, e);
}

static void items_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct posting *p = ctx;
	if (e != ERR_OK) {
		posting_end(p, e);
		return;
	}
	p->n = pg_rows(result);
	p->at = 0;
	p->items = arena_array(p->arena, p->n + 1, sizeof(*p->items));
	for (size_t i = 0; i < p->n; i++) {
		p->items[i] = (struct outgoing){
			.letter = {.from = p->parts.config->smtp_from,
				.origin = p->parts.config->public_origin,
				.language = LETTER_FI,
				.org = pg_get_id(result, i, JOB_MAIL_TAKE_ORG),
				.room = pg_get_id(result, i, JOB_MAIL_TAKE_ROOM),
				.name = pg_get_id(result, i, JOB_MAIL_TAKE_INVITE),
				.expires_at = pg_get_time(result, i, JOB_MAIL_TAKE_EXPIRES_AT)},
			.sealed = arena_copy(
				p->arena, pg_get_bytes(result, i, JOB_MAIL_TAKE_SEALED))};
		p->items[i].letter.kind =
			id_is_zero(&p->items[i].letter.room) ? LETTER_ENROLMENT : LETTER_INVITATION;
		bool known = letter_language_parse(pg_get_bytes(result, i, JOB_MAIL_TAKE_LANGUAGE),
			&p->items[i].letter.language);
		ASSERT(known); /* a constraint of the table */
	}
	item_next(p);
}

void posting_round(struct posting *p)
{
	if (p->running || !p->parts.mail)
		return;
	const struct pg_param params[] = {pg_int(BATCH)};
	const struct pg_call call = {.statement = JOBS_MAIL_TAKE,
		.params = params,
		.n_params = JOB_MAIL_TAKE_N_IN,
		.done = items_came,
		.ctx = p};
	p->sent = p->failed = 0;
	p->running = pg_submit(p->parts.pg, &call) == ERR_OK;
}

struct posting *posting_new(const struct jobs_parts *parts)
{
	struct posting *p = MEM_NEW(struct posting);
	p->parts = *parts;
	p->arena = arena_new(ARENA_FIRST);
	return p;
}

void posting_free(struct posting **posting)
{
	struct posting *p = *posting;
	*posting = NULL;
	if (!p)
		return;
	arena_free(&p->arena);
	mem_free(p);
}
