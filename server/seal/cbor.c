/* A small reader of CBOR: it finds where things begin and end in what a browser brings from an
 * authenticator. An item is walked by counting what is still to come, not by recursion, so that no
 * nesting costs stack; and never more is to come than there are bytes left. */
#include "seal/cbor.h"

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { SHORT_ARGUMENT_END = 24, SIMPLE_FALSE = 20, SIMPLE_NULL = 22 };

struct head {
	enum major major;
	uint64_t argument;
};

static struct head cbor_head(struct reader *r)
{
	uint8_t first = reader_u8(r);
	struct head head = {.major = (enum major)(first >> 5), .argument = first & 31};
	if (head.argument < SHORT_ARGUMENT_END)
		return head;
	size_t n = (size_t)1 << (head.argument - SHORT_ARGUMENT_END);
	if (n > 8) { /* reserved, or of an indefinite length */
		r->bad = true;
		return head;
	}
	struct slice bytes = reader_bytes(r, n);
	head.argument = 0;
	for (size_t i = 0; i < bytes.n; i++)
		head.argument = head.argument << 8 | bytes.p[i];
	return head;
}

static uint64_t cbor_expect(struct reader *r, enum major major)
{
	struct head head = cbor_head(r);
	r->bad = r->bad || head.major != major;
	return r->bad ? 0 : head.argument;
}

static struct slice cbor_string(struct reader *r, enum major major)
{
	uint64_t n = cbor_expect(r, major);
	r->bad = r->bad || n > r->rest.n;
	return reader_bytes(r, r->bad ? 0 : (size_t)n);
}

size_t cbor_map(struct reader *r)
{
	uint64_t n = cbor_expect(r, MAP);
	r->bad = r->bad || n > r->rest.n / 2;
	return r->bad ? 0 : (size_t)n;
}

struct slice cbor_text(struct reader *r)
{
	return cbor_string(r, TEXT);
}

struct slice cbor_bytes(struct reader *r)
{
	return cbor_string(r, BYTES);
}

int64_t cbor_int(struct reader *r)
{
	struct head head = cbor_head(r);
	r->bad = r->bad || head.major > NEGATIVE || head.argument > INT64_MAX;
	if (r->bad)
		return 0;
	int64_t v = (int64_t)head.argument;
	return head.major == NEGATIVE ? -1 - v : v;
}

/* What one head promises behind it: items, or bytes that are taken at once. */
static size_t cbor_inside(struct reader *r)
{
	struct head head = cbor_head(r);
	switch (head.major) {
	case UNSIGNED:
	case NEGATIVE:
		return 0;
	case BYTES:
	case TEXT:
		r->bad = r->bad || head.argument > r->rest.n;
		(void)reader_bytes(r, r->bad ? 0 : (size_t)head.argument);
		return 0;
	case ARRAY:
	case MAP:
		r->bad = r->bad || head.argument > r->rest.n;
		return r->bad ? 0 : (size_t)head.argument * (head.major == MAP ? 2 : 1);
	case TAG:
	case SIMPLE:
		break;
	}
	r->bad = r->bad || head.major == TAG || head.argument < SIMPLE_FALSE ||
		 head.argument > SIMPLE_NULL;
	return 0;
}

struct slice cbor_item(struct reader *r)
{
	struct slice from = r->rest;
	size_t to_come = 1;
	while (to_come > 0 && !r->bad) {
		to_come += cbor_inside(r);
		to_come--;
		r->bad = r->bad || to_come > r->rest.n;
	}
	return r->bad ? SLICE_NONE : slice_of(from.p, from.n - r->rest.n);
}
