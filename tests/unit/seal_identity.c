/* Identity chains: parsing, rules and signatures, and the records of people that follow from them.
 */
#include "seal_test.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "seal/label.h"
#include "seal/people.h"
#include "seal_build.h"

#define DAY UINT64_C(86400000)

struct chains {
	struct arena *arena;
	struct identity *org, *person;
	struct id org_id, admin, user;
	struct signer root, recovery, issuer, first, second, enc;
	uint64_t now;
};

static int chains_begin(void **state)
{
	struct chains *c = MEM_NEW(struct chains);
	*c = (struct chains){
		.arena = arena_new(65536),
		.org = identity_new(),
		.person = identity_new(),
		.org_id = id_of(0x01),
		.admin = id_of(0x02),
		.user = id_of(0x03),
		.root = signer_new(),
		.recovery = signer_new(),
		.issuer = signer_new(),
		.first = signer_new(),
		.second = signer_new(),
		.enc = signer_new(),
		.now = 1750000000000,
	};
	*state = c;
	return 0;
}

static int chains_end(void **state)
{
	struct chains *c = *state;
	struct signer *signers[] = {
		&c->root, &c->recovery, &c->issuer, &c->first, &c->second, &c->enc};
	for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++)
		signer_done(signers[i]);
	identity_free(&c->org);
	identity_free(&c->person);
	arena_free(&c->arena);
	mem_free(c);
	return 0;
}

/* Bodies. */
static struct buf body_begin(uint8_t type, const struct id *subject)
{
	struct buf b = BODY_NEW;
	buf_add_byte(&b, type);
	put_id(&b, subject);
	return b;
}

static struct slice body_keys(
	struct chains *c, uint8_t type, const struct signer *sig, const struct signer *enc)
{
	struct buf b = body_begin(type, &c->user);
	put_pub(&b, &sig->pub);
	put_pub(&b, &enc->pub);
	return body_take(c->arena, &b);
}

static struct slice body_rotate(
	struct chains *c, const struct signer *sig, const struct signer *enc)
{
	struct buf b = body_begin(IDENTITY_ROTATE, &c->user);
	AUTO(buf) struct buf message = BUF_MAX(1000);
	uint8_t signature[64];
	buf_add(&message, LABEL(LABEL_ROTATE));
	put_id(&message, &c->org_id);
	put_id(&message, &c->user);
	put_hash(&message, &c->person->head);
	put_hash(&message, &sig->sig_kid);
	put_hash(&message, &enc->enc_kid);
	signer_sign(sig, buf_slice(&message), signature);
	put_pub(&b, &sig->pub);
	put_pub(&b, &enc->pub);
	buf_add(&b, slice_of(signature, sizeof(signature)));
	return body_take(c->arena, &b);
}

static struct slice body_cert(struct chains *c, uint64_t from, uint64_t until, const char *name)
{
	struct buf b = body_begin(IDENTITY_STAFF_CERT, &c->user);
	put_hash(&b, &c->person->sig_kid);
	put_hash(&b, &c->person->enc_kid);
	buf_add_byte(&b, IDENTITY_COUNSELLOR);
	buf_add_u64(&b, from);
	buf_add_u64(&b, until);
	buf_add_byte(&b, (uint8_t)strlen(name));
	buf_add_text(&b, name);
	buf_add_byte(&b, 8);
	buf_add_text(&b, "Helsinki");
	return body_take(c->arena, &b);
}

static struct slice body_revoke(struct chains *c, const struct hash *kid)
{
	struct buf b = body_begin(IDENTITY_REVOKE, &c->user);
	put_hash(&b, kid);
	buf_add_byte(&b, 2);
	return body_take(c->arena, &b);
}

static struct slice body_org_key(struct chains *c, uint8_t type, const struct signer *key)
{
	struct buf b = body_begin(type, &c->org_id);
	put_pub(&b, &key->pub);
	return body_take(c->arena, &b);
}

static struct slice body_issuer(struct chains *c, const struct signer *key, uint64_t until)
{
	struct buf b = body_begin(IDENTITY_ORG_ISSUER, &c->org_id);
	put_id(&b, &c->admin);
	put_pub(&b, &key->pub);
	buf_add_u64(&b, until);
	return body_take(c->arena, &b);
}

