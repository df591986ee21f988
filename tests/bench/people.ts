// Makes people and rooms through the real protocol: an organisation with its root and an issuer, rooms of one certified counsellor and one client (added
// after comparing codes), each with its first epoch.

import type pg from "pg";
import { createPrivateKey, randomUUID } from "node:crypto";
import {
	concat, deriveEpoch, deriveStaff, emptyIdentity, importEncryption, importSigning, KEYSET, makeKey, makePair, parseEnvelope, random, ROLE, RTYPE,
	signControl, signIdentity, toBase64Url, wrapHash, wrapKey, zeroes, compare, type Bytes, type ControlBody, type EncryptionKey, type EpochWrap, type IdentityBody,
	type SigningKey, type WrapPlace,
} from "../../web/src/seal/index.js";
import { connect, database, signIn, type Service, type Wire } from "./wire.js";

export const service = JSON.parse(process.argv[2] ?? "{}") as Service;
const bytesOf = (uuid: string): Bytes => Uint8Array.from(Buffer.from(uuid.replaceAll("-", ""), "hex"));
export const orgId = randomUUID();
const org = bytesOf(orgId);
const agreement = randomUUID();

export interface Person {
	readonly id: Bytes;
	readonly wire: Wire;
	readonly sig: SigningKey;
	readonly enc: EncryptionKey;
	readonly pkcs8: string;
	head: Bytes;
	cert: Bytes;
}

const insertRows = async (db: pg.Client, counsellors: string[], clients: string[], admin: string): Promise<void> => {
	const text = JSON.stringify({ fi: "mittaus", sv: "mätning", en: "measurement" });
	await db.query("SELECT set_config('luotsi.org', $1, false)", [orgId]);
	await db.query("INSERT INTO organisation (org, name) VALUES ($1, 'Mittaus')", [orgId]);
	await db.query(
		`INSERT INTO agreement (org, agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
		VALUES ($1, $2, 'live', 'Mittaus', '2296962-1', 'Mittaus', 450, $3, $3)`, [orgId, agreement, text]);
	const insert = "INSERT INTO account (org, account, role, login) SELECT $1, a, $2, a::text FROM unnest($3::uuid[]) a";
	await db.query(insert, [orgId, "counsellor", counsellors]);
	await db.query(insert, [orgId, "client", clients]);
	await db.query(insert, [orgId, "admin", [admin]]);
};

const envHash = async (entry: Bytes): Promise<Bytes> => (await parseEnvelope(entry)).hash;

const entryOf = async (signer: SigningKey, sender: Bytes, subject: Bytes, head: Bytes, n: number, body: IdentityBody): Promise<Bytes> =>
	signIdentity(signer, sender, { org, subject, head, n }, body, random(16), Date.now());

/** What load.c reads: the private key as PKCS #8. */
const pkcs8Of = (pair: { priv: Bytes; pub: Bytes }): string =>
	createPrivateKey({
		key: { kty: "EC", crv: "P-256", d: toBase64Url(pair.priv), x: toBase64Url(pair.pub.slice(1, 33)), y: toBase64Url(pair.pub.slice(33)) }, format: "jwk",
	}).export({ format: "der", type: "pkcs8" }).toString("hex");

/** An unlocker of the right form around nothing: nobody unlocks here. */
const someUnlocker = (user: Bytes): Bytes => concat(
	Uint8Array.from(Buffer.from("LUU1")), Uint8Array.of(1, 3), org, user, random(16), zeroes(8), Uint8Array.of(0, 16), random(16), random(104),
);

const makePerson = async (db: pg.Client, uuid: string): Promise<Person> => {
	const id = bytesOf(uuid);
	const pair = await makePair();
	const sig = await importSigning(pair);
	const enc = await importEncryption(await makePair());
	const wire = await connect(service, await signIn(db, uuid));
	const entry = await entryOf(sig, id, id, emptyIdentity().head, 0, { type: "create", sigPub: sig.pub, encPub: enc.pub });
	await wire.call("self_put_keys", {
		expected: 0, unlockers: [toBase64Url(someUnlocker(id))], list_mac: toBase64Url(random(32)), keys: toBase64Url(random(56 + 512 + 16)),
		entry: toBase64Url(entry),
	});
	return { id, wire, sig, enc, pkcs8: pkcs8Of(pair), head: await envHash(entry), cert: zeroes(32) };
};

const makeOrganisation = async (admin: Person): Promise<{ rootKid: Bytes; recovery: EncryptionKey }> => {
	const root = await importSigning(await makePair());
	const recovery = await importEncryption(await makePair());
	const until = Date.now() + 300 * 86400_000;
	const entries: Bytes[] = [];
	let head = zeroes(32);
	const bodies: IdentityBody[] = [
		{ type: "org_root", rootPub: root.pub },
		{ type: "org_recovery", recoveryPub: recovery.pub },
		{ type: "org_issuer", user: admin.id, issuerPub: admin.sig.pub, validUntil: until },
	];
	for (const body of bodies) {
		const entry = await entryOf(root, org, org, head, entries.length, body);
		head = await envHash(entry);
		entries.push(entry);
	}
	await admin.wire.call("organisation_append", { entries: entries.map(toBase64Url) });
	return { rootKid: root.kid, recovery };
};

