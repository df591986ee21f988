#pragma once
#include "base/id.h"
#include "core/policy.h"

/* Who speaks: what a connection or an HTTP request knows of its session, by copy. */
struct session {
	struct id session, org, user;
	enum role role;
	int64_t expires_at;
};

/* The cookie's name; its value is 32 random bytes in base64url, and only the hash is kept. */
#define SESSION_COOKIE "__Host-luotsi"
/* The hash by which the database knows the cookie in this header; false when there is none or it is
 * not one of ours. */
bool session_token_hash(struct slice cookie_header, struct hash *ret_hash);
/* A new token: its text (43 characters and a zero byte) and its hash. */
enum { SESSION_TOKEN_TEXT = 43 };
void session_new_token(char ret_text[SESSION_TOKEN_TEXT + 1], struct hash *ret_hash);
/* "client", "counsellor", "admin" as the database spells them. */
bool session_role_parse(struct slice word, enum role *ret_role);
