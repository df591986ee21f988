// An agreement's document: everything that is agreed stands in it, in three languages, and it is the same bytes whenever it is made. And a
// table of organisations in pieces for the server.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { agreementPaper } from "../../web/src/agreement/document.js";
import { piecesOf } from "../../web/src/agreement/families.js";
import { CLAUSES, KEPT, type Terms } from "../../web/src/agreement/terms.js";
import { termsOf, type Language } from "../../web/src/demo/terms.js";
import { writePaper } from "../../web/src/export/paper.js";
import { speaking } from "../../web/src/export/words.js";
import { speechFor } from "../../web/src/text/text.js";

const web = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..", "web");
const need = createRequire(join(web, "package.json"));
const font = (name: string): Uint8Array => readFileSync(need.resolve(`@expo-google-fonts/source-sans-3/${name}`));
const FONTS = {
	plain: font("400Regular/SourceSans3_400Regular.ttf"), strong: font("600SemiBold/SourceSans3_600SemiBold.ttf"), extra: () => Promise.reject(new Error("these words need no other font")),
};
const PARTIES = { controller: "Kivijärven kaupunki (0000010-7)", processor: "Palvelukeskus, esittely (0000002-7)" };

const paperOf = async (language: Language, terms: Terms) =>
	agreementPaper({ speech: await speechFor(language, true), terms, version: 3, holdsFrom: "2026-03-01", made: Date.UTC(2026, 1, 2), ...PARTIES });

const written = async (language: Language, terms: Terms): Promise<Uint8Array> => {
	const chunks: Uint8Array[] = [];
	await writePaper(FONTS, speaking(language, "Europe/Helsinki"), await paperOf(language, terms), (bytes) => void chunks.push(bytes.slice()));
	const bytes = new Uint8Array(Buffer.concat(chunks));
	if (process.env["LUOTSI_KEEP"]) writeFileSync(join(process.env["LUOTSI_KEEP"], `agreement-${language}-${terms.at_end}.pdf`), bytes);
	return bytes;
};

interface Read {
	numPages: number;
	getPage(n: number): Promise<{ getTextContent(): Promise<{ items: { str: string; hasEOL: boolean }[] }> }>;
	getOutline(): Promise<{ title: string; items: { title: string }[] }[] | null>;
	getMetadata(): Promise<{ info: { Title?: string; Language?: string } }>;
}
/** Node 20 has none of it, and the reader asks for it. */
const withResolvers = () => {
	let [resolve, reject] = [(_: unknown): void => undefined, (_: unknown): void => undefined];
	const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
	return { promise, resolve, reject };
};
const read = async (pdf: Uint8Array): Promise<Read> => {
	Object.assign(Promise, { withResolvers: (Promise as { withResolvers?: unknown }).withResolvers ?? withResolvers });
	const { getDocument } = (await import(pathToFileURL(need.resolve("pdfjs-dist/legacy/build/pdf.mjs")).href)) as { getDocument(o: object): { promise: Promise<Read> } };
	return getDocument({ data: pdf.slice(), useSystemFonts: false, verbosity: 0 }).promise;
};
const plain = (text: string): string => text.replace(/\s+/g, "");
const pagesOf = async (doc: Read): Promise<string[]> =>
	Promise.all(Array.from({ length: doc.numPages }, async (_, i) => plain((await (await doc.getPage(i + 1)).getTextContent()).items.map((one) => one.str).join(""))));

