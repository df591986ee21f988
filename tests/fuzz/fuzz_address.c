/* Addresses of e-mail as people type them for letters: what is good is what a regular expression
 * says, and the lengths of its parts, and nothing of it means anything in the head of a letter. */
#include "fuzz.h"

#include <regex.h>

#include "base/address.h"

#define ATOM "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define LABEL "[A-Za-z0-9](-*[A-Za-z0-9])*"
#define NAME "[A-Za-z](-*[A-Za-z0-9])*"

enum { LOCAL = 64, LABEL_MOST = 63 };

static bool matches(const char *text)
{
	static regex_t form;
	static bool ready;
	if (!ready)
		HOLD(regcomp(&form, "^" ATOM "(\\." ATOM ")*@(" LABEL "\\.)+" NAME "$",
			     REG_EXTENDED | REG_NOSUB) == 0);
	ready = true;
	return regexec(&form, text, 0, NULL, 0) == 0;
}

static bool parts_fit(const char *text)
{
	const char *domain = strchr(text, '@') + 1;
	if (domain - text > LOCAL + 1)
		return false;
	for (size_t n; *domain; domain += n + (domain[n] == '.'))
		if ((n = strcspn(domain, ".")) > LABEL_MOST)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[ADDRESS_MAX + 1] = "";
	bool good = address_is_good(slice_of(data, size));
	HOLD(!good || (size >= ADDRESS_MIN && size <= ADDRESS_MAX));
	if (size > ADDRESS_MAX || size < ADDRESS_MIN)
		return 0;
	memcpy(text, data, size);
	bool is_text = memchr(data, '\0', size) == NULL;
	HOLD(good == (is_text && matches(text) && parts_fit(text)));
	HOLD(!good || strpbrk(text, "\r\n\t <>,;:\"\\()[]") == NULL);
	return 0;
}
