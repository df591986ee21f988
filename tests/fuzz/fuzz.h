#pragma once
#include <stddef.h>
#include <stdint.h>

#include "seal/reader.h"

/* libFuzzer calls it with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run as a finding: something that must hold does not. */
#define HOLD(condition) \
	do { \
		if (!(condition)) \
			__builtin_trap(); \
	} while (0)

/* Inputs of logs are entries one after another, each behind its length (u16). A changed entry would
 * make all later ones stale and the fuzzer blind, so the place in the log is written into a copy of
 * each before it is tried. */
struct fuzz_entry {
	uint8_t bytes[65536];
	size_t n;
};

static inline bool fuzz_next_entry(struct reader *r, struct fuzz_entry *ret)
{
	uint16_t n = reader_u16(r);
	struct slice s = reader_bytes(r, num_min(n, r->rest.n));
	ret->n = s.n;
	if (s.n > 0)
		memcpy(ret->bytes, s.p, s.n);
	return s.n > 0 && !r->bad;
}

static inline void fuzz_put_place(
	struct fuzz_entry *e, uint32_t epoch, uint64_t index, const struct hash *head)
{
	if (e->n < 146)
		return;
	num_put_u32(e->bytes + 102, epoch);
	num_put_u64(e->bytes + 106, index);
	memcpy(e->bytes + 114, head->b, sizeof(head->b));
}
