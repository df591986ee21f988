// What is taken out, as files: the ZIP against other readers and its own checker, the PDF as readers and screen readers see it.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import type { Block } from "../../web/src/export/blocks.js";
import { writeDocument } from "../../web/src/export/document.js";
import { openingOf, openWith } from "../../web/src/export/opening.js";
import { makeArchive } from "../../web/src/export/zip.js";
import { centralHeader, crc32, descriptor, endRecord, isWide, localHeader, type ZipEntry } from "../../web/src/export/zip-format.js";
import { speaking } from "../../web/src/export/words.js";
import type { Extra } from "../../web/src/export/letters.js";
import { checkExport } from "../../web/src/verify/check.js";
import { checkFiles } from "../../web/src/verify/files.js";
import { openZip, readLines } from "../../web/src/verify/zip.js";
import { written } from "../lib/taken.js";
import { entryOf, filesIn, listedAs } from "../../web/src/export/told-files.js";
import type { ExportedItem } from "../../web/src/export/format.js";
import { fromUtf8, importSealKey, KIND, makeFileSealer, pad, pieceOf, random, seal, sha256, toBase64Url, unpad, utf8, type Bytes } from "../../web/src/seal/index.js";

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

test("beyond_four_gigabytes_other_readers_and_the_checker_find_what_stands_there", async () => {
	const folder = mkdtempSync(join(tmpdir(), "luotsi-zip."));
	const file = openSync(join(folder, "a.zip"), "w+");
	let at = 0;
	const write = (bytes: Uint8Array): void => void (at += writeSync(file, bytes, 0, bytes.length, at));
	const entries: ZipEntry[] = [];
	/** Zeroes that a disk does not hold; whose checksum nobody asks for here. */
	const add = (name: string, size: number, text?: Uint8Array): void => {
		const one = { name, size, at, crc: text ? crc32(text) : 7 };
		write(localHeader(name, isWide(size)));
		if (text) write(text);
		else at += size;
		write(descriptor(one));
		entries.push(one);
	};
	add("iso", 2 ** 32 + 5);
	add("raja", 2 ** 32 - 2);
	const text = utf8("neljän gigatavun takana");
	add("viimeinen.txt", text.length, text);
	const directory = at;
	for (const one of entries) write(centralHeader(one));
	write(endRecord(entries.length, at - directory, directory));
	const script = "import sys,zipfile,json\nz=zipfile.ZipFile(sys.argv[1])\nprint(json.dumps([[i.filename,i.file_size] for i in z.infolist()]+[z.read('viimeinen.txt').decode()]))";
	const ran = spawnSync("python3", ["-c", script, join(folder, "a.zip")], { encoding: "utf8" });
	const source = {
		size: at,
		read: async (from: number, to: number) => {
			const bytes = new Uint8Array(to - from);
			readSync(file, bytes, 0, to - from, from);
			return bytes;
		},
	};
	const zip = await openZip(source, (name) => assert.fail(name));
	const last = zip?.has("viimeinen.txt");
	const read = zip && last && fromUtf8(await zip.read(last, 0, last.size));
	closeSync(file);
	rmSync(folder, { recursive: true });
	assert.equal(ran.status, 0, ran.stderr);
	assert.deepEqual(JSON.parse(ran.stdout), [["iso", 2 ** 32 + 5], ["raja", 2 ** 32 - 2], ["viimeinen.txt", text.length], "neljän gigatavun takana"]);
	assert.deepEqual(zip?.entries.map(({ size }) => size), [2 ** 32 + 5, 2 ** 32 - 2, text.length]);
	assert.equal(read, "neljän gigatavun takana");
});

test("more_entries_than_sixteen_bits_count_are_counted", async () => {
	const end = endRecord(65_600, 1_000, 2_000);
	assert.equal(end.length, 98);
	assert.equal(new DataView(end.buffer).getBigUint64(32, true), 65_600n);
	assert.equal(endRecord(65_534, 1_000, 2_000).length, 22);
});

