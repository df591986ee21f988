// The C side: `seal-check` as a child that answers line by line (README.md here).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Bytes, type PersonRecord } from "../../../web/src/seal/index.js";

export interface Checker {
	/** Sends a line; `expected` is what this side says. A different answer is kept in `differences`. */
	ask(line: string, expected: string): Promise<void>;
	/** Ends the child; gives the number of answers that were compared. */
	end(): Promise<number>;
	readonly differences: string[];
}

const field = (b: Bytes): string => (b.length === 0 ? "-" : Buffer.from(b.buffer, b.byteOffset, b.length).toString("base64url"));

export const lineOf = (operation: string, ...fields: (string | number | boolean | Bytes)[]): string =>
	[operation, ...fields.map((f) => (typeof f === "boolean" ? Number(f) : f instanceof Uint8Array ? field(f) : f))].join(" ");

export const personLine = (p: PersonRecord): string =>
	lineOf("P", p.user, p.sigKid, p.encKid, p.resets, p.staff, p.cert, p.validFrom, p.validUntil, p.ended);

export const startChecker = (program: string): Checker => {
	const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
	const waiting: { line: string; expected: string }[] = [];
	const differences: string[] = [];
	let compared = 0;
	const lines = createInterface({ input: child.stdout });
	lines.on("line", (answer) => {
		const asked = waiting.shift();
		compared++;
		if (answer !== asked?.expected && differences.length < 20)
			differences.push(`${asked?.line ?? "nothing"}\n  here ${asked?.expected ?? "nothing"}\n  C    ${answer}`);
	});
	const closed = once(lines, "close");
	return {
		differences,
		ask: async (line, expected) => {
			waiting.push({ line, expected });
			if (!child.stdin.write(`${line}\n`)) await once(child.stdin, "drain");
		},
		end: async () => {
			child.stdin.end();
			await closed;
			if (waiting.length > 0) differences.push(`${waiting.length} lines without an answer`);
			return compared;
		},
	};
};

/** Where meson put it. */
export const CHECKER = `${process.env["LUOTSI_BUILD"] ?? "build/test"}/tests/seal/seal-check`;
