#pragma once
#include "tree/note.h"
#include "tree/tile.h"

/* Tiles as files under a directory, by the paths under which a log serves them. */
struct reader;

/* With a list, nothing is read: each path that would be is printed once, and its hashes are zeroes.
 */
struct reader *reader_new(const char *dir, bool list);
void reader_free(struct reader **reader);
static inline void reader_cleanup(struct reader **reader)
{
	reader_free(reader);
}
/* For tile.h; says on stderr which file is not there, or not as long as it must be. */
struct tile_source reader_source(struct reader *reader);
/* The leaves of a tile (commitments), from their bundle. */
MUST enum err reader_leaves(struct reader *reader, const struct tile *tile, struct hash *ret);
bool reader_lists(const struct reader *reader);

/* A whole file, "-" for standard input, of at most max bytes; says what is wrong. */
MUST enum err reader_file(const char *name, size_t max, struct buf *ret);
