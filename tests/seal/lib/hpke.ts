// RFC 9180 base mode written a second time, on node:crypto: what wraps are checked against when the code of browsers made them.

import { createDecipheriv, createECDH, createHmac } from "node:crypto";
import { concat, u16, utf8, zeroes, type Bytes } from "../../../web/src/seal/index.js";

const hmac = (key: Bytes, data: Bytes): Bytes => new Uint8Array(createHmac("sha256", key).update(data).digest());
const VERSION = utf8("HPKE-v1");

interface Suite {
	readonly id: Bytes;
	readonly extract: (salt: Bytes, label: string, ikm: Bytes) => Bytes;
	readonly expand: (prk: Bytes, label: string, info: Bytes, n: number) => Bytes;
}

const suiteOf = (id: Bytes): Suite => ({
	id,
	extract: (salt, label, ikm) => hmac(salt.length > 0 ? salt : zeroes(32), concat(VERSION, id, utf8(label), ikm)),
	expand: (prk, label, info, n) => {
		let [out, last] = [zeroes(0), zeroes(0)];
		for (let i = 1; out.length < n; i++) {
			last = hmac(prk, concat(last, u16(n), VERSION, id, utf8(label), info, Uint8Array.of(i)));
			out = concat(out, last);
		}
		return out.slice(0, n);
	},
});

export interface HpkeRecipient {
	readonly priv: Bytes;
	readonly pub: Bytes;
}

/** DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM (aead 1) or AES-256-GCM (aead 2); the first message. */
export const openBase = (aead: 1 | 2, to: HpkeRecipient, enc: Bytes, info: Bytes, aad: Bytes, sealed: Bytes): Bytes => {
	const ecdh = createECDH("prime256v1");
	ecdh.setPrivateKey(to.priv);
	const dh = new Uint8Array(ecdh.computeSecret(enc));
	const kem = suiteOf(concat(utf8("KEM"), u16(0x10)));
	const secret = kem.expand(kem.extract(zeroes(0), "eae_prk", dh), "shared_secret", concat(enc, to.pub), 32);
	const hpke = suiteOf(concat(utf8("HPKE"), u16(0x10), u16(1), u16(aead)));
	const context = concat(zeroes(1), hpke.extract(zeroes(0), "psk_id_hash", zeroes(0)), hpke.extract(zeroes(0), "info_hash", info));
	const prk = hpke.extract(secret, "secret", zeroes(0));
	const key = hpke.expand(prk, "key", context, aead === 1 ? 16 : 32);
	const nonce = hpke.expand(prk, "base_nonce", context, 12);
	const cipher = createDecipheriv(aead === 1 ? "aes-128-gcm" : "aes-256-gcm", key, nonce);
	cipher.setAuthTag(sealed.subarray(sealed.length - 16));
	cipher.setAAD(aad);
	return new Uint8Array(Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]));
};
