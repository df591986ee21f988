// The library of assignment templates on the real server: who may do what, what a body must be, what another organisation sees.

import { strict as assert } from "node:assert";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { checkTemplate, type Template } from "../../web/src/assignment/template.js";
import { idToUuid, type House } from "./house.js";
import { openWire, type Reply, type Wire } from "./wire.js";

const toHex = (wire: string): string => Buffer.from(wire, "base64url").toString("hex");
const newId = (): string => randomBytes(16).toString("base64url");
const uuid = (wire: string): string => idToUuid(wire);

const template = (id: string, change: object = {}): object => ({
	format: "luotsi-template/1", id: toHex(id), version: 1, kind: "assignment", languages: ["fi"], topics: ["work"],
	title: { fi: "Kokeilu" }, description: { fi: "Kuvaus" }, fields: [{ id: "a", kind: "long", label: { fi: "Kysymys" } }], ...change,
});
const text = (id: string, change: object = {}): string => JSON.stringify(template(id, change));

export const libraryTests = (house: () => House): void => {
	const people = new Map<string, Wire>();

	/** A person of this role, in the house's organisation or another, in a session of their own (how one comes to be is not what is tried). */
	const as = async (role: string, org = uuid(house().org)): Promise<Wire> => {
		const known = people.get(`${role} ${org}`);
		if (known) return known;
		const account = uuid(newId()), token = randomBytes(32);
		await house().db.query("INSERT INTO account (org, account, role) VALUES ($1, $2, $3)", [org, account, role]);
		await house().db.query(`INSERT INTO session (org, session, token_hash, account, method, fresh_until, expires_at)
			VALUES ($1, $2, $3, $4, 'passkey', now(), now() + interval '1 hour')`, [org, uuid(newId()), createHash("sha256").update(token).digest(), account]);
		const wire = await openWire(house(), { cookie: `__Host-luotsi=${token.toString("base64url")}` });
		assert.equal((await wire.open()).err, undefined);
		people.set(`${role} ${org}`, wire);
		return wire;
	};

	const elsewhere = async (): Promise<string> => {
		const { rows } = await house().db.query("SELECT org FROM organisation WHERE org <> $1 LIMIT 1", [uuid(house().org)]);
		return (rows[0] as { org: string }).org;
	};

	const put = async (wire: Wire, id: string, change: object = {}, edits = 0): Promise<Reply> => wire.ask("template_draft_put", { template: id, edits, body: text(id, change) });
	const published = async (change: object = {}): Promise<string> => {
		const id = newId(), lead = await as("team_lead");
		assert.equal((await put(lead, id, change)).ok?.["edits"], 1);
		assert.equal((await lead.ask("template_publish", { template: id, edits: 1, note: "" })).ok?.["version"], 1);
		return id;
	};
	const seen = async (wire: Wire, id: string): Promise<Reply> => wire.ask("template_get", { template: id, reader: "fi" });
	const titles = async (wire: Wire, query: object): Promise<string[]> => {
		const { ok } = await wire.ask("template_list", { scope: "all", reader: "fi", skip: 0, limit: 50, ...query });
		return (ok?.["templates"] as { title: string }[]).map((row) => row.title);
	};

	test("what_comes_with_luotsi_is_there_and_passes_the_checks_of_the_browser", async () => {
		const counsellor = await as("counsellor");
		const { ok } = await counsellor.ask("template_list", { scope: "shared", reader: "sv", skip: 0, limit: 50 });
		const rows = (ok?.["templates"] as { template: string; author: string }[]).filter((row) => row.author === "Luotsi");
		assert.equal(rows.length, 13);
		for (const { template: id } of rows) {
			const body = (await seen(counsellor, id)).ok?.["body"];
			const checked = checkTemplate(JSON.parse(String(body)));
			assert.ok("template" in checked && (checked.template as Template).languages.length === 3);
		}
		assert.ok((await titles(counsellor, { words: "unta" })).includes("Uni ja päivärytmi"));
		assert.deepEqual(await titles(counsellor, { words: "zzyzx" }), []);
	});

	test("pages_follow_each_other_without_a_gap", async () => {
		const counsellor = await as("counsellor");
		const all = await titles(counsellor, { scope: "shared" });
		const pages = [await titles(counsellor, { scope: "shared", limit: 5 }), await titles(counsellor, { scope: "shared", skip: 5, limit: 5 })].flat();
		assert.deepEqual(pages, all.slice(0, 10));
		const { ok } = await counsellor.ask("template_list", { scope: "shared", reader: "fi", skip: all.length, limit: 5 });
		assert.deepEqual([ok?.["templates"], ok?.["more"]], [[], false]);
	});

	test("a_counsellor_writes_and_a_team_lead_publishes", async () => {
		const id = newId(), counsellor = await as("counsellor");
		assert.equal((await put(counsellor, id)).ok?.["edits"], 1);
		assert.equal((await counsellor.ask("template_publish", { template: id, edits: 1, note: "" })).err, "forbidden");
		assert.equal((await (await as("team_lead")).ask("template_publish", { template: id, edits: 1, note: "Ensimmäinen" })).ok?.["version"], 1);
		assert.equal((await seen(counsellor, id)).ok?.["body"], text(id), "byte for byte");
		const { ok } = await counsellor.ask("template_versions", { template: id });
		assert.equal((ok?.["versions"] as { note: string }[])[0]?.note, "Ensimmäinen");
	});

	test("only_an_administrator_shares_and_only_the_operator_curates", async () => {
		const id = await published();
		for (const role of ["counsellor", "team_lead", "operator"]) assert.equal((await (await as(role)).ask("template_share", { template: id, shared: true })).err, "forbidden", role);
		for (const role of ["counsellor", "team_lead", "admin"]) assert.equal((await (await as(role)).ask("template_curate", { template: id, barred: true })).err, "forbidden", role);
		for (const role of ["client", "dpo", "coordinator"]) assert.equal((await seen(await as(role), id)).err, "forbidden", role);
	});

	test("another_organisation_sees_a_template_from_its_sharing_until_the_operator_takes_it_out", async () => {
		const id = await published({ title: { fi: "Jaettava harvinaisuus" } });
		const stranger = await as("counsellor", await elsewhere()), admin = await as("admin"), operator = await as("operator", await elsewhere());
		assert.equal((await seen(stranger, id)).err, "not_found");
		assert.equal((await operator.ask("template_curate", { template: id, barred: true })).err, "not_found");
		assert.deepEqual((await admin.ask("template_share", { template: id, shared: true })).ok, {});
		assert.equal((await seen(stranger, id)).ok?.["body"], text(id, { title: { fi: "Jaettava harvinaisuus" } }));
		assert.deepEqual(await titles(stranger, { words: "harvinaisuuksia" }), ["Jaettava harvinaisuus"]);
		assert.equal((await put(stranger, id, {}, 2)).err, "not_found");
		assert.equal((await stranger.ask("template_draft_get", { template: id })).err, "not_found");
		assert.deepEqual([(await stranger.ask("template_thank", { template: id, thanks: true })).ok?.["thanks"], (await stranger.ask("template_used", { template: id })).ok], [1, {}]);
		const row = (await seen(admin, id)).ok?.["row"] as { uses: number; thanks: number; thanked: boolean };
		assert.deepEqual([row.uses, row.thanks, row.thanked], [1, 1, false]);
		assert.deepEqual((await operator.ask("template_curate", { template: id, barred: true })).ok, {});
		assert.equal((await seen(stranger, id)).err, "not_found");
		assert.ok((await seen(admin, id)).ok);
		assert.equal((await admin.ask("template_share", { template: id, shared: true })).err, "forbidden");
		const barred = async () => (await operator.ask("template_barred", { reader: "fi", skip: 0, limit: 50 })).ok?.["templates"] as { template: string; title: string; barred: boolean }[];
		assert.deepEqual((await barred()).filter((one) => one.template === id).map(({ title, barred: out }) => [title, out]), [["Jaettava harvinaisuus", true]]);
		for (const other of [admin, stranger]) assert.equal((await other.ask("template_barred", { reader: "fi", skip: 0, limit: 50 })).err, "forbidden");
		assert.deepEqual((await operator.ask("template_curate", { template: id, barred: false })).ok, {});
		assert.equal((await barred()).some((one) => one.template === id), false);
		assert.ok((await seen(stranger, id)).ok);
	});

	for (const [what, body] of [
		["no JSON", "{"], ["a list", "[]"], ["a member twice", '{"id":1,"id":2}'], ["deep nesting", `{"a":${"[".repeat(20)}${"]".repeat(20)}}`],
		["half a pair", '{"a":"\\ud800"}'], ["a zero", '{"a":"\\u0000"}'], ["no template", "{}"], ["a number beyond all bounds", '{"a":1e999}']] as const)
		test(`a_body_that_is_${what.replaceAll(" ", "_")}_is_refused`, async () => {
			const reply = await (await as("counsellor")).ask("template_draft_put", { template: newId(), edits: 0, body });
			assert.equal(reply.err, "bad_field");
		});

	test("a_body_over_the_ceiling_or_with_another_id_is_refused_and_the_connection_lives", async () => {
		const counsellor = await as("counsellor"), id = newId();
		assert.equal((await put(counsellor, id, { more: "x".repeat(48_000) })).err, "bad_field");
		assert.equal((await counsellor.ask("template_draft_put", { template: id, edits: 0, body: text(newId()) })).err, "bad_field");
		assert.equal((await put(counsellor, id)).ok?.["edits"], 1);
	});

	test("who_saves_over_what_they_have_not_seen_is_told_so", async () => {
		const id = newId(), [counsellor, lead] = [await as("counsellor"), await as("team_lead")];
		await put(counsellor, id);
		assert.equal((await put(lead, id, { title: { fi: "Toinen" } }, 1)).ok?.["edits"], 2);
		assert.equal((await put(counsellor, id, {}, 1)).err, "conflict");
		assert.equal((await put(counsellor, id, {}, 0)).err, "conflict");
		assert.equal((await counsellor.ask("template_draft_get", { template: id })).ok?.["body"], text(id, { title: { fi: "Toinen" } }));
	});

	test("many_who_save_at_once_have_one_winner_and_nothing_is_half_written", async () => {
		const id = newId(), counsellor = await as("counsellor");
		await put(counsellor, id);
		const replies = await Promise.all(Array.from({ length: 8 }, (_, i) => put(counsellor, id, { title: { fi: `Nimi ${i}` } }, 1)));
		assert.equal(replies.filter((one) => one.ok).length, 1);
		assert.equal(replies.filter((one) => one.err === "conflict").length, 7);
		const winner = replies.findIndex((one) => one.ok);
		assert.equal((await counsellor.ask("template_draft_get", { template: id })).ok?.["body"], text(id, { title: { fi: `Nimi ${winner}` } }));
	});

	test("publishing_sharing_and_curating_are_on_record", async () => {
		const { rows } = await house().db.query("SELECT DISTINCT action FROM audit WHERE action LIKE 'template%' ORDER BY 1");
		assert.deepEqual(rows.map((row: { action: string }) => row.action), ["template_curate", "template_publish", "template_share"]);
	});

	test("an_operator_has_no_hand_in_writing", async () => {
		const operator = await as("operator");
		for (const [op, body] of [["template_draft_put", { template: newId(), edits: 0, body: text(newId()) }], ["template_thank", { template: newId(), thanks: true }], ["template_used", { template: newId() }]] as const)
			assert.equal((await operator.ask(op, body)).err, "forbidden", op);
		for (const wire of people.values()) wire.socket.close();
	});
};
