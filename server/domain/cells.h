#pragma once
#include "core/request.h"

/* What modules that answer with rows of words share. */

/* Where a word stands among those of the wire; it must be one of them. */
uint8_t cell_place(struct slice word, const char *const *words, size_t n);
#define CELL_PLACE(word, words) cell_place((word), (words), sizeof(words) / sizeof((words)[0]))
/* A copy that lives as long as the request; SLICE_NONE for NULL. */
struct slice cell_text(
	struct request *r, const struct pg_result *result, size_t i, unsigned column);
/* The texts of an array. */
struct slice *cell_texts(
	struct request *r, const struct pg_result *result, size_t i, unsigned column);
/* Three columns in a row, in Finnish, Swedish, English. */
struct slice *cell_languages(
	struct request *r, const struct pg_result *result, size_t i, unsigned first_column);
struct pg_param param_word(const char *word);
/* NULL for what was not said. */
struct pg_param param_maybe(bool has, struct slice text);
struct pg_param param_maybe_id(bool has, const struct id *id);
struct pg_param param_texts(struct request *r, const struct slice *texts, size_t n);
/* For statements that answer with nothing but that they are done. */
void reply_done(struct request *r, const struct pg_result *result);
/* The same, and the answer is the request's state. */
void reply_state(struct request *r, const struct pg_result *result);

/* The states of an agreement, as the wire has them; `none` after them where there may be none. */
enum { AGREEMENT_STATES = 8 };
extern const char *const agreement_states[AGREEMENT_STATES + 1];
extern const char *const languages_words[3];
