// What rooms and the library hold in the scenarios client-work, counsellor-work and operator: assignments with every kind of field, a meter
// that was measured twice, a plan; templates that were taken out of the shared ones.

import type { AssignmentsView, AssignmentView, SheetView } from "../../web/src/client/assignments-api.js";
import type { ItemView, LibraryOp } from "../../web/src/client/api.js";
import type { Happened, Submission } from "../../web/src/assignment/room-state.js";
import type { Answers, Field, Template } from "../../web/src/assignment/types.js";
import { WORK_CTYPE, WORK_KIND, writePatch, type Kinds, type Type } from "../../web/src/roomwork/content.js";

const DAY = 86_400_000;
const now = Date.now();
const CLIENT = "user-Aino";
const STAFF = "user-Maija Virtanen";

const refuse = (word: string): never => {
	throw Object.assign(new Error(word), { word });
};

const fi = (text: string): { fi: string } => ({ fi: text });

const FIELDS: readonly Field[] = [
	{ id: "head", kind: "heading", label: fi("Ensin helppoa") }, { id: "tip", kind: "help", label: fi("Vastaa omin sanoin. Lisää: https://www.sakky.fi/hakeminen") },
	{ id: "short", kind: "short", label: fi("Miksi sinua kutsutaan?"), help: fi("Lempinimi riittää.") }, { id: "long", kind: "long", label: fi("Kerro päivästäsi") },
	{ id: "one", kind: "choice", label: fi("Mitä haluat nyt?"), options: [{ id: "work", label: fi("Töihin") }, { id: "school", label: fi("Kouluun") }] },
	{ id: "many", kind: "choices", label: fi("Mistä pidät?"), options: [{ id: "a", label: fi("Musiikista") }, { id: "b", label: fi("Liikunnasta") }] },
	{ id: "mood", kind: "scale", label: fi("Miten voit?"), low: fi("huonosti"), high: fi("hyvin") },
	{ id: "list", kind: "checklist", label: fi("Ennen soittoa"), options: [{ id: "x", label: fi("Etsi numero") }, { id: "y", label: fi("Kirjoita kysymykset") }] },
	{ id: "steps", kind: "steps", label: fi("Seuraavat askeleet") }, { id: "goals", kind: "goals", label: fi("Tavoitteet") }, { id: "paper", kind: "file", label: fi("Liitä todistus") },
];

const AREAS = ["Arki ja jaksaminen", "Toimeentulo", "Opiskelu tai työ", "Ihmissuhteet", "Koti"];

const template = (id: string, kind: Template["kind"], title: string, fields: readonly Field[]): Template => ({
	format: "luotsi-template/1", id: id.repeat(32), version: 1, kind, languages: ["fi"], topics: [], title: fi(title), description: fi("Rauhassa ja omin sanoin."), fields: [...fields],
});

const EVERY = template("a", "assignment", "Kaikenlaista", FIELDS);
const METER = template("b", "meter", "Elämäntilanne", AREAS.map((label, i): Field => ({ id: `m${i}`, kind: "scale", label: fi(label), low: fi("huonosti"), high: fi("hyvin") })));

const ANSWERS: Answers = {
	short: "Aikku", long: "Ihan hyvä päivä.\nKävelin rannalla.", one: "school", many: ["b"], mood: 7, list: ["x"],
	steps: [{ step: "Soitan kouluun", by: "2031-12-03", done: true }], goals: [{ goal: "Oma asunto", step: "Katson vuokria", by: "2032-05-01", done: false }], paper: [{ msg: "0".repeat(32), name: "todistus.pdf" }],
};

const handed = (n: number, answers: Answers, comments: Submission["comments"] = {}): Submission => ({ id: `s${n}`, seq: 20 + n, at: now - (9 - n) * DAY, by: CLIENT, answers, draft: 1, late: false, comments });

const happened = (n: number, what: Happened["what"], word = ""): Happened =>
	({ id: `h${n}`, seq: 10 + n, at: now - (10 - n) * DAY, by: what === "submitted" || what === "measured" ? CLIENT : STAFF, what, word });

const assignment = (id: string, of: Template, more: Partial<AssignmentView>): AssignmentView => ({
	id, seq: 10, at: now - 9 * DAY, by: STAFF, given: { template: of, word: "Ota rauhassa.", due: "", remind: false }, standing: "given", submissions: [], history: [happened(0, "given")],
	draft: true, undo: null, whole: true, ...more,
});