static struct slice body_issuer_revoke(struct chains *c, const struct hash *kid)
{
	struct buf b = body_begin(IDENTITY_ORG_ISSUER_REVOKE, &c->org_id);
	put_hash(&b, kid);
	return body_take(c->arena, &b);
}

/* Entries. */
static struct draft draft_for(struct chains *c, const struct identity *chain,
	const struct id *sender, const struct signer *signer, struct slice body)
{
	return (struct draft){
		.kind = ENVELOPE_IDENTITY,
		.suite = 1,
		.org = c->org_id,
		.msg_id = id_of(0x0A),
		.sender = *sender,
		.sender_kid = signer->sig_kid,
		.sender_seq = chain->n,
		.log_head = chain->head,
		.client_time_ms = c->now,
		.body = body,
		.signer = signer,
	};
}

/* Parses, verifies and applies, as the server does. */
static enum refusal try(struct chains *c, struct identity *chain, const struct draft *d)
{
	struct identity_entry e;
	const struct identity *issuers = chain == c->org ? NULL : c->org;
	AGREE(identity_parse(draft_bytes(c->arena, d), &e));
	AGREE(identity_verify(chain, &e, issuers));
	return identity_apply(chain, &e, issuers, c->now);
}

static enum refusal org_says(struct chains *c, struct slice body)
{
	struct draft d = draft_for(c, c->org, &c->org_id, &c->root, body);
	return try(c, c->org, &d);
}

static enum refusal user_says(struct chains *c, const struct signer *signer, struct slice body)
{
	struct draft d = draft_for(c, c->person, &c->user, signer, body);
	return try(c, c->person, &d);
}

static enum refusal issuer_says(struct chains *c, struct slice body)
{
	struct draft d = draft_for(c, c->person, &c->admin, &c->issuer, body);
	return try(c, c->person, &d);
}

static void found_org(struct chains *c)
{
	assert_agreed(org_says(c, body_org_key(c, IDENTITY_ORG_ROOT, &c->root)));
	assert_agreed(org_says(c, body_issuer(c, &c->issuer, c->now + 100 * DAY)));
}

static void create(struct chains *c)
{
	assert_agreed(user_says(c, &c->first, body_keys(c, IDENTITY_CREATE, &c->first, &c->enc)));
}

static void certify(struct chains *c)
{
	assert_agreed(issuer_says(c, body_cert(c, c->now, c->now + 30 * DAY, "Anna")));
}

static void creates_a_person(void **state)
{
	struct chains *c = *state;
	create(c);
	assert_int_equal(c->person->n, 1);
	assert_memory_equal(&c->person->subject, &c->user, 16);
	assert_memory_equal(&c->person->sig_kid, &c->first.sig_kid, 32);
	assert_memory_equal(&c->person->enc_kid, &c->enc.enc_kid, 32);
	assert_int_equal(c->person->resets, 0);
	assert_false(c->person->has_cert);
	assert_int_equal(c->person->n_known, 2);
}

static void refuses_a_chain_that_begins_otherwise(void **state)
{
	struct chains *c = *state;
	struct slice reset = body_keys(c, IDENTITY_RESET, &c->first, &c->enc);
	assert_refusal(user_says(c, &c->first, reset), NOT_CREATED);
	struct slice recovery = body_org_key(c, IDENTITY_ORG_RECOVERY, &c->recovery);
	assert_refusal(org_says(c, recovery), NOT_CREATED);
	create(c);
	struct slice again = body_keys(c, IDENTITY_CREATE, &c->second, &c->enc);
	assert_refusal(user_says(c, &c->second, again), ALREADY_CREATED);
}

static void refuses_a_creator_who_is_not_the_subject_or_has_not_the_key(void **state)
{
	struct chains *c = *state;
	struct slice body = body_keys(c, IDENTITY_CREATE, &c->first, &c->enc);
	struct draft d = draft_for(c, c->person, &c->admin, &c->first, body);
	assert_refusal(try(c, c->person, &d), BAD_SENDER);
	assert_refusal(user_says(c, &c->second, body), BAD_KID);
}

