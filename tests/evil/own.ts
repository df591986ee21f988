// Attacks on what opens a person's own keys: dearness lowered, records taken away, an older state.

import { fromBase64Url, toBase64Url, type Bytes } from "../../web/src/seal/index.js";
import { PASSPHRASE } from "../client/organisation.js";
import type { Attack } from "./lib/attack.js";
import { leave, openRoom, post, type Scene } from "./lib/scene.js";

const PASSPHRASE_TYPE = 2;
const TYPE_AT = 5;
const MEMORY_AT = 65; // of the params of a passphrase: alg, memory, passes, lanes, salt
const KIB = 8_192;

const unlocked = async (s: Scene, by: Parameters<Scene["locked"]>[1]): Promise<string> => {
	const device = await s.locked(s.aino, by);
	return device.engine.unlock({ passphrase: PASSPHRASE }).then(() => "", (thrown: { word: string }) => thrown.word);
};

const cheap = (record: Bytes): Bytes => {
	const changed = record.slice();
	if (record[TYPE_AT] === PASSPHRASE_TYPE) new DataView(changed.buffer).setUint32(MEMORY_AT, KIB);
	return changed;
};

export const OWN_ATTACKS: readonly Attack[] = [
	{
		name: "a passphrase that is to be derived cheaply", checks: ["argon2_cost"], verdict: "params",
		mount: async (s, victim) => {
			const { unlockers } = s.relay.kept(s.aino);
			s.relay.bendKept(s.aino, { unlockers: unlockers.map((one) => toBase64Url(cheap(fromBase64Url(one)))) });
			const verdict = await unlocked(s, victim);
			return { verdict, succeeded: s.derived.some((p) => p.memoryKib === KIB) };
		},
	},
	{
		name: "a list of unlockers with one taken out", checks: ["unlocker_list"], verdict: "wrong_list",
		mount: async (s, victim) => {
			const { unlockers } = s.relay.kept(s.aino);
			s.relay.bendKept(s.aino, { unlockers: unlockers.filter((one) => fromBase64Url(one)[TYPE_AT] === PASSPHRASE_TYPE) });
			const verdict = await unlocked(s, victim);
			return { verdict, succeeded: verdict === "" };
		},
	},
	{
		name: "an older state than the person has written with", checks: ["state_version"], verdict: "old_state",
		mount: async (s, victim) => {
			const { state, state_version } = s.relay.kept(s.aino);
			const before = await s.device(s.aino);
			await openRoom(before, s.room);
			await before.engine.setName("Aino Uusi");
			await before.engine.parts.self().store()?.flush();
			await post(before, s.room, "kirjoitettu uudella tilalla");
			await leave(before);
			s.relay.bendKept(s.aino, { state, state_version });
			const device = await s.device(s.aino, victim);
			await openRoom(device, s.room);
			await device.engine.parts.self().store()?.refresh(); // behind the question that a warning asks first
			const { warning } = device.engine.parts.self().view();
			return { verdict: String(warning), succeeded: warning === null };
		},
	},
];
