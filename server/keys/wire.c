/* The messages between workers and the keys process, read and written side by side, so that a field
 * that one forgets the other misses. Whatever is read was not written by a friend: each length has
 * a ceiling, each choice a range, and the last byte must be the last. */
#include "keys/wire.h"

#include "base/mem.h"
#include "seal/reader.h"

static const char *const reason_words[] = {
#define REASON(name, word) word,
#include "reasons.def"
#undef REASON
};

static const char *const type_words[] = {
	[KEYS_OIDC_REQUEST] = "oidc_request",
	[KEYS_OIDC_ASSERTION] = "oidc_assertion",
	[KEYS_OIDC_OPEN] = "oidc_open",
	[KEYS_FIELD_SEAL] = "field_seal",
	[KEYS_FIELD_OPEN] = "field_open",
	[KEYS_INDEX_ROTATE] = "index_rotate",
	[KEYS_UNITS_MAKE] = "units_make",
	[KEYS_UNITS_OPEN] = "units_open",
};

#define N_TYPES (sizeof(type_words) / sizeof(type_words[0]))

const char *keys_reason_word(enum keys_reason reason)
{
	return (unsigned)reason < KEYS_REASONS ? reason_words[reason] : "unknown";
}

const char *keys_type_word(unsigned type)
{
	return type > 0 && type < N_TYPES ? type_words[type] : "unknown";
}

/* Bytes behind their length; what is over the ceiling spoils the whole packet. */
static void write_bytes(struct buf *b, struct slice bytes, size_t max)
{
	b->over = b->over || bytes.n > max;
	buf_add_u32(b, (uint32_t)bytes.n);
	buf_add(b, bytes);
}

static struct slice read_bytes(struct reader *r, size_t max)
{
	uint32_t n = reader_u32(r);
	r->bad = r->bad || n > max;
	return reader_bytes(r, n);
}

static void write_exact(struct buf *b, struct slice bytes, size_t n)
{
	b->over = b->over || bytes.n != n;
	buf_add(b, bytes);
}

static size_t sealed_max(enum keys_type type)
{
	return type == KEYS_FIELD_OPEN || type == KEYS_INDEX_ROTATE
		       ? KEYS_FIELD_MAX + KEYS_SEAL_EXTRA
		       : KEYS_FIELD_MAX;
}

static void request_write(struct buf *b, const struct keys_ask *a)
{
	write_exact(b, a->request.state, KEYS_STATE_SIZE);
	buf_add(b, hash_slice(&a->request.nonce));
	buf_add(b, hash_slice(&a->request.challenge));
	write_bytes(b, a->request.redirect_uri, KEYS_URI_MAX);
	write_bytes(b, a->request.locale, KEYS_SLUG_MAX);
}

static void request_read(struct reader *r, struct keys_ask *ret)
{
	ret->request.state = reader_bytes(r, KEYS_STATE_SIZE);
	ret->request.nonce = reader_hash(r);
	ret->request.challenge = reader_hash(r);
	ret->request.redirect_uri = read_bytes(r, KEYS_URI_MAX);
	ret->request.locale = read_bytes(r, KEYS_SLUG_MAX);
}

static void open_write(struct buf *b, const struct keys_ask *a)
{
	write_bytes(b, a->open.id_token, KEYS_TOKEN_MAX);
	write_bytes(b, a->open.jwks, KEYS_JWKS_MAX);
	buf_add(b, hash_slice(&a->open.nonce));
	write_bytes(b, a->open.orgs, KEYS_ORGS_MAX * sizeof(struct id));
}

static void open_read(struct reader *r, struct keys_ask *ret)
{
	ret->open.id_token = read_bytes(r, KEYS_TOKEN_MAX);
	ret->open.jwks = read_bytes(r, KEYS_JWKS_MAX);
	ret->open.nonce = reader_hash(r);
	ret->open.orgs = read_bytes(r, KEYS_ORGS_MAX * sizeof(struct id));
	r->bad = r->bad || ret->open.orgs.n == 0 || ret->open.orgs.n % sizeof(struct id) != 0;
}

static void field_write(struct buf *b, const struct keys_ask *a)
{
	b->over = b->over || a->field.n_context == 0 || a->field.n_context > KEYS_CONTEXT_MAX;
	buf_add_byte(b, (uint8_t)a->field.kind);
	buf_add_byte(b, (uint8_t)a->field.n_context);
	for (size_t i = 0; i < num_min(a->field.n_context, KEYS_CONTEXT_MAX); i++)
		buf_add(b, id_slice(&a->field.context[i]));
	write_bytes(b, a->field.bytes, sealed_max(a->type));
}

