#pragma once
#include "core/request.h"
#include "seal/refusal.h"

/* What statements and rules say, as what the client is told. */

/* ERR_OK for "ok", the error whose word it is; ERR_INTERNAL for a word that is none. */
enum err outcome_parse(struct slice word);
/* The refusal's error; with the rule's word as detail, or with the head if it is a stale one. */
void outcome_refuse(struct request *r, enum refusal refusal, const struct hash *head);
