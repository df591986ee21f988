/* The keys role: the one process that holds secrets. It reads them, closes itself in, and answers
 * over the socket that the supervisor opened; with --make or --rotate it makes them instead. */
#include "keys/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "keys/sandbox.h"
#include "main/main.h"

enum { SAID_MAX = 1 << 16 };

/* systemd hands secrets over in a directory of its own, in memory that is never swapped. */
static struct keeper_settings keys_settings(const struct config *config)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	return (struct keeper_settings){.keys_dir = credentials ? credentials : config->keys_dir,
		.providers_dir = config->providers_dir,
		.development = config->development,
		.jobs_token = getenv(KEYS_TOKEN_ENV)};
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
	settings_use_log(config, "keys");
	const struct keeper_settings settings = keys_settings(config);
	if (options->make || options->rotate)
		return keys_make(&settings, options->rotate);
	AUTO(keeper) struct keeper *keeper = NULL;
	AUTO(buf) struct buf why = BUF_MAX(SAID_MAX);
	(void)signal(SIGPIPE, SIG_IGN);
	if (options->listen_fd < 0)
		return EXIT_USAGE;
	if (keeper_load(&settings, &keeper, &why) != ERR_OK) {
		fprintf(stderr, "%s\n", buf_text(&why));
		return EXIT_SETUP;
	}
	sandbox_enter();
	return process_serve(keeper, options->listen_fd) ? EXIT_GOOD : EXIT_BAD;
}
