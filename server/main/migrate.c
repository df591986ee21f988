/* The migrate role: the owner's connections and the directories, the rest is io's. The database of
 * unit keys first: nothing may need a key that has no place yet. */
#include "io/migrate.h"

#include "main/main.h"

enum { CONNINFO_MAX = 4096 };

int migrate_run(const struct config *config)
{
	settings_use_log(config, "migrate");
	struct buf conninfo = BUF_MAX(CONNINFO_MAX);
	struct buf unit_conninfo = BUF_MAX(CONNINFO_MAX);
	settings_conninfo(config, config->db_role_owner, &conninfo);
	settings_unit_conninfo(config, config->db_role_owner, &unit_conninfo);
	enum err e = migrate_apply(buf_text(&unit_conninfo), config->unit_migrations_dir);
	if (e == ERR_OK)
		e = migrate_apply(buf_text(&conninfo), config->migrations_dir);
	if (e == ERR_OK)
		e = migrate_templates(buf_text(&conninfo), config->templates_dir);
	buf_done(&conninfo);
	buf_done(&unit_conninfo);
	return e == ERR_OK ? EXIT_GOOD : EXIT_BAD;
}
