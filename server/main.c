/* luotsid: one program, several roles, chosen by the first argument. The supervisor starts the
 * others from the same file, so that all of them are always of one version. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "main/main.h"
#include "main/role.h"
#include "main/supervisor.h"

static int run_command(const struct config *config, const struct options *options)
{
	return supervisor_run(config, options->settings_file);
}

static int jobs_command(const struct config *config, const struct options *options)
{
	(void)options;
	(void)prctl(PR_SET_DUMPABLE, 0); /* the token of its environment is nobody else's */
	return jobs_run(config);
}

static int migrate_command(const struct config *config, const struct options *options)
{
	(void)options;
	return migrate_run(config);
}

static int check_command(const struct config *config, const struct options *options)
{
	int before = handover_fd();
	if (before >= 0 && handover_check(config, before) != ERR_OK)
		return EXIT_SETUP;
	printf("%s is good.\n", options->settings_file);
	return EXIT_GOOD;
}

static const struct {
	const char *name, *help;
	int (*run)(const struct config *config, const struct options *options);
} commands[] = {
	{"run", "supervise workers and jobs", run_command},
	{"worker", "serve clients (started by run)", worker_run},
	{"keys", "hold the keys (started by run); --make makes what is missing, --rotate new ones",
		keys_run},
	{"signer", "sign the heads of the logs (started by run); --make makes the key", signer_run},
	{"jobs", "do what happens by itself (started by run)", jobs_command},
	{"migrate", "bring the database up to date", migrate_command},
	{"units",
		"verify erasures and both databases; --replay destroys again what a backup brought "
		"back",
		units_run},
	{"metrics", "tell Prometheus what all processes count (started by run)", metrics_run},
	{"status", "what runs, since when, and what there is to do", status_run},
	{"reload", "begin every process anew, one after the other, from the disk", reload_run},
	{"check", "check a settings file", check_command},
	{"check-files", "look for orphans and gaps among the files of all organisations",
		check_files_run},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int main_usage(void)
{
	fputs("luotsid COMMAND -c SETTINGS\n  settings    print every setting with its default\n",
		stderr);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(stderr, "  %-11s %s\n", commands[i].name, commands[i].help);
	return EXIT_USAGE;
}

static bool main_number(const char *text, uint64_t max, uint64_t *ret)
{
	return num_parse_u64(slice_text(text), max, ret);
}

static bool main_options(int argc, char **argv, struct options *ret)
{
	static const struct option names[] = {{"make", no_argument, NULL, 'm'},
		{"rotate", no_argument, NULL, 'r'}, {"replay", no_argument, NULL, 'p'},
		{NULL, 0, NULL, 0}};
	uint64_t number = 0;
	for (int c; (c = getopt_long(argc, argv, "c:n:f:", names, NULL)) != -1;) {
		if (c == 'c') {
			ret->settings_file = optarg;
		} else if (c == 'n' && main_number(optarg, 64, &number)) {
			ret->number = (unsigned)number;
		} else if (c == 'f' && main_number(optarg, INT32_MAX, &number)) {
			ret->listen_fd = (int)number;
		} else if (c == 'm') {
			ret->make = true;
		} else if (c == 'r') {
			ret->rotate = true;
		} else if (c == 'p') {
			ret->replay = true;
		} else {
			return false;
		}
	}
	return optind == argc && ret->settings_file;
}

int main(int argc, char **argv)
{
	/* Started through /proc/self/exe, whose name says nothing. */
	(void)prctl(PR_SET_NAME, "luotsid");
	if (argc < 2)
		return main_usage();
	if (slice_is(slice_text(argv[1]), "settings"))
		return settings_print();
	struct options options = {.listen_fd = -1};
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!slice_is(slice_text(argv[1]), commands[i].name))
			continue;
		if (!main_options(argc - 1, argv + 1, &options))
			return main_usage();
		AUTO(config) struct config config;
		config_init(&config);
		if (settings_load(options.settings_file, &config) != ERR_OK)
			return EXIT_SETUP;
		if (options.listen_fd < 0) {
			options.listen_fd = role_systemd_socket();
			options.by_systemd = options.listen_fd >= 0;
		}
		return commands[i].run(&config, &options);
	}
	return main_usage();
}
