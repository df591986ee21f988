#pragma once
#include "base/buf.h"

/* Small files of keys and providers. */
struct file_name {
	char text[1200];
};
/* "<dir>/<name>", or "<dir><name>" when dir ends with '_': the beginning of names. ERR_TOO_LARGE
 * when it does not fit. */
MUST enum err file_name_make(const char *dir, const char *name, struct file_name *ret_name);
/* The whole file, over what ret holds; ERR_NOT_FOUND if there is none, ERR_TOO_LARGE over ret's
 * ceiling, ERR_INTERNAL when it cannot be read. */
MUST enum err file_read(const char *name, struct buf *ret);
/* A new file, whole and on the disk or not there at all: mode 0600 for a secret, else 0644;
 * ERR_CONFLICT when there is one. */
MUST enum err file_write(const char *name, struct slice bytes, bool secret);
/* Zeroes before it frees. */
void buf_wipe(struct buf *b);
static inline void buf_wipe_cleanup(struct buf *b)
{
	buf_wipe(b);
}
