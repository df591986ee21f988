#pragma once
#include "seal/control.h"

/* Inside the control log only: one row for each type of entry. */
struct control_judgement {
	const struct control_entry *e;
	const struct people *people;
	uint64_t t;                    /* the entry's own time */
	struct control_member *sender; /* NULL for CREATE, JOIN, REKEY and BREAK_GLASS */
};

typedef void control_read_fn(struct reader *r, struct control_entry *e);
typedef enum refusal control_apply_fn(struct control *log, const struct control_judgement *j);

struct control_type_row {
	const char *name;
	control_read_fn *read;
	enum { BY_NEW_KEYS, BY_MEMBER, BY_STAFF, BY_ROOT } who;
	enum { WHEN_OPEN, WHEN_ANY, WHEN_CLOSED } when;
	control_apply_fn *apply;
};

/* How an active member who has not lapsed stands at a time. Leaving: the keys ended so near to it
 * that by two clocks the entry may have been decided before that or after. */
enum control_standing { CONTROL_OUT, CONTROL_LEAVING, CONTROL_IN };
enum control_standing control_standing(
	const struct control_member *m, const struct people *people, uint64_t t);
/* Active, not lapsed and not out. */
bool control_is_present(const struct control_member *m, const struct people *people, uint64_t t);

/* NULL for a number that is none; a reserved type has a row without apply. */
const struct control_type_row *control_type_row(uint8_t type);

/* control_entry.c */
control_read_fn control_read_create, control_read_invite, control_read_join, control_read_add,
	control_read_remove, control_read_nothing, control_read_epoch, control_read_history_grant,
	control_read_recovery_wrap, control_read_close, control_read_rekey,
	control_read_break_glass, control_read_recovery_key, control_read_reserved;
/* Puts the member whom the entry brings in the place of before, or at the end; pending. The caller
 * has made sure that there is room. */
void control_member_put(struct control *log, const struct control_judgement *j, uint32_t from);
/* The staff whom the entry brings hold a valid certificate for these keys. */
MUST enum refusal control_check_brought_staff(const struct control_judgement *j);

/* control_rules.c */
control_apply_fn control_apply_create, control_apply_invite, control_apply_join, control_apply_add,
	control_apply_rekey, control_apply_remove, control_apply_leave, control_apply_close,
	control_apply_reopen;
/* control_epochs.c */
control_apply_fn control_apply_epoch, control_apply_history_grant, control_apply_recovery_wrap;
/* control_recovery.c */
control_apply_fn control_apply_break_glass, control_apply_recovery_key;
