// What must not be lost, and what must not frighten: drafts and unsent words, codes in texts, pauses, warnings.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { certify } from "../../web/src/demo/ceremony.js";
import {
	containsCode, extendChain, fromBase64Url, importSigning, makeCode, makePair, printCode, random, signIdentity, toBase64Url,
} from "../../web/src/seal/index.js";
import { putBack } from "../../web/src/client/join-drafts.js";
import { again, client, joinUp, makeActor, makeHouse, PASSPHRASE, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";

interface Talk extends House {
	client: Actor;
	room: string;
}

const talk = async (): Promise<Talk> => {
	const house = await makeHouse(makeRelay());
	const { room, link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(house.relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	await one.engine.openRoom(room, "fi");
	await house.counsellor.engine.openRoom(room, "fi");
	return { ...house, client: one, room };
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

/** Math.random gives this while `act` runs. */
const withRandom = async (value: number, act: () => Promise<void>): Promise<void> => {
	const { random } = Math;
	Math.random = () => value;
	try {
		await act();
	} finally {
		Math.random = random;
	}
};

test("an unlocker that costs too little to guess warns and does not end the visit", async () => {
	const { client: c, counsellor: o, admin, relay } = await talk();
	const kept = relay.kept(c.user);
	kept.unlockers = kept.unlockers.map((text) => {
		const bytes = fromBase64Url(text);
		if (bytes[5] === 2) new DataView(bytes.buffer, bytes.byteOffset).setUint32(65, 8);
		return toBase64Url(bytes);
	});
	const fresh = makeActor(c.user, relay.platform(c.user));
	const self = await fresh.engine.start();
	assert.equal(self.warning, "old_unlockers");
	assert.deepEqual(self.unlockers.map((one) => one.type), ["code"]);
	await end(c, o, admin, fresh);
});

test("what the server cannot take is tried again in growing pauses", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const tries: number[] = [];
	const { add } = relay.refuseOps;
	const count = relay.refuseOps.has.bind(relay.refuseOps);
	relay.refuseOps.has = (op) => {
		if (op === "message_post") tries.push(performance.now());
		return count(op);
	};
	add.call(relay.refuseOps, "message_post");
	await withRandom(0, async () => {
		await c.engine.send(room, "sitkeä");
		await c.until("four tries", () => tries.length >= 4); // at 0, 0.8, 2.4, 5.6 s
	});
	const pauses = tries.slice(1, 4).map((at, i) => at - (tries[i] as number));
	assert.ok([800, 1_600, 3_200].every((least, i) => (pauses[i] as number) > 0.9 * least), `pauses of ${pauses.join()} ms`);
	relay.refuseOps.clear();
	await o.until("sent", () => o.texts().includes("sitkeä"));
	await end(c, o, admin);
});

test("those who lost the connection come back spread over a second", async () => {
	const { client: c, counsellor: o, admin, relay } = await talk();
	await withRandom(0.9, async () => {
		const from = Date.now(), before = c.events.length;
		const told = () => c.events.slice(before).find((event) => event.type === "connection"); // others may follow it at once
		relay.cutAll();
		await c.until("offline", () => told() !== undefined);
		const first = told();
		assert.ok(first?.type === "connection" && first.state === "offline" && (first.retryAt ?? 0) - from >= 850, JSON.stringify(first));
		await c.until("online", () => c.engine.parts.link.online());
	});
	await end(c, o, admin);
});

test("a printed code is known however it is typed and wherever it stands", async () => {
	const code = await printCode(makeCode());
	const groups = code.split("-");
	const bare = groups.join("");
	for (const between of ["–", " — ", ".", "_", " / ", "\u2011", "\u00ad", ", ", "\n", ""]) assert.ok(await containsCode(`Koodi: ${groups.join(between)}`), JSON.stringify(between));
	assert.ok(await containsCode(`onko tämä ${code.toLowerCase()}?`));
	assert.ok(await containsCode(`${"hello there my friend ".repeat(2_500)}${code}`));
	assert.ok(await containsCode("7ZK3-M9QX-4T2B-8WJ6-1CV5-R0DH-PN3E 7ZK3") === false);
	assert.ok(await containsCode([...bare].join(" ")) || (bare.match(/\d(?=\D)|\D(?=\d)/g) ?? []).length < 6);
});

test("no common text is taken for a printed code", async () => {
	const words = "hello how are you doing today my friend at the office this week ".split(" ");
	let found = 0;
	for (let i = 0; i < 300; i++) {
		const text = Array.from({ length: 60 }, () => words[Math.floor(Math.random() * words.length)]).join(" ");
		if (await containsCode(`${text} ma 12.3. klo 14 huone 5`)) found++;
	}
	assert.equal(found, 0);
});

test("what another device added to a draft stays until the page has it in its text", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const second = await again(relay, c);
	await second.engine.openRoom(room, "fi");
	await c.engine.saveDraft(room, "eka laite");
	await c.engine.parts.room(room).draft.flush();
	const { draft } = second.engine.parts.room(room);
	await second.engine.saveDraft(room, "toka");
	await draft.flush();
	assert.equal(second.view()?.elsewhere, "eka laite");
	await second.engine.saveDraft(room, "toka laite");
	assert.equal(draft.text(), "toka laite\n\neka laite");
	await second.engine.saveDraft(room, "vain tämä", "eka laite");
	assert.equal(draft.text(), "vain tämä");
	await end(c, o, admin, second);
});

test("a draft whose saving fails as the visit ends is not tried for ever", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const { draft } = c.engine.parts.room(room);
	const has = relay.refuseOps.has.bind(relay.refuseOps);
	let tries = 0;
	relay.refuseOps.has = (op) => {
		if (op !== "draft_put") return has(op);
		tries++;
		draft.stop();
		return true;
	};
	await c.engine.saveDraft(room, "kesken");
	await c.until("tried", () => tries > 0);
	await new Promise((resolve) => setTimeout(resolve, 2_000)); // a further try would come after 0.8 s
	assert.equal(tries, 1);
	relay.refuseOps.has = has;
	await end(c, o, admin);
});

test("what was typed while a text was refused stands behind it", () => {
	assert.equal(putBack("kielletty", ""), "kielletty");
	assert.equal(putBack("kielletty", "kiel"), "kielletty\n\nkiel");
});

const reopened = async (actor: Actor, room: string): Promise<string> => {
	await actor.engine.unlock({ passphrase: PASSPHRASE });
	return (await actor.engine.openRoom(room, "fi")).draft;
};

test("what was not sent when the keys are locked is in the draft", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.refuseOps.add("message_post");
	await c.engine.send(room, "yksi");
	await c.engine.send(room, "kaksi");
	await c.engine.saveDraft(room, "kesken");
	await c.engine.lock();
	const second = await again(relay, c);
	assert.equal((await second.engine.openRoom(room, "fi")).draft, "kesken\n\nyksi\n\nkaksi");
	assert.equal(await reopened(c, room), "kesken\n\nyksi\n\nkaksi");
	await end(c, o, admin, second);
});

