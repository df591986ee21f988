#pragma once
#include "seal/control.h"
#include "seal_build.h"

/* A room, its people and their keys, and how each entry is said in it: a test changes one thing and
 * looks what the rules say. */
struct someone {
	struct id user;
	struct hash sig_kid, enc_kid, cert;
	bool staff;
};

struct world {
	struct arena *arena;
	struct control *log;
	struct people people;
	struct id org, room, agreement;
	struct hash root_kid, recovery_kid;
	uint64_t now;
	struct someone anna, bertil; /* counsellors */
	struct someone kaisa, otto;  /* clients */
	struct signer one_time;      /* the keys of invitations */
};

/* cmocka's setup and teardown: an empty log; and a room with anna, kaisa and epoch 1. */
int world_begin(void **state);
int world_begin_in_room(void **state);
int world_end(void **state);

/* The record of someone among the people. */
struct person *world_record(struct world *w, const struct someone *who);

/* An entry in the place where the log expects it, sent by this person. */
struct draft world_draft(struct world *w, const struct someone *from, struct slice body);
/* Parses and applies it now. */
enum refusal world_try(struct world *w, const struct draft *d);
enum refusal world_say(struct world *w, const struct someone *from, struct slice body);

/* Bodies. The epoch's recipients are right for this author while all keys hold. */
struct slice body_create(struct world *w, const struct someone *who);
struct slice body_invite(struct world *w, uint8_t invite, uint64_t expires_ms);
struct slice body_join(struct world *w, uint8_t invite, const struct someone *who);
struct slice body_add(struct world *w, const struct someone *who);
struct slice body_remove(struct world *w, const struct someone *who);
struct slice body_leave(struct world *w);
struct slice body_epoch(struct world *w, const struct someone *author);
struct slice body_grant(struct world *w, const struct someone *to, uint32_t from, uint32_t until);
struct slice body_recovery_wrap(struct world *w, uint32_t epoch, const struct hash *rkid);
struct slice body_close(struct world *w);
struct slice body_reopen(struct world *w);
struct slice body_rekey(struct world *w, const struct someone *who);

/* One of the wraps of an EPOCH: where it stands in the body, to be spoiled. */
#define EPOCH_WRAPS_AT (1 + 4 + 32 + 32 + 2)
#define EPOCH_WRAP_SIZE 82
#define GRANT_WRAPS_AT (1 + 16 + 32 + 4 + 4 + 2)
#define GRANT_WRAP_SIZE 37
/* A copy with one byte set. */
struct slice spoiled(struct world *w, struct slice body, size_t at, uint8_t byte);