static void field_read(struct reader *r, struct keys_ask *ret)
{
	ret->field.kind = (enum keys_kind)reader_choice(r, KEYS_CODE, KEYS_WORDS);
	ret->field.n_context = reader_choice(r, 1, KEYS_CONTEXT_MAX);
	for (size_t i = 0; i < num_min(ret->field.n_context, KEYS_CONTEXT_MAX); i++)
		ret->field.context[i] = reader_id(r);
	ret->field.bytes = read_bytes(r, sealed_max(ret->type));
}

static void rotate_write(struct buf *b, const struct keys_ask *a)
{
	buf_add(b, hash_slice(&a->rotate.token));
	buf_add(b, id_slice(&a->rotate.org));
	write_bytes(b, a->rotate.sealed, sealed_max(a->type));
}

static void rotate_read(struct reader *r, struct keys_ask *ret)
{
	ret->rotate.token = reader_hash(r);
	ret->rotate.org = reader_id(r);
	ret->rotate.sealed = read_bytes(r, sealed_max(ret->type));
}

static void units_write(struct buf *b, const struct keys_ask *a)
{
	buf_add(b, id_slice(&a->units.org));
	write_bytes(b, a->units.refs, KEYS_UNITS_MAX * KEYS_UNIT_REF);
	if (a->type == KEYS_UNITS_OPEN)
		write_bytes(b, a->units.wrapped, KEYS_UNITS_MAX * KEYS_UNIT_WRAPPED);
}

static void units_read(struct reader *r, struct keys_ask *ret)
{
	ret->units.org = reader_id(r);
	ret->units.refs = read_bytes(r, KEYS_UNITS_MAX * KEYS_UNIT_REF);
	size_t n = ret->units.refs.n / KEYS_UNIT_REF;
	r->bad = r->bad || n == 0 || n * KEYS_UNIT_REF != ret->units.refs.n;
	if (ret->type != KEYS_UNITS_OPEN)
		return;
	ret->units.wrapped = read_bytes(r, KEYS_UNITS_MAX * KEYS_UNIT_WRAPPED);
	r->bad = r->bad || ret->units.wrapped.n != n * KEYS_UNIT_WRAPPED;
}

static const struct {
	bool of_provider;
	void (*write)(struct buf *b, const struct keys_ask *a);
	void (*read)(struct reader *r, struct keys_ask *ret);
} asks[N_TYPES] = {
	[KEYS_OIDC_REQUEST] = {true, request_write, request_read},
	[KEYS_OIDC_ASSERTION] = {true, NULL, NULL},
	[KEYS_OIDC_OPEN] = {true, open_write, open_read},
	[KEYS_FIELD_SEAL] = {false, field_write, field_read},
	[KEYS_FIELD_OPEN] = {false, field_write, field_read},
	[KEYS_INDEX_ROTATE] = {false, rotate_write, rotate_read},
	[KEYS_UNITS_MAKE] = {false, units_write, units_read},
	[KEYS_UNITS_OPEN] = {false, units_write, units_read},
};

void keys_ask_write(struct buf *b, uint32_t number, const struct keys_ask *ask)
{
	ASSERT((unsigned)ask->type - 1 < N_TYPES - 1);
	buf_add_byte(b, (uint8_t)ask->type);
	buf_add_u32(b, number);
	if (asks[ask->type].of_provider)
		write_bytes(b, ask->provider, KEYS_SLUG_MAX);
	if (asks[ask->type].write)
		asks[ask->type].write(b, ask);
}

enum err keys_ask_read(struct slice packet, uint32_t *ret_number, struct keys_ask *ret_ask)
{
	struct reader r = reader_of(packet);
	struct keys_ask ask = {.type = (enum keys_type)reader_choice(&r, 1, N_TYPES - 1)};
	uint32_t number = reader_u32(&r);
	if (r.bad)
		return ERR_MALFORMED;
	if (asks[ask.type].of_provider)
		ask.provider = read_bytes(&r, KEYS_SLUG_MAX);
	if (asks[ask.type].read)
		asks[ask.type].read(&r, &ask);
	if (!reader_is_done(&r))
		return ERR_MALFORMED;
	*ret_number = number;
	*ret_ask = ask;
	return ERR_OK;
}

