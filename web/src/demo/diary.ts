// The long room: ten thousand messages, sealed and posted as fast as the server takes them. The same keys, numbers and links as any
// browser makes; only the reading of each message by both sides is left out, which is why this is not done by the engine.

import type { EngineParts } from "../client/engine.js";
import { diaryLine, type Who } from "./stories.js";
import { echoOf, parseEnvelope, random, sealMessage, toBase64Url, type Bytes } from "../seal/index.js";

const EPOCH_LEFT = 20; // messages that an epoch may still take when the next is made
const DAY = 8; // lines: five of hers, three answers
const HERS = 5;

export interface Writer {
	readonly parts: EngineParts;
	/** The last number that this person has used in the room. */
	last: number;
}

interface Place {
	readonly room: string;
	parent: Bytes;
}

const sealed = async (w: Writer, place: Place, text: string): Promise<string> => {
	const { log, keys } = w.parts.room(place.room);
	const state = log.state();
	const epoch = await keys.epoch(state.epoch);
	if (!epoch) throw new Error(`no key for epoch ${state.epoch}`);
	const account = w.parts.self().account();
	const fields = {
		org: state.org, room: state.room, sender: w.parts.self().me.userBytes, epoch: state.epoch, seq: ++w.last, logHead: state.head,
		parents: [place.parent], time: Date.now(), retention: state.retention,
	};
	const echo = echoOf("fi", w.parts.self().store()?.version() ?? 0, account.version);
	const bytes = await sealMessage(account.keys.sig, epoch.message, fields, { type: "text", text }, echo, random(16));
	place.parent = (await parseEnvelope(bytes)).hash;
	return toBase64Url(bytes);
};

/** All of one side's lines of a day are on their way together; the other side answers when they are stored. */
const burst = async (w: Writer, place: Place, texts: readonly string[]): Promise<void> => {
	const envelopes: string[] = [];
	for (const text of texts) envelopes.push(await sealed(w, place, text));
	const stored = await Promise.all(envelopes.map((envelope) => w.parts.link.call("message_post", { envelope })));
	if (stored.some(({ seq }, i) => i > 0 && seq <= (stored[i - 1]?.seq ?? 0))) throw new Error("the server changed the order of one writer's messages");
};

const nextEpoch = async (writer: Writer, other: Writer, room: string): Promise<void> => {
	const one = writer.parts.room(room);
	await one.acts.rotate(() => one.log.state().epoch);
	await other.parts.room(room).log.sync();
};

export const writeDiary = async (room: string, writers: Readonly<Record<Who, Writer>>, parent: Bytes, lines: number): Promise<void> => {
	const { epochMessages } = writers.o.parts.self().me;
	const place = { room, parent };
	for (const w of Object.values(writers)) await w.parts.room(room).log.sync();
	await nextEpoch(writers.o, writers.c, room);
	let inEpoch = 0;
	for (let at = 0; at < lines; at += DAY) {
		if (inEpoch + DAY > epochMessages - EPOCH_LEFT) {
			await nextEpoch(writers.o, writers.c, room);
			inEpoch = 0;
		}
		const day = Array.from({ length: Math.min(DAY, lines - at) }, (_, i) => diaryLine(i < HERS ? "c" : "o", at + i));
		await burst(writers.c, place, day.slice(0, HERS));
		if (day.length > HERS) await burst(writers.o, place, day.slice(HERS));
		inEpoch += day.length;
	}
};
