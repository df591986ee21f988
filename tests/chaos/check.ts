// The laws: what must be true of a history and of what was found at its end, whatever was killed, cut or filled meanwhile. Pure.

import type { Act, Fault, History, Observed, Op, Shown, Stored, View } from "./history.js";

type Law = (history: History, found: Observed) => Fault[];

/** Acts whose acknowledgement names an envelope. */
const ENVELOPES: ReadonlySet<Act> = new Set(["say", "edit", "delete", "give", "hand-in"]);

/** Acts that others may be in the way of: a colleague who is in already, an invitation that was given up. */
const EXCUSED: ReadonlySet<Act> = new Set(["add", "remove", "join"]);

const ok = ({ outcome }: Op): boolean => outcome === "ok";
const maybe = ({ outcome }: Op): boolean => outcome === "open" || outcome === "unknown";
const byRoom = <T extends { readonly room: string }>(rows: readonly T[]): Map<string, T[]> => {
	const rooms = new Map<string, T[]>();
	for (const row of rows) rooms.set(row.room, [...(rooms.get(row.room) ?? []), row]);
	return rooms;
};
const fault = (law: string, room: string, said: string, ops: readonly Op[] = [], about: readonly string[] = ops.map((op) => op.id).filter(Boolean)): Fault => ({ law, room, said, ops, about });

/** Places count from 1 without a gap, and nothing stands at two of them. */
const stored: Law = (_, found) =>
	[...byRoom(found.stored)].flatMap(([room, rows]) => {
		const faults: Fault[] = [], ids = new Set<string>();
		[...rows].sort((a, b) => a.seq - b.seq).forEach((row, i) => {
			if (row.seq !== i + 1) faults.push(fault("order", room, `place ${i + 1} holds number ${row.seq}`, [], [row.id]));
			if (ids.has(row.id)) faults.push(fault("once", room, `${row.id} stands at two places`, [], [row.id]));
			ids.add(row.id);
		});
		return faults.slice(0, 3);
	});

const acknowledged: Law = ({ ops }, found) => {
	const ids = new Set(found.stored.map(({ room, id }) => `${room} ${id}`));
	return ops.filter((op) => ok(op) && ENVELOPES.has(op.act) && !ids.has(`${op.room} ${op.id}`))
		.map((op) => fault("lost", op.room, `${op.act} "${op.what}" was acknowledged as ${op.id} and is not there`, [op]));
};

/** What was acknowledged before another was begun comes before it. */
const inTime: Law = ({ ops }, found) => {
	const place = new Map(found.stored.map(({ room, id, seq }) => [`${room} ${id}`, seq]));
	const placed = ops.filter((op) => ok(op) && ENVELOPES.has(op.act)).flatMap((op) => {
		const seq = place.get(`${op.room} ${op.id}`);
		return seq === undefined ? [] : [{ op, room: op.room, seq }];
	});
	return [...byRoom(placed)].flatMap(([room, rows]) => {
		const ended = [...rows].sort((a, b) => a.op.ended - b.op.ended), begun = [...rows].sort((a, b) => a.op.began - b.op.began);
		let at = 0, last: (typeof rows)[number] | undefined;
		for (const one of begun) {
			for (; at < ended.length && (ended[at] as typeof one).op.ended < one.op.began; at++) if (!last || (ended[at] as typeof one).seq > last.seq) last = ended[at];
			if (last && last.seq > one.seq) return [fault("time", room, `${one.op.id} (${one.seq}) was begun after ${last.op.id} (${last.seq}) was acknowledged, and stands before it`, [last.op, one.op])];
		}
		return [];
	});
};

/** All browsers have the same envelope at the same place: the database's; those that read anew have every one of them. */
const oneOrder: Law = (_, found) => {
	const rooms = byRoom(found.stored);
	return found.views.flatMap(({ device, room, order, fresh }) => {
		const rows = rooms.get(room) ?? [], hashes = new Map(rows.map((row): [number, Stored] => [row.seq, row]));
		const other = order.find(({ seq, hash }) => hashes.get(seq)?.hash !== hash);
		if (other) return [fault("agree", room, `${device} has another envelope at ${other.seq}`, [], [hashes.get(other.seq)?.id ?? ""])];
		const gap = order.find(({ seq }, i) => i > 0 && seq !== (order[i - 1]?.seq ?? 0) + 1);
		if (gap) return [fault("agree", room, `${device} lacks what is before ${gap.seq}`, [], [hashes.get(gap.seq)?.id ?? ""])];
		const last = Math.max(0, ...rows.map((row) => row.seq));
		const whole = (order.at(-1)?.seq ?? 0) === last && (!fresh || order.length === rows.length);
		return whole ? [] : [fault("agree", room, `${device} has ${order.length} envelopes up to ${order.at(-1)?.seq ?? 0} of ${last}`, [], [hashes.get((order.at(-1)?.seq ?? 0) + 1)?.id ?? ""])];
	});
};

