/* Letters that say only that something waits. Each goes at most once, wherever this process is
 * killed: it is claimed in a transaction of its own, then sent, then its end is noted. Killed
 * between claiming and sending, it is lost; killed between sending and noting, it was sent; nobody
 * can tell which, so that neither is sent again, and ten minutes later it is left as unknown. What
 * waits is still in the room. Only what the mail server certainly has not taken comes again, and
 * what nobody can call back (0090): that is better sent twice than never. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/session.h"
#include "domain/letter.h"
#include "io/pg_row.h"
#include "main/jobs.h"
#include "sql_gen.h"

enum { LETTERS_A_ROUND = 200, ARENA_FIRST = 1024 };

static const struct {
	const char *word;
	enum letter_kind kind;
} kinds[] = {{"code", LETTER_CODE}, {"message", LETTER_MESSAGE}, {"reminder", LETTER_REMINDER},
	{"going", LETTER_GOING}, {"rights", LETTER_RIGHTS}, {"request", LETTER_REQUEST},
	{"changed", LETTER_CHANGED}, {"opened", LETTER_OPENED}};

struct notifying {
	struct jobs_parts parts;
	struct arena *arena; /* of the one letter that is on its way */
	struct letter letter;
	const char *kind;
	struct id account, address;
	struct slice sealed;
	struct id after; /* the organisation that had its turn */
	int64_t sent, failed;
	unsigned taken;
	bool running, away;
};

static void letter_take(struct notifying *n);

static void round_end(struct notifying *n, enum err e)
{
	n->running = false;
	arena_reset(n->arena);
	if (e != ERR_OK)
		log_warn("notify_interrupted", LOG_W("error", err_word(e)));
	if (n->sent > 0 || n->failed > 0)
		log_info("notify", LOG_N("sent", n->sent), LOG_N("failed", n->failed));
}

static void letter_noted(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	(void)result;
	struct notifying *n = ctx;
	if (e != ERR_OK || n->away || n->taken >= LETTERS_A_ROUND)
		round_end(n, e);
	else
		letter_take(n);
}

static void letter_note(struct notifying *n, const char *outcome)
{
	const struct pg_param params[JOB_NOTIFY_DONE_N_IN] = {
		[JOB_NOTIFY_DONE_IN_ACCOUNT] = pg_id(&n->account),
		[JOB_NOTIFY_DONE_IN_KIND] = pg_bytes(slice_text(n->kind)),
		[JOB_NOTIFY_DONE_IN_MAIL] = pg_id(&n->letter.name),
		[JOB_NOTIFY_DONE_IN_OUTCOME] = pg_bytes(slice_text(outcome)),
	};
	const struct pg_call call = {.statement = JOBS_NOTIFY_DONE,
		.org = &n->letter.org,
		.params = params,
		.n_params = JOB_NOTIFY_DONE_N_IN,
		.done = letter_noted,
		.ctx = n};
	enum err e = pg_submit(n->parts.pg, &call);
	if (e != ERR_OK)
		round_end(n, e);
}

static void letter_gone(void *ctx, enum mail_outcome outcome)
{
	static const char *const words[] = {[MAIL_SENT] = "sent",
		[MAIL_REFUSED] = "refused",
		[MAIL_LATER] = "later",
		[MAIL_AWAY] = "later",
		[MAIL_UNKNOWN] = "unknown"};
	struct notifying *n = ctx;
	n->sent += outcome == MAIL_SENT;
	n->failed += outcome != MAIL_SENT;
	meter_add(outcome == MAIL_SENT ? METER_letters_sent : METER_letters_failed, 1);
	n->away = outcome == MAIL_AWAY; /* the others of this round would wait in vain too */
	letter_note(n, words[outcome]);
}

static void letter_send(struct notifying *n, const struct notify_secret *secret)
{
	struct buf text = BUF_MAX(LETTER_MAX);
	n->letter.now = clock_wall_ms();
	letter_write(&text, &n->letter,
		&(struct letter_filling){.to = secret->to, .code = secret->code});
	enum err e = buf_check(&text);
	if (e == ERR_OK)
		e = mail_send(n->parts.mail, secret->to, buf_slice(&text), letter_gone, n);
	if (text.p)
		crypt_wipe(text.p, text.n);
	buf_done(&text);
	if (e != ERR_OK)
		letter_note(n, "later");
}

static void letter_opened(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	struct notifying *n = ctx;
	struct notify_secret secret;
	if (e != ERR_OK) {
		n->away = true;
		letter_note(n, "later");
	} else if (answer->reason == KEYS_DONE &&
		   notify_secret_read(answer->bytes, &secret) == ERR_OK) {
		letter_send(n, &secret);
	} else {
		log_warn("notify_not_opened", LOG_W("reason", keys_reason_word(answer->reason)));
		letter_note(n, "given_up");
	}
}

