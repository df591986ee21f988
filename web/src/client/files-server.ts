// What the server does with files (FORMAT.md section 12, proto/file.toml): words over the connection, parts by requests of their own.

import type { Context } from "./context.js";
import type { Id } from "./api.js";
import { browserRuns, browserTransport } from "./files-http.js";
import { insist, type Control, type FileStore } from "./files-transfer.js";
import type { PartAnswer, PartRequest } from "./platform.js";
import { refusal } from "./refusal.js";
import { fromBase64Url, fromUtf8, toBase64Url, type Bytes } from "../seal/index.js";

export interface SealedFileKey {
	readonly epoch: number;
	readonly sealed: Bytes;
}

export interface FileServer extends FileStore {
	/** Tried until the server answers; a repeat is answered as the first. */
	begin(file: Bytes, sealedSize: number, key: SealedFileKey, control: Control): Promise<void>;
	/** The key of a file that is not sent yet, under another epoch. */
	rekey(file: Bytes, key: SealedFileKey): Promise<void>;
	sealedKey(file: Bytes): Promise<SealedFileKey>;
	cancel(file: Bytes): Promise<void>;
}

const MARK = { "x-luotsi": "1" };
const MOST_WORDS = 10_000; // of an answer that is no part
const OK = 200;

const wordIn = (body: Bytes): string => {
	try {
		const { err } = JSON.parse(fromUtf8(body)) as { err?: unknown };
		return typeof err === "string" ? err : "internal";
	} catch {
		return "internal"; // something between us and the server answered
	}
};

export const makeFileServer = (c: Context, room: Id): FileServer => {
	const { call } = c;
	const transport = c.platform.transport ?? browserTransport;
	const runs = c.platform.transport ? c.platform.runs : browserRuns;

	const ask = async (request: PartRequest): Promise<PartAnswer> => {
		const answer = await transport(request);
		if (answer.status !== OK) throw refusal(wordIn(answer.body));
		return answer;
	};

	const pathOf = (file: Bytes, n: number | string): string => `/api/file/${toBase64Url(file)}/${n}`;

	const held = async (file: Bytes): Promise<ReadonlyMap<number, Bytes>> => {
		const parts = new Map<number, Bytes>();
		for (let from = 0; ; ) {
			const page = await call("file_state", { file: toBase64Url(file), from });
			if (page.state === "gone") throw refusal("file_gone");
			for (const { n, digest } of page.parts) parts.set(n, fromBase64Url(digest));
			const last = page.parts.at(-1);
			if (!page.more || !last || last.n < from) return parts;
			from = last.n + 1;
		}
	};

	return {
		held,
		put: async (file, n, part, signal, progress) => {
			const headers = { ...MARK, "content-type": "application/octet-stream", "x-luotsi-digest": toBase64Url(part.digest) };
			await ask({ method: "PUT", path: pathOf(file, n), headers, body: part.bytes, signal, most: MOST_WORDS, progress });
		},
		get: async (file, n, signal, most) =>
			(await ask({ method: "GET", path: pathOf(file, n), headers: MARK, signal, most: Math.max(most, MOST_WORDS), progress: () => undefined })).body,
		...(runs && {
			run: async (file, from, sizes, signal, take) => {
				const path = pathOf(file, sizes.length > 1 ? `${from}-${from + sizes.length - 1}` : from);
				const answer = await runs({ path, headers: MARK, signal, sizes, take });
				if (answer.status !== OK) throw refusal(wordIn(answer.body));
			},
		} satisfies Partial<FileStore>),
		begin: async (file, sealedSize, key, control) => {
			const body = { room, file: toBase64Url(file), cipher_size: sealedSize, epoch: key.epoch, key: toBase64Url(key.sealed) };
			await insist({ control, away: () => undefined, work: () => call("file_begin", body) });
		},
		rekey: async (file, key) => void (await call("file_key_put", { file: toBase64Url(file), epoch: key.epoch, key: toBase64Url(key.sealed) })),
		sealedKey: async (file) => {
			const { epoch, key } = await call("file_key", { room, file: toBase64Url(file) });
			return { epoch, sealed: fromBase64Url(key) };
		},
		cancel: async (file) => void (await call("file_cancel", { file: toBase64Url(file) })),
	};
};
