#pragma once
#include "base/config.h"

/* What the roles of luotsid share. A role returns what the process exits with. */
enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 64, EXIT_SETUP = 78 };

struct options {
	const char *settings_file; /* -c */
	unsigned number;           /* -n: which worker */
	int listen_fd;             /* -f: the socket that the supervisor opened */
	bool make, rotate;         /* --make, --rotate: keys; --make: signer */
	bool replay;               /* --replay: units */
};

/* Reads and checks the settings file; says on stderr, in a sentence, what is wrong with it. */
MUST enum err settings_load(const char *file, struct config *ret_config);
int settings_print(void);
/* "host=... dbname=... user=..." */
void settings_conninfo(const struct config *config, const char *role, struct buf *ret);
/* The same of the database of unit keys. */
void settings_unit_conninfo(const struct config *config, const char *role, struct buf *ret);
/* Level, role and key of the log. */
void settings_use_log(const struct config *config, const char *role);

/* Opens one listening socket a worker into ret_fds; says what is wrong. */
MUST enum err sockets_open(const struct config *config, int *ret_fds);
void sockets_close(const struct config *config, int *fds);

/* The socket of the keys process, which outlives it. */
MUST enum err sockets_open_keys(const struct config *config, int *ret_fd);
void sockets_close_keys(const struct config *config, int fd);

/* Environment of the keys and the jobs process alone: by it the one knows the other. */
#define KEYS_TOKEN_ENV "LUOTSI_JOBS_TOKEN"

int supervisor_run(const struct config *config, const char *settings_file);
int worker_run(const struct config *config, const struct options *options);
int keys_run(const struct config *config, const struct options *options);
int jobs_run(const struct config *config);
int signer_run(const struct config *config, const struct options *options);
int migrate_run(const struct config *config);
int check_files_run(const struct config *config, const struct options *options);
int units_run(const struct config *config, const struct options *options);
