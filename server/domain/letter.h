#pragma once
#include "base/address.h"
#include "base/buf.h"
#include "base/id.h"

/* Letters: of an invitation, of a colleague's enrolment, and what a person is told who wants to be:
 * their code, that a message waits, that something is due; and what everybody is told of their own
 * ways in and of their organisation. No name, no content; the service's own address, or the link
 * and how long it holds, or the day. */
enum letter_kind {
	LETTER_INVITATION,
	LETTER_ENROLMENT,
	LETTER_CODE,
	LETTER_MESSAGE,
	LETTER_REMINDER,
	LETTER_GOING,
	LETTER_RIGHTS,
	LETTER_REQUEST,
	LETTER_CHANGED,
	LETTER_OPENED,
	LETTER_KINDS
};
enum letter_language { LETTER_FI, LETTER_SV, LETTER_EN, LETTER_LANGUAGES };
extern const char *const letter_language_words[LETTER_LANGUAGES];
MUST bool letter_language_parse(struct slice word, enum letter_language *ret_language);

/* What of a letter is kept sealed until it has gone. */
struct letter_secret {
	struct id token;
	struct hash root_kid; /* of an invitation */
	struct slice to;      /* an address that passed address_is_good */
};
enum { LETTER_SECRET_MAX = 16 + 32 + ADDRESS_MAX };
void letter_secret_write(struct buf *b, const struct letter_secret *secret);
/* Borrows from bytes; ERR_BAD_FIELD, also for an address that is none. */
MUST enum err letter_secret_read(struct slice bytes, struct letter_secret *ret_secret);

/* What is kept sealed of a person who wants to be told: the code that proves the address, and it.
 */
enum { NOTIFY_CODE_SIZE = 8 };
struct notify_secret {
	char code[NOTIFY_CODE_SIZE]; /* digits */
	struct slice to;
};
enum { NOTIFY_SECRET_MAX = NOTIFY_CODE_SIZE + ADDRESS_MAX };
void notify_secret_write(struct buf *b, const struct notify_secret *secret);
MUST enum err notify_secret_read(struct slice bytes, struct notify_secret *ret_secret);

struct letter {
	enum letter_kind kind;
	const char *from, *origin; /* as the settings have them */
	enum letter_language language;
	struct id org, room;     /* of an invitation */
	struct id name;          /* the invite, or another id of this letter */
	int64_t now, expires_at; /* milliseconds; of what a letter tells has happened: when */
};
/* What goes into one letter and is not kept beside it. */
struct letter_filling {
	struct slice to;
	const struct letter_secret *secret; /* of an invitation and an enrolment */
	const char *code;                   /* of a code: NOTIFY_CODE_SIZE digits */
};
enum { LETTER_MAX = 8192 };
/* Internet Message Format (RFC 5322): ASCII only, lines end in CRLF and are short. */
void letter_write(struct buf *b, const struct letter *letter, const struct letter_filling *filling);
