#pragma once
#include <stdbool.h>

/* Which calls of the kernel a process may still make, by what it is (box.def). */
enum box { BOX_SUPERVISOR, BOX_WORKER, BOX_JOBS, BOX_SIGNER, BOX_METRICS, BOX_KEYS };

/* From here on, also for threads, children and programs to come: new privileges and the calls that
 * are forbidden to it are gone for good. To be called before there is a second thread. False: the
 * kernel did not take the filter. */
bool box_close(enum box box);
/* Is there a filter already, of a program that was this process before, or of whoever started it?
 */
bool box_is_closed(void);
/* Sanitizers need calls that are forbidden otherwise; under them the filter is that much smaller.
 */
bool box_is_whole(void);
