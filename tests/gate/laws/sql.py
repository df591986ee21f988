LAW = "SQL is in db/: C says no statement of its own"

import re

from tree import strings_of

STATEMENT = re.compile(
    r"\b(SELECT\s+(?:[^;]*\sFROM\s|\w+\()|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|ROLE|FUNCTION|SCHEMA)\b"
    r"|TRUNCATE\s+\w|WITH\s+\w+\s+AS\s*\(|COPY\s+\w+\s+(FROM|TO)\b)", re.IGNORECASE)
# The migrate role keeps its own record before any migration can; nothing else is excused.
KEEPS_RECORDS = r"^server/io/migrate\.c$"


def looks_like_sql(text):
    found = STATEMENT.search(text)
    return found and (found.group(0).split()[0].isupper() or re.match(r"\s*(select|insert|update|delete|with)\s", text))


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.[ch]$"):
        if re.search(KEEPS_RECORDS, name):
            continue
        for line, text in strings_of(tree.text(name)):
            if looks_like_sql(text):
                rows.append(f"{name}:{line}: SQL in a string: {text[:60]}")
    return rows


PLANTED = [
    {"server/domain/a.c": 'static const char *q = "SELECT name FROM person";\n'},
    {"server/core/a.c": 'f("INSERT "\n  "INTO room VALUES ($1)");\n'},
    {"server/main/a.c": 'f("delete from room where id = $1");\n'},
]
HARMLESS = {
    "server/io/a.c": 'f("select a smaller frame"); /* SELECT x FROM y */\nlog("update done");\n',
}
