LAW = "shell scripts are silent under bash -n and shellcheck; Python compiles; commands can be run"

import os
import re
import subprocess


def scripts(tree):
    for name in tree.names:
        first = "" if tree.binary(name) else (tree.text(name).split("\n", 1)[0])
        if first.startswith("#!"):
            yield name, first


def outcome(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip().replace("\n", "\n#   ") if run.returncode else ""


def check(tree):
    rows = []
    for name, first in scripts(tree):
        path = str(tree.root / name)
        if re.search(r"\b(ba|da)?sh\b", first):
            wrong = outcome("bash", "-n", path) or outcome(
                "shellcheck", "-x", "-S", "warning", "--source-path", str(tree.root), path)
            rows += [f"{name}:1: {wrong}"] if wrong else []
        if "." not in name.split("/")[-1] and (tree.root / ".git").exists() and not os.access(path, os.X_OK):
            rows.append(f"{name}:1: has no run bit")
    for name in tree.match(r"\.py$"):
        try:
            compile(tree.text(name), name, "exec")
        except SyntaxError as wrong:
            rows.append(f"{name}:{wrong.lineno}: {wrong.msg}")
    return rows


PLANTED = [
    {"a": "#!/bin/bash\nif true; then\n"},
    {"a": "#!/usr/bin/env bash\nrm -rf $unset/*\nx=`ls *.c`; for f in $x; do cd $f; done\nread a\n[ $? = 0 ] && y=1\n"},
    {"a.py": "def f(:\n"},
]
HARMLESS = {"a": "#!/usr/bin/env bash\nset -eu\nprintf '%s\\n' \"$1\"\n", "a.py": "x = 1\n"}
