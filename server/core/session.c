/* Cookies and what stands behind them. A token is never compared: it is hashed, and the hash is
 * looked up, so that no time tells how much of a guess was right. */
#include "core/session.h"

#include "base/b64.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/crypt.h"
#include "io/http.h"

enum { MINUTE = 60 };

bool session_token_hash(struct slice cookie_header, const char *name, struct hash *ret_hash)
{
	struct slice value;
	uint8_t token[32];
	if (!http_cookie(cookie_header, name, &value) ||
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
	for (enum role role = ROLE_CLIENT; role < ROLE_NOBODY; role++)
		if (slice_is(word, role_words[role])) {
			*ret_role = role;
			return true;
		}
	return false;
}

const char *const session_method_words[SESSION_METHODS] = {"oidc", "passkey"};

bool session_method_parse(struct slice word, enum session_method *ret_method)
{
	for (enum session_method m = SESSION_OIDC; m < SESSION_METHODS; m++)
		if (slice_is(word, session_method_words[m])) {
			*ret_method = m;
			return true;
		}
	return false;
}

int64_t session_idle_minutes(const struct config *config, enum role role)
{
	const int64_t minutes[ROLE_COUNT] = {
		[ROLE_CLIENT] = config->client_idle_minutes,
		[ROLE_COUNSELLOR] = config->staff_idle_minutes,
		[ROLE_TEAM_LEAD] = config->staff_idle_minutes,
		[ROLE_ADMIN] = config->admin_idle_minutes,
		[ROLE_DPO] = config->admin_idle_minutes,
		[ROLE_COORDINATOR] = config->admin_idle_minutes,
		[ROLE_OPERATOR] = config->admin_idle_minutes,
	};
	return minutes[role];
}

struct pg_param session_idle_seconds(
	const struct config *config, struct pg_param items[static SESSION_CLASSES])
{
	items[0] = pg_int(config->client_idle_minutes * MINUTE);
	items[1] = pg_int(config->staff_idle_minutes * MINUTE);
	items[2] = pg_int(config->admin_idle_minutes * MINUTE);
	return pg_array(items, SESSION_CLASSES);
}

struct pg_param session_most_seconds(
	const struct config *config, struct pg_param items[static SESSION_CLASSES])
{
	items[0] = pg_int(config->client_session_minutes * MINUTE);
	items[1] = pg_int(config->staff_session_minutes * MINUTE);
	items[2] = pg_int(config->admin_session_minutes * MINUTE);
	return pg_array(items, SESSION_CLASSES);
}

bool session_is_fresh(const struct session *session)
{
	return session->fresh_until > clock_wall_ms();
}

bool session_is_half(const struct config *config, const struct session *session)
{
	return session->method == SESSION_OIDC && session->role != ROLE_CLIENT &&
	       session->role != ROLE_NOBODY && !config->staff_without_passkey;
}
