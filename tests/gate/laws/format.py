LAW = "clang-format has nothing to say"

import pathlib
import subprocess

STYLE = pathlib.Path(__file__).resolve().parents[3] / ".clang-format"


def check(tree):
    names = tree.match(r"^(server|tests)/.*\.[ch]$")
    if not names:
        return []
    run = subprocess.run(["clang-format", f"--style=file:{STYLE}", "--dry-run", "--Werror", *names],
                         cwd=tree.root, capture_output=True, text=True)
    found = [line for line in run.stderr.splitlines() if "error:" in line]
    return found or ([run.stderr.strip() or "clang-format failed"] if run.returncode else [])


PLANTED = [
    {"server/base/a.c": "/* A thing. */\nint f( void ) {\n  return 0;\n}\n"},
    {"tests/unit/a.h": "#pragma once\nint  f(void);\n"},
]
HARMLESS = {"server/base/a.c": "/* A thing. */\nint f(void)\n{\n\treturn 0;\n}\n"}
