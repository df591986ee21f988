/* The Finnish personal identity code. The separators of 2023 came beside the old ones and are part
 * of the code: two people may differ in nothing else. */
#include "keys/hetu.h"

enum { SIZE = 11, NUMBER_FIRST = 2, NUMBER_TEST = 900 };

static unsigned digits(const uint8_t *p, size_t n)
{
	unsigned value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (p[i] - (unsigned)'0');
	return value;
}

static bool are_digits(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return true;
}

/* 0 for what is no separator. */
static unsigned century(uint8_t separator)
{
	static const struct {
		const char *separators;
		unsigned century;
	} centuries[] = {{"+", 1800}, {"-YXWVU", 1900}, {"ABCDEF", 2000}};
	for (size_t i = 0; i < sizeof(centuries) / sizeof(centuries[0]); i++) {
		if (separator && strchr(centuries[i].separators, separator))
			return centuries[i].century;
	}
	return 0;
}

static unsigned days_of(unsigned month, unsigned year)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (month < 1 || month > 12)
		return 0;
	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

enum err hetu_check(struct slice code, bool *ret_is_test)
{
	static const char checks[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
	const uint8_t *p = code.p;
	if (code.n != SIZE || !are_digits(p, 6) || !are_digits(p + 7, 3))
		return ERR_BAD_FIELD;
	unsigned since = century(p[6]), day = digits(p, 2), number = digits(p + 7, 3);
	if (since == 0 || day == 0 || day > days_of(digits(p + 2, 2), since + digits(p + 4, 2)))
		return ERR_BAD_FIELD;
	if (number < NUMBER_FIRST || (char)p[10] != checks[(digits(p, 6) * 1000 + number) % 31])
		return ERR_BAD_FIELD;
	*ret_is_test = number >= NUMBER_TEST;
	return ERR_OK;
}
