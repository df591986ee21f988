#pragma once
#include "seal/control.h"

/* The canonical text of a state (README.md says it) and its SHA-256 in hex, 64 characters and a
 * zero byte. */
struct state_digest {
	char hex[65];
};

struct state_digest control_digest(const struct control *log);
struct state_digest identity_digest(const struct identity *id);
/* 64 characters and a zero byte. */
struct state_digest hash_hex(const struct hash *hash);