static void persons_write(struct buf *b, const struct keys_answer *a)
{
	write_bytes(b, a->acr, KEYS_URI_MAX);
	buf_add_u64(b, (uint64_t)a->auth_time);
	buf_add(b, slice_of(a->country, sizeof(a->country)));
	buf_add_u16(b, (uint16_t)a->n_persons);
	buf_add(b, a->persons);
}

static void persons_read(struct reader *r, struct keys_answer *ret)
{
	ret->acr = read_bytes(r, KEYS_URI_MAX);
	ret->auth_time = (int64_t)reader_number(r);
	struct slice country = reader_bytes(r, sizeof(ret->country));
	if (country.n == sizeof(ret->country))
		memcpy(ret->country, country.p, sizeof(ret->country));
	ret->n_persons = reader_u16(r);
	ret->persons = reader_bytes(r, r->rest.n);
	struct slice rest = ret->persons;
	struct keys_person person;
	size_t n = 0;
	while (keys_next_person(&rest, &person))
		n++;
	r->bad = r->bad || rest.n > 0 || n != ret->n_persons;
}

static void rotated_write(struct buf *b, const struct keys_answer *a)
{
	buf_add_u32(b, a->version);
	buf_add(b, hash_slice(&a->index));
}

static void rotated_read(struct reader *r, struct keys_answer *ret)
{
	ret->version = reader_u32(r);
	ret->index = reader_hash(r);
}

void keys_answer_write(struct buf *b, uint32_t number, const struct keys_answer *answer)
{
	buf_add_byte(b, (uint8_t)answer->type);
	buf_add_u32(b, number);
	buf_add_byte(b, (uint8_t)answer->reason);
	if (answer->reason != KEYS_DONE)
		return;
	if (answer->type == KEYS_OIDC_OPEN) {
		persons_write(b, answer);
		return;
	}
	if (answer->type == KEYS_INDEX_ROTATE)
		rotated_write(b, answer);
	write_bytes(b, answer->bytes, KEYS_TOKEN_MAX);
}

enum err keys_answer_read(struct slice packet, uint32_t *ret_number, struct keys_answer *ret_answer)
{
	struct reader r = reader_of(packet);
	struct keys_answer answer = {.type = (enum keys_type)reader_choice(&r, 1, N_TYPES - 1)};
	uint32_t number = reader_u32(&r);
	answer.reason = (enum keys_reason)reader_choice(&r, 0, KEYS_REASONS - 1);
	if (answer.reason == KEYS_DONE && answer.type == KEYS_OIDC_OPEN) {
		persons_read(&r, &answer);
	} else if (answer.reason == KEYS_DONE) {
		if (answer.type == KEYS_INDEX_ROTATE)
			rotated_read(&r, &answer);
		answer.bytes = read_bytes(&r, KEYS_TOKEN_MAX);
	}
	if (!reader_is_done(&r))
		return ERR_MALFORMED;
	*ret_number = number;
	*ret_answer = answer;
	return ERR_OK;
}

void keys_person_write(struct buf *b, const struct keys_person *person)
{
	buf_add(b, id_slice(&person->org));
	buf_add_u32(b, person->version);
	buf_add(b, hash_slice(&person->index));
	buf_add_u32(b, person->previous_version);
	buf_add(b, hash_slice(&person->previous_index));
	write_bytes(b, person->code, KEYS_SUBJECT_MAX + KEYS_SEAL_EXTRA);
	write_bytes(b, person->given_name, KEYS_NAME_MAX + KEYS_SEAL_EXTRA);
	write_bytes(b, person->family_name, KEYS_NAME_MAX + KEYS_SEAL_EXTRA);
}

bool keys_next_person(struct slice *rest, struct keys_person *ret_person)
{
	struct reader r = reader_of(*rest);
	struct keys_person person = {.org = reader_id(&r)};
	person.version = reader_u32(&r);
	person.index = reader_hash(&r);
	person.previous_version = reader_u32(&r);
	person.previous_index = reader_hash(&r);
	person.code = read_bytes(&r, KEYS_SUBJECT_MAX + KEYS_SEAL_EXTRA);
	person.given_name = read_bytes(&r, KEYS_NAME_MAX + KEYS_SEAL_EXTRA);
	person.family_name = read_bytes(&r, KEYS_NAME_MAX + KEYS_SEAL_EXTRA);
	if (r.bad)
		return false;
	*rest = r.rest;
	*ret_person = person;
	return true;
}
