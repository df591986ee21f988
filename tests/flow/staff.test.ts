// An admin and the accounts of colleagues, on the real server: made, invited, given another role, shut, and helped when every passkey is lost.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { beginWith, call, finish, walk } from "../lib/bank.js";
import { cookieOf, idToUuid, type House } from "./house.js";
import { openWire } from "./wire.js";

type Jar = Map<string, string>;
type Said = Awaited<ReturnType<typeof call>>;
interface Row {
	account: string;
	name: string;
	role: string;
	enrolled: boolean;
	disabled: boolean;
	passkeys: number;
	invited_until?: number;
	mail: string;
}

const jarOf = (cookie: string): Jar => new Map([cookie.split("=") as [string, string]]);
let people = 0;
const somebody = (): string => `koe-2${String(++people).padStart(3, "0")}`;

const until = async <T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
	for (const end = Date.now() + 60_000; Date.now() < end; ) {
		const found = await look();
		if (found !== undefined) return found;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`never: ${what}`);
};

export const staffTests = (get: () => House): void => {
	const asAdmin = async (): Promise<(op: string, body?: object) => Promise<Said>> => {
		const jar = jarOf(await cookieOf(get(), { person: get().admin.user, role: "admin" }));
		return (op, body = {}) => call(get(), jar, op, body);
	};
	const rowOf = async (admin: (op: string) => Promise<Said>, account: string): Promise<Row> => {
		const rows = (await admin("staff_list")).ok?.["staff"] as Row[];
		return rows.find((one) => one.account === account) as Row;
	};
	const come = async (person: string, enrolment?: string): Promise<Said & { jar: Jar }> => {
		const { jar, url } = await beginWith(get(), enrolment === undefined ? {} : { enrolment }, "virka");
		return { ...(await finish(get(), jar, await walk(get(), url, person))), jar };
	};
	const newColleague = async (admin: (op: string, body?: object) => Promise<Said>, name: string, role = "counsellor"): Promise<string> => {
		const said = await admin("staff_add", { name, role });
		assert.equal(said.err, undefined);
		return String(said.ok?.["account"]);
	};
	const tokenFor = async (admin: (op: string, body?: object) => Promise<Said>, account: string): Promise<string> => String((await admin("enrolment_make", { account })).ok?.["token"]);
	const stale = (): Promise<unknown> => get().db.query("UPDATE session SET fresh_until = now() WHERE account = $1", [idToUuid(get().admin.user)]);

	test("a new colleague is named, invited by a link, and comes by the office; the name lies sealed", async () => {
		const admin = await asAdmin(), account = await newColleague(admin, "Sanna Sihteeri");
		const made = await rowOf(admin, account);
		assert.deepEqual([made.name, made.role, made.enrolled, made.invited_until], ["Sanna Sihteeri", "counsellor", false, undefined]);
		const { rows } = await get().db.query("SELECT name FROM staff_label WHERE account = $1", [idToUuid(account)]);
		assert.equal((rows[0] as { name: Buffer }).name.includes("Sihteeri"), false);
		const old = await tokenFor(admin, account), token = await tokenFor(admin, account), person = somebody();
		await assert.rejects(come(person, old), /not_found/, "the link before it");
		assert.equal((await come(person, token)).ok?.["user"], account);
		assert.equal((await rowOf(admin, account)).enrolled, true);
		assert.equal((await admin("enrolment_make", { account })).err, "already_enrolled");
		assert.equal((await admin("enrolment_mail", { account, address: "sanna@testikunta.example", language: "fi" })).err, "already_enrolled");
	});

	test("what says who may come in needs a fresh proof, and taking a way in away does not", async () => {
		const admin = await asAdmin(), account = await newColleague(admin, "Vanha Istunto");
		await tokenFor(admin, account);
		await stale();
		for (const [op, body] of [["staff_add", { name: "x", role: "dpo" }], ["staff_role", { account, role: "dpo" }], ["staff_disable", { account, disabled: true }],
			["passkey_reset", { account, reason: "lost" }], ["enrolment_make", { account }], ["enrolment_mail", { account, address: "a@b.example", language: "fi" }]] as const)
			assert.equal((await admin(op, body)).err, "step_up_needed", op);
		assert.ok((await admin("staff_list")).ok);
		assert.ok((await admin("enrolment_withdraw", { account })).ok);
		assert.equal((await admin("enrolment_withdraw", { account })).err, "not_found");
	});

	test("a letter carries the link and nothing of the person, and the link is good", async () => {
		const admin = await asAdmin(), account = await newColleague(admin, "Kirje Kaisa", "dpo"), to = "kaisa@testikunta.example";
		assert.equal((await admin("enrolment_mail", { account, address: "not one", language: "sv" })).err, "bad_field");
		assert.ok((await admin("enrolment_mail", { account, address: to, language: "sv" })).ok);
		const letter = await until("the letter", () => get().mailbox.letters.find((one) => one.text.includes(`To: <${to}>`)));
		const [head, body] = letter.text.split("\r\n\r\n") as [string, string];
		const text = Buffer.from(body.replaceAll("\r\n", ""), "base64").toString("utf8");
		assert.match(head, /Content-Language: sv/);
		assert.equal(/Kaisa|Testikunta|Kirje/.test(`${head.replace(to, "")}${text}`), false);
		const token = /\/liity#([\w-]{22})\r\n/.exec(text)?.[1] as string;
		await until("the list says so", async () => ((await rowOf(admin, account)).mail === "sent" ? true : undefined));
		const came = await come(somebody(), token);
		assert.deepEqual([came.ok?.["user"], came.ok?.["role"]], [account, "dpo"]);
	});

	test("who has an account there already is told so, keeps it, and the link is good for nobody", async () => {
		const admin = await asAdmin(), person = somebody();
		const first = await newColleague(admin, "Ensimmäinen"), second = await newColleague(admin, "Toinen");
		assert.equal((await come(person, await tokenFor(admin, first))).ok?.["user"], first);
		const token = await tokenFor(admin, second), again = await come(person, token);
		assert.equal(again.err, "already_here");
		assert.equal([...again.jar.keys()].includes("__Host-luotsi"), false, "no session");
		await assert.rejects(come(somebody(), token), /not_found/);
		assert.equal((await rowOf(admin, second)).invited_until, undefined);
		assert.equal((await come(person)).ok?.["user"], first);
	});

	test("a shut account, and another role, close the open connection at once", async () => {
		const admin = await asAdmin(), account = await newColleague(admin, "Suljettava");
		await come(somebody(), await tokenFor(admin, account));
		for (const act of [() => admin("staff_role", { account, role: "team_lead" }), () => admin("staff_disable", { account, disabled: true })]) {
			const wire = await openWire(get(), { cookie: await cookieOf(get(), { person: account, role: "counsellor" }) });
			assert.ok((await wire.open()).ok);
			const closed = new Promise<number>((resolve) => wire.socket.once("close", resolve));
			assert.ok((await act()).ok);
			assert.equal(await closed, 4001);
		}
		assert.equal((await rowOf(admin, account)).role, "team_lead");
		assert.ok((await admin("staff_disable", { account, disabled: false })).ok);
		assert.equal((await rowOf(admin, account)).disabled, false);
	});

	test("whose passkeys were taken away comes by a new link only, and reads what was done", async () => {
		const admin = await asAdmin(), account = await newColleague(admin, "Avaimeton"), person = somebody();
		const first = await come(person, await tokenFor(admin, account));
		assert.ok(first.ok);
		assert.ok((await admin("passkey_reset", { account, reason: "stolen" })).ok);
		assert.equal((await call(get(), first.jar, "passkey_list", {})).err, "session_expired");
		assert.equal((await come(person)).err, "no_room", "the office alone is not enough");
		const back = await come(person, await tokenFor(admin, account));
		assert.equal(back.ok?.["user"], account);
		await get().db.query("UPDATE session SET method = 'passkey' WHERE account = $1", [idToUuid(account)]);
		const events = (await call(get(), back.jar, "own_events", {})).ok?.["events"] as { action: string; word?: string; actor: string }[];
		assert.deepEqual(events.map((one) => [one.action, one.word]), [["enrolment_make", undefined], ["passkey_reset", "stolen"], ["enrolment_make", undefined]]);
		assert.ok(events.every((one) => one.actor === get().admin.user));
	});

	test("a data protection officer reads the events, page by page; counsellors and coordinators do not", async () => {
		const admin = await asAdmin();
		const jarFor = async (role: string): Promise<Jar> => jarOf(await cookieOf(get(), { person: await newColleague(admin, role, role), role }));
		const dpo = await jarFor("dpo");
		const first = await call(get(), dpo, "event_list", { reason: "Yearly look" });
		const rows = first.ok?.["events"] as { n: number; action: string }[];
		assert.deepEqual([rows.length, rows[0]?.action, first.ok?.["more"]], [100, "event_read", true]);
		const next = (await call(get(), dpo, "event_list", { reason: "Yearly look", before: rows.at(-1)?.n })).ok?.["events"] as { n: number }[];
		assert.ok(next.length > 0 && next.every((one) => one.n < (rows.at(-1)?.n as number)));
		for (const role of ["counsellor", "coordinator"]) assert.equal((await call(get(), await jarFor(role), "event_list", { reason: "Yearly look" })).err, "forbidden", role);
	});
};
