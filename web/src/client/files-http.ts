// How parts travel from a browser's worker: up by XMLHttpRequest, because fetch tells nothing of how far a body has come; down by fetch,
// because the other gives nothing before the end.

import { makeCutter } from "./files-run.js";
import type { PartAnswer, RunTransport, Transport } from "./platform.js";
import { refusal } from "./refusal.js";

const STALL_MS = 60_000;

/** Rejects with "offline" when there is no answer, also when nothing moves for a minute. */
export const browserTransport: Transport = ({ method, path, headers, body, signal, most, progress }) =>
	new Promise<PartAnswer>((resolve, reject) => {
		const asked = new XMLHttpRequest();
		let timer: ReturnType<typeof setTimeout> | undefined;
		const moves = (): void => {
			clearTimeout(timer);
			timer = setTimeout(() => asked.abort(), STALL_MS);
		};
		const over = (): void => {
			clearTimeout(timer);
			signal.removeEventListener("abort", stop);
		};
		const stop = (): void => asked.abort();
		const lost = (): void => {
			over();
			reject(refusal("offline"));
		};
		asked.open(method, path);
		asked.responseType = "arraybuffer";
		for (const [name, value] of Object.entries(headers)) asked.setRequestHeader(name, value);
		asked.upload.onprogress = ({ loaded }) => {
			moves();
			progress(loaded);
		};
		asked.onprogress = ({ loaded }) => (loaded > most ? asked.abort() : moves());
		asked.onerror = lost;
		asked.onabort = lost;
		asked.onload = () => {
			over();
			resolve({ status: asked.status, body: new Uint8Array(asked.response as ArrayBuffer) });
		};
		signal.addEventListener("abort", stop);
		moves();
		asked.send(body ?? null);
		if (signal.aborted) asked.abort();
	});

/** The same of several parts in one answer. */
export const browserRuns: RunTransport = async ({ path, headers, signal, sizes, take }) => {
	const stalled = new AbortController();
	let timer: ReturnType<typeof setTimeout> | undefined;
	const moves = (): void => {
		clearTimeout(timer);
		timer = setTimeout(() => stalled.abort(), STALL_MS);
	};
	const lost = (): never => {
		throw refusal("offline");
	};
	const cutter = makeCutter({ sizes, take });
	try {
		moves();
		const answer = await fetch(path, { headers, signal: AbortSignal.any([signal, stalled.signal]) }).catch(lost);
		if (!answer.ok || !answer.body) return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer().catch(lost)) };
		const reader = answer.body.getReader();
		for (;;) {
			const { value } = await reader.read().catch(lost);
			if (!value) break;
			moves();
			await cutter.add(value);
		}
		await cutter.end();
		return { status: answer.status, body: new Uint8Array() };
	} finally {
		clearTimeout(timer);
		stalled.abort(); // what nobody reads any more
	}
};