const assignments = (staff: boolean): AssignmentsView => {
	const measured = [handed(1, { m0: 2, m1: 4, m2: 3, m3: 6, m4: 5 }), handed(5, { m0: 6, m1: 4, m2: 7, m3: 4, m4: 9 })];
	const answered = handed(2, ANSWERS, { long: { text: "Hienoa, että lähdit ulos.", at: now - 6 * DAY, by: STAFF } });
	return {
		me: staff ? STAFF : CLIENT, staff, names: { [CLIENT]: "Aino", [STAFF]: "Maija Virtanen" }, unreadable: 0,
		list: [
			assignment("every", EVERY, staff ? { standing: "submitted", submissions: [handed(1, { ...ANSWERS, mood: 4 }), answered], history: [happened(0, "given"), happened(1, "submitted"), happened(2, "returned", "Kerro vielä päivästäsi."), happened(3, "submitted")] } : {}),
			assignment("meter", METER, { submissions: measured, history: [happened(0, "given"), happened(1, "measured"), happened(5, "measured")] }),
		],
	};
};

let written: Answers = ANSWERS;

const sheet = (): SheetView => ({
	fields: Object.fromEntries(Object.entries(written).map(([id, value]) => [id, { value, at: now - DAY, others: id === "short" ? [{ value: "Aino", at: now - 3_600_000 }] : [] }])) as unknown as SheetView["fields"],
	unsaved: false, savedAt: now - 60_000, ahead: false,
});

const entity = (n: number): string => `${"A".repeat(20)}${n}A`;

const item = <T extends Type>(seq: number, type: T, set: Partial<Kinds[T]>): ItemView => ({
	id: `w${seq}`, seq, at: now - (30 - seq) * DAY, sender: STAFF, senderName: "Maija Virtanen", employer: "Kuopion Ohjaamo", mine: false, staff: true, deleted: false, quarantine: null, locked: false,
	clear: new Uint8Array(), epoch: 1, whole: true, kind: WORK_KIND, ctype: WORK_CTYPE, content: new TextEncoder().encode(writePatch({ type, entity: entity(seq), base: 0, set })),
});

const plan = (): ItemView[] => [
	item(1, "phase", { name: "Alku", begins: "2026-01-07", ends: "2026-02-01" }), item(2, "phase", { name: "Tavoitteet", begins: "2026-02-02" }),
	item(3, "goal", { text: "Löydän alan, josta pidän", by: "2031-05-01" }), item(4, "step", { text: "Soitan opistoon", goal: entity(3), done: true }),
	item(5, "step", { text: "Käyn tutustumassa", goal: entity(3), by: "2031-03-01" }), item(6, "event", { what: "met", on: "2026-03-04", text: "Juteltiin opistovuodesta." }),
];

const card = (letter: string, title: string) => ({
	template: `${letter.repeat(21)}A`, version: 1, edits: 0, state: "published", own: false, shared: true, barred: true, author: "Joensuun Ohjaamo", form: "assignment", languages: ["fi"],
	topics: [], title, description: "Lyhyt kuvaus.", uses: 12, thanks: 3, thanked: false, drafted: false, changed_at: now - DAY,
});

let barred = [card("b", "Viikon kulku"), card("c", "Unelmien työpäivä")];

/** The operator's part of the library: what is shared, and what was taken out. */
const library = (op: LibraryOp, body: { template?: string; barred?: boolean; skip?: number; limit?: number }): object => {
	if (op === "template_list") return { templates: [{ ...card("d", "Vahvuudet"), barred: false }], more: false };
	if (op === "template_barred") {
		const [from, most] = [body.skip ?? 0, body.limit ?? 20];
		return { templates: barred.slice(from, from + most), more: barred.length > from + most };
	}
	if (op !== "template_curate" || body.barred !== false || !barred.some(({ template }) => template === body.template)) return refuse("not_found");
	barred = barred.filter(({ template }) => template !== body.template);
	return {};
};

/** Undefined: none of these scenarios, or none of these acts. */
export const workOf = (scenario: string, act: string, args: readonly unknown[]): object | undefined => {
	if (scenario === "operator" && act === "library") return library(args[0] as LibraryOp, args[1] as object);
	if (!scenario.endsWith("-work")) return undefined;
	if (act === "assignments") return assignments(scenario.startsWith("counsellor"));
	if (act === "items") return (args[1] as readonly number[]).includes(WORK_KIND) ? plan() : [];
	if (act === "editSheet") written = { ...written, [String(args[2])]: args[3] } as Answers;
	return ["sheet", "editSheet", "settleSheet", "saveSheet"].includes(act) ? sheet() : undefined;
};
