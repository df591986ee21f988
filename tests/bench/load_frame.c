// Frames and envelopes of the load generator (proto/FORMAT.md 3), and the file that says who talks.

#include "load.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_SIZE = 56 + 1024 + 16 };

_Noreturn void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bytes_add(struct bytes *b, const void *data, size_t size)
{
	if (b->size + size > b->cap) {
		b->cap = (b->size + size) * 2;
		b->data = realloc(b->data, b->cap);
		if (!b->data)
			die("out of memory");
	}
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

void bytes_drop(struct bytes *b, size_t size)
{
	b->size -= size;
	if (b->size)
		memmove(b->data, b->data + size, b->size);
	else {
		free(b->data);
		*b = (struct bytes){0};
	}
}

static void put_int(struct bytes *b, uint64_t value, int size)
{
	for (int i = size - 1; i >= 0; i--)
		bytes_add(b, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

void frame_add(struct bytes *out, uint8_t opcode, const void *payload, size_t size)
{
	put_int(out, 0x80 | opcode, 1);
	if (size < 126) {
		put_int(out, 0x80 | size, 1);
	} else {
		put_int(out, 0x80 | 126, 1);
		put_int(out, size, 2);
	}
	put_int(out, 0, 4); /* mask 0: the payload stays as it is */
	bytes_add(out, payload, size);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void sha256(uint8_t out[32], const char *label, const struct bytes *header,
	const uint8_t *tail, size_t tail_size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	if (label)
		EVP_DigestUpdate(ctx, label, strlen(label) + 1);
	if (header)
		EVP_DigestUpdate(ctx, header->data, header->size);
	EVP_DigestUpdate(ctx, tail, tail_size);
	EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
}

/* Raw r||s with low s. */
static void sign(EVP_PKEY *key, const uint8_t digest[32], uint8_t out[64])
{
	uint8_t der[80];
	size_t der_size = sizeof der;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, der, &der_size, digest, 32) != 1)
		die("cannot sign");
	EVP_PKEY_CTX_free(ctx);
	const uint8_t *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der_size);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *half = BN_new(), *s = BN_dup(ECDSA_SIG_get0_s(sig));
	BN_rshift1(half, EC_GROUP_get0_order(group));
	if (BN_cmp(s, half) > 0)
		BN_sub(s, EC_GROUP_get0_order(group), s);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32);
	BN_bn2binpad(s, out + 32, 32);
	BN_free(half);
	BN_free(s);
	EC_GROUP_free(group);
	ECDSA_SIG_free(sig);
}

static void put_header(
	struct bytes *h, const struct person *p, const uint8_t msg_id[16], uint32_t number)
{
	uint8_t parent[32];
	sha256(parent, "bench parent", NULL, msg_id, 16);
	bytes_add(h, "LUO1", 4);
	put_int(h, 1, 1);
	put_int(h, 1, 1);
	bytes_add(h, p->org, 16);
	bytes_add(h, p->room, 16);
	bytes_add(h, msg_id, 16);
	bytes_add(h, p->user, 16);
	bytes_add(h, p->kid, 32);
	put_int(h, p->epoch, 4);
	put_int(h, p->next_seq + number, 8);
	bytes_add(h, p->log_head, 32);
	put_int(h, 1, 1);
	bytes_add(h, parent, 32);
	put_int(h, (uint64_t)time(NULL) * 1000, 8);
	put_int(h, 1, 2);
	put_int(h, 0, 2);
	put_int(h, BODY_SIZE, 4);
}

struct bytes frame_envelope(const struct person *p, uint32_t talker, uint32_t number, uint32_t run)
{
	uint8_t msg_id[16], body[BODY_SIZE], digest[32], signature[64];
	struct bytes id = {0}, envelope = {0}, frame = {0};
	put_int(&id, run, 4);
	put_int(&id, talker, 4);
	put_int(&id, number, 4);
	put_int(&id, 1, 4);
	memcpy(msg_id, id.data, 16);
	RAND_bytes(body, sizeof body);
	put_header(&envelope, p, msg_id, number);
	sha256(digest, NULL, NULL, body, sizeof body);
	sha256(digest, "luotsi/v1/sig", &envelope, digest, 32);
	sign(p->key, digest, signature);
	bytes_add(&envelope, body, sizeof body);
	bytes_add(&envelope, signature, 64);

