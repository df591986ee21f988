/* The master keys. The key of an organisation's index is derived, never stored: who has one
 * organisation's index cannot join it with another's. The code space is small, so that these keys
 * are its whole protection: they are in no database, no backup, no git. */
#include "keys/vault.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "base/num.h"
#include "keys/file.h"
#include "seal/label.h"

/* Not of suite 1: nobody outside the keys process ever computes them. */
#define LABEL_INDEX "luotsi/v1/index"
#define LABEL_FIELD "luotsi/v1/field"
#define LABEL_UNIT "luotsi/v1/unit"

enum { FORMAT = 1, HEAD = 5, AAD_MAX = 128, NAME_MAX = 32, KINDS = 3, PLAN_SIZE = 4 * KINDS };
#define PLAN_NAME "rotation.plan"
static const char *const kinds[KINDS] = {"index", "field", "unit"};
_Static_assert(HEAD + CRYPT_GCM_EXTRA == KEYS_SEAL_EXTRA, "a sealed field's extra bytes");

struct ring {
	struct hash keys[VAULT_VERSIONS_MAX]; /* of version i + 1; zero: there is none */
	uint32_t newest, previous;            /* 0: none */
};

struct vault {
	struct ring index, field, unit;
};

static enum err key_file(const char *dir, const char *kind, uint32_t version, struct file_name *ret)
{
	char name[NAME_MAX];
	(void)snprintf(name, sizeof(name), "%s.%u.key", kind, (unsigned)version);
	return file_name_make(dir, name, ret);
}

/* ERR_NOT_FOUND when there is none of that version. */
static enum err key_read(const char *dir, const char *kind, uint32_t version, struct hash *ret)
{
	struct file_name name;
	AUTO(buf_wipe) struct buf bytes = BUF_MAX(sizeof(ret->b) + 1);
	TRY(key_file(dir, kind, version, &name));
	TRY(file_read(name.text, &bytes));
	if (bytes.n != sizeof(ret->b))
		return ERR_BAD_FIELD;
	memcpy(ret->b, bytes.p, sizeof(ret->b));
	return hash_is_zero(ret) ? ERR_BAD_FIELD : ERR_OK;
}

static enum err ring_load(const char *dir, const char *kind, struct ring *ret, struct buf *ret_why)
{
	for (uint32_t version = 1; version <= VAULT_VERSIONS_MAX; version++) {
		enum err e = key_read(dir, kind, version, &ret->keys[version - 1]);
		if (e == ERR_NOT_FOUND)
			continue;
		if (e != ERR_OK) {
			buf_addf(ret_why,
				"%s/%s.%u.key cannot be read, or is not a key of 32 bytes.", dir,
				kind, (unsigned)version);
			return e;
		}
		ret->previous = ret->newest;
		ret->newest = version;
	}
	return ERR_OK;
}

enum err vault_load(const char *dir, struct vault **ret_vault, struct buf *ret_why)
{
	AUTO(vault) struct vault *v = MEM_NEW(struct vault);
	TRY(ring_load(dir, "index", &v->index, ret_why));
	TRY(ring_load(dir, "field", &v->field, ret_why));
	TRY(ring_load(dir, "unit", &v->unit, ret_why));
	if (!v->index.newest || !v->field.newest || !v->unit.newest) {
		buf_addf(ret_why,
			"%s holds no index.1.key, field.1.key and unit.1.key: make them with "
			"`luotsid keys --make`.",
			dir);
		return ERR_NOT_FOUND;
	}
	*ret_vault = TAKE(v);
	return ERR_OK;
}

void vault_free(struct vault **vault)
{
	if (*vault)
		crypt_wipe(*vault, sizeof(**vault));
	mem_free(*vault);
	*vault = NULL;
}

/* --- making keys --- */

static enum err key_make(const char *dir, const char *kind, uint32_t version, struct buf *ret_said)
{
	struct hash key;
	struct file_name name;
	TRY(key_file(dir, kind, version, &name));
	crypt_random(key.b, sizeof(key.b));
	enum err e = file_write(name.text, hash_slice(&key), true);
	crypt_wipe(&key, sizeof(key));
	if (e == ERR_OK)
		buf_addf(ret_said, "%s\n", name.text);
	return e;
}

