/* The rules of identity chains: one pure function of state and entry, the same as in the browser.
 * Every rule after the clock's looks at the entry's own time, never at ours, so that who replays a
 * chain years later decides as the server did. A rule checks first and changes the state last: a
 * refusal leaves no trace. Signatures stand in identity_verify.c. */
#include "seal/identity.h"

#include "base/mem.h"
#include "seal/clocks.h"

#define VALIDITY_MOST_MS (UINT64_C(800) * 24 * 3600 * 1000)

typedef enum refusal apply_fn(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers);

struct identity *identity_new(void)
{
	return MEM_NEW(struct identity);
}

void identity_free(struct identity **id)
{
	if (*id == NULL)
		return;
	mem_free((*id)->known);
	mem_free(*id);
	*id = NULL;
}

const struct identity_issuer *identity_find_issuer(
	const struct identity *org, const struct id *user, const struct hash *kid)
{
	for (size_t i = 0; i < org->n_issuers; i++) {
		const struct identity_issuer *issuer = &org->issuers[i];
		if (id_equal(&issuer->user, user) && hash_equal(&issuer->kid, kid))
			return issuer;
	}
	return NULL;
}

bool identity_issuer_may_sign(
	const struct identity *org, const struct id *user, const struct hash *kid, uint64_t now_ms)
{
	const struct identity_issuer *issuer = identity_find_issuer(org, user, kid);
	return issuer != NULL && issuer->revoked_ms == 0 && now_ms <= issuer->valid_until;
}

static bool signed_by_issuer(
	const struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	if (issuers == NULL || !id_equal(&issuers->org, &s->org))
		return false;
	const struct identity_issuer *issuer =
		identity_find_issuer(issuers, &e->env.sender, &e->env.sender_kid);
	uint64_t t = e->env.client_time_ms;
	return issuer != NULL && t <= issuer->valid_until &&
	       clocks_not_ended(issuer->revoked_ms, t);
}

static bool is_known(const struct identity *s, const struct hash *kid)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (hash_equal(&s->known[i], kid))
			return true;
	return false;
}

static void know(struct identity *s, const struct hash *kid)
{
	if (s->n_known == s->known_cap) {
		s->known_cap = s->known_cap == 0 ? 4 : s->known_cap * 2;
		s->known = mem_resize(s->known, s->known_cap, sizeof(*s->known));
	}
	s->known[s->n_known++] = *kid;
}

/* Keys and their certificate come and go together: a certificate names key ids. */
static void keys_set(struct identity *s, const struct identity_entry *e)
{
	s->sig_pub = e->sig_pub;
	s->enc_pub = e->enc_pub;
	s->sig_kid = e->sig_kid;
	s->enc_kid = e->enc_kid;
	s->revoked = s->has_cert = false;
	know(s, &e->sig_kid);
	know(s, &e->enc_kid);
}

static bool sender_is_subject(const struct identity_entry *e)
{
	return id_equal(&e->env.sender, &e->subject);
}

static bool sender_has_current_key(const struct identity *s, const struct identity_entry *e)
{
	return !s->revoked && hash_equal(&e->env.sender_kid, &s->sig_kid);
}

static enum refusal apply_create(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	DEMAND(sender_is_subject(e), BAD_SENDER);
	DEMAND(hash_equal(&e->env.sender_kid, &e->sig_kid), BAD_KID);
	keys_set(s, e);
	return REFUSAL_NONE;
}

static enum refusal apply_rotate(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	DEMAND(sender_is_subject(e), BAD_SENDER);
	DEMAND(sender_has_current_key(s, e), BAD_KID);
	DEMAND(!is_known(s, &e->sig_kid) && !is_known(s, &e->enc_kid), KEY_REUSED);
	keys_set(s, e);
	return REFUSAL_NONE;
}

static enum refusal apply_reset(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	DEMAND(sender_is_subject(e), BAD_SENDER);
	DEMAND(hash_equal(&e->env.sender_kid, &e->sig_kid), BAD_KID);
	DEMAND(!is_known(s, &e->sig_kid) && !is_known(s, &e->enc_kid), KEY_REUSED);
	keys_set(s, e);
	s->resets++;
	return REFUSAL_NONE;
}

static struct identity_name name_of(struct slice text)
{
	struct identity_name name = {.n = (uint8_t)text.n};
	memcpy(name.text, text.p, text.n);
	return name;
}

static enum refusal apply_staff_cert(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	DEMAND(signed_by_issuer(s, e, issuers), NOT_ISSUER);
	DEMAND(!s->revoked && hash_equal(&e->sig_kid, &s->sig_kid) &&
			hash_equal(&e->enc_kid, &s->enc_kid),
		BAD_KID);
	DEMAND(e->valid_from < e->valid_until && e->valid_until <= e->valid_from + VALIDITY_MOST_MS,
		BAD_VALIDITY);
	s->cert = (struct identity_cert){
		.hash = e->hash,
		.role = e->role,
		.name = name_of(e->name),
		.employer = name_of(e->employer),
		.valid_from = e->valid_from,
		.valid_until = e->valid_until,
	};
	s->has_cert = true;
	return REFUSAL_NONE;
}

