// Processes of the real server, each started by itself: with settings of its own, beside a service that runs.

import { spawn, type ChildProcess } from "node:child_process";
import { chownSync, chmodSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { House } from "../house.js";

interface Told {
	readonly conf: string;
	readonly user: string;
}

export interface Place {
	readonly dir: string;
	/** Of the keys process, for the jobs process. */
	readonly token: string;
	/** Settings of the house's service, but these; undefined: without it. Gives the file. */
	conf(name: string, settings: Readonly<Record<string, string | undefined>>): string;
	/** luotsid with these words. */
	start(...words: string[]): ChildProcess;
	/** The same with a Unix socket of that kind at that path, on which it is to listen. */
	listening(kind: "SOCK_SEQPACKET" | "SOCK_STREAM", path: string, ...words: string[]): ChildProcess;
	/** What the processes have written. */
	log(): string;
	/** What a sanitizer or the server itself calls a bug. */
	bugs(): string[];
	remove(): void;
}

/** Listens as who starts it, for whoever comes; what it becomes is another user's. */
const LISTEN = `import os, socket, sys
kind, path = sys.argv[1:3]
if os.path.exists(path):
	os.unlink(path)
end = socket.socket(socket.AF_UNIX, getattr(socket, kind))
end.bind(path)
os.chmod(path, 0o777)
end.listen(64)
end.setblocking(False)
end.set_inheritable(True)
os.execvp(sys.argv[3], [*sys.argv[3:], "-f", str(end.fileno())])`;

export const makePlace = (house: House): Place => {
	const { conf, user } = house.service as unknown as Told;
	const program = join(process.env["LUOTSI_BUILD"] as string, "server", "main", "luotsid");
	const dir = mkdtempSync(join(tmpdir(), "luotsi-killed.")), logs = join(dir, "log"), token = randomBytes(32).toString("base64url");
	const own = (path: string): string => {
		if (process.getuid?.() === 0) {
			const { uid, gid } = statSync(join(conf, "..", "log"));
			chownSync(path, uid, gid);
		}
		return path;
	};
	own(dir);
	chmodSync(dir, 0o755);
	for (const name of [logs, join(dir, "run")]) {
		mkdirSync(name);
		own(name);
	}
	const settings = new Map(readFileSync(conf, "utf8").split("\n").flatMap((row) => /^(\w+) = (.*)$/.exec(row)?.slice(1, 3) ?? []).flatMap((word, i, all) => (i % 2 === 0 ? [[word, all[i + 1] as string] as const] : [])));
	const reports = `log_path=${join(logs, "sanitizer")}`;
	const env = { ...process.env, LUOTSI_JOBS_TOKEN: token, ASAN_OPTIONS: `${reports}:detect_leaks=1:abort_on_error=0`, UBSAN_OPTIONS: `${reports}:print_stacktrace=1:halt_on_error=1` };
	const as = ["setpriv", "--pdeathsig", "KILL", ...(process.getuid?.() === 0 ? ["--reuid", user, "--regid", user, "--init-groups"] : [])];
	const run = (...words: string[]): ChildProcess => {
		const [first, ...more] = words, log = openSync(join(logs, "luotsid.log"), "a");
		const child = spawn(first as string, more, { stdio: ["ignore", log, log], env });
		closeSync(log);
		return child;
	};
	const written = (): string[] => readdirSync(logs).map((name) => readFileSync(join(logs, name), "utf8"));
	return {
		dir, token,
		conf: (name, changed) => {
			const all = { ...Object.fromEntries(settings), ...changed }, file = join(dir, `${name}.conf`);
			writeFileSync(file, Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}\n`])).join(""));
			return file;
		},
		start: (...words) => run(...as, program, ...words),
		listening: (...[kind, path, ...words]) => run("python3", "-c", LISTEN, kind, path, ...as, program, ...words),
		log: () => written().join("\n"),
		bugs: () => written().flatMap((text) => text.split("\n").filter((row) => /^bug: |ERROR: \w*Sanitizer|runtime error:/.test(row))),
		remove: () => rmSync(dir, { recursive: true, force: true }),
	};
};

/** The exit code, or the signal that ended it. */
export const ended = (child: ChildProcess): Promise<number | string> => {
	const now = child.exitCode ?? child.signalCode;
	return now !== null ? Promise.resolve(now) : new Promise((resolve, reject) => {
		child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
		child.once("error", reject);
	});
};
