#!/usr/bin/env python3
"""Checks the tables of public yardsticks beside it: that nothing of a standard is left out, that no row is empty, and
that each piece of evidence is there: "path:name", where name is a test, a function, a message, a setting or a heading of
that file. Whether a verdict is right a person judges; what a program can see of it is judged here, and first on planted rows.
"""
import collections
import functools
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ATTACKERS = (
    "Network attacker", "Thief of a database dump or backup", "Curious operator", "Malicious server, honest client", "Malicious server with bad JavaScript",
    "Organisation admin alone", "Organisation by quorum", "Thief of a device, locked")
VERDICTS = ("met", "met by", "not applicable", "deviates")

# What a name looks like where it is defined, by the kind of file; {} is the name.
C_FUNCTION = r"^(?!\s)[^\n;]*\b{}\("
DEFINED = {
    ".c": [C_FUNCTION, r"^#define {}\b", r"\b{}\[\]", r"\b{}\[\w+\]"],
    ".h": [C_FUNCTION, r"^#define {}\b"],
    ".def": [r"\({}[,)]"],
    ".toml": [r'^name = "{}"', r"^id = \"{}\""],
    ".sql": [r"(?:TABLE|FUNCTION|PROCEDURE|POLICY|ROLE|VIEW|TYPE|DOMAIN|CONSTRAINT) (?:IF NOT EXISTS )?{}\b", r"^-- name: {}$"],
    ".ts": [r"\b(?:const|function|class|interface|type) {}\b", r"^\t(?:\"{}\"|{}):"],
    ".md": [r"^#+ (?:\d+\. )?{}$"],
    ".py": [r"^(?:def|class) {}\b", r"^{} ="],
    ".json": [r'"{}":'],
    "": [r"^{}\(\) \{{", r"^{}=", r"^def {}\("],
    ".sh": [r"^{}\(\) \{{", r"^{}="],
    ".in": [r"^\s*{}\b"],
}
DEFINED[".tsx"] = DEFINED[".mjs"] = DEFINED[".ts"]
# A test, however it is written: cmocka's functions, node:test's names, those of Python and of the shell.
TESTS = [r"^static void {}\(void \*\*", r"\btest\(\s*[\"'`]{}[\"'`]", r"^\s*def {}\(", r"^{}\(\) \{{", r"^\t\"{}\": ", r"^id = \"{}\""]


@functools.cache
def text_of(path):
    return (ROOT / path).read_text(errors="replace")


def evidence_fault(piece):
    path, colon, name = piece.partition(":")
    name = name.strip()
    if not (ROOT / path).is_file():
        return f"{piece}: there is no such file"
    if not colon or not name:
        return f"{piece}: names nothing in the file"
    known = list(DEFINED.get(pathlib.Path(path).suffix, []))
    if path.startswith("tests/"):
        known += TESTS
    quoted = re.escape(name).replace("'", r"\\?'")
    if any(re.search(shape.format(*[quoted] * shape.count("{}")), text_of(path), re.MULTILINE) for shape in known):
        return None
    return f"{piece}: the file has no such name"


def row_faults(row):
    faults = [f"{row.get('id', '?')}: {name} is empty" for name in ("id", "asks", "verdict", "why") if not str(row.get(name, "")).strip()]
    if row.get("verdict") not in VERDICTS:
        faults.append(f"{row.get('id', '?')}: no such verdict")
    if str(row.get("verdict", "")).startswith("met") and not row.get("evidence"):
        faults.append(f"{row.get('id', '?')}: met without evidence")
    return faults + [f"{row['id']}: {fault}" for piece in row.get("evidence", []) if (fault := evidence_fault(piece))]


def id_faults(ids, wanted):
    have = collections.Counter(ids)
    return [f"{name}: {'no row' if not have[name] else 'more than one row'}" for name in wanted if have[name] != 1] + \
        [f"{name}: not of the standard" for name in have if name not in wanted]


def rows_of(path):
    return tomllib.loads(path.read_text()).get("row", [])


def counts_said(rows):
    count = collections.Counter("met" if row["verdict"] == "met by" else row["verdict"] for row in rows)
    return f"{count['met']} met, {count['not applicable']} not applicable, {count['deviates']} deviate"


# --- the tables ----------------------------------------------------------------------------------------------------


