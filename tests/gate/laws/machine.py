LAW = "nothing tracked names this machine or a package registry"

from tree import grep

PATTERN = "|".join([
    r"(?<![\w.$}/])/(wor" + r"k|far" + r"m)/", r"/home/\w+/", r"/ro" + r"ot/\w", r'"resol' + r'ved":\s*"http', r"https?://regis" + r"try\.",
    r"https?://[\w.-]*(npmjs|yarnpkg)\.\w+", r"https?://proxy\.golang", r"_authTo" + r"ken"])


def check(tree):
    return grep(tree, [n for n in tree.names if not tree.binary(n)], PATTERN, "of one machine")


PLANTED = [
    {"a.c": "/* see /wor" + "k/main */\n"},
    {"web/package-lock.json": '"resol' + 'ved": "https://example.org/a.tgz"\n'},
    {"web/.npmrc": "registry=https://regis" + "try.example.org/\n"},
]
HARMLESS = {"a.c": "/* the network/work/flow of things, ./work/x */\n"}
