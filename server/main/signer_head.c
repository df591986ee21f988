/* What the signer knows without the database: its key, and of each log the last checkpoint that it
 * signed. That file is the memory against which the database is held; it is replaced by renaming a
 * whole new one over it, and on disk before anybody hears of the new head. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "keys/file.h"
#include "main/signer.h"

enum { ID_TEXT = 22, NAME = 64 };
#define KEY_FILE "log.key"

enum err signer_key_make(const char *dir)
{
	struct file_name name;
	struct hash seed;
	TRY(file_name_make(dir, KEY_FILE, &name));
	crypt_random(seed.b, sizeof(seed.b));
	enum err e = file_write(name.text, hash_slice(&seed), true);
	crypt_wipe(&seed, sizeof(seed));
	return e == ERR_CONFLICT ? ERR_OK : e;
}

enum err signer_key_load(const char *dir, struct hash *ret_seed)
{
	struct file_name name;
	AUTO(buf_wipe) struct buf bytes = BUF_MAX(sizeof(*ret_seed));
	TRY(file_name_make(dir, KEY_FILE, &name));
	TRY(file_read(name.text, &bytes));
	if (bytes.n != sizeof(ret_seed->b))
		return ERR_BAD_FIELD;
	memcpy(ret_seed->b, bytes.p, sizeof(ret_seed->b));
	return ERR_OK;
}

/* "directory", or the organisation's id. */
static void log_word(const struct id *log, char ret[static NAME])
{
	memset(ret, 0, NAME);
	if (id_is_zero(log))
		memcpy(ret, "directory", sizeof("directory"));
	else
		b64_encode(id_slice(log), ret);
}

enum err signer_log_key(
	const struct signer_parts *parts, const struct id *log, struct note_key *ret_key)
{
	char word[NAME];
	AUTO(buf) struct buf name = BUF_MAX(NOTE_NAME_MAX);
	struct hash pub = ed25519_public(&parts->seed);
	log_word(log, word);
	buf_addf(&name, "%s/%s", parts->origin, word);
	TRY(buf_check(&name));
	return note_key_make(buf_slice(&name), &pub, ret_key);
}

static enum err head_name(
	const char *dir, const struct id *log, const char *ending, struct file_name *ret)
{
	char word[NAME], name[2 * NAME];
	log_word(log, word);
	(void)snprintf(name, sizeof(name), "%s.%s", word, ending);
	return file_name_make(dir, name, ret);
}

enum err head_load(const char *dir, const struct id *log, const struct note_key *key,
	struct merkle_head *ret_head, struct buf *ret_note)
{
	struct file_name name;
	TRY(head_name(dir, log, "note", &name));
	TRY(file_read(name.text, ret_note));
	return checkpoint_read(buf_slice(ret_note), key, ret_head);
}

static bool directory_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

enum err head_store(const char *dir, const struct id *log, struct slice note)
{
	struct file_name name, fresh;
	TRY(head_name(dir, log, "note", &name));
	TRY(head_name(dir, log, "new", &fresh));
	/* One that was left half when the process was killed. */
	if (unlink(fresh.text) != 0 && errno != ENOENT)
		return ERR_INTERNAL;
	TRY(file_write(fresh.text, note, false));
	if (rename(fresh.text, name.text) != 0 || !directory_sync(dir))
		return ERR_INTERNAL;
	return ERR_OK;
}