for (const language of ["fi", "sv", "en"] as const)
	for (const kind of ["authority", "association"] as const)
		test(`everything that is agreed stands in the document: ${kind}, ${language}`, async () => {
			const terms = { ...termsOf(kind, language, "0000011-5"), ends: "2029-12-31" };
			const doc = await read(await written(language, terms));
			const { t, format } = await speechFor(language, true), pages = await pagesOf(doc), whole = pages.join("");
			const wanted = [
				...Object.values(PARTIES), ...CLAUSES.flatMap((clause) => [t(`agreement.term.${clause}`), ...terms[clause].split("\n")]), ...terms.security,
				...terms.data.map((one) => t(`agreement.data.${one}`)), ...terms.persons.map((one) => t(`agreement.person.${one}`)),
				...terms.subprocessors.flatMap((one) => Object.values(one)), ...KEPT.map((one) => `${t(`agreement.kept.${one}`)}${format.number(terms.retention[one])}`),
				t(`agreement.at_end.${terms.at_end}`), String(terms.end_days), format.date(Date.UTC(2026, 2, 1)), format.date(Date.UTC(2029, 11, 31)), terms.other,
			];
			for (const one of wanted) assert.ok(whole.includes(plain(one)), one);
			pages.forEach((page, i) => assert.ok(page.startsWith(plain(`${t("agreement.doc.title")}, ${PARTIES.controller}, ${t("agreement.template.version", { version: 3 })}·${speaking(language, "UTC").say("page")} ${i + 1}/${doc.numPages}`)), `page ${i + 1}`));
			const [title] = (await doc.getOutline()) ?? [];
			const headings = title?.items.map((one) => one.title) ?? [];
			assert.deepEqual(headings.filter((one) => /^\d/.test(one)).map((one) => Number.parseInt(one, 10)), Array.from({ length: headings.length - 3 }, (_, i) => i + 1), "numbered from the first to the last");
			assert.deepEqual(headings.slice(-3), (["security", "subprocessors", "retention"] as const).map((one, i) => `${t("agreement.doc.annex", { n: i + 1 })}. ${t(`agreement.doc.of_${one}`)}`));
			const { info } = await doc.getMetadata();
			assert.deepEqual([info.Title?.startsWith(t("agreement.doc.title")), info.Language?.slice(0, 2)], [true, language]);
		});

test("the same version gives the same bytes, and any other term other bytes", async () => {
	const terms = termsOf("authority", "fi", "0000011-5");
	const sum = async (of: Terms): Promise<string> => createHash("sha256").update(await written("fi", of)).digest("hex");
	const first = await sum(terms);
	assert.equal(await sum(terms), first, "milliseconds later, which a file's own id would tell");
	const others = [{ end_days: 31 }, { retention: { ...terms.retention, notes: 455 } }, { data: terms.data.slice(1) }, { audits: `${terms.audits}.` }, { subprocessors: [] }, { at_end: "return" as const }];
	for (const change of others) assert.notEqual(await sum({ ...terms, ...change }), first, JSON.stringify(change));
});

test("long terms go on over pages, and signatures are never parted by one", async () => {
	const terms = { ...termsOf("authority", "fi", ""), other: Array.from({ length: 60 }, (_, i) => `Ehto ${i + 1}: ${"pitkä lause jatkuu ".repeat(12)}`).join("\n") };
	const { t } = await speechFor("fi", true);
	for (let cut = 0; cut < 8; cut++) {
		const pages = await pagesOf(await read(await written("fi", { ...terms, other: terms.other.split("\n").slice(cut).join("\n") })));
		for (const party of ["controller", "processor"] as const) {
			const who = plain(`${t(`agreement.${party}`)}: ${PARTIES[party]}`), page = pages.findLast((one) => one.includes(who)) ?? "";
			const after = page.slice(page.lastIndexOf(who));
			for (const one of ["place", "sign", "name", "title"] as const) assert.ok(after.includes(plain(t(`agreement.doc.blank_${one}`))), `${party} ${one}, cut ${cut}`);
		}
	}
});

test("rows of one business id stay in one piece, in their order, and nothing is lost or doubled", () => {
	const rows = Array.from({ length: 900 }, (_, i) => ({ business_id: String(i % 7 === 0 ? i % 50 : i), under: i % 3 === 0 ? String(i % 50) : "" }));
	const pieces = piecesOf(rows, 40);
	assert.deepEqual(pieces.flat().sort((a, b) => a - b), rows.map((_, i) => i));
	const home = new Map<string, number>();
	pieces.forEach((piece, n) => {
		assert.deepEqual([...piece].sort((a, b) => a - b), piece);
		const families = new Set(piece.map((i) => rows[i]?.under || rows[i]?.business_id));
		assert.ok(piece.length <= 40 || families.size === 1);
		for (const family of families) {
			assert.equal(home.get(family as string) ?? n, n, `${family} is in two pieces`);
			home.set(family as string, n);
		}
	});
	assert.deepEqual(piecesOf([], 40), []);
});
