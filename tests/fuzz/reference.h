#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 once more, by the numbers of RFC 3629 instead of by its table of bytes: slow and plain, for
 * comparing. */
static inline bool reference_is_utf8(const uint8_t *p, size_t n)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	for (size_t at = 0; at < n;) {
		size_t tail = 0;
		while (tail < 4 && (p[at] & forms[tail].mask) != forms[tail].lead)
			tail++;
		if (tail == 4 || n - at <= tail)
			return false;
		uint32_t c = p[at] & (uint8_t)~forms[tail].mask;
		for (size_t i = 1; i <= tail; i++) {
			if (p[at + i] >> 6 != 2)
				return false;
			c = c << 6 | (p[at + i] & 0x3f);
		}
		if (c < forms[tail].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
		at += tail + 1;
	}
	return true;
}
