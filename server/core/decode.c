/* JSON into structs, by the tables that proto/ generates. The only file that knows jansson. A frame
 * is bounded before it comes here; what this adds is the depth, which jansson alone would let grow
 * to 2,048, and the field tables: one function for each kind, no code for any message. Numbers are
 * integers only: 1.0 is a real to jansson and refused. */
#include "core/decode.h"

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/id.h"
#include "base/mem.h"

#include <jansson.h>

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

struct decoded {
	json_t *root;
};

/* Counted before anything is built; strings are stepped over, broken text is jansson's to refuse.
 */
static bool depth_is_legal(struct slice text)
{
	unsigned depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > DECODE_MAX_DEPTH)
				return false;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

enum err decode_open(struct slice text, struct decoded **ret)
{
	if (!depth_is_legal(text))
		return ERR_MALFORMED;
	AUTO(json)
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root))
		return ERR_MALFORMED;
	struct decoded *d = MEM_NEW(struct decoded);
	d->root = TAKE(root);
	*ret = d;
	return ERR_OK;
}

void decode_close(struct decoded **d)
{
	if (*d == NULL)
		return;
	json_decref((*d)->root);
	mem_free(TAKE(*d));
}

static struct slice json_slice(const json_t *text)
{
	return slice_of(json_string_value(text), json_string_length(text));
}

enum err decode_frame(const struct decoded *d, uint64_t *ret_id, struct slice *ret_op)
{
	const json_t *id = json_object_get(d->root, "id");
	if (!json_is_integer(id) || json_integer_value(id) < 1 ||
		json_integer_value(id) >= (json_int_t)1 << 53)
		return ERR_MALFORMED;
	*ret_id = (uint64_t)json_integer_value(id);
	const json_t *op = json_object_get(d->root, "op");
	if (!json_is_string(op) || json_object_size(d->root) != 3 ||
		!json_is_object(json_object_get(d->root, "body")))
		return ERR_MALFORMED;
	*ret_op = json_slice(op);
	return ERR_OK;
}

enum err decode_member(const struct decoded *d, const char *name, struct slice *ret_text)
{
	const json_t *member = json_object_get(d->root, name);
	if (!json_is_string(member))
		return ERR_BAD_FIELD;
	*ret_text = json_slice(member);
	return ERR_OK;
}

/* One value: what it is called, what it may be, and where it goes. */
struct place {
	enum kind kind;
	uint64_t min, max;
	const struct field *field;
	struct arena *arena;
	uint8_t *at;
};
typedef bool decode_fn(const json_t *json, const struct place *p);

static bool decode_exact(const json_t *json, const struct place *p)
{
	return json_is_string(json) && b64_decode_exact(json_slice(json), p->at, p->max) == ERR_OK;
}

static bool decode_bytes(const json_t *json, const struct place *p)
{
	if (!json_is_string(json))
		return false;
	struct slice text = json_slice(json);
	size_t n = b64_bytes_size(text.n);
	if (n < p->min || n > p->max)
		return false;
	uint8_t *bytes = arena_alloc(p->arena, n + 1);
	if (b64_decode(text, bytes) != ERR_OK)
		return false;
	struct slice out = slice_of(bytes, n);
	memcpy(p->at, &out, sizeof(out));
	return true;
}

/* UTF-8 is jansson's check; no control characters but the newline. */
static bool text_is_legal(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\n') || text.p[i] == 0x7f)
			return false;
	return true;
}

static bool decode_text(const json_t *json, const struct place *p)
{
	if (!json_is_string(json))
		return false;
	struct slice text = json_slice(json);
	if (text.n < p->min || text.n > p->max || !text_is_legal(text))
		return false;
	struct slice out = arena_copy(p->arena, text);
	memcpy(p->at, &out, sizeof(out));
	return true;
}

static bool decode_number(const json_t *json, const struct place *p)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	uint64_t v = (uint64_t)json_integer_value(json);
	if (v < p->min || v > p->max)
		return false;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;
	if (p->kind == KIND_U16)
		memcpy(p->at, &u16, sizeof(u16));
	else if (p->kind == KIND_U32)
		memcpy(p->at, &u32, sizeof(u32));
	else
		memcpy(p->at, &v, sizeof(v));
	return true;
}