def asvs():
    """The ids of ASVS 5.0.0: in ids.toml each section's levels, one a requirement, in their order."""
    sections = tomllib.loads((HERE / "asvs/ids.toml").read_text())["levels"]
    wanted = [f"{section}.{n}" for section, levels in sections.items() for n in range(1, len(levels) + 1)]
    rows = [row for path in sorted((HERE / "asvs").glob("v*.toml")) for row in rows_of(path)]
    return "OWASP ASVS 5.0", rows, wanted


def threats():
    """Every kind of attacker of the sealing plan has rows; ids are our own."""
    rows = rows_of(HERE / "threats.toml")
    return "threats", rows + [{"id": who, "asks": "Rows.", "verdict": "no such attacker", "why": "-"} for who in ATTACKERS if all(row["who"] != who for row in rows)], \
        list(dict.fromkeys(row["id"] for row in rows))


def websocket():
    """Each row is a case that rfc6455.test.ts tries, and the other way round."""
    tried = re.findall(r"^\t\"([a-z0-9_]+)\": ", (HERE / "cases.ts").read_text(), re.MULTILINE)
    rows = rows_of(HERE / "rfc6455.toml")
    elsewhere = [row["id"] for row in rows if not any("cases.ts" in piece for piece in row.get("evidence", ["cases.ts"]))]
    return "RFC 6455", rows, tried + elsewhere


PLANTED = [
    {"id": "1", "asks": "a", "verdict": "met", "why": "b", "evidence": ["server/io/head.c:head_unwritten"]},
    {"id": "1", "asks": "a", "verdict": "met", "why": "b", "evidence": ["server/io/no_such_file.c:head_write"]},
    {"id": "1", "asks": "a", "verdict": "met", "why": "b", "evidence": ["tests/flow/wire.test.ts:answers_nobody_gave"]},
    {"id": "1", "asks": "a", "verdict": "met", "why": "b", "evidence": []},
    {"id": "1", "asks": "", "verdict": "deviates", "why": "b"},
    {"id": "1", "asks": "a", "verdict": "not applicable", "why": " "},
    {"id": "1", "asks": "a", "verdict": "nearly", "why": "b"},
]
HARMLESS = [
    {"id": "1", "asks": "a", "verdict": "met", "why": "b", "evidence": [
        "server/io/head.c:head_write", "tests/flow/wire.test.ts:an_upgrade_to_h2c_is_not_followed", "server/config.def:max_frame",
        "README.md:The edge", "tests/unit/tree.c:the_empty_tree_has_the_hash_of_nothing", "db/queries/session.sql:session_start"]},
    {"id": "1", "asks": "a", "verdict": "deviates", "why": "b"},
]


class Tap:
    def __init__(self):
        self.passed = self.failed = 0

    def tell(self, name, faults):
        self.passed += not faults
        self.failed += bool(faults)
        print("not ok" if faults else "ok", self.passed + self.failed, "-", name)
        for fault in faults:
            print("#  ", fault)


def main():
    tap = Tap()
    for number, row in enumerate(PLANTED, 1):
        tap.tell(f"tables: refuses planted row {number}", [] if row_faults(row) else ["it was accepted"])
    tap.tell("tables: refuses an id left out, twice or of no standard", [] if len(id_faults(["1", "2", "2", "4"], ["1", "2", "3"])) == 3 else ["it was accepted"])
    tap.tell("tables: accepts good rows", [fault for row in HARMLESS for fault in row_faults(row)])
    readme = " ".join(text_of("README.md").split())
    for table in (asvs, threats, websocket):
        name, rows, wanted = table()
        tap.tell(f"{name}: every id has one row", id_faults([row.get("id") for row in rows], wanted) if rows else ["no rows"])
        tap.tell(f"{name}: no row is empty, and its evidence exists", [fault for row in rows for fault in row_faults(row)])
        said = counts_said(rows)
        print(f"# {name}: {len(rows)} rows: {said}")
        tap.tell(f"{name}: the README says how many", [] if said in readme else [f"it does not say: {said}"])
    print(f"{tap.passed} passed, {tap.failed} failed, 0 skipped")
    return 1 if tap.failed or not tap.passed else 0


if __name__ == "__main__":
    sys.exit(main())
