#!/usr/bin/env python3
"""Runs the suites of tests/run, two at a time, and sums up.

    lanes.py SUITE...            LUOTSI_LANES=n runs n at a time

A job is a suite or a part of one. Each has its own folder for what is temporary, and with it its own databases; its
output is kept apart and printed whole when it ends. A guard stands over each job: the kernel gives it every process that the
job leaves behind, so that none survives, and one that had to be killed is a failure. At the end come the slowest tests,
then what the failed ones said, and last "N passed, N failed, N skipped".
"""
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
LIMIT = 1800  # seconds a job may take
GRACE = 10  # seconds that the processes of a job have to end after it
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
FACT = re.compile(r"^\s*(not ok|ok)\b[ \d-]*(.*)$")
DURATION = re.compile(r"^\s*duration_ms: ([\d.]+)")

# The longest first, so that no lane ends with a long one alone. What is not named here comes after these.
ORDER = ["flow direct", "sql", "browser page", "analysis", "fuzz", "flow edge", "deploy", "client", "promise", "browser staff", "browser talk", "browser roomwork"]
# These wait for clocks nearly all the time: they run beside the lanes.
WAITING = ["unit"]


def parts_of(suite):
    if suite == "flow":
        return ["direct", "edge"]
    if suite == "browser":
        return ["types", *sorted(path.name.split(".")[0] for path in (TESTS / "browser").glob("*.test.*"))]
    return [""]


class Job:
    def __init__(self, suite, part):
        self.suite, self.part = suite, part
        self.name = f"{suite} {part}".strip()
        self.code, self.seconds, self.text = None, 0, ""
        self.guard = None

    def command(self):
        own = TESTS / self.suite / "run"
        if not os.access(own, os.X_OK):
            return [str(HERE / "meson_suite"), self.suite]
        return [str(own), self.part] if self.suite == "browser" else [str(own)]

    def environment(self, folder):
        more = {"TMPDIR": str(folder), "LUOTSI_LOGS": str(folder / "logs")}
        if self.suite == "flow":
            more["LUOTSI_FLOW"] = self.part
        return {**os.environ, **more}

    def counts(self):
        found = SUMMARY.findall(self.text)
        passed, failed, skipped = map(int, found[-1]) if found else (0, 0, 0)
        if not failed and (self.code != 0 or passed + skipped == 0):
            failed = 1  # it died before its summary, or says that it failed
        return passed, failed, skipped


# --- the guard: one process over each job -------------------------------------------------------------------------


