// The guidance work of a room on the real server: goals of both, notes that the client's browser cannot open, topics that the server
// knows; and a room that is taken out, checked and spoilt.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { PASSPHRASE, type Actor } from "../client/organisation.js";
import { ASKED, check, entriesOf, takeArchive, takeDocument, written, type Entries } from "../lib/taken.js";
import { actorOf, idToUuid, say, talk, type House } from "./house.js";
import { NOTE_CTYPE, NOTE_KIND, WORK_CTYPE, WORK_KIND, writeNote, writePatch, type Patch } from "../../web/src/roomwork/content.js";
import type { Template } from "../../web/src/assignment/types.js";
import type { ExportedAssignment } from "../../web/src/export/told-assignments.js";
import { reduceNotes, type NoteView } from "../../web/src/roomwork/notes.js";
import { toItem } from "../../web/src/roomwork/item.js";
import { reduceWork, type Work } from "../../web/src/roomwork/work.js";
import { random, toBase64Url, type Bytes } from "../../web/src/seal/index.js";

const work = async (actor: Actor, room: string): Promise<Work> => reduceWork((await actor.engine.work("items", room, [WORK_KIND])).map(toItem));
const notes = async (actor: Actor, room: string): Promise<readonly NoteView[]> => reduceNotes((await actor.engine.work("items", room, [NOTE_KIND])).map(toItem));
const change = async (actor: Actor, room: string, patch: Patch): Promise<void> => void (await actor.engine.work("postItem", room, WORK_CTYPE, writePatch(patch)));
const note = async (actor: Actor, room: string, text: string, of = ""): Promise<string> =>
	(await actor.engine.work("postItem", room, NOTE_CTYPE, writeNote({ type: "note", of, text }))).id;
const newId = (): string => toBase64Url(random(16));

const eventually = async (what: string, is: () => Promise<boolean>): Promise<void> => {
	for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 25))) if (await is()) return;
	throw new Error(`waited in vain: ${what}`);
};

const places = (findings: readonly { place: string }[]): string => findings.map(({ place }) => place).join(" | ");