static void letter_open(struct notifying *n)
{
	const struct keys_ask ask = {.type = KEYS_FIELD_OPEN,
		.field = {.kind = KEYS_EMAIL,
			.context = {n->letter.org, n->account, n->address},
			.n_context = 3,
			.bytes = n->sealed}};
	if (keys_ask(n->parts.keys, &ask, letter_opened, n, 0) != ERR_OK)
		letter_note(n, "later");
}

static void kind_read(struct notifying *n, struct slice word)
{
	size_t i = 0;
	while (i < sizeof(kinds) / sizeof(kinds[0]) && !slice_is(word, kinds[i].word))
		i++;
	ASSERT(i < sizeof(kinds) / sizeof(kinds[0])); /* a constraint of the table */
	n->kind = kinds[i].word;
	n->letter.kind = kinds[i].kind;
}

static void letter_taken(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct notifying *n = ctx;
	if (e != ERR_OK || pg_rows(result) == 0) {
		round_end(n, e);
		return;
	}
	arena_reset(n->arena);
	n->taken++;
	n->letter = (struct letter){.from = n->parts.config->smtp_from,
		.origin = n->parts.config->public_origin,
		.language = LETTER_FI,
		.org = pg_get_id(result, 0, JOB_NOTIFY_TAKE_ORG),
		.name = pg_get_id(result, 0, JOB_NOTIFY_TAKE_MAIL)};
	if (!pg_is_null(result, 0, JOB_NOTIFY_TAKE_ABOUT))
		n->letter.expires_at = pg_get_time(result, 0, JOB_NOTIFY_TAKE_ABOUT);
	bool known = letter_language_parse(
		pg_get_bytes(result, 0, JOB_NOTIFY_TAKE_LANGUAGE), &n->letter.language);
	ASSERT(known); /* a constraint of the table */
	kind_read(n, pg_get_bytes(result, 0, JOB_NOTIFY_TAKE_KIND));
	n->after = n->letter.org;
	n->account = pg_get_id(result, 0, JOB_NOTIFY_TAKE_ACCOUNT);
	n->address = pg_get_id(result, 0, JOB_NOTIFY_TAKE_ADDRESS);
	n->sealed = arena_copy(n->arena, pg_get_bytes(result, 0, JOB_NOTIFY_TAKE_SEALED));
	letter_open(n);
}

static void letter_take(struct notifying *n)
{
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[JOB_NOTIFY_TAKE_N_IN] = {
		[JOB_NOTIFY_TAKE_IN_AFTER] = pg_id(&n->after),
		[JOB_NOTIFY_TAKE_IN_IDLE] = session_idle_seconds(n->parts.config, idle),
	};
	const struct pg_call call = {.statement = JOBS_NOTIFY_TAKE,
		.params = params,
		.n_params = JOB_NOTIFY_TAKE_N_IN,
		.done = letter_taken,
		.ctx = n};
	enum err e = pg_submit(n->parts.pg, &call);
	if (e != ERR_OK)
		round_end(n, e);
}

static void letters_queued(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	(void)result;
	struct notifying *n = ctx;
	if (e == ERR_OK)
		letter_take(n);
	else
		round_end(n, e);
}

void notifying_round(struct notifying *n)
{
	if (n->running || !n->parts.mail)
		return;
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[JOB_NOTIFY_QUEUE_N_IN] = {
		[JOB_NOTIFY_QUEUE_IN_DELAY] = pg_int(n->parts.config->notify_delay_seconds),
		[JOB_NOTIFY_QUEUE_IN_IDLE] = session_idle_seconds(n->parts.config, idle),
	};
	const struct pg_call call = {.statement = JOBS_NOTIFY_QUEUE,
		.params = params,
		.n_params = JOB_NOTIFY_QUEUE_N_IN,
		.done = letters_queued,
		.ctx = n};
	n->sent = n->failed = 0;
	n->taken = 0;
	n->away = false;
	n->running = pg_submit(n->parts.pg, &call) == ERR_OK;
}

struct notifying *notifying_new(const struct jobs_parts *parts)
{
	struct notifying *n = MEM_NEW(struct notifying);
	n->parts = *parts;
	n->arena = arena_new(ARENA_FIRST);
	return n;
}

void notifying_free(struct notifying **notifying)
{
	struct notifying *n = *notifying;
	*notifying = NULL;
	if (!n)
		return;
	arena_free(&n->arena);
	mem_free(n);
}
