// The real client, bundled from its source as it is or with named checks taken out of it.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Esbuild from "esbuild";
import type { makeEngine } from "../../../web/src/client/engine.js";
import type * as Seal from "../../../web/src/seal/index.js";
import { CHECKS, TOOLS, type Check, type CheckName, type ToolName } from "./checks.js";

export interface Client {
	readonly makeEngine: typeof makeEngine;
	readonly seal: typeof Seal;
}

// A bundled test runs somewhere else; the one who bundles says where tests/lib is.
export const root = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..");
const source = join(root, "web", "src");
const { build, stop } = createRequire(join(root, "web", "package.json"))("esbuild") as typeof Esbuild;
const folder = mkdtempSync(join(tmpdir(), "luotsi-evil."));

/** The source with every change made; throws where one does not fit. */
const changed = (file: string, changes: readonly Check[]): string => {
	let text = readFileSync(join(source, file), "utf8");
	for (const { text: before, instead } of changes) {
		const parts = text.split(before);
		if (parts.length !== 2) throw new Error(`${file} holds this ${parts.length - 1} times, not once: ${before}`);
		text = parts.join(instead);
	}
	return text;
};

const plugin = (changes: readonly Check[]): Esbuild.Plugin => ({
	name: "checks-taken-out",
	setup: (plan) => {
		const files = new Set(changes.map(({ file }) => file));
		for (const file of files) {
			const contents = changed(file, changes.filter((one) => one.file === file));
			const filter = new RegExp(`/web/src/${file.replaceAll(".", "\\.")}$`);
			plan.onLoad({ filter }, () => ({ contents, loader: "ts" }));
		}
	},
});

const bundle = async (name: string, changes: readonly Check[]): Promise<Client> => {
	const outfile = join(folder, `${name}.mjs`);
	const contents = `export { makeEngine } from "./client/engine.js"; export * as seal from "./seal/index.js";`;
	await build({
		stdin: { contents, resolveDir: source, loader: "ts" }, outfile, bundle: true, platform: "node", format: "esm", target: "node20", plugins: [plugin(changes)],
		nodePaths: [join(root, "web", "node_modules")], absWorkingDir: join(root, "web"), logLevel: "error",
		banner: { js: 'import { createRequire as luotsiRequire } from "node:module"; const require = luotsiRequire(import.meta.url);' },
	});
	return (await import(pathToFileURL(outfile).href)) as Client;
};

const made = new Map<string, Promise<Client>>();

/** Each is bundled once. */
export const clientWithout = (checks: readonly CheckName[], tools: readonly ToolName[] = []): Promise<Client> => {
	const name = ["client", ...checks, ...tools].join("-");
	const client = made.get(name) ?? bundle(name, [...checks.map((one) => CHECKS[one]), ...tools.map((one) => TOOLS[one])]);
	made.set(name, client);
	return client;
};

export const endClients = async (): Promise<void> => {
	await stop();
	rmSync(folder, { recursive: true, force: true });
};
