// What the jobs process sealed anew opens, with the keys that there are: identities with the newest of the keys process, wraps and keys of
// files with their units' keys. As server/keys/vault.c, server/domain/unit.c and wraps.c do.

import { createDecipheriv } from "node:crypto";
import type pg from "pg";
import type { House } from "../house.js";
import { indexOf, key, opened } from "../jobs.test.js";

/** From before there were units: the room of the wraps and the file, and their organisation. And organisations that take a step together. */
export interface Plain {
	readonly org: string;
	readonly room: string;
	readonly file: string;
	readonly orgs: readonly string[];
}

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll("-", ""), "hex");
const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer).swap32();
const u16 = (n: number): Buffer => Buffer.from(Uint16Array.of(n).buffer).swap16();

const open = (by: Buffer, aad: readonly Buffer[], sealed: Buffer): Buffer => {
	const decipher = createDecipheriv("aes-256-gcm", by, sealed.subarray(0, 12)).setAAD(Buffer.concat(aad));
	decipher.setAuthTag(sealed.subarray(-16));
	return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
};

interface Sealed {
	readonly unit: string;
	readonly part: number;
	readonly row: Buffer;
	readonly bytes: Buffer;
	readonly plain: number;
}

interface Wrap {
	readonly entry: number;
	readonly keyset: number;
	readonly epoch: number;
	readonly rtype: number;
	readonly rid: string;
	readonly rkid: Buffer;
	readonly wrap: Buffer;
}

const rowsOf = async (main: pg.Client, { room, file }: Plain): Promise<Sealed[]> => {
	const { rows: wraps } = await main.query<Wrap>("SELECT entry, keyset, epoch, rtype, rid, rkid, wrap FROM wrap WHERE room = $1", [room]);
	const { rows: [seal] } = await main.query<{ epoch: number; key: Buffer }>("SELECT epoch, key FROM file_seal WHERE file = $1", [file]);
	return [
		...wraps.map((w) => ({ unit: room, part: w.epoch, row: Buffer.concat([u32(w.entry), u16(w.keyset), u16(w.rtype), bytesOf(w.rid), w.rkid]), bytes: w.wrap, plain: 113 })),
		...(seal ? [{ unit: file, part: 0, row: u32(seal.epoch), bytes: seal.key, plain: 104 }] : []),
	];
};

const unsealed = async (at: House, units: pg.Client, { org }: Plain, one: Sealed): Promise<Buffer> => {
	const { rows: [kept] } = await units.query<{ wrapped: Buffer }>("SELECT wrapped FROM unit_key WHERE unit = $1 AND part = $2", [one.unit, one.part]);
	const wrapped = kept?.wrapped ?? Buffer.alloc(65), version = wrapped.readUInt32BE(1);
	const unit = open(key(at, "unit", version), [Buffer.from("luotsi/v1/unit\0"), u32(version), bytesOf(org), bytesOf(one.unit), u32(one.part)], wrapped.subarray(5));
	return open(unit, [Buffer.from("luotsi/v1/unit-row\0"), bytesOf(org), bytesOf(one.unit), u32(one.part), one.row], one.bytes.subarray(1));
};

const closed = async (what: string, work: () => Promise<boolean>): Promise<string[]> => ((await work().catch(() => false)) ? [] : [what]);

/** What does not open, or is not what it was. */
export const unopened = async (at: House, main: pg.Client, units: pg.Client, plain: Plain): Promise<string[]> => {
	const faults: string[] = [], org = bytesOf(plain.org), sealed = await rowsOf(main, plain);
	if (sealed.length !== 4) faults.push(`${sealed.length} rows of units`);
	for (const one of sealed) faults.push(...(await closed("a row under its unit", async () => (await unsealed(at, units, plain, one)).length === one.plain)));
	const { rows: people } = await main.query<{ index: Buffer; code: Buffer; family: Buffer }>("SELECT blind_index AS index, code, family_name AS family FROM account_identity WHERE key_version = 2");
	for (const i of [0, 1, 2]) {
		const found = people.find(({ index }) => index.equals(indexOf(key(at, "index", 2), org, Buffer.from(`FIplanted-${i}`))));
		faults.push(...(await closed(`person ${i}`, async () => found !== undefined && opened(at, 1, 2, org, found.code) === `FIplanted-${i}` && opened(at, 3, 2, org, found.family) === `Suku ${i}`)));
	}
	return faults;
};
