// Files from one browser's engine to another through the real server: over a connection that is cut, past workers that are killed, with a
// server in between that lies. LUOTSI_FILES_MB=1024 sends a gigabyte.

import { strict as assert } from "node:assert";
import { createHash, randomFillSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { makeActor, PASSPHRASE, type Actor } from "../client/organisation.js";
import { pdf } from "../client/samples.js";
import { connect, cookieOf, idToUuid, killHard, say, talk, type House } from "./house.js";
import type { FileView, TransferView } from "../../web/src/client/api.js";
import { openNodePlatform, wordOf, type Platform } from "../../web/src/client/index.js";
import type { PartAnswer, PartRequest, RunTransport, Transport } from "../../web/src/client/platform.js";
import { readFileClear, shapeOf, toBase64Url, type Bytes } from "../../web/src/seal/index.js";

const MB = 1_048_576;
const ALL = Number(process.env["LUOTSI_FILES_MB"] ?? 100);
const FILE = 5;
const PATIENCE_MS = 60_000 + ALL * 2_000;

const filled = (size: number): Bytes => {
	const bytes = new Uint8Array(size);
	randomFillSync(bytes);
	bytes.set(pdf());
	return bytes;
};
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Another device of this person, whose parts go through `through`; several in one answer only if there is a way through for them. */
const device = async (house: House, actor: Actor, through: (own: Transport) => Transport, ran?: (own: RunTransport) => RunTransport): Promise<Actor> => {
	const cookie = await cookieOf(house, { person: actor.user, role: "" });
	const platform: Platform = openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie });
	const { runs, ...singly } = platform;
	const one = makeActor(actor.user, { ...singly, transport: through(platform.transport as Transport), ...(ran && { runs: ran(runs as RunTransport) }) });
	house.open.push(one);
	await one.engine.start();
	await one.engine.unlock({ passphrase: PASSPHRASE });
	return one;
};

const states = (actor: Actor, id: string): TransferView[] =>
	actor.events.flatMap((event) => (event.type === "transfers" ? event.transfers.filter((one) => one.id === id) : []));

const ended = async (actor: Actor, id: string): Promise<TransferView> => {
	for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
		const found = states(actor, id).find((one) => one.state === "done" || one.state === "failed");
		if (found) return found;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`a file is still ${states(actor, id).at(-1)?.state}`);
};

const send = async (actor: Actor, room: string, bytes: Bytes, name: string): Promise<void> => {
	const { transfer } = await actor.engine.work("sendFile", room, new Blob([bytes]), { name, about: "", without: "tiedosto" });
	const last = await ended(actor, transfer);
	assert.deepEqual([last.state, last.error], ["done", null]);
};

/** Those of the room, oldest first: also those that one's window has not, as a page asks for them. */
const listed = async (actor: Actor, room: string, count: number): Promise<FileView[]> => {
	const look = async (): Promise<FileView[]> => {
		for (let more = true; ; ) {
			const files = (await actor.engine.work("files", room, "tiedosto")).filter(({ state }) => state === "here");
			if (files.length >= count || !more) return files.reverse();
			({ more } = await actor.engine.work("olderItems", room, [FILE]));
		}
	};
	for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
		const files = await look().catch((thrown: unknown) => (["offline", "uncertain"].includes(wordOf(thrown)) ? [] : Promise.reject(thrown)));
		if (files.length >= count) return files;
	}
	throw new Error(`waited in vain for ${count} files`);
};

const fetched = async (actor: Actor, room: string, id: string): Promise<Bytes> => new Uint8Array(await (await actor.engine.work("fetchFile", room, id)).arrayBuffer());

const refused = (word: string, detail?: string) => (e: unknown): boolean => {
	assert.equal(wordOf(e), word);
	if (detail !== undefined) assert.equal((e as { detail?: string }).detail, detail);
	return true;
};

