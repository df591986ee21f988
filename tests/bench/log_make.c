/* A log of any size in files, as a web server would offer it: tiles, leaves, and signed heads of
 * the sizes that are named, the last one the largest. For measuring luotsi-verify, and for trying
 * it. log_make DIR SIZE...      writes DIR/tile/..., DIR/<size>.note, prints the key */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/crypt.h"
#include "base/num.h"
#include "tree/edge.h"
#include "tree/note.h"

enum { PATH_BYTES = 4096, HASH = 32 };

static const char *directory;

static void put(const char *path, struct slice bytes)
{
	char part[PATH_BYTES];
	for (const char *at = path; (at = strchr(at + 1, '/'));) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		(void)mkdir(part, 0755);
	}
	FILE *f = fopen(path, "we");
	if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void keep(void *ctx, const struct tile *tile, const struct hash *hashes)
{
	(void)ctx;
	struct buf path = BUF_MAX(PATH_BYTES), bytes = BUF_MAX(1 << 20);
	buf_addf(&path, "%s/", directory);
	tile_path(tile, &path);
	for (unsigned i = 0; i < tile->width; i++) {
		if (tile->level == TILE_ENTRIES)
			buf_add_u16(&bytes, HASH);
		buf_add(&bytes, hash_slice(&hashes[i]));
	}
	put(buf_text(&path), buf_slice(&bytes));
	buf_done(&path);
	buf_done(&bytes);
}

static void put_note(const struct note_key *key, const struct hash *seed, struct edge *edge)
{
	struct buf note = BUF_MAX(NOTE_MAX), path = BUF_MAX(PATH_BYTES);
	struct merkle_head head = {edge_size(edge), edge_root(edge)};
	checkpoint_write(key, seed, &head, &note);
	buf_addf(&path, "%s/%llu.note", directory, (unsigned long long)head.size);
	put(buf_text(&path), buf_slice(&note));
	buf_done(&path);
	buf_done(&note);
}

int main(int argc, char **argv)
{
	struct hash seed = crypt_sha256(SLICE_LIT("luotsi bench log")), pub = ed25519_public(&seed);
	struct note_key key;
	if (argc < 3 || note_key_make(SLICE_LIT("bench.example/log"), &pub, &key) != ERR_OK)
		return 64;
	directory = argv[1];
	struct edge_sink sink = {keep, NULL};
	struct edge *edge = edge_new(0);
	for (int i = 2; i < argc; i++) {
		uint64_t size = 0;
		if (!num_parse_u64(slice_text(argv[i]), INT64_MAX, &size))
			return 64;
		for (uint64_t n = edge_size(edge); n < size; n++) {
			struct hash leaf = crypt_sha256(slice_of(&n, sizeof(n)));
			edge_append(edge, &leaf, &sink);
		}
		edge_flush(edge, &sink);
		put_note(&key, &seed, edge);
	}
	edge_free(&edge);
	struct buf text = BUF_MAX(NOTE_KEY_MAX);
	note_key_write(&key, &text);
	puts(buf_text(&text));
	buf_done(&text);
	return 0;
}
