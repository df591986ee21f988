// What the relay does with files: it keeps parts, one digest each, and takes a manifest only of what is whole. And what it does wrong when told to.

import { concat, equal, fromBase64Url, KIND, opOf, parseEnvelope, readFileClear, sha256, targetOf, toBase64Url, type Bytes, type Envelope } from "../../web/src/seal/index.js";
import { refusal } from "../../web/src/client/refusal.js";
import type { PartAnswer, PartRequest } from "../../web/src/client/platform.js";
import type { Relay } from "./relay.js";

type Json = Record<string, unknown>;

export interface KeptFile {
	readonly room: string;
	readonly user: string;
	readonly size: number;
	epoch: number;
	key: string;
	state: "open" | "sent" | "gone";
	readonly parts: Map<number, { bytes: Bytes; digest: Bytes }>;
}

export interface Files {
	readonly kept: Map<string, KeptFile>;
	/** Before and after a part is taken or given; may throw. */
	before: (asked: PartRequest, n: number) => void | Promise<void>;
	after: (asked: PartRequest, n: number) => void | Promise<void>;
	/** What is given instead of a part. */
	bend: (file: string, n: number, bytes: Bytes) => Bytes;
	bendKey: (file: string, key: string) => string;
	traffic: number;
}

const refuse = (word: string): never => {
	throw refusal(word);
};
const encode = (value: unknown): Bytes => new TextEncoder().encode(JSON.stringify(value));

export const withFiles = (relay: Relay): Files => {
	const files: Files = { kept: new Map(), before: () => undefined, after: () => undefined, bend: (_f, _n, bytes) => bytes, bendKey: (_, key) => key, traffic: 0 };
	const own = (user: string, id: unknown): KeptFile => {
		const file = files.kept.get(id as string);
		return file?.user === user ? file : refuse("not_found");
	};

	const put = async (user: string, id: string, n: number, asked: PartRequest): Promise<void> => {
		const file = own(user, id);
		const digest = await sha256(asked.body as Bytes);
		if (toBase64Url(digest) !== asked.headers["x-luotsi-digest"]) refuse("bad_field");
		const old = file.parts.get(n);
		if (old && !equal(old.digest, digest)) refuse("conflict");
		file.parts.set(n, { bytes: (asked.body as Bytes).slice(), digest });
	};

	const get = (user: string, id: string, n: number): Bytes => {
		const file = files.kept.get(id);
		if (file?.state !== "sent" || !relay.rooms.get(file.room)?.members.has(user)) return refuse("not_found");
		return files.bend(id, n, (file.parts.get(n) ?? refuse("not_found")).bytes.slice());
	};

	relay.carry = (user) => async (asked): Promise<PartAnswer> => {
		const [, id, n] = /^\/api\/file\/([^/]+)\/(\d+)$/.exec(asked.path) ?? [];
		try {
			await files.before(asked, Number(n));
			await new Promise((resolve) => setTimeout(resolve, 0));
			if (asked.signal.aborted) refuse("offline");
			const body = asked.method === "GET" ? get(user, id as string, Number(n)) : (await put(user, id as string, Number(n), asked), encode({ ok: {} }));
			files.traffic += body.length + (asked.body?.length ?? 0);
			await files.after(asked, Number(n));
			return { status: 200, body };
		} catch (thrown) {
			const { word } = thrown as { word?: string };
			if (word === undefined || word === "offline") throw thrown;
			return { status: 409, body: encode({ err: word }) };
		}
	};

	const isWhole = async (env: Envelope): Promise<boolean> => {
		const clear = readFileClear(env.clear);
		const file = files.kept.get(toBase64Url(clear.file));
		if (!file || file.state !== "open" || file.epoch !== env.epoch || file.user !== toBase64Url(env.sender)) return false;
		const digests = [...file.parts].sort(([a], [b]) => a - b).map(([, part]) => part.digest);
		const size = [...file.parts.values()].reduce((sum, part) => sum + part.bytes.length, 0);
		return size === file.size && clear.cipherSize === size && equal(await sha256(concat(...digests)), clear.partsHash);
	};

	const drop = (room: string, target: Bytes): void => {
		const row = relay.rooms.get(room)?.rows.find((one) => equal(one.env.msgId, target));
		const file = row?.env.kind === KIND.file ? files.kept.get(toBase64Url(readFileClear(row.env.clear).file)) : undefined;
		if (file) file.state = "gone";
		file?.parts.clear();
	};

	const post = relay.ops["message_post"] as (user: string, body: Json) => Promise<Json>;
	Object.assign(relay.more, {
		message_post: async (user: string, body: Json): Promise<Json> => {
			const env = await parseEnvelope(fromBase64Url(body["envelope"] as string));
			const again = relay.rooms.get(toBase64Url(env.room))?.rows.some((row) => equal(row.env.msgId, env.msgId));
			if (env.kind === KIND.file && !again && env.epoch === relay.rooms.get(toBase64Url(env.room))?.epoch && !(await isWhole(env))) refuse("conflict");
			const said = await post(user, body);
			if (env.kind === KIND.file) Object.assign(files.kept.get(toBase64Url(readFileClear(env.clear).file)) as KeptFile, { state: "sent" });
			const target = targetOf(env);
			if (opOf(env) === 2 && target) drop(toBase64Url(env.room), target);
			return said;
		},
		item_page: (user: string, body: Json): Json => {
			const room = relay.rooms.get(body["room"] as string);
			if (!room?.members.has(user)) return refuse("not_found");
			const { kinds, before = Infinity, limit } = body as { kinds: number[]; before?: number; limit: number };
			const rows = room.rows.filter((one) => kinds.includes(one.env.kind) && one.seq < before).reverse();
			return { rows: rows.slice(0, limit).map((one) => relay.wire(one)), more: rows.length > limit };
		},
		file_begin: (user: string, body: Json): Json => {
			const { room, file, cipher_size: size, epoch, key } = body as { room: string; file: string; cipher_size: number; epoch: number; key: string };
			if (files.kept.has(file)) refuse("conflict");
			files.kept.set(file, { room, user, size, epoch, key, state: "open", parts: new Map() });
			return {};
		},
		file_key_put: (user: string, body: Json): Json => {
			Object.assign(own(user, body["file"]), { epoch: body["epoch"], key: body["key"] });
			return {};
		},
		file_state: (user: string, body: Json): Json => {
			const { state, parts } = own(user, body["file"]);
			const list = [...parts].filter(([n]) => n >= (body["from"] as number)).sort(([a], [b]) => a - b).map(([n, { digest }]) => ({ n, digest: toBase64Url(digest) }));
			return { state, parts: list.slice(0, 3), more: list.length > 3 };
		},
		file_cancel: (user: string, body: Json): Json => {
			const file = own(user, body["file"]);
			file.state = "gone";
			file.parts.clear();
			return {};
		},
		file_key: (_: string, body: Json): Json => {
			const file = files.kept.get(body["file"] as string) ?? refuse("not_found");
			return { epoch: file.epoch, key: files.bendKey(body["file"] as string, file.key) };
		},
	});
	return files;
};
