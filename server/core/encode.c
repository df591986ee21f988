/* Structs into JSON, by the tables that proto/ generates: the mirror of decode.c, without a tree in
 * between, because the envelopes of a busy room pass here once for each notice. */
#include "core/encode.h"

#include "base/b64.h"
#include "base/mem.h"

static void add_quoted_bytes(struct buf *b, struct slice bytes)
{
	size_t n = b64_text_size(bytes.n);
	char *to = (char *)buf_reserve(b, n + 2);
	if (to == NULL)
		return;
	to[0] = '"';
	b64_encode(bytes, to + 1);
	to[n + 1] = '"';
}

/* What stands before i is written; the escape follows. */
static void add_escape(struct buf *b, uint8_t c)
{
	if (c == '"' || c == '\\') {
		buf_add_byte(b, '\\');
		buf_add_byte(b, c);
	} else if (c == '\n') {
		buf_add_text(b, "\\n");
	} else {
		buf_addf(b, "\\u%04x", c);
	}
}

static void add_quoted_text(struct buf *b, struct slice text)
{
	size_t plain = 0;
	buf_add_byte(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(b, slice_part(text, plain, i - plain));
		add_escape(b, c);
		plain = i + 1;
	}
	buf_add(b, slice_from(text, plain));
	buf_add_byte(b, '"');
}

typedef void encode_fn(struct buf *b, const struct field *f, const uint8_t *at);

static void add_id(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	add_quoted_bytes(b, slice_of(at, sizeof(struct id)));
}

static void add_hash(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	add_quoted_bytes(b, slice_of(at, sizeof(struct hash)));
}

static struct slice slice_at(const uint8_t *at)
{
	struct slice s;
	memcpy(&s, at, sizeof(s));
	return s;
}

static void add_bytes(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	add_quoted_bytes(b, slice_at(at));
}

static void add_text(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	add_quoted_text(b, slice_at(at));
}

static void add_u16(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	uint16_t v;
	memcpy(&v, at, sizeof(v));
	buf_add_decimal(b, v);
}

static void add_u32(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	uint32_t v;
	memcpy(&v, at, sizeof(v));
	buf_add_decimal(b, v);
}

static void add_u53(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	int64_t v;
	memcpy(&v, at, sizeof(v));
	buf_add_decimal(b, v);
}

static void add_bool(struct buf *b, const struct field *f, const uint8_t *at)
{
	(void)f;
	bool v;
	memcpy(&v, at, sizeof(v));
	buf_add_text(b, v ? "true" : "false");
}

static void add_enum(struct buf *b, const struct field *f, const uint8_t *at)
{
	ASSERT(*at < f->n_words);
	add_quoted_text(b, slice_text(f->words[*at]));
}

static void add_list(struct buf *b, const struct field *f, const uint8_t *at);

static void add_struct(struct buf *b, const struct field *f, const uint8_t *at)
{
	encode_value(b, f->of, at);
}

static encode_fn *const encoders[KIND_COUNT] = {
	[KIND_ID] = add_id,
	[KIND_HASH] = add_hash,
	[KIND_BYTES] = add_bytes,
	[KIND_TEXT] = add_text,
	[KIND_U16] = add_u16,
	[KIND_U32] = add_u32,
	[KIND_U53] = add_u53,
	[KIND_TIME] = add_u53,
	[KIND_BOOL] = add_bool,
	[KIND_ENUM] = add_enum,
	[KIND_LIST] = add_list,
	[KIND_STRUCT] = add_struct,
};

static void add_list(struct buf *b, const struct field *f, const uint8_t *at)
{
	const uint8_t *items;
	size_t n;
	memcpy(&items, at, sizeof(items));
	memcpy(&n, at - f->at + f->has_at, sizeof(n));
	ASSERT(n <= f->max);
	buf_add_byte(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_byte(b, ',');
		encoders[f->item](b, f, items + i * f->item_size);
	}
	buf_add_byte(b, ']');
}

static bool is_there(const struct field *f, const uint8_t *value)
{
	bool has = true;
	if (f->optional)
		memcpy(&has, value + f->has_at, sizeof(has));
	return has;
}

void encode_value(struct buf *b, const struct shape *shape, const void *value)
{
	char before = '{';
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct field *f = &shape->fields[i];
		const uint8_t *base = value;
		if (!is_there(f, base))
			continue;
		buf_add_byte(b, (uint8_t)before);
		buf_add_byte(b, '"');
		buf_add(b, slice_of(f->name, f->name_size));
		buf_add_text(b, "\":");
		encoders[f->kind](b, f, base + f->at);
		before = ',';
	}
	if (before == '{')
		buf_add_byte(b, '{');
	buf_add_byte(b, '}');
}

void encode_reply(struct buf *b, uint64_t id, const struct shape *shape, const void *value)
{
	buf_add_text(b, "{\"id\":");
	buf_add_decimal(b, (int64_t)id);
	buf_add_text(b, ",\"ok\":");
	encode_value(b, shape, value);
	buf_add_byte(b, '}');
}

void encode_http_reply(struct buf *b, const struct shape *shape, const void *value)
{
	buf_add_text(b, "{\"ok\":");
	encode_value(b, shape, value);
	buf_add_byte(b, '}');
}

static void add_detail(struct buf *b, const struct detail *detail)
{
	buf_add_text(b, ",\"detail\":{\"");
	buf_add_text(b, detail->name);
	buf_add_text(b, "\":");
	if (detail->kind == DETAIL_WORD)
		add_quoted_text(b, slice_text(detail->word));
	else if (detail->kind == DETAIL_NUMBER)
		buf_add_decimal(b, detail->number);
	else
		add_quoted_bytes(b, hash_slice(&detail->hash));
	buf_add_byte(b, '}');
}

void encode_error(struct buf *b, uint64_t id, enum err e, const struct detail *detail, uint64_t ref)
{
	buf_add_byte(b, '{');
	if (id > 0) {
		buf_add_text(b, "\"id\":");
		buf_add_decimal(b, (int64_t)id);
		buf_add_byte(b, ',');
	}
	buf_add_text(b, "\"err\":\"");
	buf_add_text(b, err_word(e));
	buf_add_byte(b, '"');
	if (detail != NULL && detail->name != NULL)
		add_detail(b, detail);
	if (err_is_fault(e))
		buf_addf(b, ",\"ref\":\"%016llx\"", (unsigned long long)ref);
	buf_add_byte(b, '}');
}

void encode_event(struct buf *b, const struct shape *shape, const void *value)
{
	buf_add_text(b, "{\"ev\":\"");
	buf_add_text(b, shape->name);
	buf_add_text(b, "\",\"body\":");
	encode_value(b, shape, value);
	buf_add_byte(b, '}');
}
