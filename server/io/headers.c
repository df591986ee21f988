/* Reading lws's header table. lws_hdr_copy joins repetitions with commas that it does not count
 * (libwebsockets 4.1.6, parsers.c), so each fragment is read by itself. */
#include "io/wire.h"

enum { FRAGMENTS_MAX = 64 };

unsigned header_count(struct lws *wsi, enum lws_token_indexes which)
{
	unsigned n = 0;
	int seen = 0, size;
	while (n < FRAGMENTS_MAX && (size = lws_hdr_fragment_length(wsi, which, (int)n)) > 0)
		seen += size + (n++ > 0);
	/* An empty one hides those behind it from this count, but not from lws's total. */
	return lws_hdr_total_length(wsi, which) > seen ? FRAGMENTS_MAX : n;
}

bool header_add(
	struct lws *wsi, enum lws_token_indexes which, const char *separator, struct buf *to)
{
	unsigned n = header_count(wsi, which);
	for (unsigned i = 0; i < n; i++) {
		int size = lws_hdr_fragment_length(wsi, which, (int)i);
		if (size <= 0)
			continue;
		if (i)
			buf_add_text(to, separator);
		char *at = (char *)buf_reserve(to, (size_t)size + 1);
		if (!at || lws_hdr_copy_fragment(wsi, at, size + 1, which, (int)i) != size)
			return false;
		to->n--;
	}
	return n > 0;
}
