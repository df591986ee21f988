// One entry as one file. Over a slow line each file costs a handshake of its own, but esbuild leaves what an entry and its later pieces
// share in pieces beside both. So it splits first; then the entry and all that it needs at once become one file, which also gives the
// later pieces their share, and those are written again to take it from there. Names end in a hash of everything.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const HASH = 8;

/** What the entry needs before anything else, itself last. */
function firstOf(outputs, entry) {
	const needed = new Set();
	const walk = (path) => {
		for (const { kind, path: next } of outputs[path].imports) if (kind === "import-statement" && !needed.has(next)) walk(next);
		needed.add(path);
	};
	walk(entry);
	return [...needed];
}

/** Where a piece finds the others: `names` are files of their own, `texts` become part of what is built. */
const finder = (names, texts) => ({
	name: "pieces",
	setup(plan) {
		plan.onResolve({ filter: /.*/ }, ({ path }) => {
			const name = basename(path);
			return texts.has(name) ? { path: name, namespace: "piece" } : { path: `./${names.get(name) ?? name}`, external: true };
		});
		plan.onLoad({ filter: /.*/, namespace: "piece" }, ({ path }) => ({ contents: texts.get(path), loader: "js" }));
	},
});

const listed = (exports, by) => exports.map((name) => by(name)).join(", ");

/** What an entry shares is called outside as it is inside: a second name for each would have to be sent. Gives who knows it by the name that it had. */
function shareByOwnNames(path) {
	const own = new Map();
	const text = readFileSync(path, "utf8").replace(/export\{([^{}]*)\};\s*$/, (_, list) => {
		for (const one of list.split(",")) {
			const [name, shared = name] = one.split(" as ");
			own.set(shared, name);
		}
		return `export{${[...new Set(own.values())].join(",")}};\n`;
	});
	writeFileSync(path, text);
	return (shared) => {
		if (!own.has(shared)) throw new Error(`${path} does not share ${shared}`);
		return own.get(shared);
	};
}

/** `options` are esbuild's. Writes the files into outdir and gives { file, css } by their names there. */
export async function bundle(options, entry, name) {
	const { metafile, outputFiles } = await build({ ...options, splitting: true, entryPoints: { [name]: entry }, write: false, metafile: true });
	const { outputs } = metafile;
	const [made, { cssBundle }] = Object.entries(outputs).find(([, out]) => out.entryPoint !== undefined && entry.endsWith(out.entryPoint));
	const digest = createHash("sha256").update(readFileSync(new URL(import.meta.url))); // the same pieces are joined otherwise when this is
	for (const file of outputFiles.sort((a, b) => (a.path < b.path ? -1 : 1))) digest.update(file.contents);
	const mark = digest.digest("hex").slice(0, HASH).toUpperCase();
	const file = `${name}-${mark}.js`;
	const isCode = ({ path }) => path.endsWith(".js");
	for (const { path, contents } of outputFiles.filter((one) => !isCode(one))) writeFileSync(join(options.outdir, basename(path)), contents);

	const first = firstOf(outputs, made);
	const code = new Map(outputFiles.filter(isCode).map(({ path, text }) => [basename(path), text]));
	const firstNames = first.map((path) => basename(path));
	const laterNames = [...code.keys()].filter((one) => !firstNames.includes(one));
	const names = new Map(laterNames.map((one, n) => [one, `${n}-${mark}.js`])); // the mark is of all: a hash of each would only be longer
	const shares = first.slice(0, -1).map((path, at) => ({ name: basename(path), exports: outputs[path].exports, at }));
	const again = { ...options, inject: [], metafile: false, entryNames: "[name]", write: true };
	const whole = [...shares.map((one) => `export { ${listed(one.exports, (e) => `${e} as p${one.at}_${e}`)} } from "./${one.name}";`), `import "./${basename(made)}";`];
	const texts = new Map(firstNames.map((one) => [one, code.get(one)])).set("whole", whole.join("\n"));
	await build({ ...again, entryPoints: { [file.slice(0, -3)]: "whole" }, plugins: [finder(names, texts)] });
	const ownName = shareByOwnNames(join(options.outdir, file));
	for (const one of laterNames) {
		const given = shares.map((share) => [share.name, `export { ${listed(share.exports, (e) => `${ownName(`p${share.at}_${e}`)} as ${e}`)} } from "./${file}";`]);
		const piece = new Map([...given, [one, code.get(one)]]);
		await build({ ...again, entryPoints: { [names.get(one).slice(0, -3)]: one }, plugins: [finder(names, piece)] });
	}
	return { file, css: cssBundle && basename(cssBundle) };
}
