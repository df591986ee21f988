#pragma once
#include "base/config.h"

/* What the roles of luotsid share. A role returns what the process exits with. */
enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 64, EXIT_SETUP = 78 };

struct options {
	const char *settings_file; /* -c */
	unsigned number;           /* -n: which worker */
	int listen_fd;             /* -f: the socket that the supervisor opened */
};

/* Reads and checks the settings file; says on stderr, in a sentence, what is wrong with it. */
MUST enum err settings_load(const char *file, struct config *ret_config);
int settings_print(void);
/* "host=... dbname=... user=..." */
void settings_conninfo(const struct config *config, const char *role, struct buf *ret);
/* Level, role and key of the log. */
void settings_use_log(const struct config *config, const char *role);

/* Opens one listening socket a worker into ret_fds; says what is wrong. */
MUST enum err sockets_open(const struct config *config, int *ret_fds);
void sockets_close(const struct config *config, int *fds);

int supervisor_run(const struct config *config, const char *settings_file);
int worker_run(const struct config *config, const struct options *options);
int jobs_run(const struct config *config);
int migrate_run(const struct config *config);
