// The vector of a room that was taken out (proto/vectors/export.json), read without the code that writes and checks it in a browser: its
// chains and its control log go through the server's C, its envelopes too, and the bodies are opened by OpenSSL.

import assert from "node:assert/strict";
import { createDecipheriv, createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { CHECKER } from "./lib/checker.js";
import { readVectors } from "./lib/vectors.js";

interface Row { readonly seq: number; readonly envelope?: string; readonly tombstone?: string; readonly opening?: string }
interface Told { readonly seq: number; readonly text: string; readonly deleted: boolean }

const { entries } = readVectors<{ entries: Readonly<Record<string, string>> }>("export");
const json = <T>(name: string): T => JSON.parse(entries[name] as string) as T;
const rows = (entries["record/envelopes.jsonl"] as string).trim().split("\n").map((line) => JSON.parse(line) as Row);
const b = (text: string): Buffer => Buffer.from(text, "base64url");

const asked = (lines: readonly string[]): string[] => {
	const ran = spawnSync(CHECKER, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
	assert.equal(ran.status, 0, ran.stderr);
	return ran.stdout.trim().split("\n");
};

/** Where the body of an envelope stands: behind the header, whose two lengths are read on the way (FORMAT.md section 3). */
const bodyOf = (envelope: Buffer): Buffer => {
	let at = 4 + 1 + 1 + 16 + 16 + 16 + 16 + 32 + 4 + 8 + 32;
	at += 1 + 32 * envelope.readUInt8(at) + 8 + 2;
	at += 2 + envelope.readUInt16BE(at);
	return envelope.subarray(at + 4, at + 4 + envelope.readUInt32BE(at));
};

const CHUNK = 16_384 + 16;

/** SEAL by its own words: key and base nonce given, each chunk by AES-256-GCM under the nonce with its number; throws for another opening. */
const opened = (body: Buffer, opening: Buffer): Buffer => {
	const pieces: Buffer[] = [];
	for (let at = 56, n = 0; at < body.length; at += CHUNK, n++) {
		const nonce = Buffer.from(opening.subarray(32, 44));
		nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ n) >>> 0, 8);
		const piece = body.subarray(at, at + CHUNK);
		const cipher = createDecipheriv("aes-256-gcm", opening.subarray(0, 32), nonce);
		cipher.setAuthTag(piece.subarray(-16));
		pieces.push(cipher.update(piece.subarray(0, -16)), cipher.final());
	}
	return Buffer.concat(pieces);
};

test("the_server_s_code_reads_every_envelope_and_the_whole_log_of_the_vector", () => {
	const control = (entries["record/control.jsonl"] as string).trim().split("\n");
	const chains = json<{ organisation: string[]; people: { entries: string[] }[] }>("record/chains.json");
	const lines = ["O", ...chains.organisation.map((one) => `o - ${one}`)];
	for (const person of chains.people) lines.push("I", ...person.entries.map((one) => `i - ${one}`));
	const words = asked(lines).map((answer) => answer.split(" ")[0]);
	assert.ok(words.length > 6 && words.every((word) => word === "ok"), words.join());
	const envelopes = asked(rows.map((row) => (row.envelope ? `V ${row.envelope}` : `T ${row.tombstone ?? ""}`)));
	assert.ok(envelopes.length > 10 && envelopes.every((answer) => answer.startsWith("ok ")), envelopes.join());
	const last = control.at(-1) as string;
	const { verified } = json<{ verified: { log_head: string; log_entries: number } }>("room.json");
	assert.deepEqual([control.length, asked([`V ${last}`])[0]], [verified.log_entries, `ok ${b(verified.log_head).toString("hex")}`]);
});

test("openssl_opens_what_the_vector_says_and_nothing_by_another_s_opening", () => {
	const texts = rows.filter((row) => row.envelope && row.opening).map((row) => opened(bodyOf(b(row.envelope as string)), b(row.opening as string)).toString("utf8"));
	const told = json<Told[]>("messages.json").filter(({ deleted }) => !deleted);
	assert.ok(told.length > 3);
	for (const { text } of told) assert.ok(texts.some((one) => one.includes(text)), text);
	const [first, second] = rows.filter((row) => row.envelope && row.opening) as [Row, Row];
	assert.throws(() => opened(bodyOf(b(first.envelope as string)), b(second.opening as string)));
});

test("every_piece_of_the_vector_has_the_digest_that_its_manifest_says", () => {
	const { entries: listed } = json<{ entries: { name: string; size: number; pieces: string[] }[] }>("manifest.json");
	assert.deepEqual(listed.map(({ name }) => name).sort(), Object.keys(entries).filter((name) => name !== "manifest.json").sort());
	for (const { name, size, pieces } of listed) {
		const bytes = Buffer.from(entries[name] as string, "utf8");
		assert.equal(bytes.length, size, name);
		assert.deepEqual(pieces, [createHash("sha256").update(bytes).digest("base64url")], name);
	}
});
