/* Signed notes. A note has one way of being written by us; of others' signatures beside ours the
 * reader takes no notice, as the specification demands. */
#include "tree/note.h"

#include <stdio.h>

#include "base/b64.h"
#include "base/crypt.h"
#include "base/num.h"

enum { TYPE_ED25519 = 1, ID = 4, PUB = 32, SIGNATURE = 64, HEX = 2 * ID, LINES_MAX = 16 };
#define DASH "\xe2\x80\x94 " /* an em dash and a space */

static bool name_is_good(struct slice name)
{
	if (name.n == 0 || name.n > NOTE_NAME_MAX || !slice_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == '+')
			return false;
	}
	return true;
}

enum err note_key_make(struct slice name, const struct hash *pub, struct note_key *ret_key)
{
	static const uint8_t behind[] = {'\n', TYPE_ED25519};
	if (!name_is_good(name))
		return ERR_BAD_FIELD;
	const struct slice parts[] = {name, slice_of(behind, sizeof(behind)), hash_slice(pub)};
	struct hash h = crypt_sha256_parts(parts, 3);
	struct note_key key = {.pub = *pub};
	memcpy(key.name, name.p, name.n);
	memcpy(key.id, h.b, sizeof(key.id));
	*ret_key = key;
	return ERR_OK;
}

void note_key_write(const struct note_key *key, struct buf *to)
{
	uint8_t typed[1 + PUB] = {TYPE_ED25519};
	memcpy(typed + 1, key->pub.b, PUB);
	buf_addf(to, "%s+%02x%02x%02x%02x+", key->name, key->id[0], key->id[1], key->id[2],
		key->id[3]);
	b64_add_padded(to, slice_of(typed, sizeof(typed)));
}

enum err note_key_parse(struct slice text, struct note_key *ret_key)
{
	struct slice rest = text, name, id;
	uint8_t typed[64];
	size_t n = 0;
	struct hash pub;
	struct note_key key;
	if (text.n > NOTE_KEY_MAX || !slice_next(&rest, '+', &name) || !slice_next(&rest, '+', &id))
		return ERR_BAD_FIELD;
	/* The rest may have a plus of its own. */
	if (rest.n > b64_text_size(sizeof(typed)))
		return ERR_BAD_FIELD;
	TRY(b64_decode_padded(rest, typed, &n));
	if (n != 1 + PUB || typed[0] != TYPE_ED25519)
		return ERR_BAD_FIELD;
	memcpy(pub.b, typed + 1, PUB);
	TRY(note_key_make(name, &pub, &key));
	char hex[HEX + 1];
	(void)snprintf(
		hex, sizeof(hex), "%02x%02x%02x%02x", key.id[0], key.id[1], key.id[2], key.id[3]);
	if (!slice_is(id, hex))
		return ERR_BAD_FIELD;
	*ret_key = key;
	return ERR_OK;
}

void checkpoint_write(const struct note_key *key, const struct hash *seed,
	const struct merkle_head *head, struct buf *to)
{
	uint8_t signature[ID + SIGNATURE];
	size_t from = to->n;
	buf_addf(to, "%s\n%llu\n", key->name, (unsigned long long)head->size);
	b64_add_padded(to, hash_slice(&head->root));
	buf_add_text(to, "\n");
	memcpy(signature, key->id, ID);
	ed25519_sign(seed, slice_of(to->p + from, to->n - from), signature + ID);
	buf_addf(to, "\n" DASH "%s ", key->name);
	b64_add_padded(to, slice_of(signature, sizeof(signature)));
	buf_add_text(to, "\n");
}

/* The text with its last newline, and the lines of signatures behind the last empty line. */
static bool note_split(struct slice note, struct slice *ret_text, struct slice *ret_lines)
{
	if (note.n < 2 || note.n > NOTE_MAX || note.p[note.n - 1] != '\n')
		return false;
	for (size_t i = note.n - 1; i > 0; i--) {
		if (note.p[i] != '\n' || note.p[i - 1] != '\n')
			continue;
		*ret_text = slice_part(note, 0, i);
		*ret_lines = slice_from(note, i + 1);
		return true;
	}
	return false;
}

/* "— <name> <base64>": is it by this key, and good? ERR_NOT_FOUND: it is another's. */
static enum err line_check(struct slice line, const struct note_key *key, struct slice text)
{
	struct slice dash = SLICE_LIT(DASH), name;
	uint8_t bytes[192];
	size_t n = 0;
	if (!slice_starts(line, dash))
		return ERR_BAD_FIELD;
	struct slice rest = slice_from(line, dash.n);
	if (!slice_next(&rest, ' ', &name) || !slice_is(name, key->name))
		return ERR_NOT_FOUND;
	if (rest.n > sizeof(bytes) || b64_decode_padded(rest, bytes, &n) != ERR_OK)
		return ERR_BAD_FIELD;
	if (n < ID || memcmp(bytes, key->id, ID) != 0)
		return ERR_NOT_FOUND;
	return ed25519_verify(&key->pub, text, slice_of(bytes + ID, n - ID));
}

static enum err note_check(struct slice text, struct slice lines, const struct note_key *key)
{
	struct slice line;
	enum err found = ERR_BAD_SIGNATURE;
	for (int i = 0; slice_next(&lines, '\n', &line) && line.n > 0; i++) {
		enum err e = i < LINES_MAX ? line_check(line, key, text) : ERR_BAD_FIELD;
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		if (e == ERR_OK)
			found = ERR_OK;
	}
	return found;
}

enum err checkpoint_read(
	struct slice note, const struct note_key *key, struct merkle_head *ret_head)
{
	struct slice text, lines, origin, size, root;
	struct merkle_head head;
	uint8_t bytes[64];
	size_t n = 0;
	if (!note_split(note, &text, &lines))
		return ERR_BAD_FIELD;
	TRY(note_check(text, lines, key));
	if (!slice_next(&text, '\n', &origin) || !slice_next(&text, '\n', &size) ||
		!slice_next(&text, '\n', &root))
		return ERR_BAD_FIELD;
	if (!slice_is(origin, key->name) || !num_parse_u64(size, INT64_MAX, &head.size) ||
		root.n > b64_text_size(sizeof(bytes)))
		return ERR_BAD_FIELD;
	TRY(b64_decode_padded(root, bytes, &n));
	if (n != sizeof(head.root.b))
		return ERR_BAD_FIELD;
	memcpy(head.root.b, bytes, n);
	*ret_head = head;
	return ERR_OK;
}
