// A line between one process of the server and PostgreSQL that knows the frames of the protocol and nothing of what is in them, but for the
// names of statements. Before each message that executes something the process may be killed, by its real pid, and the message is lost with
// it; or the message is passed on, and the process dies when PostgreSQL has answered it, and never hears of that.

import { createServer, createConnection, type Server, type Socket } from "node:net";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A message that executes something, or commits what was executed. */
export interface Step {
	/** From 1, among all of the process. */
	readonly n: number;
	readonly kind: "execute" | "commit";
	readonly statement: string;
}

/**
 * before: PostgreSQL never gets the message. after, of a commit: it has done what the message says, and nobody hears of it.
 * stop: it is told to stop, and waits for an answer that does not come. */
export type Verdict = "pass" | "before" | "after" | "stop";

export interface Line {
	/** What the server takes for the directory of PostgreSQL's socket. */
	readonly dir: string;
	/** From now on: whom the line is of, what is to happen at each step, and who hears that a commit was answered. */
	begin(judge: (step: Step) => Verdict, kill: () => void, done: (statement: string) => void): void;
	/** No connection is left: PostgreSQL has heard to its end what was passed on. */
	empty(): Promise<void>;
	close(): Promise<void>;
}

const SOCKET = ".s.PGSQL.5432";
const EXECUTE = 0x45, BIND = 0x42, SYNC = 0x53, QUERY = 0x51, READY = 0x5a;

/** Takes whole messages off the front: type (0: the first of a connection has none), and all of its bytes. */
const framesOf = (typed: boolean) => {
	let held = Buffer.alloc(0), first = !typed;
	return (bytes: Buffer): { type: number; whole: Buffer }[] => {
		held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
		const frames: { type: number; whole: Buffer }[] = [];
		for (;;) {
			const at = first ? 0 : 1;
			if (held.length < at + 4) return frames;
			const size = at + held.readUInt32BE(at);
			if (held.length < size) return frames;
			frames.push({ type: first ? 0 : (held[0] as number), whole: held.subarray(0, size) });
			held = held.subarray(size);
			first = false;
		}
	};
};

/** Bind: a portal's name, then the statement's. */
const boundOf = (whole: Buffer): string => {
	const from = whole.indexOf(0, 5) + 1;
	return whole.toString("latin1", from, whole.indexOf(0, from));
};

export const openLine = async (sockets: string): Promise<Line> => {
	const dir = mkdtempSync(join(tmpdir(), "luotsi-line."));
	const open = new Set<Socket>();
	let n = 0, dead = false;
	/** The one connection that is still heard, until PostgreSQL has answered what was its last message. */
	let last: Socket | undefined;
	let judge: (step: Step) => Verdict = () => "pass", kill = (): void => undefined, done: (statement: string) => void = () => undefined;
	let emptied = (): void => undefined;

	const die = (): void => {
		dead = true;
		last = undefined;
		kill();
		for (const up of open) up.end(); // what was passed on is heard, and then nothing more comes
	};

	const serve = (down: Socket): void => {
		const up = createConnection(join(sockets, SOCKET)), asked = framesOf(false), said = framesOf(true);
		const commits: { statement: string; deadly: boolean }[] = [];
		let statement = "", executed = false;
		open.add(up);
		/** Whether the rest is passed on too. */
		const pass = (type: number, whole: Buffer): boolean => {
			if (type === BIND) statement = boundOf(whole);
			const kind = type === QUERY || (type === SYNC && executed) ? "commit" : type === EXECUTE ? "execute" : undefined;
			const verdict = kind === undefined ? "pass" : judge({ n: ++n, kind, statement });
			if (verdict === "before") {
				die();
				return false;
			}
			if (verdict === "stop") {
				dead = true;
				kill();
				return false;
			}
			if (verdict === "after") last = up;
			executed = type === SYNC ? false : executed || type === EXECUTE;
			if (type === SYNC || type === QUERY) commits.push({ statement, deadly: verdict === "after" });
			up.write(whole);
			return verdict === "pass";
		};
		down.on("data", (bytes) => {
			for (const { type, whole } of asked(bytes)) if (dead || last !== undefined || !pass(type, whole)) return;
		});
		up.on("data", (bytes) => {
			for (const { type, whole } of said(bytes)) {
				if (dead || (last !== undefined && last !== up)) return;
				const commit = type === READY ? commits.shift() : undefined;
				if (commit?.deadly) return die();
				down.write(whole);
				if (commit !== undefined && commit.statement !== "") done(commit.statement);
			}
		});
		down.on("close", () => up.end());
		up.on("close", () => {
			open.delete(up);
			if (last === up) die(); // it will not answer any more
			down.destroy();
			if (open.size === 0) emptied();
		});
		for (const end of [down, up]) end.on("error", () => end.destroy());
	};

	const server: Server = createServer(serve);
	await new Promise<void>((resolve) => server.listen(join(dir, SOCKET), resolve));
	chmodSync(dir, 0o755);
	chmodSync(join(dir, SOCKET), 0o777);
	return {
		dir,
		begin: (...how) => {
			[n, dead, last] = [0, false, undefined];
			[judge, kill, done] = how;
		},
		empty: () => new Promise((resolve) => {
			emptied = resolve;
			if (open.size === 0) resolve();
		}),
		close: async () => {
			for (const up of open) up.destroy();
			await new Promise((resolve) => server.close(resolve));
			rmSync(dir, { recursive: true, force: true });
		},
	};
};
