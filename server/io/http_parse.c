/* Cookies and query parameters by exact name. lws's own cookie reader also matches the end of
 * another cookie's name and logs the header (libwebsockets 4.1.6, cookie.c). */
#include "io/http.h"

bool http_cookie(struct slice header, const char *name, struct slice *ret_value)
{
	struct slice pair, found = SLICE_NONE;
	bool seen = false;
	while (slice_next(&header, ';', &pair)) {
		struct slice key, rest = slice_trim(pair);
		if (!slice_next(&rest, '=', &key) || !rest.p || !slice_is(key, name))
			continue;
		if (seen)
			return false;
		seen = true;
		found = rest;
	}
	if (seen)
		*ret_value = found;
	return seen;
}

bool http_query(struct slice query, const char *name, struct slice *ret_value)
{
	struct slice pair;
	while (slice_next(&query, '&', &pair)) {
		struct slice key, rest = pair;
		if (!slice_next(&rest, '=', &key) || !rest.p || !slice_is(key, name))
			continue;
		*ret_value = rest;
		return true;
	}
	return false;
}
