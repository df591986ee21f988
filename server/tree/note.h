#pragma once
#include "base/buf.h"
#include "tree/merkle.h"

/* Checkpoints: the head of a tree as a note signed with Ed25519 (C2SP signed-note,
 * tlog-checkpoint). The name of the key is the origin of the log. */
enum { NOTE_MAX = 4096, NOTE_NAME_MAX = 200, NOTE_KEY_MAX = 320 };

/* A key that checks: "<name>+<8 hexadecimal digits>+<base64 of 1 and 32 bytes>". */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	struct hash pub;
};
/* Of a name without spaces, control characters and plus: else ERR_BAD_FIELD. */
MUST enum err note_key_make(struct slice name, const struct hash *pub, struct note_key *ret_key);
void note_key_write(const struct note_key *key, struct buf *to);
MUST enum err note_key_parse(struct slice text, struct note_key *ret_key);

/* Writes "<origin>\n<size>\n<root>\n\n— <origin> <signature>\n". */
void checkpoint_write(const struct note_key *key, const struct hash *seed,
	const struct merkle_head *head, struct buf *to);
/* ERR_BAD_FIELD: it is no checkpoint of this origin. ERR_BAD_SIGNATURE: not one by this key. */
MUST enum err checkpoint_read(
	struct slice note, const struct note_key *key, struct merkle_head *ret_head);
