#pragma once
#include "domain/control.h"
#include "io/pg.h"

/* The parameters of the statement control_append for what was judged. Arrays live in the arena. */
void control_put(const struct control_append *a, struct arena *arena, struct pg_param *ret_params);
