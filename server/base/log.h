#pragma once
#include "base/id.h"

/* One event a line on stderr: `time level event name=value name=value`. Fields are named and typed;
 * text of people, addresses, tokens and parameters have no field type, and ids of people appear as
 * keyed short hashes only. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *name;
	enum { LOG_END, LOG_WORD, LOG_NUMBER, LOG_HASHED } kind;
	const char *word;
	int64_t number;
	struct slice bytes;
};

/* A word of our own (an error's name, an op, a state, a file of the installation): printed with
 * only safe characters. */
#define LOG_W(field_name, text) \
	((struct log_field){.name = (field_name), .kind = LOG_WORD, .word = (text)})
#define LOG_N(field_name, value) \
	((struct log_field){.name = (field_name), .kind = LOG_NUMBER, .number = (int64_t)(value)})
/* Eight characters of HMAC(key of this process's run, bytes): the same thing has the same hash
 * until the next start. */
#define LOG_H(field_name, hashed) \
	((struct log_field){.name = (field_name), .kind = LOG_HASHED, .bytes = (hashed)})

#define log_debug(event, ...) log_event(LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...) log_event(LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...) log_event(LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_event(LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = LOG_END}})

void log_event(enum log_level level, const char *event, const struct log_field *fields);
/* What is below is left out. The default is LOG_INFO. */
void log_set_level(enum log_level level);
/* Printed in each line, "worker-1"; the text must live on. */
void log_set_role(const char *role);
/* The key of LOG_HASHED, shared by the processes of one run; without it each process makes its own.
 */
void log_set_key(struct slice key);
/* "debug", "info", "warn", "error"; false if none of them. */
bool log_level_parse(struct slice word, enum log_level *ret_level);
