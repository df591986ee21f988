/* Strict numbers: one spelling for each value, nothing else accepted. */
#include "base/num.h"

bool num_parse_u64(struct slice text, uint64_t max, uint64_t *ret_value)
{
	if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t digit = (uint8_t)(text.p[i] - '0');
		if (digit > 9 || __builtin_mul_overflow(value, 10u, &value))
			return false;
		if (__builtin_add_overflow(value, digit, &value))
			return false;
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

bool num_parse_i64(struct slice text, int64_t *ret_value)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t size = 0;
	if (!num_parse_u64(
		    slice_from(text, negative ? 1 : 0), (uint64_t)INT64_MAX + negative, &size))
		return false;
	if (negative && size == 0)
		return false;
	*ret_value = negative ? (int64_t)(~size + 1) : (int64_t)size;
	return true;
}
