// SEAL written a second time, on node:crypto and in one piece, to check what the code of browsers makes.

import { createCipheriv, createHmac } from "node:crypto";
import { concat, utf8, type Bytes } from "../../../web/src/seal/index.js";

const hmac512 = (key: Bytes, data: Bytes): Bytes => new Uint8Array(createHmac("sha512", key).update(data).digest());

export const seal2 = (key: Bytes, context: Bytes, plain: Bytes, salt: Bytes): Bytes => {
	const info = concat(utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"), Uint8Array.of(0), salt, context);
	const t1 = hmac512(key, concat(info, Uint8Array.of(1)));
	const okm = concat(t1, hmac512(key, concat(t1, info, Uint8Array.of(2)))).subarray(0, 76);
	const parts = [salt, okm.slice(44)];
	for (let i = 0; i <= Math.floor(plain.length / 16_384); i++) {
		const nonce = okm.slice(32, 44);
		for (let k = 0, n = i; k < 4; k++, n = Math.floor(n / 256)) nonce[11 - k] = (nonce[11 - k] as number) ^ (n & 255);
		const cipher = createCipheriv("aes-256-gcm", okm.subarray(0, 32), nonce);
		const piece = Buffer.concat([cipher.update(plain.subarray(i * 16_384, (i + 1) * 16_384)), cipher.final(), cipher.getAuthTag()]);
		parts.push(new Uint8Array(piece));
	}
	return concat(...parts);
};
