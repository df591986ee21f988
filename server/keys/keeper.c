/* The keeper of all secrets: reads them once, then answers questions about them one by one.
 * Everything it is asked is judged here again, whoever asks. */
#include "keys/keeper.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "keys/file.h"
#include "keys/keeper_state.h"

enum { KEY_FILE_MAX = 16 << 10, JWKS_NAME_MAX = 64 };

static enum err pair_read(const char *dir, const char *file, struct jose_key **ret_key)
{
	struct file_name name;
	AUTO(buf_wipe) struct buf text = BUF_MAX(KEY_FILE_MAX);
	TRY(file_name_make(dir, file, &name));
	TRY(file_read(name.text, &text));
	return jose_key_read(buf_slice(&text), ret_key);
}

static enum err held_load(
	const char *dir, const struct provider *p, struct held *ret, struct buf *ret_why)
{
	enum err e = pair_read(dir, p->sign_key, &ret->sign);
	if (e != ERR_OK) {
		buf_addf(ret_why, "%s/%s cannot be read, or is no RSA key of 2048 to 4096 bits.",
			dir, p->sign_key);
		return e;
	}
	e = p->encrypted ? pair_read(dir, p->decrypt_key, &ret->decrypt) : ERR_OK;
	if (e != ERR_OK) {
		buf_addf(ret_why, "%s/%s cannot be read, or is no RSA key of 2048 to 4096 bits.",
			dir, p->decrypt_key);
		return e;
	}
	ret->jwks = BUF_MAX(KEYS_JWKS_MAX);
	e = p->jwks_file[0] ? file_read(p->jwks_file, &ret->jwks) : ERR_OK;
	if (e != ERR_OK)
		buf_addf(ret_why, "%s cannot be read.", p->jwks_file);
	return e;
}

static enum err keeper_load_all(
	const struct keeper_settings *s, struct keeper *k, struct buf *ret_why)
{
	TRY(providers_load(s->providers_dir, s->development, &k->providers, ret_why));
	TRY(vault_load(s->keys_dir, &k->vault, ret_why));
	k->held = mem_array(k->providers.n, sizeof(struct held));
	for (size_t i = 0; i < k->providers.n; i++)
		TRY(held_load(s->keys_dir, &k->providers.items[i], &k->held[i], ret_why));
	return ERR_OK;
}

enum err keeper_load(
	const struct keeper_settings *settings, struct keeper **ret_keeper, struct buf *ret_why)
{
	jose_start();
	AUTO(keeper) struct keeper *k = MEM_NEW(struct keeper);
	k->development = settings->development;
	k->bytes = BUF_MAX(KEYS_PACKET_MAX - KEYS_FIELD_MAX);
	k->acr = BUF_MAX(KEYS_URI_MAX);
	const char *token = settings->jobs_token;
	k->has_jobs_token = token && b64_decode_exact(slice_text(token), k->jobs_token.b,
					     sizeof(k->jobs_token.b)) == ERR_OK;
	TRY(keeper_load_all(settings, k, ret_why));
	*ret_keeper = TAKE(k);
	return ERR_OK;
}

void keeper_free(struct keeper **keeper)
{
	struct keeper *k = *keeper;
	*keeper = NULL;
	if (!k)
		return;
	for (size_t i = 0; k->held && i < k->providers.n; i++) {
		jose_key_free(&k->held[i].sign);
		jose_key_free(&k->held[i].decrypt);
		buf_done(&k->held[i].jwks);
	}
	mem_free(k->held);
	providers_done(&k->providers);
	vault_free(&k->vault);
	buf_wipe(&k->bytes);
	buf_done(&k->acr);
	crypt_wipe(k, sizeof(*k));
	mem_free(k);
}

