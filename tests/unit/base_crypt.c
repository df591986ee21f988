/* Hashes, HKDF, ECDSA, settings, errors and the log. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/crypt.h"
#include "base/log.h"
#include "unit.h"

static void sha256_knows_the_vector_of_fips180(void **state)
{
	(void)state;
	struct hash h = crypt_sha256(SLICE_LIT("abc"));
	assert_memory_equal(h.b,
		"\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
		"\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
		32);
	struct slice parts[] = {SLICE_LIT("a"), SLICE_NONE, SLICE_LIT("bc")};
	struct hash same = crypt_sha256_parts(parts, 3);
	assert_true(hash_equal(&h, &same));
	struct sha256 *s = sha256_new();
	sha256_add(s, SLICE_LIT("ab"));
	sha256_add(s, SLICE_LIT("c"));
	same = sha256_take(&s);
	assert_true(hash_equal(&h, &same));
	assert_null(s);
}

static void hmac_knows_the_vector_of_rfc4231(void **state)
{
	(void)state;
	struct hash h = crypt_hmac(SLICE_LIT("Jefe"), SLICE_LIT("what do ya want for nothing?"));
	assert_memory_equal(
		h.b, "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7", 16);
}

static void hkdf_knows_the_vector_of_rfc5869(void **state)
{
	(void)state;
	uint8_t okm[42];
	crypt_hkdf(SLICE_LIT("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
			     "\x0b\x0b\x0b\x0b\x0b"),
		SLICE_LIT("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
		SLICE_LIT("\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9"), okm, sizeof(okm));
	assert_memory_equal(okm,
		"\x3c\xb2\x5f\x25\xfa\xac\xd5\x7a\x90\x43\x4f\x64\xd0\x36\x2f\x2a"
		"\x2d\x2d\x0a\x90\xcf\x1a\x5a\x4c\x5d\xb0\x2d\x56\xec\xc4\xc5\xbf"
		"\x34\x00\x72\x08\xd5\xb8\x87\x18\x58\x65",
		42);
}

static void comparing_needs_the_same_length(void **state)
{
	(void)state;
	assert_true(crypt_equal(SLICE_LIT("same"), SLICE_LIT("same")));
	assert_false(crypt_equal(SLICE_LIT("same"), SLICE_LIT("samE")));
	assert_false(crypt_equal(SLICE_LIT("same"), SLICE_LIT("sam")));
	assert_true(crypt_equal(SLICE_NONE, SLICE_NONE));
}

/* RFC 6979 A.2.5, message "sample"; its s is high, the lower one is n - s. */
#define PUB \
	"\x04" \
	"\x60\xfe\xd4\xba\x25\x5a\x9d\x31\xc9\x61\xeb\x74\xc6\x35\x6d\x68\xc0\x49\xb8\x92\x3b\x61" \
	"\xfa\x6c\xe6\x69\x62\x2e\x60\xf2\x9f\xb6" \
	"\x79\x03\xfe\x10\x08\xb8\xbc\x99\xa4\x1a\xe9\xe9\x56\x28\xbc\x64\xf2\xf1\xb2\x0c\x2d\x7e" \
	"\x9f\x51\x77\xa3\xc2\x94\xd4\x46\x22\x99"
#define R_ \
	"\xef\xd4\x8b\x2a\xac\xb6\xa8\xfd\x11\x40\xdd\x9c\xd4\x5e\x81\xd6\x9d\x2c\x87\x7b\x56\xaa" \
	"\xf9\x91\xc3\x4d\x0e\xa8\x4e\xaf\x37\x16"
#define S_HIGH \
	"\xf7\xcb\x1c\x94\x2d\x65\x7c\x41\xd4\x36\xc7\xa1\xb6\xe2\x9f\x65\xf3\xe9\x00\xdb\xb9\xaf" \
	"\xf4\x06\x4d\xc4\xab\x2f\x84\x3a\xcd\xa8"
#define S_LOW \
	"\x08\x34\xe3\x6a\xd2\x9a\x83\xbf\x2b\xc9\x38\x5e\x49\x1d\x60\x99\xc8\xfd\xf9\xd1\xed\x67" \
	"\xaa\x7e\xa5\xf5\x1f\x93\x78\x28\x57\xa9"

static struct p256_key *rfc_key(void)
{
	struct p256_key *key = NULL;
	assert_ok(p256_key_new(SLICE_LIT(PUB), &key));
	return key;
}

static void verifies_the_signature_of_rfc6979_with_low_s(void **state)
{
	(void)state;
	struct p256_key *key = rfc_key();
	assert_ok(p256_verify(key, SLICE_LIT("sample"), SLICE_LIT(R_ S_LOW)));
	struct hash digest = crypt_sha256(SLICE_LIT("sample"));
	assert_ok(p256_verify_digest(key, &digest, SLICE_LIT(R_ S_LOW)));
	p256_key_unref(&key);
}

static void refuses_the_same_signature_with_high_s(void **state)
{
	(void)state;
	struct p256_key *key = rfc_key();
	assert_err(p256_verify(key, SLICE_LIT("sample"), SLICE_LIT(R_ S_HIGH)), ERR_BAD_SIGNATURE);
	p256_key_unref(&key);
}

