#pragma once

/* Gives up what answering questions does not need: core files, being traced, new privileges, files,
 * new sockets, programs. Logs how far that went. Everything must be open and loaded before. */
void sandbox_enter(void);
