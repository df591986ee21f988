// Invitations by e-mail. Staff send one, hear who has identified with it, compare the short code with them and let them in, or take it
// back. A client who came by one waits, and sees with whom to compare: certified staff of the room, under the root that the link named.

import type { Id, Inviting, MailedView, WaitView } from "./api.js";
import { makeControlLog } from "./control-log.js";
import { createEmptyRoom } from "./invitations.js";
import { furnish, type RareDeps } from "./rare-acts.js";
import { refusal, wordOf } from "./refusal.js";
import { certificateOf } from "./room-view.js";
import { markOf, withMark, withPin } from "./user-state.js";
import { activeStaff, compareCode, isPresent, ROLE, toBase64Url, type Bytes } from "../seal/index.js";

type Staff = Omit<Inviting, "waits">;

const forStaff = (d: RareDeps): Staff => {
	const waiting = async (room: Id, user: Id | undefined): Promise<MailedView["waits"]> => {
		if (user === undefined) return null;
		const { people } = d.self();
		await people.refresh([user]);
		const chain = people.chain(user);
		const { members } = (await d.prepared(room)).log.state();
		return { user, kid: chain && !people.broken(user) ? toBase64Url(chain.state.encKid) : "", first: !members.some((m) => m.role === ROLE.client) };
	};

	return {
		begin: async ({ name, welcome }) => {
			const room = await createEmptyRoom(d.context());
			await furnish(d, room, name, welcome);
			return { room };
		},
		mail: async (room, address, language) => {
			const { people } = d.self();
			await (await d.prepared(room)).acts.retireInvite();
			const { expires_at: expiresAt } = await d.call("invitation_mail", { room, address, language, root_kid: toBase64Url(people.organisation.state.rootKid) });
			await d.rooms.refresh();
			return { expiresAt };
		},
		mailed: async (room) => {
			const { state, expires_at: expiresAt, claimed_by: user } = await d.call("invitation_mail_state", { room });
			return { state, expiresAt: expiresAt ?? 0, waits: await waiting(room, user) };
		},
		withdraw: async (room) => {
			await d.call("invitation_end", { room }).catch((thrown: unknown) => {
				if (wordOf(thrown) !== "not_found") throw thrown;
			});
			const one = await d.prepared(room);
			await one.acts.retireInvite();
			one.show();
			await d.rooms.refresh();
		},
		code: async (room, user) => (await d.prepared(room)).acts.codeOf(user),
		letIn: async (room, user, code, history) => {
			if ((await d.call("invitation_mail_state", { room })).claimed_by !== user) throw refusal("not_found");
			const one = await d.prepared(room);
			const newest = one.conversation.timeline.newest();
			await one.acts.letIn(user, code, history === "all" ? "all" : newest && { seq: newest.seq, hash: newest.env.hash });
			await d.rooms.refresh();
		},
		turnAway: async (room, user) => {
			await d.call("invitation_end", { room, waiting: user });
			await d.rooms.refresh();
		},
	};
};

/** The log of a room that is not ours yet, verified as for a member. */
const readLog = async (d: RareDeps, room: Id): Promise<WaitView["with"]> => {
	const { people, me, store, account, call } = d.context();
	if (store.get().root !== toBase64Url(people.organisation.state.rootKid) || !people.rooted()) throw refusal("root_changed");
	const log = makeControlLog(call, people, me.org, room, () => markOf(store.get(), room).log);
	await log.sync();
	const records = people.records();
	const staff = activeStaff(log.state()).filter((member) => isPresent(member, records, Date.now())); // keys that have ended let nobody in
	for (const user of staff.map((member) => toBase64Url(member.user))) {
		const seen = people.seen()[user];
		if (seen) store.change((s) => withPin(s, user, seen));
	}
	store.change((s) => withMark(s, room, { log: log.seen() }));
	const { sig, enc } = account().keys;
	const own = { sigKid: sig.kid, encKid: (enc[0] as { kid: Bytes }).kid };
	return Promise.all(staff.map(async (member) => {
		const user = toBase64Url(member.user);
		const { name, employer } = certificateOf(people, user) ?? { name: "", employer: "" };
		return { user, name, employer, code: await compareCode(own, member) };
	}));
};

export const makeInviting = (d: RareDeps): Inviting => ({
	...forStaff(d),
	waits: async () => {
		const { store } = d.context();
		const { rooms } = await d.call("invitation_waits", {});
		const views: WaitView[] = [];
		for (const { room, expires_at: expiresAt } of rooms) {
			const read = await readLog(d, room).then((found) => ({ with: found, problem: null }), (thrown: unknown) => ({ with: [], problem: wordOf(thrown) }));
			views.push({ room, expiresAt, ...read });
		}
		const there = new Set([...rooms.map(({ room }) => room), ...d.rooms.rows().map(({ room }) => room)]);
		for (const room of store.get().waits.filter((one) => !there.has(one))) views.push({ room, expiresAt: 0, with: [], problem: "gone" });
		const left = rooms.map(({ room }) => room).sort();
		if (left.join() !== [...store.get().waits].sort().join()) store.change((s) => ({ ...s, waits: left }));
		d.tellSelf();
		return views;
	},
});
