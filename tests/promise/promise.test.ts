// The promise, tested: distinct text goes through everything that two people do; then every byte that the server's side has kept, logged,
// sent, received or still holds in memory is searched for it. What must be found proves that the search bites.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openNodePlatform, type Platform } from "../../web/src/client/index.js";
import { NOTE_CTYPE, WORK_CTYPE, writeNote, writePatch } from "../../web/src/roomwork/content.js";
import type { RunTransport, Transport } from "../../web/src/client/platform.js";
import { readCode } from "../../web/src/seal/index.js";
import { certify, makeOrganisation } from "../../web/src/demo/ceremony.js";
import { makeActor, type Actor } from "../client/organisation.js";
import { pdf } from "../client/samples.js";
import { signIn, type Coming } from "../lib/bank.js";
import { startService } from "../lib/service.mjs";
import { entriesOf, takeArchive } from "../lib/taken.js";
import { openMailbox, type Mailbox } from "../lib/smtp.js";
import { family, needles, searchBytes, searchFiles, searchMemory, searchWindows, WINDOW, windowsOf, type Found, type Needle, type Searched } from "./search.js";

/** The organisation whose staff the bank's office signs in (deploy/lib.sh). */
const OFFICE = "2296962a-0000-4000-8000-000000000001";
/** A document of random bytes in two parts: each window of sixteen bytes of it is searched for. */
const document = Buffer.concat([pdf(), randomBytes(1_600_000)]);
const random = windowsOf("a window of the random file", document.subarray(pdf().length));
const mark = Math.random().toString(36).slice(2, 10);
const planted = {
	message: `Kerron nyt salaisuuden kurkiaura-${mark} vain sinulle`,
	edited: `Korjasin: salaisuus on pajulintu-${mark} eikä mikään muu`,
	deleted: `Tämän poistan heti: pihlajanmarja-${mark} unohtukoon`,
	answer: `Ohjaaja vastaa: vesilintu-${mark} on turvassa täällä`,
	draft: `Luonnos, jota en lähetä: lumikenkä-${mark} jäi kesken`,
	goal: `Unelmani on saaristolaiva-${mark} ja oma kajuutta`,
	note: `Vain ohjaajille: karttamerkki-${mark} muistiin pantu`,
	name: `Äänikki Ylämäki-${mark}`,
	clientName: `Sadepäivä Järvelä-${mark}`,
	file: `Liitteessä lukee: lumpeenlehti-${mark} on vain meidän kahden. `,
	fileName: `kuikanpesä-${mark}.txt`,
	fileAbout: `Kuvaus: haukansulka-${mark} pöydällä`,
	passphrase: `majakanvartijan neljä sanaa ${mark}`,
	newPassphrase: `toinen ja pidempi lause ${mark} uusi`,
} as const;

/** Said to the server, which has to send a letter there and to know who came; kept sealed only. */
const sealed = { address: `kutsuttu-${mark}@posti.example`, family: "Ääri" } as const;

const traffic: Buffer[] = [];

/** The platform of Node with everything that passes inside TLS written down. */
const recorded = (platform: Platform): Platform => ({
	...platform,
	transport: async (asked) => {
		traffic.push(Buffer.from(`${asked.method} ${asked.path} ${JSON.stringify(asked.headers)}`), Buffer.from(asked.body ?? []));
		const answer = await (platform.transport as Transport)(asked);
		traffic.push(Buffer.from(answer.body));
		return answer;
	},
	runs: async (asked) => {
		traffic.push(Buffer.from(`GET ${asked.path} ${JSON.stringify(asked.headers)}`));
		return (platform.runs as RunTransport)({
			...asked,
			take: async (part) => {
				traffic.push(Buffer.from(part));
				await asked.take(part);
			},
		});
	},
	open: (handlers) => {
		const socket = platform.open({
			...handlers,
			said: (text) => {
				traffic.push(Buffer.from(text));
				handlers.said(text);
			},
		});
		return {
			...socket,
			say: (frame) => {
				traffic.push(Buffer.from(frame as Uint8Array));
				socket.say(frame);
			},
		};
	},
});

let service: Awaited<ReturnType<typeof startService>>;
let ca: string;
let mailbox: Mailbox;
const actors: Actor[] = [];
const codes: string[] = [];

const enter = async (person: string, how: Coming): Promise<Actor> => {
	const { user, cookie, sealed: carried, carryKey } = await signIn({ service, ca }, person, how);
	const actor = makeActor(user, recorded(openNodePlatform({ origin: service.origin, ca, cookie })));
	actors.push(actor);
	await actor.engine.start();
	await actor.engine.carried(carried, carryKey);
	return actor;
};

