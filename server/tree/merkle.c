/* RFC 6962 trees. Proofs are read after RFC 9162, sections 2.1.3.2 and 2.1.4.2: the numbers of the
 * place say at each hash whether it stands left or right, and nothing may be left over. */
#include "tree/merkle.h"

#include "base/crypt.h"
#include "base/mem.h"

enum { WHOLE_MAX = 256 };

struct hash merkle_empty(void)
{
	return crypt_sha256(SLICE_NONE);
}

struct hash merkle_leaf(struct slice entry)
{
	const struct slice parts[] = {slice_of("\0", 1), entry};
	return crypt_sha256_parts(parts, 2);
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
	uint8_t bytes[1 + 2 * sizeof(struct hash)] = {1};
	memcpy(bytes + 1, left->b, sizeof(left->b));
	memcpy(bytes + 1 + sizeof(left->b), right->b, sizeof(right->b));
	return crypt_sha256(slice_of(bytes, sizeof(bytes)));
}

struct hash merkle_whole(const struct hash *hashes, size_t n)
{
	struct hash row[WHOLE_MAX];
	ASSERT(n > 0 && n <= WHOLE_MAX && (n & (n - 1)) == 0);
	memcpy(row, hashes, n * sizeof(*hashes));
	for (; n > 1; n /= 2) {
		for (size_t i = 0; i < n / 2; i++)
			row[i] = merkle_node(&row[2 * i], &row[2 * i + 1]);
	}
	return row[0];
}

enum err merkle_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
	const struct merkle_proof *proof, const struct hash *root)
{
	if (index >= size)
		return ERR_BAD_ENTRY;
	uint64_t place = index, last = size - 1;
	struct hash h = *leaf;
	for (size_t i = 0; i < proof->n; i++) {
		if (last == 0)
			return ERR_BAD_ENTRY;
		if (place % 2 == 1 || place == last) {
			h = merkle_node(&proof->hashes[i], &h);
			/* On the right edge there are levels without a neighbour. */
			for (; place % 2 == 0 && place != 0; place /= 2)
				last /= 2;
		} else {
			h = merkle_node(&h, &proof->hashes[i]);
		}
		place /= 2;
		last /= 2;
	}
	return last == 0 && hash_equal(&h, root) ? ERR_OK : ERR_BAD_ENTRY;
}

/* Both heads are hashed up from the same hashes: what the older tree has of them, and all. */
struct climb {
	uint64_t place, last;
	struct hash older, newer;
};

static bool climb_by(struct climb *c, const struct hash *h)
{
	if (c->last == 0)
		return false;
	if (c->place % 2 == 1 || c->place == c->last) {
		c->older = merkle_node(h, &c->older);
		c->newer = merkle_node(h, &c->newer);
		for (; c->place % 2 == 0 && c->place != 0; c->place /= 2)
			c->last /= 2;
	} else {
		c->newer = merkle_node(&c->newer, h);
	}
	c->place /= 2;
	c->last /= 2;
	return true;
}

enum err merkle_verify_consistency(const struct merkle_head *older, const struct merkle_head *newer,
	const struct merkle_proof *proof)
{
	if (older->size > newer->size)
		return ERR_BAD_ENTRY;
	if (older->size == newer->size)
		return proof->n == 0 && hash_equal(&older->root, &newer->root) ? ERR_OK
									       : ERR_BAD_ENTRY;
	if (older->size == 0) {
		struct hash empty = merkle_empty();
		return proof->n == 0 && hash_equal(&older->root, &empty) ? ERR_OK : ERR_BAD_ENTRY;
	}
	bool whole = (older->size & (older->size - 1)) == 0;
	if (!whole && proof->n == 0)
		return ERR_BAD_ENTRY;
	struct climb c = {.place = older->size - 1, .last = newer->size - 1};
	c.older = c.newer = whole ? older->root : proof->hashes[0];
	for (; c.place % 2 == 1; c.place /= 2)
		c.last /= 2;
	for (size_t i = whole ? 0 : 1; i < proof->n; i++) {
		if (!climb_by(&c, &proof->hashes[i]))
			return ERR_BAD_ENTRY;
	}
	bool good = c.last == 0 && hash_equal(&c.older, &older->root) &&
		    hash_equal(&c.newer, &newer->root);
	return good ? ERR_OK : ERR_BAD_ENTRY;
}
