/* seal-check: one line in, one line out, so that another implementation can compare itself with
 * server/seal, verdict by verdict and state by state. README.md says the lines. A line that cannot
 * be read ends the program with status 2: a test that sends nonsense must not pass. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/b64.h"
#include "base/cleanup.h"
#include "base/num.h"
#include "seal/control.h"
#include "seal/sealed.h"
#include "seal/unlocker.h"
#include "seal_dump.h"

#define MAX_FIELDS 10

struct session {
	struct control *log;
	struct people people;
	struct identity *org, *person;
};

/* The fields of the line after its first word, decoded on demand; bad when one was not what it
 * should be. */
struct line {
	struct slice fields[MAX_FIELDS];
	size_t n, at;
	bool bad;
	struct arena *arena;
};

static struct slice next_text(struct line *l)
{
	if (l->at == l->n) {
		l->bad = true;
		return SLICE_NONE;
	}
	return l->fields[l->at++];
}

static struct slice next_bytes(struct line *l)
{
	struct slice text = next_text(l);
	if (slice_is(text, "-"))
		return SLICE_NONE;
	size_t size = b64_bytes_size(text.n);
	uint8_t *bytes = arena_alloc(l->arena, size + 1);
	if (b64_decode(text, bytes) != ERR_OK)
		l->bad = true;
	return slice_of(bytes, size);
}

static void next_exact(struct line *l, uint8_t *ret, size_t size)
{
	struct slice bytes = next_bytes(l);
	if (bytes.n == size)
		memcpy(ret, bytes.p, size);
	else
		l->bad = true;
}

static uint64_t next_number(struct line *l)
{
	uint64_t v = 0;
	if (!num_parse_u64(next_text(l), UINT64_MAX, &v))
		l->bad = true;
	return v;
}

/* A time, or "-" for the entry's own. */
static bool next_time(struct line *l, uint64_t *ret_time)
{
	struct slice text = next_text(l);
	if (slice_is(text, "-"))
		return false;
	l->bad = l->bad || !num_parse_u64(text, UINT64_MAX, ret_time);
	return true;
}

static void say(enum refusal r)
{
	puts(refusal_word(r));
}

static void say_digest(enum refusal r, struct state_digest digest)
{
	printf("%s %s\n", refusal_word(r), digest.hex);
}

static void do_new_log(struct session *s, struct line *l)
{
	(void)l;
	control_free(&s->log);
	s->log = control_new();
	s->people.n = 0;
	say_digest(REFUSAL_NONE, control_digest(s->log));
}

static void do_person(struct session *s, struct line *l)
{
	struct person p = {0};
	next_exact(l, p.user.b, sizeof(p.user.b));
	next_exact(l, p.sig_kid.b, sizeof(p.sig_kid.b));
	next_exact(l, p.enc_kid.b, sizeof(p.enc_kid.b));
	p.resets = (uint32_t)next_number(l);
	p.staff = next_number(l) == 1;
	next_exact(l, p.cert.b, sizeof(p.cert.b));
	p.valid_from = next_number(l);
	p.valid_until = next_number(l);
	p.ended_ms = next_number(l);
	people_add(&s->people, &p);
	say(REFUSAL_NONE);
}

static void do_forget(struct session *s, struct line *l)
{
	(void)l;
	s->people.n = 0;
	say(REFUSAL_NONE);
}

static void do_control(struct session *s, struct line *l)
{
	uint64_t now = 0;
	bool live = next_time(l, &now);
	struct control_entry e;
	enum refusal r = control_parse(next_bytes(l), &e);
	if (r == REFUSAL_NONE)
		r = control_apply(s->log, &e, &s->people, live ? now : e.env.client_time_ms);
	say_digest(r, control_digest(s->log));
}

static void do_join(struct session *s, struct line *l)
{
	struct control_entry e;
	enum refusal r = control_parse(next_bytes(l), &e);
	if (r == REFUSAL_NONE)
		r = control_verify_join(s->log, &e);
	say(r == REFUSAL_NONE ? control_verify_break_glass(&e) : r);
}

static void renew(struct identity **id)
{
	identity_free(id);
	*id = identity_new();
	say_digest(REFUSAL_NONE, identity_digest(*id));
}

static void do_new_org(struct session *s, struct line *l)
{
	(void)l;
	renew(&s->org);
}

static void do_new_person(struct session *s, struct line *l)
{
	(void)l;
	renew(&s->person);
}

static const struct identity *issuers_of(const struct session *s)
{
	return s->org->n > 0 ? s->org : NULL;
}

