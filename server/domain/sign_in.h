#pragma once
#include "io/fetch.h"
#include "keys/provider.h"

/* Identification: what a worker keeps for it, besides requests. */
struct sign_in;

/* Takes the providers over; fetch lives longer than every request. */
struct sign_in *sign_in_new(struct fetch *fetch, struct providers *providers);
void sign_in_free(struct sign_in **sign_in);
