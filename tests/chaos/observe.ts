// After everything is healed: waits until all are back and at rest, then looks at every room with every browser, also with some
// that read it from the beginning, and asks the service's own verifiers.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PASSPHRASE, type Actor } from "../client/organisation.js";
import { checked, idPath, state } from "../flow/log.test.js";
import { idToUuid, OFFICE, type House } from "../flow/house.js";
import { NEW_PASSPHRASE, type Load } from "./load.js";
import type { Observed, Stored, View } from "./history.js";
import { database, fresh, isOnline, type Device, type Scene } from "./scene.js";
import { wordOf } from "../../web/src/client/refusal.js";
import { toBase64Url, type Bytes } from "../../web/src/seal/index.js";

// The machine may be slow and have much else to do; what waits longer than this waits for ever.
const BACK_MS = 300_000; // after which everybody must be connected again, and all that was begun ended
const REST_MS = 300_000;
const DIRECTORY = "00000000-0000-0000-0000-000000000000";

const uuidToId = (uuid: string): string => Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Empty when it came true in time; else what was waited for. */
const comes = async (what: string, ms: number, test: () => boolean | Promise<boolean>): Promise<string[]> => {
	for (const end = performance.now() + ms; performance.now() < end; await wait(100)) if (await test()) return [];
	return [what];
};

const rowsOf = async (house: House, rooms: readonly string[]): Promise<Stored[]> => {
	const { rows } = await house.db.query<{ room: string; seq: string; msg_id: string; env_hash: Buffer }>(
		"SELECT room, seq, msg_id, env_hash FROM message WHERE room = ANY ($1) ORDER BY room, seq", [rooms.map(idToUuid)]);
	return rows.map((row) => ({ room: uuidToId(row.room), seq: Number(row.seq), id: uuidToId(row.msg_id), hash: row.env_hash.toString("base64url") }));
};

/** Nothing is on its way, and every browser has what the database has. */
const isAtRest = async ({ house }: Scene, devices: readonly Device[]): Promise<boolean> => {
	const { rows } = await house.db.query<{ room: string; seq: string; head: Buffer }>("SELECT room, last_seq AS seq, log_head AS head FROM room");
	const newest = new Map(rows.map((row) => [uuidToId(row.room), row]));
	return devices.every(({ actor, rooms }) => rooms.every((room) => {
		const one = actor.engine.parts.room(room), row = newest.get(room);
		return row !== undefined && one.outbox.jobs().every((job) => job.failed !== null) && one.conversation.highest() === Number(row.seq) && row.head.equals(one.log.state().head);
	}));
};

/** The counsellor compares the code with who lost their keys, and gives them back what they could read. */
const confirm = async (scene: Scene): Promise<void> => {
	const [room] = scene.rooms as [string], host = scene.devices.find((one) => one.staff && one.first) as Device, lost = scene.devices.find((one) => one.name === "client0c");
	if (!lost) return;
	const code = await lost.actor.engine.compareCode(room, host.actor.user);
	await host.actor.engine.confirmKeys(room, scene.unlucky, code);
};

const present = (scene: Scene): Device[] => scene.devices.filter(({ gone, rooms }) => !gone && rooms.length > 0);

const lastOf = ({ actor }: Device): string =>
	actor.events.flatMap((event) => (event.type === "connection" ? [event.state] : event.type === "ended" ? [`ended: ${event.why}`] : [])).slice(-8).join(", ");

const settle = async (scene: Scene, load: Load): Promise<string[]> => {
	const devices = present(scene);
	const back = await comes("somebody is not connected again", BACK_MS, () => devices.every(isOnline));
	if (back.length > 0) return devices.filter((one) => !isOnline(one)).map((one) => `${back.join()}: ${one.name}, ${lastOf(one)}`);
	await load.last(devices);
	await comes("", BACK_MS, () => load.open().length === 0);
	await database(scene.house);
	let word = "";
	const confirmed = await comes("new keys are not confirmed", REST_MS, () => confirm(scene).then(() => true, (thrown: unknown) => {
		word = wordOf(thrown) === "internal" ? String(thrown) : wordOf(thrown);
		return false;
	}));
	const rested = await comes("the rooms do not come to rest", REST_MS, async () => (await isAtRest(scene, devices)) && (await wait(1_500), isAtRest(scene, devices)));
	return [...confirmed.map((what) => `${what}: ${word}`), ...rested];
};

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const filesOf = async (actor: Actor, room: string): Promise<View["files"]> => {
	for (let more = true; more; ) ({ more } = await actor.engine.work("olderItems", room, [5]));
	const files = (await actor.engine.work("files", room, "tiedosto")).filter((file) => file.state !== "deleted");
	const found: { id: string; digest: string; fault: string }[] = [];
	for (const { id, state: how } of files) {
		const got = await actor.engine.work("fetchFile", room, id).then((blob) => blob.arrayBuffer(), (thrown: unknown) => wordOf(thrown));
		found.push(typeof got === "string" ? { id, digest: "", fault: `${how} ${got}` } : { id, digest: digestOf(new Uint8Array(got)), fault: "" });
	}
	return found;
};

