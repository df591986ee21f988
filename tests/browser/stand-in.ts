// An engine in memory behind the contract of web/src/client/api.ts, for tests of the page alone: states that the real service reaches
// only after weeks or under attack. Never part of the site. The scenario is the query of the address: ?as=client, ?as=counsellor, ...

import type { Engine, EngineEvent, Going, Id, MemberView, MessageView, Inviting, NewKeys, Organising, RoomSummary, RoomView, SelfView, SessionView, StaffView } from "../../web/src/client/api.js";
import { workOf } from "./stand-in-work.js";

const DAY = 86_400_000;
const now = Date.now();
const CODE = "7K3M-Q9ZT-04XW-N8RB-C5VD-H2JF-6P1Y";
const COMPARED = "48213 90577 31046 88210 07394 55162";
const PASSPHRASE = "oikea salalause tässä";
const employer = "Kuopion Ohjaamo";

const refuse = (word: string): never => {
	throw Object.assign(new Error(word), { word });
};

const member = (name: string, role: "client" | "staff", me: boolean, more: Partial<MemberView> = {}): MemberView => ({
	user: `user-${name}`, role, name, employer: role === "staff" ? employer : "", since: now - 20 * DAY, readsFrom: now - 20 * DAY,
	active: true, me, proof: role === "staff" ? "certified" : "link", reset: false, ...more,
});

const lines: readonly (readonly ["client" | "counsellor", string])[] = [
	["counsellor", "Hei Aino! Mukava, kun liityit. Kerro omin sanoin, mikä sinua nyt mietityttää. Kiirettä ei ole."],
	["client", "Moi. En päässyt yhteishaussa mihinkään ja nyt kaverit lähtee opiskelemaan. Tuntuu että jäin yksin."],
	["counsellor", "Kiitos että kerroit. Tuo on raskas paikka, ja moni on ollut samassa. Vaihtoehtoja on vielä: jatkuva haku, opistovuosi, tuva-koulutus. Mikä ala sinua kiinnosti?"],
	["client", "Hain lähihoitajaksi ja mediapuolelle. Hoitoala ehkä enemmän. En vaan tiedä pärjäänkö."],
	["counsellor", "Katsotaan yhdessä. Savon ammattiopistolla on jatkuva haku auki: https://www.sakky.fi/hakeminen. Lue se rauhassa, ja kirjoita mitä siitä jäi mieleen.\n\nJos haluat, voidaan myös tavata Ohjaamossa."],
];

const message = (room: Id, seq: number, from: "client" | "counsellor", text: string, mine: boolean, more: Partial<MessageView> = {}): MessageView => ({
	id: `${room}-${seq}`, room, seq, at: now - 3 * DAY + seq * 60_000, mine, from, senderName: from === "client" ? "Aino" : "Maija Virtanen",
	employer: from === "client" ? "" : employer, text, item: null, system: null, edited: false, deleted: false, quarantine: null, locked: false, state: mine ? "read" : "stored", error: null, ...more,
});

const scenario = new URLSearchParams(location.search).get("as") ?? "client";
const staff = scenario.startsWith("counsellor");
const many = scenario === "many";

const isReset = scenario === "counsellor-reset" || scenario === "client-reset";

/** A client who lost everything, seen from both sides; a counsellor who did, seen by the client. */
const startWaiting = (): NewKeys[] => {
	if (isReset) return [{ user: "user-Aino", role: "client", name: "Aino", since: now - 3_600_000, me: !staff, kid: "k1" }];
	if (scenario === "client-counsellor-reset") return [{ user: "user-Maija Virtanen", role: "staff", name: "Maija Virtanen", since: now - 3_600_000, me: false, kid: "k2" }];
	return [];
};

/** What an administrator meets sooner or later, all at once. */
const worker = (name: string, state: StaffView["state"], more: Partial<StaffView> = {}): StaffView => ({
	user: `staff-${name || "new"}`, state, name, employer: name ? employer : "", role: "counsellor", until: null, since: now - 3 * DAY, anew: false, known: name !== "", code: COMPARED, ...more,
});

const startWorkers = (): StaffView[] =>
	scenario === "admin-empty" ? [] : [
		worker("", "waiting", { since: now - 3_600_000 }),
		worker("Pekka Lehto", "waiting", { anew: true, known: false }),
		worker("Sirkka Salo", "expired", { until: now - 2 * DAY }),
		worker("Maija Virtanen", "certified", { until: now + 300 * DAY }),
		worker("Olli Niemi", "certified", { until: now + 12 * DAY, role: "team_lead" }),
		worker("Tuula Koski", "revoked"),
		{ ...worker("", "no_keys"), user: "staff-absent" },
		worker("Antti Harju", "broken"),
	];

