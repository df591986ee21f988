#pragma once
#include "base/buf.h"
#include "base/id.h"
#include "seal/refusal.h"

/* The one form of everything that is signed (proto/FORMAT.md, section 3). */
enum envelope_kind {
	ENVELOPE_MESSAGE = 1,
	ENVELOPE_RECEIPT = 2,
	ENVELOPE_ASSIGNMENT = 3,
	ENVELOPE_ANSWER = 4,
	ENVELOPE_FILE = 5,
	ENVELOPE_CONTROL = 6,
	ENVELOPE_IDENTITY = 7,
	ENVELOPE_NOTE = 8,
	ENVELOPE_WORK = 9,
	ENVELOPE_METER = 10,
};
enum envelope_op { ENVELOPE_NEW = 0, ENVELOPE_EDIT = 1, ENVELOPE_DELETE = 2 };

#define ENVELOPE_MAX_PARENTS 4
/* No envelope of any kind is longer. */
#define ENVELOPE_MAX_SIZE 70000

/* What the manifest of a file says in clear (proto/FORMAT.md, section 12). */
struct envelope_file {
	struct id file;
	uint64_t cipher_size;
	struct hash parts_hash;
};

/* A view: the slices borrow from the bytes that were parsed. */
struct envelope {
	enum envelope_kind kind;
	struct id org, room, msg_id, sender;
	struct hash sender_kid;
	uint32_t epoch;
	uint64_t sender_seq;
	struct hash log_head;
	uint8_t n_parents;
	struct slice parents; /* n_parents * 32 bytes, ascending */
	uint64_t client_time_ms;
	uint16_t retention_class;
	struct slice clear;
	enum envelope_op op;       /* of a message */
	struct id target;          /* what an edit or delete names; what a receipt has read */
	struct envelope_file file; /* of a manifest */
	struct slice header;
	struct slice body; /* none in a tombstone */
	struct hash body_hash;
	struct slice signature; /* 64 bytes */
};

/* Parses to the last byte and hashes the body; *ret is written only if nothing is refused. Says
 * nothing about the signature. May run on any thread, as all of this header. */
MUST enum refusal envelope_parse(struct slice bytes, struct envelope *ret);
/* What is left of what was deleted. */
MUST enum refusal envelope_parse_tombstone(struct slice bytes, struct envelope *ret);
/* Adds what is to be left of it. */
void envelope_add_tombstone(const struct envelope *e, struct buf *b);

/* env_hash: the name of the envelope for all who refer to it; no signature inside. */
struct hash envelope_hash(const struct envelope *e);
/* The SHA-256 that the signature signs, for p256_verify_digest. */
struct hash envelope_signed_digest(const struct envelope *e);
