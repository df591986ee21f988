/* A direct-mapped table of copies: a slot holds one envelope, a newer one of the same slot throws
 * it out. Chosen over a map with an order because a miss costs only a read, and this costs no
 * search. */
#include "core/ring.h"

#include "base/list.h"
#include "base/mem.h"

enum { SLOTS = 4096 };

struct kept {
	struct list by_age;
	struct id room;
	int64_t seq, at;
	uint32_t slot, size;
	uint8_t bytes[];
};

struct ring {
	struct kept *slots[SLOTS];
	struct list by_age;
	size_t bytes, max_bytes;
};

struct ring *ring_new(size_t max_bytes)
{
	struct ring *ring = MEM_NEW(struct ring);
	list_init(&ring->by_age);
	ring->max_bytes = max_bytes;
	return ring;
}

static uint32_t slot_of(const struct id *room, int64_t seq)
{
	return (uint32_t)((id_number(room) + (uint64_t)seq) % SLOTS);
}

static void drop(struct ring *ring, struct kept *kept)
{
	list_remove(&kept->by_age);
	ring->slots[kept->slot] = NULL;
	ring->bytes -= kept->size;
	mem_free(kept);
}

void ring_free(struct ring **ring)
{
	if (*ring == NULL)
		return;
	LIST_EACH(link, &(*ring)->by_age)
	drop(*ring, LIST_OF(link, struct kept, by_age));
	mem_free(*ring);
	*ring = NULL;
}

void ring_put(struct ring *ring, const struct id *room, const struct ring_row *row)
{
	uint32_t slot = slot_of(room, row->seq);
	if (ring->slots[slot] != NULL)
		drop(ring, ring->slots[slot]);
	struct kept *kept = mem_new(sizeof(*kept) + row->envelope.n);
	*kept = (struct kept){.room = *room,
		.seq = row->seq,
		.at = row->at,
		.slot = slot,
		.size = (uint32_t)row->envelope.n};
	memcpy(kept->bytes, row->envelope.p, row->envelope.n);
	list_push(&ring->by_age, &kept->by_age);
	ring->slots[slot] = kept;
	ring->bytes += kept->size;
	while (ring->bytes > ring->max_bytes)
		drop(ring, LIST_OF(ring->by_age.next, struct kept, by_age));
}

bool ring_get(const struct ring *ring, const struct id *room, int64_t seq, struct ring_row *ret)
{
	const struct kept *kept = ring->slots[slot_of(room, seq)];
	if (kept == NULL || kept->seq != seq || !id_equal(&kept->room, room))
		return false;
	*ret = (struct ring_row){kept->seq, kept->at, slice_of(kept->bytes, kept->size)};
	return true;
}
