#pragma once
#include <stdint.h>

/* Wall time for what is stored and shown; milliseconds since 1970. */
int64_t clock_wall_ms(void);
/* Never goes back; for deadlines. */
uint64_t clock_mono_ms(void);
/* Tests move both clocks by this many milliseconds. */
void clock_shift_for_tests(int64_t ms);
