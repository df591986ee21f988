#!/usr/bin/env python3
"""Turns db/queries/*.sql into C: an enum of statements and the table that io/pg prepares.

usage: sqlgen.py OUT_DIR QUERY_FILE...     writes OUT_DIR/sql_gen.h and OUT_DIR/sql_gen.c
       sqlgen.py --json QUERY_FILE...      prints the statements, for the tests
       sqlgen.py --self-test

A file holds statements, each a comment header and SQL to the closing semicolon:

    -- name: room_head          unique; the enum is STMT_ROOM_HEAD
    -- shape: one|maybe|many|exec
    -- lane: read|write|hot|file|unit    unit: asked of the database of unit keys
    -- tenant: yes|no           yes: runs under set_config('luotsi.org', ...)
    -- batch: yes               only lane hot: parameters are arrays of rows, the first column is the ordinal
    -- in: room uuid, from int4
    -- out: n int4, entry bytea
    -- What it is for, in a sentence.
    SELECT ... WHERE room = :room AND n >= :from;

Parameters are named as psql names its variables (:room), so that a statement can be tried by hand.
Inputs may be NULL where the statement says so. The names of columns must be those declared."""
import json
import pathlib
import re
import sys

TYPES = {
	"bool": "BOOL", "int2": "INT2", "int4": "INT4", "int8": "INT8", "text": "TEXT", "bytea": "BYTEA",
	"uuid": "UUID", "timestamptz": "TIMESTAMPTZ", "jsonb": "JSONB",
}
SHAPES, LANES = ("one", "maybe", "many", "exec"), ("read", "write", "hot", "file", "unit")
KEYS = ("name", "shape", "lane", "tenant", "batch", "in", "out")
MAX_FIELDS = 32
PARAM = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")


class Bad(Exception):
	pass


def fields_parse(text, where):
	fields = []
	for part in filter(None, (p.strip() for p in text.split(","))):
		words = part.split()
		if len(words) != 2 or not re.fullmatch(r"[a-z][a-z0-9_]*", words[0]):
			raise Bad(f"{where}: '{part}' is not 'name type'")
		if words[1].removesuffix("[]") not in TYPES:
			raise Bad(f"{where}: type '{words[1]}' is not known")
		fields.append({"name": words[0], "type": words[1]})
	names = [f["name"] for f in fields]
	if len(set(names)) != len(names):
		raise Bad(f"{where}: a name comes twice")
	if len(fields) > MAX_FIELDS:
		raise Bad(f"{where}: more than {MAX_FIELDS} fields")
	return fields


def sql_number(sql, fields, where):
	"""The SQL with $1.. for the named parameters."""
	numbers = {f["name"]: n for n, f in enumerate(fields, 1)}
	used = set()

	def replace(match):
		if match[1] not in numbers:
			raise Bad(f"{where}: :{match[1]} is not among its inputs")
		used.add(match[1])
		return f"${numbers[match[1]]}"

	pieces = re.split(r"('(?:[^']|'')*')", sql)
	sql = "".join(p if p.startswith("'") else PARAM.sub(replace, p) for p in pieces)
	if set(numbers) - used:
		raise Bad(f"{where}: {', '.join(sorted(set(numbers) - used))} is declared and not used")
	return sql


def choice(header, key, allowed, where, default=None):
	value = header.get(key, default)
	if value not in allowed:
		raise Bad(f"{where}: {key} must be one of {', '.join(allowed)}")
	return value


def statement_make(header, comment, sql, path):
	where = f"{path}: {header.get('name', '?')}"
	if not re.fullmatch(r"[a-z][a-z0-9_]*", header.get("name", "")):
		raise Bad(f"{where}: needs a name in lower case")
	for key in ("in", "out"):
		if key not in header:
			raise Bad(f"{where}: '-- {key}:' is missing (it may be empty)")
	if not comment:
		raise Bad(f"{where}: say what it is for")
	ins, outs = fields_parse(header["in"], where + " in"), fields_parse(header["out"], where + " out")
	shape, lane = choice(header, "shape", SHAPES, where), choice(header, "lane", LANES, where)
	batch = choice(header, "batch", ("yes", "no"), where, "no") == "yes"
	if (shape == "exec") != (not outs):
		raise Bad(f"{where}: a statement has columns unless its shape is exec")
	if batch != (lane == "hot") or (batch and (shape != "many" or outs[0] != {"name": "ordinal", "type": "int8"})):
		raise Bad(f"{where}: lane hot is for batches; a batch is many, and its first column is 'ordinal int8'")
	if batch and any(f["type"].endswith("[]") for f in ins):
		raise Bad(f"{where}: a batch's inputs are declared as of one row")
	return {
		"name": header["name"], "shape": shape, "lane": lane, "batch": batch, "path": path,
		"tenant": choice(header, "tenant", ("yes", "no"), where) == "yes", "in": ins, "out": outs,
		"sql": sql_number(sql, ins, where),
	}


def file_parse(text, path):
	statements, header, comment, sql = [], {}, [], []
	for line in text.splitlines():
		match = re.fullmatch(r"-- ([a-z]+):(.*)", line)
		if match and match[1] in KEYS and not sql:
			if match[1] in header:
				raise Bad(f"{path}: {header.get('name')}: '{match[1]}' comes twice")
			header[match[1]] = match[2].strip()
		elif line.startswith("--") and not sql:
			if header:
				comment.append(line[2:].strip())
		elif line.strip():
			if not header:
				raise Bad(f"{path}: SQL without a header: {line}")
			sql.append(line)
			if line.rstrip().endswith(";"):
				body = "\n".join(sql).rstrip().removesuffix(";")
				statements.append(statement_make(header, comment, body, path))
				header, comment, sql = {}, [], []
	if header or sql:
		raise Bad(f"{path}: {header.get('name')}: no closing semicolon")
	return statements