const verified: Law = (_, found) => found.views.filter(({ doubts }) => doubts.length > 0)
	.map(({ device, room, doubts }) => fault("verify", room, `${device} does not believe what stands at ${doubts.slice(0, 5).join(", ")}`, [], found.stored.filter((row) => row.room === room && doubts.includes(row.seq)).map((row) => row.id)));

/** What each says of who is in the room is what all say. */
const sameLog: Law = (_, found) =>
	[...byRoom(found.views)].flatMap(([room, views]) => {
		const [first] = views;
		const odd = views.find((view) => view.head !== first?.head || view.phase !== first.phase);
		return odd ? [fault("log", room, `${odd.device} and ${first?.device} have other control logs`)] : [];
	});

/** The texts that a message may have at the end. */
const mayRead = (said: Op, ops: readonly Op[], place: (id: string) => number): Set<string> => {
	const edits = ops.filter((op) => op.act === "edit" && op.about === said.id);
	const last = edits.filter(ok).sort((a, b) => place(a.id) - place(b.id)).at(-1);
	return new Set([last?.what ?? said.what, ...edits.filter(maybe).map((op) => op.what)]);
};

const judgeShown = (said: Op, shown: Shown | undefined, view: View, ops: readonly Op[], may: ReadonlySet<string>): Fault[] => {
	const removals = ops.filter((op) => op.act === "delete" && op.about === said.id);
	const tell = (what: string): Fault[] => [fault("shown", said.room, `${view.device}: "${said.what}" (${said.id}) ${what}`, [said, ...ops.filter((op) => op.about === said.id)])];
	if (!shown) return tell("is not shown");
	if (shown.deleted && !removals.some((op) => op.outcome !== "refused")) return tell("is deleted, and nobody did it");
	if (shown.deleted) return shown.text === "" ? [] : tell("is deleted, and can be read");
	if (removals.some(ok)) return tell("was deleted, and is there");
	if (shown.locked) return tell("cannot be opened");
	return may.has(shown.text) ? [] : tell(`reads "${shown.text}", not one of ${[...may].join(", ")}`);
};

/** Whoever reads the room from its beginning sees what was written, corrected and taken back: no more and no less. */
const texts: Law = ({ ops }, found) => {
	const places = new Map(found.stored.map(({ id, seq }) => [id, seq])), place = (id: string): number => places.get(id) ?? 0;
	return found.views.filter(({ fresh }) => fresh).flatMap((view) => {
		const here = ops.filter((op) => op.room === view.room), shown = new Map(view.shown.map((one) => [one.id, one]));
		return here.filter((op) => op.act === "say" && ok(op)).flatMap((op) => judgeShown(op, shown.get(op.id), view, here, mayRead(op, here, place))).slice(0, 3);
	});
};

/** No text twice, and none that was refused. */
const noneTwice: Law = ({ ops }, found) => found.views.filter(({ fresh }) => fresh).flatMap((view) => {
	const here = ops.filter((op) => op.room === view.room), said = new Map(here.filter(({ act }) => act === "say" || act === "edit").map((op) => [op.what, op]));
	const seen = new Map<string, string>();
	return view.shown.flatMap(({ id, text }) => {
		const op = said.get(text), before = seen.get(text);
		seen.set(text, id);
		if (op && before !== undefined) return [fault("once", view.room, `${view.device}: "${text}" stands there as ${before} and as ${id}`, [op], [before, id])];
		return op?.outcome === "refused" ? [fault("refused", view.room, `${view.device}: "${text}" was refused (${op.word}) and is there`, [op], [id])] : [];
	});
});

const files: Law = ({ ops }, found) => found.views.filter(({ fresh }) => fresh).flatMap((view) => {
	const sent = ops.filter((op) => op.room === view.room && op.act === "file");
	const bad = view.files.filter((one) => one.fault !== "").map((one) => fault("file", view.room, `${view.device}: file ${one.id} cannot be fetched: ${one.fault}`, sent.filter((op) => op.id === one.id), [one.id]));
	const wrong = sent.flatMap((op) => {
		const count = view.files.filter((one) => one.digest === op.what).length;
		const right = op.outcome === "ok" ? count === 1 : op.outcome === "refused" ? count === 0 : count <= 1;
		return right ? [] : [fault("file", view.room, `${view.device}: the file ${op.what.slice(0, 12)} (${op.outcome}) is there ${count} times`, [op])];
	});
	return [...bad, ...wrong];
});

