#pragma once
#include "base/id.h"
#include "seal/reader.h"

/* A public key as it stands in the formats: an uncompressed P-256 point. */
struct pub {
	uint8_t b[65];
};

static inline struct slice pub_slice(const struct pub *pub)
{
	return slice_of(pub->b, sizeof(pub->b));
}
/* Begins with 0x04 and is on the curve, else the reader is bad. */
struct pub reader_pub(struct reader *r);
/* The names of a key as a signing and as an encryption key. */
struct hash kid_sig(const struct pub *pub);
struct hash kid_enc(const struct pub *pub);
/* sig64 over the message under this key; false for a key that is none. */
bool pub_verifies(const struct pub *pub, struct slice message, struct slice sig64);
/* The same over a SHA-256 digest that is already there. */
bool pub_verifies_digest(const struct pub *pub, const struct hash *digest, struct slice sig64);
