// Attacks on files on their way: chunks put elsewhere, cut, made longer, another file on a second try.

import { concat, isZero, random, zeroes, type Bytes } from "../../web/src/seal/index.js";
import type { Actor } from "../client/organisation.js";
import { pdf } from "../client/samples.js";
import type { Attack, Outcome } from "./lib/attack.js";
import type { Client } from "./lib/client.js";
import { openRoom, type Scene } from "./lib/scene.js";

const CHUNK = 16_400;
const PREFIX = 56;

const document = (size: number): Bytes => concat(pdf(), random(size)).slice(0, size);

const send = async (s: Scene, from: Actor, bytes: Bytes): Promise<string> => {
	const { transfer } = await from.engine.work("sendFile", s.room, new Blob([bytes]), { name: "hakemus.pdf", about: "", without: "tiedosto" });
	const told = () => from.events.flatMap((event) => (event.type === "transfers" ? event.transfers.filter((one) => one.id === transfer) : [])).at(-1);
	await from.until("sent, or not", () => ["done", "failed"].includes(told()?.state ?? ""));
	return told()?.error ?? "";
};

/** Aino's file as Oona gets it from a server that changes the parts. */
const fetched = async (s: Scene, victim: Client, sender: Client | undefined, bytes: Bytes, bend: (part: Bytes) => Bytes): Promise<Outcome> => {
	const aino = await s.device(s.aino, sender);
	await openRoom(aino, s.room);
	const failed = await send(s, aino, bytes);
	if (failed) return { verdict: failed, succeeded: false };
	s.files.bend = (_file, _n, part) => bend(part);
	const oona = await s.device(s.oona, victim);
	await openRoom(oona, s.room);
	const [file] = await oona.engine.work("files", s.room, "tiedosto");
	if (!file) throw new Error("there is no file");
	const got = await oona.engine.work("fetchFile", s.room, file.id).then(async (blob) => new Uint8Array(await blob.arrayBuffer()), (thrown: { word: string; detail?: string }) => `${thrown.word} ${thrown.detail}`);
	return { verdict: typeof got === "string" ? got : "taken", succeeded: typeof got !== "string" };
};

const chunkOf = (part: Bytes, n: number): Bytes => part.slice(PREFIX + n * CHUNK, PREFIX + (n + 1) * CHUNK);

const xor = (a: Bytes, b: Bytes): Bytes => a.map((byte, i) => byte ^ (b[i] as number));

export const FILE_ATTACKS: readonly Attack[] = [
	{
		name: "two chunks of a file swapped", checks: ["chunk_number", "part_digests", "file_hash"], verdict: "file_broken sealed",
		mount: (s, victim) =>
			fetched(s, victim, victim, document(60_000), (part) => concat(part.slice(0, PREFIX + CHUNK), chunkOf(part, 2), chunkOf(part, 1), part.slice(PREFIX + 3 * CHUNK))),
	},
	{
		name: "the end of a file cut off", checks: ["part_length", "part_digests", "file_hash"], verdict: "file_broken length",
		mount: (s, victim) => fetched(s, victim, undefined, document(40_000), (part) => part.slice(0, PREFIX + 2 * CHUNK)),
	},
	{
		name: "a file made longer", checks: ["part_length"], verdict: "file_broken length",
		mount: (s, victim) => fetched(s, victim, undefined, document(300), (part) => concat(part, zeroes(16))),
	},
	{
		name: "a server that holds another part than it was sent", checks: ["held_part"], verdict: "other_part",
		mount: async (s, victim) => {
			const aino = await s.device(s.aino, victim);
			await openRoom(aino, s.room);
			let lost = false;
			s.files.after = (asked) => {
				if (lost || asked.method !== "PUT") return;
				lost = true;
				throw Object.assign(new Error("offline"), { word: "offline" });
			};
			const state = s.relay.more["file_state"];
			s.relay.more["file_state"] = async (user, body) => {
				const said = (await state?.(user, body)) as { parts: { n: number; digest: string }[] };
				return { ...said, parts: said.parts.map(({ n }) => ({ n, digest: "A".repeat(43) })) };
			};
			const failed = await send(s, aino, document(300));
			return { verdict: failed, succeeded: failed === "" };
		},
	},
	{
		name: "a file that was changed before a part of it is sealed again", checks: ["sealed_once"], verdict: "sealed_twice",
		mount: async (_, victim) => {
			const [before, after] = [random(9_000), random(9_000)];
			const sealer = await victim.seal.makeFileSealer({ org: random(16), room: random(16), file: random(16) }, random(32), 9_000);
			const first = await sealer.part(0, before);
			const second = await sealer.part(0, after).catch((thrown: { word: string }) => thrown.word);
			if (typeof second === "string") return { verdict: second, succeeded: false };
			const told = xor(xor(first.bytes.slice(PREFIX, PREFIX + 9_000), second.bytes.slice(PREFIX)), xor(before, after));
			return { verdict: "the same nonce twice", succeeded: isZero(told) };
		},
	},
];
