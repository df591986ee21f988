// The server's code on the frozen vectors, through seal-check.

import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyControl, emptyIdentity } from "../../web/src/seal/index.js";
import { CHECKER, lineOf, personLine, startChecker, type Checker } from "./lib/checker.js";
import { controlDigest, identityDigest } from "./lib/dump.js";
import { b, personIn, readVectors, type Sequence } from "./lib/vectors.js";
import { type EnvelopeVectors } from "./make/envelope.js";

const withServer = (name: string, least: number, ask: (c: Checker) => Promise<void>): void => {
	test(name, async () => {
		const checker = startChecker(CHECKER);
		await ask(checker);
		const compared = await checker.end();
		assert.deepEqual(checker.differences, []);
		assert.ok(compared >= least, `only ${compared} lines were compared`);
	});
};

const hashOf = (text: string): string => `ok ${Buffer.from(text, "base64url").toString("hex")}`;

withServer("the_server_parses_envelopes_as_the_vectors_say", 60, async (c) => {
	const v = readVectors<EnvelopeVectors>("envelope");
	for (const { envelope, tombstone, env_hash } of v.good) {
		await c.ask(lineOf("V", b(envelope)), hashOf(env_hash));
		await c.ask(lineOf("K", b(v.pub), b(envelope)), "ok");
		if (tombstone) await c.ask(lineOf("T", b(tombstone)), hashOf(env_hash));
	}
	for (const { form, bytes, word } of v.refused) await c.ask(lineOf(form === "envelope" ? "V" : "T", b(bytes)), word);
	for (const { envelope, valid } of v.signatures) await c.ask(lineOf("K", b(v.pub), b(envelope)), valid ? "ok" : "bad_signature");
});

withServer("the_server_decides_control_logs_as_the_vectors_say", 230, async (c) => {
	for (const { people, steps } of ["control", "recovery"].flatMap((name) => readVectors<{ sequences: Sequence[] }>(name).sequences)) {
		await c.ask("X", "ok");
		await c.ask("C", `ok ${controlDigest(emptyControl())}`);
		for (const p of people ?? []) await c.ask(personLine(personIn(p)), "ok");
		for (const s of steps) {
			if (s.signature) await c.ask(lineOf("J", b(s.entry)), s.signature);
			await c.ask(lineOf("E", s.time, b(s.entry)), `${s.verdict} ${s.digest}`);
		}
	}
});

withServer("the_server_decides_identity_chains_as_the_vectors_say", 200, async (c) => {
	for (const { steps } of readVectors<{ sequences: Sequence[] }>("identity").sequences) {
		await c.ask("O", `ok ${identityDigest(emptyIdentity())}`);
		await c.ask("I", `ok ${identityDigest(emptyIdentity())}`);
		for (const s of steps) {
			const unsigned = s.verdict === "bad_signature";
			if (s.verdict !== "malformed") await c.ask(lineOf(`S ${s.chain}`, b(s.entry)), unsigned ? "bad_signature" : "ok");
			if (!unsigned) await c.ask(lineOf(s.chain ?? "i", s.time, b(s.entry)), `${s.verdict} ${s.digest}`);
		}
	}
});

interface UnlockVectors {
	passphrase: { unlocker: string }; code: { unlocker: string }; passkey: { unlocker: string }; refused: { bytes: string; word: string }[];
	keys: { sealed: string }; state: { sealed: string }; drafts: { sealed: string }[];
}
withServer("the_server_takes_what_people_keep_as_the_vectors_say", 26, async (c) => {
	const v = readVectors<UnlockVectors>("unlock");
	for (const { unlocker } of [v.passphrase, v.code, v.passkey]) await c.ask(lineOf("U", b(unlocker)), "ok");
	for (const { bytes, word } of v.refused) await c.ask(lineOf("U", b(bytes)), word);
	for (const [kind, sealed] of [["keys", v.keys.sealed], ["state", v.state.sealed], ["draft", v.drafts[1]?.sealed ?? ""]] as const) {
		await c.ask(lineOf("B", kind, b(sealed)), "ok");
		await c.ask(lineOf("B", kind, b(sealed).slice(1)), "body");
	}
	await c.ask(lineOf("B", "invite", b(readVectors<{ sealed: string }>("invite").sealed)), "ok");
});
