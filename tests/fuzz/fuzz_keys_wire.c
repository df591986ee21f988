/* Messages between workers and the keys process: what is read writes back to the same bytes, and
 * lies under its ceilings. The first byte chooses question or answer. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "keys/wire.h"

static void check_ask(struct slice packet)
{
	struct keys_ask ask;
	uint32_t number;
	AUTO(buf) struct buf again = BUF_MAX(KEYS_PACKET_MAX);
	if (keys_ask_read(packet, &number, &ask) != ERR_OK)
		return;
	HOLD(ask.provider.n <= KEYS_SLUG_MAX);
	if (ask.type == KEYS_OIDC_OPEN)
		HOLD(ask.open.id_token.n <= KEYS_TOKEN_MAX && ask.open.orgs.n > 0 &&
			ask.open.orgs.n % 16 == 0 && ask.open.orgs.n <= KEYS_ORGS_MAX * 16);
	if (ask.type == KEYS_FIELD_SEAL)
		HOLD(ask.field.bytes.n <= KEYS_FIELD_MAX && ask.field.n_context >= 1 &&
			ask.field.n_context <= KEYS_CONTEXT_MAX);
	if (ask.type == KEYS_UNITS_MAKE || ask.type == KEYS_UNITS_OPEN) {
		size_t n = ask.units.refs.n / KEYS_UNIT_REF;
		HOLD(n >= 1 && n <= KEYS_UNITS_MAX && ask.units.refs.n == n * KEYS_UNIT_REF);
		HOLD(ask.type == KEYS_UNITS_MAKE || ask.units.wrapped.n == n * KEYS_UNIT_WRAPPED);
	}
	keys_ask_write(&again, number, &ask);
	HOLD(buf_check(&again) == ERR_OK && slice_equal(buf_slice(&again), packet));
}

static void check_answer(struct slice packet)
{
	struct keys_answer answer;
	uint32_t number;
	AUTO(buf) struct buf again = BUF_MAX(KEYS_PACKET_MAX);
	AUTO(buf) struct buf persons = BUF_MAX(KEYS_PACKET_MAX);
	if (keys_answer_read(packet, &number, &answer) != ERR_OK)
		return;
	struct slice rest = answer.persons;
	struct keys_person person;
	for (size_t i = 0; i < answer.n_persons; i++) {
		HOLD(keys_next_person(&rest, &person));
		keys_person_write(&persons, &person);
	}
	HOLD(rest.n == 0 && slice_equal(buf_slice(&persons), answer.persons));
	keys_answer_write(&again, number, &answer);
	HOLD(buf_check(&again) == ERR_OK && slice_equal(buf_slice(&again), packet));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > KEYS_PACKET_MAX)
		return 0;
	struct slice packet = slice_of(data + 1, size - 1);
	if (data[0] & 1)
		check_answer(packet);
	else
		check_ask(packet);
	return 0;
}
