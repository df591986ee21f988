LAW = "TypeScript: the protocol stands alone, the engine has no page, nothing is any, no HTML from strings"

import re

from tree import code_only, grep

IMPORT = re.compile(r"""(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]""")
# Which folders of web/src a folder may import from; packages by name.
MAY = {
    "seal": {"seal", "@hpke/core", "shamir-secret-sharing"},
    "client": {"seal", "client", "gen", "text", "hash-wasm", "@hpke/core", "worker", "words", "assignment", "roomwork", "export"},
    "assignment": {"assignment"},
    "roomwork": {"roomwork"},
    "export": {"export", "roomwork", "assignment", "client", "seal", "pdfkit", "bidi-js"},
}
# The one file in which the engine meets Node, for the demonstration and the tests.
NODE = "web/src/client/node.ts"
# What keeps one item, sealed, for ten minutes, across the redirect of an identification, and what takes it away.
CARRY = ("web/src/app/carry.ts", "web/src/app/forget-item.ts")


def folder_of(name, imported):
    """The folder of web/src that an import leads to, or the package's name."""
    if not imported.startswith("."):
        return imported
    parts = name.split("/")[:-1]
    for step in imported.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    inside = parts[:2] == ["web", "src"] and len(parts) > 3
    return parts[2] if inside else "gen" if "gen" in parts or "generated" in parts else "/".join(parts)


def imports(tree):
    rows = []
    for name in tree.match(r"^web/src/(seal|client|assignment|roomwork|export)/.*\.tsx?$"):
        folder = name.split("/")[2]
        for number, line in tree.lines(name):
            for imported in IMPORT.findall(line):
                if name == NODE and (imported.startswith("node:") or imported == "ws"):
                    continue
                if folder_of(name, imported) not in MAY[folder]:
                    rows.append(f"{name}:{number}: {folder} may not import {imported}")
    return rows


def check(tree):
    sources = tree.match(r"^web/src/.*\.tsx?$")
    pure = tree.match(r"^web/src/(seal|client|assignment|roomwork|export)/.*\.tsx?$")
    seal = tree.match(r"^web/src/seal/.*\.tsx?$")
    rows = imports(tree)
    rows += grep(tree, sources, r"(:\s*any\b|\bas\s+any\b|<any\b|\bany\s*\[\]|\bany>|=\s*any\b)", "any", code_only)
    rows += grep(tree, sources, r"@ts-(ignore|nocheck|expect-error)", "a check switched off")
    rows += grep(tree, sources, r"\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc)\b"
                 r"|\bdocument\.write\b|\beval\s*\(|\bnew\s+Function\b", "HTML or code from a string", code_only)
    rows += grep(tree, sources, r"\b(localStorage|indexedDB)\b", "something stored in the browser", code_only)
    rows += grep(tree, [n for n in sources if n not in CARRY], r"\bsessionStorage\b", "something stored in the browser", code_only)
    rows += grep(tree, pure, r"(?<![.\w])(document|window)\.", "the page in a room without one", code_only)
    rows += grep(tree, seal, r"(?<![.\w])(fetch|WebSocket|XMLHttpRequest)\b", "the network in the protocol", code_only)
    return rows


PLANTED = [
    {"web/src/seal/a.ts": "import { x } from '../client/x';\n"},
    {"web/src/seal/a.ts": "import { x } from 'hash-wasm';\n"},
    {"web/src/client/a.ts": "import { x } from '../app/x';\n"},
    {"web/src/client/a.ts": "import { x } from 'node:fs';\n"},
    {"web/src/assignment/a.ts": "import { x } from '../client/x';\n"},
    {"web/src/app/a.tsx": "const x: any = 1;\n"},
    {"web/src/app/a.tsx": "const y = x as any;\n"},
    {"web/src/app/a.tsx": "node.innerHTML = text;\n"},
    {"web/src/app/a.tsx": "localStorage.setItem('k', 'v');\n"},
    {"web/src/app/a.tsx": "sessionStorage.setItem('k', 'v');\n"},
    {"web/src/app/carry.ts": "localStorage.setItem('k', 'v');\n"},
    {"web/src/client/a.ts": "document.title = 'x';\n"},
    {"web/src/seal/a.ts": "await fetch('/x');\n"},
    {"web/src/app/a.tsx": "// @ts-ignore\n"},
]
HARMLESS = {
    "web/src/seal/a.ts": "import { x } from './x';\nimport * as hpke from '@hpke/core';\n// any reader\nconst s = 'any: any';\n",
    "web/src/client/a.ts": "import { x } from '../seal/x';\nconst many = company;\n",
}
