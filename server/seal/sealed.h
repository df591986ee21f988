#pragma once
#include "base/id.h"

/* The lengths that SEAL can have (proto/FORMAT.md, section 2): the server stores sealed bytes that
 * it cannot read, and the length is all that it can check. */

/* SEAL of p bytes. */
size_t sealed_size(size_t p);
/* SEAL of a plaintext that was padded to 256, 512, ... 65,536 bytes: messages, receipts, the bundle
 * of keys, a user's state, drafts. */
bool sealed_size_is_padded(size_t size);
/* A file goes in parts of 64 chunks; the first also carries the prefix of SEAL (section 12). */
#define SEALED_PART_SIZE 1049600u
/* Whether SEAL makes this length of anything. */
bool sealed_size_is_possible(uint64_t size);
/* The sealed part of an invitation: a name of at most 255 bytes with its keys. */
bool sealed_invite_fits(size_t size);
/* How an invitation's token is stored and looked up. */
struct hash invite_token_hash(struct slice token);
