// What is taken out, as files: the ZIP against other readers and its own checker, the PDF as readers and screen readers see it.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { writeDocument } from "../../web/src/export/document.js";
import { openingOf, openWith } from "../../web/src/export/opening.js";
import { makeArchive } from "../../web/src/export/zip.js";
import { crc32 } from "../../web/src/export/zip-format.js";
import { TEXTS, wordsOf } from "../../web/src/export/words.js";
import { checkExport } from "../../web/src/verify/check.js";
import { openZip, readLines } from "../../web/src/verify/zip.js";
import { fromUtf8, importSealKey, pad, random, seal, unpad, utf8, type Bytes } from "../../web/src/seal/index.js";

const web = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..", "web");
const need = createRequire(join(web, "package.json"));

const zipped = async (entries: readonly (readonly [string, Uint8Array])[]): Promise<Bytes> => {
	const chunks: Uint8Array[] = [];
	const archive = makeArchive((bytes) => void chunks.push(bytes.slice()));
	for (const [name, bytes] of entries) for (let at = 0; at === 0 || at < bytes.length; at += 100_000) await archive.add(name, bytes.subarray(at, at + 100_000));
	await archive.end();
	return new Uint8Array(Buffer.concat(chunks));
};

const sourceOf = (bytes: Bytes) => ({ size: bytes.length, read: async (from: number, to: number) => bytes.slice(from, to) });

test("another_reader_finds_every_entry_of_the_zip_whole", async () => {
	const big = random(65_536).length === 65_536 ? new Uint8Array(2_500_000).map((_, i) => i * 7) : new Uint8Array();
	const bytes = await zipped([["README.txt", utf8("hei\n")], ["files/001-ää kirje.txt", utf8("ääkköset")], ["tyhjä", new Uint8Array()], ["iso.bin", big]]);
	const folder = mkdtempSync(join(tmpdir(), "luotsi-zip."));
	writeFileSync(join(folder, "a.zip"), bytes);
	const script = "import sys,zipfile,hashlib,json\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps([[i.filename,i.file_size,hashlib.sha256(z.read(i)).hexdigest()] for i in z.infolist()]))";
	const ran = spawnSync("python3", ["-c", script, join(folder, "a.zip")], { encoding: "utf8" });
	rmSync(folder, { recursive: true });
	assert.equal(ran.status, 0, ran.stderr);
	const read = JSON.parse(ran.stdout) as [string, number, string][];
	assert.deepEqual(read.map(([name, size]) => [name, size]).slice(0, 4), [["README.txt", 4], ["files/001-ää kirje.txt", 11], ["tyhjä", 0], ["iso.bin", 2_500_000]]);
	assert.equal(read[4]?.[0], "manifest.json");
	assert.equal(crc32(utf8("123456789")), 0xcbf43926);
	const zip = await openZip(sourceOf(bytes), (name) => assert.fail(name));
	const entry = zip?.has("files/001-ää kirje.txt");
	assert.equal(zip && entry && fromUtf8(await zip.read(entry, 0, entry.size)), "ääkköset");
});

test("what_is_no_such_zip_is_said_to_be_none", async () => {
	const bytes = await zipped([["a", utf8("x")]]);
	const none: readonly Uint8Array[] = [new Uint8Array(), utf8("ei zip"), bytes.slice(0, -1), bytes.slice(1), new Uint8Array([...bytes, 0]), new Uint8Array([...new Uint8Array(22).fill(0)])];
	for (const one of none) assert.equal((await checkExport(sourceOf(one as Bytes))).findings[0]?.what, "no_zip");
	await assert.rejects(zipped([["a", utf8("1")], ["b", utf8("2")], ["a", utf8("3")]]), { message: "room_too_large" });
});

test("lines_are_read_across_the_stretches_and_one_without_an_end_is_not_held", async () => {
	const lines = Array.from({ length: 30_000 }, (_, i) => `rivi ä ${i} ${"x".repeat(60)}`);
	const bytes = await zipped([["lines", utf8(`${lines.join("\n")}\n`)], ["long", new Uint8Array(3_000_000).fill(65)]]);
	const zip = await openZip(sourceOf(bytes), () => undefined);
	const all = async (name: string): Promise<string[]> => {
		const read: string[] = [];
		const entry = zip?.has(name);
		if (zip && entry) for await (const line of readLines(zip, entry)) read.push(line);
		return read;
	};
	assert.deepEqual(await all("lines"), lines);
	assert.ok((await all("long")).every((line) => line.length <= 1 << 20));
});

test("an_opening_opens_its_body_and_no_other", async () => {
	const key = await importSealKey(random(32));
	const [context, other] = [random(32), random(32)];
	for (const text of ["", "x".repeat(300), "ä".repeat(20_000)]) {
		const sealed = await seal(key, context, pad(utf8(text)));
		const opening = await openingOf(key, context, sealed);
		assert.equal(fromUtf8(unpad(await openWith(opening, sealed))), text);
		await assert.rejects(openWith(opening, await seal(key, context, pad(utf8(text)))), { word: "sealed" });
		await assert.rejects(openWith(await openingOf(key, other, sealed), sealed), { word: "sealed" });
		for (const at of [56, sealed.length - 1]) {
			const spoilt = sealed.slice();
			spoilt[at] = (spoilt[at] as number) ^ 1;
			await assert.rejects(openWith(opening, spoilt), { word: "sealed" });
		}
	}
});

