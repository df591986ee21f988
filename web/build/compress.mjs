// Writes .br and .gz beside every file that gains from it, and tells what of each file is sent: { gz, br }.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const texts = /\.(js|css|html|svg|txt)$/;

export function compressAll(folder) {
	const sizes = new Map();
	for (const name of readdirSync(folder)) {
		const bytes = readFileSync(join(folder, name));
		if (!texts.test(name)) {
			sizes.set(name, { gz: bytes.length, br: bytes.length });
			continue;
		}
		const gz = gzipSync(bytes, { level: 9 });
		const br = brotliCompressSync(bytes, {
			params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
		});
		sizes.set(name, { gz: gz.length, br: br.length });
		if (gz.length >= bytes.length) continue;
		writeFileSync(join(folder, `${name}.gz`), gz);
		writeFileSync(join(folder, `${name}.br`), br);
	}
	return sizes;
}
