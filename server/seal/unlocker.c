/* Unlocker records: a header, parameters by type, and 104 sealed bytes. The floor of the
 * passphrase's parameters is the browser's to hold, against this very server; it is held here too,
 * so that no record is stored which its owner could never open again. */
#include "seal/unlocker.h"

#include "seal/reader.h"
#include "seal/sealed.h"

#define SUITE 1
#define PARAMS_LEN_AT 62
#define PARAMS_AT 64
#define ROOT_KEY_SIZE 32

/* alg | memory_kib | passes | lanes | salt, as Argon2id takes them. */
static bool passphrase_is_legal(struct slice params)
{
	struct reader r = reader_of(params);
	uint8_t alg = reader_u8(&r);
	uint32_t memory_kib = reader_u32(&r);
	uint32_t passes = reader_u32(&r);
	uint8_t lanes = reader_u8(&r);
	(void)reader_bytes(&r, 16);
	return reader_is_done(&r) && alg == 1 && memory_kib >= 47104 && memory_kib <= 1048576 &&
	       passes >= 1 && passes <= 16 && lanes == 1;
}

/* The hash of the credential's id. */
static bool passkey_is_legal(struct slice params)
{
	return params.n == 32;
}

static bool code_is_legal(struct slice params)
{
	return params.n == 16;
}

static bool (*const params_are_legal[])(struct slice params) = {
	[UNLOCKER_PASSKEY] = passkey_is_legal,
	[UNLOCKER_PASSPHRASE] = passphrase_is_legal,
	[UNLOCKER_CODE] = code_is_legal,
};

enum refusal unlocker_parse(struct slice bytes, struct unlocker *ret)
{
	size_t sealed = sealed_size(ROOT_KEY_SIZE);
	DEMAND(bytes.n >= PARAMS_AT + sealed, SHORT);
	size_t n_params = num_get_u16(bytes.p + PARAMS_LEN_AT);
	DEMAND(bytes.n >= PARAMS_AT + n_params + sealed, SHORT);
	struct reader r = reader_of(slice_from(bytes, 6));
	struct unlocker u = {.type = (enum unlocker_type)bytes.p[5]};
	u.org = reader_id(&r);
	u.user = reader_id(&r);
	u.id = reader_id(&r);
	u.created_ms = reader_u64(&r);
	u.params = slice_part(bytes, PARAMS_AT, n_params);
	u.sealed = slice_part(bytes, PARAMS_AT + n_params, sealed);
	DEMAND(slice_starts(bytes, SLICE_LIT("LUU1")), MAGIC);
	DEMAND(bytes.p[4] == SUITE, SUITE);
	DEMAND(u.type >= UNLOCKER_PASSKEY && u.type <= UNLOCKER_CODE, KIND);
	DEMAND(!id_is_zero(&u.org) && !id_is_zero(&u.user) && !id_is_zero(&u.id), ZERO);
	DEMAND(u.created_ms < NUMBER_END, NUMBER);
	DEMAND(params_are_legal[u.type](u.params), PARAMS);
	DEMAND(bytes.n == PARAMS_AT + n_params + sealed, LONG);
	*ret = u;
	return REFUSAL_NONE;
}
