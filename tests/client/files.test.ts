// Files between two people, through the whole engine and a relay in memory that cuts, forgets and lies.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeHouse, still, type Actor, type House } from "./organisation.js";
import { withFiles, type Files, type KeptFile } from "./relay-files.js";
import { makeRelay } from "./relay.js";
import { pdf } from "./samples.js";
import type { FileView, TransferView } from "../../web/src/client/api.js";
import { fileLine } from "../../web/src/client/room-view.js";
import type { Message } from "../../web/src/client/timeline.js";
import { refusal, wordOf } from "../../web/src/client/refusal.js";
import { concat, equal, fromBase64Url, parseEnvelope, random, readFileClear, toBase64Url, utf8, zeroes, type Bytes } from "../../web/src/seal/index.js";

const MB = 1_048_576;
const FILE = 5;

interface Talk extends House {
	client: Actor;
	room: string;
	files: Files;
}

const talk = async (): Promise<Talk> => {
	const relay = makeRelay();
	const files = withFiles(relay);
	const house = await makeHouse(relay);
	const { room, link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	await one.engine.openRoom(room, "fi");
	await house.counsellor.engine.openRoom(room, "fi");
	return { ...house, client: one, room, files };
};

const end = async (t: Talk, ...more: Actor[]): Promise<void> => {
	for (const actor of [t.client, t.counsellor, t.admin, ...more]) await actor.engine.stop();
};

const filled = (size: number): Bytes => {
	const bytes = new Uint8Array(size);
	for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
	bytes.set(pdf());
	return bytes;
};

const told = (name: string, about = "") => ({ name, about, without: "tiedosto" });
const states = (actor: Actor, id: string): TransferView[] =>
	actor.events.flatMap((event) => (event.type === "transfers" ? event.transfers.filter((one) => one.id === id) : []));
const last = (actor: Actor, id: string): TransferView | undefined => states(actor, id).at(-1);
const reached = (actor: Actor, id: string, state: TransferView["state"]): Promise<void> => actor.until(`${id} ${state}`, () => states(actor, id).some((one) => one.state === state));
const listed = async (actor: Actor, room: string): Promise<FileView[]> => actor.engine.work("files", room, "tiedosto");
const bytesOf = async (blob: Blob): Promise<Bytes> => new Uint8Array(await blob.arrayBuffer());

const send = async (t: Talk, bytes: Bytes, name: string, about = "", from = t.client): Promise<string> => {
	const { transfer } = await from.engine.work("sendFile", t.room, new Blob([bytes]), told(name, about));
	await reached(from, transfer, "done");
	return transfer;
};

/** The newest file that this person sees, once it is there. */
const arrived = async (actor: Actor, room: string, count = 1): Promise<FileView> => {
	const there = (): number => [...actor.messages.values()].filter((m) => m.item?.kind === FILE && m.seq !== null && !m.deleted).length;
	await actor.until(`${count} files`, () => there() >= count);
	return (await listed(actor, room))[0] as FileView;
};

const refused = (word: string, detail?: string) => (e: unknown): boolean => {
	assert.equal(wordOf(e), word);
	if (detail !== undefined) assert.equal((e as { detail?: string }).detail, detail);
	return true;
};

const onlyFile = (t: Talk): [string, KeptFile] => [...t.files.kept][0] as [string, KeptFile];

test("a file goes from one to the other, with its name, kind, size and description", async () => {
	const t = await talk();
	const bytes = filled(2 * MB + 5);
	await send(t, bytes, "../Hakemus\u202E.PDF", "hakemuksen ensimmäinen sivu");
	const file = await arrived(t.counsellor, t.room);
	assert.deepEqual([file.name, file.family, file.media, file.size, file.about, file.state, file.mine], ["Hakemus.PDF", "pdf", "application/pdf", bytes.length, "hakemuksen ensimmäinen sivu", "here", false]);
	assert.ok(equal(await bytesOf(await t.counsellor.engine.work("fetchFile", t.room, file.id)), bytes));
	assert.ok(equal(await bytesOf(await t.client.engine.work("fetchFile", t.room, file.id)), bytes));
	assert.equal((await t.client.engine.work("transfers", t.room)).length, 0);
	await end(t);
});

test("several files wait for their turn and all arrive", async () => {
	const t = await talk();
	const all = [filled(MB + 1), filled(3_000), utf8("muistiinpanoja"), filled(2 * MB)];
	const ids = [];
	for (const [i, bytes] of all.entries()) ids.push(await t.counsellor.engine.work("sendFile", t.room, new Blob([bytes]), told(`${i}`)));
	for (const { transfer } of ids) await reached(t.counsellor, transfer, "done");
	await arrived(t.client, t.room, 4);
	const files = (await listed(t.client, t.room)).reverse();
	assert.deepEqual(files.map((file) => file.name), ["0.pdf", "1.pdf", "2.txt", "3.pdf"]);
	for (const [i, file] of files.entries()) assert.ok(equal(await bytesOf(await t.client.engine.work("fetchFile", t.room, file.id)), all[i] as Bytes));
	await end(t);
});

test("what may not be sent is refused before anything goes", async () => {
	const t = await talk();
	for (const [bytes, word] of [[utf8("<svg onload=x()>"), "file_active"], [zeroes(0), "file_empty"], [random(50), "file_not_allowed"]] as const)
		await assert.rejects(t.client.engine.work("sendFile", t.room, new Blob([concat(bytes)]), told("kuva.png")), refused(word));
	assert.equal(t.files.kept.size, 0);
	await end(t);
});

test("nothing of a file, its name or its kind is in what the server keeps", async () => {
	const t = await talk();
	const text = "Tämä on salainen hakemus, jota kukaan muu ei saa lukea. ".repeat(40);
	await send(t, utf8(text), "salainen-hakemus.txt", "kuvaus joka on salainen");
	await arrived(t.counsellor, t.room);
	const [, kept] = onlyFile(t);
	const rows = t.relay.rooms.get(t.room)?.rows.map((row) => Buffer.from(row.env.bytes)) ?? [];
	const all = Buffer.concat([...[...kept.parts.values()].map((part) => Buffer.from(part.bytes)), ...rows, Buffer.from(JSON.stringify([kept.key, kept.room]))]);
	for (const word of ["salainen", "hakemus", "text/plain", "kuvaus joka"]) assert.equal(all.indexOf(word), -1, word);
	await end(t);
});

test("an epoch that ends while parts are on their way does not lose the file", async () => {
	const t = await talk();
	const bytes = filled(3 * MB);
	let once = true;
	t.files.after = async (_, n) => {
		if (n !== 1 || !once) return;
		once = false;
		const room = t.relay.rooms.get(t.room);
		if (room) room.pending = true;
		for (const line of t.relay.lines) line.say({ ev: "room_pending", body: { room: t.room } });
		await t.counsellor.until("the next epoch", () => room?.pending === false);
	};
	const before = t.relay.rooms.get(t.room)?.epoch as number;
	await send(t, bytes, "hakemus.pdf");
	const file = await arrived(t.counsellor, t.room);
	const [, kept] = onlyFile(t);
	assert.ok(kept.epoch > before && kept.epoch === t.relay.rooms.get(t.room)?.rows.at(-1)?.env.epoch);
	assert.ok(equal(await bytesOf(await t.counsellor.engine.work("fetchFile", t.room, file.id)), bytes));
	assert.ok(equal(await bytesOf(await t.client.engine.work("fetchFile", t.room, file.id)), bytes));
	await end(t);
});

test("an epoch that ends between the last part and the manifest does not lose the file either", async () => {
	const t = await talk();
	const { message_post: post } = t.relay.more;
	let once = true;
	t.relay.more["message_post"] = async (user, body) => {
		const room = t.relay.rooms.get(t.room);
		if (once && room && user === t.client.user) {
			once = false;
			room.pending = true; // the server turns the manifest away, and the client makes the next epoch before it tries again
		}
		return (post as NonNullable<typeof post>)(user, body);
	};
	await send(t, filled(MB), "hakemus.pdf");
	const file = await arrived(t.counsellor, t.room);
	assert.equal((await t.counsellor.engine.work("fetchFile", t.room, file.id)).size, MB);
	assert.equal([...t.client.messages.values()].filter((m) => m.state === "failed").length, 0);
	await end(t);
});

test("lost requests and replies, of parts and of words, lose nothing and send nothing twice", async () => {
	const t = await talk();
	const bytes = filled(6 * MB);
	const digests = new Map<string, string>();
	let left = 6;
	t.files.before = (asked, n) => {
		if (asked.method === "PUT") {
			const mark = `${asked.path} ${n}`;
			const digest = asked.headers["x-luotsi-digest"] as string;
			assert.equal(digests.get(mark) ?? digest, digest);
			digests.set(mark, digest);
		}
		if (left > 0 && Math.random() < 0.3 && left--) throw Object.assign(new Error("offline"), { word: "offline" });
	};
	t.files.after = () => {
		if (left > 0 && Math.random() < 0.3 && left--) throw Object.assign(new Error("offline"), { word: "offline" });
	};
	t.relay.loseReply = "file_begin";
	const old = t.relay.more["file_begin"] as NonNullable<(typeof t.relay.more)[string]>;
	t.relay.more["file_begin"] = (user, body) => (t.files.kept.has(body["file"] as string) ? {} : old(user, body));
	await send(t, bytes, "iso.pdf");
	const file = await arrived(t.counsellor, t.room);
	assert.equal(t.files.kept.size, 1);
	assert.ok(equal(await bytesOf(await t.counsellor.engine.work("fetchFile", t.room, file.id)), bytes));
	await end(t);
});

test("an epoch that ends before the server has heard of a file, or of its key, does not lose it", async () => {
	const t = await talk();
	for (const op of ["file_begin", "file_key_put"]) {
		const act = t.relay.more[op] as NonNullable<(typeof t.relay.more)[string]>;
		let left = 2;
		t.relay.more[op] = async (user, body) => {
			const room = t.relay.rooms.get(t.room);
			if (!room) return {};
			if (left > 0) {
				left--;
				room.pending = true;
				for (const line of t.relay.lines) line.say({ ev: "room_pending", body: { room: t.room } });
				await t.counsellor.until("the next epoch", () => !room.pending);
			}
			if (body["epoch"] !== room.epoch) throw refusal("stale_epoch");
			return act(user, body);
		};
	}
	t.files.after = () => void (t.files.after = () => {
		const room = t.relay.rooms.get(t.room);
		if (room) room.pending = true; // so that the key has to be given anew
		t.files.after = () => undefined;
	});
	await send(t, filled(2 * MB), "hakemus.pdf");
	const file = await arrived(t.counsellor, t.room);
	assert.equal((await t.counsellor.engine.work("fetchFile", t.room, file.id)).size, 2 * MB);
	assert.ok((t.relay.rooms.get(t.room)?.epoch as number) >= 5, "four epochs ended meanwhile");
	await end(t);
});

test("epochs that end one after another while the manifest is on its way do not lose the file", async () => {
	const t = await talk();
	const post = t.relay.more["message_post"] as NonNullable<(typeof t.relay.more)[string]>;
	let left = 5;
	t.relay.more["message_post"] = async (user, body) => {
		const env = await parseEnvelope(fromBase64Url(body["envelope"] as string)), room = t.relay.rooms.get(t.room);
		const fits = env.kind === FILE && t.files.kept.get(toBase64Url(readFileClear(env.clear).file))?.epoch === env.epoch;
		if (room && fits && left > 0) {
			left--;
			room.pending = true;
			for (const line of t.relay.lines) line.say({ ev: "room_pending", body: { room: t.room } });
			await t.counsellor.until("the next epoch", () => !room.pending);
		}
		return post(user, body);
	};
	await send(t, filled(MB), "hakemus.pdf");
	const file = await arrived(t.counsellor, t.room);
	assert.equal(left, 0);
	assert.equal((await t.counsellor.engine.work("fetchFile", t.room, file.id)).size, MB);
	await end(t);
});

test("it can be paused, goes on with the same file, and cancelled, which takes it from the server", async () => {
	const t = await talk();
	const bytes = filled(5 * MB);
	let id = "";
	t.files.after = (_, n) => {
		if (n === 1) void t.client.engine.work("pauseFile", t.room, id, true);
	};
	({ transfer: id } = await t.client.engine.work("sendFile", t.room, new Blob([bytes]), told("a.pdf")));
	await reached(t.client, id, "paused");
	await still(t.client, () => t.files.traffic);
	assert.equal(last(t.client, id)?.state, "paused");
	t.files.after = () => undefined;
	await t.client.engine.work("pauseFile", t.room, id, false);
	await reached(t.client, id, "done");
	assert.ok(equal(await bytesOf(await t.counsellor.engine.work("fetchFile", t.room, (await arrived(t.counsellor, t.room)).id)), bytes));

	let other = "";
	t.files.after = (_, n) => {
		if (n === 1) void t.client.engine.work("cancelFile", t.room, other);
	};
	({ transfer: other } = await t.client.engine.work("sendFile", t.room, new Blob([filled(5 * MB)]), told("b.pdf")));
	await t.client.until("cancelled", () => [...t.files.kept.values()].some((one) => one.state === "gone"));
	assert.equal((await t.client.engine.work("transfers", t.room)).length, 0);
	assert.equal((await listed(t.counsellor, t.room)).length, 1);
	await end(t);
});

test("a server that puts something else in the place of a part gets no manifest", async () => {
	const t = await talk();
	t.files.after = (_, n) => {
		if (n !== 0) return;
		const [, kept] = onlyFile(t);
		kept.parts.set(0, { bytes: random(100), digest: random(32) });
		throw Object.assign(new Error("offline"), { word: "offline" });
	};
	const { transfer } = await t.client.engine.work("sendFile", t.room, new Blob([filled(2 * MB)]), told("a.pdf"));
	await reached(t.client, transfer, "failed");
	assert.equal(last(t.client, transfer)?.error, "other_part");
	assert.equal(t.relay.rooms.get(t.room)?.rows.filter((row) => row.env.kind === FILE).length, 0);
	await t.client.engine.work("cancelFile", t.room, transfer);
	assert.equal((await t.client.engine.work("transfers", t.room)).length, 0);
	await end(t);
});

test("parts of another file, another order, other lengths or another key give nothing", async () => {
	const t = await talk();
	await send(t, filled(3 * MB + 9), "a.pdf");
	await send(t, filled(3 * MB + 9), "b.pdf");
	const file = await arrived(t.counsellor, t.room, 2);
	const [[first], [second]] = [...t.files.kept] as [[string, KeptFile], [string, KeptFile]];
	const part = (id: string, n: number): Bytes => t.files.kept.get(id)?.parts.get(n)?.bytes as Bytes;
	const fetched = (): Promise<Blob> => t.counsellor.engine.work("fetchFile", t.room, file.id);
	const bends: [Files["bend"], string][] = [
		[(_, n) => part(first, n), "sealed"], [(_, n, bytes) => (n === 1 ? part(second, 2) : n === 2 ? part(second, 1) : bytes), "sealed"], [(_, n, bytes) => (n === 2 ? bytes.slice(0, -1) : bytes), "length"],
		[(_, n, bytes) => (n === 3 ? concat(bytes, bytes) : bytes), "length"], [(_, _n, bytes) => bytes.map((b, i) => (i === 60 ? b ^ 4 : b)), "sealed"],
	];
	for (const [bend, detail] of bends) {
		t.files.bend = bend;
		await assert.rejects(fetched(), refused("file_broken", detail));
	}
	t.files.bend = (_f, _n, bytes) => bytes;
	t.files.bendKey = () => t.files.kept.get(first)?.key as string;
	await assert.rejects(fetched(), refused("file_broken", "key"));
	t.files.bendKey = () => toBase64Url(random(104));
	await assert.rejects(fetched(), refused("file_broken", "key"));
	t.files.bendKey = (_, key) => key;
	assert.equal((await fetched()).size, 3 * MB + 9);
	await end(t);
});

test("a manifest that no browser of ours would send is shown as doubtful and gives nothing", async () => {
	const t = await talk();
	await send(t, filled(MB), "a.pdf");
	const row = t.relay.rooms.get(t.room)?.rows.at(-1);
	const items = await t.client.engine.work("items", t.room, [FILE]);
	const good = JSON.parse(new TextDecoder().decode(items[0]?.content as Bytes)) as Record<string, unknown>;
	const { readManifest } = await import("../../web/src/client/files-manifest.js");
	const read = (json: unknown): unknown => readManifest(utf8(JSON.stringify(json)), "tiedosto");
	assert.ok(row && read(good));
	const bad = [
		{ ...good, media: "text/html" }, { ...good, media: "image/gif" }, { ...good, size: 0 }, { ...good, size: 1.5 }, { ...good, size: 2 ** 41 }, { ...good, hash: "AAAA" }, { ...good, hash: 7 },
		{ ...good, v: 2 }, { ...good, more: 1 }, { ...good, name: "x".repeat(300) }, { ...good, name: null }, { ...good, about: "x".repeat(1_001) }, [], null, 7, "x", { v: 1 },
	];
	for (const json of bad) assert.equal(read(json), undefined, JSON.stringify(json));
	assert.equal(readManifest(utf8("{"), "tiedosto"), undefined);
	const odd = readManifest(utf8(JSON.stringify({ ...good, name: "..\\x\u202egpj.exe" })), "tiedosto");
	assert.equal(odd?.name, "xgpj.exe.pdf");
	await end(t);
});

test("the list of rooms names the file that came last, without signs that hide in a name", async () => {
	const line = (json: string, more: object = {}, deleted = false): string =>
		fileLine({ known: { doubt: null, content: { type: "item", ctype: 8, bytes: utf8(json), clear: zeroes(0), ...more } }, deleted } as unknown as Message);
	assert.equal(line('{"name":"a\u202egpj\\n\u200b.exe"}'), "\u{1F4CE} agpj.exe");
	for (const bad of ["", "{", "null", "7", "[]", '{"name":null}', '{"name":{}}', "{}"]) assert.equal(line(bad), "", bad);
	assert.deepEqual([line('{"name":"a"}', {}, true), line('{"name":"a"}', { ctype: 5 }), line('{"name":"a"}', { type: "text" })], ["", "", ""]);
	const t = await talk();
	const preview = (): string | undefined => t.counsellor.rooms().find(({ room }) => room === t.room)?.preview;
	await send(t, filled(MB), "lomakuva.pdf");
	await t.counsellor.until("the name", () => preview() === "\u{1F4CE} lomakuva.pdf");
	await t.client.engine.work("removeItem", t.room, (await arrived(t.counsellor, t.room)).id);
	await t.counsellor.until("what was said before", () => preview() === "Tervetuloa!");
	await end(t);
});

test("a deleted file is gone for both, and from the server", async () => {
	const t = await talk();
	await send(t, filled(MB), "a.pdf");
	const file = await arrived(t.counsellor, t.room);
	await assert.rejects(t.counsellor.engine.work("removeItem", t.room, file.id), refused("not_found"));
	await t.client.engine.work("removeItem", t.room, file.id);
	await t.counsellor.until("deleted", () => t.counsellor.messages.get(file.id)?.deleted === true);
	assert.equal((await listed(t.counsellor, t.room))[0]?.state, "deleted");
	await assert.rejects(t.counsellor.engine.work("fetchFile", t.room, file.id), refused("not_found"));
	assert.equal(onlyFile(t)[1].parts.size, 0);
	await end(t);
});

test("a file of an epoch whose key was not given is locked", async () => {
	const t = await talk();
	await send(t, filled(MB), "a.pdf");
	await arrived(t.counsellor, t.room);
	await t.client.engine.stop();
	const lost = await again(t.relay, t.client);
	await lost.engine.lock();
	await lost.engine.resetKeys({ passphrase: "aivan toinen pitkä salalause", name: "Aino K.", language: "fi" });
	await lost.engine.openRoom(t.room, "fi");
	await lost.until("locked", () => [...lost.messages.values()].some((m) => m.locked && m.item?.kind === FILE));
	const [file] = await listed(lost, t.room);
	assert.deepEqual([file?.state, file?.name, file?.size], ["locked", "", 0]);
	await assert.rejects(lost.engine.work("fetchFile", t.room, file?.id as string), refused("locked"));
	await end({ ...t, client: lost });
});

test("files that are on their way end when the keys are locked", async () => {
	const t = await talk();
	t.files.before = () => new Promise((resolve) => setTimeout(resolve, 30));
	await t.client.engine.work("sendFile", t.room, new Blob([filled(9 * MB)]), told("a.pdf"));
	await t.client.until("a part", () => [...t.files.kept.values()].some((one) => one.parts.size > 0));
	await t.client.engine.lock();
	const { traffic } = t.files;
	await new Promise((resolve) => setTimeout(resolve, 150));
	assert.ok(t.files.traffic <= traffic + 2 * 1_049_656);
	assert.equal(t.relay.rooms.get(t.room)?.rows.filter((row) => row.env.kind === FILE).length, 0);
	await end(t);
});
