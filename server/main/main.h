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
	bool by_systemd;           /* listen_fd is a socket of systemd's */
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

/* The sockets of the keys process and of the metrics, which outlive them. The latter may be
 * unwanted: then ret_fd stays as it is. */
MUST enum err sockets_open_keys(const struct config *config, int *ret_fd);
MUST enum err sockets_open_metrics(const struct config *config, int *ret_fd);
void sockets_close_local(const char *path, int fd);

/* A secret line: of the environment, else of the file of this name that systemd gave this process
 * (LoadCredential). False: there is none. */
bool settings_secret(const char *variable, const char *name, struct buf *ret);

/* Environment of the keys and the jobs process alone: by it the one knows the other. */
#define KEYS_TOKEN_ENV "LUOTSI_JOBS_TOKEN"
#define KEYS_TOKEN_FILE "jobs-token"
enum { TOKEN_LINE_MAX = 128 };

int supervisor_run(const struct config *config, const char *settings_file);
int worker_run(const struct config *config, const struct options *options);
int keys_run(const struct config *config, const struct options *options);
int jobs_run(const struct config *config);
int signer_run(const struct config *config, const struct options *options);
int metrics_run(const struct config *config, const struct options *options);
int status_run(const struct config *config, const struct options *options);
int reload_run(const struct config *config, const struct options *options);
int migrate_run(const struct config *config);
int check_files_run(const struct config *config, const struct options *options);
int units_run(const struct config *config, const struct options *options);
