// Builds the site into dist/ (hashed, immutable names; .br beside) and the bundles for Node
// into dist-node/. Order matters: the Argon2 worker's name is written into the engine worker, the
// engine worker's into the page, so that each is a constant path (Trusted Types) and cached for ever.
//   node build.mjs             everything
//   node build.mjs --stand-in  the site alone, into dist-stand-in/, with the in-memory engine of tests/browser
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "./build/bundle.mjs";
import { common as commonPasswords } from "./build/common.mjs";
import { compressAll } from "./build/compress.mjs";
import { offlinePage } from "./build/offline.mjs";
import { page } from "./build/page.mjs";
import { pdfParser } from "./build/pdf.mjs";
import { texts } from "./build/texts.mjs";
import { tokens } from "./build/tokens.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const source = join(web, "src");
const generated = join(source, "gen");
const standIn = process.argv.includes("--stand-in");
const target = join(web, standIn ? "dist-stand-in" : "dist");
const next = `${target}.next`;
const limit = 60_000; // bytes of compressed JavaScript and CSS before the first message

const common = {
	bundle: true,
	format: "esm",
	target: "es2022",
	jsx: "automatic",
	jsxImportSource: "preact",
	legalComments: "none",
	charset: "utf8",
	logLevel: "warning",
	logOverride: { "duplicate-object-key": "silent" }, // fontkit has one; of ours the compiler finds them
	absWorkingDir: web,
	nodePaths: [join(web, "node_modules")],
};

const browser = {
	...common,
	// h() is in Preact itself and says the same in fewer bytes than the automatic runtime
	tsconfigRaw: { compilerOptions: { strict: true, verbatimModuleSyntax: true, jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" } },
	inject: [join(web, "build", "jsx.mjs")],
	minify: true,
	outdir: next,
	entryNames: "[name]-[hash]",
	chunkNames: "part-[hash]",
	assetNames: "[name]-[hash]",
	loader: { ".woff2": "file", ".ttf": "file" },
};

function generate() {
	mkdirSync(join(generated, "text"), { recursive: true });
	texts(join(source, "text"), join(generated, "text"));
	writeFileSync(join(generated, "tokens.css"), tokens(web));
	writeFileSync(join(generated, "common.ts"), commonPasswords(web));
	const protogen = join(web, "..", "proto", "protogen.py");
	if (!existsSync(protogen)) return;
	const ran = spawnSync("python3", [protogen, "--ts", join(generated, "proto.ts")], { stdio: "inherit" });
	if (ran.status !== 0) throw new Error("proto/protogen.py --ts failed");
}

const bundled = (entry, name, define = {}) => bundle({ ...browser, define, plugins: standIn ? [useStandIn, pdfParser] : [pdfParser] }, join(source, entry), name);

const useStandIn = {
	name: "stand-in",
	setup(plan) {
		plan.onResolve({ filter: /worker\/client(\.ts|\.js)?$/ }, () => ({ path: join(web, "..", "tests", "browser", "stand-in.ts") }));
	},
};

/** Styles alone; gives the name of the file. */
async function styles(entry) {
	const { metafile } = await build({ ...browser, entryPoints: [join(source, entry)], metafile: true });
	return basename(Object.keys(metafile.outputs).find((name) => name.endsWith(".css")));
}

async function site() {
	rmSync(next, { recursive: true, force: true });
	mkdirSync(next, { recursive: true });
	let engine = { file: "none.js" };
	let argon2 = { file: "none.js" };
	if (!standIn) {
		argon2 = await bundled("worker/argon2.ts", "argon2");
		engine = await bundled("worker/engine.ts", "engine", { ARGON2_WORKER: JSON.stringify(`/${argon2.file}`) });
	}
	const taking = await bundled("export/worker.ts", "export");
	const late = await styles("app/styles/late.css");
	const old = await bundled("app/old.ts", "old");
	const pdf = await bundled("worker/file-pdf.ts", "pdf");
	const opening = "avaaminen.html";
	const unfonted = { ...browser, loader: { ".woff2": "empty" } };
	const sum = await offlinePage(unfonted, join(source, "ceremony/page/main.tsx"), { title: "Luotsi", language: "fi", file: opening });
	const reading = "lukusivu.html";
	const readingSum = await offlinePage(unfonted, join(source, "returned/page/main.tsx"), { title: "Luotsi", language: "fi", file: reading });
	const known = { ENGINE_WORKER: engine.file, LATE_STYLE: late, PDF_WORKER: pdf.file, EXPORT_WORKER: taking.file };
	const paths = Object.fromEntries(Object.entries(known).map(([name, file]) => [name, JSON.stringify(`/${file}`)]));
	const checker = await offlinePage(browser, join(source, "verify/page.tsx"), { title: "Luotsi", language: "fi", file: "tarkistus.html" });
	const app = await bundled("app/main.tsx", "app", { ...paths, VERIFY_SUM: JSON.stringify(checker), RECOVERY_PAGE: JSON.stringify(`/${opening}`), RECOVERY_SUM: JSON.stringify(sum), READING_PAGE: JSON.stringify(`/${reading}`), READING_SUM: JSON.stringify(readingSum) });
	const first = [app.file, app.css, ...(standIn ? [] : [engine.file])];
	page(join(web, "public"), next, { app, engine: standIn ? null : engine, old: old.file });
	console.log(`tarkistus.html  SHA-256 ${checker}`);
	const sizes = compressAll(next);
	budget(first.map((name) => ({ name, sent: sizes.get(name) })));
	rmSync(target, { recursive: true, force: true });
	renameSync(next, target);
}

function budget(files) {
	let total = 0;
	for (const { name, sent } of files) {
		console.log(`${String(sent).padStart(8)} br  ${name}`);
		total += sent;
	}
	console.log(`${String(total).padStart(8)} br  before the first message (at most ${limit} sent)`);
	if (total > limit) throw new Error(`The first page sends ${total} bytes of JavaScript and CSS, more than ${limit}.`);
}

// Node 18, which Debian 12 has, shows WebCrypto only to those who ask; `ws` wants a require.
const nodeBanner = [
	'import { createRequire as luotsiRequire } from "node:module";',
	'import { webcrypto as luotsiCrypto } from "node:crypto";',
	"globalThis.crypto ??= luotsiCrypto;",
	"const require = luotsiRequire(import.meta.url);",
].join(" ");

async function node() {
	const entries = { demo: "demo/main.ts", client: "client/index.ts", seal: "seal/index.ts" };
	for (const [name, entry] of Object.entries(entries)) {
		if (!existsSync(join(source, entry))) continue;
		await build({
			...common,
			platform: "node",
			entryPoints: [join(source, entry)],
			outfile: join(web, "dist-node", `${name}.mjs`),
			banner: { js: nodeBanner },
		});
	}
}

try {
	generate();
	if (!process.argv.includes("--node-only")) await site();
	if (!standIn) await node();
	const version = JSON.parse(readFileSync(join(web, "package.json"), "utf8")).version;
	console.log(`Built luotsi-web ${version}${standIn ? " with the stand-in" : ""}.`);
} catch (error) {
	rmSync(next, { recursive: true, force: true });
	console.error(`build: ${error instanceof Error ? error.message : error}`);
	process.exit(1);
}
