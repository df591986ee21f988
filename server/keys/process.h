#pragma once
#include "keys/keeper.h"

/* Answers what comes over the listening socket (SOCK_SEQPACKET, Unix) until SIGTERM or SIGINT; one
 * thread, each connection's questions in their order and the connections by turns. Who is not of
 * our user (unless others are welcome, because the mode of the socket says who may come), says what
 * is no question, or asks more than PROCESS_QUEUE_MAX things at once is cut off. False: the socket
 * is of no use. */
enum { PROCESS_QUEUE_MAX = 64, PROCESS_CONNECTIONS_MAX = 256, PROCESS_CONNECTIONS_EACH = 4 };
MUST bool process_serve(struct keeper *keeper, int listen_fd, bool others);
