// Adding to a control log: a plan says which entries follow one another, each is signed on the state that the one before leaves, and
// all go to the server as one. If another member was faster, or somebody's keys have ended whose chain we had not heard go on, the
// plan is made again on what is there now; if the reply was lost the log itself says whether the entries are there.

import { isUncertain, refusal, wordOf } from "./refusal.js";
import type { People } from "./people.js";
import type { ControlLog } from "./control-log.js";
import type { WithWraps } from "./epoch-make.js";
import type { Call, Wrap } from "./wire.js";
import {
	activeMember, applyControl, random, readControl, signControl, toBase64Url, type Bytes, type ControlBody, type ControlState, type Member,
	type SigningKey,
} from "../seal/index.js";

const MOST_TRIES = 5;

export interface Draft {
	state(): ControlState;
	/** The author as a member of the state as it is now. */
	author(): Member;
	add(body: ControlBody): Promise<void>;
	addWithWraps(made: WithWraps<ControlBody>): Promise<void>;
	/** The row of an INVITE. */
	invitation(row: { token_hash: string; sealed: string }): void;
}

export interface Author {
	readonly user: Bytes;
	readonly key: SigningKey;
}

interface Made {
	readonly entries: Bytes[];
	readonly wraps: Wrap[];
	invitation?: { token_hash: string; sealed: string };
	state: ControlState;
}

/** `start` is the state to build on: the log's, except for CREATE, which names the room by itself. */
const draftOn = (made: Made, people: People, author: Author): Draft => {
	const add = async (body: ControlBody): Promise<void> => {
		const time = Date.now();
		const bytes = await signControl(author.key, author.user, made.state, body, random(16), time);
		const next = applyControl(made.state, await readControl(bytes), people.records(), time);
		if (typeof next === "string") throw refusal(next);
		made.entries.push(bytes);
		made.state = next;
	};
	return {
		state: () => made.state,
		author: () => {
			const member = activeMember(made.state, author.user);
			if (!member) throw refusal("not_member");
			return member;
		},
		add,
		addWithWraps: async ({ body, wraps }) => {
			await add(body);
			made.wraps.push(...wraps);
		},
		invitation: (row) => void (made.invitation = row),
	};
};

const isThere = async (log: ControlLog, last: ControlState): Promise<boolean> => {
	await log.sync().catch((thrown: unknown) => {
		if (log.entries.length > 0 || isUncertain(thrown)) throw thrown;
	});
	return log.states.find(last.head) !== undefined;
};

/** Gives false if the plan, looking at a newer log, had nothing to add any more. */
export const append = async (
	call: Call, log: ControlLog, people: People, author: Author, start: () => ControlState, plan: (draft: Draft) => Promise<void>,
): Promise<boolean> => {
	let asked = false;
	for (let tries = 0; ; tries++) {
		const made: Made = { entries: [], wraps: [], state: start() };
		await plan(draftOn(made, people, author));
		if (made.entries.length === 0) return false;
		const { entries, wraps, invitation } = made;
		try {
			await call("control_append", { entries: entries.map(toBase64Url), wraps, ...(invitation ? { invitation } : {}) });
			await log.sync();
			return true;
		} catch (thrown) {
			if (wordOf(thrown) === "bad_entry" && !asked) {
				asked = true;
				await people.refresh(start().members.map((m) => toBase64Url(m.user)));
				continue;
			}
			const raced = wordOf(thrown) === "stale_head" || isUncertain(thrown);
			if (!raced || tries >= MOST_TRIES) throw thrown;
			if (wordOf(thrown) === "offline") throw thrown;
			if (await isThere(log, made.state)) return true;
		}
	}
};
