#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "seal/envelope.h"
#include "seal/key.h"

/* Makes the bytes that the tests of seal feed to it, right or wrong ones. */

/* A key pair; made anew in each run. */
struct signer {
	void *pkey;
	struct pub pub;
	struct hash sig_kid, enc_kid;
};

struct signer signer_new(void);
void signer_done(struct signer *signer);
/* Raw r || s, low s, over SHA-256 of the message. */
void signer_sign(const struct signer *signer, struct slice message, uint8_t ret_sig[64]);

/* An envelope field by field; what is legal is up to the test. */
struct draft {
	uint8_t kind, suite;
	struct id org, room, msg_id, sender;
	struct hash sender_kid;
	uint32_t epoch;
	uint64_t sender_seq;
	struct hash log_head;
	uint8_t n_parents;
	struct slice parents;
	uint64_t client_time_ms;
	uint16_t retention_class;
	struct slice clear, body;
	const struct signer *signer; /* NULL: the signature is 64 bytes of 0xAB */
};

/* Bytes of the arena, written with the one byte repeated. */
struct id id_of(uint8_t fill);
struct hash hash_of(uint8_t fill);
struct slice fill_of(struct arena *a, uint8_t fill, size_t n);

struct slice draft_bytes(struct arena *a, const struct draft *d);
/* With SHA-256 of the body in the body's place. */
struct slice draft_tombstone(struct arena *a, const struct draft *d);

/* A body written with these, and kept by the arena. */
#define BODY_NEW BUF_MAX(60000)
void put_id(struct buf *b, const struct id *id);
void put_hash(struct buf *b, const struct hash *hash);
void put_pub(struct buf *b, const struct pub *pub);
struct slice body_take(struct arena *a, struct buf *b);
