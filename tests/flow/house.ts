// One private service and one organisation on it, for all tests of a run: the real server, the real database, the real client.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { joinUp, makeActor, PASSPHRASE, type Actor } from "../client/organisation.js";
import { openMailbox, type Mailbox } from "../lib/smtp.js";
import { openNodePlatform, signIn } from "../../web/src/client/node.js";
import { certify, makeOrganisation, type Ceremony } from "../../web/src/demo/ceremony.js";
import { fromBase64Url, toBase64Url } from "../../web/src/seal/index.js";

export interface Service {
	origin: string;
	port: number;
	ca: string;
	sockets: string;
	database: string;
	log: string;
	server_pid: number;
	edge: boolean;
	bank: string;
	bank_key: string;
	restart(): Promise<void>;
	stop(): Promise<void>;
}

export interface Account {
	person: string; // base64url
	role: string;
}

export interface House {
	service: Service;
	ca: string;
	/** Where the service's letters go. */
	mailbox: Mailbox;
	db: pg.Client;
	org: string;
	admin: Actor;
	counsellor: Actor;
	colleague: Actor;
	ceremony: Ceremony;
	/** The next client account that nobody has used yet, in a browser of its own. */
	client(name: string): Promise<Actor>;
	account(): Account;
	foreigner(): Account;
	open: Actor[];
}

export interface Talk {
	client: Actor;
	counsellor: Actor;
	room: string;
	link: string;
}

const lib = process.env["LUOTSI_TEST_LIB"] as string;
export const isEdge = process.env["LUOTSI_EDGE"] === "yes";

/** Ceilings low enough to be reached in a test. */
const SETTINGS = {
	epoch_max_messages: 20, posts_per_minute: 600, requests_per_minute: 20_000, sign_ins_per_minute: 10_000, connects_per_minute: 100_000,
	first_frame_seconds: 2, max_frame: 131_072, outq_bytes: 262_144, max_connections_per_address: 1_000, db_lock_timeout_ms: 600, db_hot_timeout_ms: 1_500,
	control_entries_per_hour: 60, jobs_seconds: 1,
};

const uuidToId = (uuid: string): string => Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
export const idToUuid = (id: string): string => Buffer.from(fromBase64Url(id)).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

const makeAccounts = (service: Service, clients: number): { org: string; accounts: Account[] } => {
	const args = ["-X", "-q", "-A", "-t", "-h", service.sockets, "-U", "postgres", "-d", service.database, "-v", `clients=${clients}`, "-f", join(lib, "org.sql")];
	const ran = spawnSync("psql", args, { encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`org.sql: ${ran.stderr}`);
	const rows = ran.stdout.trim().split("\n").filter((line) => line.split("|").length === 4).map((line) => line.split("|") as [string, string, string, string]);
	return { org: uuidToId(rows[0]?.[0] as string), accounts: rows.map(([, account, role]) => ({ person: uuidToId(account), role })) };
};

export const cookieOf = (house: { service: Service; ca: string }, account: Account): Promise<string> => signIn(house.service.origin, house.ca, account.person);

export const actorOf = async (house: { service: Service; ca: string }, account: Account): Promise<Actor> =>
	makeActor(account.person, openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie: await cookieOf(house, account) }));

export const again = async (house: House, actor: Actor): Promise<Actor> => {
	const second = await actorOf(house, { person: actor.user, role: "" });
	house.open.push(second);
	await second.engine.start();
	await second.engine.unlock({ passphrase: PASSPHRASE });
	return second;
};

export const openHouse = async (): Promise<House> => {
	const { startService } = (await import(pathToFileURL(join(lib, "service.mjs")).href)) as { startService(o: object): Promise<Service> };
	const mailbox = await openMailbox();
	const mail = { smtp_url: mailbox.url, smtp_from: "luotsi@testikunta.example" };
	const service = await startService({ edge: isEdge, bank: true, settings: { ...SETTINGS, ...mail } });
	const ca = readFileSync(service.ca, "utf8");
	const db = new pg.Client({ host: service.sockets, user: "postgres", database: service.database });
	db.on("error", () => undefined);
	await db.connect();
	const { org, accounts } = makeAccounts(service, 120);
	const foreign = makeAccounts(service, 4).accounts.filter((a) => a.role === "client");
	const of = (role: string): Account[] => accounts.filter((a) => a.role === role);
	const base = { service, ca };
	const admin = await joinUp(await actorOf(base, of("admin")[0] as Account), "Pääkäyttäjä");
	const { call } = admin.engine.parts.link;
	const ceremony = await makeOrganisation(call, org, admin.user);
	const staff = async (n: number, name: string): Promise<Actor> => {
		const actor = await joinUp(await actorOf(base, of("counsellor")[n] as Account), name);
		await certify(call, ceremony, actor.user, { name, employer: "Testikunta", role: 1 });
		await actor.engine.parts.self().refresh();
		return actor;
	};
	const [counsellor, colleague] = [await staff(0, "Oona Ohjaaja"), await staff(1, "Kalle Kollega")];
	const unused = of("client");
	const house: House = {
		service, ca, mailbox, db, org: toBase64Url(fromBase64Url(org)), admin, counsellor, colleague, ceremony, open: [admin, counsellor, colleague],
		account: () => unused.shift() as Account,
		foreigner: () => foreign.shift() as Account,
		client: async (name) => {
			const actor = await joinUp(await actorOf(base, unused.shift() as Account), name);
			house.open.push(actor);
			return actor;
		},
	};
	return house;
};

export const closeHouse = async (house: House): Promise<void> => {
	for (const actor of house.open) await actor.engine.stop();
	await house.db.end();
	await house.service.stop();
	await house.mailbox.stop();
};

/** A room in which a fresh client and the counsellor talk. */
export const talk = async (house: House, name = "Aino"): Promise<Talk> => {
	const { counsellor } = house;
	const { room, link } = await counsellor.engine.invite({ name, welcome: "Tervetuloa!" });
	const client = await house.client(name);
	await client.engine.acceptInvitation(link);
	await client.engine.openRoom(room, "fi");
	await counsellor.engine.openRoom(room, "fi");
	await atRest(room, client, counsellor);
	return { client, counsellor, room, link };
};

/** Until the counsellor's browser has wrapped the client's epoch for recovery, and both have heard of it: nobody moves the head any more. */
const atRest = async (room: string, client: Actor, counsellor: Actor): Promise<void> => {
	const stateOf = (actor: Actor) => actor.engine.parts.room(room).log.state();
	await counsellor.until("every epoch is wrapped for recovery", () => stateOf(counsellor).epoch > 0 && stateOf(counsellor).epochs.every((one) => one.recoveryWrapped));
	await client.until("both have the same log", () => toBase64Url(stateOf(client).head) === toBase64Url(stateOf(counsellor).head));
};

/** Stored, acknowledged and shown on the other side. */
export const say = async (from: Actor, to: Actor, room: string, text: string): Promise<void> => {
	await from.engine.send(room, text);
	await to.until(`"${text}" arrives`, () => to.texts(room).includes(text));
	await from.until(`"${text}" is acknowledged`, () => [...from.messages.values()].some((m) => m.text === text && m.seq !== null));
};

export const doubts = (actor: Actor, room: string): number => [...actor.messages.values()].filter((m) => m.room === room && m.quarantine !== null).length;
