// `shorter.mjs SEED SECONDS_IT_MAY_TAKE` after a run that failed: the run again and again with ever fewer of the nemesis's deeds, as
// long as it still fails. Prints what the shortest of them said. What people do comes from the seed too, but not when each answer
// comes: a fault that does not show itself again has its first history, which was printed before.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { History } from "./history.js";
import { shrink } from "./shrink.js";

const [seed = "", seconds = "0"] = process.argv.slice(2), out = process.env["LUOTSI_ARTEFACTS"] as string, folder = join(out, `chaos-${seed}-shorter`);
const written = JSON.parse(readFileSync(join(out, `chaos-${seed}.json`), "utf8")) as { history: History };
const deeds = [...new Set(written.history.deeds.map(({ n }) => n))].sort((a, b) => a - b), until = performance.now() + Number(seconds) * 1_000;
let tries = 0, said = "";
const env = (name: string): string => process.env[name] ?? "";

const fails = (some: readonly number[]): Promise<boolean> => {
	tries++;
	const own = { ...process.env, SEED: seed, LUOTSI_ARTEFACTS: folder, LUOTSI_CHAOS_DEEDS: some.join() || "none", LUOTSI_CHAOS_SHRINK_SECONDS: "0" };
	const ran = spawnSync(env("LUOTSI_CHAOS_RUN"), [], { env: own, encoding: "utf8", maxBuffer: 2 ** 26 });
	if (ran.status === 1) said = ran.stdout;
	return Promise.resolve(ran.status === 1);
};

mkdirSync(folder, { recursive: true });
const left = await shrink(deeds, fails, () => performance.now() < until);
rmSync(folder, { recursive: true });
if (said === "") console.log(`# with fewer than its ${deeds.length} deeds it did not fail again, in ${tries} tries`);
else console.log(`# ${tries} tries; it fails with these ${left.length} of ${deeds.length} deeds too: LUOTSI_CHAOS_DEEDS=${left.join() || "none"} SEED=${seed} SECONDS_OF_CHAOS=${env("SECONDS_OF_CHAOS")} ROOMS=${env("ROOMS")} tests/chaos/run\n${said.replace(/^(?!#)/gm, "# ")}`);
