#!/usr/bin/env python3
"""Reads proto/*.toml, the only place of the wire format, and writes what follows from it.

    protogen.py --header H --source C --routes C   structs, field tables, routes of the server
    protogen.py --ts OUT                           types, limits and error words of the client
    protogen.py --md OUT                           the reference page
    protogen.py --json                             structs and messages, for tests that try them all
    protogen.py --self-test                        what must be refused is refused

A message without a handler of its name is a link error, because the routes name it.
"""
import argparse
import json
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
U53_MAX = 2**53 - 1
# kind: (C type, TypeScript type, default min, default max)
KINDS = {
    "id": ("struct id", "string", 16, 16),
    "hash": ("struct hash", "string", 32, 32),
    "bytes": ("struct slice", "string", None, None),
    "text": ("struct slice", "string", None, None),
    "u16": ("uint16_t", "number", 0, 2**16 - 1),
    "u32": ("uint32_t", "number", 0, 2**32 - 1),
    "u53": ("int64_t", "number", 0, U53_MAX),
    "time": ("int64_t", "number", 0, U53_MAX),
    "bool": ("bool", "boolean", 0, 1),
    "enum": ("uint8_t", None, 0, 0),
    "list": (None, None, 0, None),
    "struct": (None, None, 0, 0),
}
VIA = ("ws", "http", "both", "raw")
AUDIENCE = ("nobody", "session", "client", "staff", "admin", "dpo", "coordinator", "operator")
RESOURCE = ("none", "self", "room", "envelope", "file", "organisation")
RATE = ("light", "normal", "heavy", "post", "typing", "sign_in", "file", "log")
FIELD_KEYS = {"name", "kind", "min", "max", "optional", "help", "of", "values", "item_min", "item_max", "blob"}
MESSAGE_KEYS = {"name", "help", "via", "audience", "action", "resource", "rate", "fields", "reply", "judges"}
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


class Wrong(Exception):
    """A declaration that cannot be; the text names the place."""


def need(condition, where, what):
    if not condition:
        raise Wrong(f"{where}: {what}")


def check_field(field, where, structs):
    name = field.get("name", "")
    need(NAME.match(name), where, f"bad field name {name!r}")
    where = f"{where}.{name}"
    for key in field:
        need(key in FIELD_KEYS, where, f"unknown key {key!r}")
    kind = field.get("kind")
    need(kind in KINDS, where, f"unknown kind {kind!r}")
    low, high = KINDS[kind][2:]
    field["min"], field["max"] = field.get("min", low), field.get("max", high)
    field.setdefault("optional", False)
    need(not field.get("blob") or (kind == "bytes" and not field["optional"]), where, "a blob is bytes that must be there")
    if kind == "enum":
        values = field.get("values", [])
        need(1 <= len(values) <= 64 and all(NAME.match(v) for v in values), where, "enum needs 1 to 64 values")
    if kind in ("struct", "list"):
        of = field.get("of")
        need(of in structs or (kind == "list" and of in KINDS and of not in ("list", "struct", "enum")),
             where, f"unknown thing {of!r} in `of`")
        need(kind != "list" or not field["optional"], where, "a list is never optional: it may be empty")
    if kind == "list" and field["of"] in ("bytes", "text"):
        need("item_min" in field and "item_max" in field, where, "items need item_min and item_max")
    for key in ("min", "max"):
        need(isinstance(field[key], int) and field[key] >= 0, where, f"needs {key}")
    need(field["min"] <= field["max"] or kind in ("enum", "struct"), where, "min is over max")


def check_fields(fields, where, structs):
    names = [f.get("name") for f in fields]
    need(len(names) == len(set(names)), where, "a field stands there twice")
    need(len(fields) <= 32, where, "more than 32 fields")
    for field in fields:
        check_field(field, where, structs)


