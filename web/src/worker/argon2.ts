// Argon2id in a worker of its own: the only script that may compile WebAssembly.

import { argon2id } from "hash-wasm";
import type { Argon2Params, Bytes } from "../seal/index.js";

addEventListener("message", async ({ data }: MessageEvent<{ password: Bytes; params: Argon2Params }>) => {
	const { password, params } = data;
	const hash = await argon2id({
		password, salt: params.salt, parallelism: params.lanes, iterations: params.passes, memorySize: params.memoryKib, hashLength: 32,
		outputType: "binary",
	});
	password.fill(0);
	postMessage(hash);
});
