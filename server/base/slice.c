/* What is done to borrowed bytes and is too long for a header. */
#include "base/slice.h"

static uint8_t slice_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool slice_equal_fold(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (slice_lower(a.p[i]) != slice_lower(b.p[i]))
			return false;
	}
	return true;
}

static bool slice_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice a)
{
	while (a.n && slice_is_blank(a.p[0]))
		a = slice_from(a, 1);
	while (a.n && slice_is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

bool slice_next(struct slice *rest, uint8_t separator, struct slice *ret_part)
{
	*ret_part = SLICE_NONE;
	if (!rest->p)
		return false;
	const uint8_t *end = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
	if (!end) {
		*ret_part = *rest;
		*rest = SLICE_NONE;
		return true;
	}
	size_t n = (size_t)(end - rest->p);
	*ret_part = slice_of(rest->p, n);
	*rest = slice_of(end + 1, rest->n - n - 1);
	return true;
}

/* Bytes that follow a first byte, and the bounds of the second byte (RFC 3629 section 4). */
static size_t utf8_tail(uint8_t first, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

static size_t utf8_skip_ascii(struct slice a, size_t at)
{
	uint64_t word;
	while (a.n - at >= sizeof(word)) {
		memcpy(&word, a.p + at, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
		at += sizeof(word);
	}
	while (at < a.n && a.p[at] < 0x80)
		at++;
	return at;
}

bool slice_is_utf8(struct slice a)
{
	for (size_t at = utf8_skip_ascii(a, 0); at < a.n; at = utf8_skip_ascii(a, at)) {
		uint8_t low, high;
		size_t tail = utf8_tail(a.p[at], &low, &high);
		if (!tail || a.n - at <= tail)
			return false;
		if (a.p[at + 1] < low || a.p[at + 1] > high)
			return false;
		for (size_t i = 2; i <= tail; i++) {
			if ((a.p[at + i] & 0xc0) != 0x80)
				return false;
		}
		at += tail + 1;
	}
	return true;
}

/* U+0000..U+001F are one byte, U+007F..U+009F one byte or two beginning with 0xC2. */
bool slice_has_control(struct slice a)
{
	for (size_t i = 0; i < a.n; i++) {
		bool c1 = a.p[i] == 0xC2 && i + 1 < a.n && a.p[i + 1] < 0xA0;
		if (a.p[i] < 0x20 || a.p[i] == 0x7F || c1)
			return true;
	}
	return false;
}
