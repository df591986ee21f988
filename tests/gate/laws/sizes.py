LAW = ".c at most 600 lines, .h at most 130; functions at most 70 lines, 5 parameters, nested 3 deep"

import json
import re
import subprocess

from tree import code_only

FILE_LINES = {".c": 600, ".h": 130}
FUNCTION_LINES, PARAMETERS, NESTING = 70, 5, 3
OPENING = re.compile(r"\b(if|else|for|while|switch|do)\b[^;{}]*\{\s*$|\b(if|for|while|switch)\b.*\{\s*$")


def functions(tree, names):
    if not names:
        return []
    out = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+neS", "--c-kinds=f", "-o", "-", *names],
        cwd=tree.root, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines() if '"end"' in line]


def parameters(signature):
    inner, depth, count = signature.strip()[1:-1], 0, 1
    if inner.strip() in ("", "void"):
        return 0
    for letter in inner:
        depth += (letter in "([{") - (letter in ")]}")
        count += letter == "," and depth == 0
    return count


def nesting(lines):
    """How deep control flow goes: blocks opened by if, for, while, switch or do."""
    depth = deepest = 0
    opened = []
    for line in lines:
        for position, letter in enumerate(line):
            if letter == "{":
                flow = bool(OPENING.search(line[:position + 1]) or re.search(r"\b(else|do)\s*\{$", line[:position + 1])
                            or re.match(r"^\s*\w*(each|foreach)\w*\(.*\{$", line[:position + 1], re.I))
                opened.append(flow)
                depth += flow
                deepest = max(deepest, depth)
            elif letter == "}" and opened:
                depth -= opened.pop()
    return deepest


def check(tree):
    rows = []
    names = tree.match(r"^server/.*\.[ch]$")
    for name in names:
        limit = FILE_LINES[name[-2:]]
        count = len(tree.lines(name))
        if count > limit:
            rows.append(f"{name}:{limit}: {count} lines, {limit} are allowed")
    for tag in functions(tree, [n for n in names]):
        where = f"{tag['path']}:{tag['line']}: {tag['name']}"
        size = tag["end"] - tag["line"] + 1
        if size > FUNCTION_LINES:
            rows.append(f"{where} has {size} lines, {FUNCTION_LINES} are allowed")
        if parameters(tag.get("signature", "()")) > PARAMETERS:
            rows.append(f"{where} has {parameters(tag['signature'])} parameters, {PARAMETERS} are allowed")
        body = code_only(tree.text(tag["path"])).splitlines()[tag["line"] - 1:tag["end"]]
        deep = nesting(body)
        if deep > NESTING:
            rows.append(f"{where} nests {deep} deep, {NESTING} are allowed")
    return rows


def long_function(lines):
    return "int f(void)\n{\n" + "\tg();\n" * lines + "\treturn 0;\n}\n"


PLANTED = [
    {"server/base/a.c": "\n" * 601},
    {"server/base/a.h": "\n" * 131},
    {"server/base/a.c": long_function(70)},
    {"server/base/a.c": "int f(int a, int b, int c, int d, int e, int g)\n{\n\treturn a;\n}\n"},
    {"server/base/a.c": "int f(int a)\n{\n\tif (a) {\n\t\tfor (;;) {\n\t\t\twhile (a) {\n\t\t\t\tif (a) {\n"
                        "\t\t\t\t\ta--;\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t}\n\treturn a;\n}\n"},
]
HARMLESS = {
    "server/base/a.c": long_function(60) + "int g(int (*h)(int, int), int b)\n{\n\tstruct p q = {{{{0}}}};\n\treturn b;\n}\n",
}
