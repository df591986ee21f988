#!/usr/bin/env python3
"""Marks a release: writes db/release.json, which says what the last release is to the database, and
has proto/release.py say what it is to pages that are open.

usage: release.py [COMMIT]        of the working tree, or of a commit that is still in the history

It holds the migrations of the release with their SHA-256, and every statement that its processes
prepare. As long as it is the last release its processes may still serve while newer migrations are
applied, and may come back after them; tests/sql/upgrade.test.mjs holds the newer ones to that. What the
last release no longer needs, the migrations after this mark may take away, and nothing else."""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def tree_of(commit, folder):
	"""The files of db/ and the version, as they were."""
	archive = subprocess.run(["git", "-C", ROOT, "archive", commit, "db", "meson.build"], check=True, capture_output=True).stdout
	subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
	return pathlib.Path(folder)


def migrations(folder):
	return [{"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in sorted(folder.glob("*.sql"))]


def release_of(tree):
	queries = sorted(map(str, (tree / "db" / "queries").glob("*.sql")))
	statements = json.loads(subprocess.run([sys.executable, HERE / "sqlgen.py", "--json", *queries], check=True, capture_output=True, text=True).stdout)
	return {
		"version": re.search(r"^  version: '([0-9.]+)',$", (tree / "meson.build").read_text(), re.MULTILINE)[1],
		"migrations": migrations(tree / "db" / "migrations"),
		"units": migrations(tree / "db" / "units"),
		"statements": [{key: s[key] for key in ("name", "lane", "tenant", "batch", "in", "out", "sql")} for s in statements],
	}


def written(release):
	"""JSON with a line for each thing, so that the next mark is a readable change."""
	rows = [f' "version": {json.dumps(release["version"])}']
	for key in ("migrations", "units", "statements"):
		lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in release[key])
		rows.append(f' "{key}": [\n{lines}\n ]')
	return "{\n" + ",\n".join(rows) + "\n}\n"


def main(arguments):
	if len(arguments) > 1 or arguments[:1] == ["--help"]:
		sys.exit(__doc__)
	with tempfile.TemporaryDirectory() as folder:
		release = release_of(tree_of(arguments[0], folder) if arguments else ROOT)
	(HERE / "release.json").write_text(written(release), encoding="utf-8")
	print(f"{release['version']}: {len(release['migrations'])} migrations, {len(release['statements'])} statements")
	subprocess.run([sys.executable, ROOT / "proto" / "release.py", *arguments], check=True)


main(sys.argv[1:])