const share = (n: number): string => Array.from({ length: 15 }, (_, i) => `${n}K${(i * 7) % 10}T`).join("-");

const summary = (room: Id, title: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
	room, title, organisation: employer, phase: "open", invited: false, mailed: false, waits: false, lastAt: now - 3_600_000, preview: "Luin sen sivun. Kuulostaa hyvältä.",
	unread: 0, waitingSince: null, pending: false, ...more,
});

const startRooms = (): RoomSummary[] =>
	scenario === "empty" || scenario === "counsellor-new" ? [] : staff
		? [
			summary("r1", "Aino", { waitingSince: now - 26 * 3_600_000, unread: 2 }),
			summary("r2", "Mikael", { lastAt: now - DAY, preview: "Kiitos, tästä oli apua!" }),
			summary("r3", "Fatima", { waitingSince: now - 40 * 60_000, unread: 1, preview: "Milloin kielikurssi alkaa?" }),
			summary("r4", "Joonas", { invited: true, lastAt: now - 2 * DAY, preview: "" }),
			summary("r5", "Sanna", { phase: "closed", lastAt: now - 30 * DAY }),
		]
		: [summary("r1", "Maija Virtanen"), ...(scenario.startsWith("client-two") ? [summary("r2", "Pekka Lehto")] : [])];

const startMessages = (room: Id): MessageView[] => {
	const mine = staff ? "counsellor" : "client";
	const all = lines.map(([from, text], at) => message(room, at + 2, from, text, from === mine));
	all.unshift(message(room, 1, "counsellor", "", false, { from: "system", system: { what: "joined", who: "Aino", by: "Aino" } }));
	if (scenario === "client-reset") for (const one of all) if (!one.system) Object.assign(one, { text: "", locked: true });
	if (scenario === "client-reset") all.push(message(room, 20, "client", "Sain uudet avaimet. Kuuletko minua?", true));
	if (scenario === "quarantine") all.push(message(room, 9, "counsellor", "", false, { quarantine: "bad_signature" }));
	return all;
};

const isEnding = scenario.endsWith("ending");
/** An agreement's last day: the tenth from now, whenever that is; or of the clock that a test sets. */
const LAST_DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Helsinki" }).format(now + Number(new URLSearchParams(location.search).get("days") ?? 10) * DAY);
/** What every room says of its agreement. */
const card = {
	agreement: "a1", controller: employer, controller_business_id: "2296962-1", processor: "KEHA-keskus", state: isEnding ? "ending" : "live", retention_days: 456,
	privacy_notice: "Käsittelemme tietojasi ohjausta varten.\nVoit pyytää tietosi nähtäväksi.", service_promise: "Vastaamme kahden arkipäivän kuluessa.",
	...(isEnding ? { ends_on: LAST_DAY } : {}),
} as NonNullable<RoomView["card"]>;

const goes = (room?: string): readonly Going[] => {
	const row = { room: room ?? "r1", held: scenario.endsWith("held"), ...(isEnding ? { ends_on: LAST_DAY } : {}) };
	if (!/going|held/.test(scenario)) return isEnding || room ? [row] : [];
	return [{ ...row, goes_at: now + 11 * DAY, rule: "room", days: 456 }];
};

