/* A control log: the records of people (a count, then 138 bytes each), then entries. The state
 * keeps its invariants whatever is said, and a refusal leaves no trace. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "seal/control.h"

static void read_people(struct reader *r, struct people *people)
{
	for (uint8_t n = reader_u8(r); n > 0 && !r->bad; n--) {
		struct person p = {.user = reader_id(r)};
		p.sig_kid = reader_hash(r);
		p.enc_kid = reader_hash(r);
		p.staff = reader_u8(r) == 1;
		p.cert = reader_hash(r);
		p.valid_from = reader_u64(r);
		p.valid_until = reader_u64(r);
		p.ended_ms = reader_u64(r);
		p.resets = reader_u8(r);
		people_add(people, &p);
	}
}

static size_t count_active(const struct control *log, enum control_role role)
{
	size_t n = 0;
	for (size_t i = 0; i < log->n_members; i++)
		n += log->members[i].active && log->members[i].role == role;
	return n;
}

static void check_invariants(const struct control *log)
{
	HOLD(log->n_members <= CONTROL_MAX_MEMBERS && log->epoch <= log->n);
	HOLD(count_active(log, CONTROL_CLIENT) <= 1);
	HOLD(log->phase != CONTROL_OPEN || count_active(log, CONTROL_STAFF) >= 1);
	HOLD(!log->has_invite || log->n > 1);
	for (size_t i = 0; i < log->n_members; i++)
		for (size_t k = 0; k < i; k++)
			HOLD(!id_equal(&log->members[i].user, &log->members[k].user));
}

static void try_entry(struct control *log, const struct people *people, struct fuzz_entry *bytes)
{
	struct control_entry e;
	struct control before = *log;
	fuzz_put_place(bytes, log->epoch, log->n, &log->head);
	if (control_parse(slice_of(bytes->bytes, bytes->n), &e) != REFUSAL_NONE)
		return;
	for (size_t i = 0; i < control_n_wraps(&e); i++)
		(void)control_wrap_fits(&e, i, slice_of(bytes->bytes, CONTROL_WRAP_SIZE));
	if (control_apply(log, &e, people, e.env.client_time_ms) == REFUSAL_NONE) {
		HOLD(log->n == before.n + 1 && hash_equal(&log->head, &e.hash));
		HOLD(e.type != CONTROL_EPOCH || !log->pending);
		check_invariants(log);
	} else {
		HOLD(memcmp(&before, log, sizeof(before)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_entry entry;
	AUTO(control) struct control *log = control_new();
	AUTO(people) struct people people = people_none();
	struct reader r = reader_of(slice_of(data, size));
	read_people(&r, &people);
	while (fuzz_next_entry(&r, &entry))
		try_entry(log, &people, &entry);
	return 0;
}