static void refuses_a_signature_by_another_key(void **state)
{
	struct chains *c = *state;
	struct slice body = body_keys(c, IDENTITY_CREATE, &c->first, &c->enc);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.signer = &c->second;
	assert_refusal(try(c, c->person, &d), BAD_SIGNATURE);
	d.signer = NULL;
	assert_refusal(try(c, c->person, &d), BAD_SIGNATURE);
}

static void refuses_entries_of_another_chain(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_revoke(c, &c->first.sig_kid);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.org = id_of(0x99);
	assert_refusal(try(c, c->person, &d), WRONG_CHAIN);
	c->user = id_of(0x04);
	assert_refusal(user_says(c, &c->first, body_revoke(c, &c->first.sig_kid)), WRONG_CHAIN);
	struct slice root = body_org_key(c, IDENTITY_ORG_ROOT, &c->root);
	struct draft of_org = draft_for(c, c->person, &c->org_id, &c->root, root);
	assert_refusal(try(c, c->person, &of_org), WRONG_CHAIN);
}

static void refuses_a_person_named_as_the_organisation_and_the_reverse(void **state)
{
	struct chains *c = *state;
	struct id org_id = c->org_id;
	c->user = org_id;
	struct slice body = body_keys(c, IDENTITY_CREATE, &c->first, &c->enc);
	assert_refusal(user_says(c, &c->first, body), WRONG_CHAIN);
	c->org_id = id_of(0x77);
	struct slice root = body_org_key(c, IDENTITY_ORG_ROOT, &c->root);
	c->org_id = org_id;
	struct draft d = draft_for(c, c->org, &org_id, &c->root, root);
	assert_refusal(try(c, c->org, &d), WRONG_CHAIN);
}

static void refuses_an_old_head_a_wrong_index_and_a_wrong_clock(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_revoke(c, &c->first.sig_kid);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.log_head = hash_of(0);
	assert_refusal(try(c, c->person, &d), STALE_HEAD);
	d.log_head = c->person->head;
	d.sender_seq = 0;
	assert_refusal(try(c, c->person, &d), BAD_INDEX);
	d.sender_seq = 1;
	d.client_time_ms = c->now + 600001;
	assert_refusal(try(c, c->person, &d), BAD_TIME);
	d.client_time_ms = c->now - 600000;
	assert_agreed(try(c, c->person, &d));
}

static void rotates_by_both_keys(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	certify(c);
	assert_agreed(user_says(c, &c->first, body_rotate(c, &c->second, &c->recovery)));
	assert_memory_equal(&c->person->sig_kid, &c->second.sig_kid, 32);
	assert_false(c->person->has_cert);
	assert_int_equal(c->person->resets, 0);
	assert_int_equal(c->person->n_known, 4);
}

static void refuses_a_rotation_without_the_old_or_the_new_keys_signature(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_rotate(c, &c->second, &c->recovery);
	assert_refusal(user_says(c, &c->second, body), BAD_KID);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.signer = &c->second;
	assert_refusal(try(c, c->person, &d), BAD_SIGNATURE);
	uint8_t *p = arena_alloc(c->arena, body.n);
	memcpy(p, body.p, body.n);
	p[body.n - 1] ^= 1;
	assert_refusal(user_says(c, &c->first, slice_of(p, body.n)), BAD_SIGNATURE);
	d = draft_for(c, c->person, &c->admin, &c->first, body);
	assert_refusal(try(c, c->person, &d), BAD_SENDER);
}

static void refuses_keys_that_were_there_before(void **state)
{
	struct chains *c = *state;
	create(c);
	assert_refusal(user_says(c, &c->first, body_rotate(c, &c->second, &c->enc)), KEY_REUSED);
	assert_refusal(
		user_says(c, &c->first, body_rotate(c, &c->first, &c->recovery)), KEY_REUSED);
	assert_agreed(user_says(c, &c->first, body_rotate(c, &c->second, &c->recovery)));
	struct slice back = body_keys(c, IDENTITY_RESET, &c->first, &c->root);
	assert_refusal(user_says(c, &c->first, back), KEY_REUSED);
}

