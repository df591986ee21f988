/* The shared vectors of proto/vectors, which the browser's side made: both must agree on every
 * byte, word and state. The folder is the program's argument. */
#include "seal_test.h"

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "seal/control.h"
#include "seal/label.h"
#include "seal/sealed.h"
#include "seal/unlocker.h"
#include "seal_dump.h"

static const char *folder;

struct vectors {
	json_t *root;
	struct arena *arena;
};

static struct vectors vectors_open(const char *name)
{
	AUTO(buf) struct buf path = BUF_MAX(4096);
	json_error_t error;
	buf_addf(&path, "%s/%s.json", folder, name);
	struct vectors v = {
		.root = json_load_file(buf_text(&path), JSON_REJECT_DUPLICATES, &error)};
	if (v.root == NULL)
		fail_msg("%s: %s", buf_text(&path), error.text);
	v.arena = arena_new(65536);
	return v;
}

static void vectors_close(struct vectors *v)
{
	json_decref(v->root);
	arena_free(&v->arena);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	if (text == NULL)
		fail_msg("no text \"%s\"", name);
	return text;
}

static struct slice bytes_of(struct vectors *v, const json_t *object, const char *name)
{
	struct slice text = slice_text(text_of(object, name));
	size_t n = b64_bytes_size(text.n);
	uint8_t *p = arena_alloc(v->arena, n + 1);
	assert_int_equal(b64_decode(text, p), ERR_OK);
	return slice_of(p, n);
}

static void exact_of(const json_t *object, const char *name, uint8_t *ret, size_t n)
{
	assert_int_equal(b64_decode_exact(slice_text(text_of(object, name)), ret, n), ERR_OK);
}

static struct hash hash_at(const json_t *object, const char *name)
{
	struct hash hash;
	exact_of(object, name, hash.b, sizeof(hash.b));
	return hash;
}

static struct id id_at(const json_t *object, const char *name)
{
	struct id id;
	exact_of(object, name, id.b, sizeof(id.b));
	return id;
}

static struct pub pub_at(const json_t *object, const char *name)
{
	struct pub pub;
	exact_of(object, name, pub.b, sizeof(pub.b));
	return pub;
}

static uint64_t number_at(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	assert_true(json_is_integer(v));
	return (uint64_t)json_integer_value(v);
}

static void agrees_on_the_hash_and_the_derivation_of_every_label(void **state)
{
	(void)state;
	static const char *const labels[] = {LABEL_KID_SIG, LABEL_KID_ENC, LABEL_ENV, LABEL_SIG,
		LABEL_MSG, LABEL_KEY_MSG, LABEL_KEY_FILEKEY, LABEL_COMMIT, LABEL_KEY_NOTE,
		LABEL_COMMIT_STAFF, LABEL_WRAP, LABEL_WRAPHASH, LABEL_KEY_INVITE, LABEL_INVITE,
		LABEL_TOKEN, LABEL_ROTATE, LABEL_JOIN, LABEL_CODE, LABEL_KEY_USERKEYS,
		LABEL_UNLOCK_PASSKEY, LABEL_PRF, LABEL_KEY_USERSTATE, LABEL_KEY_UNLOCKERS,
		LABEL_KEY_DRAFT, LABEL_UNLOCKER, LABEL_UNLOCK_PASSPHRASE, LABEL_UNLOCK_CODE,
		LABEL_UNLOCKERS, LABEL_USERKEYS, LABEL_USERSTATE, LABEL_DRAFT, LABEL_DRAFT_SLOT,
		LABEL_OIDC_NONCE, LABEL_CARRIED, LABEL_SHARE, LABEL_CODE_CHECK, LABEL_FILE,
		LABEL_FILE_KEY, LABEL_FILE_HASH, LABEL_BREAK_GLASS, LABEL_RECOVERY_REQUEST};
	struct vectors v = vectors_open("derive");
	struct slice key = bytes_of(&v, v.root, "key"), fields = bytes_of(&v, v.root, "fields");
	const json_t *list = json_object_get(v.root, "labels"), *one;
	size_t i, n_found = 0;
	json_array_foreach(list, i, one)
	{
		const char *label = text_of(one, "label");
		for (size_t k = 0; k < sizeof(labels) / sizeof(labels[0]); k++)
			n_found += strcmp(labels[k], label) == 0;
		AUTO(buf) struct buf info = BUF_MAX(1000);
		uint8_t derived[32];
		buf_add(&info, slice_of(label, strlen(label) + 1));
		buf_add(&info, fields);
		struct hash hash = crypt_sha256(buf_slice(&info)), wanted = hash_at(one, "hash");
		assert_memory_equal(&hash, &wanted, sizeof(hash));
		crypt_hkdf(key, SLICE_NONE, buf_slice(&info), derived, sizeof(derived));
		wanted = hash_at(one, "hkdf");
		assert_memory_equal(derived, &wanted, sizeof(derived));
	}
	assert_int_equal(n_found, sizeof(labels) / sizeof(labels[0]));
	assert_int_equal(n_found, json_array_size(list));
	vectors_close(&v);
}

