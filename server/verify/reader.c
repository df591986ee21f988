/* Files of tiles. The last tile of each level is kept: proofs one after another want the same ones.
 */
#include "verify/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"

enum { PATH_BYTES = 4096, HASH = 32, BUNDLE = HASH + 2, BYTES_MAX = TILE_WIDTH * BUNDLE };

struct kept {
	struct tile tile; /* width 0: none */
	struct hash hashes[TILE_WIDTH];
};

struct reader {
	const char *dir;
	struct map *listed; /* NULL: files are read */
	struct kept kept[TILE_LEVELS];
};

struct reader *reader_new(const char *dir, bool list)
{
	struct reader *r = MEM_NEW(struct reader);
	r->dir = dir;
	r->listed = list ? map_new() : NULL;
	return r;
}

void reader_free(struct reader **reader)
{
	if (*reader && (*reader)->listed)
		map_free(&(*reader)->listed);
	mem_free(*reader);
	*reader = NULL;
}

bool reader_lists(const struct reader *reader)
{
	return reader->listed != NULL;
}

static bool read_all(int fd, struct buf *ret)
{
	uint8_t piece[65536];
	ssize_t n;
	while ((n = read(fd, piece, sizeof(piece))) > 0 && buf_check(ret) == ERR_OK)
		buf_add(ret, slice_of(piece, (size_t)n));
	return n == 0 && buf_check(ret) == ERR_OK;
}

enum err reader_file(const char *name, size_t max, struct buf *ret)
{
	bool standard = strcmp(name, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	*ret = (struct buf)BUF_MAX(max);
	bool good = fd >= 0 && read_all(fd, ret);
	if (fd >= 0 && !standard)
		close(fd);
	if (!good)
		fprintf(stderr, "%s cannot be read, or is longer than %zu bytes.\n", name, max);
	return good ? ERR_OK : ERR_NOT_FOUND;
}

static int tile_open(const struct reader *r, const struct tile *tile)
{
	AUTO(buf) struct buf path = BUF_MAX(PATH_BYTES);
	buf_addf(&path, "%s/", r->dir);
	tile_path(tile, &path);
	return buf_check(&path) == ERR_OK ? open(buf_text(&path), O_RDONLY | O_CLOEXEC) : -1;
}

/* The first bytes of a tile, or of the whole one when the narrow one is not there any more. */
static enum err tile_bytes(
	const struct reader *r, const struct tile *tile, size_t each, uint8_t *ret)
{
	struct tile whole = *tile;
	whole.width = TILE_WIDTH;
	int fd = tile_open(r, tile);
	if (fd < 0)
		fd = tile_open(r, &whole);
	AUTO(buf) struct buf bytes = BUF_MAX(BYTES_MAX);
	bool good = fd >= 0 && read_all(fd, &bytes) && bytes.n >= tile->width * each;
	if (good)
		memcpy(ret, bytes.p, tile->width * each);
	else {
		AUTO(buf) struct buf path = BUF_MAX(PATH_BYTES);
		tile_path(tile, &path);
		fprintf(stderr, "%s/%s is not there, or too short.\n", r->dir, buf_text(&path));
	}
	if (fd >= 0)
		close(fd);
	return good ? ERR_OK : ERR_NOT_FOUND;
}

static void tile_list(struct reader *r, const struct tile *tile)
{
	AUTO(buf) struct buf path = BUF_MAX(PATH_BYTES);
	tile_path(tile, &path);
	if (map_put(r->listed, buf_slice(&path), r) == NULL)
		printf("%s\n", buf_text(&path));
}

static enum err hashes_read(void *ctx, const struct tile *tile, struct hash *ret)
{
	struct reader *r = ctx;
	struct kept *kept = &r->kept[tile->level];
	if (r->listed) {
		tile_list(r, tile);
		memset(ret, 0, tile->width * sizeof(*ret));
		return ERR_OK;
	}
	if (kept->tile.width != tile->width || kept->tile.n != tile->n) {
		kept->tile.width = 0;
		TRY(tile_bytes(r, tile, HASH, kept->hashes[0].b));
		kept->tile = *tile;
	}
	memcpy(ret, kept->hashes, tile->width * sizeof(*ret));
	return ERR_OK;
}

struct tile_source reader_source(struct reader *reader)
{
	return (struct tile_source){hashes_read, reader};
}

enum err reader_leaves(struct reader *reader, const struct tile *tile, struct hash *ret)
{
	uint8_t bytes[BYTES_MAX];
	if (reader->listed) {
		tile_list(reader, tile);
		return ERR_OK;
	}
	TRY(tile_bytes(reader, tile, BUNDLE, bytes));
	for (unsigned i = 0; i < tile->width; i++) {
		if (num_get_u16(bytes + i * BUNDLE) != HASH) {
			fprintf(stderr, "leaf %llu is not 32 bytes long.\n",
				(unsigned long long)(tile->n * TILE_WIDTH + i));
			return ERR_BAD_ENTRY;
		}
		memcpy(ret[i].b, bytes + i * BUNDLE + 2, HASH);
	}
	return ERR_OK;
}
