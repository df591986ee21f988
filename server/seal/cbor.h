#pragma once
#include "seal/reader.h"

/* As much of CBOR (RFC 8949) as authenticators speak: definite lengths, no tags, no floats. Read
 * freely and check once, as with the reader: what is not there, or is something else, sets bad. */

/* A map's number of pairs; its keys and values follow one by one. */
size_t cbor_map(struct reader *r);
struct slice cbor_text(struct reader *r);
struct slice cbor_bytes(struct reader *r);
/* An integer that fits; else bad. */
int64_t cbor_int(struct reader *r);
/* The bytes of one whole item, however nested; in a time that depends on their number only. */
struct slice cbor_item(struct reader *r);
