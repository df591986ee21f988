#pragma once
#include "base/config.h"
#include "io/pg.h"
#include "tree/note.h"

/* What the files of the signer share. */
struct signer_parts {
	const struct config *config;
	struct pg *pg;
	struct hash seed; /* the private key of the logs */
	char origin[NOTE_NAME_MAX + 1];
};

/* The statements that this process may run, in its own order. */
enum signer_statement {
	SIGNER_WAITING,
	SIGNER_LOOK,
	SIGNER_TAKE,
	SIGNER_ENTRIES,
	SIGNER_EXTEND,
	SIGNER_PUBLISH,
	SIGNER_REFUSE,
	SIGNER_STATEMENTS
};

/* --- signer_head.c: its key, and what it signed last, in files of its own --- */

/* Makes the key if there is none. */
MUST enum err signer_key_make(const char *dir);
MUST enum err signer_key_load(const char *dir, struct hash *ret_seed);
/* "<origin>/directory" for zeroes, else "<origin>/<id>". */
MUST enum err signer_log_key(
	const struct signer_parts *parts, const struct id *log, struct note_key *ret_key);
/* The last head of this log that was signed; ERR_NOT_FOUND if none ever was. */
MUST enum err head_load(const char *dir, const struct id *log, const struct note_key *key,
	struct merkle_head *ret_head, struct buf *ret_note);
/* In its place the next: on disk when this returns ERR_OK, and never half. */
MUST enum err head_store(const char *dir, const struct id *log, struct slice note);

/* --- signer_round.c: one log brought up to date --- */

/* What came of it. BUSY: there is more to do. */
enum round_end { ROUND_DONE, ROUND_BUSY, ROUND_REFUSED, ROUND_FAILED };
struct round;
typedef void round_done_fn(void *ctx, enum round_end end, const char *why);
struct round *round_new(const struct signer_parts *parts, round_done_fn *done, void *ctx);
void round_free(struct round **round);
/* One at a time; done runs once, in a later turn. */
void round_begin(struct round *round, const struct id *log);
