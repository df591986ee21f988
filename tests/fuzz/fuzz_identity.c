/* Two chains, of an organisation and of a person; each entry stands behind a byte that says whose
 * it is (0: the organisation's). */
#include "fuzz.h"

#include "base/cleanup.h"
#include "seal/people.h"

static void check_invariants(const struct identity *id)
{
	HOLD(id->n_issuers <= IDENTITY_MAX_ISSUERS && id->n <= IDENTITY_MAX_ENTRIES);
	HOLD(id->n_known <= 2 * (size_t)id->n);
	HOLD(!id->revoked || !id->has_cert);
	HOLD(!id->has_cert || id->cert.valid_from < id->cert.valid_until);
	HOLD(!id->has_cert || id->cert.name.n <= IDENTITY_MAX_NAME);
}

static void try_entry(struct identity *id, const struct identity *issuers, struct fuzz_entry *bytes,
	struct people *p)
{
	struct identity_entry e;
	struct hash head = id->head;
	uint32_t n = id->n;
	fuzz_put_place(bytes, 0, n, &head);
	if (identity_parse(slice_of(bytes->bytes, bytes->n), &e) != REFUSAL_NONE)
		return;
	if (identity_apply(id, &e, issuers, e.env.client_time_ms) == REFUSAL_NONE) {
		HOLD(id->n == n + 1 && hash_equal(&id->head, &e.hash));
		check_invariants(id);
		if (issuers != NULL)
			people_follow(p, id);
	} else {
		HOLD(id->n == n && hash_equal(&id->head, &head));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_entry entry;
	AUTO(identity) struct identity *org = identity_new();
	AUTO(identity) struct identity *person = identity_new();
	AUTO(people) struct people people = people_none();
	struct reader r = reader_of(slice_of(data, size));
	for (;;) {
		bool of_org = reader_u8(&r) == 0;
		if (!fuzz_next_entry(&r, &entry))
			return 0;
		if (of_org)
			try_entry(org, NULL, &entry, &people);
		else
			try_entry(person, org->n > 0 ? org : NULL, &entry, &people);
	}
}
