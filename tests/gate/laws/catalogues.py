LAW = "the texts in Finnish, Swedish and English have the same keys and arguments, and none is empty"

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


def check(tree):
    rows = []
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
]
HARMLESS = {f"web/src/text/{language}.json": FINE for language in ("fi", "sv", "en")}