static bool decode_bool(const json_t *json, const struct place *p)
{
	bool v = json_is_true(json);
	memcpy(p->at, &v, sizeof(v));
	return json_is_boolean(json);
}

static bool decode_enum(const json_t *json, const struct place *p)
{
	if (!json_is_string(json))
		return false;
	for (uint8_t i = 0; i < p->field->n_words; i++)
		if (slice_is(json_slice(json), p->field->words[i])) {
			*p->at = i;
			return true;
		}
	return false;
}

static bool decode_list(const json_t *json, const struct place *p);
static bool decode_struct(const json_t *json, const struct place *p);

static decode_fn *const decoders[KIND_COUNT] = {
	[KIND_ID] = decode_exact,
	[KIND_HASH] = decode_exact,
	[KIND_BYTES] = decode_bytes,
	[KIND_TEXT] = decode_text,
	[KIND_U16] = decode_number,
	[KIND_U32] = decode_number,
	[KIND_U53] = decode_number,
	[KIND_TIME] = decode_number,
	[KIND_BOOL] = decode_bool,
	[KIND_ENUM] = decode_enum,
	[KIND_LIST] = decode_list,
	[KIND_STRUCT] = decode_struct,
};

static bool decode_list(const json_t *json, const struct place *p)
{
	const struct field *f = p->field;
	size_t n = json_array_size(json);
	if (!json_is_array(json) || n < p->min || n > p->max)
		return false;
	uint8_t *items = arena_array(p->arena, n + 1, f->item_size);
	for (size_t i = 0; i < n; i++) {
		struct place item = {.kind = f->item,
			.min = f->item_min,
			.max = f->item_max,
			.field = f,
			.arena = p->arena,
			.at = items + i * f->item_size};
		if (!decoders[f->item](json_array_get(json, i), &item))
			return false;
	}
	memcpy(p->at, &items, sizeof(items));
	return true;
}

/* The list's count and the optional's mark stand beside the value. */
static void mark(uint8_t *into, const struct field *f, const json_t *json)
{
	size_t n = json_array_size(json);
	bool has = true;
	if (f->kind == KIND_LIST)
		memcpy(into + f->has_at, &n, sizeof(n));
	else if (f->optional)
		memcpy(into + f->has_at, &has, sizeof(has));
}

/* The value that stands behind the JSON. */
static bool take_blob(struct slice blob, const struct place *p)
{
	if (blob.n < p->min || blob.n > p->max)
		return false;
	struct slice out = arena_copy(p->arena, blob);
	memcpy(p->at, &out, sizeof(out));
	return true;
}

static bool decode_members(
	const json_t *json, const struct decode_into *into, uint8_t *to, const char **ret_field)
{
	if (!json_is_object(json))
		return false;
	size_t n_seen = 0;
	bool blob_is_left = into->blob.n > 0;
	for (size_t i = 0; i < into->shape->n_fields; i++) {
		const struct field *f = &into->shape->fields[i];
		const json_t *value = json_object_getn(json, f->name, f->name_size);
		if (value == NULL && f->optional)
			continue;
		struct place p = {.kind = f->kind,
			.min = f->min,
			.max = f->max,
			.field = f,
			.arena = into->arena,
			.at = to + f->at};
		*ret_field = f->name;
		if (value == NULL && f->blob && blob_is_left && take_blob(into->blob, &p)) {
			blob_is_left = false;
			continue;
		}
		if (value == NULL || !decoders[f->kind](value, &p))
			return false;
		mark(to, f, value);
		n_seen++;
	}
	*ret_field = NULL;
	return n_seen == json_object_size(json) && !blob_is_left;
}

static bool decode_struct(const json_t *json, const struct place *p)
{
	const char *inner;
	const struct decode_into into = {.shape = p->field->of, .arena = p->arena};
	return decode_members(json, &into, p->at, &inner);
}

enum err decode_body(const struct decoded *d, const struct decode_into *into, const void **ret,
	const char **ret_field)
{
	const json_t *body = into->in_frame ? json_object_get(d->root, "body") : d->root;
	uint8_t *out = arena_alloc(into->arena, into->shape->size + 1);
	if (!decode_members(body, into, out, ret_field))
		return ERR_BAD_FIELD;
	*ret = out;
	return ERR_OK;
}