export const roomworkTests = (house: () => House): void => {
	test("both_write_goals_and_the_later_change_of_a_field_stands_with_the_earlier_in_its_history", async () => {
		const { client, counsellor, room } = await talk(house());
		const entity = newId();
		await change(client, room, { type: "goal", entity, base: 0, set: { text: "Oma asunto" } });
		await eventually("the goal arrives", async () => (await work(counsellor, room)).goals.length === 1);
		await change(client, room, { type: "goal", entity, base: 1, set: { text: "Oma asunto Kuopiosta" } });
		await change(counsellor, room, { type: "goal", entity, base: 1, set: { text: "Asunto syksyksi", by: "2027-09-01" } });
		await eventually("both changes everywhere", async () =>
			(await Promise.all([client, counsellor].map((one) => work(one, room)))).every(({ goals }) => goals[0]?.version === 3));
		const [mine, theirs] = [await work(client, room), await work(counsellor, room)];
		assert.equal(mine.goals[0]?.fields.text, "Asunto syksyksi");
		assert.deepEqual(mine.goals[0]?.history.map(({ field, before, clash }) => [field, before, clash]), [["text", "Oma asunto", false], ["text", "Oma asunto Kuopiosta", true], ["by", "", false]]);
		assert.deepEqual(theirs.goals[0]?.fields, mine.goals[0]?.fields);
	});

	test("a_client_s_phase_or_summary_counts_for_nobody", async () => {
		const { client, counsellor, room } = await talk(house());
		await change(client, room, { type: "phase", entity: newId(), base: 0, set: { name: "Oma vaihe" } });
		await change(client, room, { type: "summary", entity: newId(), base: 0, set: { text: "Oma yhteenveto" } });
		await change(counsellor, room, { type: "phase", entity: newId(), base: 0, set: { name: "Alku", begins: "2026-11-22" } });
		for (const one of [client, counsellor]) await eventually("all three arrive", async () => (await work(one, room)).phases.length === 1 && (await work(one, room)).refused === 2);
		assert.equal((await work(counsellor, room)).summary, undefined);
	});

	test("a_note_is_read_by_a_colleague_with_the_staff_key_and_never_by_the_client", async () => {
		const { client, counsellor, room } = await talk(house());
		const { colleague } = house();
		await counsellor.engine.addColleague(room, colleague.user, "all");
		const first = await note(counsellor, room, "Näkymätön huomio asiakkaasta");
		await note(counsellor, room, "Näkymätön huomio, tarkennettu", first);
		await say(client, counsellor, room, "jatketaan");
		await colleague.engine.openRoom(room, "fi");
		await eventually("the colleague reads it", async () => (await notes(colleague, room))[0]?.text === "Näkymätön huomio, tarkennettu");
		assert.deepEqual((await notes(colleague, room))[0]?.before.map(({ text }) => text), ["Näkymätön huomio"].map((text) => `${text} asiakkaasta`));
		const seenBy = () => client.engine.work("items", room, [NOTE_KIND]);
		await eventually("both arrive at the client too", async () => (await seenBy()).length === 2);
		const seen = await seenBy();
		assert.ok(seen.every((item) => item.locked && item.content === null && item.quarantine === null));
		assert.ok(![...client.messages.values()].some((m) => m.text.includes("Näkymätön")));
		await assert.rejects(note(client, room, "minäkin"), { word: "no_keys" });
		for (const id of (await notes(counsellor, room))[0]?.items ?? []) await counsellor.engine.work("removeItem", room, id);
		await eventually("it is gone", async () => (await notes(colleague, room)).length === 0);
		await counsellor.engine.removeColleague(room, colleague.user);
	});

	test("a_note_is_sealed_under_no_staff_key_older_than_the_epoch_that_a_client_made", async () => {
		const { client, counsellor, room } = await talk(house());
		const at = client.engine.parts.room(room);
		const used = at.log.state().epoch;
		await at.acts.rotate(() => used);
		const id = await note(counsellor, room, "Lähteneen avain ei tätä avaa");
		const { epochs, epoch } = counsellor.engine.parts.room(room).log.state();
		assert.equal(epochs[used]?.author, 1, "the client's");
		const [sealed] = (await counsellor.engine.work("items", room, [NOTE_KIND])).filter((item) => item.id === id);
		assert.equal(sealed?.epoch, epoch);
		assert.ok(epoch > used + 1 && epochs[epoch - 1]?.staffCommit.some((byte) => byte !== 0));
		await say(client, counsellor, room, "jatketaan");
	});

	test("topics_are_staff_s_to_choose_and_the_client_s_to_see", async () => {
		const { client, counsellor, room } = await talk(house());
		assert.deepEqual(await client.engine.work("topics", room), []);
		await counsellor.engine.work("putTopics", room, ["studies", "housing"]);
		assert.deepEqual([...(await client.engine.work("topics", room))].sort(), ["housing", "studies"]);
		await assert.rejects(client.engine.work("putTopics", room, ["work"]), { word: "forbidden" });
		await assert.rejects(house().colleague.engine.work("putTopics", room, ["work"]), { word: "not_member" });
		await counsellor.engine.closeRoom(room, "finished");
		await assert.rejects(counsellor.engine.work("putTopics", room, ["work"]), { word: "room_closed" });
	});

	test("taking_out_is_the_members_needs_a_fresh_proof_and_is_on_record", async () => {
		const { client, room } = await talk(house());
		await assert.rejects(client.engine.work("exportBegin", (await talk(house())).room, ASKED), { word: "not_member" });
		const stale = await actorOf(house(), { person: client.user, role: "" });
		const fresh = (until: string) => house().db.query(`UPDATE session SET fresh_until = ${until} WHERE account = $1`, [idToUuid(client.user)]);
		await fresh("now()");
		await stale.engine.start();
		await stale.engine.unlock({ passphrase: PASSPHRASE });
		await assert.rejects(stale.engine.work("exportBegin", room, ASKED), { word: "step_up_needed" });
		await fresh("now() + interval '5 minutes'");
		assert.ok((await takeDocument(stale, room)).includes("Tervetuloa!"));
		await stale.engine.stop();
		const { rows } = await house().db.query("SELECT word FROM audit WHERE action = 'export' AND object = $1", [idToUuid(room)]);
		assert.deepEqual(rows, [{ word: "document" }]);
	});

	exportTests(house);
};

const LETTER = "Hakemuksesi on hyväksytty. ".repeat(200);

const fi = (text: string): { fi: string } => ({ fi: text });
const template = (kind: "assignment" | "meter", fields: Template["fields"], id: string): Template => ({
	format: "luotsi-template/1", id: `00112233445566778899aabbccddee${id}`, version: 1, kind, languages: ["fi"], topics: [], title: fi(kind === "meter" ? "Elämäni nyt" : "Viikkoni"), description: fi("Katso."), fields,
});
const scale = (id: string, label: string): Template["fields"][number] => ({ id, kind: "scale", label: fi(label), low: fi("huono"), high: fi("hyvä") });
const WEEK = template("assignment", [
	{ id: "best", kind: "long", label: fi("Mikä painaa?") },
	{ id: "what", kind: "choice", label: fi("Milloin?"), options: [{ id: "a", label: fi("Aamulla") }, { id: "b", label: fi("Illalla") }] },
], "01");
const LIFE = template("meter", [scale("money", "Talous"), scale("health", "Terveys")], "02");

