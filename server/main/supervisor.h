#pragma once
#include <sys/types.h>

#include "io/loop.h"
#include "main/main.h"

/* What the files of the supervisor share: its children, and how it hands them over to the next
 * program without ending any. */
enum { TOKEN_TEXT = 43, SINGLE = 4 /* keys, jobs, signer and metrics stand before the workers */ };
enum role { ROLE_KEYS, ROLE_JOBS, ROLE_SIGNER, ROLE_METRICS, ROLE_WORKER };

struct supervisor;

struct child {
	struct supervisor *supervisor;
	enum role role;
	unsigned number; /* of a worker, from 1 */
	pid_t pid;       /* 0: not running */
	int fd;          /* -1: the role needs none */
	uint64_t started_at;
	unsigned backoff_ms;
	bool old; /* runs the program, or the settings, of before */
	struct timer *restart;
};

/* The old supervisor asks whether the new program could go on from here; then it becomes it. The
 * new one takes the children as they are, and renews one after the other. */
struct renewal {
	struct timer *look;
	struct child *child; /* that is being renewed; NULL: none */
	uint64_t since;      /* that it was asked to go, or was started */
	pid_t asking;        /* the process that tries the new program; 0: none */
	bool goes_on;
};

struct supervisor {
	const struct config *config;
	const char *settings_file;
	char *program;
	struct loop *loop;
	struct child *children;
	size_t n;
	int *fds, keys_fd, metrics_fd;
	struct timer *kill;
	struct renewal renewal;
	uint64_t stopping_since;
	bool stopping, proven, taken_over;
	int exit_code;
	char jobs_token[TOKEN_TEXT + 1];
};

const char *child_role(const struct child *c);
/* Harmless when it runs already. */
void child_start(void *child);
/* The file in which the child counts. */
void child_meter_file(const struct child *c, char *ret, size_t size);

/* SIGHUP: everything is begun again from the program and the settings that are on the disk now. */
void renewal_ask(void *supervisor);
/* A process ended that is no child of ours: was it the one that tried? */
void renewal_ended(struct supervisor *s, pid_t pid, int status);
/* After the children were taken over. */
void renewal_begin(struct supervisor *s);
void renewal_done(struct supervisor *s);
/* Is this the child that was asked to go? Then its end is no fault. */
bool renewal_expects(const struct supervisor *s, const struct child *c);

/* Writes what the next program needs into memory, and its descriptor; -1: that could not be. */
int handover_write(const struct supervisor *s);
/* Closes it again, and tells nobody of it any more. */
void handover_forget(int fd);
/* Shall the sockets stay open over the next exec? */
void handover_keep(const struct supervisor *s, bool keep);
/* Which descriptor of ours the program before left for us; -1: none. */
int handover_fd(void);
/* Are the settings such as the sockets that were handed over? Says on stderr what is not. */
MUST enum err handover_check(const struct config *config, int fd);
/* Children and sockets as they were. */
MUST enum err handover_read(struct supervisor *s, int fd);
