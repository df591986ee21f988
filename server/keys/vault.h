#pragma once
#include "keys/wire.h"

/* The master keys: what blind indexes, sealed fields and wrapped unit keys are made with. Files
 * index.<version>.key, field.<version>.key and unit.<version>.key of 32 bytes; the newest version
 * makes, all of them read. */
struct vault;

struct field_context {
	enum keys_kind kind;
	const struct id *ids; /* the organisation first */
	size_t n;             /* 1..KEYS_CONTEXT_MAX */
};

enum { VAULT_VERSIONS_MAX = 64 };

/* On failure ret_why holds a sentence. */
MUST enum err vault_load(const char *dir, struct vault **ret_vault, struct buf *ret_why);
void vault_free(struct vault **vault);
static inline void vault_cleanup(struct vault **vault)
{
	vault_free(vault);
}
/* Version 1 of each, if there is none; with next, the version after the newest. Killed anywhere and
 * repeated, it ends as if it had not been; a rotation that was begun is finished first, and is then
 * the one. Says what it made. */
MUST enum err vault_make(const char *dir, bool next, struct buf *ret_said);

uint32_t vault_index_version(const struct vault *v);
/* HMAC-SHA-256 over the subject with the organisation's key of the newest version. */
struct hash vault_index(const struct vault *v, const struct id *org, struct slice subject);
/* The same with the version before it; false if there is none. */
bool vault_previous_index(const struct vault *v, const struct id *org, struct slice subject,
	uint32_t *ret_version, struct hash *ret_index);

/* u8 format 1 | u32 key version | nonce(12) | ciphertext | tag(16), appended. */
void vault_seal(const struct vault *v, const struct field_context *context, struct slice plain,
	struct buf *ret);
/* ERR_BAD_FIELD: other kind, context, key or bytes. */
MUST enum err vault_open(const struct vault *v, const struct field_context *context,
	struct slice sealed, struct buf *ret);

/* The same of the key of a retention unit of an organisation, under a master key of its own: always
 * KEYS_UNIT_WRAPPED bytes. ref: KEYS_UNIT_REF bytes. */
void vault_wrap_unit(const struct vault *v, const struct id *org, struct slice ref,
	const struct hash *key, struct buf *ret);
MUST enum err vault_open_unit(const struct vault *v, const struct id *org, struct slice ref,
	struct slice wrapped, struct hash *ret_key);
