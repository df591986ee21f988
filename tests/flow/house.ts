// One private service and one organisation on it, for all tests of a run: the real server, the real database, the real client.

import { spawnSync } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { joinUp, makeActor, PASSPHRASE, rested, type Actor } from "../client/organisation.js";
import { openMailbox, type Mailbox } from "../lib/smtp.js";
import { beginWith, call, finish, signIn, walk, type SignedIn } from "../lib/bank.js";
import { openNodePlatform } from "../../web/src/client/node.js";
import { certify, makeOrganisation, type Ceremony } from "../../web/src/demo/ceremony.js";
import { fromBase64Url } from "../../web/src/seal/index.js";

export interface Service {
	origin: string;
	port: number;
	ca: string;
	sockets: string;
	database: string;
	/** The folder of all that is its own. */
	state: string;
	log: string;
	conf: string;
	server_pid: number;
	edge: boolean;
	bank: string;
	bank_key: string;
	restart(): Promise<void>;
	/** Stops the server; restart() starts it. */
	down(): Promise<void>;
	/** PostgreSQL dies by kill -9 and is there again; who has a connection to it must make another. */
	crash(): Promise<void>;
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
	/** A new client with keys, in a browser of their own; with a link: one who comes by it. */
	client(name: string, link?: string): Promise<Actor>;
	/** A new client without keys. */
	account(): Promise<Account>;
	/** The same in another organisation. */
	foreigner(): Promise<Account>;
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
	epoch_max_messages: 20, posts_per_minute: 600, requests_per_minute: 20_000, sign_ins_per_minute: 10_000, identifications_per_address: 1_000, connects_per_minute: 100_000,
	first_frame_seconds: 4, max_frame: 131_072, max_connections_per_address: 1_000, db_lock_timeout_ms: 2_000, db_hot_timeout_ms: 5_000,
	control_entries_per_hour: 60, jobs_seconds: 1, notify_delay_seconds: 0, log_ms: 50, log_check_seconds: 1,
};

const uuidToId = (uuid: string): string => Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
export const idToUuid = (id: string): string => Buffer.from(fromBase64Url(id)).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** The organisation whose staff the bank's office signs in (deploy/lib.sh): the house's own. */
export const OFFICE = "2296962a-0000-4000-8000-000000000001";

/** As the superuser. */
export const connect = async (service: Service): Promise<pg.Client> => {
	const db = new pg.Client({ host: service.sockets, user: "postgres", database: service.database });
	db.on("error", () => undefined);
	await db.connect();
	return db;
};

type Base = Pick<House, "service" | "ca" | "db">;
interface AtBank {
	readonly person: string;
	readonly provider: "pankki" | "virka";
}

const tokenHash = (token: Buffer): Buffer => createHash("sha256").update("luotsi/v1/token\0").update(token).digest();