/** An assignment with an answer and a comment on it, and a meter that was answered twice. */
const worked = async (client: Actor, counsellor: Actor, room: string): Promise<void> => {
	const give = async (one: Template): Promise<string> => (await counsellor.engine.work("giveAssignment", room, { template: one, word: "Ota rauhassa.", due: "2027-01-31", remind: false })).id;
	const standing = async (actor: Actor, id: string, n: number): Promise<boolean> => (await actor.engine.work("assignments", room)).list.find((a) => a.id === id)?.submissions.length === n;
	const fill = async (id: string, n: number, values: Readonly<Record<string, string | number>>): Promise<string> => {
		await client.engine.work("sheet", room, id);
		for (const [field, value] of Object.entries(values)) await client.engine.work("editSheet", room, id, field, value);
		const done = await client.engine.work("handIn", room, id);
		await eventually("the answer arrives", () => standing(counsellor, id, n));
		return done.id;
	};
	const [week, life] = [await give(WEEK), await give(LIFE)];
	await eventually("both are given", async () => (await standing(client, week, 0)) && standing(client, life, 0));
	const answer = await fill(week, 1, { best: "Unta liian vähän", what: "b" });
	await counsellor.engine.work("actOnAssignment", room, week, { act: "accept", about: answer, word: "Hyvin sanottu", comments: { best: "Puhutaan tästä" } });
	await fill(life, 1, { money: 2, health: 5 });
	await fill(life, 2, { money: 6, health: 5 });
};

/** A room with everything in it. */
const filled = async (house: House): Promise<{ client: Actor; counsellor: Actor; room: string; zip: Bytes }> => {
	const { client, counsellor, room } = await talk(house);
	await say(client, counsellor, room, "Hei, olen Aino. Ääkköset: åäö.");
	await say(counsellor, client, room, "Virhe");
	const mine = [...counsellor.messages.values()].find((m) => m.room === room && m.text === "Virhe");
	await counsellor.engine.edit(room, mine?.id ?? "", "Korjattu");
	await say(client, counsellor, room, "Poistettava");
	const gone = [...client.messages.values()].find((m) => m.room === room && m.text === "Poistettava");
	await client.engine.remove(room, gone?.id ?? "");
	await note(counsellor, room, "Ei asiakkaalle");
	await change(client, room, { type: "goal", entity: newId(), base: 0, set: { text: "Oma asunto" } });
	await counsellor.engine.work("sendFile", room, new Blob([LETTER], { type: "text/plain" }), { name: "kirje.txt", about: "", without: "tiedosto" });
	await eventually("the file arrives", async () => (await client.engine.work("files", room, "tiedosto")).length === 1);
	await worked(client, counsellor, room);
	await counsellor.engine.addColleague(room, house.colleague.user, "all");
	const head = (actor: Actor): string => toBase64Url(actor.engine.parts.room(room).log.state().head);
	await client.until("both have the same log", () => head(client) === head(counsellor));
	await say(client, counsellor, room, "Viimeinen");
	return { client, counsellor, room, zip: await takeArchive(client, room) };
};

