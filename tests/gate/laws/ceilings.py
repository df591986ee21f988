LAW = "every number in the settings is in the README's table of ceilings with a test that reaches it, or named as none"

import re

SETTING = re.compile(r"^NUMBER\((\w+)", re.M)
TESTS = r"^tests/(?!gate/|bench/|artefacts/).*\.(ts|mjs|c|py)$"
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|$")


def section(text, head):
    found = re.search(rf"^## {head}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def check(tree):
    rows = []
    settings = {name for file in tree.match(r"^server/config\.def$") for name in SETTING.findall(tree.text(file))}
    text = "".join(section(tree.text(name), "Ceilings") for name in tree.match(r"^README\.md$"))
    tests = "\n".join(tree.text(name) for name in tree.match(TESTS))
    named, tail = set(), text.split("No ceilings:")[-1] if "No ceilings:" in text else ""
    for line in text.splitlines():
        cells = ROW.match(line)
        if not cells or cells.group(1) in ("ceiling", "---"):
            continue
        names = set(re.findall(r"`(\w+)`", cells.group(2)))
        named |= names
        told = re.findall(r"`([^`]+)`", cells.group(3))
        rows += [f"README.md: there is no setting {name}" for name in sorted(names - settings)]
        rows += [f"README.md: no test reaches it: {cells.group(1)}"] * (not told)
        rows += [f"README.md: there is no test '{test}'" for test in told if test not in tests]
    none = set(re.findall(r"`(\w+)`", tail))
    rows += [f"README.md: {name} is a ceiling and is none" for name in sorted(named & none)]
    return rows + [f"README.md: {name} is not in the table of ceilings" for name in sorted(settings - named - none)]


def house(row, none=""):
    return {"server/config.def": 'NUMBER(most, 1, 1, 2, "Most.")\n', "tests/a.ts": 'test("so many", f);\n',
            "README.md": f"## Ceilings\n\n| ceiling | setting | test |\n| --- | --- | --- |\n{row}\n{none}\n## Next\n"}


PLANTED = [
    house(""),
    house("| so many | `most` | |"),
    house("| so many | `most` | `so few` |"),
    house("| so many | `most`, `least` | `so many` |"),
    house("| so many | `most` | `so many` |", "No ceilings: `most`."),
]
HARMLESS = house("| so many | `most` | `so many` |")
