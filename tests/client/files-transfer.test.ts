// Files on their way, with a server that loses, delays, and lies.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { fetchFile, judgedToSend, makeControl, sendParts, type Control, type FileStore } from "../../web/src/client/files-transfer.js";
import { makeCutter } from "../../web/src/client/files-run.js";
import { refusal, wordOf } from "../../web/src/client/refusal.js";
import { concat, equal, random, sha256, shapeOf, utf8, zeroes, type Bytes, type FileHashes, type FilePlace } from "../../web/src/seal/index.js";
import { pdf, webpHead } from "./samples.js";

const MB = 1_048_576;

interface Store extends FileStore {
	readonly parts: Map<number, Bytes>;
	puts: number;
	/** A part is stored only when this is over. */
	waits: () => boolean;
	inFlight: number;
	mostInFlight: number;
	/** Called before and after a part is taken; may throw. */
	before: (n: number) => void;
	after: (n: number) => void;
	bend: (n: number, bytes: Bytes) => Bytes;
}

const breath = (ms = 1): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const makeStore = (): Store => {
	const store: Store = {
		parts: new Map(), puts: 0, waits: () => false, inFlight: 0, mostInFlight: 0, before: () => undefined, after: () => undefined, bend: (_, bytes) => bytes,
		held: async () => new Map(await Promise.all([...store.parts].map(async ([n, bytes]) => [n, await sha256(bytes)] as const))),
		put: async (_, n, part, signal) => {
			store.puts++;
			store.mostInFlight = Math.max(store.mostInFlight, ++store.inFlight);
			try {
				store.before(n);
				do await breath();
				while (store.waits());
				signal.throwIfAborted();
				const old = store.parts.get(n);
				if (old && !equal(old, part.bytes)) throw refusal("conflict");
				store.parts.set(n, part.bytes.slice());
				store.after(n);
			} finally {
				store.inFlight--;
			}
		},
		get: async (_, n, signal) => {
			store.before(n);
			await breath();
			signal.throwIfAborted();
			return store.bend(n, (store.parts.get(n) as Bytes).slice());
		},
	};
	return store;
};

const filled = (size: number): Bytes => {
	const bytes = new Uint8Array(size);
	for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
	bytes.set(pdf());
	return bytes;
};

interface Sent {
	readonly place: FilePlace;
	readonly key: Bytes;
	readonly store: Store;
	readonly bytes: Bytes;
	readonly hashes: FileHashes;
}

/** Nobody waits out the pauses here. */
const hurried = async <T>(control: Control, work: Promise<T>): Promise<T> => {
	const timer = setInterval(() => control.wake(), 2);
	return work.finally(() => clearInterval(timer));
};

const send = async (bytes: Bytes, store = makeStore(), control = makeControl(), file = new Blob([bytes])): Promise<Sent> => {
	const place = { org: random(16), room: random(16), file: random(16) };
	const key = random(32);
	const sending = { store, control, place, key: key.slice(), file, progress: () => undefined, away: () => undefined };
	return { place, key, store, bytes, hashes: await hurried(control, sendParts(sending)) };
};

const fetched = async (s: Sent, bend: Partial<{ size: number; media: string; hashes: FileHashes; place: FilePlace; key: Bytes }> = {}, control = makeControl()): Promise<Blob> => {
	const size = bend.size ?? s.bytes.length;
	const asked = {
		store: s.store, control, place: bend.place ?? s.place, key: (bend.key ?? s.key).slice(), size, sealedSize: shapeOf(s.bytes.length).sealed,
		media: bend.media ?? "application/pdf", hashes: bend.hashes ?? s.hashes, progress: () => undefined, away: () => undefined,
	};
	return hurried(control, fetchFile(asked));
};

const refused = (word: string, detail?: string) => (e: unknown): boolean => {
	assert.equal(wordOf(e), word);
	if (detail !== undefined) assert.equal((e as { detail?: string }).detail, detail);
	return true;
};

