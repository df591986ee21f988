// What opens one sealed body and nothing else: the key and nonce that SEAL derives for its salt and context (FORMAT.md section 2). With
// it the export proves what an envelope says, without the key of its epoch, which would open what is written after the export too.

import { mac, type SealKey } from "../seal/derive.js";
import { concat, SealError, utf8, type Bytes } from "../seal/bytes.js";
import { SEAL_INFO } from "../seal/labels.js";
import { CHUNK, SEAL_PREFIX, TAG } from "../seal/seal.js";

const SALT = 24;
const KEY = 32;
export const OPENING = 44;

export const openingOf = async (key: SealKey, context: Bytes, sealed: Bytes): Promise<Bytes> =>
	(await mac(key, concat(utf8(SEAL_INFO), sealed.subarray(0, SALT), context, Uint8Array.of(1)))).slice(0, OPENING);

const nonceOf = (base: Bytes, i: number): Bytes => {
	const nonce = base.slice();
	const view = new DataView(nonce.buffer);
	view.setUint32(8, (view.getUint32(8) ^ i) >>> 0);
	return nonce;
};

/** Throws SealError("sealed") for an opening of something else. The rest of the commitment needs the epoch's key and is not checked here. */
export const openWith = async (opening: Bytes, sealed: Bytes): Promise<Bytes> => {
	if (opening.length !== OPENING || sealed.length < SEAL_PREFIX + TAG) throw new SealError("sealed");
	const key = await crypto.subtle.importKey("raw", opening.slice(0, KEY), "AES-GCM", false, ["decrypt"]);
	const pieces: Bytes[] = [];
	const size = CHUNK + TAG;
	for (let at = SEAL_PREFIX, i = 0; at < sealed.length; at += size, i++) {
		const piece = sealed.slice(at, at + size);
		const mode = { name: "AES-GCM", iv: nonceOf(opening.slice(KEY), i) };
		const plain = await crypto.subtle.decrypt(mode, key, piece).catch(() => {
			throw new SealError("sealed");
		});
		pieces.push(new Uint8Array(plain));
	}
	return concat(...pieces);
};