def statements_read(paths):
	statements = []
	for path in sorted(paths):
		statements += file_parse(pathlib.Path(path).read_text(encoding="utf-8"), pathlib.Path(path).name)
	names = [s["name"] for s in statements]
	for name in names:
		if names.count(name) > 1:
			raise Bad(f"{name}: two statements have this name")
	return statements


def c_type(name):
	return "PG_" + TYPES[name.removesuffix("[]")] + ("_ARRAY" if name.endswith("[]") else "")


def c_string(sql):
	lines = sql.split("\n")
	escape = lambda s: s.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
	return "\n\t\t".join(f'"{escape(l)}' + ("\\n" if l is not lines[-1] else "") + '"' for l in lines)


def header_write(statements):
	out = ["/* Generated by db/sqlgen.py. */", "#pragma once", "", "enum stmt {"]
	out += [f"\tSTMT_{s['name'].upper()}," for s in statements]
	out += ["\tSTMT_COUNT", "};"]
	for s in statements:
		up = s["name"].upper()
		note = f"/* {s['path']}: {s['shape']}{', batch' if s['batch'] else ''} */"
		out += ["", note, "enum {"]
		out += [f"\t{up}_IN_{f['name'].upper()}, /* {f['type']} */" for f in s["in"]]
		out += [f"\t{up}_N_IN", "};"]
		if s["out"]:
			out += ["enum {"] + [f"\t{up}_{f['name'].upper()}, /* {f['type']} */" for f in s["out"]] + ["};"]
	return "\n".join(out) + "\n"


def source_write(statements):
	out = ["/* Generated by db/sqlgen.py. */", '#include "sql_gen.h"', '#include "io/pg.h"', "",
		"const struct pg_statement pg_statements[] = {"]
	for s in statements:
		fill = lambda fields: ", ".join(c_type(f["type"]) for f in fields)
		out.append(f"\t[STMT_{s['name'].upper()}] = {{")
		out.append(f"\t\t.name = \"{s['name']}\", .n_in = {len(s['in'])}, .n_out = {len(s['out'])},")
		for key in ("in", "out"):
			if s[key]:
				out.append(f"\t\t.{key} = {{{fill(s[key])}}},")
		out.append(f"\t\t.shape = PG_{s['shape'].upper()}, .lane = PG_LANE_{s['lane'].upper()},")
		out.append(f"\t\t.batch = {str(s['batch']).lower()}, .tenant = {str(s['tenant']).lower()},")
		out.append(f"\t\t.sql = {c_string(s['sql'])}}},")
	out += ["};", "const size_t n_pg_statements = sizeof(pg_statements) / sizeof(pg_statements[0]);"]
	return "\n".join(out) + "\n"


def self_test():
	good = ("-- about\n\n-- name: a\n-- shape: maybe\n-- lane: read\n-- tenant: yes\n-- in: x uuid, y int4[]\n"
		"-- out: z int8\n-- Why.\nSELECT ':y' || z::text AS z FROM t\nWHERE x = :x AND y = ANY (:y);\n")
	(s,) = file_parse(good, "good")
	assert s["sql"] == "SELECT ':y' || z::text AS z FROM t\nWHERE x = $1 AND y = ANY ($2)", s["sql"]
	assert c_type("int4[]") == "PG_INT4_ARRAY" and "STMT_A," in header_write([s]) and "A_IN_Y" in header_write([s])
	assert '[STMT_A] = {' in source_write([s])
	bad = {
		"an undeclared parameter": good.replace("x uuid, ", ""),
		"an unused parameter": good.replace("-- in: ", "-- in: w uuid, "),
		"an unknown type": good.replace("uuid", "uid"),
		"an unknown shape": good.replace("maybe", "some"),
		"a missing lane": good.replace("-- lane: read\n", ""),
		"a missing list of columns": good.replace("-- out: z int8\n", ""),
		"columns of an exec": good.replace("maybe", "exec"),
		"a batch without ordinal": good.replace("maybe", "many").replace("read", "hot\n-- batch: yes"),
		"no closing semicolon": good.replace(";", ""),
		"no purpose": good.replace("-- Why.\n", ""),
		"SQL without a header": "SELECT 1;\n",
		"a key twice": good.replace("-- lane: read\n", "-- lane: read\n-- lane: read\n"),
	}
	for what, text in bad.items():
		try:
			file_parse(text, "bad")
		except Bad:
			continue
		raise SystemExit(f"sqlgen accepts {what}")
	print(f"{len(bad) + 3} passed, 0 failed, 0 skipped")


def main(arguments):
	if arguments == ["--self-test"]:
		return self_test()
	if len(arguments) < 2:
		sys.exit(__doc__)
	try:
		statements = statements_read(arguments[1:])
	except Bad as bad:
		sys.exit(f"sqlgen: {bad}")
	if arguments[0] == "--json":
		return print(json.dumps(statements, indent=1))
	out = pathlib.Path(arguments[0])
	(out / "sql_gen.h").write_text(header_write(statements), encoding="utf-8")
	(out / "sql_gen.c").write_text(source_write(statements), encoding="utf-8")


main(sys.argv[1:])
