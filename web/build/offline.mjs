// A page in one file, for use without a network: script and style stand in it, and its policy allows these two, by their hashes, and
// nothing else. It works from a disk.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const hashed = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

/** `entry` draws into the body. Fonts are those that are there. Gives the file's SHA-256 in hex. */
export async function offlinePage(options, entry, { title, language, file }) {
	const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false, splitting: false, entryNames: "[name]" });
	const text = (end) => outputFiles.find(({ path }) => path.endsWith(end))?.text.trim() ?? "";
	const [script, style] = [text(".js").replaceAll("</script", "<\\/script"), text(".css").replace(/@font-face\{[^}]*\}/g, "")];
	const policy = `default-src 'none'; script-src ${hashed(script)}; style-src ${hashed(style)}; connect-src 'none'; base-uri 'none'; form-action 'none'`;
	const html = [
		"<!doctype html>", `<html lang="${language}">`, "<head>", '<meta charset="utf-8">', `<meta http-equiv="content-security-policy" content="${policy}">`,
		'<meta name="viewport" content="width=device-width, initial-scale=1">', `<title>${title}</title>`, `<style>${style}</style>`, "</head>", "<body>",
		`<script type="module">${script}</script>`, "</body>", "</html>", "",
	].join("\n");
	writeFileSync(join(options.outdir, file), html);
	return createHash("sha256").update(html, "utf8").digest("hex");
}
