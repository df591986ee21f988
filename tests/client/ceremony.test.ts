// The organisation's keys, made and used by an administrator: sheets that any two of three persons make whole, nothing published before
// two were read, nothing lost when the browser goes, certificates for exactly the keys that were compared.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, joinUp, makeActor, PASSPHRASE, type Actor } from "./organisation.js";
import { makeRelay, type Relay } from "./relay.js";
import type { SheetView, StaffView } from "../../web/src/client/api.js";
import { fromBase64Url, hex, random, replayChain } from "../../web/src/seal/index.js";
import { joinShares, makeSheets, readShare, readSheet } from "../../web/src/seal/share.js";

const ORG = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const textOf = ({ root, recovery }: SheetView): string => `${root}\n${recovery}`;
const refused = (word: string, detail?: string) => (thrown: unknown): boolean => {
	const { word: said, detail: what } = thrown as { word?: string; detail?: string };
	assert.equal(said, word);
	if (detail !== undefined) assert.equal(what, detail);
	return true;
};

const person = async (relay: Relay, role: string, name: string): Promise<Actor> => {
	const user = relay.addPerson(role);
	return joinUp(makeActor(user, relay.platform(user)), name);
};

interface Office {
	relay: Relay;
	admin: Actor;
	staff: Actor;
}

const office = async (): Promise<Office> => {
	const relay = makeRelay();
	return { relay, admin: await person(relay, "admin", "Pääkäyttäjä"), staff: await person(relay, "counsellor", "Oona") };
};

const found = async ({ engine }: Actor): Promise<SheetView[]> => {
	const sheets = await engine.organise("ceremonyBegin");
	await engine.organise("ceremonyProve", [textOf(sheets[0] as SheetView), textOf(sheets[2] as SheetView)]);
	await engine.organise("ceremonyPublish");
	return sheets;
};

const only = async ({ engine }: Actor): Promise<StaffView> => {
	const { staff } = await engine.organise("organisationKeys");
	assert.equal(staff.length, 1);
	return staff[0] as StaffView;
};