const certify = async (admin: Person, person: Person): Promise<void> => {
	const now = Date.now();
	const entry = await entryOf(admin.sig, admin.id, person.id, person.head, 1, {
		type: "cert", sigKid: person.sig.kid, encKid: person.enc.kid, role: 1, validFrom: now - 60_000, validUntil: now + 300 * 86400_000, name: "Ohjaaja", employer: "Mittaus",
	});
	await admin.wire.call("chain_append", { entry: toBase64Url(entry) });
	person.cert = await envHash(entry);
	person.head = person.cert;
};

interface Wrapped {
	readonly entry: number;
	readonly keyset: number;
	readonly epoch: number;
	readonly rtype: number;
	readonly rid: string;
	readonly rkid: string;
	readonly wrap: string;
}

const makeRoom = async (staff: Person, client: Person, rootKid: Bytes, recovery: EncryptionKey): Promise<{ room: Bytes; head: Bytes }> => {
	const room = random(16);
	const entries: Bytes[] = [];
	let head = zeroes(32);
	const append = async (body: ControlBody): Promise<void> => {
		const entry = await signControl(staff.sig, staff.id, { org, room, head, n: entries.length, epoch: 0 }, body, random(16), Date.now());
		head = await envHash(entry);
		entries.push(entry);
	};
	await append({ type: "create", encKid: staff.enc.kid, cert: staff.cert, rootKid, recoveryKid: recovery.kid, agreement: bytesOf(agreement), retention: 1 });
	await append({
		type: "add", user: client.id, sigKid: client.sig.kid, encKid: client.enc.kid, role: ROLE.client, cert: zeroes(32), proof: 2, baselineSeq: 0, baseline: zeroes(32),
	});
	const ek = makeKey();
	const sk = makeKey();
	const recipients = [
		{ keyset: KEYSET.all, rtype: RTYPE.member, rid: staff.id, key: staff.enc }, { keyset: KEYSET.all, rtype: RTYPE.member, rid: client.id, key: client.enc },
		{ keyset: KEYSET.all, rtype: RTYPE.recovery, rid: org, key: recovery },
		{ keyset: KEYSET.staff, rtype: RTYPE.member, rid: staff.id, key: staff.enc }, { keyset: KEYSET.staff, rtype: RTYPE.recovery, rid: org, key: recovery },
	].sort((a, b) => a.keyset - b.keyset || a.rtype - b.rtype || compare(a.rid, b.rid));
	const wraps: Wrapped[] = [];
	const signed: EpochWrap[] = [];
	for (const r of recipients) {
		const place: WrapPlace = {
			org, room, epoch: 1, keyset: r.keyset, rtype: r.rtype, rid: r.rid, rkid: r.key.kid, sender: staff.id, senderKid: staff.sig.kid, prev: head,
		};
		const wrap = await wrapKey(place, r.key.pub, r.keyset === KEYSET.all ? ek : sk);
		wraps.push({ entry: 2, keyset: r.keyset, epoch: 1, rtype: r.rtype, rid: toBase64Url(r.rid), rkid: toBase64Url(r.key.kid), wrap: toBase64Url(wrap) });
		signed.push({ keyset: r.keyset, rtype: r.rtype, rid: r.rid, rkid: r.key.kid, hash: await wrapHash(place, wrap) });
	}
	const { commit } = await deriveEpoch(ek, org, room, 1);
	const staffCommit = (await deriveStaff(sk, org, room, 1)).commit;
	await append({ type: "epoch", n: 1, commit, staffCommit, wraps: signed });
	await staff.wire.call("control_append", { entries: entries.map(toBase64Url), wraps });
	return { room, head };
};

export interface Pair {
	readonly staff: Person;
	readonly client: Person;
	readonly room: Bytes;
	readonly head: Bytes;
}

/** An organisation with n pairs, made one after the other; each is handed over as soon as it is there. */
export const makePairs = async (n: number, made: (pair: Pair) => void): Promise<void> => {
	const uuids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
	const adminId = randomUUID();
	const staffIds = uuids(n);
	const clientIds = uuids(n);
	const db = await database(service);
	await insertRows(db, staffIds, clientIds, adminId);
	const admin = await makePerson(db, adminId);
	const { rootKid, recovery } = await makeOrganisation(admin);
	for (let i = 0; i < n; i++) {
		const staff = await makePerson(db, staffIds[i] as string);
		await certify(admin, staff);
		const client = await makePerson(db, clientIds[i] as string);
		made({ staff, client, ...(await makeRoom(staff, client, rootKid, recovery)) });
	}
	admin.wire.close();
	await db.end();
};