static void agrees_on_the_names_of_keys(void **state)
{
	(void)state;
	struct vectors v = vectors_open("derive");
	const json_t *kids = json_object_get(v.root, "kids");
	struct pub pub = pub_at(kids, "pub");
	struct hash sig = kid_sig(&pub), enc = kid_enc(&pub);
	struct hash wanted_sig = hash_at(kids, "kid_sig"), wanted_enc = hash_at(kids, "kid_enc");
	assert_memory_equal(&sig, &wanted_sig, sizeof(sig));
	assert_memory_equal(&enc, &wanted_enc, sizeof(enc));
	vectors_close(&v);
}

static void agrees_on_envelopes_that_are_good(void **state)
{
	(void)state;
	struct vectors v = vectors_open("envelope");
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(v.root, "good"), i, one)
	{
		struct envelope e;
		assert_agreed(envelope_parse(bytes_of(&v, one, "envelope"), &e));
		struct hash hash = envelope_hash(&e), wanted = hash_at(one, "env_hash");
		assert_memory_equal(&hash, &wanted, sizeof(hash));
		if (json_object_get(one, "tombstone") == NULL)
			continue;
		AUTO(buf) struct buf left = BUF_MAX(2000);
		envelope_add_tombstone(&e, &left);
		assert_true(slice_equal(buf_slice(&left), bytes_of(&v, one, "tombstone")));
		assert_agreed(envelope_parse_tombstone(buf_slice(&left), &e));
		hash = envelope_hash(&e);
		assert_memory_equal(&hash, &wanted, sizeof(hash));
	}
	assert_true(i > 0);
	vectors_close(&v);
}

static void agrees_on_the_word_for_every_refused_envelope(void **state)
{
	(void)state;
	struct vectors v = vectors_open("envelope");
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(v.root, "refused"), i, one)
	{
		struct envelope e;
		struct slice bytes = bytes_of(&v, one, "bytes");
		bool is_tombstone = strcmp(text_of(one, "form"), "tombstone") == 0;
		enum refusal r = is_tombstone ? envelope_parse_tombstone(bytes, &e)
					      : envelope_parse(bytes, &e);
		if (strcmp(refusal_word(r), text_of(one, "word")) != 0)
			fail_msg("%s: %s", text_of(one, "name"), refusal_word(r));
	}
	assert_true(i > 0);
	vectors_close(&v);
}

static void agrees_on_signatures(void **state)
{
	(void)state;
	struct vectors v = vectors_open("envelope");
	struct pub pub = pub_at(v.root, "pub");
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(v.root, "signatures"), i, one)
	{
		struct envelope e;
		assert_agreed(envelope_parse(bytes_of(&v, one, "envelope"), &e));
		struct hash digest = envelope_signed_digest(&e);
		bool valid = pub_verifies_digest(&pub, &digest, e.signature);
		if (valid != json_is_true(json_object_get(one, "valid")))
			fail_msg("%s: %d", text_of(one, "name"), valid);
	}
	assert_true(i > 1);
	vectors_close(&v);
}

static struct people people_of(const json_t *list)
{
	struct people people = people_none();
	const json_t *one;
	size_t i;
	json_array_foreach(list, i, one)
	{
		struct person p = {
			.user = id_at(one, "user"),
			.sig_kid = hash_at(one, "sig_kid"),
			.enc_kid = hash_at(one, "enc_kid"),
			.resets = (uint32_t)number_at(one, "resets"),
			.staff = json_is_true(json_object_get(one, "staff")),
			.cert = hash_at(one, "cert"),
			.valid_from = number_at(one, "valid_from"),
			.valid_until = number_at(one, "valid_until"),
			.ended_ms = number_at(one, "ended"),
		};
		people_add(&people, &p);
	}
	return people;
}

/* The deciding clock of a step: a number, or "-" for the entry's own. */
static uint64_t clock_of(const json_t *step, const struct envelope *e)
{
	const json_t *time = json_object_get(step, "time");
	return json_is_integer(time) ? (uint64_t)json_integer_value(time) : e->client_time_ms;
}

