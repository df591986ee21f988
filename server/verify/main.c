/* luotsi-verify: checks a log from outside, with files that anybody may fetch and a key that came
 * by another way. It speaks to nobody. */
#include <getopt.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "verify/verify.h"

static const struct {
	const char *name;
	enum verdict (*run)(struct given *g);
	bool head, old, tiles; /* what it needs of --key and --checkpoint, --old, --log */
	const char *help;
} commands[] = {
	{"checkpoint", verify_checkpoint, true, false, false, "is it signed by the key?"},
	{"consistency", verify_consistency, true, true, true,
		"does the tree of --checkpoint begin with the tree of --old?"},
	{"inclusion", verify_inclusion, true, false, true,
		"is the event of --nonce and --detail, or the --leaf, at --index?"},
	{"opening", verify_opening, false, false, false,
		"is --leaf of the event of --nonce and --detail?"},
	{"events", verify_events, true, false, true,
		"is every event of --detail (lines 'place nonce event') in the log?"},
	{"tree", verify_tree, true, false, true,
		"do all tiles, and with --leaves the leaves, lead to the head?"},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), NOTE_FILE = NOTE_MAX };

static int usage(void)
{
	fputs("luotsi-verify COMMAND --key KEY --checkpoint FILE --log DIR [--list] ...\n", stderr);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "  %-12s %s\n", commands[i].name, commands[i].help);
	fputs("  --list prints the paths of the tiles that are needed, and checks nothing.\n"
	      "  --old-log DIR: tiles kept from the time of --old, to find where the two part.\n",
		stderr);
	return UNKNOWN;
}

static bool options_read(int argc, char **argv, struct given *g)
{
	static const struct option names[] = {{"key", required_argument, NULL, 'k'},
		{"checkpoint", required_argument, NULL, 'c'}, {"old", required_argument, NULL, 'o'},
		{"log", required_argument, NULL, 'l'}, {"old-log", required_argument, NULL, 'L'},
		{"nonce", required_argument, NULL, 'n'}, {"detail", required_argument, NULL, 'd'},
		{"leaf", required_argument, NULL, 'f'}, {"index", required_argument, NULL, 'i'},
		{"list", no_argument, NULL, 'p'}, {"leaves", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0}};
	static const char letters[] = "kcolLndfi";
	const char **const places[] = {&g->key, &g->checkpoint, &g->old, &g->dir, &g->old_dir,
		&g->nonce, &g->detail, &g->leaf, &g->index};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		const char *at = c > 0 && c < 128 ? strchr(letters, c) : NULL;
		if (at)
			*places[at - letters] = optarg;
		else if (c == 'p')
			g->list = true;
		else if (c == 'v')
			g->leaves = true;
		else
			return false;
	}
	return optind == argc;
}

static enum verdict head_read(const struct given *g, const char *file, struct merkle_head *ret)
{
	AUTO(buf) struct buf note = BUF_MAX(NOTE_FILE);
	if (reader_file(file, NOTE_FILE, &note) != ERR_OK)
		return UNKNOWN;
	enum err e = checkpoint_read(buf_slice(&note), &g->note_key, ret);
	if (e == ERR_BAD_SIGNATURE)
		printf("%s is not signed by this key.\n", file);
	else if (e != ERR_OK)
		printf("%s is no checkpoint of %s.\n", file, g->note_key.name);
	return e == ERR_OK ? HOLDS : BROKEN;
}

static enum verdict heads_read(struct given *g, size_t command)
{
	if (!commands[command].head)
		return HOLDS;
	if (!g->key || note_key_parse(slice_text(g->key), &g->note_key) != ERR_OK) {
		fputs("--key is missing, or no key: <name>+<8 digits>+<base64>.\n", stderr);
		return UNKNOWN;
	}
	if (!g->checkpoint || (commands[command].old && !g->old) ||
		(commands[command].tiles && !g->dir)) {
		fputs("--checkpoint, --old or --log is missing.\n", stderr);
		return UNKNOWN;
	}
	enum verdict v = head_read(g, g->checkpoint, &g->head);
	if (v == HOLDS && commands[command].old)
		v = head_read(g, g->old, &g->old_head);
	return v;
}

int main(int argc, char **argv)
{
	struct given g = {0};
	if (argc < 2 || !options_read(argc - 1, argv + 1, &g))
		return usage();
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!slice_is(slice_text(argv[1]), commands[i].name))
			continue;
		enum verdict v = heads_read(&g, i);
		g.reader = reader_new(g.dir, g.list);
		if (v == HOLDS)
			v = commands[i].run(&g);
		reader_free(&g.reader);
		return (int)v;
	}
	return usage();
}
