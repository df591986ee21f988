"""The files of a tree, and C source with its comments and strings taken apart."""
import functools
import pathlib
import re
import subprocess

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.cached_property
    def names(self):
        """Paths that git tracks or would track; of a folder without git, all of them."""
        if (self.root / ".git").exists():
            out = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-co",
                 "--exclude-standard", "-z"], check=True, capture_output=True).stdout
            names = [n for n in out.decode().split("\0") if n]
        else:
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]
        return sorted(n for n in names if (self.root / n).is_file())

    def match(self, pattern):
        wanted = re.compile(pattern)
        return [n for n in self.names if wanted.search(n)]

    def text(self, name):
        return (self.root / name).read_text(errors="replace")

    def lines(self, name):
        return list(enumerate(self.text(name).splitlines(), 1))

    def binary(self, name):
        return b"\0" in (self.root / name).read_bytes()[:8000]


def blank(text):
    """The same text with every character but newlines turned to spaces."""
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """C or TypeScript without comments and without what is in strings; lines keep their numbers."""
    def one(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + blank(token[1:-1]) + token[0]
        return blank(token)
    return TOKEN.sub(one, text)


def strings_of(text):
    """(line, content) of each string literal; neighbours, which C joins, are joined."""
    found, end = [], -1
    for match in TOKEN.finditer(text):
        token = match.group(0)
        if token[0] != '"':
            continue
        line = text.count("\n", 0, match.start()) + 1
        if found and not text[end:match.start()].strip():
            found[-1] = (found[-1][0], found[-1][1] + token[1:-1])
        else:
            found.append((line, token[1:-1]))
        end = match.end()
    return found


def grep(tree, names, pattern, what, view=lambda text: text):
    """Findings for each line of the files on which the pattern stands."""
    wanted = re.compile(pattern)
    rows = []
    for name in names:
        for number, line in enumerate(view(tree.text(name)).splitlines(), 1):
            match = wanted.search(line)
            if match:
                rows.append(f"{name}:{number}: {what}: {match.group(0).strip()}")
    return rows
