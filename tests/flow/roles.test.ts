// Every message that there is, asked by every role, about its own things, a colleague's and another organisation's: generated from
// proto/*.toml and held against the table of rights as tests/policy/golden.txt prints it. A new message is tried without being named here.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type pg from "pg";
import { post } from "../../web/src/client/node.js";
import { cookieOf, idToUuid, talk, type Account, type House } from "./house.js";
import { get, put } from "./parts.js";
import { openWire, type Reply, type Wire } from "./wire.js";

interface Field {
	name: string;
	kind: string;
	of?: string;
	min: number;
	max: number;
	item_min?: number;
	optional: boolean;
	values?: string[];
}

interface Message {
	name: string;
	via: "ws" | "http" | "both" | "raw";
	audience: string;
	action: string;
	resource: "none" | "self" | "room" | "envelope" | "file" | "organisation";
	fields: Field[];
}

interface Target {
	room: string;
	user: string;
	/** Further ids by the names of fields. */
	ids?: Readonly<Record<string, string>>;
}

interface Speaker {
	role: string;
	account: Account;
	own: Target;
}

const top = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..");
const COUNSEL = ["client", "counsellor", "team_lead"];
const OFFICES = ["admin", "dpo", "coordinator", "operator"];
/** They end the session that asks, or begin the connection; or make a row of the asker's own under whatever id they name, which is told back to them. */
const APART = new Set(["session_open", "session_end_others", "sign_out", "breach_put"]);
/** They name nothing that could be another organisation's, and the second time they find what the first has done. */
const OWN = new Set(["retention_put"]);
/** What is agreed with an organisation, by the names of its ids; the tables in which an operator keeps it, and those in which they make its first account. */
const AGREED = ["org", "agreement", "office", "contact"];
const KEEPING = ["organisation", "agreement_version", "office", "contact", "acts"];
const ACCOUNT = ["account", "staff_label", "account_enrolment"];
const REACHED = { none: ["none"], self: ["self"], room: ["none", "invited", "member"], envelope: ["judged"], file: ["judged"], organisation: ["organisation"] };

export const declared = (): { structs: Map<string, Field[]>; messages: Message[] } => {
	const ran = spawnSync("python3", [join(top, "proto", "protogen.py"), "--json"], { encoding: "utf8" });
	const read = JSON.parse(ran.stdout) as { structs: { name: string; fields: Field[] }[]; messages: Message[] };
	return { structs: new Map(read.structs.map((s) => [s.name, s.fields])), messages: read.messages };
};

/** action, role, relation -> does any phase allow it, at least to one who was just proven to be there? */
const rights = (): Map<string, boolean> => {
	const lines = readFileSync(join(top, "tests", "policy", "golden.txt"), "utf8").trim().split("\n").filter((line) => !line.includes(" half:")).map((line) => line.split(/ +/));
	return new Map(lines.map(([action, role, relation, ...phases]) => [`${action} ${role} ${relation}`, phases.some((phase) => phase.includes("ALLOW"))]));
};

/** By which an operator keeps an organisation that they are no tenant of: it names one, and the table of rights lets them. */
const isKeeping = (m: Message, allowed: ReadonlyMap<string, boolean>): boolean =>
	m.fields.some((f) => ["org", "orgs", "under", "within"].includes(f.name)) && allowed.get(`${m.action} operator organisation`) === true;

const bytes = (n: number): string => randomBytes(n).toString("base64url");

/** Legal ones, so that a message is not refused for less than what it asks for. */
const TEXTS: Record<string, string> = {
	language: "fi", begins: "2026-01-01", holds_from: "2027-01-01", signed_on: "2026-01-01", ends_on: "2027-01-01", business_id: "2296962-1", reason: "syy tähän",
};
const NAMED: Record<string, string> = { orgs: "org", under: "org", within: "org", copy_of: "template", announced: "msg_id", waiting: "account", users: "account", rooms: "room" };
const idOf = (name: string, { ids }: Target): string | undefined => ids?.[NAMED[name] ?? name];