/** Another organisation, or the house's; gives its id and its staff by login. */
export const makeOrg = (service: Service, org: string): Map<string, Account> => {
	const args = ["-X", "-q", "-A", "-t", "-h", service.sockets, "-U", "postgres", "-d", service.database, "-v", `org=${org}`, "-v", "clients=0", "-f", join(lib, "org.sql")];
	const ran = spawnSync("psql", args, { encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`org.sql: ${ran.stderr}`);
	const rows = ran.stdout.trim().split("\n").map((line) => line.split("|") as [string, string, string, string]);
	return new Map(rows.map(([, account, role, login]) => [login, { person: uuidToId(account), role }]));
};

/** A room with an invitation, made by hand for a client who is to have an account and nothing else; gives the token. */
export const inviteByHand = async (db: pg.Client, org: string, days = 1): Promise<{ room: string; token: string }> => {
	const room = randomUUID(), token = randomBytes(16);
	await db.query(
		`INSERT INTO room (org, room, agreement, phase, retention_class, log_head, n_entries)
		 SELECT $1, $2, agreement, 'open', 1, $3, 1 FROM agreement WHERE org = $1 LIMIT 1`, [org, room, randomBytes(32)]);
	await db.query("INSERT INTO invitation (org, room, invite, token_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 day')",
		[org, room, randomUUID(), tokenHash(token), Buffer.alloc(300), days]);
	return { room, token: token.toString("base64url") };
};

/** Who at the bank each account is. */
const known = new Map<string, AtBank>();
let strangers = 0;
const stranger = (): string => `koe-${++strangers}`;

/** Staff whom nobody at the bank is yet: enrolled as by an admin, and somebody. */
export const enrol = async ({ db }: Pick<Base, "db">, account: string, person = stranger()): Promise<AtBank & { enrolment: string }> => {
	const token = randomBytes(16);
	await db.query("INSERT INTO account_enrolment (org, account, token_hash, expires_at) SELECT org, account, $2, now() + interval '1 hour' FROM account WHERE account = $1",
		[idToUuid(account), tokenHash(token)]);
	known.set(account, { person, provider: "virka" });
	return { person, provider: "virka", enrolment: token.toString("base64url") };
};

const come = async (base: Base, account: Account, cookie?: string): Promise<SignedIn> => {
	const { person, ...how } = known.get(account.person) ?? (await enrol(base, account.person));
	return signIn(base, person, { ...how, ...(cookie === undefined ? {} : { jar: new Map([cookie.split("=") as [string, string]]) }) });
};

/** Staff have their passkey elsewhere (half.test.ts, passkey.test.ts): the newest session counts as begun by it. */
const makeWhole = ({ db }: Base, account: string): Promise<unknown> =>
	db.query("UPDATE session SET method = 'passkey' WHERE session = (SELECT session FROM session WHERE account = $1 ORDER BY started_at DESC LIMIT 1)", [idToUuid(account)]);

/** Signs in by the bank, in a browser that has this cookie from before. */
export const cookieOf = async (house: Base, account: Account, before?: string): Promise<string> => {
	const { cookie, role } = await come(house, account, before);
	if (role !== "client") await makeWhole(house, account.person);
	return cookie;
};

/** Who this account is at the bank, for a page on which a person is chosen. */
export const atBank = (account: string): string => known.get(account)?.person ?? "";

const platformOf = ({ service, ca }: Base, cookie: string): ReturnType<typeof openNodePlatform> => openNodePlatform({ origin: service.origin, ca, cookie });

export const actorOf = async (house: Base, account: Account): Promise<Actor> => makeActor(account.person, platformOf(house, await cookieOf(house, account)));

/** A new client of this organisation, by an invitation made by hand. */
const newcomer = async (base: Base, org: string): Promise<Account> => {
	const person = stranger(), { token } = await inviteByHand(base.db, org);
	const { jar, url } = await beginWith(base, { invitation: token });
	const said = await finish(base, jar, await walk(base, url, person));
	if (typeof said.ok?.["user"] !== "string") throw new Error(said.err);
	await call(base, jar, "sign_out", {});
	known.set(said.ok["user"], { person, provider: "pankki" });
	return { person: said.ok["user"], role: "client" };
};

/** A client with keys who comes by a whole link. */
const invited = async (base: Base, name: string, link: string): Promise<Actor> => {
	const person = stranger();
	const { cookie, user, sealed, carryKey } = await signIn(base, person, { invitation: new URL(link).hash.slice(1) });
	known.set(user, { person, provider: "pankki" });
	const actor = makeActor(user, platformOf(base, cookie));
	await actor.engine.start();
	await actor.engine.carried(sealed, carryKey);
	return joinUp(actor, name);
};

export const again = async (house: House, actor: Actor): Promise<Actor> => {
	const second = await actorOf(house, { person: actor.user, role: "" });
	house.open.push(second);
	await second.engine.start();
	await second.engine.unlock({ passphrase: PASSPHRASE });
	return second;
};

/** With a build of its own, if it is given one. */
export const openHouse = async (settings: Readonly<Record<string, string>> = {}, build?: string): Promise<House> => {
	const { startService } = (await import(pathToFileURL(join(lib, "service.mjs")).href)) as { startService(o: object): Promise<Service> };
	const mailbox = await openMailbox();
	const mail = { smtp_url: mailbox.url, smtp_from: "luotsi@testikunta.example" };
	const service = await startService({ edge: isEdge, bank: true, build, settings: { ...SETTINGS, ...mail, ...settings } });
	const ca = readFileSync(service.ca, "utf8");
	const db = await connect(service);
	const accounts = makeOrg(service, OFFICE), foreign = randomUUID();
	makeOrg(service, foreign);
	const base = { service, ca, db };
	const joinStaff = async (login: string, person: string, name: string): Promise<Actor> => {
		const account = accounts.get(login) as Account;
		const { cookie, sealed, carryKey } = await signIn(base, person, await enrol(base, account.person, person));
		await makeWhole(base, account.person);
		const actor = makeActor(account.person, platformOf(base, cookie));
		await actor.engine.start();
		await actor.engine.carried(sealed, carryKey);
		return joinUp(actor, name);
	};
	const admin = await joinStaff("admin-1", "helena", "Pääkäyttäjä");
	const ask = admin.engine.parts.link.call;
	const ceremony = await makeOrganisation(ask, uuidToId(OFFICE), admin.user);
	const staff = async (login: string, person: string, name: string): Promise<Actor> => {
		const actor = await joinStaff(login, person, name);
		await certify(ask, ceremony, actor.user, { name, employer: "Testikunta", role: 1 });
		await actor.engine.parts.self().refresh();
		return actor;
	};
	const [counsellor, colleague] = [await staff("counsellor-1", "anna", "Oona Ohjaaja"), await staff("counsellor-2", "jukka", "Kalle Kollega")];
	const house: House = {
		service, ca, mailbox, db, org: uuidToId(OFFICE), admin, counsellor, colleague, ceremony, open: [admin, counsellor, colleague],
		account: () => newcomer(house, OFFICE), // with the connection to the database that it has then
		foreigner: () => newcomer(house, foreign),
		client: async (name, link) => {
			const actor = link === undefined ? await joinUp(await actorOf(house, await newcomer(house, OFFICE)), name) : await invited(house, name, link);
			house.open.push(actor);
			return actor;
		},
	};
	return house;
};

/** As if this person had just proven to be there again: their first proof may be long ago by now. */
export const proveAgain = ({ db }: House, { user }: Pick<Actor, "user">): Promise<unknown> =>
	db.query("UPDATE session SET fresh_until = now() + interval '5 minutes' WHERE account = $1", [idToUuid(user)]);

/**
 * The house's own people as they were at the beginning: whoever sits idle for a quarter of an hour is signed out, a proof is fresh for five
 * minutes, and a test before may have killed what they were connected to.
 */
export const atHome = async ({ db, admin, counsellor, colleague }: House): Promise<void> => {
	const own = [admin, counsellor, colleague];
	await db.query("UPDATE session SET seen_at = now(), fresh_until = now() + interval '5 minutes' WHERE account = ANY ($1::uuid[])", [own.map(({ user }) => idToUuid(user))]);
	for (const actor of own) await actor.until("they are online", () => actor.engine.parts.link.online());
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
	await counsellor.until("the counsellor is online", () => counsellor.engine.parts.link.online());
	const { room, link } = await counsellor.engine.invite({ name, welcome: "Tervetuloa!" });
	const client = await house.client(name, link);
	await client.engine.acceptInvitation(link);
	await client.engine.openRoom(room, "fi");
	await counsellor.engine.openRoom(room, "fi");
	await rested(room, client, counsellor);
	return { client, counsellor, room, link };
};

/** By kill -9; who has ended meanwhile is as dead. */
export const killHard = (pid: number): void => {
	try {
		process.kill(pid, "SIGKILL");
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
	}
};

/** Stored, acknowledged and shown on the other side. */
export const say = async (from: Actor, to: Actor, room: string, text: string): Promise<void> => {
	await from.engine.send(room, text);
	await to.until(`"${text}" arrives`, () => to.texts(room).includes(text));
	await from.until(`"${text}" is acknowledged`, () => [...from.messages.values()].some((m) => m.text === text && m.seq !== null));
};

export const doubts = (actor: Actor, room: string): number => [...actor.messages.values()].filter((m) => m.room === room && m.quarantine !== null).length;
