#pragma once
#include "base/id.h"
#include "core/policy.h"
#include "io/pg.h"

struct config;

/* Who speaks: what a connection or an HTTP request knows of its session, by copy. */
enum session_method {
	SESSION_OIDC, /* an identification service */
	SESSION_PASSKEY,
	SESSION_METHODS
};
struct session {
	struct id session, org, user;
	enum role role;
	enum session_method method;
	int64_t expires_at;
	int64_t fresh_until; /* the person's presence is proven */
};

/* The cookies' names; their values are 32 random bytes in base64url, and only hashes are kept. The
 * second is there between the beginning of an identification and its end. */
#define SESSION_COOKIE "__Host-luotsi"
#define LOGIN_COOKIE "__Host-luotsi-login"
/* The hash by which the database knows the cookie of this name in the header; false when there is
 * none or it is not one of ours. */
bool session_token_hash(struct slice cookie_header, const char *name, struct hash *ret_hash);
/* A new token: its text (43 characters and a zero byte) and its hash. */
enum { SESSION_TOKEN_TEXT = 43 };
void session_new_token(char ret_text[SESSION_TOKEN_TEXT + 1], struct hash *ret_hash);
/* As the database spells them. */
bool session_role_parse(struct slice word, enum role *ret_role);
bool session_method_parse(struct slice word, enum session_method *ret_method);
extern const char *const session_method_words[SESSION_METHODS];

/* Limits go by class: clients, those who counsel, those who administer (SQL: session_class). */
enum { SESSION_CLASSES = 3 };
/* Minutes without a request after which a session of this role is over. */
int64_t session_idle_minutes(const struct config *config, enum role role);
/* Seconds by class, for a statement; the items must outlive its submission. */
struct pg_param session_idle_seconds(
	const struct config *config, struct pg_param items[static SESSION_CLASSES]);
struct pg_param session_most_seconds(
	const struct config *config, struct pg_param items[static SESSION_CLASSES]);
/* Whether what needs a fresh proof may be done now. */
bool session_is_fresh(const struct session *session);
/* Staff who came by an identification service and have used no passkey since: good for nothing but
 * using or making one. What makes it whole is another session, begun by the passkey. */
bool session_is_half(const struct config *config, const struct session *session);
