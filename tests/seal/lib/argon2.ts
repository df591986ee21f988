import { argon2id as hash } from "hash-wasm";
import { type Argon2id } from "../../../web/src/seal/index.js";

/** The function that browsers run in a worker of its own. */
export const argon2id: Argon2id = async (password, p) =>
	new Uint8Array(await hash({
		password, salt: p.salt, iterations: p.passes, memorySize: p.memoryKib, parallelism: p.lanes, hashLength: 32, outputType: "binary",
	}));
