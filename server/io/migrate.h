#pragma once
#include "base/err.h"

/* Applies directory/NNNN_name.sql in order, each in its own transaction, under an advisory lock, as
 * the owner; records name and SHA-256 and refuses when a recorded file has changed or disappeared,
 * unless it was applied after all of these: then a later release was here. A file for which
 * somebody holds a lock is tried again and again; ERR_BUSY after some ten minutes. Blocks: only for
 * the migrate role. Says what it does through the log. */
MUST enum err migrate_apply(const char *conninfo, const char *directory);
/* Puts directory/(name).json, the assignment templates that come with Luotsi, into the library:
 * those that are new there, and newer versions of those that are. As the owner, after
 * migrate_apply; blocks. */
MUST enum err migrate_templates(const char *conninfo, const char *directory);
