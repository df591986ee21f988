#!/usr/bin/env python3
"""Writes the seeds that follow from the project's own files: corpus.py PROTO CONFIG_DEF FOLDER.

From PROTO/vectors the envelopes, logs and chains; from PROTO/*.toml a legal body of every op and its
answer, with what optional members there are and without; from config.def the names of all settings.
A folder for each target is made in FOLDER, and a dictionary beside it. The layouts are those that
the targets read: fuzz_control.c and fuzz_identity.c records of people, then entries behind their
length; fuzz_json.c and fuzz_frame.c a byte that chooses, then the text. Seeds that follow from
nothing stand in corpus/, words in dictionaries/.
"""
import base64
import json
import pathlib
import re
import struct
import sys
import tomllib


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def person(p):
    numbers = struct.pack(">QQQ", p["valid_from"], p["valid_until"], p["ended"])
    return raw(p["user"]) + raw(p["sig_kid"]) + raw(p["enc_kid"]) + bytes([p["staff"]]) + raw(p["cert"]) + numbers + bytes([p["resets"]])


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


# --- what proto/*.toml declares ---

def declarations(proto):
    structs, messages = {}, []
    for path in sorted(proto.glob("*.toml")):
        doc = tomllib.loads(path.read_text())
        structs |= {s["name"]: s["fields"] for s in doc.get("struct", [])}
        messages += doc.get("message", [])
    return structs, sorted(messages, key=lambda m: m["name"].encode())


def text_of(n):
    return base64.urlsafe_b64encode(bytes(i * 37 & 255 for i in range(n))).decode().rstrip("=")


def value(structs, field, full):
    kind, low = field["kind"], field.get("min", 0)
    if kind in structs or kind == "struct":
        return members(structs, structs[field.get("of", kind)], full)
    if kind == "list":
        item = {"kind": field["of"], "min": field.get("item_min", 0)}
        return [value(structs, item, full)] * max(low, min(full, field["max"]))
    fixed = {"id": lambda: text_of(16), "hash": lambda: text_of(32), "bytes": lambda: text_of(low),
             "text": lambda: ("\\\"\n" * field.get("max", low))[:max(low, min(3 * full, field.get("max", low)))],
             "bool": lambda: bool(full), "enum": lambda: field["values"][-1 if full else 0]}
    return fixed[kind]() if kind in fixed else low


def members(structs, fields, full):
    return {f["name"]: value(structs, f, full) for f in fields if full or not f.get("optional")}


def beyond(structs, fields):
    """Bodies that are legal but for one number, which is over its bound."""
    for field in fields:
        if field["kind"] in ("u16", "u32", "u53", "time"):
            yield members(structs, fields, 1) | {field["name"]: field.get("max", 2**53 - 1) + 1}


def json_seeds(structs, messages):
    def seed(table, body):
        return table.to_bytes(2, "big") + json.dumps(body).encode()

    for number, message in enumerate(messages):
        for body in beyond(structs, message["fields"]):
            yield seed(number, body)
        for full in (0, 1, 2):
            yield seed(number, members(structs, message["fields"], full))
            yield seed(len(messages) + number, members(structs, message["reply"], full))


def frame_seeds(structs, messages, envelopes):
    for number, message in enumerate(messages):
        body = members(structs, message["fields"], 1)
        yield bytes([number % 3]) + json.dumps({"id": number + 1, "op": message["name"], "body": body}).encode()
        yield bytes([4]) + message["name"].encode() + b"\n" + json.dumps(body).encode()
    yield b"\x08" + b'{"id":1,"op":"session_open","body":{}}'
    for envelope in envelopes:
        body = {"envelope": base64.urlsafe_b64encode(envelope).decode().rstrip("=")}
        yield b"\x01" + json.dumps({"id": 1, "op": "message_post", "body": body}).encode()


# --- acts of fuzz_gate.c: a byte with the act and a number ---

OPEN, TELL, REQUEST, SHUT, REPLY, FAIL, NOTICE, TIME = range(8)


def act(kind, number=0, *parts):
    return bytes([kind | number << 3]) + b"".join(parts)


def measured(data):
    return struct.pack(">H", len(data)) + data


def told(op, body, number, client=0):
    return act(TELL, client, measured(json.dumps({"id": number, "op": op, "body": body}).encode()))


def replied(seed, text=b"", number=0):
    return act(REPLY, number, struct.pack(">I", seed), measured(text))


def requested(path, body=b"{}", number=4):
    return act(REQUEST, number, bytes([len(path)]), path.encode(), measured(body))


def gate_seeds(structs, messages):
    opened = act(OPEN) + told("session_open", {"ticket": text_of(32)}, 1)
    for number, message in enumerate(messages):
        body = members(structs, message["fields"], 1)
        answers = replied(number) + replied(number + 1) + act(FAIL, number % 4)
        yield opened + replied(number | 1) + replied(3) + told(message["name"], body, 2) + answers
        yield requested(message["name"], json.dumps(body).encode()) + answers + act(TIME, 16)
    part = f"file/{text_of(16)}/0"
    finish = json.dumps({"state": text_of(32), "code": "x"}).encode()
    for seed in range(1, 12):
        yield opened + replied(seed) + act(NOTICE) + act(TIME, 31) + act(FAIL, seed % 4) + replied(seed)
        yield opened + act(SHUT) + opened + replied(seed) + told("room_list", {}, 2) + act(SHUT) + replied(seed)
        yield requested(part, number=5) + requested(part, number=6) + replied(seed) * 6
        yield requested("identify_finish", finish) + replied(seed) + replied(0) + replied(seed, b'{"id_token":"a.b.c"}') + replied(1) * 5


