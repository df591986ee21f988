LAW = "the texts in Finnish, Swedish and English have the same keys and arguments, none is empty, and every error has one"

import json
import re


def flat(value, prefix=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{prefix}{key}.")
    else:
        yield prefix.rstrip("."), value


def arguments(text):
    return set(re.findall(r"\{\s*(\w+)\s*[,}]", text))


ERRORS = "server/base/errors.def"


def untold(tree):
    """Words of the wire for which people would read nothing but that something went wrong."""
    if ERRORS not in tree.names:
        return []
    told = {key for name in tree.match(r"^web/.*/fi\.json$") for key, _ in flat(json.loads(tree.text(name)))}
    words = re.findall(r'^ERR\(\w+, \d+, "(\w+)"', tree.text(ERRORS), re.M)
    return [f"{ERRORS}:1: {word} has no text error.{word}" for word in words if word != "ok" and f"error.{word}" not in told]


def check(tree):
    rows = untold(tree)
    for finnish in tree.match(r"^web/.*/fi\.json$"):
        want = dict(flat(json.loads(tree.text(finnish))))
        for language in ("fi", "sv", "en"):
            name = finnish.replace("fi.json", f"{language}.json")
            if name not in tree.names:
                rows.append(f"{name}:1: is missing")
                continue
            have = dict(flat(json.loads(tree.text(name))))
            rows += [f"{name}:1: lacks {key}" for key in want.keys() - have.keys()]
            rows += [f"{name}:1: has {key}, which Finnish lacks" for key in have.keys() - want.keys()]
            rows += [f"{name}:1: {key} is empty" for key, text in have.items() if not str(text).strip()]
            rows += [f"{name}:1: {key} has other arguments than the Finnish text" for key in want.keys() & have.keys()
                     if arguments(str(want[key])) != arguments(str(have[key]))]
    return rows


FINE = '{"a": "Hei {name}", "b": {"c": "Loppu"}}'
PLANTED = [
    {"web/src/text/fi.json": FINE, "web/src/text/sv.json": FINE, "web/src/text/en.json": '{"a": "Hi {name}"}'},
    {"web/src/text/fi.json": FINE, "web/src/text/sv.json": FINE, "web/src/text/en.json": FINE.replace("Loppu", "")},
    {"web/src/text/fi.json": FINE, "web/src/text/sv.json": FINE.replace("{name}", ""), "web/src/text/en.json": FINE},
    {"web/src/text/fi.json": FINE, "web/src/text/sv.json": FINE},
    {**{f"web/src/text/{language}.json": FINE for language in ("fi", "sv", "en")}, ERRORS: 'ERR(BUSY, 503, "busy", CLIENT)\n'},
]
HARMLESS = {
    **{f"web/src/text/{language}.json": FINE.replace('"a"', '"error.busy"') for language in ("fi", "sv", "en")},
    ERRORS: 'ERR(OK, 200, "ok", CLIENT)\nERR(BUSY, 503, "busy", CLIENT)\n',
}
