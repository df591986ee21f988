// The agreement's gate at the wire, in a room that there is; the operator's reach over HTTP; and what the jobs process does by itself.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { randomUUID } from "node:crypto";
import { post } from "../../web/src/client/node.js";
import { cookieOf, idToUuid, talk, type House } from "./house.js";
import { openWire, type Reply } from "./wire.js";

export const agreementTests = (house: () => House): void => {
	const run = (sql: string, values: unknown[] = []) => house().db.query(sql, values);
	const uuid = (): string => idToUuid(house().org);
	const enter = (state: string) => run("UPDATE agreement SET state = $2, ends_on = CASE $2 WHEN 'ending' THEN current_date + 5 END WHERE org = $1", [uuid(), state]);
	const asking = (cookie: string) => async (op: string, body: object): Promise<Reply> => JSON.parse((await post(house().service.origin, house().ca, op, body, cookie)).body) as Reply;
	const ended = async <T>(work: () => Promise<T>): Promise<T> => {
		try {
			return await work();
		} finally {
			await enter("live");
		}
	};
	const account = async (role: string, org = uuid()) => {
		const { rows } = await run("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING account", [org, role]);
		return { role, person: Buffer.from((rows[0].account as string).replaceAll("-", ""), "hex").toString("base64url") };
	};

	test("a_room_under_an_agreement_that_ends_is_read_and_taken_out_and_nothing_is_written", async () => {
		const { room, client } = await talk(house(), "Päättyvä");
		const wire = await openWire(house(), { cookie: await cookieOf(house(), { person: client.user, role: "client" }) });
		assert.ok((await wire.open()).ok);
		await run("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(client.user)]);
		const open = () => wire.ask("room_open", { room, language: "fi" });
		const comes = (state: string) => client.until(`an open room hears that the agreement is ${state}`, () => client.view()?.room === room && client.view()?.card?.state === state);
		await client.engine.openRoom(room, "fi");
		await ended(async () => {
			await enter("ending");
			await comes("ending");
			const { ok } = await open();
			const card = ok?.["agreement"] as Record<string, unknown>;
			assert.deepEqual([card["state"], typeof card["ends_on"]], ["ending", "string"]);
			assert.equal((await wire.ask("message_typing", { room })).err, "agreement_not_live");
			assert.equal((await wire.ask("export_begin", { room, form: "archive" })).err, undefined);
			assert.equal((await openRoomBy(house())).err, "agreement_not_live");
			await enter("ended");
			assert.equal((await open()).err, "agreement_not_live");
			assert.equal((await wire.ask("export_begin", { room, form: "archive" })).err, "agreement_not_live");
			assert.ok((await wire.ask("room_list", { limit: 10 })).ok, "that there is a room is still told");
		});
		assert.ok((await open()).ok);
		await comes("live");
		wire.socket.terminate();
	});

	test("an_operator_takes_another_organisation_from_nothing_to_a_first_admin", async () => {
		const ask = asking(await cookieOf(house(), await account("operator")));
		const made = async (op: string, body: object): Promise<Record<string, unknown>> => {
			const said = await ask(op, body);
			assert.ok(said.ok, `${op}: ${said.err}`);
			return said.ok as Record<string, unknown>;
		};
		const { org } = await made("organisation_put", { name: "Virtakunta", business_id: "0944845-0", form: "city", region: "lappi" });
		const terms = JSON.stringify({
			format: "luotsi-agreement/1", subject: "Ohjaus", nature: "n", purpose: "p", begins: "2026-01-01", ends: null, data: ["identity"], persons: ["clients"], instructions: "i",
			confidentiality: "c", security: ["s"], subprocessors: [], rights_help: "r", breach_help: "b", audits: "a", at_end: "return", end_days: 10, training_required: false, other: "",
			retention: { messages: 1, files: 1, assignments: 1, notes: 1, closed_rooms: 99, anonymous: 1, audit: 1, accounts: 1 } });
		const template = { language: "fi", name: "Malli", version: 1, terms, privacy: ["Seloste", "", ""], promise: ["", "", ""], publish: true };
		assert.equal((await ask("agreement_template_put", { ...template, terms: "[]" })).err, "bad_field");
		assert.equal((await ask("agreement_template_put", { ...template, terms: "{}" })).err, "bad_field");
		const { template: from } = await made("agreement_template_put", template);
		const { agreement } = await made("agreement_make", { org, template: from, version: 1, begins: "2026-01-01" });
		await made("contact_put", { org, gone: false, name: "Kaisa", title: "", email: "", phone: "", basis: "rules", basis_text: "§ 24" });
		const hash = Buffer.alloc(32, 7).toString("base64url");
		const step = async (to: string): Promise<unknown> => (await made("agreement_take", { org, agreement, to, note: "", dry: false }))["outcome"];
		assert.equal(await step("signatory_found"), "ok");
		await made("agreement_offer", { org, agreement, version: 1, document: hash });
		assert.equal(await step("sent"), "ok");
		assert.equal((await ask("organisation_admin", { org, name: "Kaisa" })).err, "agreement_not_live");
		const signatory = { name: "Kaisa", title: "", basis: "rules", basis_text: "" };
		await made("agreement_sign", { org, agreement, version: 1, signed_sum: hash, signed_on: "2026-01-02", signatories: [{ party: "controller", ...signatory }, { party: "processor", ...signatory }] });
		assert.equal(await step("signed"), "ok");
		assert.equal(await step("trained"), "admin");
		await made("organisation_admin", { org, name: "Kaisa" });
		assert.equal(await step("trained"), "ok");
		assert.equal(await step("live"), "ok");
		const { agreements } = await made("agreement_list", { org });
		assert.deepEqual((agreements as Record<string, unknown>[]).map((one) => [one["state"], one["version"], one["at_end"]]), [["live", 1, "return"]]);
		const found = await made("organisation_list", { words: "virtak", skip: 0, limit: 10 });
		assert.equal((found["organisations"] as unknown[]).length, 1);
		await made("organisation_stuck", {});

		// The jobs process ends it when its day has passed, and hands everything over when there is another processor.
		const uuidOf = idToUuid(org as string);
		await run("UPDATE agreement SET state = 'ending', ends_on = current_date - 1 WHERE org = $1", [uuidOf]);
		await waits("SELECT FROM agreement_due WHERE org = $1 AND what = 'return'", [uuidOf]);
		await made("succession_begin", { to_name: "Toinen käsittelijä", to_business_id: "2077474-0", holds_from: "2099-01-01", note: "Koe" });
		await waits("SELECT FROM succession WHERE org = $1 AND done_at IS NOT NULL", [uuid()]);
		const admin = asking(await cookieOf(house(), { person: house().admin.user, role: "admin" }));
		assert.equal((await admin("agreement_list", { org })).err, "forbidden");
		assert.equal((await admin("organisation_list", { skip: 0, limit: 1 })).err, "forbidden");
		await run("DELETE FROM succession_item WHERE org = $1", [uuid()]);
		await run("DELETE FROM succession WHERE org = $1", [uuid()]);
	});

	const waits = async (sql: string, values: unknown[]): Promise<void> => {
		for (const until = Date.now() + 60_000; (await run(sql, values)).rowCount === 0; await new Promise((again) => setTimeout(again, 100))) assert.ok(Date.now() < until, sql);
	};

	/** A counsellor's new room, as its engine asks for it. */
	const openRoomBy = async ({ counsellor }: House): Promise<{ err: string }> => {
		try {
			await counsellor.engine.invite({ name: randomUUID(), welcome: "" });
			return { err: "" };
		} catch (error) {
			return { err: (error as { word: string }).word };
		}
	};
};
