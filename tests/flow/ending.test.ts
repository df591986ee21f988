// An agreement that has ended, on the real server: what it leaves is taken out sealed, opens with the recovery key and nothing else, and
// then everything goes, whatever is killed meanwhile.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { cookieOf, closeHouse, idToUuid, killHard, openHouse, proveAgain, say, talk, type House } from "./house.js";
import { begin, cipher, put, send, sha256 } from "./parts.js";
import { bind, partsOf, writeReturned, type Ask, type Returned } from "../../web/src/app/ending/returned.js";
import { post } from "../../web/src/client/node.js";
import type { ToldFile } from "../../web/src/export/told-files.js";
import { roomArchive } from "../../web/src/returned/archive.js";
import { openReturned } from "../../web/src/returned/open.js";
import { scan, type RoomAt } from "../../web/src/returned/scan.js";
import type { Bytes } from "../../web/src/seal/index.js";
import { makeSheets } from "../../web/src/seal/share.js";
import { checkExport } from "../../web/src/verify/check.js";
import { sourceOf } from "../lib/taken.js";

const LETTER = "Hei! Tämä on kirjeeni.\n";

interface Line {
	readonly luotsi?: string;
	readonly room?: { readonly room: string };
	readonly file?: { readonly file: string; readonly cipher_size: number };
	readonly part?: number;
	readonly bytes?: string;
	readonly digest?: string;
	readonly end?: { readonly rooms: number; readonly sum: string };
}

/** As the organisation reads it, with the page and two sheets alone. */
const readAgain = async ({ ceremony }: House, bytes: Bytes, room: string): Promise<void> => {
	const sheets = await makeSheets(ceremony.org, ceremony.root.priv, ceremony.recovery.priv);
	const paper = sheets.map((sheet) => `${sheet.root}\n${sheet.recovery}`);
	const found = await scan(sourceOf(bytes), () => undefined);
	assert.deepEqual([found.whole, found.rooms.length, found.head.controller], [true, 2, "Testikunta"]);
	const reading = await openReturned(found, [paper[2] as string, paper[0] as string]);
	const opened = await reading.room(found.rooms.find((one) => one.room === room) as RoomAt, "fi");
	assert.ok(opened.told.messages.some(({ text }) => text === "Salainen asiani"), "the recovery key opens it");
	assert.deepEqual([opened.keys.opened, opened.files.map(({ manifest }) => manifest.name)], [opened.keys.of, ["kirje.txt"]]);
	assert.equal(await (await opened.file(opened.files[0] as ToldFile))?.text(), LETTER);
	const { zip, lost } = await roomArchive(found.head, opened, "fi");
	const report = await checkExport(sourceOf(new Uint8Array(await zip.arrayBuffer())));
	assert.deepEqual([report.findings, report.counts.files, report.room?.said_by_server["controller_business_id"], lost], [[], 1, "2296962-1", 0]);

	const word = (wanted: string) => (thrown: unknown): boolean => (thrown as { word?: string }).word === wanted;
	await assert.rejects(openReturned(found, [paper[0] as string, paper[0] as string]), word("same_share"));
	const strangers = await makeSheets(ceremony.org, ceremony.recovery.priv, ceremony.root.priv);
	await assert.rejects(openReturned(found, strangers.slice(0, 2).map((sheet) => `${sheet.root}\n${sheet.recovery}`)), word("other_sheets"));
	for (const [what, other] of [["cut", bytes.slice(0, bytes.lastIndexOf(10, bytes.length - 2) + 1)], ["longer", Uint8Array.from([...bytes, ...Buffer.from('{"messages":[]}\n')])]] as const)
		assert.equal((await scan(sourceOf(other), () => undefined)).whole, false, what);
	const spoken = opened.told.messages.find(({ text }) => text === "Salainen asiani"), whole = Buffer.from(bytes), changed = bytes.slice();
	const at = whole.indexOf('"envelope":"', whole.indexOf(`"seq":${spoken?.seq},`, opened.at.from)) + 400;
	changed[at] = changed[at] === 65 ? 66 : 65;
	const doubtful = await scan(sourceOf(changed), () => undefined);
	assert.equal(doubtful.whole, false, "changed");
	const doubted = await (await openReturned(doubtful, paper.slice(0, 2))).room(doubtful.rooms.find((one) => one.room === room) as RoomAt, "fi");
	assert.ok(doubted.told.messages.every(({ text }) => text !== "Salainen asiani"), "what was changed is not believed");
	assert.ok(doubted.told.messages.every(({ seq, unverified }) => seq !== spoken?.seq || unverified !== null));
	await assert.rejects(scan(sourceOf(Uint8Array.from(Buffer.from('{"luotsi":"export"}\n'))), () => undefined), word("file"));
};