const makeValue = (field: Field, structs: Map<string, Field[]>, target: Target): unknown => {
	const n = Math.max(field.min, 1);
	switch (field.kind) {
		case "id":
			return field.name === "room" ? target.room : ["user", "person", "account"].includes(field.name) ? target.user : (idOf(field.name, target) ?? bytes(16));
		case "hash":
			return bytes(32);
		case "bytes":
			return bytes(n);
		case "text":
			return TEXTS[field.name] ?? "a".repeat(n);
		case "bool":
			return false;
		case "time":
			return Date.now();
		case "enum":
			return field.values?.[0];
		case "struct":
			return makeBody(structs.get(field.of as string) as Field[], structs, target);
		case "list":
			return Array.from({ length: n }, () => makeItem(field, structs, target));
		default:
			return field.min;
	}
};

const makeItem = (field: Field, structs: Map<string, Field[]>, target: Target): unknown => {
	const fields = structs.get(field.of as string);
	if (fields) return makeBody(fields, structs, target);
	const known = idOf(field.name, target);
	if (field.of === "id" && known !== undefined) return known;
	const named = field.name.startsWith("user") ? "user" : field.name.startsWith("room") ? "room" : "";
	return makeValue({ name: named, kind: field.of as string, min: field.item_min ?? 1, max: 1 << 20, optional: false }, structs, target);
};

export const makeBody = (fields: Field[], structs: Map<string, Field[]>, target: Target): object =>
	Object.fromEntries(fields.filter((f) => !f.optional || ["room", "user"].includes(f.name) || idOf(f.name, target) !== undefined).map((f) => [f.name, makeValue(f, structs, target)]));

const isOfRoom = (m: Message): boolean => m.resource === "room" || m.resource === "envelope" || /^(room|message|draft|control|invitation|identified)_/.test(m.name);

/** What comes by a request of its own: a part of a file. */
export const askRaw = async (house: House, op: string, { file, n }: { file: string; n: number }, cookie: string): Promise<Reply> => {
	const { word } = await (op === "file_part_put" ? put(house, cookie, file, n, randomBytes(72)) : get(house, cookie, file, n));
	return word === "ok" ? { ok: {} } : { err: word };
};

/** What tests/sql shares. */
interface Sql {
	makeOrg(db: pg.Client): Promise<object>;
	makeRoom(db: pg.Client, org: object): Promise<object>;
	fill(db: pg.Client, room: object): Promise<Record<string, string | Buffer>>;
}

/** Tables in which the jobs process does nothing by itself; the signer gives places in logs. */
const KEPT = ["organisation", "agreement", "agreement_version", "agreement_signatory", "agreement_history", "account", "staff_label", "training", "office", "contact", "room", "room_member",
	"room_topic", "room_epoch", "control_entry", "message", "draft", "invitation", "file", "file_part", "template", "template_version", "template_draft", "template_thanks",
	"self_keys", "self_state", "identity_head", "identity_entry", "account_identity", "account_enrolment", "passkey", "session", "legal_hold", "retention_rule", "succession", "succession_item"];

