#pragma once
#include <stdbool.h>

/* Gives up what answering questions does not need: core files, being traced, new privileges, files,
 * new sockets, programs. Logs how far that went. Everything must be open and loaded before. */
void sandbox_enter(void);
/* Is the filter of system calls part of this build? Not under sanitizers. */
bool sandbox_has_filter(void);
