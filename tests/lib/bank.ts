// The tests' bank: the journey there (web/src/demo/bank.ts), and what a test may tell the bank to spoil.

import { randomBytes } from "node:crypto";
import { ask, call, type Begun, type Place } from "../../web/src/demo/bank.js";

export * from "../../web/src/demo/bank.js";

/** What tests/service --bank says of itself. */
export interface WithBank {
	readonly origin: string;
	readonly bank: string;
	readonly bank_key: string;
}

/** Up to the bank's door, with a token instead of a link, and with no keys of anybody's. */
export const beginWith = async (place: Place, ticket: { invitation?: string; enrolment?: string }, provider = "pankki"): Promise<Pick<Begun, "jar" | "url">> => {
	const jar: Begun["jar"] = new Map();
	const said = await call(place, jar, "identify_begin", { provider, nonce: randomBytes(32).toString("base64url"), ...ticket });
	if (!said.ok) throw new Error(said.err);
	return { jar, url: String(said.ok["url"]) };
};

interface Controlled {
	readonly service: WithBank;
	readonly ca: string;
}

const control = async ({ service, ca }: Controlled, wish: object): Promise<void> => {
	const headers = { "content-type": "application/json", "x-bank-key": service.bank_key };
	const { status, text } = await ask(ca, `${service.bank}/ohjaus`, { method: "POST", headers, body: JSON.stringify(wish) });
	if (status !== 200) throw new Error(`the bank does not obey: ${text}`);
};

/** Spoils the next answer of an issuer in one of the ways of tests/idp/spoil.mjs. */
export const spoil = (place: Controlled, way: string, issuer = "pankki"): Promise<void> => control(place, { issuer, spoil: way });

/** What was to be spoiled and was not yet. */
export const unspoil = (place: Controlled, issuer = "pankki"): Promise<void> => control(place, { issuer, clear: true });

/** New signing keys; the old ones are gone. */
export const rotate = (place: Controlled, issuer = "pankki"): Promise<void> => control(place, { issuer, rotate: true });
