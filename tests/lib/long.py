#!/usr/bin/env python3
"""The long forms of the tests, within a budget: long.py MINUTES. tests/run long calls it.

Each step gets a share of the budget. One that runs by time or by number gets as much of it as its share allows; one that has a
length of its own is run when its share suffices, and then as often as it fits. What the budget does not suffice for is skipped and
said so. Nothing is tried again: a step that failed has failed. The report goes to tests/artefacts/long.md, what the steps said to
tests/artefacts/log/long-*.log.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
ARTEFACTS = pathlib.Path(os.environ.get("LUOTSI_ARTEFACTS", TESTS / "artefacts"))
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
TOLD = re.compile(r"^\s*(?:# (?:seed\b.*|\d+ entries.*|\w+ killed \d+ times.*)|ok - (?:fuzz_\w+: .*|\d+ s of chaos.*)|# \w+/\w+\.c: .*|# BELOW.*|not ok\b.*)$", re.MULTILINE)
LWS = "fuzz_lws_edge fuzz_lws_direct"


def targets():
    return [path.stem for path in sorted((TESTS / "fuzz").glob("fuzz_*.c"))]


def fuzz(what, names):
    """All of them for as long, as many at a time as there are processors."""
    def command(seconds):
        each = int(seconds * (os.cpu_count() or 1) / len(names))
        return [str(TESTS / "fuzz/run"), *what], {"LUOTSI_FUZZ_SECONDS": str(each), "LUOTSI_JOBS": str(os.cpu_count() or 1)}
    return command


def chaos(seconds):
    """Runs of a minute and what is around them, two at a time."""
    return [str(TESTS / "chaos/run"), "long", str(int(seconds / 50))], {}


def plain(*command, **more):
    return lambda seconds: ([str(TESTS / command[0]), *command[1:]], more)


class Step:
    def __init__(self, name, share, least, command, repeat=False):
        self.name, self.share, self.least, self.command, self.repeat = name, share, least, command, repeat
        self.runs, self.seconds, self.told = 0, 0.0, []
        self.counts = [0, 0, 0]

    def once(self, seconds):
        command, more = self.command(seconds)
        log = ARTEFACTS / "log" / f"long-{self.name.replace(' ', '-')}-{self.runs + 1}.log"
        began = time.monotonic()
        with log.open("wb") as out:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **more}).returncode
        self.runs += 1
        self.seconds += time.monotonic() - began
        text = log.read_text(errors="replace")
        self.count(code, SUMMARY.findall(text))
        self.told += [row.strip() for row in TOLD.findall(text)] or text.strip().splitlines()[-25:]

    def count(self, code, found):
        now = [int(word) for word in found[-1]] if found else [0, 0, 0]
        if now[1] == 0 and (code != 0 or now[0] == 0 and found):
            now[1] = 1  # it ended badly, or found nothing to do
        if not found and code == 0:
            now[0] = 1  # a measurement: that it ran to its end is all that there is to count
        self.counts = [a + b for a, b in zip(self.counts, now)]

    def run(self, budget):
        seconds = budget * self.share
        if seconds < self.least:
            self.counts[2] = 1
            return
        self.once(seconds)
        while self.repeat and self.seconds * (self.runs + 1) / self.runs <= seconds:
            self.once(seconds)


def steps():
    parsers = [name for name in targets() if name not in LWS.split()]
    return [
        Step("fuzz", 0.35, len(parsers), fuzz([], targets())),
        Step("fuzz coverage", 0.02, 30, fuzz(["coverage"], targets())),
        Step("fuzz lws", 0.10, 60, fuzz(["lws"], LWS.split())),
        Step("tls", 0.01, 240, plain("yardsticks/testssl")),
        Step("seal", 0.04, 90, plain("seal/run"), repeat=True),
        Step("chaos", 0.13, 100, chaos),
        Step("evil", 0.06, 240, plain("evil/run", "long"), repeat=True),
        Step("flow", 0.12, 900, plain("flow/run"), repeat=True),
        Step("upgrade", 0.02, 600, plain("upgrade/run")),
        Step("killed", 0.05, 1200, plain("flow/run", "a_process_killed_at_every_statement", LUOTSI_FLOW="direct", LUOTSI_KILLED="long")),
        Step("limits", 0.05, 300, plain("limits/run"), repeat=True),
        Step("pressure", 0.05, 900, plain("bench/run", "pressure")),
    ]


def report(done, minutes, began):
    rows = [f"# The long run of {time.strftime('%Y-%m-%d %H:%M', time.gmtime(began))} UTC", "",
            f"A budget of {minutes} minutes; {(time.time() - began) / 60:.0f} were used, on {os.cpu_count()} processors. Nothing was tried again.", "",
            "| step | runs | passed | failed | skipped | seconds |", "| --- | --- | --- | --- | --- | --- |"]
    for step in done:
        passed, failed, skipped = step.counts
        rows.append(f"| {step.name} | {step.runs} | {passed} | {failed} | {skipped} | {step.seconds:.0f} |")
    for step in done:
        rows += ["", f"## {step.name}", ""]
        if step.runs == 0:
            rows.append(f"Skipped: its share of the budget is less than the {step.least} seconds that it takes.")
            continue
        rows += ["```", *step.told[:400], "```"]
    (ARTEFACTS / "long.md").write_text("\n".join(rows) + "\n")


def main():
    minutes = int(sys.argv[1])
    (ARTEFACTS / "log").mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, done = time.time(), steps()
    try:
        for step in done:
            step.run(minutes * 60)
            print(f"--- {step.name}: {'%d passed, %d failed, %d skipped' % tuple(step.counts)}, {step.runs} runs ({step.seconds:.0f} s)", flush=True)
    finally:
        report(done, minutes, began)
    passed, failed, skipped = (sum(step.counts[at] for step in done) for at in range(3))
    print(f"The report is {ARTEFACTS / 'long.md'}.")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