def words_of(structs, messages):
    fields = [f for m in messages for f in m["fields"] + m["reply"]] + [f for s in structs.values() for f in s]
    words = {f["name"] for f in fields} | {v for f in fields for v in f.get("values", [])}
    return sorted(words | {m["name"] for m in messages} | {"id", "op", "body"})


# --- what goes over the sockets of sockets.h: a byte with the client and the act, what is said behind its length ---

SAY, FRAME, LEAVE, FINISH, UPGRADE, ANSWER, SEND, CLOSE = (n << 2 for n in range(8))


def said(data, client=0):
    return bytes([client | SAY]) + struct.pack(">H", len(data)) + data


def sent(head, data, client=0):
    return bytes([client | FRAME]) + struct.pack(">HB", len(data) + 1, head) + data


def asked(line, *headers, body=b""):
    return "\r\n".join([line + " HTTP/1.1", "Host: localhost", *headers, "", ""]).encode() + body


def socket_seeds():
    get = asked("GET /api/x?next=1", "Cookie: __Host-luotsi=A")
    post = asked("POST /api/x", "Content-Type: application/json", "Content-Length: 2", body=b"{}")
    part = asked("PUT /api/file/x", "X-Luotsi: 1", "Content-Length: 1200")
    late = asked("GET /api/later", "X-Luotsi-Client: 192.0.2.7")
    chunked = asked("POST /api/x", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n")
    h2c = asked("GET /ws", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    up, answer, send, close, leave, finish = (bytes([act]) for act in (UPGRADE, ANSWER, SEND, CLOSE, LEAVE, FINISH))
    farewell = sent(0x88, b"\x03\xe8")
    yield from (said(get), said(get + get), said(post + post), said(post[:-1]) + said(b"}"), said(chunked), said(h2c))
    yield said(part) + said(b"x" * 700) + said(b"x" * 500)
    yield from (said(late) + answer, said(late) + leave + answer, said(get[:20]) + said(post, 1) + said(get[20:]) + finish)
    yield said(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    yield up + sent(0x81, b'{"id":1}') + sent(0x89, b"p") + farewell
    yield up + sent(0x01, b"abc") + sent(0x80, b"def") + send + close + farewell
    yield up + sent(0x82, b"\0\0\0\x02{}blob") + finish
    yield up + sent(0x81, b"x" * 1900) + sent(0x81, b"x" * 3000) + send * 20


def settings_of(config_def):
    return re.findall(r"^(?:NUMBER|BOOL|TEXT)\((\w+), *([^,]*),", config_def.read_text(), re.M)


def words_of_providers(provider_def):
    names = re.findall(r"^(?:BOOL|TEXT)\((\w+),", provider_def.read_text(), re.M)
    return [f"{name} = " for name in names] + ["https://", "loatest", "staff", "client"]


def write_dictionary(folder, target, words):
    (folder / f"{target}.dict").write_text("".join(f'"{word}"\n' for word in words))


def main():
    proto, config_def, folder = map(pathlib.Path, sys.argv[1:])
    load = {path.stem: json.loads(path.read_text()) for path in (proto / "vectors").glob("*.json")}
    structs, messages = declarations(proto)
    settings = settings_of(config_def)
    plain = {"false": "no", "true": "yes"}
    sample = "".join(f"{name} = {plain.get(v, v.strip(chr(34)))}\n" for name, v in settings)
    envelopes = list(envelope_seeds(load["envelope"], load["unlock"]))
    seeds = {
        "fuzz_envelope": envelopes,
        "fuzz_control": [*control_seeds(load["control"]), *control_seeds(load["recovery"])],
        "fuzz_identity": identity_seeds(load["identity"]),
        "fuzz_json": json_seeds(structs, messages),
        "fuzz_frame": frame_seeds(structs, messages, envelopes[:4]),
        "fuzz_settings": [sample.encode()],
        "fuzz_gate": gate_seeds(structs, messages),
        "fuzz_lws_edge": socket_seeds(),
        "fuzz_lws_direct": socket_seeds(),
    }
    for target, inputs in seeds.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / target / f"seed-{number:03}").write_bytes(data)
    quoted = [f'\\"{word}\\"' for word in words_of(structs, messages)]
    write_dictionary(folder, "fuzz_json", quoted)
    write_dictionary(folder, "fuzz_frame", quoted)
    write_dictionary(folder, "fuzz_gate", quoted)
    for target in ("fuzz_lws_edge", "fuzz_lws_direct"):
        (folder / f"{target}.dict").write_text((pathlib.Path(__file__).parent / "dictionaries/fuzz_http.dict").read_text())
    write_dictionary(folder, "fuzz_provider", words_of_providers(config_def.parent / "keys/provider.def"))
    write_dictionary(folder, "fuzz_settings", [name for name, _ in settings] + ["= yes", "= no", "https://", "127.0.0.1"])


main()
