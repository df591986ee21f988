#!/usr/bin/env python3
"""What the service tells Prometheus, against the alarms, the dashboard and the guide that are made for it.

    watched.py SOCKET

Every metric that they name is in a real scrape, every alarm has its place in the guide, and no label tells of
anything but which process counted. Says what is wrong; silent when nothing is.
"""
import json
import pathlib
import re
import socket
import sys

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
LINE = re.compile(r'(luotsi_[a-z_]+)(?:\{role="[a-z]+",number="\d+"\})? -?\d+(\.\d+)?')


def asked(path, name):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60)
        line.connect(path)
        line.sendall(f"GET {name} HTTP/1.1\r\nHost: luotsi\r\n\r\n".encode())
        said = b""
        while piece := line.recv(65536):
            said += piece
    head, _, body = said.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def names_in(text):
    return set(re.findall(r"luotsi_[a-z_]+", text))


def main():
    wrong = []
    status, scrape = asked(sys.argv[1], "/metrics")
    found = set()
    for line in scrape.splitlines():
        if line.startswith("# "):
            continue
        sample = LINE.fullmatch(line)
        if sample:
            found.add(sample[1])
        else:
            wrong.append(f"not a sample, or a label of another kind: {line}")
    if status != 200 or len(found) < 20:
        wrong.append(f"/metrics answered {status} with {len(found)} metrics")
    rules, guide = (DEPLOY / "alerts.yml").read_text(), (DEPLOY / "GUIDE.md").read_text()
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text())
    shown = {name for panel in dashboard["panels"] for target in panel["targets"] for name in names_in(target["expr"])}
    for where, names in (("alerts.yml", names_in(rules)), ("dashboard.json", shown)):
        wrong += [f"{where} names {name}, which nobody counts" for name in sorted(names - found)]
    wrong += [f"the dashboard does not show {name}" for name in sorted(found - shown)]
    alarms = re.findall(r"- alert: (\w+)", rules)
    wrong += [f"GUIDE.md does not say what to do at {name}" for name in alarms if f"### {name}\n" not in guide]
    for path, wanted in (("/live", 200), ("/ready", 200), ("/", 404), ("/metrics/x", 404)):
        if asked(sys.argv[1], path)[0] != wanted:
            wrong.append(f"{path} did not answer {wanted}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