export const startEngine = (told: (event: EngineEvent) => void): Engine & { kill(): void } => {
	let self: SelfView = {
		user: "me", role: scenario.startsWith("admin") ? "admin" : scenario === "operator" || scenario === "dpo" ? scenario : staff ? "counsellor" : "client", organisation: employer, name: staff ? "Maija Virtanen" : "Aino",
		keys: scenario.startsWith("fresh") ? "none" : scenario === "locked" ? "locked" : "open",
		unlockers: [{ id: "u1", type: "passphrase", createdAt: now, credential: "" }, { id: "u2", type: "code", createdAt: now, credential: "" }], certified: staff && scenario !== "counsellor-new", development: true, idleMinutes: 20, recovered: scenario === "recovered",
		warning: scenario === "warning" ? "old_state" : null,
	};
	if (scenario === "counsellor-passkeys") self = { ...self, unlockers: [...self.unlockers, { id: "u3", type: "passkey", createdAt: now - DAY, credential: "" }] };
	let waiting: NewKeys[] = startWaiting();
	let refused = false;
	let rooms = startRooms();
	let open: RoomView | null = null;
	const kept = new Map<Id, MessageView[]>();
	let oldest = 10_000;
	let sessions: SessionView[] = [
		{ session: "s1", started_at: now - 3_600_000, seen_at: now, current: true },
		{ session: "s2", started_at: now - 2 * DAY, seen_at: now - DAY, current: false },
		{ session: "s3", started_at: now - 6 * DAY, seen_at: now - 5 * DAY, current: false },
	];
	let workers = startWorkers();
	let letters: object = { state: "none" };
	let alive = true;
	/** Of somebody who comes by a link: each time that the page asked to join, and what lets the first of them in. */
	const joining: (() => void)[] = [];
	let joins = (): void => undefined;
	const asksToJoin = new Promise<void>((asks) => (joins = asks));
	const tell = (event: EngineEvent): void => void (alive && setTimeout(() => told(event), 0));
	const messages = (room: Id): MessageView[] => kept.get(room) ?? kept.set(room, startMessages(room)).get(room) ?? [];
	const page = (): MessageView[] => {
		const from = Math.max(1, oldest - 49);
		const made: MessageView[] = [];
		for (let seq = from; seq <= oldest; seq++) made.push(message("r1", seq, seq % 3 ? "counsellor" : "client", `Viesti numero ${seq}. ${"Pidempi teksti tähän. ".repeat(seq % 7)}`, seq % 3 === 0, { at: now - (10_000 - seq) * 600_000 }));
		oldest = from - 1;
		return made;
	};
	const view = (room: Id): RoomView => {
		const of = rooms.find((one) => one.room === room) ?? refuse("not_found");
		return {
			room, phase: of.phase, title: of.title, createdAt: now - 20 * DAY, controller: employer, card,
			members: [member("Maija Virtanen", "staff", staff, { proof: "creator" }), member("Aino", "client", !staff, { since: now - 19 * DAY, reset: isReset, proof: waiting.some((one) => one.role === "client") ? "unproven" : "link" })],
			retentionDays: 456, invitation: of.invited ? { expiresAt: now + 5 * DAY } : null, pending: false, recovery: true,
			canSend: of.phase === "open" && !refused && !isEnding && scenario !== "quarantine", blocked: of.phase === "closed" || isEnding ? "closed" : refused ? "keys_refused" : scenario === "quarantine" ? "quarantine" : null,
			openings: [],
			newKeys: room === "r1" ? waiting : [],
			typing: scenario === "typing" ? [{ user: "u", name: "Maija Virtanen" }] : [], olderLeft: many && oldest > 0, draft: scenario === "draft" ? "Kesken jäänyt" : "", elsewhere: "", readUpTo: staff ? 4 : 99_999,
		};
	};
	const change = (room: Id, changed: MessageView): void => {
		const list = messages(room);
		const at = list.findIndex((one) => one.id === changed.id);
		if (at < 0) list.push(changed);
		else list[at] = changed;
		tell({ type: "messages", room, changed: [changed], removed: [] });
	};
	const find = (room: Id, id: Id): MessageView => messages(room).find((one) => one.id === id) ?? refuse("not_found");
	const setRooms = (next: RoomSummary[]): void => {
		rooms = next;
		tell({ type: "rooms", rooms });
	};
	const show = (room: Id): void => {
		if (open?.room !== room) return;
		open = view(room);
		tell({ type: "room", view: open });
	};
	const opened = (): void => {
		self = { ...self, keys: "open" };
		tell({ type: "self", self });
		tell({ type: "rooms", rooms });
	};
	const recover = (): void => {
		self = { ...self, recovered: true };
		tell({ type: "self", self });
	};
	const inviting: Inviting = {
		begin: async ({ name }) => {
			setRooms([...rooms, summary("r9", name, { preview: "", lastAt: Date.now() })]);
			return { room: "r9" };
		},
		mail: async (room, address) => {
			if (scenario === "failing") return refuse(address.startsWith("monta") ? "rate_limited" : "no_mail");
			setRooms(rooms.map((one) => (one.room === room ? { ...one, invited: true, mailed: true } : one)));
			return { expiresAt: now + 7 * DAY };
		},
		mailed: async () => ({ state: "sent", expiresAt: now + 7 * DAY, waits: null }),
		withdraw: async (room) => setRooms(rooms.map((one) => (one.room === room ? { ...one, invited: false, mailed: false } : one))),
		code: async () => COMPARED,
		letIn: async () => undefined,
		turnAway: async () => undefined,
		waits: async () => [],
	};
	const organising: Organising = {
		organisationKeys: async () => ({
			madeAt: scenario === "admin-new" ? null : now - 90 * DAY, staff: workers,
			issuerUntil: scenario === "admin-bare" ? null : now + (scenario === "admin-soon" ? 20 : 500) * DAY,
		}),
		organisationChain: async () => ({ org: "o1", entries: [] }),
		ceremonyBegin: async () => [1, 2, 3].map((n) => ({ root: share(n), recovery: share(n + 3) })),
		ceremonyProve: async ([one, other]) => (one === other ? refuse("same_sheet") : undefined),
		ceremonyPublish: async () => refuse("conflict"),
		ceremonyDrop: async () => undefined,
		renewIssuer: async () => refuse("other_sheets"),
		certifyStaff: async ({ user, name, role }) => void (workers = workers.map((one) => (one.user === user ? { ...one, name, role, state: "certified", known: true, until: now + 365 * DAY } : one))),
		revokeStaff: async (user) => void (workers = workers.map((one) => (one.user === user ? { ...one, state: "revoked", until: null } : one))),
		ownCode: async () => (scenario === "counsellor-new" ? COMPARED : ""),
	};
	const notify = (op: string): object => {
		if (op === "notify_put") letters = { state: "unconfirmed", address: "aino@esimerkki.fi" };
		if (op === "notify_confirm") letters = { ...letters, state: "confirmed" };
		if (op === "notify_remove") letters = { state: "none" };
		if (op === "notify_changes") return { changes: [{ at: Date.now() - 3_600_000, what: "unlockers_change", own: true }, { at: Date.now() - 86_400_000, what: "passkey_add", own: true }] };
		if (op !== "notify_get") return op === "notify_confirm" ? { outcome: "confirmed", tries: 4 } : {};
		return { mail: true, language: "fi", messages: true, reminders: true, requests: true, letter: "sent", until: Date.now() + 1_800_000, tries: 5, ...letters };
	};
	const engine: Engine = {
		start: async () => {
			if (scenario === "signed-out" || scenario === "carried") return refuse("not_signed_in");
			tell({ type: "connection", state: scenario === "offline" ? "offline" : "online", retryAt: null });
			if (self.keys === "open") opened();
			return self;
		},
		stop: async () => undefined,
		identify: async (fragment) => ({ nonce: "n".repeat(43), token: fragment === null ? null : "t".repeat(43) }),
		carry: async () => ({ state: "s".repeat(43), sealed: "sealed" }),
		carried: async () => ({ invitation: scenario === "carried" ? "A".repeat(172) : "", shared: false }),
		suggestPassphrase: async () => ["syksy kaarna venekunta loiste", "polku kettu sininen halla"][Math.floor(Math.random() * 2)] ?? "",
		createKeys: async ({ name }) => {
			self = { ...self, name };
			opened();
			if (scenario === "fresh-invited") await asksToJoin; // keys are open before their code is told
			return { code: CODE };
		},
		unlock: async (by) => {
			await new Promise((done) => setTimeout(done, 300));
			if ("passphrase" in by && by.passphrase !== PASSPHRASE) return refuse("wrong_passphrase");
			opened();
			if ("code" in by) recover();
		},
		canOpen: async (by) => {
			if ("passphrase" in by && by.passphrase !== PASSPHRASE) return refuse("wrong_passphrase");
			if ("code" in by && by.code !== CODE) return refuse("wrong_code");
		},
		addPasskey: async (_prf, credential) => {
			self = { ...self, unlockers: [...self.unlockers, { id: "u3", type: "passkey", createdAt: Date.now(), credential }] };
			tell({ type: "self", self });
		},
		removePasskey: async ({ id, passphrase }) => {
			if (passphrase !== PASSPHRASE) return refuse("wrong_passphrase");
			self = { ...self, unlockers: self.unlockers.filter((one) => one.id !== id) };
			tell({ type: "self", self });
			return { code: CODE };
		},
		lock: async () => {
			self = { ...self, keys: "locked" };
			tell({ type: "self", self });
		},
		resetKeys: async ({ name }) => {
			self = { ...self, name };
			opened();
			return { code: CODE };
		},
		identified: async () => ({ name: "Aino Esimerkki", provider: "pankki", at: Date.now() }),
		compareCode: async () => COMPARED,
		confirmKeys: async (room, _user, code) => {
			if (code !== COMPARED) return refuse("keys_changed");
			waiting = [];
			show(room);
		},
		refuseKeys: async (room) => {
			waiting = [];
			if (!staff) refused = true;
			show(room);
		},
		newCode: async ({ passphrase }) => (passphrase === PASSPHRASE ? { code: CODE } : refuse("wrong_passphrase")),
		changePassphrase: async ({ present }) => {
			if (present !== undefined && !("passphrase" in present && present.passphrase === PASSPHRASE)) return refuse("wrong_passphrase");
			self = { ...self, recovered: false };
			tell({ type: "self", self });
			return { code: CODE };
		},
		sessions: async () => (scenario === "failing" ? refuse("unavailable") : sessions),
		endSession: async (session) => void (sessions = sessions.filter((one) => one.session !== session)),
		setName: async (name) => {
			self = { ...self, name };
			tell({ type: "self", self });
		},
		openRoom: async (room) => {
			open = view(room);
			tell({ type: "messages", room, changed: many ? page() : messages(room), removed: [] });
			if (!rooms.some((one) => one.room === room)) refuse("not_found");
			open = view(room);
			return open;
		},
		leaveRoomView: async () => void (open = null),
		loadOlder: async (room) => {
			await new Promise((done) => setTimeout(done, 20));
			tell({ type: "messages", room, changed: page(), removed: [] });
			setTimeout(() => show(room), 0);
			return { more: oldest > 0 };
		},
		send: async (room, text) => {
			if (text.includes(CODE)) return refuse("code_in_text");
			const list = messages(room);
			const seq = (many ? 10_000 : 10) + list.length + 1;
			const sent = message(room, seq, staff ? "counsellor" : "client", text, true, { seq: null, at: Date.now(), state: "sending" });
			change(room, sent);
			const fails = scenario === "failing";
			setTimeout(() => change(room, fails ? { ...sent, state: "failed", error: "unavailable" } : { ...sent, seq, state: "stored" }), 150);
			if (!fails) setTimeout(() => change(room, { ...sent, seq, state: "read" }), 600);
			return { id: sent.id };
		},
		retry: async (room, id) => change(room, { ...find(room, id), state: "stored", error: null, seq: 99 }),
		edit: async (room, id, text) => change(room, { ...find(room, id), text, edited: true }),
		remove: async (room, id) => change(room, { ...find(room, id), text: "", deleted: true }),
		typing: async () => undefined,
		markRead: async (room) => setRooms(rooms.map((one) => (one.room === room ? { ...one, unread: 0 } : one))),
		saveDraft: async () => undefined,
		goOn: async () => undefined,
		invite: async ({ name }) => {
			setRooms([...rooms, summary("r9", name, { invited: true, preview: "", lastAt: Date.now() })]);
			return { room: "r9", link: `${location.origin}/kutsu#${"A".repeat(172)}`, expiresAt: now + 7 * DAY };
		},
		renewInvitation: async () => ({ link: `${location.origin}/kutsu#${"B".repeat(172)}`, expiresAt: now + 7 * DAY }),
		renameClient: async (room, name) => {
			setRooms(rooms.map((one) => (one.room === room ? { ...one, title: name } : one)));
			show(room);
		},
		addColleague: async () => undefined,
		removeColleague: async () => undefined,
		colleagues: async () => [{ user: "u2", name: "Pekka Lehto" }],
		closeRoom: async (room) => {
			setRooms(rooms.map((one) => (one.room === room ? { ...one, phase: "closed" } : one)));
			show(room);
		},
		reopenRoom: async (room) => {
			setRooms(rooms.map((one) => (one.room === room ? { ...one, phase: "open" } : one)));
			show(room);
		},
		leaveRoom: async () => undefined,
		acceptInvitation: async () => {
			if (scenario !== "fresh-invited" || joining.length > 0) return refuse("used");
			await new Promise<void>((done) => {
				joining.push(done);
				joins();
			});
			return { room: "r1", waits: false };
		},
		readInvitation: async (fragment) => ({ ok: fragment.length === 172 }),
		setLanguage: async () => undefined,
		work: (async (act: string, ...args: unknown[]) => workOf(scenario, act, args) ?? (act === "notify" ? notify(String(args[0])) : ["items", "topics", "reminders"].includes(act) ? [] : act === "going" ? goes(args[0] as string | undefined) : act === "olderItems" ? { more: false } : refuse("internal"))) as never,
		invitation: (act, ...args) => (inviting[act] as (...args: unknown[]) => never)(...args),
		organise: (act, ...args) => (organising[act] as (...args: unknown[]) => never)(...args),
	};
	Object.assign(globalThis, {
		standIn: {
			say: (text: string) => {
				const seq = 1_000_000 + messages("r1").length;
				change("r1", message("r1", seq, staff ? "client" : "counsellor", text, false, { at: Date.now() }));
				tell({ type: "announce", room: "r1", from: staff ? "Aino" : "Maija Virtanen", text });
			},
			connection: (state: "online" | "offline") => tell({ type: "connection", state, retryAt: null }),
			end: () => tell({ type: "ended", why: "expired" }),
			join: () => joining.forEach((done) => done()),
		},
	});
	return { ...engine, kill: () => void (alive = false) };
};
