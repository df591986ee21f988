LAW = "SQL is in db/, and in C only what io/pg_sql.h says"

import re

from tree import strings_of

STATEMENT = re.compile(
    r"\b(SELECT\s+(?:[^;]*\sFROM\s|\w+\()|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|ROLE|FUNCTION|SCHEMA)\b"
    r"|TRUNCATE\s+\w|WITH\s+\w+\s+AS\s*\(|COPY\s+\w+\s+(FROM|TO)\b)", re.IGNORECASE)
# What io itself must say (the tenant of a transaction, the record of migrations) stands in one header.
IO_SAYS = r"^server/io/pg_sql\.h$"


def looks_like_sql(text):
    found = STATEMENT.search(text)
    return found and (found.group(0).split()[0].isupper() or re.match(r"\s*(select|insert|update|delete|with)\s", text))


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.[ch]$"):
        if re.search(IO_SAYS, name):
            continue
        for line, text in strings_of(tree.text(name)):
            if looks_like_sql(text):
                rows.append(f"{name}:{line}: SQL in a string: {text[:60]}")
    return rows


PLANTED = [
    {"server/domain/a.c": 'static const char *q = "SELECT name FROM person";\n'},
    {"server/core/a.c": 'f("INSERT "\n  "INTO room VALUES ($1)");\n'},
    {"server/io/pg_link.c": 'f("SELECT set_config($1)");\n'},
    {"server/main/a.c": 'f("delete from room where id = $1");\n'},
]
HARMLESS = {
    "server/io/pg_sql.h": '#define A "SELECT set_config(1)"\n',
    "server/io/a.c": 'f("select a smaller frame"); /* SELECT x FROM y */\nlog("update done");\n',
}
