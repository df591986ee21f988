/* Any bytes as an envelope, a tombstone and an unlocker: nothing is read outside, and what parses
 * keeps its promises. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "seal/envelope.h"
#include "seal/unlocker.h"

static void try_envelope(struct slice bytes)
{
	struct envelope e, left;
	if (envelope_parse(bytes, &e) != REFUSAL_NONE)
		return;
	HOLD(bytes.n <= ENVELOPE_MAX_SIZE);
	HOLD(e.header.p == bytes.p && e.signature.n == 64);
	HOLD(e.header.n + e.body.n + e.signature.n == bytes.n);
	HOLD(e.n_parents <= ENVELOPE_MAX_PARENTS && e.parents.n == e.n_parents * 32u);
	if (e.kind != ENVELOPE_MESSAGE)
		return;
	AUTO(buf) struct buf b = BUF_MAX(ENVELOPE_MAX_SIZE);
	envelope_add_tombstone(&e, &b);
	HOLD(envelope_parse_tombstone(buf_slice(&b), &left) == REFUSAL_NONE);
	struct hash before = envelope_hash(&e), after = envelope_hash(&left);
	HOLD(hash_equal(&before, &after));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of(data, size);
	struct envelope tombstone;
	struct unlocker unlocker;
	try_envelope(bytes);
	if (envelope_parse_tombstone(bytes, &tombstone) == REFUSAL_NONE)
		HOLD(tombstone.header.n + 32 + 64 == size);
	if (unlocker_parse(bytes, &unlocker) == REFUSAL_NONE)
		HOLD(size <= UNLOCKER_MAX_SIZE);
	return 0;
}
