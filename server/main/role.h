#pragma once
#include "base/box.h"
#include "base/config.h"

/* What every role does at its beginning and its end, whether the supervisor started it or systemd.
 */
/* Its log, and the page in which it counts. */
void role_begin(const struct config *config, const char *role, unsigned number);
/* No core file, and nobody looks into its memory. */
void role_keep_secret(void);
/* Gives up the calls of the kernel that are forbidden to it; says how that went. */
void role_close_in(enum box box);
/* It serves: said in its page, and to systemd if that asked to be told. */
void role_ready(void);
/* It goes in good order. */
void role_end(void);
/* The socket that systemd opened for this process (sd_listen_fds(3)); -1: none. It does not block,
 * and programs that are started do not inherit it. */
int role_systemd_socket(void);
