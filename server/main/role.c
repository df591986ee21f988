/* The two words that systemd and a service need of each other, without its library: where the
 * socket is, and that the service serves. */
#include "main/role.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/meter.h"
#include "base/num.h"
#include "main/main.h"

void role_begin(const struct config *config, const char *role, unsigned number)
{
	static char name[32];
	if (number > 0)
		(void)snprintf(name, sizeof(name), "%s-%u", role, number);
	else
		(void)snprintf(name, sizeof(name), "%s", role);
	settings_use_log(config, name);
	if (meter_open(config->status_dir, role, number) != ERR_OK)
		log_warn("not_counted", LOG_W("status_dir", config->status_dir));
}

void role_keep_secret(void)
{
	const struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		log_warn("not_secret");
}

void role_close_in(enum box box)
{
	if (box_close(box))
		log_info("closed_in", LOG_N("whole", box_is_whole()));
	else
		log_warn("not_closed_in");
}

/* A socket in the file system, or with '@' one without. Nobody listens: nothing is lost. */
static void systemd_say(const char *what)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;
	if (n < 2 || n >= sizeof(at.sun_path))
		return;
	memcpy(at.sun_path, path, n);
	if (at.sun_path[0] == '@')
		at.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (sendto(fd, what, strlen(what), MSG_NOSIGNAL, (const struct sockaddr *)&at, size) < 0)
		log_warn("systemd_not_told");
	close(fd);
}

void role_ready(void)
{
	meter_ready();
	systemd_say("READY=1");
}

void role_end(void)
{
	meter_close();
}

int role_systemd_socket(void)
{
	enum { FIRST = 3 };
	uint64_t pid, n;
	const char *whose = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	bool ours = whose && count && num_parse_u64(slice_text(whose), INT32_MAX, &pid) &&
		    num_parse_u64(slice_text(count), 1, &n) && n == 1 && (pid_t)pid == getpid();
	if (!ours || fcntl(FIRST, F_SETFD, FD_CLOEXEC) != 0 ||
		fcntl(FIRST, F_SETFL, fcntl(FIRST, F_GETFL) | O_NONBLOCK) != 0)
		return -1;
	return FIRST;
}
