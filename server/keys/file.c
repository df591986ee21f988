/* Files read whole and written new. What is there is never written over: a key that is gone takes
 * everything sealed under it along. */
#include "keys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crypt.h"

enum { PIECE = 4096 };

enum err file_name_make(const char *dir, const char *name, struct file_name *ret_name)
{
	struct file_name made;
	size_t end = strlen(dir);
	const char *between = end > 0 && dir[end - 1] == '_' ? "" : "/";
	int n = snprintf(made.text, sizeof(made.text), "%s%s%s", dir, between, name);
	if (n < 0 || (size_t)n >= sizeof(made.text))
		return ERR_TOO_LARGE;
	*ret_name = made;
	return ERR_OK;
}

enum err file_read(const char *name, struct buf *ret)
{
	uint8_t piece[PIECE];
	ssize_t n;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_INTERNAL;
	while ((n = read(fd, piece, sizeof(piece))) > 0 && buf_check(ret) == ERR_OK)
		buf_add(ret, slice_of(piece, (size_t)n));
	close(fd);
	crypt_wipe(piece, sizeof(piece));
	return n < 0 ? ERR_INTERNAL : buf_check(ret);
}

/* Under another name first: a process that is killed leaves no half of a key where a key is looked
 * for. What an earlier one has left there goes. */
static enum err part_write(const char *part, struct slice bytes, bool secret)
{
	if (unlink(part) != 0 && errno != ENOENT)
		return ERR_INTERNAL;
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
	if (fd < 0)
		return ERR_INTERNAL;
	ssize_t n = write(fd, bytes.p, bytes.n);
	bool good = n == (ssize_t)bytes.n && fsync(fd) == 0;
	if (close(fd) == 0 && good)
		return ERR_OK;
	(void)unlink(part);
	return ERR_INTERNAL;
}

static enum err directory_sync(const char *name)
{
	struct file_name dir;
	(void)snprintf(dir.text, sizeof(dir.text), "%s", name);
	char *slash = strrchr(dir.text, '/');
	if (slash)
		*slash = '\0';
	int fd = open(slash ? dir.text : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good ? ERR_OK : ERR_INTERNAL;
}

enum err file_write(const char *name, struct slice bytes, bool secret)
{
	struct file_name part;
	int n = snprintf(part.text, sizeof(part.text), "%s.part", name);
	if (n < 0 || (size_t)n >= sizeof(part.text))
		return ERR_TOO_LARGE;
	if (access(name, F_OK) == 0)
		return ERR_CONFLICT;
	TRY(part_write(part.text, bytes, secret));
	if (renameat2(AT_FDCWD, part.text, AT_FDCWD, name, RENAME_NOREPLACE) == 0)
		return directory_sync(name);
	bool there = errno == EEXIST;
	(void)unlink(part.text);
	return there ? ERR_CONFLICT : ERR_INTERNAL;
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_done(b);
}
