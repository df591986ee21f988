// Files: the frozen vectors against a second implementation, and whatever a server could do to parts, keys and lengths.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
	concat, importSealKey, LABEL, makeFileOpener, makeFileSealer, MOST_FILE, openFileKey, padme, PART_PLAIN, PART_SIZE, pieceOf, random, SealError, sealFileKey,
	shapeOf, utf8, zeroes, type Bytes, type FileHashes, type FileOpener, type FilePlace, type SealedPart,
} from "../../web/src/seal/index.js";
import { flipBit } from "./lib/cast.js";
import { seal2 } from "./lib/seal2.js";
import { b, readVectors } from "./lib/vectors.js";
import { type FileVectors } from "./make/file.js";
import { plainOf } from "./make/seal.js";

const refused = (word: string) => (e: unknown): boolean => e instanceof SealError && e.word === word;
const sha = (...parts: Bytes[]): Bytes => new Uint8Array(createHash("sha256").update(concat(...parts)).digest());

const v = readVectors<FileVectors>("file");
const place = { org: b(v.org), room: b(v.room), file: b(v.file) };
const context = sha(utf8(LABEL.file), zeroes(1), place.org, place.room, place.file);

for (const one of v.vectors)
	test(`seals_a_file_of_${one.size}_bytes_as_another_implementation_does`, async () => {
		const padded = concat(plainOf(one.size), zeroes(one.padded - one.size));
		const whole = seal2(b(v.key), context, padded, b(one.salt));
		assert.equal(whole.length, one.sealed);
		let at = 0;
		const cut = one.lengths.map((length) => whole.slice(at, (at += length)));
		assert.equal(at, whole.length);
		assert.deepEqual(cut.map((part) => Buffer.from(sha(part)).toString("base64url")), one.digests);
		assert.deepEqual(sha(...one.digests.map(b)), b(one.parts_hash));
		const sealer = await makeFileSealer(place, b(v.key), one.size, b(one.salt));
		for (const [n, part] of cut.entries()) assert.deepEqual((await sealer.part(n, plainOf(one.size).slice(...pieceOf(one.size, n)))).bytes, part);
		assert.deepEqual(await sealer.hashes(), { parts: b(one.parts_hash), content: b(one.content_hash) });
		const opener = await makeFileOpener(place, b(v.key), one.size, one.sealed, { parts: b(one.parts_hash), content: b(one.content_hash) });
		const pieces = [];
		for (const part of cut) pieces.push(await opener.part(part));
		await opener.finish();
		assert.deepEqual(concat(...pieces), plainOf(one.size));
	});

test("opens_the_sealed_key_of_the_vectors_and_no_other", async () => {
	const key = await importSealKey(b(v.epoch_key));
	assert.deepEqual(await openFileKey(key, place, b(v.sealed_key)), b(v.key));
	for (const field of ["org", "room", "file"] as const)
		await assert.rejects(openFileKey(key, { ...place, [field]: random(16) }, b(v.sealed_key)), refused("sealed"), field);
	await assert.rejects(openFileKey(await importSealKey(random(32)), place, b(v.sealed_key)), refused("sealed"));
	for (let bit = 0; bit < b(v.sealed_key).length * 8; bit += 7) await assert.rejects(openFileKey(key, place, flipBit(b(v.sealed_key), bit)), refused("sealed"));
	await assert.rejects(openFileKey(key, place, await sealFileKey(key, place, random(31))), refused("sealed"));
});

test("pads_to_few_lengths_that_are_at_most_an_eighth_longer", () => {
	const lengths = new Set<number>();
	for (let n = 257; n < 100_000; n += 7) {
		const padded = padme(n);
		assert.ok(padded >= n && padded <= n * 1.12, `${n} -> ${padded}`);
		assert.equal(padme(padded), padded);
		lengths.add(padded);
	}
	assert.ok(lengths.size < 150, `${lengths.size} lengths`);
	assert.deepEqual([1, 256, 257, 1_000_000, 200_000_000, 2 ** 33 + 1].map(padme), [256, 256, 272, 1_015_808, 201_326_592, 2 ** 33 + 2 ** 27]);
	assert.equal(padme(2 ** 40), 2 ** 40);
});

test("refuses_lengths_that_no_file_has", () => {
	for (const size of [0, -1, 1.5, NaN, MOST_FILE + 1]) assert.throws(() => shapeOf(size), refused("length"));
	assert.equal(shapeOf(PART_PLAIN).parts, 2);
	assert.equal(shapeOf(PART_PLAIN).part(0), PART_SIZE + 56);
	assert.equal(shapeOf(PART_PLAIN).part(1), 16);
});

interface Made {
	readonly place: FilePlace;
	readonly key: Bytes;
	readonly size: number;
	readonly parts: readonly SealedPart[];
	readonly hashes: FileHashes;
	readonly sealed: number;
}

const made = async (size: number, of: FilePlace = { org: random(16), room: random(16), file: random(16) }): Promise<Made> => {
	const key = random(32);
	const sealer = await makeFileSealer(of, key.slice(), size);
	const parts: SealedPart[] = [];
	for (let n = 0; n < sealer.shape.parts; n++) parts.push(await sealer.part(n, plainOf(size).slice(...pieceOf(size, n))));
	return { place: of, key, size, parts, hashes: await sealer.hashes(), sealed: sealer.shape.sealed };
};

