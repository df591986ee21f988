// What people take most as passwords, from the list that comes with zxcvbn: the pieces of which a passphrase must not be made.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const MOST = 4_000;

export function common(web) {
	const all = JSON.parse(readFileSync(join(web, "node_modules", "@zxcvbn-ts", "language-common", "src", "passwords.json"), "utf8"));
	const kept = all.filter((word) => /^[a-z0-9]{4,}$/.test(word)).slice(0, MOST);
	if (kept.length < MOST) throw new Error("the list of common passwords is too short");
	return `export const common = ${JSON.stringify(kept.join(" "))};\n`;
}