	struct bytes payload = {0};
	char text[64];
	size_t n = (size_t)snprintf(text, sizeof text,
		"{\"id\":%u,\"op\":\"message_post\",\"body\":{}}", number + 1000);
	put_int(&payload, n, 4);
	bytes_add(&payload, text, n);
	bytes_add(&payload, envelope.data, envelope.size);
	frame_add(&frame, 2, payload.data, payload.size);
	free(payload.data);
	free(id.data);
	free(envelope.data);
	return frame;
}

static bool unbase64url(const uint8_t *in, size_t chars, uint8_t *out)
{
	for (size_t i = 0; i < chars; i += 4) {
		uint32_t v = 0;
		for (size_t k = 0; k < 4; k++) {
			const char *at = in[i + k] ? strchr(alphabet, in[i + k]) : NULL;
			if (!at)
				return false;
			v = v << 6 | (uint32_t)(at - alphabet);
		}
		for (int k = 0; k < 3; k++)
			*out++ = (uint8_t)(v >> (16 - 8 * k));
	}
	return true;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool frame_next_envelope(const uint8_t *text, size_t size, size_t *at, uint32_t run,
	uint32_t *talker, uint32_t *number)
{
	static const char key[] = "\"envelope\":\"";
	uint8_t header[54];
	while (*at < size) {
		const uint8_t *found = memmem(text + *at, size - *at, key, sizeof key - 1);
		if (!found)
			return false;
		size_t start = (size_t)(found - text) + sizeof key - 1;
		if (start + 72 > size)
			return false;
		*at = start + 72;
		if (!unbase64url(text + start, 72, header) || get_u32(header + 38) != run)
			continue;
		*talker = get_u32(header + 42);
		*number = get_u32(header + 46);
		return true;
	}
	return false;
}

static void unhex(const char *text, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned v;
		if (sscanf(text + 2 * i, "%2x", &v) != 1)
			die("people file: not hexadecimal");
		out[i] = (uint8_t)v;
	}
}

/* "talker COOKIE ORG ROOM USER KID PKCS8 HEAD EPOCH NEXT" or "idle COOKIE" */
static void read_person(char *line, struct person *p)
{
	char kind[8], org[40], room[40], user[40], kid[80], key[600], head[80];
	unsigned long long next = 0;
	int n = sscanf(line, "%7s %63s %39s %39s %39s %79s %599s %79s %u %llu", kind, p->cookie,
		org, room, user, kid, key, head, &p->epoch, &next);
	p->talker = n == 10;
	if (n != 2 && n != 10)
		die("people file: a line does not fit");
	if (!p->talker)
		return;
	p->next_seq = next;
	unhex(org, p->org, 16);
	unhex(room, p->room, 16);
	unhex(user, p->user, 16);
	unhex(kid, p->kid, 32);
	unhex(head, p->log_head, 32);
	uint8_t der[300];
	size_t size = strlen(key) / 2;
	unhex(key, der, size);
	const uint8_t *at = der;
	p->key = d2i_AutoPrivateKey(NULL, &at, (long)size);
	if (!p->key)
		die("people file: not a private key");
}

size_t people_read(const char *path, struct person **ret)
{
	FILE *f = fopen(path, "r");
	if (!f)
		die("cannot read the people file");
	struct person *people = NULL;
	size_t n = 0;
	char *line = NULL;
	size_t cap = 0;
	while (getline(&line, &cap, f) > 0) {
		people = realloc(people, (n + 1) * sizeof *people);
		if (!people)
			die("out of memory");
		people[n] = (struct person){0};
		read_person(line, &people[n++]);
	}
	free(line);
	fclose(f);
	*ret = people;
	return n;
}