static void check_step(const json_t *step, enum refusal r, struct state_digest digest)
{
	if (strcmp(refusal_word(r), text_of(step, "verdict")) != 0)
		fail_msg("%s: %s", text_of(step, "name"), refusal_word(r));
	if (strcmp(digest.hex, text_of(step, "digest")) != 0)
		fail_msg("%s: another state", text_of(step, "name"));
}

static void control_step(
	struct vectors *v, struct control *log, const struct people *people, const json_t *step)
{
	struct control_entry e;
	enum refusal r = control_parse(bytes_of(v, step, "entry"), &e);
	if (r == REFUSAL_NONE && e.type == CONTROL_BREAK_GLASS)
		assert_string_equal(
			refusal_word(control_verify_break_glass(&e)), text_of(step, "signature"));
	else if (r == REFUSAL_NONE && json_object_get(step, "signature") != NULL)
		assert_string_equal(
			refusal_word(control_verify_join(log, &e)), text_of(step, "signature"));
	if (r == REFUSAL_NONE)
		r = control_apply(log, &e, people, clock_of(step, &e.env));
	check_step(step, r, control_digest(log));
}

static size_t control_steps(const char *name)
{
	struct vectors v = vectors_open(name);
	const json_t *sequence, *step;
	size_t i, k, n_steps = 0;
	json_array_foreach(json_object_get(v.root, "sequences"), i, sequence)
	{
		AUTO(control) struct control *log = control_new();
		AUTO(people) struct people people = people_of(json_object_get(sequence, "people"));
		json_array_foreach(json_object_get(sequence, "steps"), k, step)
		{
			control_step(&v, log, &people, step);
			n_steps++;
		}
	}
	vectors_close(&v);
	return n_steps;
}

static void agrees_on_every_step_of_control_logs(void **state)
{
	(void)state;
	assert_true(control_steps("control") > 100);
}

static void agrees_on_every_step_of_recoveries(void **state)
{
	(void)state;
	assert_true(control_steps("recovery") > 40);
}

static void identity_step(
	struct vectors *v, struct identity *org, struct identity *person, const json_t *step)
{
	bool of_org = strcmp(text_of(step, "chain"), "o") == 0;
	struct identity *chain = of_org ? org : person;
	const struct identity *issuers = of_org || org->n == 0 ? NULL : org;
	struct identity_entry e;
	enum refusal r = identity_parse(bytes_of(v, step, "entry"), &e);
	if (r == REFUSAL_NONE)
		r = identity_verify(chain, &e, issuers);
	if (r == REFUSAL_NONE)
		r = identity_apply(chain, &e, issuers, clock_of(step, &e.env));
	check_step(step, r, identity_digest(chain));
}

static void agrees_on_every_step_of_identity_chains(void **state)
{
	(void)state;
	struct vectors v = vectors_open("identity");
	const json_t *sequence, *step;
	size_t i, k, n_steps = 0;
	json_array_foreach(json_object_get(v.root, "sequences"), i, sequence)
	{
		AUTO(identity) struct identity *org = identity_new();
		AUTO(identity) struct identity *person = identity_new();
		json_array_foreach(json_object_get(sequence, "steps"), k, step)
		{
			identity_step(&v, org, person, step);
			n_steps++;
		}
	}
	assert_true(n_steps > 50);
	vectors_close(&v);
}

/* Every word of the rules appears in the vectors at least once. */
static void finds_every_rule_among_the_vectors(void **state)
{
	(void)state;
	bool seen[REFUSAL_COUNT] = {false};
	static const char *const names[] = {"control", "identity"};
	for (size_t f = 0; f < 2; f++) {
		struct vectors v = vectors_open(names[f]);
		const json_t *sequence, *step;
		size_t i, k;
		json_array_foreach(json_object_get(v.root, "sequences"), i, sequence)
			json_array_foreach(json_object_get(sequence, "steps"), k,
				step) for (unsigned r = 0; r < REFUSAL_COUNT; r++) seen[r] =
				seen[r] || strcmp(refusal_word((enum refusal)r),
						   text_of(step, "verdict")) == 0;
		vectors_close(&v);
	}
	for (unsigned r = REFUSAL_MALFORMED; r < REFUSAL_COUNT; r++)
		if (!seen[r])
			fail_msg("no vector is refused as %s", refusal_word((enum refusal)r));
}