export const rolesTests = (house: () => House): void => {
	const insert = async (sql: string, values: unknown[]): Promise<string> => {
		const { rows } = await house().db.query<{ id: string }>(sql, values);
		return Buffer.from((rows[0]?.id as string).replaceAll("-", ""), "hex").toString("base64url");
	};
	const accountOf = async (role: string): Promise<Account> => ({
		role, person: await insert("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING account AS id", [idToUuid(house().org), role]),
	});
	const foreignRoom = async (account: Account): Promise<Target> => {
		const sql = `INSERT INTO room (org, room, agreement, phase, retention_class, log_head, n_entries, epoch, pending)
			SELECT a.org, $2, g.agreement, 'open', 1, decode(repeat('07', 32), 'hex'), 1, 1, false FROM account a JOIN agreement g USING (org) WHERE a.account = $1 RETURNING room AS id`;
		return { user: account.person, room: await insert(sql, [idToUuid(account.person), randomUUID()]) };
	};

	const asking = (wire: Wire, cookie: string) => async (m: Message, body: object): Promise<Reply> => {
		if (m.via === "raw") return askRaw(house(), m.name, body as { file: string; n: number }, cookie);
		if (m.via !== "http") return wire.ask(m.name, body);
		return JSON.parse((await post(house().service.origin, house().ca, m.name, body, cookie)).body) as Reply;
	};

	/** Another organisation with a row in every table; its ids, and others that nobody has. */
	const otherWorld = async (): Promise<{ there: Target; nowhere: Target; org: string; secrets: string[] }> => {
		const load = (name: string): Promise<Sql> => import(pathToFileURL(join(top, "tests", "sql", name)).href) as Promise<Sql>;
		const [{ makeOrg, makeRoom }, { fill }] = [await load("lib.mjs"), await load("filled.mjs")];
		const { db } = house();
		const filled = await fill(db, await makeRoom(db, await makeOrg(db)));
		await db.query("RESET luotsi.org");
		const ids = Object.fromEntries(Object.entries(filled).map(([name, value]) => [name, (Buffer.isBuffer(value) ? value : Buffer.from(value.replaceAll("-", ""), "hex")).toString("base64url")]));
		const random = Object.fromEntries(Object.entries(ids).map(([name, value]) => [name, bytes(Buffer.from(value, "base64url").length)]));
		const target = (of: Record<string, string>): Target => ({ room: of["room"] as string, user: of["account"] as string, ids: of });
		return { there: target(ids), nowhere: target(random), org: filled["org"] as string, secrets: Object.values(ids) };
	};

	/** What its people, and nobody else, may have changed; the jobs process works in the other tables by itself. */
	const contents = async (org: string): Promise<string[]> => {
		const { rows } = await house().db.query<{ of: string }>(KEPT.map((table) =>
			`SELECT '${table} ' || md5((to_jsonb(t) - 'place')::text) AS of FROM ${table} t WHERE t.org = '${org}'`).concat(`SELECT 'acts ' || count(*) FROM audit WHERE org = '${org}' AND actor IS NOT NULL`).join(" UNION ALL ").concat(" ORDER BY 1"));
		return rows.map((row) => row.of);
	};

	const shapeOf = (value: unknown): unknown =>
		Array.isArray(value) ? value.map(shapeOf) : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shapeOf(v)])) : typeof value === "boolean" ? value : typeof value;

	test("no_message_tells_or_changes_what_is_another_organisations", async () => {
		const { structs, messages } = declared();
		const allowed = rights();
		const { there, nowhere, org, secrets } = await otherWorld();
		const before = await contents(org);
		for (const role of [...COUNSEL, ...OFFICES]) {
			const cookie = await cookieOf(house(), role === "client" ? await house().account() : await accountOf(role));
			const wire = await openWire(house(), { cookie });
			assert.ok((await wire.open()).ok, role);
			const ask = asking(wire, cookie);
			for (const m of messages.filter((one) => one.audience !== "nobody" && !APART.has(one.name) && !OWN.has(one.name))) {
				if (role === "operator" && isKeeping(m, allowed)) continue; // the test below
				const asked = makeBody(m.fields, structs, there), [theirs, nobodys] = [await ask(m, asked), await ask(m, makeBody(m.fields, structs, nowhere))];
				const where = `${m.name} by ${role}: ${JSON.stringify(theirs).slice(0, 400)} and ${JSON.stringify(nobodys).slice(0, 400)}`;
				assert.equal(theirs.err, nobodys.err, where);
				if (m.name === "event_list") continue; // the organisation's own trail, which grows by what is asked here
				assert.deepEqual(shapeOf(theirs.ok), shapeOf(nobodys.ok), where);
				const [given, got] = [JSON.stringify(asked), JSON.stringify(theirs.ok ?? {})];
				assert.deepEqual(secrets.filter((one) => got.includes(one) && !given.includes(one)), [], where);
			}
			wire.socket.terminate();
		}
		assert.deepEqual(await contents(org), before);
	});

	/**
	 * An operator is no tenant of the organisations that they keep, and every operator keeps all of them: one processor runs the service, its
	 * operators stand in one organisation of their own, and whoever takes over from it takes all agreements at once (succession). There is no
	 * operator without authority over an organisation, so that what is agreed with one is not foreign to them. Its people and rooms are.
	 */
	test("of_another_organisation_an_operator_is_told_and_changes_what_is_agreed_with_it_and_nothing_of_its_people_or_rooms", async () => {
		const { structs, messages } = declared();
		const allowed = rights();
		const { there, org } = await otherWorld();
		const before = await contents(org);
		const cookie = await cookieOf(house(), await accountOf("operator"));
		const wire = await openWire(house(), { cookie });
		assert.ok((await wire.open()).ok);
		const ask = asking(wire, cookie), of = new Map(Object.entries(there.ids ?? {}).map(([name, value]) => [value, name]));
		const [told, done] = [new Set<string>(), new Set<string>()];
		for (const m of messages.filter((one) => one.audience !== "nobody" && isKeeping(one, allowed))) {
			const asked = makeBody(m.fields, structs, there), { ok } = await ask(m, asked);
			if (ok !== undefined) done.add(m.name);
			const [given, got] = [JSON.stringify(asked), JSON.stringify(ok ?? {})];
			for (const [value, name] of of) if (got.includes(value) && !given.includes(value)) told.add(name);
		}
		wire.socket.terminate();
		assert.deepEqual([...told].filter((name) => !AGREED.includes(name)), []);
		assert.ok(done.size >= 10, `answered: ${[...done].join(" ")}`);
		const without = (rows: readonly string[], others: readonly string[], allowed: readonly string[]): string[] =>
			rows.filter((row) => !others.includes(row) && !allowed.includes(row.slice(0, row.indexOf(" "))));
		const now = await contents(org);
		assert.deepEqual([without(before, now, KEEPING), without(now, before, [...KEEPING, ...ACCOUNT])], [[], []]);
	});

	test("every_message_asked_by_every_role_of_every_object_is_answered_as_the_table_of_rights_says", async () => {
		const { structs, messages } = declared();
		const allowed = rights();
		const [mine, theirs] = [await talk(house(), "Oma"), await talk(house(), "Muu")];
		const foreign = await foreignRoom(await house().foreigner());
		const same = { room: theirs.room, user: theirs.client.user };
		const own = (user: string): Target => ({ room: mine.room, user });
		const speakers: Speaker[] = [{ role: "client", account: { person: mine.client.user, role: "client" }, own: own(mine.client.user) }];
		// The counsellor of the house is a member of both rooms: a colleague stands for the stranger to `same`.
		for (const role of ["counsellor", "team_lead", ...OFFICES]) {
			const account = await accountOf(role);
			speakers.push({ role, account, own: own(account.person) });
		}
		let [asked, ofRooms] = [0, 0];
		for (const speaker of speakers) {
			const { role } = speaker;
			const cookie = await cookieOf(house(), speaker.account);
			const wire = await openWire(house(), { cookie });
			assert.ok((await wire.open()).ok, role);
			const ask = asking(wire, cookie);
			for (const m of messages.filter((one) => one.audience !== "nobody" && !APART.has(one.name))) {
				const may = REACHED[m.resource].some((relation) => allowed.get(`${m.action} ${role} ${relation}`));
				for (const [what, target] of [["own", speaker.own], ["same organisation", same], ["foreign", foreign]] as const) {
					const { ok, err } = await ask(m, makeBody(m.fields, structs, target));
					const where = `${m.name} by ${role} of ${what}: ${err ?? "ok"}`;
					assert.ok(ok !== undefined || err !== undefined, where);
					assert.ok(!["bad_origin", "not_signed_in", "session_expired", "internal", "uncertain", "rate_limited", "busy"].includes(err ?? ""), where);
					if (!may) assert.ok(err === "forbidden", where);
					// A message that names no room cannot reach one.
					const names = m.fields.some((f) => f.name === "room" || f.name === "envelope" || f.name === "entries");
					const stranger = what !== "own" || role !== "client";
					if (isOfRoom(m) && names && stranger) assert.ok(ok === undefined, where);
					if (isOfRoom(m) && OFFICES.includes(role)) assert.equal(err, "forbidden", where);
					if (m.resource === "room" && !stranger && may) assert.ok(!["not_member", "bad_field"].includes(err ?? "") , where);
					// The organisation's trail names what its own people asked for, also a room that is none of theirs.
					assert.ok(m.name === "event_list" || !JSON.stringify(ok ?? {}).includes(foreign.room), `${where}: tells of a foreign room`);
					asked++;
					ofRooms += Number(isOfRoom(m));
				}
			}
			wire.socket.terminate();
		}
		await house().db.query("DELETE FROM retention_rule WHERE org = $1", [idToUuid(house().org)]); // else rooms of other tests would go
		assert.equal(speakers.length, COUNSEL.length + OFFICES.length);
		assert.ok(asked > 300 && ofRooms > 150, `${asked} asked, ${ofRooms} of rooms`);
	});
};
