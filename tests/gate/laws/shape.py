LAW = "headers guard themselves, each .c begins with what it is, each migration has a number of its own"

import re


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.h$"):
        if not tree.text(name).lstrip().startswith("#pragma once") and "\n#pragma once\n" not in tree.text(name)[:2000]:
            rows.append(f"{name}:1: has no #pragma once")
    for name in tree.match(r"^server/.*\.c$"):
        if not tree.text(name).startswith("/*"):
            rows.append(f"{name}:1: does not begin with a paragraph that says what it is")
    seen = {}
    for name in tree.match(r"^db/migrations/.*\.sql$"):
        number = re.search(r"/(\d{4})_[a-z0-9_]+\.sql$", name)
        if not number or number[1] in seen:
            rows.append(f"{name}:1: has no number of its own in the row of migrations")
        elif number:
            seen[number[1]] = name
    return rows


PLANTED = [
    {"server/base/a.h": "int f(void);\n"},
    {"server/base/a.c": "#include \"base/a.h\"\n"},
    {"db/migrations/0001_a.sql": "", "db/migrations/0001_b.sql": ""},
    {"db/migrations/1_a.sql": ""},
]
HARMLESS = {"server/base/a.h": "#pragma once\n", "server/base/a.c": "/* A thing. */\n", "db/migrations/0001_a.sql": ""}
