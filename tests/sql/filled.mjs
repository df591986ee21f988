// A room's organisation with a row in every table, so that whoever looks where they must not finds something. A new table with
// a column org gets its row here: tenancy.test.mjs insists.

import { id, rand32, terms, within, zero } from './lib.mjs';

// Gives the ids by the names that statements have for them.
export async function fill(owner, room) {
	const account = room.client.account, staff = room.staff.account;
	const ids = {
		org: room.org, agreement: room.agreement, room: room.room, account, staff, template: id(), file: id(), invite: id(), mailed: id(), mail: id(), msg_id: id(),
		batch: id(), hold: id(), erasure: id(), doomed: id(), address: id(), slot: id(), session: id(), token_hash: rand32(), invitation_hash: rand32(),
		enrolment_hash: rand32(), passkey: id(), credential: rand32(), office: id(), contact: id(), succession: id(),
		request: id(), breach: id(), note: id() };
	await within(owner, room.org, async () => {
		await owner.query('INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 0, 1, $2, $3, $4)',
			[room.room, staff, rand32(), Buffer.alloc(300)]);
		await owner.query('INSERT INTO room_epoch (room, epoch, entry, first_seq) VALUES ($1, 1, 0, 1)', [room.room]);
		await owner.query('INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, 0, 0, 1, 1, $2, $3, $4)',
			[room.room, account, rand32(), Buffer.alloc(113)]);
		await owner.query('INSERT INTO invitation (room, invite, token_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, now() + interval \'1 day\')',
			[room.room, ids.invite, ids.invitation_hash, Buffer.alloc(300)]);
		await owner.query("INSERT INTO invitation_mail (room, invite, sealed, language) VALUES ($1, $2, $3, 'fi')", [room.room, ids.mailed, Buffer.alloc(90)]);
		await owner.query("INSERT INTO room_topic (room, topic) VALUES ($1, 'housing')", [room.room]);
		await owner.query('INSERT INTO unit_batch (batch) VALUES ($1)', [ids.batch]);
		await owner.query("INSERT INTO retention_rule (kind, version, days) VALUES ('room', 1, 400)");
		await owner.query("INSERT INTO retention_change (kind, holds_from) VALUES ('file', now())");
		await owner.query("INSERT INTO legal_hold (hold, kind, object, reason, asked_by) VALUES ($1, 'room', $2, 'syy', $1)", [ids.hold, room.room]);
		await owner.query("INSERT INTO stretch (room, epoch, kind, first_seq, last_seq, over_at) VALUES ($1, 1, 'message', 1, 1, now())", [room.room]);
		await owner.query("INSERT INTO erasure_certificate (n, body) VALUES (1, '{}')");
		await owner.query("INSERT INTO erasure (erasure, kind, object, rule, days, version, due_at, done_at) VALUES ($1, 'room', $1, 'room', 1, 1, now(), now())", [ids.erasure]);
		await owner.query('INSERT INTO unit_doomed (unit, part, batch) VALUES ($1, 0, $2)', [ids.doomed, ids.batch]);
		await owner.query('INSERT INTO reminder (room, msg_id, at) VALUES ($1, $2, now())', [room.room, ids.msg_id]);
		await owner.query('INSERT INTO reminder_due (account, room, msg_id) VALUES ($1, $2, $3)', [account, room.room, ids.msg_id]);
		await owner.query("INSERT INTO notify_address (account, address, sealed, language, code_until) VALUES ($1, $2, $3, 'fi', now())", [account, ids.address, Buffer.alloc(60)]);
		await owner.query("INSERT INTO notify_mail (account, kind) VALUES ($1, 'code')", [account]);
		await owner.query('INSERT INTO draft (room, account, version) VALUES ($1, $2, 1)', [room.room, account]);
		await owner.query("INSERT INTO draft (room, account, slot, version, draft) VALUES ($1, $2, $3, 1, '')", [room.room, account, ids.slot]);
		await owner.query('INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at) VALUES ($1, $2, $3, \'passkey\', now(), now() + interval \'1 day\')',
			[ids.session, ids.token_hash, account]);
		await owner.query("INSERT INTO ws_ticket (ticket_hash, session, expires_at) VALUES ($1, $2, now() + interval '1 day')", [rand32(), ids.session]);
		await owner.query("INSERT INTO audit (action) VALUES ('export')");
		await owner.query('INSERT INTO identity_head (subject, n_entries, head) VALUES ($1, 1, $2)', [account, rand32()]);
		await owner.query('INSERT INTO identity_entry (subject, n, type, env_hash, entry) VALUES ($1, 0, 1, $2, $3)', [account, rand32(), Buffer.alloc(300)]);
		await owner.query('INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [account, [Buffer.alloc(100)], zero, zero]);
		await owner.query('INSERT INTO self_state (account, version, state) VALUES ($1, 1, $2)', [account, zero]);
		await owner.query(`INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
			VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now())`, [account, rand32(), Buffer.alloc(40)]);
		await owner.query(`INSERT INTO passkey (passkey, account, credential, algorithm, public_key, counter, synced, device)
			VALUES ($1, $2, $3, -7, $4, 0, false, 'key')`, [ids.passkey, account, ids.credential, Buffer.alloc(64)]);
		await owner.query(`INSERT INTO template (template, state, author, kind, languages, topics, title, description, search, words)
			VALUES ($1, 'draft', 'a', 'meter', '{fi}', '{}', '{}', '{}', '', '')`, [ids.template]);
		await owner.query("INSERT INTO template_version (template, version, body, note) VALUES ($1, 1, '{}', '')", [ids.template]);
		await owner.query("INSERT INTO template_draft (template, body) VALUES ($1, '{}')", [ids.template]);
		await owner.query('INSERT INTO template_thanks (template, account) VALUES ($1, $2)', [ids.template, staff]);
		await owner.query('INSERT INTO file (room, account, file, cipher_size) VALUES ($1, $2, $3, 72)', [room.room, account, ids.file]);
		await owner.query('INSERT INTO file_part (file, n, digest, bytes) VALUES ($1, 0, $2, $3)', [ids.file, rand32(), Buffer.alloc(72)]);
		await owner.query('INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [ids.file, Buffer.alloc(104)]);
		await owner.query('INSERT INTO file_use (used) VALUES (72)');
		await owner.query("INSERT INTO account_enrolment (account, token_hash, expires_at) VALUES ($1, $2, now() + interval '1 day')", [staff, ids.enrolment_hash]);
		await owner.query("INSERT INTO enrolment_mail (account, mail, sealed, language) VALUES ($1, $2, $3, 'fi')", [staff, ids.mail, Buffer.alloc(120)]);
		await owner.query("INSERT INTO office (office, name, address, hours) VALUES ($1, 'Toimisto', '', '')", [ids.office]);
		await owner.query("INSERT INTO contact (contact, name, title, email, phone, basis_text) VALUES ($1, 'Kaisa', '', '', '', '')", [ids.contact]);
		await owner.query(`INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, 1, 'fi', $2, '2026-01-01', $3)`,
			[room.agreement, terms(), id()]);
		await owner.query("INSERT INTO agreement_signatory (agreement, version, n, party, name, title, basis, basis_text) VALUES ($1, 1, 1, 'controller', 'Kaisa', '', 'rules', '')", [room.agreement]);
		await owner.query("INSERT INTO agreement_history (agreement, n, to_state, note) VALUES ($1, 1, 'contact_found', '')", [room.agreement]);
		await owner.query("INSERT INTO agreement_due (agreement, what, ended_at, due_on) VALUES ($1, 'delete', now(), '2026-01-01')", [room.agreement]);
		await owner.query("INSERT INTO agreement_wish (agreement, to_state, side, actor) VALUES ($1, 'live', 'admin', $2)", [room.agreement, id()]);
		await owner.query("INSERT INTO training (account, passed_on, by) VALUES ($1, '2026-01-01', $2)", [staff, id()]);
		await owner.query("INSERT INTO succession (succession, to_name, to_business_id, holds_from, note, made_by, done_at) VALUES ($1, 'Toinen', '2296962-1', '2026-01-01', 'laki', $1, now())", [ids.succession]);
		await owner.query('INSERT INTO succession_item (succession, of_org, agreement) VALUES ($1, $2, $3)', [ids.succession, room.org, room.agreement]);
		await owner.query("INSERT INTO subject_request (request, account, kind, room, due_on, steps) VALUES ($1, $2, 'restriction', $3, '2026-01-01', 1)", [ids.request, account, room.room]);
		await owner.query("INSERT INTO subject_step (request, n, actor, step, note, text) VALUES ($1, 1, $2, 'ask', $3, $4)", [ids.request, account, ids.note, Buffer.alloc(60)]);
		await owner.query("INSERT INTO record_note (version, actor, contact, officer, basis, recipients, transfers) VALUES (1, $1, 'Kaisa', '', '', '', '')", [staff]);
		await owner.query("INSERT INTO breach (breach, n, version, found_at, told, closed) VALUES ($1, 1, 1, now(), 'open', false)", [ids.breach]);
		await owner.query(`INSERT INTO breach_version (breach, version, actor, note, found_at, persons, told, people, closed, facts)
			VALUES ($1, 1, $2, $3, now(), 1, 'open', 'open', false, $4)`, [ids.breach, staff, ids.note, Buffer.alloc(60)]);
		await owner.query('INSERT INTO staff_label (account, name) VALUES ($1, $2)', [staff, Buffer.alloc(60)]);
		await owner.query('INSERT INTO retention_told (account, object, goes_at) VALUES ($1, $2, now())', [room.client.account, room.room]);
		await owner.query("INSERT INTO staff_plan (account, absent_from, absent_until, leaves_on, leaving_at) VALUES ($1, day_now(), day_now() + 9, day_now(), now())", [staff]);
		await owner.query('INSERT INTO service (promise_days) VALUES (2)');
		await owner.query('INSERT INTO service_hours (weekday, opens, closes) VALUES (1, 540, 900)');
		await owner.query('INSERT INTO service_day (day) VALUES (day_now() + 3)');
		await owner.query("INSERT INTO recovery_rehearsal (held_on, by, note) VALUES ('2026-01-01', $1, '')", [staff]);
	});
	return ids;
}