static void apply_identity(struct identity *id, const struct identity *issuers, struct line *l)
{
	uint64_t now = 0;
	bool live = next_time(l, &now);
	struct identity_entry e;
	enum refusal r = identity_parse(next_bytes(l), &e);
	if (r == REFUSAL_NONE)
		r = identity_apply(id, &e, issuers, live ? now : e.env.client_time_ms);
	say_digest(r, identity_digest(id));
}

static void do_org(struct session *s, struct line *l)
{
	apply_identity(s->org, NULL, l);
}

static void do_identity(struct session *s, struct line *l)
{
	apply_identity(s->person, issuers_of(s), l);
}

static void do_signatures(struct session *s, struct line *l)
{
	bool of_org = slice_is(next_text(l), "o");
	struct identity_entry e;
	enum refusal r = identity_parse(next_bytes(l), &e);
	if (r == REFUSAL_NONE)
		r = of_org ? identity_verify(s->org, &e, NULL)
			   : identity_verify(s->person, &e, issuers_of(s));
	say(r);
}

static void say_hash(enum refusal r, const struct envelope *e)
{
	if (r != REFUSAL_NONE) {
		say(r);
		return;
	}
	struct hash hash = envelope_hash(e);
	say_digest(r, hash_hex(&hash));
}

static void do_envelope(struct session *s, struct line *l)
{
	(void)s;
	struct envelope e;
	enum refusal r = envelope_parse(next_bytes(l), &e);
	say_hash(r, &e);
}

static void do_tombstone(struct session *s, struct line *l)
{
	(void)s;
	struct envelope e;
	enum refusal r = envelope_parse_tombstone(next_bytes(l), &e);
	say_hash(r, &e);
}

static void do_signature(struct session *s, struct line *l)
{
	(void)s;
	struct pub pub;
	struct envelope e;
	next_exact(l, pub.b, sizeof(pub.b));
	enum refusal r = envelope_parse(next_bytes(l), &e);
	if (r == REFUSAL_NONE) {
		struct hash digest = envelope_signed_digest(&e);
		bool good = pub_verifies_digest(&pub, &digest, e.signature);
		r = good ? REFUSAL_NONE : REFUSAL_BAD_SIGNATURE;
	}
	say(r);
}

static void do_unlocker(struct session *s, struct line *l)
{
	(void)s;
	struct unlocker u;
	say(unlocker_parse(next_bytes(l), &u));
}

static void do_blob(struct session *s, struct line *l)
{
	(void)s;
	bool is_invite = slice_is(next_text(l), "invite");
	size_t size = next_bytes(l).n;
	bool fits = is_invite ? sealed_invite_fits(size) : sealed_size_is_padded(size);
	say(fits ? REFUSAL_NONE : REFUSAL_BODY);
}

static const struct {
	char letter;
	void (*run)(struct session *s, struct line *l);
} commands[] = {
	{'C', do_new_log},
	{'P', do_person},
	{'X', do_forget},
	{'E', do_control},
	{'J', do_join},
	{'O', do_new_org},
	{'o', do_org},
	{'I', do_new_person},
	{'i', do_identity},
	{'S', do_signatures},
	{'V', do_envelope},
	{'T', do_tombstone},
	{'K', do_signature},
	{'U', do_unlocker},
	{'B', do_blob},
};

static bool run_line(struct session *s, struct slice text)
{
	AUTO(arena) struct arena *arena = arena_new(4096);
	struct line l = {.arena = arena};
	struct slice word = SLICE_NONE, field;
	(void)slice_next(&text, ' ', &word);
	while (l.n < MAX_FIELDS && slice_next(&text, ' ', &field))
		l.fields[l.n++] = field;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (word.n != 1 || word.p[0] != (uint8_t)commands[i].letter)
			continue;
		commands[i].run(s, &l);
		return !l.bad && l.at == l.n;
	}
	return false;
}

int main(void)
{
	struct session s = {.log = control_new(), .org = identity_new(), .person = identity_new()};
	AUTO(mem) char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	int status = 0;
	while (status == 0 && (n = getline(&text, &cap, stdin)) > 0) {
		size_t size = (size_t)n - (text[n - 1] == '\n');
		if (!run_line(&s, slice_of(text, size))) {
			puts("bad_line");
			status = 2;
		}
		fflush(stdout);
	}
	control_free(&s.log);
	identity_free(&s.org);
	identity_free(&s.person);
	people_done(&s.people);
	return status;
}
