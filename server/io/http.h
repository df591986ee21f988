#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* One HTTP request and its answer. Requests are found again by id; nothing here outlives the
 * callback that got it. */
enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_PATCH,
	HTTP_OPTIONS
};

struct http_request {
	uint64_t id;
	enum http_method method;
	struct slice path;   /* decoded by nobody: as it came, without the query */
	struct slice query;  /* behind the '?', may be empty */
	struct slice cookie; /* the whole header; see http_cookie */
	struct slice origin, content_type, accept_encoding, if_none_match;
	struct slice fetch_site; /* Sec-Fetch-Site: what the browser says of who asks */
	struct slice digest;     /* X-Luotsi-Digest: of a part of a file */
	struct slice mark;       /* X-Luotsi: no other site's form can send it */
	struct slice body;
	struct slice address; /* of the peer, "192.0.2.1"; behind the edge the one HAProxy saw */
};

struct http_header {
	const char *name; /* lower case with a colon, "set-cookie:" */
	struct slice value;
};

/* What the bytes of an answer belong to, and how it is let go when they have been written. */
struct http_held {
	void *it;
	void (*let_go)(void *it);
};

struct http_response {
	unsigned status;
	const char *content_type; /* NULL: no body type */
	struct slice body; /* copied, unless keep_body says that it lives as long as the process */
	bool keep_body;
	struct http_held held;   /* or that they are of this, which is taken in any case */
	size_t more;             /* bytes behind the body that come by http_more */
	struct http_held behind; /* of whoever gives those: handed back when they are wanted */
	const char *csp;         /* NULL: the strict policy of every other answer */
	const struct http_header *headers;
	size_t n_headers;
};

/* The value of the cookie with exactly this name; false if it is missing or there twice. */
bool http_cookie(struct slice header, const char *name, struct slice *ret_value);
/* The value of a query parameter with exactly this name, not decoded. */
bool http_query(struct slice query, const char *name, struct slice *ret_value);

struct server;
/* Answers a request, now or later, once. Copies what it is given. Harmless when the client has
 * gone. */
void http_reply(struct server *server, uint64_t id, const struct http_response *response);
/* The next bytes of an answer that was begun with `more`, after http_wanted, once. What holds them
 * is taken, also when the client has gone. */
void http_more(struct server *server, uint64_t id, struct slice bytes, struct http_held held);
/* Ends the connection of such an answer: it cannot be gone on with. */
void http_cut(struct server *server, uint64_t id);
/* Gives the body of a request that was delivered, and leaves none there. */
struct buf http_take_body(struct server *server, uint64_t id);
/* The JSON answer {"err":"..."} with the error's status. */
void http_reply_error(struct server *server, uint64_t id, enum err e);
