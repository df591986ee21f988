#pragma once
#include "base/config.h"
#include "io/keys.h"
#include "io/mail.h"
#include "io/pg.h"

/* What the files of the jobs process share. Each long job does one thing at a time, and begins when
 * a round comes and it is idle; it ends by itself when anything it needs is away. */
struct jobs_parts {
	const struct config *config;
	struct loop *loop;
	struct pg *pg;
	struct keys *keys;
	struct mail *mail; /* NULL: this installation sends none */
};

/* The statements that this process may run, in its own order. */
enum jobs_statement {
	JOBS_SWEEP_SESSIONS,
	JOBS_SWEEP_INVITATIONS,
	JOBS_SWEEP_LOGINS,
	JOBS_SWEEP_CHALLENGES,
	JOBS_AGE_EPOCHS,
	JOBS_SWEEP_FILES,
	JOBS_CHECK_FILES,
	JOBS_REMIND,
	JOBS_AGREEMENTS,
	JOBS_SUCCESSION,
	JOBS_AUDIT_EXPIRE,
	JOBS_RETENTION_TELL,
	JOBS_RIGHTS,
	JOBS_SWEEPS,
	JOBS_IDENTITY_STALE = JOBS_SWEEPS,
	JOBS_IDENTITY_ROTATE,
	JOBS_MAIL_TAKE,
	JOBS_MAIL_DONE,
	JOBS_UNIT_GET,
	JOBS_UNIT_PUT,
	JOBS_UNIT_PLAIN,
	JOBS_UNIT_SEAL,
	JOBS_UNIT_BATCH_TAKE,
	JOBS_UNIT_ERASE,
	JOBS_UNIT_BATCH_DONE,
	JOBS_RETENTION_BEGIN,
	JOBS_RETENTION_ROWS,
	JOBS_RETENTION_CERTIFY,
	JOBS_UNIT_NEWEST_BATCH,
	JOBS_UNIT_BATCH_KNOWN,
	JOBS_NOTIFY_QUEUE,
	JOBS_NOTIFY_TAKE,
	JOBS_NOTIFY_DONE,
	JOBS_UNIT_ORGS,
	JOBS_ERASURE_CHECK,
	JOBS_UNIT_LIST,
	JOBS_UNIT_ORPHANS,
	JOBS_UNIT_NEEDED,
	JOBS_STATEMENTS
};

/* jobs_rotate.c: brings what is known of people under the newest keys. */
struct rotation;
struct rotation *rotation_new(const struct jobs_parts *parts);
void rotation_round(struct rotation *r);
/* When nothing more is answered. */
void rotation_free(struct rotation **r);

/* jobs_mail.c: sends the invitations that go by e-mail. */
struct posting;
struct posting *posting_new(const struct jobs_parts *parts);
void posting_round(struct posting *p);
void posting_free(struct posting **p);

/* jobs_units.c: seals what is from before there were units, begins erasures that are due, destroys
 * the keys of units that go, then what they were the keys of. */
struct unit_job;
struct unit_job *unit_job_new(const struct jobs_parts *parts);
void unit_job_round(struct unit_job *j);
/* When nothing more is answered. */
void unit_job_free(struct unit_job **j);

/* jobs_notify.c: sends the letters that say that something waits. */
struct notifying;
struct notifying *notifying_new(const struct jobs_parts *parts);
void notifying_round(struct notifying *n);
void notifying_free(struct notifying **n);

/* jobs_check.c: once in a while, the verifier of both databases. */
struct checking;
struct checking *checking_new(const struct jobs_parts *parts);
void checking_round(struct checking *c);
/* When nothing more is answered. */
void checking_free(struct checking **c);
