// What tests of erasing are about: rooms with epochs, wraps, messages, files and the keys of their units, made row by row.

import { ask, connect, envelope, id, makeRoom, post, rand32, unitsDatabase, within } from './lib.mjs';

const wrapped = () => Buffer.concat([rand32(), rand32(), Buffer.alloc(1)]);

// The place in a header of 240 bytes at which what is in clear begins, by its length: the file's id, and what else a manifest has there.
const manifest = (file) => {
	const envelope = Buffer.alloc(700);
	Buffer.from(file.replaceAll('-', ''), 'hex').copy(envelope, 176);
	return envelope;
};

export async function openErasable() {
	const [owner, app, units] = [await connect('luotsi_owner'), await connect('luotsi_app'), await connect('luotsi_app', unitsDatabase)];
	const sql = (org, text, values = []) => within(owner, org.org, async () => (await owner.query(text, values)).rows);
	const unit = (org, of, part) => ask(units, org.org, 'unit_put', { units: [of], parts: [part], wrapped: [wrapped()] });
	const keyOf = async (org, of, part) => (await ask(units, org.org, 'unit_get', { units: [of], parts: [part] }))[0]?.wrapped;

	// The room's next epoch, with a wrap for the client and a key of its unit.
	const epoch = async (org, room, n) => {
		await within(owner, org.org, async () => {
			await owner.query('INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, $2, 1, $3, $4, $5)', [room.room, n - 1, room.staff.account, rand32(), Buffer.alloc(300)]);
			await owner.query('INSERT INTO room_epoch (room, epoch, entry, first_seq) SELECT $1, $2, $3, last_seq + 1 FROM room WHERE room = $1', [room.room, n, n - 1]);
			await owner.query('UPDATE room SET epoch = $2, pending = false WHERE room = $1', [room.room, n]);
			await owner.query('INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, $2, 0, $3, 1, $4, $5, $6)', [room.room, n - 1, n, room.client.account, rand32(), Buffer.alloc(142)]);
		});
		await unit(org, room.room, n);
	};
	const say = (org, room, member, n, ...kinds) => post(app, org.org, kinds.map((kind) => envelope(room, member, { kind, epoch: n })));

	// A file that was sent so many days ago with a message of this member: itself, and its message's id.
	const fileSent = async (org, room, member, days = 0) => {
		const file = id(), msg_id = id();
		await within(owner, org.org, async () => {
			await owner.query('UPDATE room SET last_seq = last_seq + 1 WHERE room = $1', [room.room]);
			await owner.query(`INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
				SELECT $1, last_seq, $2, $3, 5, 0, 240, 1, now(), $4, $5 FROM room WHERE room = $1`, [room.room, msg_id, member.account, rand32(), manifest(file)]);
			await owner.query("INSERT INTO file (file, room, account, cipher_size, state, seq, sent_at) SELECT $1, $2, $3, 16472, 'sent', last_seq, now() - make_interval(days => $4) FROM room WHERE room = $2",
				[file, room.room, member.account, days]);
			await owner.query('INSERT INTO file_part (file, n, digest, bytes) VALUES ($1, 0, $2, $3)', [file, rand32(), Buffer.alloc(16472)]);
			await owner.query('INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [file, Buffer.alloc(133)]);
			await owner.query('INSERT INTO file_use (used) VALUES (16472) ON CONFLICT (org) DO UPDATE SET used = file_use.used + 16472');
		});
		await unit(org, file, 0);
		return { file, msg_id };
	};

	// A room that was closed so many days ago, with something of everything.
	const closed = async (org, days) => {
		const room = await makeRoom(owner, org);
		await epoch(org, room, 1);
		await say(org, room, room.client, 1, 1, 1);
		await fileSent(org, room, room.staff);
		await sql(org, "INSERT INTO draft (room, account, version, draft) VALUES ($1, $2, 1, '')", [room.room, room.client.account]);
		await sql(org, "UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
		await sql(org, 'UPDATE room SET closed_at = now() - make_interval(days => $2) WHERE room = $1', [room.room, days]);
		return room;
	};

	// A room that goes on in its third epoch; the second was over so many days ago, and has a file of that time.
	const goingOn = async (org, days) => {
		const room = await makeRoom(owner, org);
		await epoch(org, room, 1);
		await say(org, room, room.client, 1, 1);
		await epoch(org, room, 2);
		await say(org, room, room.staff, 2, 1, 3, 8);
		await fileSent(org, room, room.client, days);
		await epoch(org, room, 3);
		await say(org, room, room.client, 3, 1);
		await sql(org, 'UPDATE stretch SET over_at = now() - make_interval(days => $2) WHERE room = $1', [room.room, days]);
		return room;
	};
	const end = () => Promise.all([owner, app, units].map((client) => client.end()));
	return { owner, app, sql, keyOf, epoch, say, fileSent, closed, goingOn, end };
}