/* The key that is there, or a new one in its place. */
static enum err pair_make(
	const char *dir, const char *file, struct jose_key **ret_key, struct buf *ret_said)
{
	struct file_name name;
	AUTO(buf_wipe) struct buf text = BUF_MAX(KEY_FILE_MAX);
	TRY(file_name_make(dir, file, &name));
	enum err e = pair_read(dir, file, ret_key);
	if (e != ERR_NOT_FOUND)
		return e;
	AUTO(jose_key) struct jose_key *key = jose_key_make();
	jose_key_write(key, &text);
	TRY(buf_check(&text));
	TRY(file_write(name.text, buf_slice(&text), true));
	buf_addf(ret_said, "%s\n", name.text);
	*ret_key = TAKE(key);
	return ERR_OK;
}

/* Public, and made anew each time from what is there. */
static enum err jwks_write(const char *dir, const struct provider *p, const struct held *held)
{
	struct file_name name;
	char file[JWKS_NAME_MAX];
	AUTO(buf) struct buf text = BUF_MAX(KEY_FILE_MAX);
	(void)snprintf(file, sizeof(file), "%s.jwks", p->slug);
	TRY(file_name_make(dir, file, &name));
	buf_add_text(&text, "{\"keys\":[{");
	jose_key_write_public(held->sign, &text);
	buf_add_text(&text, ",\"use\":\"sig\",\"alg\":\"RS256\"}");
	if (held->decrypt) {
		buf_add_text(&text, ",{");
		jose_key_write_public(held->decrypt, &text);
		buf_add_text(&text, ",\"use\":\"enc\",\"alg\":\"RSA-OAEP\"}");
	}
	buf_add_text(&text, "]}\n");
	(void)unlink(name.text);
	return file_write(name.text, buf_slice(&text), false);
}

static enum err held_make(const char *dir, const struct provider *p, struct buf *ret_said)
{
	AUTO(jose_key) struct jose_key *sign = NULL;
	AUTO(jose_key) struct jose_key *decrypt = NULL;
	TRY(pair_make(dir, p->sign_key, &sign, ret_said));
	if (p->encrypted)
		TRY(pair_make(dir, p->decrypt_key, &decrypt, ret_said));
	const struct held held = {.sign = sign, .decrypt = decrypt};
	return jwks_write(dir, p, &held);
}

enum err keeper_make(const struct keeper_settings *settings, bool next, struct buf *ret_said)
{
	AUTO(providers) struct providers providers = {NULL, 0};
	const char *dir = settings->keys_dir;
	jose_start();
	TRY(providers_load(settings->providers_dir, settings->development, &providers, ret_said));
	(void)mkdir(dir, 0700);
	TRY(vault_make(dir, next, ret_said));
	for (size_t i = 0; i < providers.n; i++)
		TRY(held_make(dir, &providers.items[i], ret_said));
	return ERR_OK;
}

const char *keeper_provider(const struct keeper *keeper, struct slice slug)
{
	const struct provider *p = providers_find(&keeper->providers, slug);
	return p ? p->slug : "none";
}

static enum keys_reason ask_provider(
	struct keeper *k, const struct keys_ask *ask, struct keys_answer *ret)
{
	const struct provider *p = providers_find(&k->providers, ask->provider);
	if (!p)
		return KEYS_UNKNOWN_PROVIDER;
	const struct asked asked = {
		k, p, &k->held[p - k->providers.items], ask, clock_wall_ms() / 1000};
	if (ask->type == KEYS_OIDC_REQUEST)
		return identify_request(&asked, ret);
	return ask->type == KEYS_OIDC_OPEN ? identify_open(&asked, ret)
					   : identify_assertion(&asked, ret);
}

static enum keys_reason ask_field(
	struct keeper *k, const struct keys_ask *ask, struct keys_answer *ret)
{
	const struct field_context context = {
		ask->field.kind, ask->field.context, ask->field.n_context};
	if (ask->field.kind == KEYS_CODE)
		return KEYS_NOT_ALLOWED;
	if (ask->type == KEYS_FIELD_SEAL)
		vault_seal(k->vault, &context, ask->field.bytes, &k->bytes);
	else if (vault_open(k->vault, &context, ask->field.bytes, &k->bytes) != ERR_OK)
		return KEYS_NOT_OPENED;
	ret->bytes = buf_slice(&k->bytes);
	return KEYS_DONE;
}

