// Identifying at the bank of demonstration and tests (tests/idp) from Node: the same journey as a browser's, step by step, so that a
// test can stop, change or repeat any of them.

import { request } from "node:https";
import { makeIdentification } from "../client/identify.js";

export interface Place {
	readonly service: { readonly origin: string };
	/** PEM of the authority of both certificates. */
	readonly ca: string;
}

export interface Heard {
	readonly status: number;
	readonly location: string | undefined;
	readonly cookies: readonly string[];
	readonly text: string;
}

type Jar = Map<string, string>;

const FORM = "application/x-www-form-urlencoded";
const MOST_STEPS = 8;

export const ask = (ca: string, address: string, { method = "GET", headers = {}, body = "" }: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Heard> =>
	new Promise((resolve, reject) => {
		const asked = request(address, { method, ca, headers, agent: false }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part: Buffer) => parts.push(part));
			answer.on("end", () =>
				resolve({
					status: answer.statusCode ?? 0, location: answer.headers.location, cookies: answer.headers["set-cookie"] ?? [], text: Buffer.concat(parts).toString("utf8"),
				}));
		});
		asked.on("error", reject);
		asked.end(body);
	});

/** An empty value, or one that has run out, takes the cookie away. */
const keep = (jar: Jar, heard: Heard): void => {
	for (const line of heard.cookies) {
		const [pair = "", ...more] = line.split(";");
		const at = pair.indexOf("=");
		const gone = pair.length === at + 1 || more.some((one) => /^\s*max-age=0$/i.test(one));
		if (gone) jar.delete(pair.slice(0, at));
		else jar.set(pair.slice(0, at), pair.slice(at + 1));
	}
};

const cookie = (jar: Jar): Record<string, string> => (jar.size === 0 ? {} : { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") });

/** POST /api/<op>, as a page of ours would: the answer as it came. */
export const hear = async ({ service, ca }: Place, jar: Jar, op: string, body: object): Promise<Heard> => {
	const headers = { "content-type": "application/json", origin: service.origin, "x-luotsi": "1", ...cookie(jar) };
	const heard = await ask(ca, `${service.origin}/api/${op}`, { method: "POST", headers, body: JSON.stringify(body) });
	keep(jar, heard);
	return heard;
};

/** The same, read. */
export const call = async (place: Place, jar: Jar, op: string, body: object): Promise<{ status: number; ok?: Record<string, unknown>; err?: string }> => {
	const { status, text } = await hear(place, jar, op, body);
	return { status, ...(JSON.parse(text) as object) };
};

export interface Begun {
	readonly jar: Jar;
	readonly url: string;
	readonly state: string;
	readonly sealed: string;
	readonly carryKey: string;
}

export interface Coming {
	readonly provider?: string;
	/** The fragment of an invitation's link. */
	readonly invitation?: string;
	/** The fragment of an enrolment's link. */
	readonly enrolment?: string;
	/** What the browser has from before. */
	readonly jar?: Jar;
}

/** Up to the door of the bank; throws the server's word. */
export const begin = async (place: Place, { provider = "pankki", invitation, enrolment, jar = new Map() }: Coming = {}): Promise<Begun> => {
	const identification = makeIdentification(place.service.origin);
	const { nonce, token } = await identification.begin(invitation ?? null);
	const ticket = token !== null ? { invitation: token } : enrolment !== undefined ? { enrolment } : {};
	const said = await call(place, jar, "identify_begin", { provider, nonce, locale: "fi", ...ticket });
	if (!said.ok) throw new Error(said.err);
	const [url, carryKey] = [String(said.ok["url"]), String(said.ok["carry_key"])];
	return { jar, url, carryKey, ...(await identification.carry({ url, carryKey, invitation: invitation ?? "", shared: false })) };
};

/** Through the bank as this person, or as one who cancels; gives what comes back in the address line. */
export const walk = async ({ service, ca }: Place, url: string, person: string | null): Promise<URLSearchParams> => {
	const jar: Jar = new Map();
	const form = new URLSearchParams(person === null ? { answer: "no" } : { answer: "yes", person }).toString();
	let to = url;
	let heard = await ask(ca, to);
	for (let steps = 0; steps < MOST_STEPS; steps++) {
		keep(jar, heard);
		const next = heard.location && new URL(heard.location, to).href;
		if (next?.startsWith(`${service.origin}/`)) return new URL(next).searchParams;
		const action = /<form method="post" action="([^"]+)"/.exec(heard.text)?.[1];
		if (!next && !action) break;
		to = next ?? new URL(action ?? "", to).href;
		heard = await ask(ca, to, next ? { headers: cookie(jar) } : { method: "POST", headers: { ...cookie(jar), "content-type": FORM }, body: form });
	}
	throw new Error(`the bank answers ${heard.status}: ${heard.text.replace(/<[^>]+>/g, " ").trim().slice(-300)}`);
};

/** What identify_finish is asked with. */
export const returned = (back: URLSearchParams): object =>
	Object.fromEntries(["state", "code", "iss", "error"].flatMap((name) => (back.has(name) ? [[name, back.get(name)]] : []))) as object;

export const finish = (place: Place, jar: Jar, back: URLSearchParams): ReturnType<typeof call> => call(place, jar, "identify_finish", returned(back));

export interface SignedIn {
	/** The session's, as a header has it. */
	readonly cookie: string;
	readonly user: string;
	readonly role: string;
	/** What the engine of this person takes: engine.carried(sealed, carryKey). */
	readonly sealed: string;
	readonly carryKey: string;
}

/** The whole journey; throws the server's word when it is refused. */
export const signIn = async (place: Place, person: string, options: Coming = {}): Promise<SignedIn> => {
	const { jar, url, sealed } = await begin(place, options);
	const said = await finish(place, jar, await walk(place, url, person));
	if (!said.ok || typeof said.ok["user"] !== "string") throw new Error(said.err ?? "not signed in");
	return { cookie: cookie(jar)["cookie"] ?? "", user: said.ok["user"], role: String(said.ok["role"]), sealed, carryKey: String(said.ok["carry_key"]) };
};