def check_message(m, where):
    need(NAME.match(m.get("name", "")), where, f"bad name {m.get('name')!r}")
    where = f"{where}.{m['name']}"
    for key in m:
        need(key in MESSAGE_KEYS, where, f"unknown key {key!r}")
    for key, allowed in (("via", VIA), ("audience", AUDIENCE), ("resource", RESOURCE), ("rate", RATE)):
        need(m.get(key) in allowed, where, f"{key} must be one of {', '.join(allowed)}")
    need(NAME.match(m.get("action", "")), where, "needs an action")
    need(isinstance(m.get("judges", []), list) and all(NAME.match(a) for a in m.get("judges", [])), where, "judges are actions")
    need("fields" in m and "reply" in m, where, "needs fields and reply")
    need(m["resource"] != "room" or any(f.get("name") == "room" and f.get("kind") == "id" for f in m["fields"]),
         where, "resource room needs a field room of kind id")
    blobs = [f for f in m["fields"] if f.get("blob")]
    need(not blobs or (len(blobs) == 1 and m["via"] == "ws"), where, "one blob in a frame, and none over HTTP")


def in_order(structs):
    """Structs so that each stands behind what it contains; a struct in itself is refused."""
    done, out = set(), []

    def visit(name, path):
        need(name not in path, f"struct {name}", "contains itself")
        if name in done:
            return
        for field in structs[name]["fields"]:
            if field.get("of") in structs:
                visit(field["of"], path | {name})
        done.add(name)
        out.append(structs[name])

    for name in structs:
        visit(name, frozenset())
    return out


def load(documents):
    """documents: parsed TOML in order, common first. Returns checked structs, messages, events."""
    structs, messages, events = {}, {}, {}
    for doc in documents:
        module = doc.get("module", "?")
        for key in doc:
            need(key in ("module", "struct", "message", "event"), module, f"unknown table {key!r}")
        for key, into in (("struct", structs), ("message", messages), ("event", events)):
            for item in doc.get(key, []):
                need(item.get("name") not in into, module, f"{key} {item.get('name')!r} stands there twice")
                item["module"] = module
                into[item.get("name")] = item
    for item in messages.values():
        module = item.pop("module")
        check_message(item, module)
        item["module"] = module
        check_fields(item["fields"], f"{module}.{item['name']}", structs)
        check_fields(item["reply"], f"{module}.{item['name']} reply", structs)
        need(not any(f.get("blob") for f in item["reply"]), f"{module}.{item['name']} reply", "a blob is only asked with")
    for kind, group in (("struct", structs), ("event", events)):
        for item in group.values():
            need(NAME.match(item.get("name", "")), item["module"], f"bad {kind} name {item.get('name')!r}")
            check_fields(item["fields"], f"{item['module']}.{item['name']}", structs)
            need(not any(f.get("blob") for f in item["fields"]), f"{item['module']}.{item['name']}", "a blob is only asked with")
    return in_order(structs), list(messages.values()), list(events.values())


def load_directory():
    files = sorted(HERE.glob("*.toml"), key=lambda p: (p.name != "common.toml", p.name))
    documents = []
    for path in files:
        try:
            documents.append(tomllib.loads(path.read_text("utf-8")))
        except tomllib.TOMLDecodeError as e:
            raise Wrong(f"{path.name}: {e}") from e
    return load(documents)


# --- C ---------------------------------------------------------------------------------------

def c_type(kind):
    return KINDS[kind][0] if kind in KINDS else f"struct wire_{kind}"


def c_member(f):
    kind, name = f["kind"], f["name"]
    if kind == "list":
        return [f"\tconst {c_type(f['of'])} *{name};", f"\tsize_t n_{name};"]
    has = [f"\tbool has_{name};"] if f["optional"] else []
    return has + [f"\t{c_type(f['of'] if kind == 'struct' else kind)} {name};"]


def c_struct(tag, fields):
    if not fields:
        return []
    out = []
    for f in fields:
        if f["kind"] == "enum":
            words = [f"{tag}_{f['name']}_{v}".upper() for v in f["values"]]
            out += ["enum {", *(f"\t{w}," for w in words), "};"]
    out += [f"struct {tag} {{"]
    for f in fields:
        out += c_member(f)
    return out + ["};"]


