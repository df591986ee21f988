#pragma once
#include "io/wire.h"

/* One HTTP request of a connection and its answer: http.c, http_answer.c. */
struct exchange {
	struct buf text; /* the copied headers; slices are offsets into it until delivery */
	struct http_request request;
	struct buf body, head;
	struct buf reply;  /* a copied answer */
	struct slice rest; /* what is still to be written of the answer's body */
	struct slice next; /* and what behind that */
	struct http_held rest_held, next_held, behind;
	size_t to_come; /* what then still has to come from http_more */
	unsigned n_wanted;
	bool wanted; /* it has been asked for */
	size_t head_at;
	size_t expected; /* Content-Length */
	bool large;      /* counted as one of those */
};

/* Each returns what the lws callback returns. */
int http_begin(struct conn *c);
int http_body(struct conn *c, struct slice piece);
int http_body_end(struct conn *c);
int http_writeable(struct conn *c);
void http_expired(struct conn *c);
void exchange_free(struct exchange **exchange);
void http_let_go(struct http_held *held);
/* So long may so many bytes take. */
uint32_t http_seconds(const struct conn *c, size_t size);
/* lws has a clock of its own, which a transfer must keep going. */
void http_goes_on(struct conn *c);
/* The connection goes, or its peer is another: a large request no longer counts. */
void http_leave_large(struct conn *c);
