LAW = "a test waits for what it reads from a page, by a condition: comes, stays or a locator's waitFor"

import re

from tree import code_only

READS = (r"(?:textContent|allTextContents|innerText|allInnerTexts|innerHTML|inputValue|count|isVisible|isHidden|isEnabled|isDisabled|isEditable"
         r"|isChecked|getAttribute|boundingBox|title)")
# From "await" to the read, without a function between them: what stands in a function is read as often as its caller asks.
READ_ONCE = re.compile(rf"\bawait\s+(?:(?!=>|;|\bawait\b|\bfunction\b).)*?\.{READS}\(", re.DOTALL)
URL_ONCE = re.compile(r"\bassert\b(?:(?!=>|;).)*?\.url\(\)", re.DOTALL)
EVALUATED_ONCE = re.compile(r"\bassert[.\w]*\((?:(?!=>|;).)*?\bawait\s+[^;=]*?\.evaluate(?:All)?\(", re.DOTALL)
TIME = re.compile(r"\.waitForTimeout\(")
READER = re.compile(rf"^(?:export )?(?:const|function)\s+(\w+)\b((?:(?!^\}}|^(?:const|function|test|let|within)\b).)*?\.(?:{READS}|evaluate|evaluateAll)\()", re.MULTILINE | re.DOTALL)


def readers_of(code):
    """Names of the file's own functions that read the page and do not wait themselves."""
    return [name for name, body in READER.findall(code) if "=>" in body and not re.search(r"\b(comes|stays|waitFor\w*)\(", body)]


def where(code, pattern):
    return [code.count("\n", 0, match.start()) + 1 for match in pattern.finditer(code)]


def inside_a_reader(code, line):
    """A function that is called until it fits may await as it likes: `=>` opened on its line, or a reader of its own."""
    text = code.splitlines()[line - 1]
    return bool(re.search(r"=>.*\bawait\b", text))


def findings(name, code):
    rows = [(line, "read from the page once") for line in where(code, READ_ONCE) if not inside_a_reader(code, line)]
    rows += [(line, "asked of the page once") for line in where(code, EVALUATED_ONCE)]
    rows += [(line, "an address read once") for line in where(code, URL_ONCE)]
    rows += [(line, "a wait by time") for line in where(code, TIME)]
    for reader in readers_of(code):
        rows += [(line, f"{reader}() asked once") for line in where(code, re.compile(rf"\bassert[.\w]*\((?:(?!=>|;).)*?\bawait\s+{reader}\(", re.DOTALL))]
    return [f"{name}:{line}: {what}" for line, what in sorted(rows)]


def check(tree):
    rows = []
    for name in tree.match(r"^tests/(browser|flow|promise|client|idp|evil|chaos)/.*\.(ts|mjs)$"):
        rows += findings(name, code_only(tree.text(name)))
    return rows


def test(body):
    return {"tests/browser/a.test.ts": f'test("a", async () => {{\n\t{body}\n}});\n'}


PLANTED = [
    test('assert.equal(await page.locator(".a").textContent(), "x");'),
    test('assert.deepEqual((await page.locator(".a li").allTextContents()).join("-"), code);'),
    test('link = await page.getByLabel("Linkki").inputValue();'),
    test('assert.equal(await page.locator(".a").count(), 0);'),
    test('if (await page.locator(".a").isVisible()) await close();'),
    test('assert.equal(page.url(), `${origin}/`);'),
    test("assert.equal(await page.evaluate(() => document.title), 1);"),
    test("await page.waitForTimeout(300);"),
    {"tests/browser/a.test.ts": 'const found = (page: Page): Promise<string[]> => page.locator(".a").allTextContents();\ntest("a", async () => {\n\tassert.deepEqual(await found(page), []);\n});\n'},
    {"tests/browser/a.test.ts": 'const kept = (page) => page.evaluate(() => sessionStorage.length);\ntest("a", async () => {\n\tassert.equal(\n\t\tawait kept(page), 0);\n});\n'},
]
HARMLESS = {
    "tests/browser/a.test.ts": 'const found = (page: Page): Promise<string[]> => page.locator(".a").allTextContents();\n'
    'test("a", async () => {\n\tawait comes(() => page.locator(".a").count(), 0);\n\tawait comes(() => found(page), []);\n'
    '\tawait comes(async () => (await page.locator(".a").textContent())?.trim(), "x");\n\tconst code = await comes(() => page.locator(".a").inputValue(), /x/);\n'
    '\tassert.deepEqual(await findings(page), []);\n\tawait comes(() => page.url(), "x"); // assert.equal(page.url(), "x")\n});\n',
}
