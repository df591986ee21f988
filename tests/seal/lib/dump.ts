// States as text and its hash, the same as tests/seal/seal_dump.c writes (README.md here).

import { createHash } from "node:crypto";
import { utf8, type Bytes, type ControlState, type IdentityState } from "../../../web/src/seal/index.js";

const hex = (b: Bytes): string => Buffer.from(b.buffer, b.byteOffset, b.length).toString("hex");
const digest = (lines: string[]): string => createHash("sha256").update(lines.map((line) => `${line}\n`).join("")).digest("hex");
const words = (...fields: (string | number | boolean | Bytes)[]): string =>
	fields.map((f) => (typeof f === "boolean" ? Number(f) : f instanceof Uint8Array ? hex(f) : f)).join(" ");

const PHASE = { none: 0, open: 1, closed: 2 } as const;

export const controlDigest = (s: ControlState): string =>
	digest([
		words("control", s.n, s.org, s.room, s.head),
		words("room", PHASE[s.phase], s.agreement, s.retention, s.rootKid, s.recoveryKid, s.epoch, s.pending),
		...s.members.map((m) => words("member", m.user, m.role, m.sigKid, m.encKid, m.cert, m.proof, m.active, m.lapsed, m.since, m.from, m.resets)),
		...(s.invite ? [words("invite", s.invite.id, s.invite.sigPub, s.invite.encKid, s.invite.expires, s.invite.from)] : []),
		...s.epochs.map((e) => words("epoch", e.author, e.unproven, e.commit, e.staffCommit, e.recoveryWrapped)),
	]);

export const identityDigest = (s: IdentityState): string =>
	digest([
		words("identity", s.n, s.org, s.subject, s.head),
		words("keys", s.sigKid, s.encKid, s.revoked, s.resets),
		...s.known.map((kid) => words("known", kid)),
		...(s.cert ? [words("cert", s.cert.hash, s.cert.role, utf8(s.cert.name), utf8(s.cert.employer), s.cert.validFrom, s.cert.validUntil)] : []),
		words("root", s.rootKid, s.recoveryKid),
		...s.issuers.map((i) => words("issuer", i.user, i.kid, i.validUntil, i.revoked)),
	]);