static void refuses_every_flipped_bit_of_a_signature(void **state)
{
	(void)state;
	struct p256_key *key = rfc_key();
	uint8_t sig[64];
	for (size_t i = 0; i < 512; i += 7) {
		memcpy(sig, R_ S_LOW, sizeof(sig));
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_err(p256_verify(key, SLICE_LIT("sample"), slice_of(sig, 64)),
			ERR_BAD_SIGNATURE);
	}
	p256_key_unref(&key);
}

static void refuses_signatures_of_other_messages_lengths_and_zeros(void **state)
{
	(void)state;
	static const uint8_t zeros[64];
	struct p256_key *key = rfc_key();
	assert_err(p256_verify(key, SLICE_LIT("Sample"), SLICE_LIT(R_ S_LOW)), ERR_BAD_SIGNATURE);
	assert_err(p256_verify(key, SLICE_LIT("sample"), slice_of(zeros, 64)), ERR_BAD_SIGNATURE);
	assert_err(
		p256_verify(key, SLICE_LIT("sample"), slice_of(R_ S_LOW, 63)), ERR_BAD_SIGNATURE);
	assert_err(p256_verify(key, SLICE_LIT("sample"), SLICE_NONE), ERR_BAD_SIGNATURE);
	p256_key_unref(&key);
}

static void refuses_keys_that_are_no_points(void **state)
{
	(void)state;
	struct p256_key *key = NULL;
	uint8_t pub[66];
	memcpy(pub, PUB, 65);
	assert_err(p256_key_new(slice_of(pub, 64), &key), ERR_BAD_FIELD);
	assert_err(p256_key_new(slice_of(pub, 66), &key), ERR_BAD_FIELD);
	pub[64] ^= 1;
	assert_err(p256_key_new(slice_of(pub, 65), &key), ERR_BAD_FIELD);
	pub[64] ^= 1;
	pub[0] = 2;
	assert_err(p256_key_new(slice_of(pub, 65), &key), ERR_BAD_FIELD);
	memset(pub, 0, sizeof(pub));
	pub[0] = 4;
	assert_err(p256_key_new(slice_of(pub, 65), &key), ERR_BAD_FIELD);
	assert_null(key);
}

static void settings_have_their_defaults(void **state)
{
	(void)state;
	struct config c;
	config_init(&c);
	assert_int_equal(c.workers, 2);
	assert_true(c.verify_signatures);
	assert_false(c.development);
	assert_string_equal(c.listen_address, "127.0.0.1");
	config_done(&c);
}

static enum err parse(const char *text, struct config *c, char *why, size_t size)
{
	struct buf b = BUF_MAX(1000);
	config_init(c);
	enum err e = config_parse(c, slice_text(text), &b);
	(void)snprintf(why, size, "%s", buf_text(&b));
	buf_done(&b);
	return e;
}

static void settings_are_read_line_by_line(void **state)
{
	(void)state;
	struct config c;
	char why[200];
	assert_ok(parse("# a comment\n\n  workers = 3\ndevelopment=yes\nsite_dir = a b \n", &c, why,
		sizeof(why)));
	assert_int_equal(c.workers, 3);
	assert_true(c.development);
	assert_string_equal(c.site_dir, "a b");
	config_done(&c);
}

static void settings_refuse_what_they_do_not_know(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"\nworker = 3",
			"Line 2: there is no setting `worker`; `luotsid settings` lists them all."},
		{"workers = 0", "Line 1: workers must be a number from 1 to 64."},
		{"workers = 65", "Line 1: workers must be a number from 1 to 64."},
		{"workers = 2 ok", "Line 1: workers must be a number from 1 to 64."},
		{"development = true", "Line 1: development must be yes or no."},
		{"workers", "Line 1: a line must be `name = value` or begin with #."},
		{"port = 1\nport = 1", "Line 2: port is set twice."},
		{"log_level = \x01", "Line 1: log_level must be at most 8 bytes of plain text."},
		{"log_level = verylongword",
			"Line 1: log_level must be at most 8 bytes of plain text."}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config c;
		char why[200];
		assert_err(parse(bad[i].text, &c, why, sizeof(why)), ERR_MALFORMED);
		assert_string_equal(why, bad[i].why);
		config_done(&c);
	}
}

static enum err check(const char *text, unsigned lws)
{
	struct config c;
	char why[200];
	struct buf b = BUF_MAX(1000);
	assert_ok(parse(text, &c, why, sizeof(why)));
	enum err e = config_check(&c, lws, &b);
	assert_int_equal(e == ERR_OK, b.n == 0);
	buf_done(&b);
	config_done(&c);
	return e;
}

static void settings_refuse_development_in_public(void **state)
{
	(void)state;
	assert_ok(check("development = yes", 4001006));
	assert_ok(check("development = yes\npublic_origin = https://[::1]:8443", 4001006));
	assert_err(check("development = yes\nlisten_address = 0.0.0.0", 4003005), ERR_CONFLICT);
	assert_err(check("development = yes\npublic_origin = https://luotsi.example", 4003005),
		ERR_CONFLICT);
	assert_err(
		check("development = yes\npublic_origin = https://localhost.evil.example", 4003005),
		ERR_CONFLICT);
}

