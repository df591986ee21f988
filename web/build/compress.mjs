// Writes .br and .gz beside every file that gains from it, and tells the gzip size of each file.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const texts = /\.(js|css|html|svg|txt)$/;

export function compressAll(folder) {
	const sizes = new Map();
	for (const name of readdirSync(folder)) {
		const bytes = readFileSync(join(folder, name));
		if (!texts.test(name)) {
			sizes.set(name, bytes.length);
			continue;
		}
		const gz = gzipSync(bytes, { level: 9 });
		const br = brotliCompressSync(bytes, {
			params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
		});
		sizes.set(name, gz.length);
		if (gz.length >= bytes.length) continue;
		writeFileSync(join(folder, `${name}.gz`), gz);
		writeFileSync(join(folder, `${name}.br`), br);
	}
	return sizes;
}