test("what the server did not take when the keys were locked waits for them, sealed", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.refuseOps.add("message_post").add("draft_put");
	await c.engine.send(room, "yksi");
	await c.engine.lock();
	relay.refuseOps.clear();
	assert.equal(await reopened(c, room), "yksi");
	await end(c, o, admin);
});

test("a state that another device just saved is fetched before anybody is warned", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const second = await again(relay, c);
	await second.engine.openRoom(room, "fi");
	await second.engine.setName("Aino Uusi");
	await second.engine.parts.self().store()?.flush();
	await second.engine.send(room, "uudella tilalla");
	await c.until("message", () => c.texts().includes("uudella tilalla"));
	await c.until("state", () => c.engine.parts.self().store()?.version() === second.engine.parts.self().store()?.version());
	assert.equal(c.engine.parts.self().view().warning, null);
	await end(c, o, admin, second);
});

test("a state that the server holds back is warned of", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const kept = { ...relay.kept(c.user) };
	const second = await again(relay, c);
	await second.engine.openRoom(room, "fi");
	await second.engine.setName("Aino Uusi");
	await second.engine.parts.self().store()?.flush();
	Object.assign(relay.kept(c.user), { state: kept.state, state_version: kept.state_version });
	await second.engine.send(room, "uudella tilalla");
	await c.until("warning", () => c.engine.parts.self().view().warning === "old_state");
	await end(c, o, admin, second);
});

test("a certificate of an issuer who came later is verified without a reload", async () => {
	const { client: c, counsellor: o, admin, relay, ceremony } = await talk();
	const { call } = admin.engine.parts.link;
	const pair = await makePair();
	const { org, chain } = ceremony;
	const place = { org, subject: org, head: chain.state.head, n: chain.entries.length };
	const body = { type: "org_issuer", user: ceremony.issuerUser, issuerPub: pair.pub, validUntil: Date.now() + 1e9 } as const;
	const entry = await signIdentity(await importSigning(ceremony.root), org, place, body, random(16), Date.now());
	await call("organisation_append", { entries: [toBase64Url(entry)] });
	const later = { ...ceremony, issuer: await importSigning(pair), chain: await extendChain(chain, entry, undefined) };
	const user = relay.addPerson("counsellor");
	const fresh = await joinUp(makeActor(user, relay.platform(user)), "Uusi Ohjaaja");
	await certify(call, later, user, { name: "Uusi Ohjaaja", employer: "Ohjaamo", role: 1 });
	const { people } = c.engine.parts.self();
	await people.refresh([user]);
	assert.equal(people.broken(user), false);
	assert.equal(people.chain(user)?.state.cert?.name, "Uusi Ohjaaja");
	await end(c, o, admin, fresh);
});
