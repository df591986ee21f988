// How parts travel from a browser's worker: XMLHttpRequest, because fetch tells nothing of how far a body has come.

import type { PartAnswer, Transport } from "./platform.js";
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