static enum err newest_find(
	const char *dir, const char *kind, uint32_t *ret_version, struct buf *ret_said)
{
	struct ring ring = {.newest = 0};
	enum err e = ring_load(dir, kind, &ring, ret_said);
	*ret_version = ring.newest;
	crypt_wipe(&ring, sizeof(ring));
	return e;
}

/* A rotation is written down before its first key is made: whoever repeats one that was killed
 * finishes it and begins no second, whose index nobody would be found by any more (the newest two
 * versions are looked for). */
struct plan {
	uint32_t versions[KINDS];
};

static enum err plan_read(const char *dir, struct plan *ret)
{
	struct file_name name;
	AUTO(buf) struct buf bytes = BUF_MAX(PLAN_SIZE + 1);
	TRY(file_name_make(dir, PLAN_NAME, &name));
	TRY(file_read(name.text, &bytes));
	if (bytes.n != PLAN_SIZE)
		return ERR_BAD_FIELD;
	for (size_t i = 0; i < KINDS; i++)
		ret->versions[i] = num_get_u32(bytes.p + i * PLAN_SIZE / KINDS);
	return ERR_OK;
}

static enum err plan_make(const char *dir, struct plan *ret, struct buf *ret_said)
{
	uint8_t bytes[PLAN_SIZE];
	struct file_name name;
	for (size_t i = 0; i < KINDS; i++) {
		TRY(newest_find(dir, kinds[i], &ret->versions[i], ret_said));
		if (++ret->versions[i] > VAULT_VERSIONS_MAX)
			return ERR_TOO_LARGE;
		num_put_u32(bytes + i * PLAN_SIZE / KINDS, ret->versions[i]);
	}
	TRY(file_name_make(dir, PLAN_NAME, &name));
	return file_write(name.text, slice_of(bytes, sizeof(bytes)), false);
}

static enum err plan_finish(const char *dir, const struct plan *plan, struct buf *ret_said)
{
	struct file_name name;
	for (size_t i = 0; i < KINDS; i++) {
		enum err e = key_make(dir, kinds[i], plan->versions[i], ret_said);
		if (e != ERR_OK && e != ERR_CONFLICT)
			return e;
	}
	TRY(file_name_make(dir, PLAN_NAME, &name));
	return unlink(name.text) == 0 ? ERR_OK : ERR_INTERNAL;
}

static enum err first_make(const char *dir, struct buf *ret_said)
{
	uint32_t newest = 0;
	for (size_t i = 0; i < KINDS; i++) {
		TRY(newest_find(dir, kinds[i], &newest, ret_said));
		if (newest == 0)
			TRY(key_make(dir, kinds[i], 1, ret_said));
	}
	return ERR_OK;
}

enum err vault_make(const char *dir, bool next, struct buf *ret_said)
{
	struct plan plan;
	enum err e = plan_read(dir, &plan);
	if (e == ERR_OK)
		buf_addf(ret_said, "A rotation that had been interrupted is finished:\n");
	else if (e == ERR_NOT_FOUND && next)
		e = plan_make(dir, &plan, ret_said);
	if (e == ERR_OK)
		return plan_finish(dir, &plan, ret_said);
	return e == ERR_NOT_FOUND ? first_make(dir, ret_said) : e;
}

static struct hash index_of(const struct hash *master, const struct id *org, struct slice subject)
{
	uint8_t text[sizeof(LABEL_INDEX) + sizeof(org->b)];
	memcpy(text, LABEL_INDEX, sizeof(LABEL_INDEX));
	memcpy(text + sizeof(LABEL_INDEX), org->b, sizeof(org->b));
	struct hash key = crypt_hmac(hash_slice(master), slice_of(text, sizeof(text)));
	struct hash index = crypt_hmac(hash_slice(&key), subject);
	crypt_wipe(&key, sizeof(key));
	return index;
}

uint32_t vault_index_version(const struct vault *v)
{
	return v->index.newest;
}

struct hash vault_index(const struct vault *v, const struct id *org, struct slice subject)
{
	return index_of(&v->index.keys[v->index.newest - 1], org, subject);
}

