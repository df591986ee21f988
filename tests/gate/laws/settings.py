LAW = "every setting has one row, a help sentence and bounds that make sense"

import re

ROW = re.compile(r"^\s*(NUMBER|BOOL|TEXT|CHOICE)\s*\(", re.MULTILINE)


def rows_of(text):
    """(line, kind, arguments) of each row; arguments split at the commas outside strings."""
    for match in ROW.finditer(text):
        depth, quoted, part, parts, at = 1, False, "", [], match.end()
        while depth and at < len(text):
            letter = text[at]
            if letter == '"' and text[at - 1] != "\\":
                quoted = not quoted
            if not quoted:
                depth += (letter == "(") - (letter == ")")
            if depth and letter == "," and depth == 1 and not quoted:
                parts.append(part.strip())
                part = ""
            elif depth:
                part += letter
            at += 1
        yield text.count("\n", 0, match.start()) + 1, match.group(1), parts + [part.strip()]


def check(tree):
    rows, seen = [], set()
    for name in tree.match(r"^server/(base/)?config\.def$"):
        for line, kind, parts in rows_of(tree.text(name)):
            where, setting = f"{name}:{line}: {parts[0]}", parts[0]
            help_text = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', parts[-1]))
            if len(help_text) < 15:
                rows.append(f"{where} has no sentence of help")
            if setting in seen:
                rows.append(f"{where} stands twice")
            seen.add(setting)
            if kind == "NUMBER" and all(re.fullmatch(r"-?\d+", p) for p in parts[1:4]):
                standard, least, most = map(int, parts[1:4])
                if not least <= standard <= most or least == most:
                    rows.append(f"{where} has bounds that do not hold its default")
    return rows


PLANTED = [
    {"server/base/config.def": 'NUMBER(port, 8443, 1, 65535, "")\n'},
    {"server/base/config.def": 'NUMBER(port, 0, 1, 65535, "Where the server listens.")\n'},
    {"server/base/config.def": 'BOOL(edge, false, "Behind HAProxy, not direct.")\nBOOL(edge, false, "Behind HAProxy, not direct.")\n'},
]
HARMLESS = {"server/base/config.def": 'SECTION("x")\nNUMBER(port, 8443, 1, 65535,\n\t"Where the server (TCP), listens.")\n'}
