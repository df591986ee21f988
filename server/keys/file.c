/* Files read whole and written new. What is there is never written over: a key that is gone takes
 * everything sealed under it along. */
#include "keys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crypt.h"

enum { PIECE = 4096 };

enum err file_name_make(const char *dir, const char *name, struct file_name *ret_name)
{
	struct file_name made;
	int n = snprintf(made.text, sizeof(made.text), "%s/%s", dir, name);
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

enum err file_write(const char *name, struct slice bytes, bool secret)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
	if (fd < 0)
		return errno == EEXIST ? ERR_CONFLICT : ERR_INTERNAL;
	ssize_t n = write(fd, bytes.p, bytes.n);
	bool good = n == (ssize_t)bytes.n && fsync(fd) == 0;
	if (close(fd) == 0 && good)
		return ERR_OK;
	(void)unlink(name);
	return ERR_INTERNAL;
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_done(b);
}