const opener = (m: Made): Promise<FileOpener> => makeFileOpener(m.place, m.key.slice(), m.size, m.sealed, m.hashes);

const read = async (m: Made, parts: readonly Bytes[]): Promise<void> => {
	const one = await opener(m);
	for (const part of parts) await one.part(part);
	await one.finish();
};

test("seals_each_part_once", async () => {
	const sealer = await makeFileSealer({ org: random(16), room: random(16), file: random(16) }, random(32), PART_PLAIN + 5);
	await sealer.part(1, plainOf(5));
	await assert.rejects(sealer.part(1, plainOf(5)), refused("sealed_twice"));
	await assert.rejects(sealer.part(1, zeroes(5)), refused("sealed_twice"));
	await assert.rejects(sealer.part(0, plainOf(PART_PLAIN - 1)), refused("length"));
	await assert.rejects(sealer.part(2, zeroes(0)), refused("length"));
	await assert.rejects(sealer.hashes(), refused("length"));
});

test("never_seals_two_files_alike", async () => {
	const at = { org: random(16), room: random(16), file: random(16) };
	const [a, c] = [await made(300, at), await made(300, at)];
	assert.notDeepEqual(a.parts[0]?.bytes.slice(0, 24), c.parts[0]?.bytes.slice(0, 24));
	assert.notDeepEqual(a.hashes.parts, c.hashes.parts);
	assert.deepEqual(a.hashes.content, c.hashes.content);
});

test("refuses_parts_swapped_moved_cut_or_longer", async () => {
	const m = await made(3 * PART_PLAIN - 100_000);
	const [p0, p1, p2] = m.parts.map((part) => part.bytes) as [Bytes, Bytes, Bytes];
	const swapped = p1.slice();
	swapped.set(p1.subarray(16_400, 32_800), 0);
	swapped.set(p1.subarray(0, 16_400), 16_400);
	await read(m, [p0, p1, p2]);
	const bad: [string, Bytes[], string][] = [
		["a part instead of another", [p0, concat(p0.subarray(56)), p2], "sealed"], ["chunks swapped in a part", [p0, swapped, p2], "sealed"],
		["the last part first", [p2], "length"], ["a part left out", [p0, p2], "length"], ["no last part", [p0, p1], "length"],
		["a part twice", [p0, p1, p2, p2], "length"], ["a part cut by a chunk", [p0, p1.slice(0, -16_400)], "length"],
		["a part cut by a byte", [p0.slice(0, -1)], "length"], ["a part longer by a byte", [concat(p0, zeroes(1))], "length"], ["nothing", [], "length"],
	];
	for (const [name, parts, word] of bad) await assert.rejects(read(m, parts), refused(word), name);
});

test("refuses_parts_of_another_file_room_or_key", async () => {
	const m = await made(5_000);
	const others = [
		await made(5_000), await made(5_000, m.place), await made(5_000, { ...m.place, room: random(16) }), await made(5_000, { ...m.place, file: random(16) }),
		await made(5_000, { ...m.place, org: random(16) }),
	];
	for (const other of others) await assert.rejects(read(m, other.parts.map((part) => part.bytes)), refused("sealed"));
	for (const other of others.slice(2)) await assert.rejects(read({ ...m, place: other.place }, m.parts.map((part) => part.bytes)), refused("sealed"));
});

test("refuses_any_bit_changed", async () => {
	const m = await made(200);
	const [only] = m.parts as readonly [SealedPart];
	for (let bit = 0; bit < only.bytes.length * 8; bit += 3) await assert.rejects(read(m, [flipBit(only.bytes, bit)]), refused("sealed"));
});

test("refuses_a_manifest_that_is_not_of_these_parts", async () => {
	const m = await made(70_000);
	const parts = m.parts.map((part) => part.bytes);
	await assert.rejects(read({ ...m, hashes: { ...m.hashes, parts: random(32) } }, parts), refused("digest"));
	await assert.rejects(read({ ...m, hashes: { ...m.hashes, content: random(32) } }, parts), refused("hash"));
	await assert.rejects(read({ ...m, sealed: m.sealed + 16 }, parts), refused("length"));
	// A true size in the same padded length, but not the one that was sealed: the padding is not zero, or the hash is another.
	await assert.rejects(read({ ...m, size: m.size - 1 }, parts), refused("padding"));
	await assert.rejects(read({ ...m, size: m.size + 1 }, parts), refused("hash"));
});

test("refuses_two_plaintexts_under_one_salt_to_be_mixed", async () => {
	// What a changed file on resume would make, if a sealer let it: its parts do not go with the manifest of the other.
	const at = { org: random(16), room: random(16), file: random(16) };
	const [key, salt, size] = [random(32), random(24), PART_PLAIN + 9];
	const sealAll = async (plain: Bytes): Promise<Made> => {
		const sealer = await makeFileSealer(at, key.slice(), size, salt);
		const parts = [await sealer.part(0, plain.slice(...pieceOf(size, 0))), await sealer.part(1, plain.slice(...pieceOf(size, 1)))];
		return { place: at, key, size, parts, hashes: await sealer.hashes(), sealed: sealer.shape.sealed };
	};
	const [before, after] = [await sealAll(plainOf(size)), await sealAll(zeroes(size))];
	await assert.rejects(read(before, [before.parts[0] as SealedPart, after.parts[1] as SealedPart].map((part) => part.bytes)), refused("digest"));
});
