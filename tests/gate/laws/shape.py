LAW = "headers guard themselves, each .c begins with what it is, migrations are numbered without a gap"

import re


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.h$"):
        if not tree.text(name).lstrip().startswith("#pragma once") and "\n#pragma once\n" not in tree.text(name)[:2000]:
            rows.append(f"{name}:1: has no #pragma once")
    for name in tree.match(r"^server/.*\.c$"):
        if not tree.text(name).startswith("/*"):
            rows.append(f"{name}:1: does not begin with a paragraph that says what it is")
    for number, name in enumerate(tree.match(r"^db/migrations/.*\.sql$"), 1):
        if not re.search(rf"/{number:04d}_[a-z0-9_]+\.sql$", name):
            rows.append(f"{name}:1: is number {number} in the row of migrations")
    return rows


PLANTED = [
    {"server/base/a.h": "int f(void);\n"},
    {"server/base/a.c": "#include \"base/a.h\"\n"},
    {"db/migrations/0001_a.sql": "", "db/migrations/0003_b.sql": ""},
]
HARMLESS = {"server/base/a.h": "#pragma once\n", "server/base/a.c": "/* A thing. */\n", "db/migrations/0001_a.sql": ""}