def c_field(tag, f):
    name, kind = f["name"], f["kind"]
    row = [f'.name = "{name}"', f".name_size = {len(name)}", f".kind = KIND_{kind.upper()}",
           f".at = offsetof(struct {tag}, {name})", f".min = {f['min']}u", f".max = {f['max']}u"]
    if f["optional"]:
        row += [".optional = true", f".has_at = offsetof(struct {tag}, has_{name})"]
    if f.get("blob"):
        row += [".blob = true"]
    if kind == "enum":
        row += [f".words = {tag}_{name}_words", f".n_words = {len(f['values'])}"]
    if kind == "struct":
        row += [f".of = &shape_wire_{f['of']}"]
    if kind == "list":
        row += [f".has_at = offsetof(struct {tag}, n_{name})"]
        if f["of"] in KINDS:
            item = KINDS[f["of"]]
            row += [f".item = KIND_{f['of'].upper()}", f".item_size = sizeof({item[0]})",
                    f".item_min = {f.get('item_min', item[2])}u", f".item_max = {f.get('item_max', item[3])}u"]
        else:
            row += [".item = KIND_STRUCT", f".item_size = sizeof(struct wire_{f['of']})",
                    f".of = &shape_wire_{f['of']}"]
    return "\t{" + ", ".join(row) + "},"


def c_shape(tag, name, fields):
    if not fields:
        return [f'const struct shape shape_{tag} = {{.name = "{name}"}};']
    out = []
    for f in fields:
        if f["kind"] == "enum":
            out += [f"static const char *const {tag}_{f['name']}_words[] = {{",
                    *(f'\t"{v}",' for v in f["values"]), "};"]
    out += [f"static const struct field {tag}_fields[] = {{"]
    out += [c_field(tag, f) for f in fields]
    return out + ["};", f'const struct shape shape_{tag} = {{.name = "{name}", .size = sizeof(struct {tag}),',
                  f"\t.fields = {tag}_fields, .n_fields = {len(fields)}}};"]


def c_shapes(structs, messages, events):
    for s in structs:
        yield f"wire_{s['name']}", s["name"], s["fields"]
    for m in messages:
        yield f"{m['name']}_in", m["name"], m["fields"]
        yield f"{m['name']}_out", m["name"], m["reply"]
    for e in events:
        yield f"{e['name']}_event", e["name"], e["fields"]


def actions(messages):
    return sorted({a for m in messages for a in (m["action"], *m.get("judges", []))})


def write_header(structs, messages, events):
    out = ["/* Generated by proto/protogen.py. */", "#pragma once", '#include "base/id.h"', '#include "core/shape.h"', ""]
    out += ["enum action {", *(f"\tACTION_{a.upper()}," for a in actions(messages)), "\tACTION_COUNT", "};",
            "extern const char *const action_words[ACTION_COUNT];", ""]
    for tag, _, fields in c_shapes(structs, messages, events):
        out += c_struct(tag, fields) + [f"extern const struct shape shape_{tag};", ""]
    out += ["struct request;"]
    out += [f"void {m['name']}(struct request *r);" for m in messages]
    return out


def write_source(structs, messages, events):
    out = ["/* Generated by proto/protogen.py. */", '#include "proto_gen.h"', ""]
    out += ["const char *const action_words[ACTION_COUNT] = {",
            *(f'\t[ACTION_{a.upper()}] = "{a}",' for a in actions(messages)), "};", ""]
    for tag, name, fields in c_shapes(structs, messages, events):
        out += c_shape(tag, name, fields) + [""]
    return out


def write_routes(messages):
    out = ["/* Generated by proto/protogen.py. */", '#include "core/route.h"', "",
           "const struct route routes[] = {"]
    for m in sorted(messages, key=lambda m: m["name"]):
        name = m["name"]
        room = f", .room_at = offsetof(struct {name}_in, room)" if m["resource"] == "room" else ""
        out += [f'\t{{.op = "{name}", .via = VIA_{m["via"].upper()}, .audience = AUDIENCE_{m["audience"].upper()},',
                f"\t\t.action = ACTION_{m['action'].upper()}, .resource = RESOURCE_{m['resource'].upper()},",
                f"\t\t.rate = RATE_{m['rate'].upper()}, .in = &shape_{name}_in, .out = &shape_{name}_out,",
                f"\t\t.handle = {name}{room}}},"]
    return out + ["};", "const size_t n_routes = sizeof(routes) / sizeof(routes[0]);"]


