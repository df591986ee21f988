// Every attack of an evil server, twice: against the client as it is, which must refuse it in the expected words, and against a client
// from which the named checks were taken out, where it must succeed: else it would prove nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FILE_ATTACKS } from "./files.js";
import type { Attack, Outcome } from "./lib/attack.js";
import { CHECKS, type CheckName } from "./lib/checks.js";
import { clientWithout, endClients, root, type Client } from "./lib/client.js";
import { makeScenes, openScene, type Made } from "./lib/scene.js";
import { OWN_ATTACKS } from "./own.js";
import { ROOM_ATTACKS } from "./rooms.js";
import { openEvil, type EvilServer } from "./lib/server.js";
import { MESSAGE_ATTACKS } from "./messages.js";

const ATTACKS: readonly Attack[] = [...MESSAGE_ATTACKS, ...ROOM_ATTACKS, ...FILE_ATTACKS, ...OWN_ATTACKS];

let server: EvilServer;
let made: Made;

before(async () => {
	server = await openEvil();
	made = await makeScenes();
});

after(async () => {
	await server?.close();
	await endClients();
});

const mounted = async (attack: Attack, victim: Client, evil: Client): Promise<Outcome> => {
	const scene = openScene(made, server);
	globalThis.evil = { madeFor: (place) => place, keyFor: (_, key) => key };
	try {
		return await attack.mount(scene, victim, evil);
	} finally {
		await scene.end();
	}
};

for (const attack of ATTACKS)
	test(attack.name, async () => {
		const evil = await clientWithout(attack.tools ? attack.checks : [], attack.tools);
		assert.deepEqual(await mounted(attack, await clientWithout([]), evil), { verdict: attack.verdict, succeeded: false });
		const blind = await mounted(attack, await clientWithout(attack.checks), evil);
		assert.ok(blind.succeeded, `it fails too where ${attack.checks.join(", ")} is not looked at (${blind.verdict}): it shows nothing of that check`);
	});

test("every check that can be taken out has its attack", () => {
	const used = new Set<string>(ATTACKS.flatMap(({ checks }) => checks));
	assert.deepEqual((Object.keys(CHECKS) as CheckName[]).filter((name) => !used.has(name)), []);
});

test("the table in README.md is that of these attacks", () => {
	const told = readFileSync(join(root, "tests", "evil", "README.md"), "utf8").split("\n");
	for (const { name, checks, verdict } of ATTACKS) assert.ok(told.includes(`| ${name} | ${checks.join(", ")} | ${verdict} |`), name);
});
