/* The strict look at an address, character by character: nothing else stands between what somebody
 * typed and the headers of a letter. */
#include "base/address.h"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alphanumeric(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_local(uint8_t c)
{
	return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Takes what stands before the next dot; false when nothing is left. */
static bool next_part(struct slice *rest, struct slice *ret_part)
{
	if (!rest->p)
		return false;
	const uint8_t *dot = rest->n > 0 ? memchr(rest->p, '.', rest->n) : NULL;
	size_t n = dot ? (size_t)(dot - rest->p) : rest->n;
	*ret_part = slice_part(*rest, 0, n);
	*rest = dot ? slice_of(dot + 1, rest->n - n - 1) : SLICE_NONE;
	return true;
}

static bool local_is_good(struct slice local)
{
	struct slice part;
	if (local.n == 0 || local.n > LOCAL_MAX)
		return false;
	while (next_part(&local, &part)) {
		for (size_t i = 0; i < part.n; i++)
			if (!is_local(part.p[i]))
				return false;
		if (part.n == 0)
			return false;
	}
	return true;
}

static bool label_is_good(struct slice label)
{
	if (label.n == 0 || label.n > LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_alphanumeric(label.p[i]) && label.p[i] != '-')
			return false;
	return label.p[0] != '-' && label.p[label.n - 1] != '-';
}

/* Two labels at least, and the last is no number: a name, not the address of a machine. */
static bool domain_is_good(struct slice domain)
{
	struct slice label = SLICE_NONE;
	size_t n = 0;
	for (; next_part(&domain, &label); n++)
		if (!label_is_good(label))
			return false;
	return n >= 2 && !is_digit(label.p[0]);
}

bool address_is_good(struct slice address)
{
	if (address.n < ADDRESS_MIN || address.n > ADDRESS_MAX)
		return false;
	const uint8_t *at = memchr(address.p, '@', address.n);
	if (!at)
		return false;
	size_t n = (size_t)(at - address.p);
	return local_is_good(slice_part(address, 0, n)) &&
	       domain_is_good(slice_of(at + 1, address.n - n - 1));
}