const member = { user: "u", role: "staff", name: "Oona Ohjaaja", employer: "Testikunta", since: "2026-11-22T08:00:00.000Z", active: true, signing_key: "k", encryption_key: "k" };
const room = {
	format: "luotsi-room-export/1", taken_at: "2026-11-22T09:00:00.000Z", taken_by: "u", language: "fi", said_by_server: { controller: "Testikunta", controller_business_id: "0944845-0" },
	verified: { organisation: "o", organisation_root: "r", room: "r", phase: "open", created_at: "2026-11-20T09:00:00.000Z", log_entries: 4, log_head: "h", messages: 2, members: [member] },
};
const message = (n: number, text: string, more: object = {}) => ({
	type: "message", message: { id: `m${n}`, seq: n, written_at: "2026-11-22T09:00:00.000Z", stored_at: new Date(Date.UTC(2026, 10, 1, 9, n)).toISOString(), from: "client", sender: "u", name: "Aino", employer: "",
		language: "fi", text, edited: false, deleted: false, locked: false, unverified: null, ...more },
});
const work = { phases: [], goals: [{ id: "g", type: "goal", fields: { text: "Oma asunto", done: false, by: "2027-09-01", order: 0, gone: false }, made: { at: 0, name: "Aino", staff: false, mine: true }, changed: { at: 0, name: "Aino", staff: false, mine: true }, version: 1, history: [] }], steps: [], events: [], gone: [], refused: 0 };

const font = (weight: string): Uint8Array => new Uint8Array(readFileSync(need.resolve(`@expo-google-fonts/source-sans-3/${weight}.ttf`)));
const fonts = { plain: font("400Regular/SourceSans3_400Regular"), strong: font("600SemiBold/SourceSans3_600SemiBold") };

const documentOf = async (lines: readonly object[]): Promise<Uint8Array> => {
	const chunks: Uint8Array[] = [];
	const texts = Object.fromEntries(TEXTS.map((one) => [one, `[${one}]`])) as never;
	const writing = writeDocument(fonts, wordsOf({ locale: "fi-FI", texts, events: { met: "m", called: "c", applied: "a", visited: "v", other: "o" } }), (bytes) => void chunks.push(bytes.slice()));
	for (const line of lines) writing.line(JSON.stringify(line));
	await writing.end();
	return new Uint8Array(Buffer.concat(chunks));
};

interface Tree { readonly role: string; readonly children?: readonly (Tree | { readonly type: string })[] }
const roles = (tree: Tree | null): string[] => (tree ? [tree.role, ...(tree.children ?? []).flatMap((one) => ("role" in one ? roles(one) : []))] : []);

/** Node 20 has none of it, and pdf.js asks for it. */
const withResolvers = () => {
	let [resolve, reject] = [(_: unknown): void => undefined, (_: unknown): void => undefined];
	const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
	return { promise, resolve, reject };
};

const read = async (pdf: Uint8Array) => {
	Object.assign(Promise, { withResolvers: (Promise as { withResolvers?: unknown }).withResolvers ?? withResolvers });
	const { getDocument } = (await import(pathToFileURL(need.resolve("pdfjs-dist/legacy/build/pdf.mjs")).href)) as { getDocument(o: object): { promise: Promise<PdfDocument> } };
	return getDocument({ data: pdf.slice(), useSystemFonts: false, verbosity: 0 }).promise;
};
interface PdfDocument {
	numPages: number;
	getPage(n: number): Promise<{ getTextContent(): Promise<{ items: { str: string }[] }>; getStructTree(): Promise<Tree | null> }>;
	getMarkInfo(): Promise<ReadonlyMap<string, boolean> | null>;
	getMetadata(): Promise<{ info: { Title?: string; Language?: string } }>;
}

test("the_document_is_tagged_named_and_in_its_language_and_its_text_can_be_taken_out", async () => {
	const pdf = await read(await documentOf([{ type: "room", room }, { type: "work", work }, message(1, "Hei! Ääkköset åäö ja čđŋšžŧ."), message(2, "Kuva 🦊 tässä", { edited: true }), message(3, "", { deleted: true }), message(4, "salattu", { unverified: "bad_signature" })]));
	assert.equal((await pdf.getMarkInfo())?.get("Marked"), true);
	const { info } = await pdf.getMetadata();
	assert.deepEqual([info.Title, info.Language], ["[title]", "fi-FI"]);
	const page = await pdf.getPage(1);
	const text = (await page.getTextContent()).items.map(({ str }) => str).join("");
	for (const one of ["Hei! Ääkköset åäö ja čđŋšžŧ.", "Kuva \u25A1 tässä", "[deleted]", "[unverified]", "Oma asunto", "Oona Ohjaaja"]) assert.ok(text.includes(one), one);
	assert.ok(!text.includes("salattu"));
	const found = roles(await page.getStructTree());
	for (const role of ["Document", "H1", "H2", "H3", "P", "L", "LI", "Lbl", "LBody"]) assert.ok(found.includes(role), `${role} in ${found.join()}`);
	const order = ["[title]", "[members]", "[goals]", "[conversation]", "Hei!"].map((one) => text.indexOf(one));
	assert.deepEqual(order, [...order].sort((a, b) => a - b), "in the order of reading");
});

test("a_long_room_is_written_page_after_page_and_each_keeps_its_tags", async () => {
	const lines = Array.from({ length: 400 }, (_, n) => message(n, `Viesti ${n}. ${"Pitkä teksti jatkuu. ".repeat(n % 40)}`));
	const pdf = await read(await documentOf([{ type: "room", room }, { type: "work", work }, ...lines]));
	assert.ok(pdf.numPages > 20);
	let text = "";
	for (let n = 1; n <= pdf.numPages; n++) {
		const page = await pdf.getPage(n);
		assert.ok(roles(await page.getStructTree()).includes("P"), `page ${n}`);
		text += (await page.getTextContent()).items.map(({ str }) => str).join("");
	}
	for (let n = 0; n < 400; n++) assert.ok(text.includes(`Viesti ${n}.`), `message ${n}`);
});
