#pragma once
#include "io/http.h"

/* The built site in memory: each file with its .br beside it, a strong ETag, and its
 * headers. */
struct site;

/* Reads the directory whole. Files whose name carries a hash ("app-1A2B3C4D.js") are immutable;
 * "index.html" also answers every path without a dot that is not a file ("/rooms/17").
 * ERR_NOT_FOUND with a logged reason when there is no index.html, ERR_TOO_LARGE over 64 MiB. */
MUST enum err site_load(const char *directory, struct site **ret_site);
void site_free(struct site **site);

/* True and the answer for a GET or HEAD of something in the site; the slices and headers in *ret
 * live as long as the site, headers are written to ret_headers (at least SITE_MAX_HEADERS). */
enum { SITE_MAX_HEADERS = 4 };
bool site_answer(const struct site *site, const struct http_request *request,
	struct http_response *ret, struct http_header *ret_headers);
