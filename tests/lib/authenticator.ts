// An authenticator in software, for Node: makes passkeys and signs with them as the specification says (W3C Web Authentication Level 3),
// or wrongly on purpose. ES256, user verified, without PRF; attestation none.

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

export interface Passkey {
	readonly credential: Buffer;
	/** The user handle: base64url of an account's id. */
	readonly user: string;
	readonly rp: string;
	readonly key: KeyObject;
	counter: number;
}

/** What is said otherwise than an honest browser and authenticator would. */
export interface Spoil {
	origin?: string;
	type?: string;
	challenge?: string;
	crossOrigin?: boolean;
	rp?: string;
	flags?: number;
	algorithm?: number;
	counter?: number;
	key?: KeyObject;
	user?: string;
	format?: string;
}

export interface Made {
	readonly client_data: string;
	readonly attestation: string;
}

export interface Asserted {
	readonly credential: string;
	readonly user: string;
	readonly client_data: string;
	readonly auth_data: string;
	readonly signature: string;
}

export const PRESENT = 0x01;
export const VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const text = (bytes: Buffer): string => bytes.toString("base64url");
const sha256 = (bytes: Buffer | string): Buffer => createHash("sha256").update(bytes).digest();

type Cbor = number | string | Buffer | Map<number | string, Cbor>;

const head = (major: number, n: number): Buffer => {
	if (n < 24) return Buffer.from([(major << 5) | n]);
	return n < 256 ? Buffer.from([(major << 5) | 24, n]) : Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
};

const cbor = (value: Cbor): Buffer => {
	if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
	if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
	if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
	return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [cbor(k), cbor(v)])]);
};

const cose = (key: KeyObject, algorithm: number): Buffer => {
	const jwk = key.export({ format: "jwk" });
	const [x, y] = [jwk.x, jwk.y].map((part) => Buffer.from(part as string, "base64url")) as [Buffer, Buffer];
	return cbor(new Map<number, Cbor>([[1, 2], [3, algorithm], [-1, 1], [-2, x], [-3, y]]));
};

const clientData = (type: string, origin: string, challenge: string, spoil: Spoil): Buffer =>
	Buffer.from(JSON.stringify({
		type: spoil.type ?? type, challenge: spoil.challenge ?? challenge, origin: spoil.origin ?? origin, crossOrigin: spoil.crossOrigin ?? false,
	}));

const authData = (rp: string, flags: number, counter: number): Buffer => {
	const count = Buffer.alloc(4);
	count.writeUInt32BE(counter);
	return Buffer.concat([sha256(rp), Buffer.from([flags]), count]);
};

export const newKey = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** navigator.credentials.create */
export const createPasskey = (asked: { challenge: string; rp: string; user: string }, origin: string, spoil: Spoil = {}): { passkey: Passkey; made: Made } => {
	const { publicKey, privateKey } = newKey();
	const passkey = { credential: randomBytes(32), user: asked.user, rp: asked.rp, key: privateKey, counter: spoil.counter ?? 1 };
	const flags = (spoil.flags ?? PRESENT | VERIFIED) | HAS_CREDENTIAL;
	const data = Buffer.concat([
		authData(spoil.rp ?? asked.rp, flags, passkey.counter), Buffer.alloc(16), Buffer.from([0, passkey.credential.length]), passkey.credential,
		cose(publicKey, spoil.algorithm ?? -7),
	]);
	const object = cbor(new Map<string, Cbor>([["fmt", spoil.format ?? "none"], ["attStmt", new Map()], ["authData", data]]));
	return { passkey, made: { client_data: text(clientData("webauthn.create", origin, asked.challenge, spoil)), attestation: text(object) } };
};

/** navigator.credentials.get */
export const assertPasskey = (passkey: Passkey, asked: { challenge: string }, origin: string, spoil: Spoil = {}): Asserted => {
	passkey.counter = spoil.counter ?? passkey.counter + 1;
	const client = clientData("webauthn.get", origin, asked.challenge, spoil);
	const data = authData(spoil.rp ?? passkey.rp, spoil.flags ?? PRESENT | VERIFIED, passkey.counter);
	const signature = sign("sha256", Buffer.concat([data, sha256(client)]), spoil.key ?? passkey.key);
	return {
		credential: text(passkey.credential), user: spoil.user ?? passkey.user, client_data: text(client), auth_data: text(data), signature: text(signature),
	};
};
