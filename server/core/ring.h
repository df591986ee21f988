#pragma once
#include "base/id.h"

/* Envelopes that this worker has just posted, so that its own notice needs no read. Only a cache:
 * it forgets the oldest over its ceiling of bytes, and what is missing is read from the database.
 */
struct ring;

struct ring_row {
	int64_t seq, at;
	struct slice envelope; /* until the next ring_put */
};

struct ring *ring_new(size_t max_bytes);
void ring_free(struct ring **ring);
static inline void ring_cleanup(struct ring **ring)
{
	ring_free(ring);
}
/* Copies the envelope. */
void ring_put(struct ring *ring, const struct id *room, const struct ring_row *row);
/* False if it is not there. */
bool ring_get(const struct ring *ring, const struct id *room, int64_t seq, struct ring_row *ret);
