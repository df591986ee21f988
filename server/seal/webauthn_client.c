/* clientDataJSON: what the browser says that it asked the authenticator, and for whom. Its bytes
 * are signed, so it is read and never written. Members that are not known are let be, because
 * browsers are free to add some and one does so at random; a member that comes twice is refused,
 * because then two readers could see two things. */
#include "seal/webauthn.h"

#include <jansson.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"

enum { CHALLENGE_SIZE = 32 };

static const char *const types[] = {
	[WEBAUTHN_CREATE] = "webauthn.create", [WEBAUTHN_GET] = "webauthn.get"};

static void json_cleanup(json_t **j)
{
	json_decref(*j);
}

/* The empty slice when it is no text. */
static struct slice text_of(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v))
				 : SLICE_NONE;
}

static bool is_of_another_page(const json_t *object)
{
	const json_t *cross = json_object_get(object, "crossOrigin");
	return (cross != NULL && !json_is_false(cross)) ||
	       json_object_get(object, "topOrigin") != NULL;
}

enum webauthn webauthn_client(
	struct slice json, enum webauthn_act act, struct slice origin, struct hash *ret_challenge)
{
	AUTO(json)
	json_t *object = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	uint8_t challenge[CHALLENGE_SIZE];
	if (!json_is_object(object))
		return WEBAUTHN_BAD_CLIENT_DATA;
	if (!slice_is(text_of(object, "type"), types[act]))
		return WEBAUTHN_WRONG_TYPE;
	if (b64_decode_exact(text_of(object, "challenge"), challenge, sizeof(challenge)) != ERR_OK)
		return WEBAUTHN_BAD_CHALLENGE;
	if (!slice_equal(text_of(object, "origin"), origin))
		return WEBAUTHN_WRONG_ORIGIN;
	if (is_of_another_page(object))
		return WEBAUTHN_CROSS_ORIGIN;
	*ret_challenge = crypt_sha256(slice_of(challenge, sizeof(challenge)));
	return WEBAUTHN_OK;
}