const certify = async (admin: Actor, days = 365): Promise<void> => {
	const { user, code } = await only(admin);
	await admin.engine.organise("certifyStaff", { user, code, name: "Oona Ohjaaja", employer: "Ohjaamo", role: "counsellor", days });
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

test("any two of three sheets make both keys whole, and none is a key", async () => {
	const [root, recovery] = [random(32), random(32)];
	const sheets = await makeSheets(ORG, root, recovery);
	for (const [a, b] of [[0, 1], [0, 2], [2, 1]] as const) {
		const [one, other] = [await readSheet(ORG, textOf(sheets[a] as SheetView)), await readSheet(ORG, textOf(sheets[b] as SheetView))];
		assert.equal(hex(await joinShares(one.root, other.root)), hex(root));
		assert.equal(hex(await joinShares(one.recovery, other.recovery)), hex(recovery));
		assert.notEqual(hex(one.root.slice(0, 32)), hex(root));
	}
});

test("a part is read as FORMAT.md says, whatever the case and the gaps", async () => {
	const text = "0400-20G3-0G2G-C1R8-1450-P30D-1R7H-048J-2CA1-A5GQ-30CH-M6RW-3MF1-Y87V-M82A"; // worked out by another program
	const { kind, bytes } = await readShare(ORG, text);
	assert.equal(kind, "root");
	assert.deepEqual([...bytes], Array.from({ length: 33 }, (_, i) => i));
	const loose = text.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
	assert.deepEqual((await readShare(ORG, loose)).bytes, bytes);
});

test("a wrong letter, a missing one, another organisation and the two halves in the wrong order are refused", async () => {
	const [first] = (await makeSheets(ORG, random(32), random(32))) as [SheetView];
	const at = 7;
	const wrong = (text: string): string => text.slice(0, at) + (text[at] === "7" ? "8" : "7") + text.slice(at + 1);
	await assert.rejects(readSheet(ORG, textOf({ ...first, root: wrong(first.root) })), refused("root"));
	await assert.rejects(readSheet(ORG, textOf({ ...first, recovery: wrong(first.recovery) })), refused("recovery"));
	await assert.rejects(readSheet(ORG, textOf(first).slice(0, -1)), refused("length"));
	await assert.rejects(readSheet(ORG, `${first.recovery} ${first.root}`), refused("root"));
	await assert.rejects(readSheet(random(16), textOf(first)), refused("root"));
	await assert.rejects(readShare(ORG, first.root.replace(/^./, "U")), refused("share"));
});

test("the organisation's keys are made, and the issuer certifies in another browser too", async () => {
	const { relay, admin, staff } = await office();
	assert.deepEqual(await admin.engine.organise("organisationKeys"), { madeAt: null, issuerUntil: null, staff: [] });
	assert.equal(await staff.engine.organise("ownCode"), "");
	await found(admin);
	const second = await again(relay, admin);
	const { madeAt, issuerUntil } = await second.engine.organise("organisationKeys");
	assert.ok(madeAt && issuerUntil && issuerUntil > madeAt + 600 * 86_400_000);
	const one = await only(second);
	assert.deepEqual([one.state, one.name, one.known, one.anew], ["waiting", "", false, false]);
	assert.equal(one.code, await staff.engine.organise("ownCode"));
	await certify(second);
	await staff.until("told that it is certified", () => staff.events.some((e) => e.type === "self" && e.self.certified));
	assert.equal(staff.engine.parts.self().view().name, "Oona Ohjaaja");
	const after = await only(second);
	assert.deepEqual([after.state, after.name, after.employer, after.known], ["certified", "Oona Ohjaaja", "Ohjaamo", true]);
	await staff.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	await end(admin, staff, second);
});

test("what is published verifies from its first entry, and holds none of the private keys", async () => {
	const { relay, admin, staff } = await office();
	const sheets = await found(admin);
	const entries = (relay.chains.get(relay.org) as string[]).map(fromBase64Url);
	const { state } = await replayChain(entries);
	assert.equal(state.issuers.length, 1);
	const [one, other] = await Promise.all([sheets[0], sheets[1]].map((sheet) => readSheet(fromBase64Url(relay.org), textOf(sheet as SheetView))));
	const root = await joinShares((one as { root: Uint8Array<ArrayBuffer> }).root, (other as { root: Uint8Array<ArrayBuffer> }).root);
	const all = entries.map(hex).join("");
	assert.ok(!all.includes(hex(root)));
	await end(admin, staff);
});

test("nothing is published before two sheets were read, and a browser that goes starts anew", async () => {
	const { relay, admin, staff } = await office();
	await assert.rejects(admin.engine.organise("ceremonyPublish"), refused("begin_again"));
	const lost = (await admin.engine.organise("ceremonyBegin")).map(textOf) as [string, string, string];
	await assert.rejects(admin.engine.organise("ceremonyPublish"), refused("begin_again"));
	await admin.engine.organise("ceremonyProve", [lost[0], lost[1]]);
	await admin.engine.stop();
	const second = await again(relay, admin);
	await assert.rejects(second.engine.organise("ceremonyPublish"), refused("begin_again"));
	await assert.rejects(second.engine.organise("ceremonyProve", [lost[0], lost[1]]), refused("begin_again"));
	assert.equal(relay.chains.get(relay.org)?.length, 0);
	await second.engine.organise("ceremonyBegin");
	await assert.rejects(second.engine.organise("ceremonyProve", [lost[0], lost[1]]), refused("other_sheets"));
	await found(second);
	assert.equal(relay.chains.get(relay.org)?.length, 3);
	await end(staff, second);
});

test("one sheet twice, an old one beside a new one and a slip of the pen are told apart", async () => {
	const { admin, staff } = await office();
	const old = (await admin.engine.organise("ceremonyBegin")).map(textOf) as [string, string, string];
	const now = (await admin.engine.organise("ceremonyBegin")).map(textOf) as [string, string, string];
	await assert.rejects(admin.engine.organise("ceremonyProve", [now[0], now[0]]), refused("same_sheet"));
	await assert.rejects(admin.engine.organise("ceremonyProve", [now[0], now[1].slice(0, -2)]), refused("bad_sheet", "1.length"));
	await assert.rejects(admin.engine.organise("ceremonyProve", [now[0].replace(/.$/, (c) => (c === "A" ? "B" : "A")), now[1]]), refused("bad_sheet", "0.recovery"));
	await assert.rejects(admin.engine.organise("ceremonyProve", [old[0], old[1]]), refused("other_sheets"));
	await assert.rejects(admin.engine.organise("ceremonyProve", [now[0]]), refused("bad_sheet"));
	await assert.rejects(admin.engine.organise("ceremonyPublish"), refused("begin_again"));
	await admin.engine.organise("ceremonyProve", [now[2], now[1]]);
	await admin.engine.lock();
	await admin.engine.unlock({ passphrase: PASSPHRASE });
	await assert.rejects(admin.engine.organise("ceremonyPublish"), refused("begin_again"), "locking forgets them");
	await end(admin, staff);
});

test("a server that cannot for a moment gets it once, and a state that cannot be saved publishes nothing", async () => {
	const { relay, admin, staff } = await office();
	const sheets = (await admin.engine.organise("ceremonyBegin")).map(textOf) as [string, string, string];
	await admin.engine.organise("ceremonyProve", [sheets[0], sheets[1]]);
	relay.refuseOps.add("self_put_state");
	await assert.rejects(admin.engine.organise("ceremonyPublish"), refused("unavailable"));
	assert.equal(relay.chains.get(relay.org)?.length, 0);
	relay.refuseOps.clear();
	relay.fail = "organisation_append";
	await admin.engine.organise("ceremonyPublish");
	assert.equal(relay.chains.get(relay.org)?.length, 3);
	assert.ok((await admin.engine.organise("organisationKeys")).issuerUntil);
	await end(admin, staff);
});

test("only an administrator makes keys, and only once", async () => {
	const { admin, staff } = await office();
	await assert.rejects(staff.engine.organise("ceremonyBegin"), refused("forbidden"));
	await assert.rejects(staff.engine.organise("organisationKeys"), refused("forbidden"));
	await found(admin);
	await assert.rejects(admin.engine.organise("ceremonyBegin"), refused("conflict"));
	await end(admin, staff);
});

test("a certificate is for the keys that were compared, and ends when they do", async () => {
	const { relay, admin, staff } = await office();
	await found(admin);
	await certify(admin);
	const before = await only(admin);
	await staff.engine.stop();
	const fresh = makeActor(staff.user, relay.platform(staff.user));
	await fresh.engine.start();
	await fresh.engine.resetKeys({ passphrase: PASSPHRASE, name: "Oona", language: "fi" });
	const waiting = await only(admin);
	assert.deepEqual([waiting.state, waiting.name, waiting.anew, waiting.known], ["waiting", "Oona Ohjaaja", true, false]);
	assert.notEqual(waiting.code, before.code);
	const input = { user: staff.user, name: "Oona Ohjaaja", employer: "Ohjaamo", role: "counsellor", days: 365 } as const;
	await assert.rejects(admin.engine.organise("certifyStaff", { ...input, code: before.code }), refused("keys_changed"));
	assert.equal((await only(admin)).state, "waiting");
	await certify(admin);
	await fresh.until("certified", () => fresh.engine.parts.self().view().certified);
	await end(admin, fresh);
});

test("renewing moves the end, revoking ends it at once, and a certificate of three years is refused", async () => {
	const { admin, staff } = await office();
	await found(admin);
	await certify(admin, 20);
	const first = await only(admin);
	await certify(admin, 700);
	const { until, user, code } = await only(admin);
	await assert.rejects(admin.engine.organise("certifyStaff", { user, code, name: "Oona", employer: "Ohjaamo", role: "counsellor", days: 1_000 }), refused("bad_field"));
	assert.ok((until as number) > (first.until as number) + 600 * 86_400_000);
	await admin.engine.organise("revokeStaff", staff.user, "left");
	assert.equal((await only(admin)).state, "revoked");
	await staff.until("no longer certified", () => !staff.engine.parts.self().view().certified);
	await end(admin, staff);
});

test("nothing is sent to a room whose last counsellor was revoked", async () => {
	const { relay, admin, staff } = await office();
	await found(admin);
	await certify(admin);
	await staff.until("certified", () => staff.engine.parts.self().view().certified);
	const { room, link } = await staff.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const aino = await client(relay, "Aino K.");
	await aino.engine.acceptInvitation(link);
	await aino.engine.openRoom(room, "fi");
	await aino.engine.send(room, "Hei!");
	await staff.engine.openRoom(room, "fi");
	await staff.until("read", () => staff.texts(room).includes("Hei!"));
	await aino.until("open", () => aino.view()?.blocked === null);
	await staff.engine.stop();
	const stored = (): number => relay.rooms.get(room)?.rows.length as number;
	await admin.engine.organise("revokeStaff", staff.user, "left");
	await aino.until("nobody is there", () => aino.view()?.blocked === "no_staff");
	const before = stored();
	const { id } = await aino.engine.send(room, "Onko siellä joku?");
	await aino.until("refused", () => aino.messages.get(id)?.state === "failed");
	assert.equal(aino.messages.get(id)?.error, "no_staff");
	assert.equal(stored(), before);
	await end(admin, aino);
});

test("an administrator who lost their keys certifies again with two sheets, and with no others", async () => {
	const { relay, admin, staff } = await office();
	const sheets = (await found(admin)).map(textOf) as [string, string, string];
	await admin.engine.stop();
	const fresh = makeActor(admin.user, relay.platform(admin.user));
	await fresh.engine.start();
	await fresh.engine.resetKeys({ passphrase: PASSPHRASE, name: "Pääkäyttäjä", language: "fi" });
	assert.equal((await fresh.engine.organise("organisationKeys")).issuerUntil, null);
	await assert.rejects(certify(fresh), refused("no_issuer"));
	const others = (await makeSheets(fromBase64Url(relay.org), random(32), random(32))).map(textOf) as [string, string, string];
	await assert.rejects(fresh.engine.organise("renewIssuer", [others[0], others[1]]), refused("other_sheets"));
	// Of two foreign sheets at most one stands by chance in the same place as the first.
	const words = await Promise.all(others.slice(1).map((other) => fresh.engine.organise("renewIssuer", [sheets[0], other]).then(() => "renewed", (thrown: { word?: string }) => thrown.word ?? "")));
	assert.ok(words.includes("other_sheets") && words.every((word) => word === "other_sheets" || word === "same_sheet"), words.join());
	assert.equal(relay.chains.get(relay.org)?.length, 3);
	await fresh.engine.organise("renewIssuer", [sheets[1], sheets[2].split("\n")[0] as string]);
	assert.ok((await fresh.engine.organise("organisationKeys")).issuerUntil);
	await certify(fresh);
	await staff.until("certified", () => staff.engine.parts.self().view().certified);
	await end(fresh, staff);
});

test("a chain that is not what was seen before is shown as such and not certified", async () => {
	const { relay, admin, staff } = await office();
	await found(admin);
	await certify(admin);
	const { user, code } = await only(admin);
	await admin.engine.parts.self().store()?.flush();
	relay.chains.set(user, (relay.chains.get(user) as string[]).slice(0, 1));
	assert.equal((await only(admin)).state, "broken");
	await assert.rejects(admin.engine.organise("certifyStaff", { user, code, name: "Oona", employer: "Ohjaamo", role: "counsellor", days: 365 }), refused("pin_broken"));
	await end(admin, staff);
});
