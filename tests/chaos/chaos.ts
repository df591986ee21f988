// One run: `chaos.mjs SEED SECONDS ROOMS` inside a network namespace of its own, the service in another (tests/chaos/run).
// LUOTSI_CHAOS_DEEDS names those of the nemesis's deeds that are done, by number; without it all of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, shortest } from "./check.js";
import type { Deed, Fault, History, Op } from "./history.js";
import { makeLoad } from "./load.js";
import { makeNemesis, type Place } from "./nemesis.js";
import { observe } from "./observe.js";
import { makeChance } from "./random.js";
import { openScene } from "./scene.js";
import { openWire } from "./wire.js";
import { closeHouse } from "../flow/house.js";

const LIMIT_MS = 1_200_000; // a run that has not come to its end by then hangs

const [seed = 1, seconds = 30, rooms = 4] = process.argv.slice(2).map(Number);
const env = (name: string): string => process.env[`LUOTSI_CHAOS_${name}`] ?? "";
const chosen = env("DEEDS") === "" ? undefined : new Set(env("DEEDS").split(",").map(Number));
const named = `chaos among people, ROOMS=${rooms} SECONDS_OF_CHAOS=${seconds} SEED=${seed}`;
const began = performance.now();
const now = (): number => Math.round(performance.now() - began);

const opLine = (op: Op): string => `${op.began}-${op.ended || "?"} ${op.device} ${op.act} "${op.what}"${op.about && ` of ${op.about}`}: ${op.outcome} ${op.id}${op.word}`;
const deedLine = (deed: Deed): string => `${deed.began}-${deed.ended || "?"} [${deed.n}] ${deed.name} ${deed.told}`;

const tell = (history: History, found: Fault): void => {
	const short = shortest(history, found);
	console.log(`# ${found.law}${found.room && ` in ${found.room}`}: ${found.said}`);
	for (const { line } of [...short.ops.map((op) => ({ at: op.began, line: opLine(op) })), ...short.deeds.map((deed) => ({ at: deed.began, line: deedLine(deed) }))].sort((a, b) => a.at - b.at)) console.log(`#    ${line}`);
};

const summary = (ops: readonly Op[]): string => {
	const of = (some: readonly Op[], outcome: Op["outcome"]): number => some.filter((op) => op.outcome === outcome).length;
	return [...new Set(ops.map(({ act }) => act))].map((act) => {
		const some = ops.filter((op) => op.act === act);
		return `${act} ${of(some, "ok")}/${some.length}`;
	}).join(", ");
};

const run = async (): Promise<Fault[]> => {
	const ends = env("ENDS").split(" ") as [string, string];
	const wire = ends.length === 2 ? await openWire(join(process.env["LUOTSI_BUILD"] as string, "tests", "chaos", "wire"), ends, seed) : undefined;
	const scene = await openScene(rooms);
	const place: Place = { service: scene.house.service as Place["service"], faults: env("FAULTS"), wire, ownDisk: env("DISK") === "own" };
	const nemesis = makeNemesis(place, seed), load = makeLoad(scene, makeChance(seed).fork("load"), now), deeds: Deed[] = [];
	const ready = now();
	const harm = nemesis.run(seconds * 1_000 - 1_000, (n) => !chosen || chosen.has(n), now, deeds).then(() => nemesis.heal());
	await Promise.all([load.run(seconds * 1_000), harm]);
	const ended = now();
	const found = await observe(scene, load);
	const history: History = { seed, ops: load.ops, deeds };
	writeFileSync(join(env("OUT"), `chaos-${seed}.json`), JSON.stringify({ history, found }, undefined, "\t"));
	const faults = check(history, found);
	console.log(`# seed ${seed}: ready after ${ready} ms, ${ended - ready} ms of ${deeds.length} deeds, looked at until ${now()} ms; ${found.stored.length} envelopes; ${summary(load.ops)}`);
	if (faults.length > 0) for (const deed of deeds) console.log(`# ${deedLine(deed)}`);
	for (const one of faults.slice(0, 6)) tell(history, one);
	await closeHouse(scene.house);
	wire?.stdin?.end();
	return faults;
};

setTimeout(() => {
	console.log(`not ok - ${named}: no end after ${now()} ms`);
	process.exit(1);
}, seconds * 1_000 + LIMIT_MS);
const faults = await run().catch((thrown: unknown): Fault[] => {
	console.log(`# ${thrown instanceof Error ? thrown.stack : JSON.stringify(thrown)}`.replaceAll("\n", "\n# "));
	return [{ law: "run", room: "", said: String(thrown), about: [], ops: [] }];
});
console.log(`${faults.length === 0 ? "ok" : "not ok"} - ${named}`);
process.exit(faults.length === 0 ? 0 : 1);