const exportTests = (house: () => House): void => {
	test("a_room_that_was_taken_out_is_checked_from_its_record_alone", async () => {
		const { client, zip } = await filled(house());
		const report = await check(zip);
		assert.deepEqual(report.findings, []);
		assert.equal(report.room?.taken_by, client.user);
		assert.equal(report.counts.doubted, 0);
		const entries = await entriesOf(zip);
		const messages = JSON.parse(entries.get("messages.json") ?? "") as { text: string; edited: boolean; deleted: boolean; name: string; from: string }[];
		const texts = messages.map(({ text }) => text);
		for (const text of ["Tervetuloa!", "Hei, olen Aino. Ääkköset: åäö.", "Korjattu", "Viimeinen"]) assert.ok(texts.includes(text), text);
		assert.ok(!texts.includes("Virhe") && !texts.includes("Poistettava"));
		assert.equal(messages.filter(({ deleted }) => deleted).length, 1);
		assert.ok(messages.some(({ name, from }) => name === "Oona Ohjaaja" && from === "staff"));
		assert.equal((JSON.parse(entries.get("work.json") ?? "") as Work).goals[0]?.fields.text, "Oma asunto");
		assert.ok(![...entries.values()].some((text) => text.includes("Ei asiakkaalle")));
		assert.equal(entries.get("files/001-kirje.txt"), LETTER);
		assert.equal(report.counts.files, 1);
		const [week, life] = JSON.parse(entries.get("assignments.json") ?? "") as ExportedAssignment[];
		assert.deepEqual([week?.title, week?.state, week?.given_by, week?.word], ["Viikkoni", "accepted", "Oona Ohjaaja", "Ota rauhassa."]);
		assert.deepEqual(week?.answers[0]?.fields.map(({ label, answer, comment }) => [label, answer, comment?.text ?? ""]), [
			["Mikä painaa?", "Unta liian vähän", "Puhutaan tästä"], ["Milloin?", "Illalla", ""],
		]);
		assert.deepEqual(life?.answers.map(({ fields }) => fields.map(({ answer }) => answer)), [[2, 5], [6, 5]]);
		const page = entries.get("index.html") ?? "";
		for (const text of ["Viikkoni", "Hyvin sanottu", "Talous", "+4", "Oma asunto", "Korjattu", 'href="files/001-kirje.txt"']) assert.ok(page.includes(text), text);
		assert.ok(!/<script|onerror|Virhe|Poistettava|Ei asiakkaalle/.test(page));
	});

	test("staff_take_a_room_out_only_after_telling_it_why", async () => {
		const { client, counsellor, room } = await talk(house());
		await note(counsellor, room, "Ei asiakkaalle");
		await say(client, counsellor, room, "Sano kun otat");
		await assert.rejects(counsellor.engine.work("exportBegin", room, ASKED), { word: "bad_field" });
		const announced = [...client.messages.values()].find((m) => m.text === "Sano kun otat")?.id ?? "";
		const raw = (id: string) => counsellor.engine.parts.link.call("export_begin", { room, form: "archive", announced: id });
		await assert.rejects(raw(announced), { word: "not_found" }, "another's message is no announcement");
		await assert.rejects(raw(newId()), { word: "not_found" });
		const exports = async (): Promise<readonly { actor: string }[]> => (await house().db.query("SELECT actor FROM audit WHERE action = 'export' AND object = $1", [idToUuid(room)])).rows;
		assert.deepEqual(await exports(), []);
		const announce = "Otan kopion. Syy: tietopyyntö";
		const plain = await takeArchive(counsellor, room, { announce });
		await client.until("the client is told", () => [...client.messages.values()].some((m) => m.text === announce && m.from === "counsellor"));
		assert.deepEqual(await exports(), [{ actor: idToUuid(counsellor.user) }]);
		const whole = await takeArchive(counsellor, room, { announce, notes: true });
		for (const [zip, notes] of [[plain, false], [whole, true]] as const) {
			assert.deepEqual((await check(zip)).findings, []);
			const entries = await entriesOf(zip);
			assert.equal([...entries.values()].some((text) => text.includes("Ei asiakkaalle")), notes);
			assert.ok(entries.get("messages.json")?.includes(announce), "what was told is in it");
		}
		await counsellor.engine.closeRoom(room, "finished");
		await assert.rejects(counsellor.engine.work("exportBegin", room, { ...ASKED, announce }), { word: "room_closed" });
	});

	test("an_export_that_is_stopped_asks_for_nothing_more_and_one_that_lost_the_network_goes_on", async () => {
		const { client, counsellor, room } = await talk(house());
		for (let n = 0; n < 3; n++) await say(client, counsellor, room, `viesti ${n}`);
		await client.engine.work("exportBegin", room, ASKED);
		await client.engine.work("exportNext", room);
		client.engine.parts.link.drop();
		const entries: string[] = [];
		for (let piece = await client.engine.work("exportNext", room); piece; piece = await client.engine.work("exportNext", room)) entries.push(piece.entry);
		assert.ok(entries.includes("index.html") && entries.includes("messages.json"));
		await client.engine.work("exportBegin", room, ASKED);
		for (let n = 0; n < 4; n++) await client.engine.work("exportNext", room);
		client.engine.parts.link.drop();
		const next = client.engine.work("exportNext", room);
		await client.engine.work("exportStop", room);
		await assert.rejects(next, { word: "cancelled" });
	});

	test("one_bit_changed_anywhere_is_found_and_its_place_named", async () => {
		const { zip } = await filled(house());
		const entries = [...(await entriesOf(zip)).keys()];
		const step = Math.max(1, Math.floor(zip.length / 160));
		for (let at = 7; at < zip.length; at += step) {
			const spoilt = zip.slice();
			spoilt[at] = (spoilt[at] as number) ^ (1 << at % 8);
			const { findings } = await check(spoilt);
			assert.ok(findings.length > 0, `byte ${at} of ${zip.length}`);
			const named = findings[0]?.what === "no_zip" || entries.some((name) => findings.some(({ place }) => place.startsWith(name)));
			assert.ok(named, `byte ${at}: ${places(findings)}`);
		}
	});

	test("a_changed_text_is_found_even_with_a_manifest_that_fits", async () => {
		const { zip } = await filled(house());
		const spoil = async (act: (entries: Entries) => void): Promise<string> => {
			const entries = await entriesOf(zip);
			act(entries);
			return places((await check(await written(entries))).findings);
		};
		const replace = (name: string, from: string | RegExp, to: string) => (entries: Entries): void => {
			const text = entries.get(name) ?? "";
			assert.notEqual(text.replace(from, to), text);
			entries.set(name, text.replace(from, to));
		};
		assert.equal(await spoil(() => undefined), "");
		assert.match(await spoil(replace("messages.json", "Korjattu", "Keksitty")), /^messages\.json, \d+ \(\d+\)$/);
		assert.match(await spoil(replace("messages.json", "Oona Ohjaaja", "Oona Olematon")), /^messages\.json, /);
		assert.match(await spoil(replace("work.json", "Oma asunto", "Oma talo")), /^work\.json$/);
		assert.match(await spoil(replace("room.json", /"role": "client"/, '"role": "staff"')), /^room\.json, verified \| index\.html$/);
		assert.match(await spoil(replace("assignments.json", "Unta liian v", "Unta liikaa v")), /^assignments\.json$/);
		assert.match(await spoil(replace("index.html", "Korjattu", "Keksitty")), /^index\.html$/);
		assert.match(await spoil(replace("index.html", "</main>", "<script>alert(1)</script></main>")), /^index\.html$/);
		assert.match(await spoil(replace("files/001-kirje.txt", "hyväksytty", "hylättyyyy")), /^files\/001-kirje\.txt$/);
		assert.match(await spoil(replace("files.json", "kirje.txt", "lasku.txt")), /^files\.json, 1/);
		assert.match(await spoil((e) => void e.delete("items.json")), /items\.json/);
		assert.match(await spoil((e) => e.set("extra.txt", "x")), /^$|extra/);
		const lines = (text = ""): string[] => text.trimEnd().split("\n");
		const without = (name: string, n: number) => (e: Entries): void => void e.set(name, `${lines(e.get(name)).filter((_, at) => at !== n).join("\n")}\n`);
		assert.match(await spoil(without("record/envelopes.jsonl", 2)), /messages\.json|record/);
		assert.match(await spoil(without("record/control.jsonl", 1)), /^record\/control\.jsonl, 2/);
		assert.match(await spoil(replace("record/envelopes.jsonl", /"opening":"A?./, (found) => `${found.slice(0, -1)}${found.endsWith("B") ? "C" : "B"}`)), /record\/envelopes\.jsonl, 1/);
		assert.match(await spoil((e) => {
			const all = lines(e.get("record/envelopes.jsonl"));
			const [a, b] = [JSON.parse(all[1] ?? ""), JSON.parse(all[2] ?? "")] as { seq: number }[];
			[all[1], all[2]] = [JSON.stringify({ ...b, seq: a?.seq }), JSON.stringify({ ...a, seq: b?.seq })];
			e.set("record/envelopes.jsonl", `${all.join("\n")}\n`);
		}), /messages\.json/);
	});

	test("what_comes_after_the_beginning_of_an_export_is_not_in_it", async () => {
		const { client, counsellor, room } = await talk(house());
		await client.engine.work("exportBegin", room, { ...ASKED, form: "document" });
		await say(counsellor, client, room, "Liian myöhään");
		let lines = "";
		for (let piece = await client.engine.work("exportNext", room); piece; piece = await client.engine.work("exportNext", room)) lines += Buffer.from(piece.bytes).toString();
		assert.ok(lines.includes("Tervetuloa!") && !lines.includes("Liian myöhään"));
		await client.engine.work("exportBegin", room, { ...ASKED, form: "document" });
		await client.engine.work("exportStop", room);
		await assert.rejects(client.engine.work("exportNext", room), { word: "not_found" });
	});
};
