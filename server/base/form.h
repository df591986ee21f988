#pragma once
#include "base/buf.h"

/* application/x-www-form-urlencoded, as far as we write it: adds name=value, behind an ampersand
 * unless it is the first in the buffer or stands behind a question mark. All but unreserved
 * characters (RFC 3986) are escaped. */
void form_add(struct buf *b, const char *name, struct slice value);