static void agrees_on_wraps(void **state)
{
	(void)state;
	struct vectors v = vectors_open("wrap");
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(v.root, "vectors"), i, one)
	{
		AUTO(buf) struct buf b = BUF_MAX(200);
		struct id rid = id_at(one, "rid");
		struct hash rkid = hash_at(one, "rkid"), hash = hash_at(one, "wrap_hash");
		buf_add_byte(&b, (uint8_t)number_at(one, "keyset"));
		buf_add_byte(&b, (uint8_t)number_at(one, "rtype"));
		buf_add(&b, id_slice(&rid));
		buf_add(&b, hash_slice(&rkid));
		buf_add(&b, hash_slice(&hash));
		struct control_entry e = {
			.type = CONTROL_EPOCH, .n_wraps = 1, .wraps = buf_slice(&b)};
		assert_true(control_wrap_fits(&e, 0, bytes_of(&v, one, "wrap")));
		b.p[0] ^= 1;
		assert_false(control_wrap_fits(&e, 0, bytes_of(&v, one, "wrap")));
	}
	assert_true(i > 0);
	vectors_close(&v);
}

static void agrees_on_unlockers(void **state)
{
	(void)state;
	struct vectors v = vectors_open("unlock");
	struct unlocker u;
	const json_t *one;
	size_t i;
	struct slice phrase = bytes_of(&v, json_object_get(v.root, "passphrase"), "unlocker");
	struct slice code = bytes_of(&v, json_object_get(v.root, "code"), "unlocker");
	assert_agreed(unlocker_parse(phrase, &u));
	assert_int_equal(u.type, UNLOCKER_PASSPHRASE);
	assert_agreed(unlocker_parse(code, &u));
	assert_int_equal(u.type, UNLOCKER_CODE);
	struct slice passkey = bytes_of(&v, json_object_get(v.root, "passkey"), "unlocker");
	assert_agreed(unlocker_parse(passkey, &u));
	assert_int_equal(u.type, UNLOCKER_PASSKEY);
	json_array_foreach(json_object_get(v.root, "refused"), i, one)
	{
		enum refusal r = unlocker_parse(bytes_of(&v, one, "bytes"), &u);
		if (strcmp(refusal_word(r), text_of(one, "word")) != 0)
			fail_msg("%s: %s", text_of(one, "name"), refusal_word(r));
	}
	assert_true(i > 0);
	vectors_close(&v);
}

static void agrees_on_the_size_of_all_that_is_sealed(void **state)
{
	(void)state;
	struct vectors seal = vectors_open("seal"), invite = vectors_open("invite");
	struct vectors unlock = vectors_open("unlock");
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(seal.root, "vectors"), i, one) assert_int_equal(
		bytes_of(&seal, one, "sealed").n, sealed_size((size_t)number_at(one, "length")));
	assert_true(i > 0);
	assert_true(sealed_invite_fits(bytes_of(&invite, invite.root, "sealed").n));
	struct slice keys = bytes_of(&unlock, json_object_get(unlock.root, "keys"), "sealed");
	struct slice kept = bytes_of(&unlock, json_object_get(unlock.root, "state"), "sealed");
	assert_true(sealed_size_is_padded(keys.n));
	assert_true(sealed_size_is_padded(kept.n));
	vectors_close(&seal);
	vectors_close(&invite);
	vectors_close(&unlock);
}

static void agrees_on_how_a_token_is_stored(void **state)
{
	(void)state;
	struct vectors v = vectors_open("invite");
	struct hash hash = invite_token_hash(bytes_of(&v, v.root, "token"));
	struct hash wanted = hash_at(v.root, "token_hash");
	assert_memory_equal(&hash, &wanted, sizeof(hash));
	vectors_close(&v);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: seal_vectors FOLDER\n", stderr);
		return 2;
	}
	folder = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_the_hash_and_the_derivation_of_every_label),
		cmocka_unit_test(agrees_on_the_names_of_keys),
		cmocka_unit_test(agrees_on_envelopes_that_are_good),
		cmocka_unit_test(agrees_on_the_word_for_every_refused_envelope),
		cmocka_unit_test(agrees_on_signatures),
		cmocka_unit_test(agrees_on_every_step_of_control_logs),
		cmocka_unit_test(agrees_on_every_step_of_recoveries),
		cmocka_unit_test(agrees_on_every_step_of_identity_chains),
		cmocka_unit_test(finds_every_rule_among_the_vectors),
		cmocka_unit_test(agrees_on_wraps),
		cmocka_unit_test(agrees_on_unlockers),
		cmocka_unit_test(agrees_on_the_size_of_all_that_is_sealed),
		cmocka_unit_test(agrees_on_how_a_token_is_stored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
