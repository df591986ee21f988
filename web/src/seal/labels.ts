// Every label of the protocol, and nowhere else. proto/vectors/derive.json holds one derivation for each.

export const LABEL = {
	kidSig: "luotsi/v1/kid/sig",
	kidEnc: "luotsi/v1/kid/enc",
	msg: "luotsi/v1/msg",
	env: "luotsi/v1/env",
	sig: "luotsi/v1/sig",
	keyMsg: "luotsi/v1/key/msg",
	keyFile: "luotsi/v1/key/filekey",
	keyNote: "luotsi/v1/key/note",
	keyInvite: "luotsi/v1/key/invite",
	keyUserKeys: "luotsi/v1/key/userkeys",
	keyUserState: "luotsi/v1/key/userstate",
	keyUnlockers: "luotsi/v1/key/unlockers",
	keyDraft: "luotsi/v1/key/draft",
	commit: "luotsi/v1/commit",
	commitStaff: "luotsi/v1/commit/staff",
	wrap: "luotsi/v1/wrap",
	wrapHash: "luotsi/v1/wraphash",
	invite: "luotsi/v1/invite",
	token: "luotsi/v1/token",
	rotate: "luotsi/v1/rotate",
	join: "luotsi/v1/join",
	code: "luotsi/v1/code",
	codeCheck: "luotsi/v1/code/check",
	unlocker: "luotsi/v1/unlocker",
	unlockers: "luotsi/v1/unlockers",
	unlockPassphrase: "luotsi/v1/unlock/passphrase",
	unlockCode: "luotsi/v1/unlock/code",
	unlockPasskey: "luotsi/v1/unlock/passkey",
	prf: "luotsi/v1/prf",
	userKeys: "luotsi/v1/userkeys",
	userState: "luotsi/v1/userstate",
	draft: "luotsi/v1/draft",
	draftSlot: "luotsi/v1/draft/slot",
	oidcNonce: "luotsi/v1/oidc-nonce",
	carried: "luotsi/v1/carried",
	share: "luotsi/v1/share",
	file: "luotsi/v1/file",
	fileKey: "luotsi/v1/file/key",
	fileHash: "luotsi/v1/file/hash",
	breakGlass: "luotsi/v1/break-glass",
	recoveryRequest: "luotsi/v1/recovery-request",
} as const;

export type Label = (typeof LABEL)[keyof typeof LABEL];

export const MAGIC = "LUO1";
export const UNLOCKER_MAGIC = "LUU1";
export const SUITE = 1;
export const SEAL_INFO = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