static enum keys_reason ask_rotate(
	struct keeper *k, const struct keys_ask *ask, struct keys_answer *ret)
{
	AUTO(buf_wipe) struct buf subject = BUF_MAX(KEYS_SUBJECT_MAX);
	const struct field_context context = {KEYS_CODE, &ask->rotate.org, 1};
	if (!k->has_jobs_token ||
		!crypt_equal(hash_slice(&k->jobs_token), hash_slice(&ask->rotate.token)))
		return KEYS_NOT_ALLOWED;
	if (vault_open(k->vault, &context, ask->rotate.sealed, &subject) != ERR_OK ||
		subject.n == 0)
		return KEYS_NOT_OPENED;
	vault_seal(k->vault, &context, buf_slice(&subject), &k->bytes);
	ret->bytes = buf_slice(&k->bytes);
	ret->version = vault_index_version(k->vault);
	ret->index = vault_index(k->vault, &ask->rotate.org, buf_slice(&subject));
	return KEYS_DONE;
}

/* A new key for each, which the asker holds in its memory, and the same as the database may have
 * it.
 */
static enum keys_reason ask_units_make(
	struct keeper *k, const struct keys_ask *ask, struct keys_answer *ret)
{
	for (struct slice refs = ask->units.refs; refs.n > 0;
		refs = slice_from(refs, KEYS_UNIT_REF)) {
		struct hash key;
		crypt_random(key.b, sizeof(key.b));
		buf_add(&k->bytes, hash_slice(&key));
		vault_wrap_unit(k->vault, &ask->units.org, slice_of(refs.p, KEYS_UNIT_REF), &key,
			&k->bytes);
		crypt_wipe(&key, sizeof(key));
	}
	ret->bytes = buf_slice(&k->bytes);
	return KEYS_DONE;
}

static enum keys_reason ask_units_open(
	struct keeper *k, const struct keys_ask *ask, struct keys_answer *ret)
{
	size_t n = ask->units.refs.n / KEYS_UNIT_REF;
	for (size_t i = 0; i < n; i++) {
		struct hash key;
		struct slice ref = slice_of(ask->units.refs.p + i * KEYS_UNIT_REF, KEYS_UNIT_REF);
		struct slice wrapped =
			slice_of(ask->units.wrapped.p + i * KEYS_UNIT_WRAPPED, KEYS_UNIT_WRAPPED);
		if (vault_open_unit(k->vault, &ask->units.org, ref, wrapped, &key) != ERR_OK)
			return KEYS_NOT_OPENED;
		buf_add(&k->bytes, hash_slice(&key));
		crypt_wipe(&key, sizeof(key));
	}
	ret->bytes = buf_slice(&k->bytes);
	return KEYS_DONE;
}

void keeper_answer(
	struct keeper *keeper, const struct keys_ask *ask, struct keys_answer *ret_answer)
{
	static enum keys_reason (*const answers[])(
		struct keeper * k, const struct keys_ask *ask, struct keys_answer *ret) = {
		[KEYS_OIDC_REQUEST] = ask_provider,
		[KEYS_OIDC_ASSERTION] = ask_provider,
		[KEYS_OIDC_OPEN] = ask_provider,
		[KEYS_FIELD_SEAL] = ask_field,
		[KEYS_FIELD_OPEN] = ask_field,
		[KEYS_INDEX_ROTATE] = ask_rotate,
		[KEYS_UNITS_MAKE] = ask_units_make,
		[KEYS_UNITS_OPEN] = ask_units_open,
	};
	*ret_answer = (struct keys_answer){.type = ask->type};
	buf_wipe(&keeper->bytes);
	buf_reset(&keeper->acr);
	ret_answer->reason = answers[ask->type](keeper, ask, ret_answer);
}