static void resets_by_the_new_key_and_says_so(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	certify(c);
	struct slice body = body_keys(c, IDENTITY_RESET, &c->second, &c->recovery);
	struct draft d = draft_for(c, c->person, &c->admin, &c->second, body);
	assert_refusal(try(c, c->person, &d), BAD_SENDER);
	assert_refusal(user_says(c, &c->first, body), BAD_KID);
	assert_agreed(user_says(c, &c->second, body));
	assert_int_equal(c->person->resets, 1);
	assert_false(c->person->has_cert);
	assert_agreed(user_says(c, &c->second, body_rotate(c, &c->root, &c->issuer)));
	assert_int_equal(c->person->resets, 1);
}

static void certifies_by_an_issuer(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	certify(c);
	const struct identity_cert *cert = &c->person->cert;
	assert_true(c->person->has_cert);
	assert_memory_equal(&cert->hash, &c->person->head, 32);
	assert_int_equal(cert->name.n, 4);
	assert_memory_equal(cert->name.text, "Anna", 4);
	assert_int_equal(cert->employer.n, 8);
	assert_int_equal(cert->role, IDENTITY_COUNSELLOR);
}

static void refuses_certificates_of_whoever_is_no_issuer(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_cert(c, c->now, c->now + DAY, "Anna");
	assert_refusal(issuer_says(c, body), NOT_ISSUER);
	found_org(c);
	assert_refusal(user_says(c, &c->first, body), NOT_ISSUER);
	struct draft d = draft_for(c, c->person, &c->user, &c->issuer, body);
	assert_refusal(try(c, c->person, &d), NOT_ISSUER);
	c->now += 100 * DAY + 1;
	assert_refusal(issuer_says(c, body), NOT_ISSUER);
	assert_false(identity_issuer_may_sign(c->org, &c->admin, &c->issuer.sig_kid, c->now));
	c->now--;
	assert_true(identity_issuer_may_sign(c->org, &c->admin, &c->issuer.sig_kid, c->now));
	assert_agreed(issuer_says(c, body));
}

static void refuses_an_entry_of_a_room_in_a_chain(void **state)
{
	struct chains *c = *state;
	struct slice body = body_keys(c, IDENTITY_CREATE, &c->first, &c->enc);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.kind = ENVELOPE_CONTROL;
	d.room = id_of(0x09);
	assert_refusal(try(c, c->person, &d), KIND);
}

static void keeps_what_an_issuer_signed_before_the_revocation(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	struct slice body = body_cert(c, c->now, c->now + DAY, "Anna");
	struct id stranger = id_of(0x55);
	assert_true(identity_issuer_may_sign(c->org, &c->admin, &c->issuer.sig_kid, c->now));
	assert_false(identity_issuer_may_sign(c->org, &stranger, &c->issuer.sig_kid, c->now));
	assert_agreed(org_says(c, body_issuer_revoke(c, &c->issuer.sig_kid)));
	assert_false(identity_issuer_may_sign(c->org, &c->admin, &c->issuer.sig_kid, c->now));
	c->now += 1200001;
	assert_refusal(issuer_says(c, body), NOT_ISSUER);
	c->now--;
	assert_agreed(issuer_says(c, body));
}

static void refuses_an_issuer_of_another_organisation(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	c->org->org = id_of(0x88);
	assert_refusal(issuer_says(c, body_cert(c, c->now, c->now + DAY, "Anna")), NOT_ISSUER);
}

static void refuses_a_certificate_for_other_keys_or_a_wrong_time(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	struct slice cert = body_cert(c, c->now, c->now + DAY, "Anna");
	uint8_t *p = arena_alloc(c->arena, cert.n);
	memcpy(p, cert.p, cert.n);
	p[17] ^= 1;
	assert_refusal(issuer_says(c, slice_of(p, cert.n)), BAD_KID);
	p[17] ^= 1;
	p[17 + 32] ^= 1;
	assert_refusal(issuer_says(c, slice_of(p, cert.n)), BAD_KID);
	assert_refusal(issuer_says(c, body_cert(c, c->now, c->now, "Anna")), BAD_VALIDITY);
	struct slice long_one = body_cert(c, c->now, c->now + 800 * DAY + 1, "Anna");
	assert_refusal(issuer_says(c, long_one), BAD_VALIDITY);
	assert_agreed(issuer_says(c, body_cert(c, c->now, c->now + 800 * DAY, "Anna")));
}