def descendants():
    """Every process under this one, with what it is called."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = pathlib.Path("/proc", pid, "stat").read_text()
        except OSError:
            continue
        state, parent = stat.rsplit(")", 1)[1].split()[:2]
        if state != "Z":
            parents[int(pid)] = (int(parent), stat.split("(", 1)[1].rsplit(")", 1)[0])
    found, more = {}, {os.getpid()}
    while more:
        more = {pid: name for pid, (parent, name) in parents.items() if parent in more}
        found.update(more)
    return found


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def ended_within(seconds):
    end = time.monotonic() + seconds
    while left := descendants():
        if time.monotonic() > end:
            return left
        time.sleep(0.05)
        reap()
    return left


class Stopped(Exception):
    pass


def stopped(number, frame):
    raise Stopped


def guard(command):
    kernel = ctypes.CDLL(None)
    kernel.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    kernel.prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGTERM, stopped)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        code, grace = child.wait(LIMIT), GRACE
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except (Stopped, subprocess.TimeoutExpired) as why:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        code, grace = 124, 3 * GRACE
        print(f"# {'stopped' if isinstance(why, Stopped) else f'stopped after {LIMIT} seconds'}", flush=True)
        os.killpg(0, signal.SIGTERM)
    left = ended_within(grace)
    if left:
        print(f"not ok - left behind: {', '.join(f'{name} ({pid})' for pid, name in left.items())}", flush=True)
    while descendants():
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        ended_within(1)
    return code or (1 if left else 0)


# --- what else the machine did ---


def processors():
    """Seconds for which the processors have been busy, and all that they had, since the machine started; of none where that is not told."""
    try:
        times = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return 0, 0
    return sum(times) - times[3] - times[4], sum(times)


# --- the lanes -------------------------------------------------------------------------------------------------------


class Run:
    def __init__(self, suites):
        jobs = [Job(suite, part) for suite in suites for part in parts_of(suite)]
        jobs.sort(key=lambda job: ORDER.index(job.name) if job.name in ORDER else len(ORDER))
        self.beside = [job for job in jobs if job.suite in WAITING and len(jobs) > 1]
        self.waiting = [job for job in jobs if job not in self.beside]
        self.jobs, self.began, self.processors = jobs, time.monotonic(), processors()
        self.lanes = min(int(os.environ.get("LUOTSI_LANES", 2)), len(self.waiting))
        self.artefacts = pathlib.Path(os.environ["LUOTSI_ARTEFACTS"])
        os.environ.setdefault("LUOTSI_JOBS", str(max(1, (os.cpu_count() or 2) // self.lanes)))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"luotsi-run.{os.getpid()}."))
        self.folder.chmod(0o755)  # the service's own user has to come in
        self.lock = threading.Lock()
        self.over = False

    def lane(self, queue):
        while True:
            with self.lock:
                if self.over or not queue:
                    return
                job = queue.pop(0)
            self.do(job)

    def do(self, job):
        began, folder = time.monotonic(), self.folder / str(self.jobs.index(job))
        (folder / "logs").mkdir(parents=True)
        folder.chmod(0o1777)
        (folder / "logs").chmod(0o777)
        log = self.artefacts / "log" / f"suite-{job.name.replace(' ', '-')}.log"
        with log.open("wb") as out:
            job.guard = subprocess.Popen([sys.executable, __file__, "--guard", *job.command()], stdin=subprocess.DEVNULL, stdout=out,
                                         stderr=subprocess.STDOUT, env=job.environment(folder), start_new_session=True)
            if self.over:
                job.guard.terminate()
            job.code = job.guard.wait()
        job.seconds, job.text = time.monotonic() - began, log.read_text(errors="replace")
        if job.counts()[1]:
            job.text += server_said(folder / "logs")
        shutil.rmtree(folder, ignore_errors=True)
        self.tell(job)

    def tell(self, job):
        passed, failed, skipped = job.counts()
        with self.lock:
            print(f"\n--- {job.name}\n{job.text.rstrip()}")
            print(f"--- {job.name}: {passed} passed, {failed} failed, {skipped} skipped ({job.seconds:.0f} s)", flush=True)

    def stop(self, number, frame):
        self.over = True
        for job in self.jobs:
            if job.guard and job.guard.poll() is None:
                job.guard.terminate()

    def run(self):
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        signal.signal(signal.SIGHUP, self.stop)
        queues = [self.waiting] * self.lanes + [self.beside] * bool(self.beside)
        threads = [threading.Thread(target=self.lane, args=(queue,)) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.sum_up()

    def sum_up(self):
        done = [job for job in self.jobs if job.code is not None]
        slow = sorted((row for job in done for row in durations(job)), reverse=True)[:10]
        if slow:
            print("\nThe slowest tests:")
        for seconds, suite, name in slow:
            print(f"{seconds:7.1f} s  {suite}: {name}")
        print("\nThe suites:")
        for job in sorted(done, key=lambda job: -job.seconds):
            print(f"{job.seconds:7.0f} s  {job.name}: {'%d passed, %d failed, %d skipped' % job.counts()}")
        for job in done:
            if job.counts()[1]:
                print(f"\nWhat failed in {job.name}:\n" + "\n".join(failures(job)))
        passed, failed, skipped = (sum(job.counts()[at] for job in done) for at in range(3))
        failed += self.over or len(done) < len(self.jobs)
        busy, all_of_it = (new - old for new, old in zip(processors(), self.processors))
        print(f"\nAll of it took {time.monotonic() - self.began:.0f} s{', and was stopped' if self.over else ''}; the processors were busy {100 * busy / max(1, all_of_it):.0f} % of it.")
        print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 0 if passed and not failed else 1


# --- what the suites said ---------------------------------------------------------------------------------------------


def durations(job):
    """(seconds, job, test) for each line "ok" that a duration follows."""
    name = None
    for line in job.text.splitlines():
        fact, took = FACT.match(line), DURATION.match(line)
        if fact:
            name = fact[2]
        elif took and name:
            yield float(took[1]) / 1000, job.name, name
            name = None


def failures(job):
    """Each "not ok" with what follows it, up to the next fact; without any, the end of the output."""
    rows, taking = [], 0
    for line in job.text.splitlines():
        fact = FACT.match(line)
        if fact:
            taking = 60 if fact[1] == "not ok" else 0
        if taking and not line.lstrip().startswith("# Subtest"):
            rows.append(line[:600])
            taking -= 1
    said = [] if rows else job.text.splitlines()[-60:]
    return rows[:400] + said + server_rows(job.text)


SERVER = "# what the server wrote last: "


def server_said(logs):
    """The last lines of every service of the job, from the folders that tests/service left for this."""
    rows = []
    for log in sorted(logs.glob("*/luotsid.log")):
        lines = log.read_text(errors="replace").splitlines()
        loud = [line for line in lines if re.search(r" (warn|error) ", line)]
        rows += [SERVER + line[:400] for line in (loud[-20:] + lines[-10:])]
    return "".join(f"\n{row}" for row in rows)


def server_rows(text):
    return [line for line in text.splitlines() if line.startswith(SERVER)]


if __name__ == "__main__":
    if sys.argv[1] == "--guard":
        sys.exit(guard(sys.argv[2:]))
    sys.exit(Run(sys.argv[1:]).run())
