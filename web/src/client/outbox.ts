// What a person wrote in one room and the server has not acknowledged yet, sent one after another in the order of writing. The rule of
// section 4: bytes that may have arrived are sent again as they are; only after a definite refusal is an envelope sealed anew,
// with a new msg_id and number.

import type { Id } from "./api.js";
import { pauseBefore } from "./link.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import type { Content } from "../seal/index.js";

const MOST_SEALS = 12;
const FIRST_WAIT = 2; // of the pauses of the connection: about a second

export interface Job {
	/** The msg_id of the sealed bytes; before sealing a name of our own. */
	readonly id: Id;
	readonly content: Content;
	readonly at: number;
	/** base64url of the envelope as it was sent; undefined before sealing and after a definite refusal. */
	readonly envelope: string | undefined;
	readonly failed: string | null;
}

export interface OutboxDeps {
	/** Waits until the room can be written in, then seals. */
	seal(content: Content): Promise<{ id: Id; envelope: string }>;
	post(envelope: string): Promise<{ seq: number; at: number }>;
	/** After a definite refusal: learns what we did not know. False: there is nothing to learn, the job fails. */
	learn(word: string): Promise<boolean>;
	posted(job: Job, at: { seq: number; at: number }): Promise<void>;
	changed(job: Job, was: Id): void;
}

export interface Outbox {
	/** `done` resolves with its msg_id when it is stored and rejects when it was refused for good. */
	add(content: Content): { job: Job; done: Promise<Id> };
	retry(id: Id): void;
	/** Takes a failed job away. */
	discard(id: Id): void;
	/** Goes on, after the connection or the room came back. */
	pump(): void;
	jobs(): readonly Job[];
	/** Resolves when nothing is on its way any more, be it sent or failed. */
	idle(): Promise<void>;
	stop(): void;
}

export const makeOutbox = (deps: OutboxDeps, name: () => Id): Outbox => {
	let jobs: readonly Job[] = [];
	let running: Promise<void> | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let stopped = false;
	let waits = 0;
	const waiters = new Map<Content, { resolve(id: Id): void; reject(why: Error): void }>();

	const settle = (job: Job, failed: string | null): void => {
		const waiter = waiters.get(job.content);
		waiters.delete(job.content);
		if (failed === null) waiter?.resolve(job.id);
		else waiter?.reject(refusal(failed));
	};

	const replace = (was: Job, next: Job): Job => {
		jobs = jobs.map((job) => (job.id === was.id ? next : job));
		deps.changed(next, was.id);
		return next;
	};

	const sealed = async (job: Job): Promise<Job> => (job.envelope === undefined ? replace(job, { ...job, ...(await deps.seal(job.content)) }) : job);

	/** "sent", "failed", or "wait" when nobody knows. */
	const sendOne = async (first: Job): Promise<"sent" | "failed" | "wait"> => {
		let job = first;
		for (let seals = 0; ; seals++) {
			try {
				job = await sealed(job);
				const at = await deps.post(job.envelope as string);
				await deps.posted(job, at);
				jobs = jobs.filter((one) => one.id !== job.id);
				settle(job, null);
				return "sent";
			} catch (thrown) {
				if (isUncertain(thrown)) return "wait";
				const word = wordOf(thrown);
				job = replace(job, { ...job, envelope: undefined });
				const again = seals < MOST_SEALS && (await deps.learn(word).catch(isUncertain));
				if (again) continue;
				settle(replace(job, { ...job, failed: word }), word);
				return "failed";
			}
		}
	};

	/** The end of a run and the clearing of `running` are one step: nothing can be added between them and be forgotten. */
	const run = async (): Promise<void> => {
		for (;;) {
			const next = jobs.find((job) => job.failed === null);
			const outcome = next && !stopped ? await sendOne(next) : "idle";
			if (outcome !== "wait") waits = 0;
			if (outcome === "sent" || outcome === "failed") continue;
			running = undefined;
			if (outcome === "wait" && !stopped) timer = setTimeout(pump, pauseBefore(FIRST_WAIT + waits++, Math.random()));
			return;
		}
	};

	const pump = (): void => {
		clearTimeout(timer);
		if (running || stopped || !jobs.some((job) => job.failed === null)) return;
		running = run();
	};

	return {
		add: (content) => {
			const job: Job = { id: name(), content, at: Date.now(), envelope: undefined, failed: null };
			jobs = [...jobs, job];
			const done = new Promise<Id>((resolve, reject) => waiters.set(content, { resolve, reject }));
			done.catch(() => undefined);
			pump();
			return { job, done };
		},
		retry: (id) => {
			const job = jobs.find((one) => one.id === id && one.failed !== null);
			if (job) replace(job, { ...job, failed: null });
			pump();
		},
		discard: (id) => {
			jobs = jobs.filter((job) => job.id !== id || job.failed === null);
		},
		pump,
		jobs: () => jobs,
		idle: async () => {
			while (running) await running;
		},
		stop: () => {
			stopped = true;
			clearTimeout(timer);
		},
	};
};
