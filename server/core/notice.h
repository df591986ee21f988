#pragma once
#include "base/id.h"

/* What a worker tells all workers through the database: ids and numbers only. The forms are told
 * where they are sent, in db/migrations/0002_identity.sql (v: 0015_invitations.sql, n and r:
 * 0025_notify.sql). */
enum notice_kind {
	NOTICE_MESSAGES = 'm',
	NOTICE_CONTROL = 'c',
	NOTICE_PENDING = 'p',
	NOTICE_IDENTITY = 'i',
	NOTICE_SESSION = 's',
	NOTICE_TYPING = 't',
	NOTICE_INVITATION = 'v',
	NOTICE_NOTIFY = 'n',
	NOTICE_REMINDER = 'r',
};

struct notice {
	enum notice_kind kind;
	struct id org;
	struct id first, second; /* the ids in their order; of NOTICE_MESSAGES see below */
	int64_t number;          /* entries, of NOTICE_CONTROL */
	struct slice rest; /* of NOTICE_MESSAGES: notice_next_range takes one after the other */
};
struct notice_range {
	struct id room;
	int64_t first, last;
};

/* False for anything that is not exactly one of the forms. */
bool notice_parse(struct slice payload, struct notice *ret);
/* False at the end, or when the rest is not well-formed. */
bool notice_next_range(struct slice *rest, struct notice_range *ret);