/** Cuts every request that is on its way, and the connection, at random every second or so; and the third request in any case. */
const makeKnife = () => {
	const going = new Set<AbortController>();
	let cuts = 0;
	let asks = 0;
	const through = (own: Transport): Transport => (asked: PartRequest) => {
		const knife = new AbortController();
		going.add(knife);
		if (++asks === 3) queueMicrotask(() => (cuts++, knife.abort()));
		return own({ ...asked, signal: AbortSignal.any([asked.signal, knife.signal]) }).finally(() => going.delete(knife));
	};
	const cut = (actor: Actor): void => {
		cuts += going.size;
		for (const one of going) one.abort();
		if (Math.random() < 0.5) actor.engine.parts.link.drop();
		actor.engine.parts.link.poke();
	};
	return { through, cut, cuts: () => cuts, asks: () => asks };
};

const workers = (supervisor: number): number[] =>
	readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
		try {
			const parent = Number((readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop() as string).split(" ")[1]);
			return parent === supervisor && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker");
		} catch {
			return false;
		}
	});

export const shareTests = (house: () => House): void => {
	test("a_file_goes_both_ways_and_a_second_device_finds_it", async () => {
		const { client, counsellor, room } = await talk(house());
		const [one, other] = [filled(2 * MB + 77), filled(20_000)];
		await send(client, room, one, "Hakemus.pdf");
		await send(counsellor, room, other, "Päätös.pdf");
		assert.deepEqual((await listed(client, room, 2)).map((f) => [f.name, f.mine, f.size]), [["Hakemus.pdf", true, one.length], ["Päätös.pdf", false, other.length]]);
		const second = await device(house(), client, (own) => own);
		await second.engine.openRoom(room, "fi");
		const files = await listed(second, room, 2);
		assert.equal(digestOf(await fetched(second, room, files[0]?.id ?? "")), digestOf(one));
		assert.equal(digestOf(await fetched(second, room, files[1]?.id ?? "")), digestOf(other));
		assert.equal(digestOf(await fetched(counsellor, room, (await listed(counsellor, room, 2))[0]?.id ?? "")), digestOf(one));
	});

	test("everything_arrives_once_over_a_connection_that_is_cut_again_and_again_while_workers_are_killed", { timeout: 3 * PATIENCE_MS }, async (t) => {
		const { client, counsellor, room } = await talk(house());
		const knife = makeKnife();
		const [sender, reader] = [await device(house(), client, knife.through), await device(house(), counsellor, knife.through)];
		await sender.engine.openRoom(room, "fi");
		await reader.engine.openRoom(room, "fi");
		const sizes: number[] = [];
		for (let left = ALL * MB; left > 0; left -= sizes.at(-1) as number) sizes.push(Math.min(left, Math.floor((2 + Math.random() * 22) * MB)));
		let over = false;
		const cutting = (async () => {
			while (!over) {
				await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1_700));
				knife.cut(Math.random() < 0.5 ? sender : reader);
			}
		})();
		const killing = setTimeout(() => workers(house().service.server_pid).slice(0, 1).forEach(killHard), 4_000);
		const wanted: string[] = [];
		const begun = Date.now();
		for (const [i, size] of sizes.entries()) {
			const bytes = filled(Math.max(size, 2_000));
			wanted.push(digestOf(bytes));
			await send(sender, room, bytes, `${i}.pdf`);
		}
		const sent = Date.now();
		const files = await listed(reader, room, sizes.length);
		const found: string[] = [];
		for (const file of files) found.push(digestOf(await fetched(reader, room, file.id)));
		const parts = sizes.reduce((n, size) => n + shapeOf(size).parts, 0);
		t.diagnostic(`${ALL} MB in ${sizes.length} files, ${parts} parts: sent in ${sent - begun} ms, fetched in ${Date.now() - sent} ms; ${knife.cuts()} requests cut, ${knife.asks()} asked for ${parts} parts to go and ${parts} to come`);
		over = true;
		clearTimeout(killing);
		await cutting;
		assert.deepEqual(found, wanted);
		assert.ok(knife.cuts() > 0, "nothing was cut");
		const { rows } = await house().db.query<{ state: string; n: number; double: number }>(
			`SELECT f.state, count(*)::int AS n, count(*) FILTER (WHERE f.n_parts <> (SELECT count(*) FROM file_part p WHERE p.org = f.org AND p.file = f.file))::int AS double
			 FROM file f WHERE f.room = $1 AND f.state <> 'gone' GROUP BY f.state`, [idToUuid(room)]);
		assert.deepEqual(rows, [{ state: "sent", n: sizes.length, double: 0 }]);
	});

	test("every_byte_arrives_once_though_postgresql_and_workers_are_killed_in_the_middle_of_an_upload_and_of_downloads", { timeout: PATIENCE_MS }, async () => {
		const { client, counsellor, room } = await talk(house());
		const { db, service } = house();
		const killWorkers = async (): Promise<void> => workers(service.server_pid).forEach(killHard);
		const at = (count: number, kills: (() => Promise<void>)[]) => {
			let n = 0;
			return async (): Promise<void> => void (++n % count === 0 && (await kills.shift()?.()));
		};
		const sending = [service.crash, killWorkers], running = [service.crash, killWorkers], single = [service.crash];
		const [sent, ran, got] = [at(5, sending), at(6, running), at(4, single)];
		const sender = await device(house(), client, (own) => async (asked) => {
			const answer = asked.method === "PUT" ? Promise.all([own(asked), sent()]).then(([one]) => one) : own(asked);
			if (asked.method === "GET") await got();
			return answer;
		});
		await sender.engine.openRoom(room, "fi");
		const reader = await device(house(), counsellor, (own) => own, (own) => async (asked) => own({ ...asked, take: async (part) => {
			await ran();
			await asked.take(part);
		} }));
		await reader.engine.openRoom(room, "fi");
		await db.end();
		try {
			const bytes = filled(14 * MB + 3);
			await send(sender, room, bytes, "kestävä.pdf");
			const [file] = await listed(reader, room, 1);
			for (const one of [reader, sender]) assert.equal(digestOf(await fetched(one, room, file?.id ?? "")), digestOf(bytes));
			assert.deepEqual([sending.length, running.length, single.length], [0, 0, 0]);
		} finally {
			house().db = await connect(service); // for the tests after this one
		}
		const { rows } = await house().db.query<{ state: string; n: number }>(
			"SELECT f.state, count(p.n)::int - f.n_parts AS n FROM file f LEFT JOIN file_part p ON p.org = f.org AND p.file = f.file WHERE f.room = $1 GROUP BY f.state, f.n_parts", [idToUuid(room)]);
		assert.deepEqual(rows, [{ state: "sent", n: 0 }]);
		await client.until("connected again", () => client.events.filter((e) => e.type === "connection").at(-1)?.state === "online");
	});

	test("a_room_that_rotates_while_parts_are_on_their_way_keeps_the_file_readable", async () => {
		const { client, counsellor, room } = await talk(house());
		let parts = 0;
		const slow = await device(house(), client, (own) => async (asked) => {
			const answer = await own(asked);
			// The epoch takes 20 messages: it ends here.
			if (asked.method === "PUT" && ++parts === 2) for (let i = 0; i < 21; i++) await say(counsellor, client, room, `viesti ${i}`);
			return answer;
		});
		await slow.engine.openRoom(room, "fi");
		const bytes = filled(3 * MB);
		const before = slow.engine.parts.room(room).log.state().epoch;
		await send(slow, room, bytes, "pitkä.pdf");
		const [file] = await listed(counsellor, room, 1);
		assert.ok(counsellor.engine.parts.room(room).log.state().epoch > before);
		assert.equal(digestOf(await fetched(counsellor, room, file?.id ?? "")), digestOf(bytes));
		assert.equal(digestOf(await fetched(slow, room, file?.id ?? "")), digestOf(bytes));
	});

	test("a_server_that_swaps_cuts_lengthens_or_mixes_parts_gives_no_file", async () => {
		const { client, counsellor, room } = await talk(house());
		await send(client, room, filled(2 * MB + 9), "a.pdf");
		await send(client, room, filled(2 * MB + 9), "b.pdf");
		let bend = async (asked: PartRequest, own: Transport): Promise<PartAnswer> => own(asked);
		const reader = await device(house(), counsellor, (own) => (asked) => bend(asked, own));
		await reader.engine.openRoom(room, "fi");
		const [a, b] = (await listed(reader, room, 2)) as [FileView, FileView];
		const item = (await reader.engine.work("items", room, [FILE])).find((one) => one.id === b.id);
		const other = toBase64Url(readFileClear(item?.clear as Bytes).file);
		const at = (asked: PartRequest, n: number, file?: string): PartRequest => ({ ...asked, path: asked.path.replace(/[^/]+\/\d+$/, (was) => `${file ?? was.split("/")[0]}/${n}`) });
		const numberOf = (asked: PartRequest): number => Number(asked.path.split("/").pop());
		const cases: [string, typeof bend, string][] = [
			["parts swapped", (asked, own) => own(numberOf(asked) === 1 ? at(asked, 2) : asked), "length"],
			["part of another file", (asked, own) => own(numberOf(asked) === 1 ? at(asked, 1, other) : asked), "sealed"],
			["all of another file", (asked, own) => own(at(asked, numberOf(asked), other)), "sealed"],
			["a part cut", async (asked, own) => { const answer = await own(asked); return { ...answer, body: answer.body.slice(0, -16_400) }; }, "length"],
			["a part longer", async (asked, own) => { const answer = await own(asked); return { ...answer, body: new Uint8Array([...answer.body, 0]) as Bytes }; }, "length"],
			["a bit changed", async (asked, own) => { const answer = await own(asked); answer.body[100] = (answer.body[100] ?? 0) ^ 1; return answer; }, "sealed"],
		];
		for (const [name, wrong, detail] of cases) {
			bend = wrong;
			await assert.rejects(reader.engine.work("fetchFile", room, a.id), refused("file_broken", detail), name);
		}
		bend = (asked, own) => own(asked);
		assert.equal((await fetched(reader, room, a.id)).length, 2 * MB + 9);
	});

	test("a_deleted_file_is_gone_with_its_parts_and_its_key", async () => {
		const { client, counsellor, room } = await talk(house());
		await send(client, room, filled(MB + 5), "poistettava.pdf");
		const [file] = (await listed(counsellor, room, 1)) as [FileView];
		await client.engine.work("removeItem", room, file.id);
		await counsellor.until("gone", () => counsellor.messages.get(file.id)?.deleted === true);
		await assert.rejects(counsellor.engine.work("fetchFile", room, file.id), refused("not_found"));
		const { rows } = await house().db.query<{ parts: number; keys: number; state: string }>(
			`SELECT (SELECT count(*)::int FROM file_part p WHERE p.org = f.org AND p.file = f.file) AS parts,
			 (SELECT count(*)::int FROM file_seal s WHERE s.org = f.org AND s.file = f.file) AS keys, f.state FROM file f WHERE f.room = $1`, [idToUuid(room)]);
		assert.deepEqual(rows, [{ parts: 0, keys: 0, state: "gone" }]);
	});

	test("what_is_over_the_quota_is_refused_in_a_word_that_the_page_has_a_sentence_for", async () => {
		const { client, room } = await talk(house());
		await house().db.query("UPDATE organisation SET file_most = 1000 WHERE org = $1", [idToUuid(house().org)]);
		try {
			const { transfer } = await client.engine.work("sendFile", room, new Blob([filled(MB)]), { name: "iso.pdf", about: "", without: "tiedosto" });
			assert.equal((await ended(client, transfer)).error, "too_large");
		} finally {
			await house().db.query("UPDATE organisation SET file_most = NULL WHERE org = $1", [idToUuid(house().org)]);
		}
		assert.equal((await client.engine.work("files", room, "tiedosto")).length, 0);
	});
};
