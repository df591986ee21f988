/* The settings file, read from disk and judged, and what the roles make of it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/listen.h"
#include "keys/file.h"
#include "main/main.h"

enum { FILE_MAX = 1 << 20, WHY_MAX = 4096, SAMPLE_MAX = 1 << 20, SECRET_MAX = 4096 };

static bool settings_read(const char *file, struct buf *ret)
{
	FILE *f = fopen(file, "re");
	if (!f)
		return false;
	uint8_t piece[4096];
	size_t n;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(ret, slice_of(piece, n));
	bool good = !ferror(f) && buf_check(ret) == ERR_OK;
	return fclose(f) == 0 && good;
}

enum err settings_load(const char *file, struct config *ret_config)
{
	struct buf text = BUF_MAX(FILE_MAX), why = BUF_MAX(WHY_MAX);
	enum err e = ERR_NOT_FOUND;
	if (settings_read(file, &text))
		e = config_parse(ret_config, buf_slice(&text), &why);
	else
		buf_add_text(&why, "the file cannot be read.");
	if (e == ERR_OK)
		e = config_check(ret_config, server_lws_version(), &why);
	if (e != ERR_OK)
		fprintf(stderr, "%s: %s\n", file, buf_text(&why));
	buf_done(&text);
	buf_done(&why);
	return e;
}

int settings_print(void)
{
	struct buf sample = BUF_MAX(SAMPLE_MAX);
	config_sample(&sample);
	fputs(buf_text(&sample), stdout);
	buf_done(&sample);
	return EXIT_GOOD;
}

/* libpq: quoted, with backslashes before quotes and backslashes. */
static void conninfo_add(struct buf *to, const char *name, const char *value)
{
	buf_addf(to, "%s='", name);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_add_byte(to, '\\');
		buf_add_byte(to, (uint8_t)*value);
	}
	buf_add_text(to, "' ");
}

static void conninfo_make(
	const char *socket_dir, const char *name, const char *role, struct buf *ret)
{
	char *directory = realpath(socket_dir, NULL);
	conninfo_add(ret, "host", directory ? directory : socket_dir);
	free(directory);
	conninfo_add(ret, "dbname", name);
	conninfo_add(ret, "user", role);
}

void settings_conninfo(const struct config *config, const char *role, struct buf *ret)
{
	conninfo_make(config->db_socket_dir, config->db_name, role, ret);
}

void settings_unit_conninfo(const struct config *config, const char *role, struct buf *ret)
{
	bool same = !config->unit_db_socket_dir[0];
	const char *dir = same ? config->db_socket_dir : config->unit_db_socket_dir;
	conninfo_make(dir, config->unit_db_name, role, ret);
}

bool settings_secret(const char *variable, const char *name, struct buf *ret)
{
	struct file_name path;
	const char *said = getenv(variable), *dir = getenv("CREDENTIALS_DIRECTORY");
	if (said) {
		buf_add_text(ret, said);
		return true;
	}
	if (!dir || file_name_make(dir, name, &path) != ERR_OK ||
		file_read(path.text, ret) != ERR_OK)
		return false;
	ret->n = slice_trim(buf_slice(ret)).n;
	return ret->n > 0;
}

void settings_use_log(const struct config *config, const char *role)
{
	enum log_level level = LOG_INFO;
	if (log_level_parse(slice_text(config->log_level), &level))
		log_set_level(level);
	log_set_role(role);
	struct buf key = BUF_MAX(SECRET_MAX);
	if (settings_secret("LUOTSI_LOG_KEY", "log-key", &key))
		log_set_key(buf_slice(&key));
	buf_wipe(&key);
}