static enum refusal apply_revoke(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	bool by_owner = sender_is_subject(e) && sender_has_current_key(s, e);
	DEMAND(by_owner || signed_by_issuer(s, e, issuers), NOT_ISSUER);
	DEMAND(!s->revoked && hash_equal(&e->sig_kid, &s->sig_kid), BAD_KID);
	s->revoked = true;
	s->has_cert = false;
	return REFUSAL_NONE;
}

static enum refusal apply_org_root(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	DEMAND(sender_is_subject(e), BAD_SENDER);
	DEMAND(hash_equal(&e->env.sender_kid, &e->sig_kid), BAD_KID);
	s->root_pub = e->sig_pub;
	s->root_kid = e->sig_kid;
	return REFUSAL_NONE;
}

static enum refusal check_root_signs(const struct identity *s, const struct identity_entry *e)
{
	DEMAND(sender_is_subject(e), BAD_SENDER);
	DEMAND(hash_equal(&e->env.sender_kid, &s->root_kid), BAD_KID);
	return REFUSAL_NONE;
}

static enum refusal apply_org_recovery(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	AGREE(check_root_signs(s, e));
	DEMAND(!hash_equal(&e->enc_kid, &s->recovery_kid), KEY_REUSED);
	s->recovery_pub = e->enc_pub;
	s->recovery_kid = e->enc_kid;
	return REFUSAL_NONE;
}

static struct identity_issuer *issuer_of_kid(struct identity *s, const struct hash *kid)
{
	for (size_t i = 0; i < s->n_issuers; i++)
		if (hash_equal(&s->issuers[i].kid, kid))
			return &s->issuers[i];
	return NULL;
}

static enum refusal apply_org_issuer(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	uint64_t t = e->env.client_time_ms;
	AGREE(check_root_signs(s, e));
	DEMAND(issuer_of_kid(s, &e->sig_kid) == NULL, KEY_REUSED);
	DEMAND(t < e->valid_until && e->valid_until <= t + VALIDITY_MOST_MS, BAD_VALIDITY);
	DEMAND(s->n_issuers < IDENTITY_MAX_ISSUERS, TOO_MANY);
	s->issuers[s->n_issuers++] = (struct identity_issuer){
		.user = e->user,
		.pub = e->sig_pub,
		.kid = e->sig_kid,
		.valid_until = e->valid_until,
	};
	return REFUSAL_NONE;
}

static enum refusal apply_org_issuer_revoke(
	struct identity *s, const struct identity_entry *e, const struct identity *issuers)
{
	(void)issuers;
	AGREE(check_root_signs(s, e));
	struct identity_issuer *issuer = issuer_of_kid(s, &e->sig_kid);
	DEMAND(issuer != NULL && issuer->revoked_ms == 0, BAD_KID);
	issuer->revoked_ms = e->env.client_time_ms;
	return REFUSAL_NONE;
}

/* What each type may do: to whose chain, first or later, and how. */
static const struct rule {
	bool of_org, is_first;
	apply_fn *apply;
} rules[] = {
	[IDENTITY_CREATE] = {false, true, apply_create},
	[IDENTITY_ROTATE] = {false, false, apply_rotate},
	[IDENTITY_RESET] = {false, false, apply_reset},
	[IDENTITY_STAFF_CERT] = {false, false, apply_staff_cert},
	[IDENTITY_REVOKE] = {false, false, apply_revoke},
	[IDENTITY_ORG_ROOT] = {true, true, apply_org_root},
	[IDENTITY_ORG_RECOVERY] = {true, false, apply_org_recovery},
	[IDENTITY_ORG_ISSUER] = {true, false, apply_org_issuer},
	[IDENTITY_ORG_ISSUER_REVOKE] = {true, false, apply_org_issuer_revoke},
};

/* What holds for every entry, in the specification's order. */
static enum refusal check_place(const struct identity *s, const struct identity_entry *e,
	const struct rule *rule, uint64_t now_ms)
{
	const struct envelope *env = &e->env;
	DEMAND(s->n < IDENTITY_MAX_ENTRIES, TOO_MANY);
	DEMAND(id_equal(&e->subject, &env->org) == rule->of_org, WRONG_CHAIN);
	DEMAND(s->n == 0 || (id_equal(&e->subject, &s->subject) && id_equal(&env->org, &s->org)),
		WRONG_CHAIN);
	DEMAND(hash_equal(&env->log_head, &s->head), STALE_HEAD);
	DEMAND(env->sender_seq == s->n, BAD_INDEX);
	DEMAND(clocks_agree(env->client_time_ms, now_ms), BAD_TIME);
	DEMAND(s->n > 0 || rule->is_first, NOT_CREATED);
	DEMAND(s->n == 0 || !rule->is_first, ALREADY_CREATED);
	return REFUSAL_NONE;
}

enum refusal identity_apply(struct identity *state, const struct identity_entry *e,
	const struct identity *issuers, uint64_t now_ms)
{
	const struct rule *rule = &rules[e->type];
	AGREE(check_place(state, e, rule, now_ms));
	AGREE(rule->apply(state, e, issuers));
	state->org = e->env.org;
	state->subject = e->subject;
	state->head = e->hash;
	state->head_ms = e->env.client_time_ms;
	state->n++;
	return REFUSAL_NONE;
}
