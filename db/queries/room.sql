-- Rooms as their members see them.

-- name: room_facts
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid
-- out: phase text, allows int4, role int2, active bool, visible_from int8, claimed bool
-- What policy must know of an account and a room; role, active and visible_from are NULL for somebody
-- who was never a member. active: not of staff whose certificate has expired. claimed: has claimed its
-- open invitation.
SELECT r.phase, room_allows(a.allows, r.frozen_until) AS allows, m.role,
	m.active AND NOT EXISTS (SELECT FROM identity_head h
		WHERE h.org = r.org AND h.subject = m.account AND m.role = 2 AND h.valid_until <= now()) AS active, m.visible_from,
	EXISTS (SELECT FROM invitation i WHERE i.room = r.room AND i.claimed_by = :account AND i.expires_at > now()) AS claimed
FROM room r
JOIN agreement a USING (org, agreement)
LEFT JOIN room_member m ON m.org = r.org AND m.room = r.room AND m.account = :account
WHERE r.room = :room;

-- name: room_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, room uuid, after uuid, limit int4
-- out: room uuid, phase text, agreement uuid, created_at timestamptz, last_seq int8, last_at timestamptz, first_seq int8, read_seq int8, unread int8, waiting_since timestamptz, entries int4, epoch int4, pending bool, invited bool, mailed bool, waits bool, members uuid[], sender_seq int8, card_seq int8, card_at timestamptz, card_tombstone bool, card bytea
-- Rooms of an active member in the order of their ids: those after `after` (NULL: from the first), or
-- the one that is `room` (NULL: all). mailed: the open invitation went by e-mail; waits: somebody has
-- identified with it and made keys. last_at: of the newest message, task, answer or file (among the newest 200 envelopes, else of the
-- newest envelope): reading moves no room. unread: new messages, tasks, answers and files of others, counted among the newest 2,000
-- envelopes, up to 1,000.
SELECT r.room, r.phase, r.agreement, r.created_at, r.last_seq,
	coalesce((SELECT e.at FROM message e
		WHERE e.room = r.room AND e.seq > u.recent AND e.seq <= r.last_seq AND kind_is_news(e.kind) AND e.op = 0
		ORDER BY e.seq DESC LIMIT 1), r.last_at) AS last_at,
	m.visible_from AS first_seq, m.read_seq,
	(SELECT count(*) FROM (
		SELECT FROM message e
		WHERE e.room = r.room AND e.seq > u.after AND e.seq <= r.last_seq
			AND kind_is_news(e.kind) AND e.op = 0 AND NOT e.tombstone AND e.sender <> m.account
		LIMIT 1000) AS fresh) AS unread,
	r.waiting_since, r.n_entries AS entries, r.epoch, r.pending,
	v.room IS NOT NULL AS invited, v.room IS NOT NULL AND v.sealed IS NULL AS mailed,
	v.sealed IS NULL AND EXISTS (SELECT FROM identity_head h WHERE h.org = v.org AND h.subject = v.claimed_by) AS waits,
	ARRAY(SELECT o.account FROM room_member o WHERE o.room = r.room AND o.active ORDER BY o.since, o.account) AS members,
	m.sender_seq, c.seq AS card_seq, c.at AS card_at, c.tombstone AS card_tombstone, c.envelope AS card
FROM room_member m
JOIN room r USING (org, room)
-- Reckoned apart: beneath row-level security a comparison with a sum is no condition of an index.
CROSS JOIN LATERAL (SELECT greatest(m.read_seq, m.visible_from - 1, r.last_seq - 2000) AS after, r.last_seq - 200 AS recent OFFSET 0) AS u
LEFT JOIN invitation v ON v.org = r.org AND v.room = r.room AND v.expires_at > now()
LEFT JOIN message c ON c.org = r.org AND c.room = r.room AND c.seq = r.card_seq AND c.seq >= m.visible_from
WHERE m.account = :account AND m.active
	AND m.room > coalesce(:after, '00000000-0000-0000-0000-000000000000')
	AND (:room IS NULL OR m.room = :room)
ORDER BY m.room LIMIT :limit;

-- name: room_reads
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: account uuid, read_seq int8
-- How far each active member has read.
SELECT account, read_seq FROM room_member WHERE room = :room AND active ORDER BY since, account;

-- name: room_agreement
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, language text
-- out: agreement uuid, controller text, controller_business_id text, processor text, state text, retention_days int4, privacy_notice text, service_promise text, ends_on text, processor_before text, processor_since text, processor_next text, processor_next_from text
-- What a room must show of its agreement, in a language, or in Finnish. The last five may be NULL.
SELECT a.agreement, a.controller, a.controller_business_id, a.processor,
	CASE WHEN r.frozen_until > now() THEN 'frozen' ELSE a.state END AS state, a.retention_days,
	coalesce(a.privacy_notice ->> :language, a.privacy_notice ->> 'fi') AS privacy_notice,
	coalesce(a.service_promise ->> :language, a.service_promise ->> 'fi') AS service_promise,
	to_char(a.ends_on, 'YYYY-MM-DD') AS ends_on, a.processor_before, to_char(a.processor_since, 'YYYY-MM-DD') AS processor_since,
	n.processor AS processor_next, to_char(n.holds_from, 'YYYY-MM-DD') AS processor_next_from
FROM room r JOIN agreement a USING (org, agreement)
LEFT JOIN LATERAL (
	SELECT v.processor, v.holds_from FROM agreement_version v
	WHERE v.org = a.org AND v.agreement = a.agreement AND v.version > a.version AND v.processor IS NOT NULL AND v.accepted_at IS NOT NULL
	ORDER BY v.version LIMIT 1) AS n ON true
WHERE r.room = :room;
