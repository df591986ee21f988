#pragma once
#include "base/err.h"
#include "base/id.h"

/* Merkle trees of RFC 6962, section 2.1, with SHA-256: hashing, and what a proof proves. Pure. */
enum { MERKLE_PROOF_MAX = 64 };

struct merkle_proof {
	size_t n;
	struct hash hashes[MERKLE_PROOF_MAX];
};

struct hash merkle_empty(void);
struct hash merkle_leaf(struct slice entry);
struct hash merkle_node(const struct hash *left, const struct hash *right);
/* Of 2^k hashes that are the leaves of a whole subtree; k from 0 to 8. */
struct hash merkle_whole(const struct hash *hashes, size_t n);

/* Is the leaf (its hash) at this place of the tree? ERR_BAD_ENTRY if the proof does not say so. */
MUST enum err merkle_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
	const struct merkle_proof *proof, const struct hash *root);

struct merkle_head {
	uint64_t size;
	struct hash root;
};
/* Does the newer tree begin with the older one? ERR_BAD_ENTRY if the proof does not say so. */
MUST enum err merkle_verify_consistency(const struct merkle_head *older,
	const struct merkle_head *newer, const struct merkle_proof *proof);