test("what_is_no_such_zip_is_said_to_be_none", async () => {
	const bytes = await zipped([["a", utf8("x")]]);
	const none: readonly Uint8Array[] = [new Uint8Array(), utf8("ei zip"), bytes.slice(0, -1), bytes.slice(1), new Uint8Array([...bytes, 0]), new Uint8Array([...new Uint8Array(22).fill(0)])];
	for (const one of none) assert.equal((await checkExport(sourceOf(one as Bytes))).findings[0]?.what, "no_zip");
	await assert.rejects(zipped([["a", utf8("1")], ["b", utf8("2")], ["a", utf8("3")]]), { message: "internal" });
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

test("a_file_of_any_size_agrees_with_its_manifest_also_one_whose_padding_is_a_part_of_its_own", async () => {
	for (const size of [100, 1_048_576, 2_097_000, 2_097_152, 3_000_000]) {
		const bytes = new Uint8Array(size).fill(7);
		const sealer = await makeFileSealer({ org: random(16), room: random(16), file: random(16) }, random(32), size);
		for (let n = 0; n < sealer.shape.parts; n++) await sealer.part(n, bytes.slice(...pieceOf(size, n)));
		const content = { v: 1, name: "a.pdf", media: "application/pdf", size, hash: toBase64Url((await sealer.hashes()).content), about: "" };
		const items = [{ id: "1", kind: KIND.file, content, deleted: false, name: "Aino", stored_at: "" } as unknown as ExportedItem];
		const digests: Bytes[] = [];
		for (let at = 0; at < size; at += 1_048_576) digests.push(await sha256(bytes.slice(at, at + 1_048_576)));
		const found: string[] = [];
		const look = (all: readonly Bytes[]): Promise<void> =>
			checkFiles((what) => void found.push(`${what} ${size}`), filesIn(items).map((one) => listedAs(one, entryOf(0, "a.pdf"))), items, new Map([[entryOf(0, "a.pdf"), all]]));
		await look(digests);
		assert.deepEqual(found, []);
		for (const bad of [digests.slice(1), [...digests, await sha256(random(1))], [await sha256(random(1)), ...digests.slice(1)]]) await look(bad);
		assert.deepEqual(found, Array.from({ length: 3 }, () => `file ${size}`));
	}
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

const font = (family: string, file: string): Uint8Array => new Uint8Array(readFileSync(need.resolve(`@expo-google-fonts/${family}/${file}.ttf`)));
const EXTRAS: Readonly<Record<Extra, () => Uint8Array>> = {
	arabic: () => font("noto-sans-arabic", "400Regular/NotoSansArabic_400Regular"), hebrew: () => font("noto-sans-hebrew", "400Regular/NotoSansHebrew_400Regular"),
	thai: () => font("noto-sans-thai", "400Regular/NotoSansThai_400Regular"),
};

const documentOf = async (blocks: readonly Block[], asked: Extra[] = []): Promise<Uint8Array> => {
	const chunks: Uint8Array[] = [];
	const fonts = {
		plain: font("source-sans-3", "400Regular/SourceSans3_400Regular"), strong: font("source-sans-3", "600SemiBold/SourceSans3_600SemiBold"),
		extra: async (name: Extra) => {
			asked.push(name);
			return EXTRAS[name]();
		},
	};
	const writing = writeDocument(fonts, speaking("fi", "Europe/Helsinki"), (bytes) => void chunks.push(bytes.slice()));
	for (const block of blocks) await writing.line(JSON.stringify(block));
	await writing.end();
	const bytes = new Uint8Array(Buffer.concat(chunks));
	if (process.env["LUOTSI_KEEP"]) writeFileSync(join(process.env["LUOTSI_KEEP"], `document-${blocks.length}.pdf`), bytes);
	return bytes;
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
	getOutline(): Promise<{ title: string; items: unknown[] }[] | null>;
	getMetadata(): Promise<{ info: { Title?: string; Language?: string } }>;
}

const textOf = async (pdf: PdfDocument, n: number): Promise<string> => (await (await pdf.getPage(n)).getTextContent()).items.map(({ str }) => str).join("");

/** What a PDF's streams hold, unpacked. */
const streamsOf = (pdf: Uint8Array): Buffer[] => {
	const whole = Buffer.from(pdf);
	const found: Buffer[] = [];
	for (let at = whole.indexOf("stream\n"); at >= 0; at = whole.indexOf("stream\n", at + 7)) {
		const end = whole.indexOf("\nendstream", at);
		if (end > at && whole[at + 7] === 0x78) found.push(inflateSync(whole.subarray(at + 7, end)));
	}
	return found;
};

const METER: readonly Block[] = [
	{ is: "heading", level: 2, text: "Mittarit" }, { is: "heading", level: 3, text: "Elämäntilanne" },
	{ is: "plot", about: "Vastaukset", key: ["Ensimmäinen", "Viimeisin"], two: true, areas: [{ label: "Talous", first: 2, last: 6 }, { label: "Terveys", first: null, last: 4 }] },
	{ is: "table", wide: [5, 2, 2, 2], head: ["Alue", "Ensin", "Nyt", "Muutos"], rows: [["Talous", "2", "6", "+4"], ["Terveys", "\u2013", "4", "\u2013"]] },
];

test("the_document_is_tagged_named_and_in_its_language_and_its_text_can_be_taken_out", async () => {
	const pdf = await read(await documentOf([
		{ is: "heading", level: 1, text: "Ohjaustila" }, { is: "list", items: ["Rekisterinpitäjä: Testikunta", "Avattu 22.11.2026"] }, ...METER,
		{ is: "heading", level: 2, text: "Keskustelu" }, { is: "heading", level: 3, text: "sunnuntai 22.11.2026" },
		{ is: "said", who: "Aino, asiakas", lines: ["Hei! Ääkköset åäö ja čđŋšžŧ.", "Ελληνικά, українська, tiếng Việt"] },
	]));
	assert.equal((await pdf.getMarkInfo())?.get("Marked"), true);
	const { info } = await pdf.getMetadata();
	assert.deepEqual([info.Title, info.Language], ["Ohjaustila", "fi-FI"]);
	const text = await textOf(pdf, 1);
	const wanted = ["Ohjaustila", "Rekisterinpitäjä", "Talous", "Keskustelu", "Hei! Ääkköset åäö ja čđŋšžŧ.", "Ελληνικά, українська, tiếng Việt"];
	for (const one of wanted) assert.ok(text.includes(one), one);
	const found = roles(await (await pdf.getPage(1)).getStructTree());
	for (const role of ["Document", "H1", "H2", "H3", "P", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "Figure"]) assert.ok(found.includes(role), `${role} in ${found.join()}`);
	const order = wanted.map((one) => text.indexOf(one));
	assert.deepEqual(order, [...order].sort((a, b) => a - b), "in the order of reading");
	assert.deepEqual((await pdf.getOutline())?.map(({ title, items }) => [title, items.length]), [["Ohjaustila", 2]]);
	assert.ok(!text.includes("\u25A1"));
});

test("other_scripts_are_set_with_fonts_that_come_only_when_they_are_needed", async () => {
	const asked: Extra[] = [];
	await documentOf([{ is: "text", text: "Vain suomea, на русском, Soomaali" }], asked);
	assert.deepEqual(asked, []);
	const lines = ["\u0633\u0644\u0627\u0645 \u062f\u0646\u06cc\u0627! (12) CV", "\u05e9\u05dc\u05d5\u05dd, 3 \u05d9\u05de\u05d9\u05dd", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01"];
	const bytes = await documentOf([{ is: "said", who: "Aino", lines }], asked);
	assert.deepEqual([...asked].sort(), ["arabic", "hebrew", "thai"]);
	const text = await textOf(await read(bytes), 1);
	assert.ok(!text.includes("\u25A1"), text);
	for (const part of ["\u05e9\u05dc\u05d5\u05dd", "CV", "12"]) assert.ok(text.normalize("NFC").includes(part), `${part} in ${text}`);
	const behind = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from("\u05e9\u05dc\u05d5\u05dd", "utf16le").swap16()]);
	assert.ok(streamsOf(bytes).some((one) => one.includes(behind)), "the text stands behind what is drawn, in its own order");
});

test("what_no_font_can_set_is_said_where_it_stands_and_named_at_the_end", async () => {
	const pdf = await read(await documentOf([{ is: "heading", level: 2, text: "Keskustelu" }, { is: "said", who: "Aino", lines: ["Kuva 🦊 tässä, ja toinen 🦊"] }, { is: "said", who: "Oona", lines: ["Selvä"] }]));
	const text = await textOf(pdf, 1);
	assert.ok(text.includes("Kuva \u25A1 tässä"));
	assert.equal(text.split("Merkin \u25A1 paikalla").length, 2, "once");
	assert.match(text, /2 merkkiä/);
	assert.ok(text.includes("U+1F98A \u00D7 2"));
});

test("a_long_room_is_written_page_after_page_and_each_keeps_its_tags", async () => {
	const blocks = Array.from({ length: 400 }, (_, n): Block => ({ is: "said", who: "Aino", lines: [`Viesti ${n}. ${"Pitkä teksti jatkuu. ".repeat(n % 40)}`] }));
	const rows = Array.from({ length: 90 }, (_, n) => [`tiedosto-${n}.pdf`, "1 kB"]);
	const pdf = await read(await documentOf([{ is: "heading", level: 1, text: "T" }, { is: "table", head: ["Nimi", "Koko"], wide: [3, 1], rows }, ...blocks]));
	assert.ok(pdf.numPages > 20);
	let text = "";
	for (let n = 1; n <= pdf.numPages; n++) {
		const found = roles(await (await pdf.getPage(n)).getStructTree());
		assert.ok(found.includes("P") || found.includes("TR"), `page ${n}`);
		text += await textOf(pdf, n);
	}
	for (let n = 0; n < 400; n++) assert.ok(text.includes(`Viesti ${n}.`), `message ${n}`);
	for (let n = 0; n < 90; n++) assert.ok(text.includes(`tiedosto-${n}.pdf`), `row ${n}`);
});

interface Spoilt { readonly name: string; readonly entry: string; readonly from: string; readonly to: string; readonly places: readonly string[] }

test("the_vector_of_a_room_agrees_and_each_change_of_it_is_found_where_it_is", async () => {
	const path = join(web, "..", "proto", "vectors", "export.json");
	const { entries, refused } = JSON.parse(readFileSync(path, "utf8")) as { entries: Readonly<Record<string, string>>; refused: readonly Spoilt[] };
	const found = async (all: Readonly<Record<string, string>>): Promise<readonly string[]> => {
		const { findings } = await checkExport(sourceOf(await written(new Map(Object.entries(all)))));
		return findings.map(({ place }) => place);
	};
	assert.deepEqual(await found(entries), []);
	for (const { name, entry, from, to, places } of refused) {
		const spoilt = (entries[entry] as string).replace(from, () => to);
		assert.notEqual(spoilt, entries[entry], name);
		const all = await found({ ...entries, [entry]: spoilt });
		for (const place of places) assert.ok(all.some((one) => one.startsWith(place)), `${name}: ${all.join(" | ")}`);
	}
	assert.ok(refused.length > 12);
});
