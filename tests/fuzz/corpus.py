#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets of server/seal from proto/vectors: corpus.py VECTORS FOLDER.

A folder for each target is made in FOLDER. The layouts are those that fuzz_control.c and
fuzz_identity.c read: records of people, then entries behind their length.
"""
import base64
import json
import pathlib
import struct
import sys


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def person(p):
    numbers = struct.pack(">QQQ", p["valid_from"], p["valid_until"], p["ended"])
    return raw(p["user"]) + raw(p["sig_kid"]) + raw(p["enc_kid"]) + bytes([p["staff"]]) + raw(p["cert"]) + numbers


def framed(entry):
    return struct.pack(">H", len(entry)) + entry


def control_seeds(vectors):
    for sequence in vectors["sequences"]:
        people = sequence.get("people", [])
        head = bytes([len(people)]) + b"".join(map(person, people))
        good = [framed(raw(s["entry"])) for s in sequence["steps"] if s["verdict"] == "ok"]
        every = [framed(raw(s["entry"])) for s in sequence["steps"]]
        yield head + b"".join(good)
        for at in range(0, len(every), 12):
            yield head + b"".join(good[:3] + every[at:at + 12])


def identity_seeds(vectors):
    for sequence in vectors["sequences"]:
        steps = [(s["verdict"], bytes([s["chain"] == "i"]) + framed(raw(s["entry"]))) for s in sequence["steps"]]
        good = [step for verdict, step in steps if verdict == "ok"]
        yield b"".join(good)
        for at in range(0, len(steps), 12):
            yield b"".join(good[:3] + [step for _, step in steps[at:at + 12]])


def envelope_seeds(vectors, unlock):
    for good in vectors["good"]:
        yield raw(good["envelope"])
        if "tombstone" in good:
            yield raw(good["tombstone"])
    for refused in vectors["refused"] + unlock["refused"]:
        yield raw(refused["bytes"])
    yield raw(unlock["passphrase"]["unlocker"])
    yield raw(unlock["code"]["unlocker"])


def main():
    vectors, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    load = {path.stem: json.loads(path.read_text()) for path in vectors.glob("*.json")}
    seeds = {
        "fuzz_envelope": envelope_seeds(load["envelope"], load["unlock"]),
        "fuzz_control": control_seeds(load["control"]),
        "fuzz_identity": identity_seeds(load["identity"]),
    }
    for target, inputs in seeds.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / target / f"seed-{number:03}").write_bytes(data)


main()
