#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "core/shape.h"

/* The structs of proto/ into JSON, written straight into a buffer: what is said is ours, so that
 * nothing can fail but the buffer's ceiling (buf_check). */

/* What goes with a refusal so that the client can act: at most one thing. */
struct detail {
	const char *name; /* NULL: nothing */
	enum { DETAIL_WORD, DETAIL_NUMBER, DETAIL_HASH } kind;
	const char *word;
	int64_t number;
	struct hash hash;
};

/* {"id":7,"ok":{...}}; value is NULL for a shape without fields. */
void encode_reply(struct buf *b, uint64_t id, const struct shape *shape, const void *value);
/* {"ok":{...}}, of an HTTP request. */
void encode_http_reply(struct buf *b, const struct shape *shape, const void *value);
/* {"id":7,"err":"stale_head","detail":{"head":"..."}} and for a fault "ref":"..."; id 0 is left out
 * (HTTP). */
void encode_error(
	struct buf *b, uint64_t id, enum err e, const struct detail *detail, uint64_t ref);
/* {"ev":"message_posted","body":{...}} */
void encode_event(struct buf *b, const struct shape *shape, const void *value);
void encode_value(struct buf *b, const struct shape *shape, const void *value);
