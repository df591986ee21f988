/* What a browser and an authenticator bring: the first byte says which of the three it is. Nothing
 * that is believed may lie outside of what came, and no made-up signature is ever good. */
#include "fuzz.h"

#include "seal/webauthn.h"

#define ORIGIN "https://luotsi.example"
#define RP "luotsi.example"

static void try_client(struct slice json)
{
	struct hash challenge, same;
	if (webauthn_client(json, WEBAUTHN_GET, SLICE_LIT(ORIGIN), &challenge) != WEBAUTHN_OK)
		return;
	HOLD(json.n > sizeof(ORIGIN) && !hash_is_zero(&challenge));
	HOLD(webauthn_client(json, WEBAUTHN_CREATE, SLICE_LIT(ORIGIN), &same) ==
		WEBAUTHN_WRONG_TYPE);
	HOLD(webauthn_client(json, WEBAUTHN_GET, SLICE_LIT(ORIGIN "x"), &same) ==
		WEBAUTHN_WRONG_ORIGIN);
}

static void try_object(struct slice object)
{
	struct webauthn_made made;
	if (webauthn_check_made(RP, SLICE_LIT("{}"), object, &made) != WEBAUTHN_OK)
		return;
	HOLD(made.credential.p >= object.p &&
		made.credential.p + made.credential.n <= object.p + object.n);
	HOLD(made.passkey.key.p == made.key_bytes && made.passkey.key.n <= sizeof(made.key_bytes));
	HOLD(webauthn_check_made("x." RP, SLICE_LIT("{}"), object, &made) == WEBAUTHN_WRONG_RP);
}

/* The key is the generator of P-256: a real point whose holder is everybody and who signs nothing.
 */
static const uint8_t generator[64] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
	0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
	0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
	0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e,
	0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static void try_assertion(struct slice bytes)
{
	size_t half = bytes.n > 72 ? bytes.n - 72 : 0;
	struct webauthn_passkey passkey = {
		.algorithm = WEBAUTHN_ES256, .key = slice_of(generator, sizeof(generator))};
	struct webauthn_assertion a = {.client = SLICE_LIT("{}"),
		.data = slice_part(bytes, 0, half),
		.signature = slice_from(bytes, half)};
	uint32_t counter;
	HOLD(webauthn_check_assertion(RP, &passkey, &a, &counter) != WEBAUTHN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice bytes) = {try_client, try_object, try_assertion};
	if (size > 0)
		tries[data[0] % 3](slice_of(data + 1, size - 1));
	return 0;
}
