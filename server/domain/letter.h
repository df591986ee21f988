#pragma once
#include "base/address.h"
#include "base/buf.h"
#include "base/id.h"

/* The letter of an invitation or, without a room, of a colleague's enrolment by e-mail: no name, no
 * content, the link and how long it holds. */
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

struct letter {
	const char *from, *origin; /* as the settings have them */
	enum letter_language language;
	struct id org, room, invite; /* room: zero for an enrolment, invite then names the letter */
	int64_t now, expires_at;     /* milliseconds */
};
enum { LETTER_MAX = 8192 };
/* Internet Message Format (RFC 5322): ASCII only, lines end in CRLF and are short. */
void letter_write(struct buf *b, const struct letter *letter, const struct letter_secret *secret);
