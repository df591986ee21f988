// Writes a .br beside every file that gains from it, and tells how many bytes of each file are sent. Every browser that can run
// this takes Brotli over TLS, so that nothing else is made.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const texts = /\.(js|css|html|svg|txt)$/;

export function compressAll(folder) {
	const sizes = new Map();
	for (const name of readdirSync(folder)) {
		const bytes = readFileSync(join(folder, name));
		if (!texts.test(name)) {
			sizes.set(name, bytes.length);
			continue;
		}
		const br = brotliCompressSync(bytes, {
			params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
		});
		sizes.set(name, Math.min(br.length, bytes.length));
		if (br.length < bytes.length) writeFileSync(join(folder, `${name}.br`), br);
	}
	return sizes;
}
