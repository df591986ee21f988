LAW = "rooms include one way: base <- seal <- keys <- io <- core <- domain <- main; tree beside seal, verify on tree"

import re

MAY = {
    "base": {"base"},
    "seal": {"base", "seal"},
    "tree": {"base", "tree"},
    "verify": {"base", "tree", "verify"},
    "keys": {"base", "seal", "keys"},
    "io": {"base", "keys", "io"},
    "core": {"base", "keys", "io", "seal", "tree", "core", "gen"},
    "domain": {"base", "keys", "io", "seal", "tree", "core", "domain", "gen"},
    "main": {"base", "keys", "io", "seal", "tree", "core", "domain", "main", "gen"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def room_of(name):
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else "main"


def target_of(room, included):
    if "/" not in included:
        return room if included.endswith(".def") else "gen"
    first = included.split("/")[0]
    return first if first in MAY else "gen"


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.(c|h|def)$"):
        room = room_of(name)
        if room not in MAY:
            rows.append(f"{name}:1: the house has no room '{room}'")
            continue
        for number, line in tree.lines(name):
            found = INCLUDE.match(line)
            if found and target_of(room, found.group(1)) not in MAY[room]:
                rows.append(f"{name}:{number}: {room} may not include {found.group(1)}")
    return rows


PLANTED = [
    {"server/base/a.c": '#include "io/loop.h"\n'},
    {"server/io/a.h": '#include "core/gate.h"\n'},
    {"server/core/a.c": '#include "domain/room.h"\n'},
    {"server/seal/a.c": '#include "io/pg.h"\n'},
    {"server/keys/a.c": '#include "io/keys.h"\n'},
    {"server/io/a.c": '#include "statements.h"\n'},
    {"server/extra/a.c": "int x;\n"},
    {"server/verify/a.c": '#include "io/pg.h"\n'},
    {"server/tree/a.c": '#include "seal/key.h"\n'},
]
HARMLESS = {
    "server/domain/a.c": '#include "core/gate.h"\n#include "seal/log.h"\n#include "base/id.h"\n',
    "server/main.c": '#include "domain/room.h"\n',
    "server/base/err.h": '#include "errors.def"\n',
}
