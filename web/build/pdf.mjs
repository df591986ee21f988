// Two places of pdf.js's parser are written for another house than this, and are changed while it is bundled; a version that does not
// have them word for word ends the build.
//   - It takes every worker for its own and answers what the page says to it. Here it is a part of a worker of ours (worker/file-pdf.ts).
//   - It finds the decoders of some pictures by an address that it puts together at run time. Here they are pieces of the bundle by name:
//     no WebAssembly, and no other address than the site's own hashed files.
import { readFile } from "node:fs/promises";

const decoders = ["openjpeg_nowasm_fallback.js", "jbig2_nowasm_fallback.js"]
	.map((name) => `this._noWasmFilename === "${name}" ? await import("pdfjs-dist/wasm/${name}")`)
	.join(" : ");

const changes = [
	[/await import\(\s*(?:\/\*[^*]*\*\/\s*)*`\$\{[^}]+\}\$\{this\._noWasmFilename\}`\s*\)/, `(${decoders} : undefined)`],
	[/static \{\s*if \(typeof window === "undefined" && !isNodeJS[^{]*\{\s*this\.initializeFromPort\(self\);\s*\}\s*\}/, ""],
];

const changed = (text, [was, is]) => {
	if (!was.test(text)) throw new Error(`pdf.js has no ${was} any more: build/pdf.mjs`);
	return text.replace(was, is);
};

export const pdfParser = {
	name: "pdf-parser",
	setup(plan) {
		plan.onLoad({ filter: /pdfjs-dist[\\/]legacy[\\/]build[\\/]pdf\.worker\.mjs$/ }, async ({ path }) => ({
			contents: changes.reduce(changed, await readFile(path, "utf8")), loader: "js",
		}));
	},
};
