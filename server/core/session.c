/* Cookies and what stands behind them. A token is never compared: it is hashed, and the hash is
 * looked up, so that no time tells how much of a guess was right. */
#include "core/session.h"

#include "base/b64.h"
#include "base/crypt.h"
#include "io/http.h"

bool session_token_hash(struct slice cookie_header, struct hash *ret_hash)
{
	struct slice value;
	uint8_t token[32];
	if (!http_cookie(cookie_header, SESSION_COOKIE, &value) ||
		b64_decode_exact(value, token, sizeof(token)) != ERR_OK)
		return false;
	*ret_hash = crypt_sha256(slice_of(token, sizeof(token)));
	crypt_wipe(token, sizeof(token));
	return true;
}

void session_new_token(char ret_text[SESSION_TOKEN_TEXT + 1], struct hash *ret_hash)
{
	uint8_t token[32];
	crypt_random(token, sizeof(token));
	*ret_hash = crypt_sha256(slice_of(token, sizeof(token)));
	b64_encode(slice_of(token, sizeof(token)), ret_text);
	ret_text[SESSION_TOKEN_TEXT] = '\0';
	crypt_wipe(token, sizeof(token));
}

bool session_role_parse(struct slice word, enum role *ret_role)
{
	for (enum role role = ROLE_CLIENT; role <= ROLE_ADMIN; role++)
		if (slice_is(word, role_words[role])) {
			*ret_role = role;
			return true;
		}
	return false;
}
