/* One event a line, written in one write so that lines of several processes do not mix. What cannot
 * be named as a word of ours, a number or a keyed hash cannot be logged: there is no field for free
 * text. */
#include "base/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/crypt.h"

static const char *const level_words[] = {"debug", "info", "warn", "error"};

static struct {
	enum log_level level;
	const char *role;
	struct hash key;
	bool has_key;
} settings = {.level = LOG_INFO, .role = "luotsid"};

void log_set_level(enum log_level level)
{
	settings.level = level;
}

void log_set_role(const char *role)
{
	settings.role = role;
}

void log_set_key(struct slice key)
{
	settings.key = crypt_sha256(key);
	settings.has_key = true;
}

bool log_level_parse(struct slice word, enum log_level *ret_level)
{
	for (unsigned i = 0; i < sizeof(level_words) / sizeof(level_words[0]); i++) {
		if (slice_is(word, level_words[i])) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void log_add_word(struct buf *line, const char *word)
{
	enum { LOG_WORD_MAX = 512 };
	for (size_t i = 0; word && word[i] && i < LOG_WORD_MAX; i++) {
		char c = word[i];
		bool safe = c > ' ' && c < 0x7f && c != '"' && c != '=';
		buf_add_byte(line, safe ? (uint8_t)c : '_');
	}
}

static void log_add_hashed(struct buf *line, struct slice bytes)
{
	enum { LOG_HASH_SIZE = 6 };
	if (!settings.has_key) {
		crypt_random(&settings.key, sizeof(settings.key));
		settings.has_key = true;
	}
	struct hash h = crypt_hmac(hash_slice(&settings.key), bytes);
	b64_add(line, slice_of(h.b, LOG_HASH_SIZE));
}

static void log_add_time(struct buf *line)
{
	int64_t now = clock_wall_ms();
	time_t seconds = (time_t)(now / 1000);
	struct tm parts;
	gmtime_r(&seconds, &parts);
	buf_addf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
		parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
		(int)(now % 1000));
}

static void log_add_field(struct buf *line, const struct log_field *f)
{
	buf_addf(line, " %s=", f->name);
	switch (f->kind) {
	case LOG_WORD:
		log_add_word(line, f->word);
		return;
	case LOG_NUMBER:
		buf_add_decimal(line, f->number);
		return;
	case LOG_HASHED:
		log_add_hashed(line, f->bytes);
		return;
	case LOG_END:
		return;
	}
}

void log_event(enum log_level level, const char *event, const struct log_field *fields)
{
	enum { LOG_LINE_MAX = 4096 };
	if (level < settings.level)
		return;
	struct buf line = BUF_MAX(LOG_LINE_MAX);
	log_add_time(&line);
	buf_addf(&line, " %s %s %s", level_words[level], settings.role, event);
	for (const struct log_field *f = fields; f->kind != LOG_END; f++)
		log_add_field(&line, f);
	line.max++;
	line.over = false;
	buf_add_byte(&line, '\n');
	/* A log that cannot be written has nobody to tell. */
	ssize_t written = write(STDERR_FILENO, line.p, line.n);
	(void)written;
	buf_done(&line);
}