/** Of what replaces what was before, by one person: the newest that was acknowledged stands, or one that was begun after that. */
const latest = (ops: readonly Op[]): Set<string> => {
	const at = ops.findLastIndex(ok);
	return new Set([at < 0 ? "" : (ops[at] as Op).what, ...ops.slice(at + 1).filter((op) => op.outcome !== "refused").map((op) => op.what), ...ops.slice(0, Math.max(at, 0)).filter(maybe).map((op) => op.what)]);
};

const drafts: Law = ({ ops }, found) => found.views.filter(({ fresh }) => fresh).flatMap((view) => {
	const mine = ops.filter((op) => op.act === "draft" && op.room === view.room && op.user === view.user), may = latest(mine);
	// two that met on the server were put one below the other, so that neither is lost
	return view.draft.split("\n\n").every((one) => may.has(one)) ? [] : [fault("draft", view.room, `${view.device} finds the draft "${view.draft}", not one of ${[...may].join(", ")}`, mine.slice(-4))];
});

const sheets: Law = ({ ops }, found) => found.views.filter(({ fresh }) => fresh).flatMap((view) => view.sheets.flatMap((sheet) => {
	const about = ops.filter((op) => op.about === sheet.assignment), handed = about.filter(({ act }) => act === "hand-in");
	const missing = handed.find((op) => ok(op) && !sheet.handedIn.includes(op.what));
	if (missing) return [fault("answer", view.room, `${view.device}: the answer "${missing.what}" was handed in and is not there`, [missing])];
	const twice = sheet.handedIn.find((one, i) => sheet.handedIn.indexOf(one) !== i);
	if (twice !== undefined) return [fault("answer", view.room, `${view.device}: the answer "${twice}" is there twice`, handed)];
	const mine = about.filter((op) => op.act !== "give" && op.user === view.user), may = latest(mine);
	if (mine.length === 0 || may.has(sheet.value)) return [];
	return [fault("answer", view.room, `${view.device} finds "${sheet.value}" on the sheet, not one of ${[...may].join(", ")}`, mine.slice(-4))];
}));

/** Who was added is in, who was removed is out: as the last acknowledged act says, or one that nobody knows of. */
const members: Law = ({ ops }, found) => found.views.filter(({ fresh }) => fresh).flatMap((view) => {
	const acts = ops.filter((op) => op.room === view.room && (op.act === "add" || op.act === "remove"));
	return [...new Set(acts.map(({ what }) => what))].flatMap((user) => {
		const mine = acts.filter(({ what }) => what === user), at = mine.findLastIndex(ok), is = view.members.includes(user) ? "add" : "remove";
		const may = at < 0 || mine.slice(at).some((op) => op.act === is && op.outcome !== "refused") || mine.slice(0, at).some(maybe);
		return may ? [] : [fault("member", view.room, `${view.device}: ${user} is ${is === "add" ? "in" : "out"}`, mine.slice(at))];
	});
});

const verifiers: Law = (_, found) => found.faults.map((said) => fault("verifier", "", said));

const answered: Law = ({ ops }) => ops.filter(({ outcome }) => outcome === "open").map((op) => fault("answered", op.room, `${op.act} "${op.what}" by ${op.device} never ended`, [op]));

/** Of what was refused, each has its reason: the message was taken back meanwhile, by its writer's other device. */
const reasons: Law = ({ ops }) => ops.filter((op) => op.outcome === "refused" && !EXCUSED.has(op.act)).flatMap((op) => {
	const taken = op.word === "not_found" && ops.some((other) => other.act === "delete" && other.about === op.about && other.outcome !== "refused" && other.began < op.ended);
	return taken ? [] : [fault("reason", op.room, `${op.act} "${op.what}" by ${op.device} was refused: ${op.word}`, [op])];
});

const LAWS: readonly Law[] = [stored, acknowledged, inTime, oneOrder, verified, sameLog, texts, noneTwice, files, drafts, sheets, members, verifiers, answered, reasons];

export const check = (history: History, found: Observed): Fault[] => LAWS.flatMap((law) => law(history, found));

/** The shortest history that shows a fault: the ops on the same messages, and what the nemesis did from the first of them to the last. */
export const shortest = ({ ops, deeds }: History, { ops: named, about, room }: Fault): { readonly ops: readonly Op[]; readonly deeds: History["deeds"] } => {
	const ids = new Set([...about, ...named.flatMap((op) => [op.id, op.about])].filter(Boolean));
	const kept = ops.filter((op) => named.includes(op) || (op.room === room && (ids.has(op.id) || ids.has(op.about))));
	const from = Math.min(...kept.map((op) => op.began)), until = Math.max(...kept.map((op) => op.ended || Infinity));
	return { ops: kept, deeds: deeds.filter((deed) => deed.began <= until && (deed.ended || Infinity) >= from - 1_000) };
};