bool vault_previous_index(const struct vault *v, const struct id *org, struct slice subject,
	uint32_t *ret_version, struct hash *ret_index)
{
	if (!v->index.previous)
		return false;
	*ret_version = v->index.previous;
	*ret_index = index_of(&v->index.keys[v->index.previous - 1], org, subject);
	return true;
}

static void aad_write(struct buf *b, const struct field_context *context, uint32_t version)
{
	buf_add(b, LABEL(LABEL_FIELD));
	buf_add_byte(b, (uint8_t)context->kind);
	buf_add_u32(b, version);
	buf_add_byte(b, (uint8_t)context->n);
	for (size_t i = 0; i < context->n; i++)
		buf_add(b, id_slice(&context->ids[i]));
}

/* u8 format 1 | u32 key version | nonce(12) | ciphertext | tag(16), appended. */
static void ring_seal(
	const struct ring *ring, struct slice aad, struct slice plain, struct buf *ret)
{
	buf_add_byte(ret, FORMAT);
	buf_add_u32(ret, ring->newest);
	uint8_t *to = buf_reserve(ret, plain.n + CRYPT_GCM_EXTRA);
	if (to)
		crypt_gcm_seal(&ring->keys[ring->newest - 1], aad, plain, to);
}

/* The version that sealed this; 0: none that there is. */
static uint32_t ring_version(const struct ring *ring, struct slice sealed)
{
	if (sealed.n < KEYS_SEAL_EXTRA || sealed.p[0] != FORMAT)
		return 0;
	uint32_t version = num_get_u32(sealed.p + 1);
	bool is_there =
		version > 0 && version <= ring->newest && !hash_is_zero(&ring->keys[version - 1]);
	return is_there ? version : 0;
}

void vault_seal(const struct vault *v, const struct field_context *context, struct slice plain,
	struct buf *ret)
{
	struct buf aad = BUF_MAX(AAD_MAX);
	aad_write(&aad, context, v->field.newest);
	ring_seal(&v->field, buf_slice(&aad), plain, ret);
	buf_done(&aad);
}

enum err vault_open(const struct vault *v, const struct field_context *context, struct slice sealed,
	struct buf *ret)
{
	uint32_t version = ring_version(&v->field, sealed);
	if (version == 0)
		return ERR_BAD_FIELD;
	size_t size = sealed.n - KEYS_SEAL_EXTRA;
	uint8_t none = 0, *to = size ? buf_reserve(ret, size) : &none;
	if (!to)
		return ERR_TOO_LARGE;
	struct buf aad = BUF_MAX(AAD_MAX);
	aad_write(&aad, context, version);
	enum err e = crypt_gcm_open(
		&v->field.keys[version - 1], buf_slice(&aad), slice_from(sealed, HEAD), to);
	buf_done(&aad);
	if (e != ERR_OK)
		ret->n -= size;
	return e;
}

static void unit_aad(struct buf *b, const struct id *org, struct slice ref, uint32_t version)
{
	buf_add(b, LABEL(LABEL_UNIT));
	buf_add_u32(b, version);
	buf_add(b, id_slice(org));
	buf_add(b, ref);
}

void vault_wrap_unit(const struct vault *v, const struct id *org, struct slice ref,
	const struct hash *key, struct buf *ret)
{
	struct buf aad = BUF_MAX(AAD_MAX);
	unit_aad(&aad, org, ref, v->unit.newest);
	ring_seal(&v->unit, buf_slice(&aad), hash_slice(key), ret);
	buf_done(&aad);
}

enum err vault_open_unit(const struct vault *v, const struct id *org, struct slice ref,
	struct slice wrapped, struct hash *ret_key)
{
	uint32_t version = ring_version(&v->unit, wrapped);
	if (version == 0 || wrapped.n != KEYS_UNIT_WRAPPED)
		return ERR_BAD_FIELD;
	struct buf aad = BUF_MAX(AAD_MAX);
	unit_aad(&aad, org, ref, version);
	enum err e = crypt_gcm_open(
		&v->unit.keys[version - 1], buf_slice(&aad), slice_from(wrapped, HEAD), ret_key->b);
	buf_done(&aad);
	return e;
}