const psql = (...args: string[]): string =>
	execFileSync("psql", ["-XqAt", "-h", service.sockets, "-U", "postgres", "-d", service.database, ...args], { encoding: "utf8" });

const until = async (what: string, sql: string): Promise<void> => {
	for (const end = Date.now() + 60_000; psql("-c", sql) !== "t\n"; await new Promise((resolve) => setTimeout(resolve, 50))) if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
};

/** Two files of two parts: a text in which every stretch of a hundred bytes holds what is searched for, and what is random. */
const share = async (from: Actor, to: Actor, room: string): Promise<void> => {
	await shareOne(from, to, room, document);
	await shareOne(from, to, room, Buffer.from(planted.file.repeat(18_000)));
};

const shareOne = async (from: Actor, to: Actor, room: string, bytes: Buffer): Promise<void> => {
	const count = (await to.engine.work("files", room, "tiedosto")).length + 1;
	const { transfer } = await from.engine.work("sendFile", room, new Blob([Uint8Array.from(bytes)]), { name: planted.fileName, about: planted.fileAbout, without: "tiedosto" });
	await from.until("the file is sent", () => from.events.some((e) => e.type === "transfers" && e.transfers.some((one) => one.id === transfer && one.state === "done")));
	await to.until("the file has come", () => [...to.messages.values()].filter((m) => m.item?.kind === 5 && m.item.content).length >= count);
	const [file] = await to.engine.work("files", room, "tiedosto");
	assert.equal(file?.about, planted.fileAbout);
	assert.ok(file?.name.startsWith(planted.fileName));
	assert.ok(bytes.equals(Buffer.from(await (await to.engine.work("fetchFile", room, file?.id ?? "")).arrayBuffer())));
};

/** Everything that the two of them can do, with planted text in all of it. */
const live = async (): Promise<{ room: string; login: string }> => {
	const rows = psql("-v", `org=${OFFICE}`, "-v", "counsellors=1", "-v", "clients=0", "-f", "tests/lib/org.sql").split("\n").map((line) => line.split("|"));
	const idOf = (role: string): string => Buffer.from((rows.find((row) => row[2] === role)?.[1] ?? "").replaceAll("-", ""), "hex").toString("base64url");
	const token = randomBytes(16);
	psql("-c", `INSERT INTO account_enrolment (org, account, token_hash, expires_at)
		SELECT org, account, sha256('luotsi/v1/token'::bytea || '\\x00${token.toString("hex")}'::bytea), now() + interval '1 hour' FROM account WHERE role = 'admin'`);
	const admin = await enter("helena", { provider: "virka", enrolment: token.toString("base64url") });
	await admin.engine.createKeys({ passphrase: planted.passphrase, name: planted.name, language: "fi" });
	const session = await admin.engine.start();
	const orgId = psql("-c", "SELECT encode(uuid_send(org), 'base64') FROM organisation").trim().replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
	const ceremony = await makeOrganisation(admin.engine.parts.link.call, orgId, session.user);

	const { token: enrolment } = await admin.engine.parts.link.call("enrolment_make", { account: idOf("counsellor") });
	const first = await enter("anna", { provider: "virka", enrolment });
	await first.engine.createKeys({ passphrase: planted.passphrase, name: "Oona Ohjaaja", language: "fi" });
	await certify(admin.engine.parts.link.call, ceremony, idOf("counsellor"), { name: "Oona Ohjaaja", employer: "Testikunta", role: 1 });
	await first.engine.stop();
	const counsellor = await enter("anna", { provider: "virka" });
	await counsellor.engine.unlock({ passphrase: planted.passphrase });
	const { room, link } = await counsellor.engine.invite({ name: planted.clientName, welcome: planted.answer });

	const client = await enter("oona", { invitation: link.split("#")[1] ?? "" });
	codes.push((await client.engine.createKeys({ passphrase: planted.passphrase, name: planted.name, language: "fi" })).code);
	await client.engine.acceptInvitation(link.split("#")[1] ?? "");
	await client.engine.openRoom(room, "fi");
	await client.engine.send(room, planted.message);
	await client.engine.send(room, planted.deleted);
	const stored = (text: string) => [...client.messages.values()].find((m) => m.text === text && m.seq !== null);
	await client.until("both are stored", () => stored(planted.message) !== undefined && stored(planted.deleted) !== undefined);
	await client.engine.edit(room, stored(planted.message)?.id ?? "", planted.edited);
	await client.engine.remove(room, stored(planted.deleted)?.id ?? "");
	await client.engine.saveDraft(room, planted.draft);
	await counsellor.engine.openRoom(room, "fi");
	await counsellor.until("the edit has come", () => counsellor.texts().includes(planted.edited));
	await counsellor.engine.renameClient(room, planted.clientName);
	await counsellor.engine.markRead(room, Math.max(...[...counsellor.messages.values()].map((m) => m.seq ?? 0)));
	await liveTogether(client, counsellor, room);
	await share(client, counsellor, room);
	await until("the draft and the receipt are stored, which go after a pause", "SELECT EXISTS (SELECT FROM draft WHERE draft IS NOT NULL) AND EXISTS (SELECT FROM room_member WHERE role = 2 AND read_seq > 0)");

	await liveByMail(counsellor);
	const second = await enter("oona", {});
	const used = codes[0] ?? "";
	await second.engine.unlock({ code: used });
	codes.push((await second.engine.changePassphrase({ passphrase: planted.newPassphrase })).code);
	const view = await second.engine.openRoom(room, "fi");
	assert.equal(view.draft, planted.draft);
	assert.ok(second.texts().includes(planted.edited) && second.texts().includes(planted.answer));
	assert.ok(!second.texts().includes(planted.deleted));
	return { room, login: "counsellor-1" };
};

