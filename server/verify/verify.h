#pragma once
#include "verify/reader.h"

/* What the commands of luotsi-verify share. Each says in a sentence what holds, or what does not.
 */
struct given {
	const char *key, *checkpoint, *old, *dir, *old_dir, *nonce, *detail, *leaf, *index;
	bool list, leaves;
	struct note_key note_key;
	struct merkle_head head, old_head; /* of --checkpoint and --old */
	struct reader *reader;
};

/* 0: it holds. 1: it does not. 2: it could not be looked at. */
enum verdict { HOLDS = 0, BROKEN = 1, UNKNOWN = 2 };

enum verdict verify_checkpoint(struct given *g);
enum verdict verify_consistency(struct given *g);
enum verdict verify_inclusion(struct given *g);
enum verdict verify_opening(struct given *g);
enum verdict verify_events(struct given *g);
enum verdict verify_tree(struct given *g);

/* SHA-256("luotsi/v1/log" 0 nonce detail): what a leaf holds. */
struct hash verify_commit(const struct hash *nonce, struct slice detail);
/* 64 hexadecimal digits, in lower case. */
bool verify_hex(struct slice text, struct hash *ret);
/* The tree of the checkpoint has this leaf there. Says nothing when it holds, or only lists. */
enum verdict verify_place(struct given *g, uint64_t place, const struct hash *commitment);