test("a file goes up in parts, two at a time, and comes back the same", async () => {
	const store = makeStore(), end = Date.now() + 60_000;
	store.waits = () => store.mostInFlight < 2 && Date.now() < end; // the first for the second, however long that one takes to be sealed
	const s = await send(filled(5 * MB + 3), store);
	assert.equal(s.store.parts.size, 6);
	assert.equal(s.store.mostInFlight, 2);
	assert.equal(s.store.puts, 6);
	const back = await fetched(s);
	assert.ok(equal(new Uint8Array(await back.arrayBuffer()), s.bytes));
	assert.equal(back.type, "application/octet-stream");
});

test("nothing is lost or sent twice with other bytes where requests and replies are lost at random", async () => {
	const store = makeStore();
	const seen = new Map<number, string>();
	let lost = 0;
	store.before = () => {
		if ((lost === 0 || Math.random() < 0.4) && ++lost) throw refusal("offline");
	};
	store.after = () => {
		if (Math.random() < 0.4 && ++lost) throw refusal("uncertain");
	};
	const { put } = store;
	store.put = async (file, n, part, signal, progress) => {
		const mark = Buffer.from(part.digest).toString("hex");
		assert.equal(seen.get(n) ?? mark, mark);
		seen.set(n, mark);
		return put(file, n, part, signal, progress);
	};
	const s = await send(filled(8 * MB), store);
	store.after = () => undefined;
	assert.ok(lost > 0 && store.puts > 9);
	assert.ok(equal(new Uint8Array(await (await fetched(s)).arrayBuffer()), s.bytes));
});

test("what the server already has is not sent again", async () => {
	const store = makeStore();
	let lost = false;
	store.after = () => {
		if (!lost) {
			lost = true;
			throw refusal("uncertain");
		}
	};
	await send(filled(3 * MB), store);
	assert.equal(store.puts, store.parts.size);
});

test("a server that holds something else in the place of a part ends the sending", async () => {
	const store = makeStore();
	store.after = (n) => {
		if (n !== 1) return;
		store.parts.set(1, random(100));
		throw refusal("uncertain");
	};
	await assert.rejects(send(filled(3 * MB), store), refused("other_part"));
	const other = makeStore();
	other.parts.set(2, random(100));
	await assert.rejects(send(filled(4 * MB), other), refused("conflict"));
});

test("a file that changes while it is sent is not sent on", async () => {
	const bytes = filled(3 * MB);
	const file = new Blob([bytes]);
	const slice = file.slice.bind(file);
	file.slice = (from, to) => {
		if ((from ?? 0) > 0) throw new DOMException("changed", "NotReadableError");
		return slice(from, to);
	};
	await assert.rejects(send(bytes, makeStore(), makeControl(), file), refused("file_changed"));
});

test("it stands still when paused, goes on, and ends when cancelled", async () => {
	const control = makeControl();
	const store = makeStore();
	store.before = (n) => {
		if (n === 2) control.pause(true);
	};
	const work = send(filled(6 * MB), store, control);
	while (!control.paused()) await breath();
	await new Promise((resolve) => setTimeout(resolve, 40));
	const held = store.puts;
	await new Promise((resolve) => setTimeout(resolve, 40));
	assert.equal(store.puts, held);
	assert.ok(store.parts.size < 6);
	store.before = () => undefined;
	control.pause(false);
	const s = await work;
	assert.ok(equal(new Uint8Array(await (await fetched(s)).arrayBuffer()), s.bytes));

	const other = makeControl();
	const cut = makeStore();
	cut.before = (n) => {
		if (n === 1) other.cancel();
	};
	await assert.rejects(send(filled(6 * MB), cut, other), refused("cancelled"));
	assert.ok(cut.parts.size <= 2);
});

