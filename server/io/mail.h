#pragma once
#include "base/err.h"
#include "base/slice.h"
#include "io/loop.h"

/* Handing letters to a mail server by SMTP (libcurl, on a thread of its own): one after another,
 * each on a connection of its own. */
struct mail;

struct mail_settings {             /* texts are borrowed for as long as the object lives */
	const char *url;           /* smtp:// or smtps:// */
	const char *from;          /* an address */
	const char *user;          /* empty: without signing in */
	const char *password_file; /* read for each letter */
	const char *ca_file;       /* empty: the system's authorities */
	bool plain;                /* smtp:// may go without TLS; else STARTTLS is demanded */
};

struct mail *mail_new(struct loop *loop, const struct mail_settings *settings);
/* Breaks off what is on its way and waits for its end; then nothing more is taken. */
void mail_stop(struct mail *mail);
/* Stops first. */
void mail_free(struct mail **mail);

enum mail_outcome {
	MAIL_SENT,    /* the server has taken it */
	MAIL_REFUSED, /* and says for good that it takes nothing for this receiver, or not this */
	MAIL_LATER,   /* it has not taken it, and may another time */
	MAIL_AWAY,    /* nor did anybody answer */
	MAIL_UNKNOWN, /* the line was cut when it had all of it: it may have taken it */
};
typedef void mail_done_fn(void *ctx, enum mail_outcome outcome);
/* to: an address that passed address_is_good; copied, as the text is, which is a whole letter. done
 * comes in a later turn, exactly once. ERR_BUSY when too many wait, ERR_SHUTTING_DOWN after
 * mail_stop: then done is not called. */
MUST enum err mail_send(
	struct mail *mail, struct slice to, struct slice text, mail_done_fn *done, void *ctx);
