/* Identity codes: what is accepted is one by another reckoning, from the tables of the calendar. */
#include "fuzz.h"

#include <time.h>

#include "keys/hetu.h"

static int number_of(const uint8_t *p, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		HOLD(p[i] >= '0' && p[i] <= '9');
		value = value * 10 + p[i] - '0';
	}
	return value;
}

static int century_of(uint8_t separator)
{
	switch (separator) {
	case '+':
		return 1800;
	case '-':
	case 'Y':
	case 'X':
	case 'W':
	case 'V':
	case 'U':
		return 1900;
	default:
		HOLD(separator >= 'A' && separator <= 'F');
		return 2000;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool test;
	if (hetu_check(slice_of(data, size), &test) != ERR_OK)
		return 0;
	HOLD(size == 11);
	int year = century_of(data[6]) + number_of(data + 4, 2), number = number_of(data + 7, 3);
	struct tm day = {.tm_mday = number_of(data, 2),
			  .tm_mon = number_of(data + 2, 2) - 1,
			  .tm_year = year - 1900,
			  .tm_hour = 12},
		  same = day;
	HOLD(timegm(&same) != -1 && same.tm_mday == day.tm_mday && same.tm_mon == day.tm_mon);
	HOLD(number >= 2 && test == (number >= 900));
	int check = (number_of(data, 6) * 1000 + number) % 31;
	HOLD(data[10] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[check]);
	return 0;
}
