// The page's end of the engine's worker: the same contract, each call a message and a promise. kill() ends the worker and with it every key.

import type { Engine, EngineEvent } from "../client/api.js";
import type { Answer, Method, Told } from "./rpc.js";
import { startWorker } from "./trusted.js";

export type RunningEngine = Engine & { kill(): void };

interface Waiting {
	resolve(value: unknown): void;
	reject(why: Error): void;
}

const refused = (word: string, detail: string | undefined): Error => Object.assign(new Error(word), { word, ...(detail === undefined ? {} : { detail }) });

export const startEngine = (hear: (event: EngineEvent) => void): RunningEngine => {
	const worker = startWorker(ENGINE_WORKER);
	const waiting = new Map<number, Waiting>();
	let lastId = 0;

	worker.addEventListener("message", ({ data }: MessageEvent<Answer | Told>) => {
		if ("event" in data) return hear(data.event);
		const to = waiting.get(data.id);
		waiting.delete(data.id);
		if ("err" in data) to?.reject(refused(data.err.word, data.err.detail));
		else to?.resolve(data.ok);
	});

	const fail = (): void => {
		for (const { reject } of waiting.values()) reject(refused("internal", undefined));
		waiting.clear();
	};
	worker.addEventListener("error", fail);

	const ask = (method: Method, args: readonly unknown[]): Promise<unknown> =>
		new Promise((resolve, reject) => {
			const id = ++lastId;
			waiting.set(id, { resolve, reject });
			worker.postMessage({ id, method, args });
		});

	const hint = (event: Event): void => worker.postMessage({ hint: event.type });
	addEventListener("online", hint);
	addEventListener("offline", hint);

	const kill = (): void => {
		removeEventListener("online", hint);
		removeEventListener("offline", hint);
		worker.terminate();
		fail();
	};
	// Whatever is asked of it is asked of the worker, which knows its methods; it is no promise.
	const get = (_: object, name: string | symbol): unknown =>
		name === "kill" ? kill : name === "then" ? undefined : (...args: unknown[]) => ask(name as Method, args);
	return new Proxy<object>({}, { get }) as RunningEngine;
};
