/* Merkle trees, tiles and checkpoints: the published vectors (RFC 6962's reference leaves of
 * Certificate Transparency, C2SP's and Go's signed notes), and every size up to some hundreds
 * against the definitions of the RFC, written down here once more as they stand there. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "tree/edge.h"
#include "tree/note.h"
#include "unit.h"

enum { N = 700, STORE = 8 };

static struct hash of_hex(const char *hex)
{
	struct hash h;
	assert_int_equal(strlen(hex), 64);
	for (size_t i = 0; i < sizeof(h.b); i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
		h.b[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return h;
}

static void assert_hash(const struct hash *a, const struct hash *b)
{
	assert_memory_equal(a->b, b->b, sizeof(a->b));
}

/* --- the definitions --- */

static size_t split(size_t n)
{
	size_t k = 1;
	while (2 * k < n)
		k *= 2;
	return k;
}

static struct hash mth(const struct hash *leaves, size_t n)
{
	if (n == 0)
		return merkle_empty();
	if (n == 1)
		return leaves[0];
	size_t k = split(n);
	struct hash left = mth(leaves, k), right = mth(leaves + k, n - k);
	return merkle_node(&left, &right);
}

static void path(size_t m, const struct hash *leaves, size_t n, struct merkle_proof *to)
{
	if (n == 1)
		return;
	size_t k = split(n);
	if (m < k) {
		path(m, leaves, k, to);
		to->hashes[to->n++] = mth(leaves + k, n - k);
	} else {
		path(m - k, leaves + k, n - k, to);
		to->hashes[to->n++] = mth(leaves, k);
	}
}

static void subproof(
	size_t m, const struct hash *leaves, size_t n, bool known, struct merkle_proof *to)
{
	if (m == n) {
		if (!known)
			to->hashes[to->n++] = mth(leaves, n);
		return;
	}
	size_t k = split(n);
	if (m <= k) {
		subproof(m, leaves, k, known, to);
		to->hashes[to->n++] = mth(leaves + k, n - k);
	} else {
		subproof(m - k, leaves + k, n - k, false, to);
		to->hashes[to->n++] = mth(leaves, k);
	}
}

/* --- a store of tiles --- */

struct store {
	struct hash entries[N], leaves[N];
	struct hash tiles[TILE_LEVELS][STORE][TILE_WIDTH];
	unsigned widths[TILE_LEVELS][STORE];
	unsigned n_read;
};

static void keep(void *ctx, const struct tile *tile, const struct hash *hashes)
{
	struct store *s = ctx;
	assert_true(tile->n < STORE);
	if (tile->level == TILE_ENTRIES)
		return;
	memcpy(s->tiles[tile->level][tile->n], hashes, tile->width * sizeof(*hashes));
	s->widths[tile->level][tile->n] = tile->width;
}

static enum err fetch(void *ctx, const struct tile *tile, struct hash *ret)
{
	struct store *s = ctx;
	if (tile->n >= STORE || s->widths[tile->level][tile->n] < tile->width)
		return ERR_NOT_FOUND;
	s->n_read++;
	memcpy(ret, s->tiles[tile->level][tile->n], tile->width * sizeof(*ret));
	return ERR_OK;
}

static struct store *filled(void)
{
	struct store *s = MEM_NEW(struct store);
	struct edge_sink sink = {keep, s};
	AUTO(edge) struct edge *edge = edge_new(0);
	for (uint32_t i = 0; i < N; i++) {
		s->entries[i] = crypt_sha256(slice_of(&i, sizeof(i)));
		s->leaves[i] = merkle_leaf(hash_slice(&s->entries[i]));
		edge_append(edge, &s->entries[i], &sink);
	}
	edge_flush(edge, &sink);
	return s;
}

/* --- vectors --- */

