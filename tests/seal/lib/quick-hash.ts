// SHA-256 at once instead of by a job of WebCrypto's, for the hundred thousands of small hashes of the generated entries; that both
// are the same is shown by every vector. Importing this changes crypto.subtle.digest of this process.

import { createHash } from "node:crypto";

const digest = (_algorithm: string, data: Uint8Array): Promise<ArrayBuffer> => {
	const hash = new Uint8Array(32);
	hash.set(createHash("sha256").update(data).digest());
	return Promise.resolve(hash.buffer);
};

Object.defineProperty(crypto.subtle, "digest", { value: digest });