static void settings_refuse_staff_without_passkeys_outside_development(void **state)
{
	(void)state;
	assert_ok(check("development = yes\nstaff_without_passkey = yes", 4001006));
	assert_ok(check("staff_without_passkey = no", 4001006));
	assert_err(check("staff_without_passkey = yes", 4001006), ERR_CONFLICT);
	assert_err(check("development = no\nstaff_without_passkey = yes", 4003005), ERR_CONFLICT);
}

static void settings_refuse_an_old_lws_in_public(void **state)
{
	(void)state;
	assert_err(check("listen_address = 0.0.0.0", 4001006), ERR_CONFLICT);
	assert_ok(check("listen_address = 0.0.0.0", 4003005));
	assert_ok(check("listen_address = 0.0.0.0\nedge = yes", 4001006));
}

static void settings_refuse_origins_that_are_none(void **state)
{
	(void)state;
	assert_err(check("public_origin = http://localhost", 4001006), ERR_CONFLICT);
	assert_err(check("public_origin = https://localhost/", 4001006), ERR_CONFLICT);
	assert_err(check("public_origin = https://", 4001006), ERR_CONFLICT);
	assert_err(check("public_origin = https://User@localhost", 4001006), ERR_CONFLICT);
}

static void the_sample_file_is_itself_good_and_names_everything(void **state)
{
	(void)state;
	struct buf sample = BUF_MAX(1 << 20);
	config_sample(&sample);
	assert_non_null(strstr(buf_text(&sample), "# workers = 2"));
	/* With the comments of the values taken away it must parse. */
	for (char *at = (char *)sample.p; (at = strstr(at, "\n# ")); at++) {
		const char *end = strchr(at + 1, '\n'), *equals = strstr(at, " = ");
		if (equals && equals < end)
			at[1] = ' ';
	}
	struct config c;
	char why[200];
	assert_ok(parse(buf_text(&sample), &c, why, sizeof(why)));
	config_done(&c);
	buf_done(&sample);
}

static void errors_have_words_that_lead_back_to_them(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ERR_COUNT; i++) {
		enum err e = ERR_COUNT;
		assert_true(err_parse(slice_text(err_word(i)), &e));
		assert_int_equal(e, i);
		assert_in_range(err_status(i), 200, 599);
	}
	assert_true(err_is_fault(ERR_INTERNAL));
	assert_false(err_is_fault(ERR_STALE_HEAD));
	enum err e;
	assert_false(err_parse(SLICE_LIT("nothing"), &e));
}

static void read_log(int fd, char *text, size_t size)
{
	ssize_t n = read(fd, text, size - 1);
	text[n > 0 ? n : 0] = 0;
}

static void the_log_writes_one_line_without_what_it_must_not(void **state)
{
	(void)state;
	int ends[2], kept = dup(STDERR_FILENO);
	char text[1000];
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_set_key(SLICE_LIT("key"));
	log_info("posted", LOG_W("op", "a b\n\"c\"=d"), LOG_N("size", -5),
		LOG_H("person", SLICE_LIT("secret-id")));
	log_debug("hidden");
	dup2(kept, STDERR_FILENO);
	close(ends[1]);
	read_log(ends[0], text, sizeof(text));
	close(ends[0]);
	close(kept);
	assert_non_null(strstr(text, " info luotsid posted op=a_b__c__d size=-5 person="));
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "hidden"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void clocks_can_be_shifted(void **state)
{
	(void)state;
	int64_t wall = clock_wall_ms();
	uint64_t mono = clock_mono_ms();
	clock_shift_for_tests(3600000);
	assert_in_range(clock_wall_ms() - wall, 3600000, 3660000);
	assert_in_range(clock_mono_ms() - mono, 3600000, 3660000);
	clock_shift_for_tests(-3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {T(sha256_knows_the_vector_of_fips180),
		T(hmac_knows_the_vector_of_rfc4231), T(hkdf_knows_the_vector_of_rfc5869),
		T(comparing_needs_the_same_length), T(verifies_the_signature_of_rfc6979_with_low_s),
		T(refuses_the_same_signature_with_high_s),
		T(refuses_every_flipped_bit_of_a_signature),
		T(refuses_signatures_of_other_messages_lengths_and_zeros),
		T(refuses_keys_that_are_no_points), T(settings_have_their_defaults),
		T(settings_are_read_line_by_line), T(settings_refuse_what_they_do_not_know),
		T(settings_refuse_development_in_public),
		T(settings_refuse_staff_without_passkeys_outside_development),
		T(settings_refuse_an_old_lws_in_public), T(settings_refuse_origins_that_are_none),
		T(the_sample_file_is_itself_good_and_names_everything),
		T(errors_have_words_that_lead_back_to_them),
		T(the_log_writes_one_line_without_what_it_must_not), T(clocks_can_be_shifted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
