#pragma once
#include "base/buf.h"

/* base64url without padding (RFC 4648 section 5), canonical: bits that are left over in the last
 * character are zero, so that each byte string has one spelling. */

/* Characters for n bytes, and the most bytes that n characters hold. */
static inline size_t b64_text_size(size_t n)
{
	return n / 3 * 4 + (n % 3 * 4 + 2) / 3;
}
static inline size_t b64_bytes_size(size_t n_chars)
{
	return n_chars / 4 * 3 + n_chars % 4 * 3 / 4;
}
/* Writes b64_text_size(bytes.n) characters, no zero byte. */
void b64_encode(struct slice bytes, char *ret_text);
void b64_add(struct buf *b, struct slice bytes);
/* Writes b64_bytes_size(text.n) bytes; ERR_BAD_FIELD for any other character, a length that cannot
 * be, or left-over bits; what was written then is meaningless. */
MUST enum err b64_decode(struct slice text, uint8_t *ret_bytes);
/* Exactly n bytes, into an id or a hash. */
MUST enum err b64_decode_exact(struct slice text, uint8_t *ret_bytes, size_t n);

/* The other alphabet (RFC 4648 section 4), with padding, equally canonical: where another format
 * demands it. Decoding gives how many bytes it wrote, at most b64_bytes_size(text.n). */
void b64_add_padded(struct buf *b, struct slice bytes);
MUST enum err b64_decode_padded(struct slice text, uint8_t *ret_bytes, size_t *ret_n);