export const endingTests = (): void => {
	test("what_an_ended_agreement_leaves_is_returned_whole_and_then_erased_whatever_is_killed", async () => {
		const house = await openHouse();
		try {
			const rows = async (sql: string, values: unknown[] = []) => (await house.db.query<Record<string, number | string | null>>(sql, values)).rows;
			const org = idToUuid(house.org);
			const { client, counsellor, room } = await talk(house, "Lähtevä");
			await talk(house, "Toinen");
			await say(client, counsellor, room, "Salainen asiani");
			await client.engine.work("sendFile", room, new Blob([LETTER], { type: "text/plain" }), { name: "kirje.txt", about: "", without: "tiedosto" });
			await client.until("the letter is in the room", () => [...client.messages.values()].some((m) => m.room === room && m.item?.ctype === 8 && m.seq !== null));
			const parts = cipher(1_049_656 + 16_500), file = await begin(client, room, parts.reduce((n, part) => n + part.length, 0));
			const cookie = await cookieOf(house, { person: client.user, role: "client" });
			for (const [n, part] of parts.entries()) assert.equal((await put(house, cookie, file, n, part)).status, 200);
			await send(client, room, file, parts);
			const [{ agreement } = { agreement: "" }] = await rows("SELECT agreement FROM agreement WHERE org = $1", [org]);
			const of = Buffer.from(String(agreement).replaceAll("-", ""), "hex").toString("base64url");

			const admin = await cookieOf(house, { person: house.admin.user, role: "admin" });
			const asking = (by: string) => async (op: string, body: object): Promise<unknown> => {
				const said = JSON.parse((await post(house.service.origin, house.ca, op, body, by)).body) as { ok?: unknown; err?: string };
				if (said.err !== undefined) throw { word: said.err };
				return said.ok;
			};
			const ask = asking(admin) as Ask;
			const refused = (word: string) => (thrown: unknown): boolean => (thrown as { word?: string }).word === word;
			await proveAgain(house, house.admin);
			await assert.rejects(asking(admin)("handover_get", { agreement: of }), refused("not_found"), "not before its end");
			assert.deepEqual(((await ask("handover_rooms", { agreement: of })) as { rooms: unknown[] }).rooms, []);
			await rows("UPDATE agreement SET state = 'ended', ended_at = now(), at_end = 'return' WHERE org = $1", [org]);
			await rows("INSERT INTO agreement_due (org, agreement, what, ended_at, due_on) VALUES ($1, $2, 'return', now(), current_date - 1)", [org, agreement]);

			const foreign = await cookieOf(house, { person: counsellor.user, role: "counsellor" });
			for (const by of [cookie, foreign]) await assert.rejects(asking(by)("handover_rooms", { agreement: of }), refused("forbidden"));
			await rows("UPDATE session SET fresh_until = now() WHERE account = $1", [idToUuid(house.admin.user)]);
			await assert.rejects(asking(admin)("handover_messages", { room, after: 0 }), refused("step_up_needed"));
			await proveAgain(house, house.admin);

			const pieces: Bytes[] = [];
			const { organisation } = await house.admin.engine.parts.link.call("self_get", {});
			const head = { agreement: of, controller: "Testikunta", controller_business_id: "2296962-1", at: Date.now(), org: organisation.subject, organisation: organisation.entries };
			const made: Returned = await writeReturned(ask, head, async (bytes) => void pieces.push(bytes), () => undefined);
			const whole = Buffer.concat(pieces).toString("utf8");
			for (const word of ["Salainen", "Lähtevä"]) assert.ok(!whole.includes(word) && !whole.includes(Buffer.from(word).toString("base64url")), "sealed");
			const lines = pieces.map((piece) => JSON.parse(Buffer.from(piece).toString("utf8")) as Line);
			let sum: Bytes = new Uint8Array(32);
			for (const piece of pieces.slice(0, -1)) sum = await bind(sum, piece);
			assert.deepEqual([Buffer.from(sum).toString("base64url"), lines.at(-1)?.end?.sum, lines.at(-1)?.end?.rooms], [made.sum, made.sum, made.rooms]);
			assert.equal(made.rooms, 2);
			const from = lines.findIndex((line) => line.room?.room === room), next = lines.findIndex((line, i) => i > from && (line.room !== undefined || line.end !== undefined));
			const own = lines.slice(from, next);
			await readAgain(house, Uint8Array.from(Buffer.concat(pieces)), room);
			const at = own.findIndex((line) => line.file?.file === file), after = own.findIndex((line, i) => i > at && line.part === undefined);
			const took = own.slice(at + 1, after < 0 ? undefined : after).map((line) => Buffer.from(line.bytes ?? "", "base64url"));
			assert.equal(partsOf(own[at]?.file?.cipher_size ?? 0), parts.length);
			assert.deepEqual(took.map((part) => sha256(part).toString("hex")), parts.map((part) => sha256(part).toString("hex")));

			// Nothing goes before the receipt; after it everything, whatever is killed.
			assert.equal((await rows("SELECT count(*)::int AS n FROM erasure"))[0]?.["n"], 0);
			await proveAgain(house, house.admin);
			await ask("handover_receipt" as never, { agreement: of, receipt: made.sum } as never);
			await assert.rejects(asking(admin)("handover_receipt", { agreement: of, receipt: Buffer.alloc(32).toString("base64url") }), refused("conflict"));
			assert.deepEqual(((await ask("handover_rooms", { agreement: of })) as { rooms: unknown[] }).rooms, [], "nothing is taken out twice after it");
			const isDone = async (): Promise<boolean> => (await rows("SELECT done_at FROM agreement_due WHERE org = $1 AND done_at IS NOT NULL", [org])).length === 1 && (await rows("SELECT FROM erasure WHERE certificate IS NULL")).length === 0;
			let seen = "", kills = 0;
			for (const end = Date.now() + 60_000; !(await isDone()); await new Promise((again) => setTimeout(again, 20))) {
				assert.ok(Date.now() < end, "never erased");
				const [now] = await rows("SELECT concat_ws(' ', count(*), count(e.done_at), (SELECT count(*) FROM unit_batch), (SELECT count(erased_at) FROM unit_batch)) AS mark FROM erasure e");
				const jobs = now?.["mark"] === seen || kills === 6 ? 0 : Number(spawnSync("pgrep", ["-P", String(house.service.server_pid), "-f", "luotsid jobs"], { encoding: "utf8" }).stdout);
				if (jobs > 0) killHard(jobs);
				kills += jobs > 0 ? 1 : 0;
				seen = String(now?.["mark"]);
			}
			for (const table of ["room", "message", "wrap", "file", "file_part", "room_member", "control_entry"]) assert.deepEqual(await rows(`SELECT FROM ${table} WHERE org = $1`, [org]), [], table);
			assert.deepEqual([...new Set((await rows("SELECT role FROM account WHERE org = $1", [org])).map((one) => one["role"]))].filter((role) => role === "client" || role === "counsellor"), []);
			assert.ok(kills > 0);
			const standing = (await asking(admin)("handover_get", { agreement: of })) as { rooms: number; people: number; done_at?: number };
			assert.deepEqual([standing.rooms, standing.people, standing.done_at !== undefined], [0, 0, true]);
			await house.service.down();
			const conf = (house.service as unknown as { conf: string; user: string });
			const luotsid = join(process.env["LUOTSI_BUILD"] as string, "server/main/luotsid");
			const looked = process.getuid?.() === 0 ? spawnSync("setpriv", [`--reuid=${conf.user}`, `--regid=${conf.user}`, "--init-groups", luotsid, "units", "-c", conf.conf], { encoding: "utf8" }) : spawnSync(luotsid, ["units", "-c", conf.conf], { encoding: "utf8" });
			assert.match(looked.stdout, / 0 faults/);
		} finally {
			await closeHouse(house);
		}
	});
};
