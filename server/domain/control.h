#pragma once
#include "base/arena.h"
#include "core/request.h"
#include "domain/chains.h"
#include "proto_gen.h"
#include "seal/control.h"

/* Inside the module control only: one append to a control log, from what was asked to what is
 * written. Everything lives in the request's arena but the two owned states. */
enum { CONTROL_ENTRIES_MAX = 8 };

struct control_append {
	const struct control_append_in *in;
	struct id org, user, room;
	uint64_t now_ms;
	struct control_entry entries[CONTROL_ENTRIES_MAX];
	struct slice *log; /* the stored entries */
	size_t n_log;
	struct chains chains; /* of everybody whom the log or the entries name */
	/* What was judged. */
	enum err fault;
	enum refusal refusal;
	bool repeat;     /* exactly these are stored already */
	size_t n_recent; /* the person's entries of the last hour, with these */
	struct control *before, *after;
	const struct wire_wrap **wraps; /* in the order in which the entries sign them */
	struct unit_set *units;         /* of the epochs that they are of */
	struct slice *sealed;           /* each as it is stored (wraps.c) */
	step_fn *then_sealed;
};

/* Parses the entries and checks what needs no log: one room, the session's organisation and person,
 * an invitation exactly if there is an INVITE. */
MUST enum refusal control_read(struct control_append *a);
/* Replays the log and judges the entries: signatures, rules, wraps. Pure; runs on a thread. */
void control_judge(void *append);
void control_append_done(struct control_append *a);
/* The persons (and the organisation) whose chains the judgement needs: at most max. */
size_t control_subjects(const struct control_append *a, struct id *ret_subjects, size_t max);
