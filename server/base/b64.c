/* base64url by tables: four characters a step. Decoding gathers the error bits and looks at them
 * once, because every message of every client passes here. */
#include "base/b64.h"

static const char b64_chars[65] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One more than the value, so that what is not in the alphabet is 0. */
/* clang-format off */
static const uint8_t b64_places[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
	['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};
/* clang-format on */

enum { BAD = 0x80 };

/* Bit BAD is set for what is not in the alphabet. */
static uint8_t b64_value(uint8_t c)
{
	return (uint8_t)(b64_places[c] - 1);
}

void b64_encode(struct slice bytes, char *ret_text)
{
	const uint8_t *p = bytes.p;
	size_t n = bytes.n;
	for (; n >= 3; n -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*ret_text++ = b64_chars[v >> 18];
		*ret_text++ = b64_chars[v >> 12 & 63];
		*ret_text++ = b64_chars[v >> 6 & 63];
		*ret_text++ = b64_chars[v & 63];
	}
	if (n == 0)
		return;
	uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
	*ret_text++ = b64_chars[v >> 18];
	*ret_text++ = b64_chars[v >> 12 & 63];
	if (n == 2)
		*ret_text = b64_chars[v >> 6 & 63];
}

void b64_add(struct buf *b, struct slice bytes)
{
	char *at = (char *)buf_reserve(b, b64_text_size(bytes.n));
	if (at)
		b64_encode(bytes, at);
}

static enum err b64_decode_rest(const uint8_t *p, size_t n, uint8_t *to)
{
	if (n == 0)
		return ERR_OK;
	if (n == 1)
		return ERR_BAD_FIELD;
	uint8_t a = b64_value(p[0]), b = b64_value(p[1]), c = n == 3 ? b64_value(p[2]) : 0;
	if ((a | b | c) & BAD)
		return ERR_BAD_FIELD;
	uint32_t v = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6;
	if (v & (n == 3 ? 0xffu : 0xffffu))
		return ERR_BAD_FIELD;
	to[0] = (uint8_t)(v >> 16);
	if (n == 3)
		to[1] = (uint8_t)(v >> 8);
	return ERR_OK;
}

enum err b64_decode(struct slice text, uint8_t *ret_bytes)
{
	const uint8_t *p = text.p;
	size_t n = text.n;
	uint8_t seen = 0;
	for (; n >= 4; n -= 4, p += 4, ret_bytes += 3) {
		uint8_t a = b64_value(p[0]), b = b64_value(p[1]);
		uint8_t c = b64_value(p[2]), d = b64_value(p[3]);
		seen |= a | b | c | d;
		uint32_t v = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
		ret_bytes[0] = (uint8_t)(v >> 16);
		ret_bytes[1] = (uint8_t)(v >> 8);
		ret_bytes[2] = (uint8_t)v;
	}
	if (seen & BAD)
		return ERR_BAD_FIELD;
	return b64_decode_rest(p, n, ret_bytes);
}

enum err b64_decode_exact(struct slice text, uint8_t *ret_bytes, size_t n)
{
	if (text.n != b64_text_size(n))
		return ERR_BAD_FIELD;
	return b64_decode(text, ret_bytes);
}

/* --- the other alphabet: the same, spelled otherwise --- */

static void b64_respell(uint8_t *text, size_t n, const char *from, const char *to)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == (uint8_t)from[0])
			text[i] = (uint8_t)to[0];
		else if (text[i] == (uint8_t)from[1])
			text[i] = (uint8_t)to[1];
	}
}

void b64_add_padded(struct buf *b, struct slice bytes)
{
	size_t at = b->n;
	b64_add(b, bytes);
	b64_respell(b->p + at, b->n - at, "-_", "+/");
	for (size_t n = b64_text_size(bytes.n); n % 4 != 0; n++)
		buf_add_byte(b, '=');
}

enum err b64_decode_padded(struct slice text, uint8_t *ret_bytes, size_t *ret_n)
{
	enum { TEXT_MAX = 256 };
	uint8_t other[TEXT_MAX];
	if (text.n == 0 || text.n % 4 != 0 || text.n > sizeof(other))
		return ERR_BAD_FIELD;
	size_t n = text.n;
	while (n > text.n - 2 && text.p[n - 1] == '=')
		n--;
	/* Each letter in its own alphabet only. */
	if (memchr(text.p, '-', n) || memchr(text.p, '_', n))
		return ERR_BAD_FIELD;
	memcpy(other, text.p, n);
	b64_respell(other, n, "+/", "-_");
	TRY(b64_decode(slice_of(other, n), ret_bytes));
	*ret_n = b64_bytes_size(n);
	return ERR_OK;
}
