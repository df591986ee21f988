// Serves a built site as the real server does (same headers, same fall-back to the one document), for tests of the page alone.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain" };
const headers = {
	"content-security-policy":
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app",
	"x-content-type-options": "nosniff",
	"referrer-policy": "no-referrer",
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-embedder-policy": "require-corp",
};

export function serve(folder, api = {}) {
	const server = createServer((request, response) => {
		const { pathname } = new URL(request.url, "http://localhost");
		if (pathname.startsWith("/api/")) {
			const answer = api[pathname.slice(5)];
			response.writeHead(answer ? 200 : 404, { ...headers, "content-type": "application/json" });
			return response.end(JSON.stringify(answer ? { ok: answer } : { err: "unknown_op" }));
		}
		const file = join(folder, extname(pathname) ? pathname : "index.html");
		if (!existsSync(file)) return response.writeHead(404, headers).end();
		response.writeHead(200, { ...headers, "content-type": types[extname(file)] ?? "application/octet-stream" });
		response.end(readFileSync(file));
	});
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => resolve({ origin: `http://localhost:${server.address().port}`, close: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) }));
	});
}
