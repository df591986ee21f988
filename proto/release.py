#!/usr/bin/env python3
"""What the pages of the last release say and understand: proto/release.json, and that the declarations of now still fit it.

    release.py [COMMIT]    marks a release: of the working tree, or of a commit that is still in the history (db/release.py calls it); of
                           a commit tests/upgrade can be made, which builds it
    release.py --check     are the pages of the last release understood, and do they understand what they are told?
    release.py --self-test what must be refused is refused

A page is open for days, with the program that it was loaded with; an upgrade sends its connection away, and it comes back to the new
server. So until the next release: what such a page asks stays allowed, and what it is told stays what it was. A field or message
that the last release no longer has may go, and nothing else.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import protogen  # noqa: E402

FILE = HERE / "release.json"
KEPT = ("name", "kind", "min", "max", "optional", "of", "values", "item_min", "item_max", "blob")
WIDER = {"ws": ("ws", "both"), "http": ("http", "both"), "both": ("both",), "raw": ("raw",)}
# Words that pages of the last release are told and do not know, each with what they make of it.
NEW_WORDS = {
    "rights_row.state: gone": "The page leaves the place of the state empty; the request is over, and nothing is offered for it.",
    "request_row.state: gone": "The same, on the own page.",
    "retention_sum.rule: anonymous": "The dry run leaves the name of that row empty; its numbers are right.",
    "retention_sum.rule: audit": "The same.",
}


def load_folder(folder):
    files = sorted(folder.glob("*.toml"), key=lambda path: (path.name != "common.toml", path.name))
    return protogen.load([tomllib.loads(path.read_text("utf-8")) for path in files])


def plain(fields):
    return [{key: field[key] for key in KEPT if key in field} for field in fields]


def release_of(tree, commit=None):
    structs, messages, events = load_folder(tree / "proto")
    return {
        "commit": commit,
        "version": re.search(r"^  version: '([0-9.]+)',$", (tree / "meson.build").read_text(), re.MULTILINE)[1],
        "structs": [{"name": one["name"], "fields": plain(one["fields"])} for one in structs],
        "messages": [{**{key: one[key] for key in ("name", "via", "audience")}, "fields": plain(one["fields"]), "reply": plain(one["reply"])} for one in messages],
        "events": [{"name": one["name"], "fields": plain(one["fields"])} for one in events],
    }


def written(release):
    """A line for each thing, so that the next mark is a readable change."""
    rows = [f' "commit": {json.dumps(release["commit"])}', f' "version": {json.dumps(release["version"])}']
    for key in ("structs", "messages", "events"):
        lines = ",\n".join("  " + json.dumps(row) for row in release[key])
        rows.append(f' "{key}": [\n{lines}\n ]')
    return "{\n" + ",\n".join(rows) + "\n}\n"


class Comparison:
    """Of what was with what is. told: what the server says to the page; else what the page says to the server."""

    def __init__(self, before, now):
        self.before, self.now = ({kind: {one["name"]: one for one in side[kind]} for kind in ("structs", "messages", "events")} for side in (before, now))
        self.faults, self.seen, self.words = [], set(), set()

    def fault(self, where, what):
        if f"{where}: {what}" not in self.faults:
            self.faults.append(f"{where}: {what}")

    def bounds(self, where, old, new, told):
        for low, high in (("min", "max"), ("item_min", "item_max")):
            if old["kind"] in ("enum", "struct") or low not in old or told:
                continue
            if new.get(low, 0) > old[low] or new.get(high, old[high]) < old[high]:
                self.fault(where, f"from {old[low]} to {old[high]} was allowed, now {new.get(low)} to {new.get(high)}")

    def enum(self, where, old, new, told):
        less, more = (new, old) if told else (old, new)
        for word in less["values"]:
            if word not in more["values"]:
                name = f"{where}: {word}"
                self.words.add(name)
                if not told or name not in NEW_WORDS:
                    self.fault(where, f"a page of before {'is told' if told else 'says'} '{word}', which it does not know" if told else f"'{word}' is not taken any more")

    def field(self, where, old, new, told):
        if old["kind"] != new["kind"] or bool(old.get("blob")) != bool(new.get("blob")):
            self.fault(where, f"was {old['kind']}, is {new['kind']}")
            return
        if (new if told else old)["optional"] and not (old if told else new)["optional"]:
            self.fault(where, "may be missing now" if told else "may not be missing any more")
        self.bounds(where, old, new, told)
        if old["kind"] == "enum":
            self.enum(where, old, new, told)
        pair = (old.get("of"), new.get("of"))
        if (pair[0] in self.before["structs"]) != (pair[1] in self.now["structs"]) or (pair[0] not in self.before["structs"] and pair[0] != pair[1]):
            self.fault(where, f"was of {pair[0]}, is of {pair[1]}")
        elif pair[0] in self.before["structs"] and (*pair, told) not in self.seen:
            self.seen.add((*pair, told))
            self.fields(pair[0], self.before["structs"][pair[0]]["fields"], self.now["structs"][pair[1]]["fields"], told)

    def fields(self, where, before, now, told):
        new = {one["name"]: one for one in now}
        for old in before:
            if old["name"] in new:
                self.field(f"{where}.{old['name']}", old, new.pop(old["name"]), told)
            else:
                self.fault(f"{where}.{old['name']}", "is gone")
        for name, one in new.items():
            if not told and not one["optional"]:
                self.fault(f"{where}.{name}", "is new, and must be there")

    def message(self, name, old):
        new = self.now["messages"].get(name)
        if new is None:
            self.fault(name, "is gone")
            return
        if new["via"] not in WIDER[old["via"]]:
            self.fault(name, f"came by {old['via']}, comes by {new['via']}")
        if new["audience"] not in (old["audience"], "nobody"):
            self.fault(name, f"was for {old['audience']}, is for {new['audience']}")
        self.fields(name, old["fields"], new["fields"], False)
        self.fields(f"{name} reply", old["reply"], new["reply"], True)

    def all(self):
        for name, old in self.before["messages"].items():
            self.message(name, old)
        for name, old in self.before["events"].items():
            if name not in self.now["events"]:
                self.fault(name, "is not told any more")
            else:
                self.fields(name, old["fields"], self.now["events"][name]["fields"], True)
        return self


def tell(results):
    for name, faults in results:
        print("not ok -" if faults else "ok -", name)
        for fault in faults:
            print("#  ", fault)
    return any(faults for _, faults in results)


def check():
    compared = Comparison(json.loads(FILE.read_text("utf-8")), release_of(HERE.parent)).all()
    faults = compared.faults + [f"{name}: nobody is told that any more, or everybody knows it: take it out of NEW_WORDS" for name in NEW_WORDS if name not in compared.words]
    return tell([("pages of the last release are understood, and understand what they are told", faults)])


# --- the check itself ------------------------------------------------------------------------------------------------

SMALL = {
    "version": "1",
    "structs": [{"name": "row", "fields": [{"name": "n", "kind": "u32", "min": 0, "max": 9, "optional": False}, {"name": "state", "kind": "enum", "values": ["a", "b"], "optional": False}]}],
    "messages": [{"name": "ask", "via": "ws", "audience": "session",
        "fields": [{"name": "text", "kind": "text", "min": 1, "max": 9, "optional": False}, {"name": "late", "kind": "bool", "optional": True}, {"name": "how", "kind": "enum", "values": ["x", "y"], "optional": False}],
        "reply": [{"name": "rows", "kind": "list", "of": "row", "min": 0, "max": 5, "optional": False}]}],
    "events": [{"name": "said", "fields": [{"name": "at", "kind": "time", "min": 0, "max": 9, "optional": False}]}],
}
NEW = {"name": "new", "kind": "u32", "min": 0, "max": 1, "optional": False}
BAD = {
    "ask: is gone": lambda r: r["messages"].clear(),
    "ask: came by ws": lambda r: r["messages"][0].update(via="http"),
    "ask: was for session": lambda r: r["messages"][0].update(audience="admin"),
    "ask.text: is gone": lambda r: r["messages"][0]["fields"].pop(0),
    "ask.text: was text": lambda r: r["messages"][0]["fields"][0].update(kind="bytes"),
    "ask.text: from 1 to 9": lambda r: r["messages"][0]["fields"][0].update(max=8),
    "ask.late: may not be missing": lambda r: r["messages"][0]["fields"][1].update(optional=False),
    "ask.how: 'y' is not taken": lambda r: r["messages"][0]["fields"][2].update(values=["x"]),
    "ask.new: is new, and must be there": lambda r: r["messages"][0]["fields"].append(NEW),
    "ask reply.rows: is gone": lambda r: r["messages"][0]["reply"].clear(),
    "ask reply.rows: was of row, is of u32": lambda r: r["messages"][0]["reply"][0].update(of="u32"),
    "row.n: is gone": lambda r: r["structs"][0]["fields"].pop(0),
    "row.n: may be missing now": lambda r: r["structs"][0]["fields"][0].update(optional=True),
    "row.state: a page of before is told 'c'": lambda r: r["structs"][0]["fields"][1].update(values=["a", "b", "c"]),
    "said: is not told": lambda r: r["events"].clear(),
    "said.at: was time": lambda r: r["events"][0]["fields"][0].update(kind="u53"),
}
GOOD = [
    lambda r: None,
    lambda r: r["messages"][0].update(via="both", audience="nobody"),
    lambda r: r["messages"][0]["fields"][0].update(min=0, max=99, optional=True),
    lambda r: r["messages"][0]["fields"][2].update(values=["y", "x", "z"]),
    lambda r: r["messages"][0]["fields"].append({**NEW, "optional": True}),
    lambda r: r["messages"][0]["reply"].append(NEW),
    lambda r: r["messages"].append({**r["messages"][0], "name": "more"}),
    lambda r: r["structs"][0]["fields"][1].update(values=["a"]),
    lambda r: r["structs"][0]["fields"][0].update(max=99),
]


def changed(change):
    now = copy.deepcopy(SMALL)
    change(now)
    return Comparison(SMALL, now).all().faults


def self_test():
    results = [(f"refuses: {expected}", [] if len(said := changed(change)) == 1 and said[0].startswith(expected) else [f"said {said}"]) for expected, change in BAD.items()]
    return tell(results + [(f"allows change {n}", changed(change)) for n, change in enumerate(GOOD)])


def main(arguments):
    if arguments in (["--check"], ["--self-test"]):
        return check() if arguments == ["--check"] else self_test()
    if len(arguments) > 1 or arguments and arguments[0].startswith("-"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        if arguments:
            archive = subprocess.run(["git", "-C", HERE.parent, "archive", arguments[0], "proto", "meson.build"], check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        commit = arguments and subprocess.run(["git", "-C", HERE.parent, "rev-parse", arguments[0] + "^{commit}"], check=True, capture_output=True, text=True).stdout.strip() or None
        release = release_of(pathlib.Path(folder) if arguments else HERE.parent, commit)
    FILE.write_text(written(release), "utf-8")
    print(f"{release['version']}: {len(release['messages'])} messages, {len(release['structs'])} structs, {len(release['events'])} events")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
