// The checks of the client that can be taken out, one by one, in a build for these tests: the place, the text as it stands there, and what
// stands there instead. Nothing of this is in the product: client.ts puts it into the source while it bundles, and fails
// if a text is not there exactly once. So a check that is moved or renamed is moved here too.

export interface Check {
	/** Under web/src. */
	readonly file: string;
	readonly text: string;
	readonly instead: string;
}

const gone = (file: string, text: string): Check => ({ file, text, instead: "" });

/** Checks on which a person's safety rests; the name says what is looked at. */
export const CHECKS = {
	// the control log and identity chains
	entry_signature: {
		file: "seal/replay.ts", text: "if (!(await verifyEnvelope(entry.env, pub)) || !((await entry.rare?.vouched()) ?? true))", instead: "if (!((await entry.rare?.vouched()) ?? true))",
	},
	opening_vouched: {
		file: "seal/replay.ts", text: "if (!(await verifyEnvelope(entry.env, pub)) || !((await entry.rare?.vouched()) ?? true))", instead: "if (!(await verifyEnvelope(entry.env, pub)))",
	},
	join_proof: gone("seal/replay.ts", 'if (state.invite && !(await verifyJoin(entry, state.invite.sigPub))) throw new SealError("bad_signature");'),
	chain_signature: gone("seal/replay.ts", 'if (!(await verifyIdentity(chain.state, entry, issuers))) throw new SealError("bad_signature");'),
	chain_issuer: gone("seal/identity-rules.ts", 'if (!issuerOf(c)) return "not_issuer";'),
	certificate_named: {
		file: "seal/control-state.ts", text: "last(people, (p) => p.staff && equal(p.user, user) && equal(p.sigKid, sigKid) && equal(p.cert, cert));", instead: "recordOf(people, user, sigKid);",
	},
	certificate_time: { file: "seal/control-state.ts", text: "p.validFrom <= time && time <= p.validUntil && notRevoked(p, time);", instead: "notRevoked(p, time);" },
	certificate_standing: { file: "seal/control-state.ts", text: "!record || (staff && time > record.validUntil) ||", instead: "!record ||" },
	log_link: gone("seal/control-rules.ts", 'if (!equal(env.logHead, s.head)) return "stale_head";'),
	log_index: gone("seal/control-rules.ts", 'if (env.seq !== s.n) return "bad_index";'),
	epoch_recipients: gone("seal/control-rules.ts", 'if (wanted.length !== body.wraps.length || !wanted.every((to, i) => sameRecipient(to, body.wraps[i]))) return "bad_recipients";'),
	unproven_recipient: { file: "seal/control-rules.ts", text: "(m.proof === PROOF.unproven && !equal(m.user, author.user))", instead: "false" },
	rotation_due: { file: "seal/control-state.ts", text: 's.phase === "open" && (s.pending || s.members.some(', instead: 's.phase === "open" && (s.members.some(' },
	log_goes_on: gone("client/control-log.ts", 'if (!checked && !continues(pinned(), entries.length, (n) => heads[n])) throw refusal("bad_history", "rolled_back");'),
	chain_goes_on: { file: "client/people.ts", text: "const fits = right && continues(pins()[wire.subject], chain.entries.length, headAt(chain));", instead: "const fits = right;" },
	link_root: gone("client/invitations.ts", 'if (!equal(f.rootKid, rootKid) || (root !== "" && root !== toBase64Url(rootKid))) throw refusal("root_changed");'),
	room_root: gone("client/room.ts", 'if (store.get().root !== toBase64Url(people.organisation.state.rootKid) || !people.rooted()) throw refusal("root_changed");'),
	compared_code: {
		file: "client/key-acts.ts", text: 'const compared = other(d.state(), user);\n\t\t\tif ((await codeWith(compared)) !== code) throw refusal("keys_changed");', instead: "const compared = other(d.state(), user);",
	},
	// keys of epochs
	commitment: { file: "client/epoch-keys.ts", text: "if (equal(derived.commit, keyset === KEYSET.all ? made.commit : made.staffCommit)) return key;", instead: "return key;" },
	wrap_place: { file: "seal/epoch.ts", text: "enc, info: wrapInfo(w) }, wrap", instead: "enc, info: wrapInfo(globalThis.evil.madeFor(w)) }, wrap" },
	wrap_opens: { file: "client/epoch-keys.ts", text: "unwrapKey(place, key, fromBase64Url(wrap.wrap)).catch(() => undefined)", instead: "unwrapKey(place, key, fromBase64Url(wrap.wrap))" },
	// envelopes
	suite: gone("seal/envelope.ts", 'if (w.suite !== SUITE) refuse("suite");'),
	sender_signature: gone("seal/room.ts", 'if (!(await verifyEnvelope(env, pub))) return { env, verdict: quarantined("bad_signature") };'),
	sender_member: {
		file: "seal/room-log.ts", text: 'if (!member || !equal(member.sigKid, e.senderKid)) return "not_member";', instead: "if (!member || !equal(member.sigKid, e.senderKid)) return undefined;",
	},
	staff_kinds: gone("seal/room-log.ts", 'if ((e.kind === KIND.assignment || e.kind === KIND.note) && member.role !== ROLE.staff) return "wrong_role";'),
	newer_log: gone("seal/room-window.ts", 'if (!older && link.logIndex < w.highLog) blame(link, "old_log", changed);'),
	replay_id: gone("seal/room.ts", 'if (!older && msgIds.has(hex(env.msgId))) return quarantined("replay");'),
	replay_copy: gone("seal/room.ts", "if (copy) for (const later of markReplay(copy)) changed.add(later);"),
	number_grows: gone("seal/room-window.ts", 'if (newer.seq <= older.seq) return "replay";'),
	number_whole: gone("seal/room-window.ts", 'if (newer.seq > older.seq + 1) return "gap";'),
	number_first: { file: "seal/room-window.ts", text: "if (fromBeginning) for (const { low }", instead: "if (false) for (const { low }" },
	parents: {
		file: "seal/room-window.ts", text: "const found = w.byHash.get(parent);\n\t\tif (found && found.roomSeq < link.roomSeq) continue;", instead: "const found = undefined;\n\t\tcontinue;",
	},
	newest_seen: gone("client/room.ts", "...(unseen() > 0 && unseen() <= sought ? [0] : []),"),
	place_once: {
		file: "client/conversation.ts", text: ".filter(({ seq, at }, i, all) => seq !== all[i - 1]?.seq || void unreadable.set(seq, at));", instead: ".reverse().filter(({ seq }, i, all) => seq !== all[i - 1]?.seq).reverse();",
	},
	place_room: gone("seal/room.ts", 'if (!equal(env.org, facts.org) || !equal(env.room, facts.room)) return { env, verdict: quarantined("wrong_room") };'),
	place_state: gone("seal/room-log.ts", 'if (!equal(e.org, state.org) || !equal(e.room, state.room)) return "wrong_room";'),
	log_known: {
		file: "seal/room.ts", text: 'const at = facts.log.find(env.logHead);\n\tif (!at) return { env, verdict: { kind: "needs_log" } };',
		instead: "const at = facts.log.find(env.logHead) ?? { index: facts.log.size() - 1, state: facts.log.latest() };",
	},
	body_opens: { file: "client/conversation.ts", text: "return { ...nothing, doubt: wordOf(thrown) };", instead: "return nothing;" },
	only_sealed: {
		file: "seal/content.ts", text: "unpad(await open(key, await labelledHash(LABEL.msg, e.header), e.body))", instead: "unpad(await open(key, await labelledHash(LABEL.msg, e.header), e.body).catch(() => e.body.slice(0, 256)))",
	},
	tombstone_explained: gone("seal/room.ts", 'if (link.erasedBy !== undefined && !w.deletes.has(link.erasedBy)) return quarantined("unexplained_tombstone");'),
	own_change: { file: "seal/content.ts", text: "equal(change.sender, target.sender) && target.kind", instead: "target.kind" },
	// files
	part_length: { file: "seal/file.ts", text: 'if (n >= shape.parts || bytes.length !== shape.part(n)) throw new SealError("length");', instead: "bytes = bytes.subarray(0, shape.part(n));" },
	part_digests: gone("seal/file.ts", 'if (!equal(found.parts, hashes.parts)) throw new SealError("digest");'),
	file_hash: gone("seal/file.ts", 'if (!equal(found.content, hashes.content)) throw new SealError("hash");'),
	sealed_once: gone("seal/file.ts", 'if (begun.has(n)) throw new SealError("sealed_twice");'),
	chunk_number: { file: "seal/seal.ts", text: "view.setUint32(8, (view.getUint32(8) ^ i) >>> 0);", instead: "void i;" },
	held_part: gone("client/files-transfer.ts", 'if (digest && !equal(digest, part.digest)) throw refusal("other_part");'),
	// a person's own keys
	argon2_cost: gone("seal/unlock.ts", 'if (!fits) throw new SealError("params");'),
	unlocker_list: gone("client/account.ts", 'if (!listed) throw refusal("wrong_list");'),
	state_version: gone("client/room.ts", 'if (echo.stateVersion > store.version()) c.older("old_state", echo.stateVersion);'),
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** What an evil person's own client does otherwise. */
export const TOOLS = {
	creates_uncertified: {
		file: "client/invitations.ts", text: 'const cert = c.people.chain(c.me.user)?.state.cert;\n\tif (!cert) throw refusal("not_certified");',
		instead: "const cert = c.people.chain(c.me.user)?.state.cert ?? { hash: new Uint8Array(32) };",
	},
	wraps_to_all: { file: "seal/control-rules.ts", text: "const recipients = state.members.filter(gets);", instead: "const recipients = state.members;" },
	wraps_another_key: { file: "client/epoch-make.ts", text: "to.keyset === KEYSET.all ? ek : sk)", instead: "to.keyset === KEYSET.all ? globalThis.evil.keyFor(to, ek) : sk)" },
} as const satisfies Record<string, Check>;

export type ToolName = keyof typeof TOOLS;
