#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The load generator: many TLS WebSocket connections from one thread. Envelopes are signed before
 * the clock starts; nothing here is part of the product. */

enum conn_state {
	CONN_NEW,
	CONN_CONNECTING,
	CONN_TLS,
	CONN_TICKET, /* asks for the ticket of the WebSocket, on a connection of its own */
	CONN_UPGRADE,
	CONN_SESSION,
	CONN_ROOM,
	CONN_READY,
	CONN_DEAD
};

/* What one line of the people file says. */
struct person {
	char cookie[64];
	bool talker;
	uint8_t org[16], room[16], user[16], kid[32], log_head[32];
	uint32_t epoch;
	uint64_t next_seq;
	EVP_PKEY *key;
};

struct bytes {
	uint8_t *data;
	size_t size, cap;
};

struct conn {
	const struct person *person;
	SSL *ssl;
	int fd;
	enum conn_state state;
	char ticket[64];
	bool want_write, counted_dead;
	uint32_t index; /* among the talkers */
	struct bytes in, out, whole;
	size_t out_sent;
	/* talkers only */
	struct bytes *frames;
	double *sent_at;
	uint32_t n_sent, n_acked;
};

void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_drop(struct bytes *b, size_t size);
double now(void);
_Noreturn void die(const char *what);

/* One frame as it goes out: a client's, with mask 0. */
void frame_add(struct bytes *out, uint8_t opcode, const void *payload, size_t size);
/* message_post as a binary frame, JSON and blob, of one envelope of kind 1 with a body of padded 1
 * KiB; msg_id tells talker and number. */
struct bytes frame_envelope(const struct person *p, uint32_t talker, uint32_t number, uint32_t run);
/* Finds the next envelope in a pushed frame: talker and number from its msg_id. Moves *at. */
bool frame_next_envelope(const uint8_t *text, size_t size, size_t *at, uint32_t run,
	uint32_t *talker, uint32_t *number);

size_t people_read(const char *path, struct person **ret);