static void refuses_names_that_are_none(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	static const char *const names[] = {
		"", "A\x1f", "A\x7f", "A\xc2\x85", "\xff", "\xc3", "\xed\xa0\x80"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_refusal(
			issuer_says(c, body_cert(c, c->now, c->now + DAY, names[i])), MALFORMED);
	assert_agreed(issuer_says(c, body_cert(c, c->now, c->now + DAY, "\xc2\xa0\xc3\x85ke")));
}

static void revokes_by_the_owner_or_an_issuer(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	certify(c);
	assert_refusal(issuer_says(c, body_revoke(c, &c->second.sig_kid)), BAD_KID);
	assert_agreed(issuer_says(c, body_revoke(c, &c->first.sig_kid)));
	assert_true(c->person->revoked);
	assert_false(c->person->has_cert);
	assert_refusal(issuer_says(c, body_revoke(c, &c->first.sig_kid)), BAD_KID);
}

static void lets_a_revoked_owner_do_nothing_but_reset(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	assert_agreed(user_says(c, &c->first, body_revoke(c, &c->first.sig_kid)));
	assert_refusal(user_says(c, &c->first, body_revoke(c, &c->first.sig_kid)), NOT_ISSUER);
	assert_refusal(user_says(c, &c->first, body_rotate(c, &c->second, &c->recovery)), BAD_KID);
	assert_refusal(issuer_says(c, body_cert(c, c->now, c->now + DAY, "Anna")), BAD_KID);
	struct slice reset = body_keys(c, IDENTITY_RESET, &c->second, &c->recovery);
	assert_agreed(user_says(c, &c->second, reset));
	assert_false(c->person->revoked);
}

static void refuses_a_revocation_by_a_stranger(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	assert_refusal(user_says(c, &c->second, body_revoke(c, &c->first.sig_kid)), NOT_ISSUER);
}

static void founds_an_organisation(void **state)
{
	struct chains *c = *state;
	found_org(c);
	assert_agreed(org_says(c, body_org_key(c, IDENTITY_ORG_RECOVERY, &c->recovery)));
	assert_memory_equal(&c->org->root_kid, &c->root.sig_kid, 32);
	assert_memory_equal(&c->org->recovery_kid, &c->recovery.enc_kid, 32);
	assert_int_equal(c->org->n_issuers, 1);
	assert_non_null(identity_find_issuer(c->org, &c->admin, &c->issuer.sig_kid));
	assert_null(identity_find_issuer(c->org, &c->user, &c->issuer.sig_kid));
	struct slice again = body_org_key(c, IDENTITY_ORG_RECOVERY, &c->recovery);
	assert_refusal(org_says(c, again), KEY_REUSED);
}

static void refuses_an_organisations_entry_by_another_key(void **state)
{
	struct chains *c = *state;
	struct slice root = body_org_key(c, IDENTITY_ORG_ROOT, &c->root);
	struct draft d = draft_for(c, c->org, &c->admin, &c->root, root);
	assert_refusal(try(c, c->org, &d), BAD_SENDER);
	d = draft_for(c, c->org, &c->org_id, &c->issuer, root);
	assert_refusal(try(c, c->org, &d), BAD_KID);
	found_org(c);
	struct slice recovery = body_org_key(c, IDENTITY_ORG_RECOVERY, &c->recovery);
	d = draft_for(c, c->org, &c->org_id, &c->issuer, recovery);
	assert_refusal(try(c, c->org, &d), BAD_KID);
	d = draft_for(c, c->org, &c->admin, &c->root, recovery);
	assert_refusal(try(c, c->org, &d), BAD_SENDER);
	struct slice revoke = body_issuer_revoke(c, &c->issuer.sig_kid);
	d = draft_for(c, c->org, &c->admin, &c->root, revoke);
	assert_refusal(try(c, c->org, &d), BAD_SENDER);
	struct slice another = body_issuer(c, &c->first, c->now + DAY);
	d = draft_for(c, c->org, &c->org_id, &c->issuer, another);
	assert_refusal(try(c, c->org, &d), BAD_KID);
	d = draft_for(c, c->org, &c->org_id, &c->root, recovery);
	d.signer = &c->issuer;
	assert_refusal(try(c, c->org, &d), BAD_SIGNATURE);
}

static void refuses_issuers_known_too_long_or_too_many(void **state)
{
	struct chains *c = *state;
	found_org(c);
	assert_refusal(org_says(c, body_issuer(c, &c->issuer, c->now + DAY)), KEY_REUSED);
	assert_refusal(org_says(c, body_issuer(c, &c->first, c->now)), BAD_VALIDITY);
	assert_refusal(
		org_says(c, body_issuer(c, &c->first, c->now + 800 * DAY + 1)), BAD_VALIDITY);
	c->org->n_issuers = IDENTITY_MAX_ISSUERS;
	assert_refusal(org_says(c, body_issuer(c, &c->first, c->now + DAY)), TOO_MANY);
	c->org->n_issuers--;
	assert_agreed(org_says(c, body_issuer(c, &c->first, c->now + DAY)));
}

static void refuses_to_revoke_an_issuer_twice_or_never_known(void **state)
{
	struct chains *c = *state;
	found_org(c);
	assert_refusal(org_says(c, body_issuer_revoke(c, &c->first.sig_kid)), BAD_KID);
	assert_agreed(org_says(c, body_issuer_revoke(c, &c->issuer.sig_kid)));
	assert_refusal(org_says(c, body_issuer_revoke(c, &c->issuer.sig_kid)), BAD_KID);
}

static void refuses_the_entry_after_the_last_before_all_else(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_revoke(c, &c->first.sig_kid);
	struct draft d = draft_for(c, c->person, &c->user, &c->first, body);
	d.org = id_of(0x99);
	c->person->n = IDENTITY_MAX_ENTRIES;
	assert_refusal(try(c, c->person, &d), TOO_MANY);
}

static void refuses_bodies_of_wrong_length_type_or_curve(void **state)
{
	struct chains *c = *state;
	create(c);
	struct slice body = body_keys(c, IDENTITY_RESET, &c->second, &c->recovery);
	uint8_t *p = arena_alloc(c->arena, body.n + 1);
	memcpy(p, body.p, body.n);
	assert_refusal(user_says(c, &c->second, slice_of(p, body.n + 1)), MALFORMED);
	assert_refusal(user_says(c, &c->second, slice_of(p, body.n - 1)), MALFORMED);
	p[body.n - 1] ^= 1;
	assert_refusal(user_says(c, &c->second, slice_of(p, body.n)), MALFORMED);
	p[body.n - 1] ^= 1;
	p[17] = 0x06;
	assert_refusal(user_says(c, &c->second, slice_of(p, body.n)), MALFORMED);
	p[17] = 0x04;
	static const uint8_t none[] = {0, 6, 15, 20, 255};
	for (size_t i = 0; i < sizeof(none); i++) {
		p[0] = none[i];
		assert_refusal(user_says(c, &c->second, slice_of(p, body.n)), MALFORMED);
	}
}

static void leaves_no_trace_of_a_refusal(void **state)
{
	struct chains *c = *state;
	found_org(c);
	create(c);
	struct identity before = *c->person;
	assert_refusal(issuer_says(c, body_cert(c, c->now, c->now, "Anna")), BAD_VALIDITY);
	assert_refusal(user_says(c, &c->first, body_rotate(c, &c->second, &c->enc)), KEY_REUSED);
	assert_memory_equal(&before, c->person, sizeof(before));
}

static void follows_a_person_into_records(void **state)
{
	struct chains *c = *state;
	AUTO(people) struct people people = people_none();
	found_org(c);
	create(c);
	people_follow(&people, c->person);
	people_follow(&people, c->person);
	assert_int_equal(people.n, 1);
	assert_false(people_find(&people, &c->user, &c->first.sig_kid)->staff);
	certify(c);
	people_follow(&people, c->person);
	struct hash cert = c->person->cert.hash;
	assert_int_equal(people.n, 2);
	const struct person *p = people_find_certified(&people, &c->user, &c->first.sig_kid, &cert);
	assert_non_null(p);
	assert_true(person_is_valid(p, c->now + 30 * DAY));
	assert_false(person_is_valid(p, c->now - 1));
	assert_false(person_is_valid(p, c->now + 30 * DAY + 1));
	certify(c);
	people_follow(&people, c->person);
	assert_int_equal(people.n, 3);
	assert_non_null(people_find_certified(&people, &c->user, &c->first.sig_kid, &cert));
}

static void ends_the_records_of_keys_that_went(void **state)
{
	struct chains *c = *state;
	AUTO(people) struct people people = people_none();
	struct person other = {.user = id_of(0x70), .sig_kid = hash_of(0x71)};
	people_add(&people, &other);
	create(c);
	people_follow(&people, c->person);
	c->now += DAY;
	assert_agreed(user_says(c, &c->first, body_rotate(c, &c->second, &c->recovery)));
	people_follow(&people, c->person);
	const struct person *old = people_find(&people, &c->user, &c->first.sig_kid);
	uint64_t rotated_ms = c->now;
	assert_int_equal(old->ended_ms, rotated_ms);
	assert_true(person_holds(old, c->now + 1200000));
	assert_false(person_holds(old, c->now + 1200001));
	assert_int_equal(people_find(&people, &c->user, &c->second.sig_kid)->ended_ms, 0);
	c->now += DAY;
	assert_agreed(user_says(c, &c->second, body_revoke(c, &c->second.sig_kid)));
	people_follow(&people, c->person);
	assert_int_equal(people.n, 3);
	old = people_find(&people, &c->user, &c->first.sig_kid);
	assert_int_equal(old->ended_ms, rotated_ms);
	people_drop_ended(&people);
	assert_int_equal(people.n, 1);
	assert_non_null(people_find(&people, &other.user, &other.sig_kid));
	assert_null(people_find(&people, &c->user, &c->second.sig_kid));
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, chains_begin, chains_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(creates_a_person),
		FACT(refuses_a_chain_that_begins_otherwise),
		FACT(refuses_a_creator_who_is_not_the_subject_or_has_not_the_key),
		FACT(refuses_a_signature_by_another_key),
		FACT(refuses_entries_of_another_chain),
		FACT(refuses_a_person_named_as_the_organisation_and_the_reverse),
		FACT(refuses_an_old_head_a_wrong_index_and_a_wrong_clock),
		FACT(rotates_by_both_keys),
		FACT(refuses_a_rotation_without_the_old_or_the_new_keys_signature),
		FACT(refuses_keys_that_were_there_before),
		FACT(resets_by_the_new_key_and_says_so),
		FACT(certifies_by_an_issuer),
		FACT(refuses_certificates_of_whoever_is_no_issuer),
		FACT(refuses_an_entry_of_a_room_in_a_chain),
		FACT(keeps_what_an_issuer_signed_before_the_revocation),
		FACT(refuses_an_issuer_of_another_organisation),
		FACT(refuses_a_certificate_for_other_keys_or_a_wrong_time),
		FACT(refuses_names_that_are_none),
		FACT(revokes_by_the_owner_or_an_issuer),
		FACT(lets_a_revoked_owner_do_nothing_but_reset),
		FACT(refuses_a_revocation_by_a_stranger),
		FACT(founds_an_organisation),
		FACT(refuses_an_organisations_entry_by_another_key),
		FACT(refuses_issuers_known_too_long_or_too_many),
		FACT(refuses_to_revoke_an_issuer_twice_or_never_known),
		FACT(refuses_the_entry_after_the_last_before_all_else),
		FACT(refuses_bodies_of_wrong_length_type_or_curve),
		FACT(leaves_no_trace_of_a_refusal),
		FACT(follows_a_person_into_records),
		FACT(ends_the_records_of_keys_that_went),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
