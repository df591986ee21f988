/* Names and values as URLs and token requests carry them. */
#include "base/form.h"

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_escaped(struct buf *b, struct slice value)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];
		if (is_unreserved(c)) {
			buf_add_byte(b, c);
			continue;
		}
		buf_add_byte(b, '%');
		buf_add_byte(b, (uint8_t)digits[c >> 4]);
		buf_add_byte(b, (uint8_t)digits[c & 15]);
	}
}

void form_add(struct buf *b, const char *name, struct slice value)
{
	if (b->n > 0 && b->p[b->n - 1] != '?')
		buf_add_byte(b, '&');
	add_escaped(b, slice_text(name));
	buf_add_byte(b, '=');
	add_escaped(b, value);
}