# --- TypeScript and the page -----------------------------------------------------------------

def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def ts_type(f):
    if f["kind"] == "enum":
        return " | ".join(f'"{v}"' for v in f["values"])
    if f["kind"] == "struct":
        return camel(f["of"])
    if f["kind"] == "list":
        return (KINDS[f["of"]][1] if f["of"] in KINDS else camel(f["of"])) + "[]"
    return KINDS[f["kind"]][1]


def ts_object(fields, indent):
    if not fields:
        return "Record<string, never>"
    lines = ["{"]
    for f in fields:
        if f.get("help"):
            lines.append(f"{indent}\t/** {f['help']} */")
        lines.append(f"{indent}\t{f['name']}{'?' if f['optional'] else ''}: {ts_type(f)};")
    return "\n".join(lines + [indent + "}"])


def error_words():
    text = (HERE.parent / "server" / "base" / "errors.def").read_text("utf-8")
    return re.findall(r'^ERR\(\w+,\s*\d+,\s*"(\w+)"', text, re.M)


def write_ts(structs, messages, events):
    out = ["// Generated by proto/protogen.py from proto/*.toml and errors.def. Bytes are base64url without padding.", ""]
    words = [w for w in error_words() if w != "ok"]
    out += ["export type ErrorWord =", *(f'\t| "{w}"' for w in words), "\t;", ""]
    for s in structs:
        if s.get("help"):
            out += [f"/** {s['help']} */"]
        out += [f"export interface {camel(s['name'])} {ts_object(s['fields'], '')}", ""]
    out += ["export interface Ops {"]
    for m in messages:
        if m.get("help"):
            out += [f"\t/** {m['help']} */"]
        out += [f"\t{m['name']}: {{", f"\t\tin: {ts_object(m['fields'], chr(9) * 2)};",
                f"\t\tout: {ts_object(m['reply'], chr(9) * 2)};", "\t};"]
    out += ["}", "export type Op = keyof Ops;", "", "export interface Events {"]
    out += [f"\t{e['name']}: {ts_object(e['fields'], chr(9))};" for e in events]
    out += ["}", "export type EventName = keyof Events;", ""]
    out += ["/** Ops that are asked by POST /api/<op>; all others go over the WebSocket. */",
            "export const httpOps = [" + ", ".join(f'"{m["name"]}"' for m in messages if m["via"] != "ws") + "] as const;", ""]
    out += ["/** The field that goes as the blob of a binary frame. */", "export const blobs: { readonly [op: string]: string } = {"]
    out += [f'\t{m["name"]}: "{f["name"]}",' for m in messages for f in m["fields"] if f.get("blob")] + ["};", ""]
    out += ["/** The bounds of every bounded field: bytes of bytes and text, items of lists, values of numbers. */",
            "export const limits = {"]
    for m in messages:
        bounded = [f for f in m["fields"] if f["kind"] in ("bytes", "text", "list", "u16", "u32", "u53")]
        if bounded:
            inner = ", ".join(f"{f['name']}: {{ min: {f['min']}, max: {f['max']} }}" for f in bounded)
            out += [f"\t{m['name']}: {{ {inner} }},"]
    return out + ["} as const;"]


def md_fields(title, fields):
    if not fields:
        return [f"{title}: nothing.", ""]
    out = [f"{title}:", "", "| field | kind | bounds | |", "| --- | --- | --- | --- |"]
    for f in fields:
        kind = f["kind"] + (f" of {f['of']}" if "of" in f else "") + (": " + ", ".join(f["values"]) if "values" in f else "")
        bounds = "" if f["kind"] in ("id", "hash", "bool", "enum", "struct", "time") else f"{f['min']}..{f['max']}"
        out += [f"| {f['name']} | {kind} | {bounds} | {'optional. ' if f['optional'] else ''}{'may be the blob of a binary frame. ' if f.get('blob') else ''}{f.get('help', '')} |"]
    return out + [""]