static const struct {
	struct slice entry;
	const char *root;
} reference[] = {
	{SLICE_NONE, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	{SLICE_LIT("\x00"), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	{SLICE_LIT("\x10"), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	{SLICE_LIT("\x20\x21"), "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	{SLICE_LIT("\x30\x31"), "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	{SLICE_LIT("\x40\x41\x42\x43"),
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	{SLICE_LIT("\x50\x51\x52\x53\x54\x55\x56\x57"),
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	{SLICE_LIT("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};
enum { REFERENCE = sizeof(reference) / sizeof(reference[0]) };

static void the_empty_tree_has_the_hash_of_nothing(void **state)
{
	(void)state;
	struct hash empty = merkle_empty(), known = of_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e"
							   "4649b934ca495991b7852b855");
	assert_hash(&empty, &known);
	AUTO(edge) struct edge *edge = edge_new(0);
	empty = edge_root(edge);
	assert_hash(&empty, &known);
}

static void the_reference_leaves_have_the_reference_roots(void **state)
{
	(void)state;
	struct hash leaves[REFERENCE];
	for (size_t i = 0; i < REFERENCE; i++) {
		leaves[i] = merkle_leaf(reference[i].entry);
		struct hash root = mth(leaves, i + 1), known = of_hex(reference[i].root);
		assert_hash(&root, &known);
	}
	struct hash root = merkle_whole(leaves, REFERENCE), known = of_hex(reference[7].root);
	assert_hash(&root, &known);
}

/* Of Certificate Transparency's reference implementation: leaf 6 of 8, and from 6 to 8. */
static void the_reference_proofs_hold(void **state)
{
	(void)state;
	struct merkle_proof inclusion = {3,
		{of_hex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
			of_hex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
			of_hex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
			       "7")}};
	struct hash leaf = merkle_leaf(reference[5].entry);
	struct merkle_head eight = {8, of_hex(reference[7].root)};
	assert_ok(merkle_verify_inclusion(5, 8, &leaf, &inclusion, &eight.root));
	assert_err(merkle_verify_inclusion(6, 8, &leaf, &inclusion, &eight.root), ERR_BAD_ENTRY);
	struct merkle_head six = {6, of_hex(reference[5].root)};
	struct merkle_proof consistency = {3,
		{of_hex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
			of_hex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
			of_hex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
			       "7")}};
	assert_ok(merkle_verify_consistency(&six, &eight, &consistency));
}

/* --- against the definitions --- */

static const size_t sizes[] = {
	1, 2, 3, 7, 8, 9, 63, 64, 65, 255, 256, 257, 300, 511, 512, 513, 600, 699, N};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void tiles_prove_every_leaf_of_every_size(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	struct tile_source source = {fetch, s};
	for (size_t i = 0; i < SIZES; i++) {
		struct hash root, leaf, known = mth(s->leaves, sizes[i]);
		assert_ok(tile_root(&source, sizes[i], &root));
		assert_hash(&root, &known);
		for (size_t m = 0; m < sizes[i]; m += 1 + m % 7) {
			struct merkle_proof proof, same = {0};
			path(m, s->leaves, sizes[i], &same);
			assert_ok(tile_inclusion(&source, sizes[i], m, &proof));
			assert_int_equal(proof.n, same.n);
			assert_memory_equal(proof.hashes, same.hashes, same.n * 32);
			assert_ok(tile_leaf(&source, sizes[i], m, &leaf));
			assert_hash(&leaf, &s->leaves[m]);
			assert_ok(merkle_verify_inclusion(m, sizes[i], &leaf, &proof, &root));
			leaf.b[m % 32] ^= 1;
			assert_err(merkle_verify_inclusion(m, sizes[i], &leaf, &proof, &root),
				ERR_BAD_ENTRY);
		}
		assert_err(tile_inclusion(&source, sizes[i], sizes[i], &(struct merkle_proof){0}),
			ERR_NOT_FOUND);
	}
}

static void tiles_prove_that_every_size_begins_with_every_smaller_one(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	struct tile_source source = {fetch, s};
	for (size_t i = 0; i < SIZES; i++) {
		struct merkle_head newer = {sizes[i], mth(s->leaves, sizes[i])};
		for (size_t m = 0; m <= sizes[i]; m += m < 20 ? 1 : 3) {
			struct merkle_head older = {m, mth(s->leaves, m)};
			struct merkle_proof proof, same = {0};
			if (m > 0 && m < sizes[i])
				subproof(m, s->leaves, sizes[i], true, &same);
			assert_ok(tile_consistency(&source, m, sizes[i], &proof));
			assert_int_equal(proof.n, same.n);
			assert_memory_equal(proof.hashes, same.hashes, same.n * 32);
			assert_ok(merkle_verify_consistency(&older, &newer, &proof));
			older.root.b[0] ^= 1;
			assert_err(
				merkle_verify_consistency(&older, &newer, &proof), ERR_BAD_ENTRY);
		}
	}
}

static void a_proof_with_one_hash_more_less_or_other_is_refused(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	struct tile_source source = {fetch, s};
	struct merkle_head older = {300, mth(s->leaves, 300)}, newer = {N, mth(s->leaves, N)};
	struct merkle_proof good, bad;
	assert_ok(tile_consistency(&source, 300, N, &good));
	for (size_t i = 0; i < good.n; i++) {
		bad = good;
		bad.hashes[i].b[31] ^= 0x80;
		assert_err(merkle_verify_consistency(&older, &newer, &bad), ERR_BAD_ENTRY);
	}
	bad = good;
	bad.n--;
	assert_err(merkle_verify_consistency(&older, &newer, &bad), ERR_BAD_ENTRY);
	bad.n = good.n + 1;
	assert_err(merkle_verify_consistency(&older, &newer, &bad), ERR_BAD_ENTRY);
	assert_err(merkle_verify_consistency(&newer, &older, &good), ERR_BAD_ENTRY);
}

/* What another tree of the same size says, however it came to be: changed, removed, reordered. */
static void a_rewritten_tree_is_not_consistent(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	struct tile_source source = {fetch, s};
	struct merkle_head older = {600, mth(s->leaves, 600)};
	struct hash a = s->leaves[100];
	s->leaves[100] = s->leaves[101];
	s->leaves[101] = a;
	struct merkle_head newer = {N, mth(s->leaves, N)};
	struct merkle_proof proof = {0};
	subproof(600, s->leaves, N, true, &proof);
	assert_err(merkle_verify_consistency(&older, &newer, &proof), ERR_BAD_ENTRY);
	assert_ok(tile_consistency(&source, 600, N, &proof));
	assert_err(merkle_verify_consistency(&older, &newer, &proof), ERR_BAD_ENTRY);
}

static void a_proof_reads_tiles_and_not_leaves(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	struct tile_source source = {fetch, s};
	struct merkle_proof proof;
	assert_ok(tile_consistency(&source, 512, N, &proof));
	assert_in_range(s->n_read, 1, 8);
	s->widths[0][2] = 0;
	assert_err(tile_consistency(&source, 600, N, &proof), ERR_NOT_FOUND);
}

static void an_edge_goes_on_where_another_one_stopped(void **state)
{
	(void)state;
	AUTO(mem) struct store *s = filled();
	AUTO(mem) struct store *t = MEM_NEW(struct store);
	struct edge_sink sink = {keep, t};
	for (size_t from = 0; from < N; from += 61) {
		AUTO(edge) struct edge *edge = edge_new(from);
		struct tile tile;
		for (int level = TILE_ENTRIES; edge_next(edge, &level, &tile);)
			edge_put(edge, &tile,
				tile.level == TILE_ENTRIES ? &s->entries[tile.n * TILE_WIDTH]
							   : s->tiles[tile.level][tile.n]);
		struct hash root = edge_root(edge), known = mth(s->leaves, from);
		assert_hash(&root, &known);
		for (size_t i = from; i < N; i++)
			edge_append(edge, &s->entries[i], &sink);
		edge_flush(edge, &sink);
		root = edge_root(edge);
		known = mth(s->leaves, N);
		assert_hash(&root, &known);
		assert_int_equal(edge_size(edge), N);
		struct tile_source source = {fetch, t};
		if (from == 0)
			assert_ok(tile_root(&source, N, &root));
		assert_hash(&root, &known);
	}
}

/* --- paths --- */

static void assert_path(int level, uint64_t n, unsigned width, const char *text)
{
	struct tile tile = {level, n, width}, same;
	AUTO(buf) struct buf b = BUF_MAX(128);
	tile_path(&tile, &b);
	assert_string_equal(buf_text(&b), text);
	assert_true(tile_parse(slice_text(text), &same));
	assert_true(same.level == level && same.n == n && same.width == width);
}

static void tiles_have_the_paths_of_the_specification(void **state)
{
	(void)state;
	assert_path(0, 0, 256, "tile/0/000");
	assert_path(2, 1234067, 256, "tile/2/x001/x234/067");
	assert_path(7, 67, 5, "tile/7/067.p/5");
	assert_path(TILE_ENTRIES, 1000, 255, "tile/entries/x001/000.p/255");
	assert_path(TILE_ENTRIES, 999, 256, "tile/entries/999");
}

static void another_spelling_of_a_path_is_none(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "tile", "tile/0", "tile/0/", "tile/0/0",
		"tile/00/000", "tile/8/000", "tile/-1/000", "tile/0/x000/001", "tile/0/001/002",
		"tile/0/x001", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000/", "tile/0/000.q/1", "tile/0/00a",
		"tile/Entries/000", "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "/tile/0/000",
		"tile//000", "tile/0/000.p/1/2", "tile/0/..", "tile/0/x00/001"};
	struct tile tile;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(tile_parse(slice_text(bad[i]), &tile));
}

static void a_size_has_the_partial_tiles_of_the_specification(void **state)
{
	(void)state;
	struct tile tile;
	assert_true(tile_last(70000, 0, &tile));
	assert_true(tile.n == 273 && tile.width == 112);
	assert_true(tile_last(70000, 1, &tile));
	assert_true(tile.n == 1 && tile.width == 17);
	assert_true(tile_last(70000, 2, &tile));
	assert_true(tile.n == 0 && tile.width == 1);
	assert_false(tile_last(70000, 3, &tile));
	assert_false(tile_last(256, 0, &tile));
	assert_true(tile_last(256, 1, &tile));
}

/* --- notes --- */

/* RFC 8032, section 7.1, test 2. */
static void ed25519_knows_the_vector_of_rfc8032(void **state)
{
	(void)state;
	struct hash seed =
		of_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
	struct hash pub = ed25519_public(&seed);
	struct hash known =
		of_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
	assert_hash(&pub, &known);
	uint8_t sig[64];
	ed25519_sign(&seed, SLICE_LIT("\x72"), sig);
	struct hash half =
		of_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da");
	assert_memory_equal(sig, half.b, 32);
	assert_ok(ed25519_verify(&pub, SLICE_LIT("\x72"), slice_of(sig, 64)));
	assert_err(ed25519_verify(&pub, SLICE_LIT("\x73"), slice_of(sig, 64)), ERR_BAD_SIGNATURE);
	assert_err(ed25519_verify(&pub, SLICE_LIT("\x72"), slice_of(sig, 63)), ERR_BAD_SIGNATURE);
}

/* The key of the documentation of Go's sumdb/note. */
static const char gos_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static void a_key_has_one_way_of_being_written(void **state)
{
	(void)state;
	struct note_key key;
	AUTO(buf) struct buf b = BUF_MAX(NOTE_KEY_MAX);
	assert_ok(note_key_parse(slice_text(gos_key), &key));
	assert_string_equal(key.name, "PeterNeumann");
	note_key_write(&key, &b);
	assert_string_equal(buf_text(&b), gos_key);
	static const char *const bad[] = {"", "PeterNeumann", "PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq_LDE4izWy10TW",
		"PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10=="};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(note_key_parse(slice_text(bad[i]), &key), ERR_BAD_FIELD);
}

/* Its text is no checkpoint: ERR_BAD_FIELD says that the signature was good. */
static void a_note_of_go_is_believed_and_is_no_checkpoint(void **state)
{
	(void)state;
	static const char note[] =
		"If you think cryptography is the answer to your problem,\n"
		"then you don't know what your problem is.\n\n"
		"\xe2\x80\x94 PeterNeumann "
		"x08go/ZJkuBS9UG/"
		"SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw"
		"JnAM=\n";
	struct note_key key;
	struct merkle_head head;
	char other[sizeof(note)];
	assert_ok(note_key_parse(slice_text(gos_key), &key));
	assert_err(checkpoint_read(slice_text(note), &key, &head), ERR_BAD_FIELD);
	for (size_t i = 0; i < 90; i++) {
		memcpy(other, note, sizeof(note));
		other[i] ^= 1;
		assert_err(checkpoint_read(slice_text(other), &key, &head), ERR_BAD_SIGNATURE);
	}
}

static struct note_key own_key(struct hash *ret_seed)
{
	struct note_key key;
	*ret_seed = crypt_sha256(SLICE_LIT("a seed"));
	struct hash pub = ed25519_public(ret_seed);
	assert_ok(note_key_make(SLICE_LIT("luotsi.example/api/log/directory"), &pub, &key));
	return key;
}

static void a_checkpoint_is_read_as_it_was_written(void **state)
{
	(void)state;
	struct hash seed;
	struct note_key key = own_key(&seed);
	struct merkle_head head = {20000000, crypt_sha256(SLICE_LIT("root"))}, same;
	AUTO(buf) struct buf note = BUF_MAX(NOTE_MAX);
	checkpoint_write(&key, &seed, &head, &note);
	assert_ok(checkpoint_read(buf_slice(&note), &key, &same));
	assert_int_equal(same.size, head.size);
	assert_hash(&same.root, &head.root);
	/* Another's signature beside it changes nothing; one of ours that is wrong does. */
	buf_add_text(&note, "\xe2\x80\x94 witness.example AAAAAAAA\n");
	assert_ok(checkpoint_read(buf_slice(&note), &key, &same));
	for (size_t i = 0; i < note.n - 34; i++) {
		note.p[i] ^= 4;
		assert_int_not_equal(checkpoint_read(buf_slice(&note), &key, &same), ERR_OK);
		note.p[i] ^= 4;
	}
	assert_ok(checkpoint_read(buf_slice(&note), &key, &same));
	assert_int_not_equal(
		checkpoint_read(slice_part(buf_slice(&note), 0, note.n - 1), &key, &same), ERR_OK);
}

static void another_keys_checkpoint_is_not_believed(void **state)
{
	(void)state;
	struct hash seed, other = crypt_sha256(SLICE_LIT("another"));
	struct note_key key = own_key(&seed), same_name;
	struct merkle_head head = {1, {{0}}}, same;
	struct hash pub = ed25519_public(&other);
	assert_ok(note_key_make(slice_text(key.name), &pub, &same_name));
	AUTO(buf) struct buf note = BUF_MAX(NOTE_MAX);
	checkpoint_write(&same_name, &other, &head, &note);
	assert_err(checkpoint_read(buf_slice(&note), &key, &same), ERR_BAD_SIGNATURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_empty_tree_has_the_hash_of_nothing),
		T(the_reference_leaves_have_the_reference_roots),
		T(the_reference_proofs_hold),
		T(tiles_prove_every_leaf_of_every_size),
		T(tiles_prove_that_every_size_begins_with_every_smaller_one),
		T(a_proof_with_one_hash_more_less_or_other_is_refused),
		T(a_rewritten_tree_is_not_consistent),
		T(a_proof_reads_tiles_and_not_leaves),
		T(an_edge_goes_on_where_another_one_stopped),
		T(tiles_have_the_paths_of_the_specification),
		T(another_spelling_of_a_path_is_none),
		T(a_size_has_the_partial_tiles_of_the_specification),
		T(ed25519_knows_the_vector_of_rfc8032),
		T(a_key_has_one_way_of_being_written),
		T(a_note_of_go_is_believed_and_is_no_checkpoint),
		T(a_checkpoint_is_read_as_it_was_written),
		T(another_keys_checkpoint_is_not_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
