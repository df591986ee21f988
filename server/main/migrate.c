/* The migrate role: the owner's connection and the directory, the rest is io's. */
#include "io/migrate.h"

#include "main/main.h"

enum { CONNINFO_MAX = 4096 };

int migrate_run(const struct config *config)
{
	settings_use_log(config, "migrate");
	struct buf conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_owner, &conninfo);
	enum err e = migrate_apply(buf_text(&conninfo), config->migrations_dir);
	if (e == ERR_OK)
		e = migrate_templates(buf_text(&conninfo), config->templates_dir);
	buf_done(&conninfo);
	return e == ERR_OK ? EXIT_GOOD : EXIT_BAD;
}