const sheetsOf = async (actor: Actor, room: string): Promise<View["sheets"]> => {
	const { list, staff } = await actor.engine.work("assignments", room);
	return Promise.all(list.map(async ({ id, submissions }) => ({
		assignment: id, handedIn: submissions.map(({ answers }) => String(answers["best"])),
		value: staff ? "" : String((await actor.engine.work("sheet", room, id)).fields["best"]?.value ?? ""),
	})));
};

const look = async (name: string, actor: Actor, room: string, whole: boolean): Promise<View> => {
	if (whole) for (let more = true; more; ) ({ more } = await actor.engine.loadOlder(room));
	const { conversation, log, draft } = actor.engine.parts.room(room), order: { seq: number; hash: string }[] = [];
	for (let seq = Math.max(1, conversation.lowest()); seq <= conversation.highest(); seq++) {
		const known = conversation.known(seq);
		if (known) order.push({ seq, hash: toBase64Url(known.env.hash as Bytes) });
	}
	const { head, phase, members } = log.state();
	return {
		device: name, user: actor.user, room, fresh: whole, order, doubts: conversation.doubts(), head: toBase64Url(head), phase,
		shown: conversation.timeline.all().map(({ known, text, deleted, locked }) => ({ id: toBase64Url(known.env.msgId), seq: known.seq, text, deleted, locked })),
		members: members.filter((m) => m.active).map((m) => toBase64Url(m.user)),
		files: whole ? await filesOf(actor, room) : [], sheets: whole ? await sheetsOf(actor, room) : [], draft: whole ? draft.text() : "",
	};
};

/** One new browser of each client, and one of the counsellor for all rooms. */
const anew = async (scene: Scene): Promise<View[]> => {
	const views: View[] = [], people = new Map(present(scene).filter(({ first }) => first).map((one) => [one.actor.user, one]));
	for (const [user, { name, rooms }] of people) {
		const actor = await fresh(scene.house, user, name === "client0c" ? NEW_PASSPHRASE : PASSPHRASE);
		for (const room of rooms) {
			await actor.engine.openRoom(room, "fi");
			views.push(await look(`${name}, anew`, actor, room, true));
		}
		await actor.engine.stop();
	}
	return views;
};

const program = (build: string, conf: string, user: string, command: string): string[] => {
	const ran = spawnSync("setpriv", ["--reuid", user, "--regid", user, "--init-groups", join(build, "server", "main", "luotsid"), command, "-c", conf], { encoding: "utf8" });
	return ran.status === 0 ? [] : [`luotsid ${command}: ${ran.stdout}${ran.stderr}`.slice(0, 2_000)];
};

/** The log of the organisation's events is signed whole, and has every row of them; each entry of a room's control log is one. */
const auditFaults = async (house: House): Promise<string[]> => {
	const waits = await comes("the signer does not come to an end", REST_MS, async () => {
		const heads = await Promise.all([OFFICE, DIRECTORY].map((org) => state(house, org)));
		const { rows } = await house.db.query<{ n: number }>("SELECT (SELECT count(*) FROM log_pending)::int + (SELECT count(*) FROM audit WHERE place IS NULL)::int AS n");
		return heads.every((one) => one.signed_size === one.size || one.refused !== null) && rows[0]?.n === 0;
	});
	const refused = (await Promise.all([OFFICE, DIRECTORY].map((org) => state(house, org)))).flatMap((one) => one.refused ?? []);
	const { rows } = await house.db.query<{ line: string }>("SELECT concat_ws(' ', place, encode(nonce, 'hex'), audit_detail(a)) AS line FROM audit a WHERE org = $1 ORDER BY place", [OFFICE]);
	const events = await checked(house, { org: OFFICE, path: idPath(OFFICE), note: (await state(house, OFFICE)).note }, ["events"], rows.map(({ line }) => line).join("\n"));
	const gaps = await house.db.query<{ room: string }>(
		`SELECT room FROM room r WHERE (SELECT count(*) FROM control_entry c WHERE c.org = r.org AND c.room = r.room)
			<> (SELECT count(*) FROM audit a WHERE a.org = r.org AND a.object = r.room AND a.action LIKE 'control\\_%')`);
	return [
		...waits, ...refused.map((word) => `the signer signs no more: ${word}`), ...(events.code === 0 ? [] : [`luotsi-verify events: ${events.out.slice(0, 2_000)}`]),
		...gaps.rows.map(({ room }) => `control entries of ${room} are not all among the events`),
	];
};

export const observe = async (scene: Scene, load: Load): Promise<Observed> => {
	const late = await settle(scene, load), faults = [...load.lacks(), ...late];
	const { house } = scene, build = process.env["LUOTSI_BUILD"] as string, told = house.service as unknown as { conf: string; user: string };
	if (late.length > 0) return { stored: await rowsOf(house, scene.rooms).catch(() => []), views: [], faults };
	const views = await anew(scene);
	for (const { name, actor, rooms } of present(scene)) for (const room of rooms) views.push(await look(name, actor, room, false));
	faults.push(...(await auditFaults(house)), ...program(build, told.conf, told.user, "check-files"), ...program(build, told.conf, told.user, "units"));
	return { stored: await rowsOf(house, scene.rooms), views, faults };
};
