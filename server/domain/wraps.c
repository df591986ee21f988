/* Wraps of epoch keys under the keys of their units. What binds a wrap to its row is its whole
 * address, so that none can be put in another's place. */
#include "domain/wraps.h"

#include "base/log.h"
#include "base/num.h"

enum { WRAP_SIZE = 113, ROW_SIZE = 4 + 2 + 2 + 16 + 32 };

static void row_write(uint8_t row[ROW_SIZE], const struct wire_wrap *w)
{
	num_put_u32(row, w->entry);
	num_put_u16(row + 4, w->keyset);
	num_put_u16(row + 6, w->rtype);
	memcpy(row + 8, w->rid.b, sizeof(w->rid.b));
	memcpy(row + 24, w->rkid.b, sizeof(w->rkid.b));
}

/* --- writing --- */

struct slice wrap_seal(struct arena *arena, const struct unit *unit, const struct wire_wrap *w)
{
	uint8_t row[ROW_SIZE];
	row_write(row, w);
	return unit_seal(arena, unit, slice_of(row, ROW_SIZE), w->wrap);
}

static void wraps_found(struct request *r)
{
	struct control_append *a = r->state;
	for (size_t i = 0; i < a->in->n_wraps; i++) {
		const struct wire_wrap *w = a->wraps[i];
		const struct unit *unit = unit_set_add(a->units, &a->room, w->epoch);
		if (unit->state != UNIT_OPEN) {
			unit_set_wipe(a->units);
			req_fail(r, ERR_NOT_FOUND);
			return;
		}
		a->sealed[i] = wrap_seal(r->arena, unit, w);
	}
	unit_set_wipe(a->units);
	a->then_sealed(r);
}

void wraps_seal(struct request *r, step_fn *then)
{
	struct control_append *a = r->state;
	a->then_sealed = then;
	a->sealed = arena_array(r->arena, a->in->n_wraps + 1, sizeof(*a->sealed));
	a->units = unit_set_new(r->arena, &a->org, a->in->n_wraps);
	for (size_t i = 0; i < a->in->n_wraps; i++)
		(void)unit_set_add(a->units, &a->room, a->wraps[i]->epoch);
	req_units(r, a->units, true, wraps_found);
}

/* --- reading --- */

void wraps_open(struct request *r, struct wraps *w, step_fn *then)
{
	w->units = unit_set_new(r->arena, &r->session.org, w->n);
	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].wrap.n != WRAP_SIZE)
			(void)unit_set_add(w->units, &w->room, w->items[i].epoch);
	req_units(r, w->units, false, then);
}

enum err wraps_opened(struct request *r, struct wraps *w)
{
	enum err e = ERR_OK;
	size_t kept = 0;
	for (size_t i = 0; i < w->n && e == ERR_OK; i++) {
		struct wire_wrap wrap = w->items[i];
		uint8_t row[ROW_SIZE];
		if (wrap.wrap.n != WRAP_SIZE) {
			const struct unit *unit = unit_set_add(w->units, &w->room, wrap.epoch);
			if (unit->state != UNIT_OPEN)
				continue;
			row_write(row, &wrap);
			e = unit_open(
				r->arena, unit, slice_of(row, ROW_SIZE), wrap.wrap, &wrap.wrap);
		}
		w->items[kept++] = wrap;
	}
	w->n = kept;
	unit_set_wipe(w->units);
	if (e != ERR_OK)
		log_error("wrap_not_opened", LOG_N("ref", r->id));
	return e == ERR_OK ? ERR_OK : ERR_INTERNAL;
}