/** A goal of both, a note of staff, and the room taken out. */
const liveTogether = async (client: Actor, counsellor: Actor, room: string): Promise<void> => {
	const entity = randomBytes(16).toString("base64url");
	await client.engine.work("postItem", room, WORK_CTYPE, writePatch({ type: "goal", entity, base: 0, set: { text: planted.goal } }));
	await counsellor.engine.work("postItem", room, NOTE_CTYPE, writeNote({ type: "note", of: "", text: planted.note }));
	const taken = Object.values(await entriesOf(await takeArchive(client, room)).then((entries) => Object.fromEntries(entries))).join("");
	assert.ok(taken.includes(planted.goal) && taken.includes(planted.edited) && !taken.includes(planted.note) && !taken.includes(planted.deleted));
};

/** Another client comes by e-mail, waits, and is let in. */
const liveByMail = async (counsellor: Actor): Promise<void> => {
	const { room } = await counsellor.engine.invitation("begin", { name: planted.clientName, welcome: planted.answer });
	await counsellor.engine.invitation("mail", room, sealed.address, "fi");
	await counsellor.until("the letter has come", () => mailbox.letters.length > 0);
	const letter = Buffer.from(mailbox.letters[0]?.text.split("\r\n\r\n")[1] ?? "", "base64").toString("utf8");
	const fragment = /#([\w-]+)/.exec(letter)?.[1] ?? "";
	const client = await enter("joni", { invitation: fragment });
	codes.push((await client.engine.createKeys({ passphrase: planted.passphrase, name: planted.name, language: "fi" })).code);
	await client.engine.acceptInvitation(fragment);
	const told = await counsellor.engine.identified(room, client.user, "Who joined");
	assert.ok(told.name.includes(sealed.family));
	await counsellor.engine.invitation("letIn", room, client.user, await counsellor.engine.invitation("code", room, client.user), "all");
	await client.until("they are in", () => client.rooms().length > 0);
	await client.engine.openRoom(room, "fi");
	await client.until("the first words are read", () => client.texts(room).includes(planted.answer));
	await client.engine.send(room, planted.message);
	await client.until("it is stored", () => [...client.messages.values()].some((m) => m.text === planted.message && m.seq !== null));
};

let secret: Needle[];
let known: { room: Needle[]; login: Needle[] };

before(async () => {
	mailbox = await openMailbox();
	const settings = { staff_without_passkey: "yes", jobs_seconds: 1, smtp_url: mailbox.url, smtp_from: "luotsi@testikunta.example" };
	service = await startService({ build: process.env["LUOTSI_PROMISE_BUILD"], bank: true, settings });
	ca = readFileSync(service.ca, "utf8");
	const { room, login } = await live();
	psql("-c", "CHECKPOINT");
	secret = [
		...Object.entries(planted).flatMap(([what, text]) => needles(what, text)),
		...codes.flatMap((code) => [
			...needles("printed code", code), ...needles("printed code, no hyphens", code.replaceAll("-", "")),		]),
		...(await Promise.all(codes.map(readCode))).map((bytes) => ({ what: "printed code, bytes", bytes: Buffer.from(bytes) })),
	];
	known = { room: needles("room id", room).slice(0, 1), login: needles("login", login).slice(0, 1) };
});

