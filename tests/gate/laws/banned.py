LAW = "no function that cannot be used safely"

from tree import code_only, grep

NAMES = ("strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atoll|atof|alloca|gets|"
         "scanf|sscanf|fscanf|system|popen|mktemp|tmpnam|rand|srand|random|setjmp|longjmp|signal(?!\\s*\\(SIG\\w+,\\s*SIG_(IGN|DFL)\\))")


def check(tree):
    rows = grep(tree, tree.match(r"^server/.*\.[ch]$"), rf"(?<![\w.>])({NAMES})\s*\(", "banned", code_only)
    rows += grep(tree, tree.match(r"^server/.*\.[ch]$"), r"\bchar\s+\w+\s*\[\s*256\s*\]", "a buffer of a guessed size", code_only)
    return rows


PLANTED = [
    {"server/base/a.c": "void f(char *a, const char *b)\n{\n\tstrcpy(a, b);\n}\n"},
    {"server/io/a.c": "\tint n = atoi(text);\n"},
    {"server/io/a.c": "\tchar line[256];\n"},
    {"server/io/a.c": "\tchar *p = alloca (n);\n"},
    {"server/main/a.c": "\tsignal(SIGTERM, stop);\n"},
]
HARMLESS = {"server/base/a.c": "/* strcpy(a, b) is banned */\nlog(\"gets(x)\");\nbuf_sprintf_like(a);\nx->system(1);\nsignal(SIGPIPE, SIG_IGN);\nfgets(a, 1, f);\n"}