def write_md(structs, messages, events):
    out = ["# What can be said over the wire", "", "Generated from `proto/*.toml`.", "",
           "A text frame is JSON. A binary frame is the length of such JSON (4 bytes, big-endian), the JSON, and a blob of at least 1 byte:",
           "the field that may be a blob is then absent in the JSON.", ""]
    for m in messages:
        out += [f"## {m['name']}", "", m.get("help", ""), "",
                f"By {m['via']}; audience {m['audience']}; action {', '.join([m['action'], *m.get('judges', [])])}; resource {m['resource']}; rate {m['rate']}.", ""]
        out += md_fields("Asked with", m["fields"]) + md_fields("Answered with", m["reply"])
    for e in events:
        out += [f"## Event {e['name']}", "", e.get("help", ""), ""] + md_fields("Carries", e["fields"])
    for s in structs:
        out += [f"## Struct {s['name']}", "", s.get("help", ""), ""] + md_fields("Holds", s["fields"])
    out += ["## Errors", "", ", ".join(f"`{w}`" for w in error_words()), ""]
    return out


# --- the self-test ---------------------------------------------------------------------------

GOOD = '''module = "m"
[[struct]]
name = "s"
fields = [ { name = "a", kind = "id" } ]
[[message]]
name = "x"
via = "ws"
audience = "session"
action = "do"
resource = "none"
rate = "light"
fields = [ { name = "l", kind = "list", of = "s", max = 2 } ]
reply = []
'''
BLOB = 'fields = [ { name = "b", kind = "bytes", min = 1, max = 2, blob = true } ]'
BAD = {
    "unknown kind": GOOD.replace('"id"', '"uuid"'),
    "unknown key": GOOD.replace('kind = "id"', 'kind = "id", size = 3'),
    "unknown thing": GOOD.replace('of = "s"', 'of = "t"'),
    "contains itself": GOOD.replace('kind = "id"', 'kind = "struct", of = "s"'),
    "needs max": GOOD.replace(", max = 2", ""),
    "judges are actions": GOOD.replace('action = "do"', 'action = "do"\njudges = ["Not This"]'),
    "rate must be": GOOD.replace('"light"', '"free"'),
    "needs a field room": GOOD.replace('"none"', '"room"'),
    "a blob is bytes": GOOD.replace("max = 2", "max = 2, blob = true"),
    "a blob is only asked with": GOOD.replace("reply = []", BLOB.replace("fields", "reply")),
    "one blob in a frame": GOOD.replace("fields = [ { name = \"l\", kind = \"list\", of = \"s\", max = 2 } ]", BLOB).replace('"ws"', '"both"'),
    "stands there twice": GOOD + '[[event]]\nname = "e"\nfields = []\n[[event]]\nname = "e"\nfields = []\n',
}


def self_test():
    failed = 0
    load([tomllib.loads(GOOD)])
    for expected, text in BAD.items():
        try:
            load([tomllib.loads(text)])
            said = "accepted"
        except Wrong as e:
            said = str(e)
        if expected not in said:
            failed += 1
            print(f"protogen: expected a refusal with {expected!r}, got {said!r}", file=sys.stderr)
    whole = load_directory()
    for write in (write_header, write_source, write_ts, write_md):
        if write(*whole) != write(*load_directory()):
            failed += 1
            print(f"protogen: {write.__name__} is not the same twice", file=sys.stderr)
    if len(error_words()) < 10:
        failed += 1
        print("protogen: errors.def was not understood", file=sys.stderr)
    print(f"{len(BAD) + 5 - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    for name in ("header", "source", "routes", "ts", "md"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        return self_test()
    structs, messages, events = load_directory()
    if args.json:
        print(json.dumps({"structs": structs, "messages": messages}))
    for path, write in ((args.header, write_header), (args.source, write_source), (args.ts, write_ts), (args.md, write_md)):
        if path:
            out = pathlib.Path(path)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text("\n".join(write(structs, messages, events)) + "\n", "utf-8")
    if args.routes:
        pathlib.Path(args.routes).write_text("\n".join(write_routes(messages)) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        print(f"protogen: {wrong}", file=sys.stderr)
        sys.exit(1)