test("parts that an evil server swaps, cuts, lengthens or takes from elsewhere give no file", async () => {
	const s = await send(filled(3 * MB + 9));
	const other = await send(filled(3 * MB + 9));
	const part = (n: number): Bytes => s.store.parts.get(n) as Bytes;
	const bends: [string, (n: number, bytes: Bytes) => Bytes, string][] = [
		["swapped", (n, bytes) => (n === 1 ? part(2) : n === 2 ? part(1) : bytes), "sealed"], ["cut", (n, bytes) => (n === 1 ? bytes.slice(0, -16_400) : bytes), "length"],
		["cut by a byte", (n, bytes) => (n === 3 ? bytes.slice(0, -1) : bytes), "length"], ["longer", (n, bytes) => (n === 2 ? concat(bytes, zeroes(16)) : bytes), "length"],
		["of another file", (n, bytes) => (n === 1 ? (other.store.parts.get(1) as Bytes) : bytes), "sealed"], ["all of another file", (n) => other.store.parts.get(n) as Bytes, "sealed"],
		["a bit changed", (n, bytes) => (n === 3 ? bytes.map((b, i) => (i === 77 ? b ^ 1 : b)) : bytes), "sealed"], ["nothing", () => zeroes(0), "length"],
	];
	for (const [name, bend, detail] of bends) {
		s.store.bend = bend;
		await assert.rejects(fetched(s), refused("file_broken", detail), name);
	}
	s.store.bend = (_, bytes) => bytes;
	await assert.rejects(fetched(s, { hashes: { ...s.hashes, parts: random(32) } }), refused("file_broken", "digest"));
	await assert.rejects(fetched(s, { hashes: { ...s.hashes, content: random(32) } }), refused("file_broken", "hash"));
	await assert.rejects(fetched(s, { size: s.bytes.length * 2 }), refused("file_broken", "length"));
	await assert.rejects(fetched(s, { place: { ...s.place, file: random(16) } }), refused("file_broken", "sealed"));
	await assert.rejects(fetched(s, { key: random(32) }), refused("file_broken", "sealed"));
});

test("parts that come several in one answer are cut apart, asked for again from the first that is missing, and taken one at a time", async () => {
	const s = await send(filled(20 * MB + 5));
	const whole = concat(...Array.from({ length: s.store.parts.size }, (_, n) => s.store.parts.get(n) as Bytes));
	const asked: string[] = [];
	let [lost, taking] = [0, 0];
	const at = (n: number): number => shapeOf(s.bytes.length).part(0) * Math.min(n, 1) + Math.max(0, n - 1) * shapeOf(s.bytes.length).part(1);
	s.store.run = async (_, from, sizes, signal, take) => {
		asked.push(`${from}+${sizes.length}`);
		const one = async (part: Bytes): Promise<void> => {
			assert.equal(++taking, 1);
			await breath();
			await take(part);
			taking--;
		};
		const cutter = makeCutter({ sizes, take: one });
		const mine = whole.subarray(at(from), at(from) + sizes.reduce((sum, size) => sum + size, 0));
		for (let i = 0; i < mine.length; i += 700_001) {
			signal.throwIfAborted();
			if (i > 3 * MB && lost++ < 2) break;
			await cutter.add(mine.subarray(i, i + 700_001));
		}
		await cutter.end();
	};
	assert.ok(equal(new Uint8Array(await (await fetched(s)).arrayBuffer()), s.bytes));
	assert.deepEqual(asked.slice(0, 1), ["0+16"]);
	assert.equal(asked.length, 4, asked.join());
	const bad = makeCutter({ sizes: [2, 1], take: async () => undefined });
	await bad.add(zeroes(3));
	await assert.rejects(bad.add(zeroes(1)), refused("offline"));
});

test("a file that is not what its manifest calls it is not given", async () => {
	const page = await send(utf8("<!doctype html><script>x()</script>"));
	for (const media of ["text/plain", "text/html", "application/pdf"]) await assert.rejects(fetched(page, { media }), refused("file_not_as_called"));
	await assert.rejects(fetched(await send(filled(MB)), { media: "image/png" }), refused("file_not_as_called"));
});

test("a fetch can be cancelled", async () => {
	const s = await send(filled(6 * MB));
	const control = makeControl();
	s.store.before = (n) => {
		if (n === 3) control.cancel();
	};
	await assert.rejects(fetched(s, {}, control), refused("cancelled"));
});

test("what is to be sent is judged by what is in it", async () => {
	assert.equal(await judgedToSend(new Blob([pdf()])), "application/pdf");
	await assert.rejects(judgedToSend(new Blob([utf8("<svg/>")])), refused("file_active"));
	await assert.rejects(judgedToSend(new Blob([])), refused("file_empty"));
	await assert.rejects(judgedToSend(new Blob([webpHead(2, 2)])), refused("file_not_allowed"));
});
