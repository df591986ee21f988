/* The keys role: the one process that holds secrets. It reads them, closes itself in, and answers
 * over the socket that the supervisor opened; with --make or --rotate it makes them instead. */
#include "keys/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "keys/file.h"
#include "keys/sandbox.h"
#include "main/main.h"
#include "main/role.h"

enum { SAID_MAX = 1 << 16 };

/* systemd hands secrets over in a directory of its own, in memory that is never swapped; those of a
 * directory (LoadCredential=keys:DIR) under names that begin with keys_. */
static const char *keys_dir(const struct config *config, struct file_name *ret)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (!credentials)
		return config->keys_dir;
	if (file_name_make(credentials, "keys_index.1.key", ret) != ERR_OK ||
		access(ret->text, F_OK) != 0)
		return credentials;
	return file_name_make(credentials, "keys_", ret) == ERR_OK ? ret->text : credentials;
}

static struct keeper_settings keys_settings(
	const struct config *config, const char *token, struct file_name *ret_dir)
{
	return (struct keeper_settings){.keys_dir = keys_dir(config, ret_dir),
		.providers_dir = config->providers_dir,
		.development = config->development,
		.jobs_token = token};
}

static int keys_make(const struct keeper_settings *settings, bool next)
{
	AUTO(buf) struct buf said = BUF_MAX(SAID_MAX);
	enum err e = keeper_make(settings, next, &said);
	fputs(buf_text(&said), e == ERR_OK ? stdout : stderr);
	if (e == ERR_OK)
		return EXIT_GOOD;
	fprintf(stderr, "\nThe keys in %s could not all be made (%s).\n", settings->keys_dir,
		err_word(e));
	return EXIT_SETUP;
}

int keys_run(const struct config *config, const struct options *options)
{
	struct file_name dir;
	AUTO(buf_wipe) struct buf token = BUF_MAX(TOKEN_LINE_MAX);
	bool known = settings_secret(KEYS_TOKEN_ENV, KEYS_TOKEN_FILE, &token);
	const struct keeper_settings settings =
		keys_settings(config, known ? buf_text(&token) : NULL, &dir);
	if (options->make || options->rotate) {
		settings_use_log(config, "keys");
		return keys_make(&settings, options->rotate);
	}
	role_begin(config, "keys", 0);
	AUTO(keeper) struct keeper *keeper = NULL;
	AUTO(buf) struct buf why = BUF_MAX(SAID_MAX);
	(void)signal(SIGPIPE, SIG_IGN);
	if (options->listen_fd < 0)
		return EXIT_USAGE;
	if (keeper_load(&settings, &keeper, &why) != ERR_OK) {
		fprintf(stderr, "%s\n", buf_text(&why));
		return EXIT_SETUP;
	}
	role_ready();
	sandbox_enter();
	return process_serve(keeper, options->listen_fd, options->by_systemd) ? EXIT_GOOD
									      : EXIT_BAD;
}
