#pragma once
#include "base/buf.h"

/* A file of settings, described by a table of rows, read into a struct. */
enum setting_kind { SETTING_SECTION, SETTING_NUMBER, SETTING_BOOL, SETTING_TEXT };

struct setting {
	enum setting_kind kind;
	const char *name, *help, *text; /* text: the default of a text, the title of a section */
	size_t at;                      /* offset of int64_t, bool or char * in the struct */
	int64_t number, min, max;       /* number: the default; max of a text: its bytes */
};

struct setting_table {
	const struct setting *rows;
	size_t n;
	const char *hint; /* follows "there is no setting `x`" */
};

/* Every setting at its default; texts belong to the object. */
void settings_init(const struct setting_table *table, void *object);
void settings_done(const struct setting_table *table, void *object);
/* Reads `name = value` lines over an initialised object; '#' begins a comment line. On
 * ERR_MALFORMED ret_why holds one sentence with the line's number. Pure: reads no file. */
MUST enum err settings_parse(
	const struct setting_table *table, void *object, struct slice text, struct buf *ret_why);