after(async () => {
	for (const actor of actors) await actor.engine.stop();
	await service?.stop();
	await mailbox?.stop();
});

const show = (found: readonly Found[]): string => found.map((f) => `${f.what} in ${f.where}`).join("\n");

test("the promise is about something: every planted text has been typed and all codes exist", () => {
	assert.equal(codes.length, 3);
	assert.ok(secret.length > 50);
});

test("finds_nothing_in_the_database_files_the_wal_and_the_logs", () => {
	const places = [service.data, service.log].map((folder) => searchFiles(folder, [...secret, ...known.login], random));
	const found = places.flatMap((p) => p.found);
	assert.ok(found.some((f) => f.what === "login"), "the search finds what is there");
	assert.equal(show(found.filter((f) => f.what !== "login")), "");
	const wal = searchFiles(`${service.data}/pg_wal`, known.login);
	assert.ok(wal.bytes > 0 && wal.found.length > 0, "the WAL was searched");
});

test("finds_no_address_and_no_name_of_who_was_invited_in_the_database_files_the_wal_and_the_logs", () => {
	const wanted = Object.entries(sealed).flatMap(([what, text]) => needles(what, text));
	const found = [service.data, service.log].flatMap((folder) => searchFiles(folder, [...wanted, ...known.login]).found);
	assert.ok(found.some((f) => f.what === "login"), "the search finds what is there");
	assert.ok(mailbox.letters[0]?.to.includes(sealed.address), "and it has been there");
	assert.equal(show(found.filter((f) => f.what !== "login")), "");
});

test("finds_nothing_in_the_memory_of_server_and_database", () => {
	const postmaster = Number(readFileSync(`${service.data}/postmaster.pid`, "utf8").split("\n")[0]);
	const pids = [...family(service.server_pid), ...family(postmaster)];
	assert.ok(pids.length > 6);
	const searched: Searched[] = pids.map((pid, i) => searchMemory(pid, [...secret, ...known.login, ...needles("organisation", "Testikunta").slice(0, 1)], random, i === 0 || pid === postmaster));
	const found = searched.flatMap((s) => s.found);
	const control = new Set(["login", "organisation"]);
	assert.ok(found.some((f) => control.has(f.what)), "the search finds what is there");
	assert.equal(show(found.filter((f) => !control.has(f.what))), "");
});

test("finds_nothing_in_the_traffic_inside_tls", () => {
	const all = Buffer.concat(traffic);
	assert.ok(searchBytes(all, "traffic", known.room).length === 1, "the search finds what is there");
	assert.equal(show(searchBytes(all, "traffic", secret)), "");
	assert.equal(show(searchWindows(all, "traffic", random)), "");
});

test("the_search_for_windows_of_the_random_file_bites_wherever_one_of_them_stands", () => {
	const { secret } = random;
	for (const from of [0, 1, 777_777, 1_048_570, 1_500_001, secret.length - WINDOW]) {
		for (const before of [0, 1, 4_095]) {
			const place = Buffer.concat([randomBytes(before), secret.subarray(from, from + WINDOW), randomBytes(100)]);
			assert.equal(searchWindows(place, "planted", random).length, 1, `${from} behind ${before}`);
			const less = Buffer.concat([randomBytes(before), secret.subarray(from, from + WINDOW - 1), Buffer.from([(secret[from + WINDOW - 1] as number) ^ 1]), randomBytes(100)]);
			assert.equal(searchWindows(less, "planted", random).length, 0, `all but its last byte, ${from} behind ${before}`);
		}
	}
	assert.equal(searchWindows(secret.subarray(0, WINDOW), "the bytes alone", random).length, 1);
	assert.equal(searchWindows(secret.subarray(0, WINDOW - 1), "less than a window", random).length, 0);
	const folder = mkdtempSync(join(tmpdir(), "luotsi-promise."));
	writeFileSync(join(folder, "log"), Buffer.concat([randomBytes(16 * 1024 * 1024 - 7), secret.subarray(5, 5 + WINDOW), randomBytes(9)]));
	assert.equal(searchFiles(folder, [], random).found.length, 1, "over the edge of what is read at once");
	rmSync(folder, { recursive: true });
});
