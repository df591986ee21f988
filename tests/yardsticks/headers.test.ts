// The headers of every route and every kind of answer, against a snapshot (headers.txt); LUOTSI_WRITE=yes writes it anew.
// A set of headers has a number; each answer is a line with its status and that number. All messages are asked, and told as one.

import { strict as assert } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../flow/house.js";
import { asks, later, type Ask } from "./routes.js";
import { answered, openLine, type Place } from "./wire.js";

const AT_ONCE = 8, MOST = 100;
const FILE = join(process.env["LUOTSI_TEST_LIB"] ?? "", "..", "yardsticks", "headers.txt");
/** Differ from one answer to the next, or from one build to the next. */
const VARY = /^(content-length|etag|last-modified|sec-websocket-accept|set-cookie):.*$/;

interface Answer {
	readonly status: string;
	readonly headers: string;
}

const read = (text: string): Answer => {
	const [line = "", ...rows] = text.split("\r\n\r\n", 1)[0]?.split("\r\n").filter((row) => row !== "") ?? [];
	const headers = rows.map((row) => row.replace(/^[^:]*/, (name) => name.toLowerCase())).map((row) => row.replace(VARY, "$1: *"));
	return { status: /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? "cut", headers: headers.sort().join("\n") };
};

const askAll = async (place: Place, all: readonly Ask[]): Promise<[string, Answer][]> => {
	const answers: [string, Answer][] = [];
	const queue = [...all.entries()];
	const lane = async (): Promise<void> => {
		for (let next = queue.shift(); next; next = queue.shift()) answers[next[0]] = [next[1].name, read(await answered(place, next[1].text))];
	};
	await Promise.all(Array.from({ length: AT_ONCE }, lane));
	return answers;
};

const one = async (place: Place, what: Ask): Promise<[string, Answer]> => [what.name, read(await answered(place, what.text))];

/** More at once than a minute allows: the answer of one that was too many. */
const flooded = async (place: Place): Promise<[string, Answer]> => {
	const answers = await Promise.all(Array.from({ length: MOST }, () => one(place, later.tooMany(place))));
	const refused = answers.find(([, answer]) => answer.status !== "200");
	assert.ok(refused, "nobody was too many");
	return refused;
};

const broken = async (place: Place): Promise<[string, Answer][]> => {
	const db = await connect(place.service);
	await db.query("REVOKE INSERT ON ws_ticket FROM luotsi_app");
	const refused = await one(place, later.ticket(place, "a fault of our own"));
	await db.query("GRANT INSERT ON ws_ticket TO luotsi_app");
	await db.query("ALTER TABLE ws_ticket RENAME TO ws_ticket_away");
	const gone = await one(place, later.ticket(place, "a table that is away"));
	await db.query("ALTER TABLE ws_ticket_away RENAME TO ws_ticket");
	await db.end();
	return [refused, gone];
};

const everything = async (place: Place): Promise<[string, Answer][]> => {
	const etag = /^etag: *(.*)\r$/im.exec(await answered(place, later.sameAgain(place, "x").text))?.[1] ?? "";
	const upgraded = await openLine(place);
	upgraded.leave();
	return [
		...(await askAll(place, asks(place))), await one(place, later.sameAgain(place, etag)), ["upgrade", read(upgraded.head)],
		await flooded(place), ...(await broken(place)), await one(place, later.signOut(place)),
	];
};

/** Lines in the order of their names, sets in that of their bytes: neither a build nor another message changes them. */
const told = (edge: boolean, answers: readonly [string, Answer][]): string => {
	const sets = [...new Set(answers.map(([, answer]) => answer.headers))].sort();
	const letter = (headers: string): string => `${edge ? "E" : "D"}${sets.indexOf(headers) + 1}`;
	const lines = new Set(answers.map(([name, { status, headers }]) => `${name}: ${status} ${letter(headers)}`));
	return [`== ${edge ? "through the edge" : "direct"}`, ...[...lines].sort(), ...sets.map((set) => `\n-- ${letter(set)}\n${set}`)].join("\n");
};

const NEEDED = [
	/^content-security-policy: default-src 'none';.*base-uri 'none'.*frame-ancestors 'none'/m, /^strict-transport-security: max-age=63072000; includeSubDomains$/m,
	/^x-content-type-options: nosniff$/m, /^referrer-policy: no-referrer$/m, /^cross-origin-opener-policy: same-origin$/m, /^cross-origin-embedder-policy: require-corp$/m,
	/^cross-origin-resource-policy: same-origin$/m, /^permissions-policy: /m,
];

/** HAProxy 2.6 answers what it cannot read before any rule of ours, with a fixed text (mux_h1.c, h1_send_error). */
const BEFORE_ANY_RULE = ["CONNECT /", "GET with a header too many"];

export const headerTests = (get: () => Place, edge: boolean): void => {
	let answers: Promise<[string, Answer][]> | undefined;
	const where = edge ? "through the edge" : "direct";

	test(`headers_of_every_route ${where}`, async () => {
		answers ??= everything(get());
		const now = `${told(edge, await answers)}\n`;
		const kept = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
		const at = kept.indexOf("== through the edge");
		const [direct, behind] = at < 0 ? [kept, ""] : [kept.slice(0, at).trimEnd() + "\n", kept.slice(at)];
		if (process.env["LUOTSI_WRITE"] === "yes") writeFileSync(FILE, edge ? `${direct}\n${now}` : `${now}\n${behind}`.trimEnd() + "\n");
		else assert.equal(now, edge ? behind : direct);
	});

	test(`no_answer_lacks_a_protecting_header ${where}`, async () => {
		answers ??= everything(get());
		for (const [name, { status, headers }] of (await answers).filter(([name]) => !edge || !BEFORE_ANY_RULE.includes(name)))
			for (const header of status === "cut" ? [] : NEEDED.slice(status === "101" ? 1 : 0)) assert.match(headers, header, name);
	});

	test(`no_answer_says_what_made_it_nor_lets_other_origins_read ${where}`, async () => {
		answers ??= everything(get());
		for (const [name, { headers }] of await answers) assert.doesNotMatch(headers, /^(server: (?!luotsi$)|x-powered-by:|access-control-|via:)/m, name);
	});
};
