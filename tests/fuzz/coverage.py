#!/usr/bin/env python3
"""Prints how many lines of each parser were reached: coverage.py ROOT EXPORT FLOORS.

EXPORT is llvm-cov's summary in JSON. A line of FLOORS is a file below server/, the least percentage of its lines, and what is not
reached and why. A file that is not counted, and one below its floor, is a failure.
"""
import json
import pathlib
import sys


def floors(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, least, why = line.split(None, 2)
            yield name, float(least), why


def main():
    root, export, table = map(pathlib.Path, sys.argv[1:])
    counted = {}
    for one in json.loads(export.read_text())["data"][0]["files"]:
        name = str((root / "build/fuzz-coverage" / one["filename"]).resolve())
        counted[name] = one["summary"]["lines"]
    below = 0
    for name, least, why in floors(table):
        lines = counted.get(str((root / "server" / name).resolve()), {"covered": 0, "count": 0, "percent": 0.0})
        bad = lines["count"] == 0 or lines["percent"] < least
        below += bad
        print(f"# {'BELOW ' if bad else ''}{name}: {lines['covered']} of {lines['count']} lines, {lines['percent']:.1f} % (at least {least:.0f}); not reached: {why}")
    return 1 if below else 0


sys.exit(main())
