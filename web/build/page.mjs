// The one static document: what is needed first is asked for in its head, all at once.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function page(from, to, { app, engine, old }) {
	const head = [
		`<link rel="stylesheet" href="/${app.css}">`,
		`<script type="module" src="/${app.file}"></script>`,
		...(engine ? [`<link rel="modulepreload" href="/${engine.file}">`] : []),
		`<script nomodule src="/${old}"></script>`,
	];
	for (const name of readdirSync(from)) {
		if (name !== "index.html") copyFileSync(join(from, name), join(to, name));
	}
	const html = readFileSync(join(from, "index.html"), "utf8");
	if (!html.includes("<!--head-->")) throw new Error("public/index.html has no <!--head-->");
	writeFileSync(join(to, "index.html"), html.replace("<!--head-->", head.join("\n\t")));
}
