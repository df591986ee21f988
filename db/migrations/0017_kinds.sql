-- Assignments, answers, files, private notes, the room's work and meters: envelopes of kinds 3, 4, 5, 8, 9
-- and 10 are stored and relayed as messages are (proto/FORMAT.md, section 3). The functions are those of
-- 0004 and 0006 with what the kinds ask for.

COMMENT ON COLUMN message.kind IS '1 message (op 0 new, 1 edit, 2 delete), 2 receipt, 3 assignment, 4 answer, 5 file, 8 private note, 9 phase, goal, event or summary, 10 meter.';
CREATE INDEX message_items ON message (org, room, kind, seq) WHERE kind > 2;

-- What staff alone post: assignments and their private notes. (room_member.role: 1 client, 2 staff.)
CREATE FUNCTION kind_is_for(p_kind int2, p_role int2) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN p_role = 2 OR p_kind NOT IN (3, 8);

-- What is something new for the other side, unread and waited for; the rest is kept beside the talk.
CREATE FUNCTION kind_is_news(p_kind int2) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN p_kind IN (1, 3, 4, 5);
GRANT EXECUTE ON FUNCTION kind_is_for(int2, int2), kind_is_news(int2) TO luotsi_app, luotsi_jobs;

-- Makes each delete take effect: of its target, and of every edit of the target, only the tombstone
-- stays; a receipt is never deleted.
CREATE OR REPLACE FUNCTION message_erase(p_room uuid[], p_seq int8[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
BEGIN ATOMIC
	UPDATE message m
	SET tombstone = true,
		envelope = substring(m.envelope FROM 1 FOR m.header_len)
			|| sha256(substring(m.envelope FROM m.header_len + 1 FOR octet_length(m.envelope) - m.header_len - 64))
			|| substring(m.envelope FROM octet_length(m.envelope) - 63)
	FROM unnest(p_room, p_seq) AS p(room, seq)
	JOIN message d ON d.room = p.room AND d.seq = p.seq AND d.kind = 1 AND d.op = 2
	JOIN LATERAL (
		SELECT t.seq FROM message t WHERE t.room = d.room AND t.msg_id = d.target AND t.op = 0
		UNION ALL
		SELECT e.seq FROM message e WHERE e.room = d.room AND e.target = d.target AND e.op = 1) AS gone ON true
	WHERE m.room = d.room AND m.seq = gone.seq AND m.sender = d.sender AND m.kind <> 2 AND NOT m.tombstone;
END;

-- As in 0004.
CREATE OR REPLACE FUNCTION message_judge(p_room uuid[], p_msg_id uuid[], p_sender uuid[], p_sender_kid bytea[],
	p_kind int2[], p_op int2[], p_target uuid[], p_epoch int4[], p_sender_seq int8[], p_log_head bytea[],
	p_retention_class int4[], p_env_hash bytea[], p_header_len int2[], p_envelope bytea[],
	p_epoch_max_messages int4[], p_epoch_max_seconds int8[])
RETURNS TABLE (ordinal int8, outcome text, seq int8, at timestamptz, head bytea, next int8)
LANGUAGE plpgsql
-- One plan for ever: index look-ups row by row, also when it was made while the tables were empty.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_material = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
	v_org uuid := luotsi_org();
	v_at timestamptz := clock_timestamp();
	v_live uuid[] := ARRAY(SELECT a.agreement FROM agreement a WHERE a.state = 'live');
	v_max int4 := p_epoch_max_messages[1];
	v_oldest timestamptz := v_at - make_interval(secs => p_epoch_max_seconds[1]);
	v_none hash := decode(repeat('00', 32), 'hex');
	v_outcomes text[];
	v_seqs int8[];
	v_ats timestamptz[];
	v_heads bytea[];
	v_nexts int8[];
	v_erase_room uuid[];
	v_erase_seq int8[];
	v_reused boolean;
	v_firsts int8[];
	v_ranges text;
	v_pending uuid[];
	v_room uuid;
BEGIN
	PERFORM FROM room o WHERE o.room = ANY (p_room) ORDER BY o.room FOR NO KEY UPDATE;

	WITH asked AS MATERIALIZED (
		SELECT r.*, o.phase, o.agreement, o.pending, o.epoch_at <= v_oldest AS aged, o.epoch AS room_epoch,
			o.log_head AS room_head, o.last_seq, v_max - o.epoch_messages AS room_left, o.retention_class AS room_class,
			b.role, b.active, b.key_current AND b.sig_kid = r.sender_kid AS kid_ok, b.sender_seq AS last_sender_seq,
			b.visible_from, k.seq AS known_seq, k.at AS known_at, k.env_hash AS known_hash,
			t.seq AS target_seq, t.sender = r.sender AND t.op = 0 AND NOT t.tombstone AND (t.kind = 1 OR r.op = 2 AND t.kind <> 2) AS target_own,
			first_value(r.i) OVER (PARTITION BY r.room, r.msg_id ORDER BY r.i) AS first_i
		FROM unnest(p_room, p_msg_id, p_sender, p_sender_kid, p_kind, p_op, p_target, p_epoch, p_sender_seq, p_log_head,
				p_retention_class, p_env_hash) WITH ORDINALITY
			AS r(room, msg_id, sender, sender_kid, kind, op, target, epoch, sender_seq, log_head,
				retention_class, env_hash, i)
		LEFT JOIN room o ON o.room = r.room
		LEFT JOIN room_member b ON b.room = r.room AND b.account = r.sender
		LEFT JOIN message k ON k.room = r.room AND k.msg_id = r.msg_id
		LEFT JOIN message t ON t.room = r.room AND t.msg_id = r.target
	), judged AS (
		SELECT a.*, CASE
			WHEN a.first_i < a.i THEN
				CASE WHEN a.env_hash = p_env_hash[a.first_i] THEN 'copy' ELSE 'msg_id_reused' END
			WHEN a.known_hash = a.env_hash THEN 'known'
			WHEN a.known_hash IS NOT NULL THEN 'msg_id_reused'
			WHEN a.active IS NOT TRUE THEN 'not_member'
			WHEN NOT a.kid_ok THEN 'bad_kid'
			WHEN NOT kind_is_for(a.kind, a.role) THEN 'forbidden'
			WHEN a.phase <> 'open' THEN 'room_closed'
			WHEN a.agreement <> ALL (v_live) THEN 'agreement_not_live'
			WHEN a.pending OR a.aged THEN 'rotation_pending'
			WHEN a.epoch <> a.room_epoch THEN 'stale_epoch'
			WHEN a.log_head <> a.room_head THEN 'stale_head'
			WHEN a.retention_class NOT IN (0, a.room_class) THEN 'bad_envelope'
			WHEN a.kind = 1 AND a.op > 0 AND a.target_own IS NOT TRUE AND NOT EXISTS (
				SELECT FROM asked e WHERE e.room = a.room AND e.msg_id = a.target AND e.sender = a.sender
					AND e.op = 0 AND (e.kind = 1 OR a.op = 2 AND e.kind <> 2) AND e.i < a.i) THEN 'not_found'
			WHEN a.kind = 2 AND (a.target_seq >= a.visible_from) IS NOT TRUE THEN 'not_found'
			WHEN a.kind = 5 THEN 'not_found'
			END AS word
		FROM asked a OFFSET 0
	), numbered AS (
		SELECT j.*, j.word IS NULL
			AND j.sender_seq = j.last_sender_seq + count(*) FILTER (WHERE j.new) OVER own AS good
		FROM (SELECT j.*, j.word IS NULL OR j.word NOT IN ('copy', 'known') AS new FROM judged j OFFSET 0) j
		WINDOW own AS (PARTITION BY j.room, j.sender ORDER BY j.i)
	), chained AS (
		SELECT n.*, n.new AND bool_and(n.good) FILTER (WHERE n.new) OVER own AS fit
		FROM numbered n
		WINDOW own AS (PARTITION BY n.room, n.sender ORDER BY n.i)
	), placed AS (
		SELECT c.*, c.last_sender_seq + count(*) FILTER (WHERE c.fit) OVER own + 1 AS next,
			count(*) FILTER (WHERE c.fit) OVER (PARTITION BY c.room ORDER BY c.i) AS place
		FROM chained c
		WINDOW own AS (PARTITION BY c.room, c.sender ORDER BY c.i)
	), decided AS MATERIALIZED (
		SELECT p.i, p.first_i, p.room, p.msg_id, p.sender, p.sender_seq, p.kind, p.op, p.target, p.retention_class,
			p.env_hash, p.role, p.target_seq, p.known_seq, p.known_at, p.room_head, p.next,
			p.aged AND NOT p.pending AS aged, p.last_seq + p.place AS seq,
			p.fit AND p.place <= p.room_left AS stored,
			CASE WHEN p.word IS NULL AND p.place > p.room_left THEN 'rotation_pending'
				WHEN p.word IS NULL AND NOT p.fit THEN 'bad_sequence' ELSE p.word END AS word
		FROM placed p
	), written AS (
		INSERT INTO message (org, room, seq, msg_id, sender, kind, op, header_len, retention_class, target, at, env_hash, envelope)
		SELECT v_org, d.room, d.seq, d.msg_id, d.sender, d.kind, d.op, p_header_len[d.i], d.retention_class, d.target, v_at,
			d.env_hash, p_envelope[d.i]
		FROM decided d WHERE d.stored
	), members AS (
		INSERT INTO room_member AS m (org, room, account, role, sig_kid, enc_kid, cert, active, since, visible_from, sender_seq, read_seq)
		SELECT v_org, d.room, d.sender, min(d.role), v_none, v_none, v_none, true, 0, 0, max(d.sender_seq),
			coalesce(max(d.target_seq) FILTER (WHERE d.kind = 2), 0)
		FROM decided d WHERE d.stored GROUP BY d.room, d.sender
		ON CONFLICT (org, room, account) DO UPDATE
		SET sender_seq = excluded.sender_seq, read_seq = greatest(m.read_seq, excluded.read_seq)
	), rooms AS (
		SELECT d.room, min(d.seq) AS first, max(d.seq) AS last,
			min(d.seq) FILTER (WHERE d.kind = 1 AND d.op = 0 AND d.role = 1) AS card,
			max(d.seq) FILTER (WHERE kind_is_news(d.kind) AND d.op = 0 AND d.role = 1) AS asked,
			max(d.seq) FILTER (WHERE kind_is_news(d.kind) AND d.op = 0 AND d.role = 2) AS answered
		FROM decided d WHERE d.stored GROUP BY d.room
	), moved AS (
		INSERT INTO room AS o (org, room, agreement, phase, retention_class, log_head, n_entries,
			last_seq, last_at, epoch_messages, card_seq, waiting_since, answered_at)
		SELECT v_org, s.room, s.room, 'open', 1, v_none, 0,
			s.last, v_at, s.last - s.first + 1, s.card,
			CASE WHEN s.asked > coalesce(s.answered, 0) THEN v_at END, CASE WHEN s.answered > 0 THEN v_at END
		FROM rooms s
		ON CONFLICT (org, room) DO UPDATE
		SET last_seq = excluded.last_seq, last_at = excluded.last_at,
			epoch_messages = o.epoch_messages + excluded.epoch_messages,
			pending = o.epoch_messages + excluded.epoch_messages >= v_max,
			card_seq = coalesce(o.card_seq, excluded.card_seq),
			answered_at = coalesce(excluded.answered_at, o.answered_at),
			waiting_since = CASE WHEN excluded.answered_at IS NULL THEN coalesce(o.waiting_since, excluded.waiting_since)
				ELSE excluded.waiting_since END
		RETURNING o.room, o.pending
	), old AS (
		UPDATE room o SET pending = true
		FROM (SELECT DISTINCT d.room FROM decided d WHERE d.aged) s WHERE o.room = s.room
		RETURNING o.room
	)
	SELECT array_agg(CASE WHEN d.stored OR d.word = 'known' THEN 'ok' ELSE d.word END ORDER BY d.i),
		array_agg(CASE WHEN d.stored THEN d.seq WHEN d.word = 'known' THEN d.known_seq END ORDER BY d.i),
		array_agg(CASE WHEN d.stored THEN v_at WHEN d.word = 'known' THEN d.known_at END ORDER BY d.i),
		array_agg(CASE WHEN d.word = 'stale_head' THEN d.room_head::bytea END ORDER BY d.i),
		array_agg(CASE WHEN d.word = 'bad_sequence' THEN d.next END ORDER BY d.i),
		array_agg(d.first_i ORDER BY d.i),
		array_agg(d.room) FILTER (WHERE d.stored AND d.kind = 1 AND d.op = 2),
		array_agg(d.seq) FILTER (WHERE d.stored AND d.kind = 1 AND d.op = 2),
		bool_or(d.word = 'msg_id_reused'),
		(SELECT string_agg(concat(notice_hex(m.room), ':', m.first, '-', m.last), ' ') FROM rooms m),
		ARRAY(SELECT m.room FROM moved m WHERE m.pending UNION ALL SELECT o.room FROM old o)
	INTO v_outcomes, v_seqs, v_ats, v_heads, v_nexts, v_firsts, v_erase_room, v_erase_seq, v_reused, v_ranges, v_pending
	FROM decided d;

	IF v_erase_room IS NOT NULL THEN
		PERFORM message_erase(v_erase_room, v_erase_seq);
	END IF;
	IF v_reused THEN
		INSERT INTO audit (actor, action, object, word)
		SELECT p_sender[w.i], 'message_post', p_room[w.i], w.word
		FROM unnest(v_outcomes) WITH ORDINALITY AS w(word, i) WHERE w.word = 'msg_id_reused';
	END IF;
	IF v_ranges IS NOT NULL THEN
		PERFORM notice_send('m', v_ranges);
	END IF;
	FOREACH v_room IN ARRAY v_pending LOOP
		PERFORM notice_send('p', notice_hex(v_room));
	END LOOP;
	-- A copy within the batch is answered as the first of its kind was.
	RETURN QUERY
		SELECT w.i, v_outcomes[w.first_i], v_seqs[w.first_i], v_ats[w.first_i], v_heads[w.first_i], v_nexts[w.first_i]
		FROM (SELECT f.i, CASE v_outcomes[f.i] WHEN 'copy' THEN f.first_i ELSE f.i END AS first_i
			FROM unnest(v_firsts) WITH ORDINALITY AS f(first_i, i)) w;
END
$$;

-- As in 0006.
CREATE OR REPLACE FUNCTION message_post(p_room uuid[], p_msg_id uuid[], p_sender uuid[], p_sender_kid bytea[],
	p_kind int2[], p_op int2[], p_target uuid[], p_epoch int4[], p_sender_seq int8[], p_log_head bytea[],
	p_retention_class int4[], p_env_hash bytea[], p_header_len int2[], p_envelope bytea[],
	p_epoch_max_messages int4[], p_epoch_max_seconds int8[])
RETURNS TABLE (ordinal int8, outcome text, seq int8, at timestamptz, head bytea, next int8)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v_org uuid := luotsi_org();
	v_at timestamptz := clock_timestamp();
	v_max int4 := p_epoch_max_messages[1];
	v_oldest timestamptz := v_at - make_interval(secs => p_epoch_max_seconds[1]);
	v_locked uuid[];
	v_good boolean;
	v_busy boolean[];
	v_seqs int8[]; -- of each row: its place; NULL where the room is busy
	v_reads int8[];
	v_roles int2[];
	v_mine int8[];
BEGIN
	IF cardinality(p_room) BETWEEN 2 AND 4 THEN
		v_locked := ARRAY(SELECT o.room FROM room o WHERE o.room = ANY (p_room) FOR NO KEY UPDATE SKIP LOCKED);
	ELSE
		PERFORM FROM room o WHERE o.room = ANY (p_room) ORDER BY o.room FOR NO KEY UPDATE;
		v_locked := p_room;
	END IF;

	SELECT bool_and(j.good OR j.busy) AND count(DISTINCT j.msg_id) = count(*), array_agg(j.busy ORDER BY j.i),
		array_agg(CASE WHEN NOT j.busy THEN j.seq END ORDER BY j.i), array_agg(j.read_seq ORDER BY j.i),
		array_agg(j.role ORDER BY j.i)
	INTO v_good, v_busy, v_seqs, v_reads, v_roles
	FROM (
		SELECT r.i, r.msg_id, b.role, o.room IS NOT NULL AND o.room <> ALL (v_locked) AS busy,
			o.last_seq + count(*) OVER place AS seq, CASE WHEN r.kind = 2 THEN t.seq END AS read_seq,
			(b.active AND b.key_current AND b.sig_kid = r.sender_kid
				AND o.phase = 'open' AND a.state = 'live' AND NOT o.pending AND o.epoch_at > v_oldest
				AND r.epoch = o.epoch AND r.log_head = o.log_head AND r.retention_class IN (0, o.retention_class)
				AND r.op = 0 AND (r.kind <> 2 OR t.seq >= b.visible_from) AND k.seq IS NULL
				AND r.kind <> 5 AND kind_is_for(r.kind, b.role)
				AND r.sender_seq = b.sender_seq + count(*) OVER own
				AND o.epoch_messages + count(*) OVER place < v_max) IS TRUE AS good
		FROM unnest(p_room, p_msg_id, p_sender, p_sender_kid, p_kind, p_op, p_target, p_epoch, p_sender_seq,
				p_log_head, p_retention_class) WITH ORDINALITY
			AS r(room, msg_id, sender, sender_kid, kind, op, target, epoch, sender_seq, log_head, retention_class, i)
		LEFT JOIN room o ON o.room = r.room
		LEFT JOIN agreement a ON a.agreement = o.agreement
		LEFT JOIN room_member b ON b.room = r.room AND b.account = r.sender
		LEFT JOIN message k ON k.room = r.room AND k.msg_id = r.msg_id
		LEFT JOIN message t ON t.room = r.room AND t.msg_id = r.target
		WINDOW place AS (PARTITION BY r.room ORDER BY r.i ROWS UNBOUNDED PRECEDING),
			own AS (PARTITION BY r.room, r.sender ORDER BY r.i ROWS UNBOUNDED PRECEDING)) j;

	IF NOT v_good THEN
		v_mine := ARRAY(SELECT w.i FROM unnest(v_busy) WITH ORDINALITY AS w(busy, i) WHERE NOT w.busy ORDER BY w.i);
		RETURN QUERY
			WITH mine AS (
				SELECT array_agg(r.room ORDER BY r.i) AS room, array_agg(r.msg_id ORDER BY r.i) AS msg_id,
					array_agg(r.sender ORDER BY r.i) AS sender, array_agg(r.sender_kid ORDER BY r.i) AS sender_kid,
					array_agg(r.kind ORDER BY r.i) AS kind, array_agg(r.op ORDER BY r.i) AS op,
					array_agg(r.target ORDER BY r.i) AS target, array_agg(r.epoch ORDER BY r.i) AS epoch,
					array_agg(r.sender_seq ORDER BY r.i) AS sender_seq, array_agg(r.log_head ORDER BY r.i) AS log_head,
					array_agg(r.retention_class ORDER BY r.i) AS retention_class,
					array_agg(r.env_hash ORDER BY r.i) AS env_hash, array_agg(r.header_len ORDER BY r.i) AS header_len,
					array_agg(r.envelope ORDER BY r.i) AS envelope
				FROM unnest(p_room, p_msg_id, p_sender, p_sender_kid, p_kind, p_op, p_target, p_epoch, p_sender_seq,
						p_log_head, p_retention_class, p_env_hash, p_header_len, p_envelope, v_busy) WITH ORDINALITY
					AS r(room, msg_id, sender, sender_kid, kind, op, target, epoch, sender_seq,
						log_head, retention_class, env_hash, header_len, envelope, busy, i)
				WHERE NOT r.busy)
			SELECT v_mine[x.ordinal], x.outcome, x.seq, x.at, x.head, x.next
			FROM mine r, message_judge(r.room, r.msg_id, r.sender, r.sender_kid, r.kind, r.op, r.target, r.epoch, r.sender_seq,
				r.log_head, r.retention_class, r.env_hash, r.header_len, r.envelope, p_epoch_max_messages, p_epoch_max_seconds) x
			WHERE r.room IS NOT NULL;
		RETURN;
	END IF;

	INSERT INTO message (org, room, seq, msg_id, sender, kind, op, header_len, retention_class, target, at, env_hash, envelope)
	SELECT v_org, r.room, r.seq, r.msg_id, r.sender, r.kind, 0, r.header_len, r.retention_class, r.target, v_at, r.env_hash, r.envelope
	FROM unnest(p_room, v_seqs, p_msg_id, p_sender, p_kind, p_header_len, p_retention_class, p_target, p_env_hash, p_envelope)
		AS r(room, seq, msg_id, sender, kind, header_len, retention_class, target, env_hash, envelope)
	WHERE r.seq IS NOT NULL;

	MERGE INTO room_member m
	USING (
		SELECT r.room, r.sender, max(r.sender_seq) AS sender_seq, max(r.read_seq) AS read_seq
		FROM unnest(p_room, p_sender, p_sender_seq, v_reads, v_seqs) AS r(room, sender, sender_seq, read_seq, seq)
		WHERE r.seq IS NOT NULL GROUP BY r.room, r.sender) s
	ON m.org = v_org AND m.room = s.room AND m.account = s.sender
	WHEN MATCHED THEN UPDATE SET sender_seq = s.sender_seq, read_seq = greatest(m.read_seq, s.read_seq)
	WHEN NOT MATCHED THEN DO NOTHING;

	MERGE INTO room o
	USING (
		SELECT r.room, max(r.seq) AS last,
			min(r.seq) FILTER (WHERE r.kind = 1 AND r.role = 1) AS card,
			max(r.seq) FILTER (WHERE kind_is_news(r.kind) AND r.role = 1) AS asked,
			max(r.seq) FILTER (WHERE kind_is_news(r.kind) AND r.role = 2) AS answered
		FROM unnest(p_room, v_seqs, p_kind, v_roles) AS r(room, seq, kind, role)
		WHERE r.seq IS NOT NULL GROUP BY r.room) s
	ON o.org = v_org AND o.room = s.room
	WHEN MATCHED THEN UPDATE
	SET last_seq = s.last, last_at = v_at, epoch_messages = (o.epoch_messages + s.last - o.last_seq)::int4,
		card_seq = coalesce(o.card_seq, s.card),
		answered_at = CASE WHEN s.answered IS NULL THEN o.answered_at ELSE v_at END,
		waiting_since = CASE WHEN s.answered IS NOT NULL THEN CASE WHEN s.asked > s.answered THEN v_at END
			WHEN s.asked IS NOT NULL THEN coalesce(o.waiting_since, v_at) ELSE o.waiting_since END
	WHEN NOT MATCHED THEN DO NOTHING;

	PERFORM notice_send('m', string_agg(concat(notice_hex(s.room), ':', s.first, '-', s.last), ' '))
	FROM (
		SELECT r.room, min(r.seq) AS first, max(r.seq) AS last
		FROM unnest(p_room, v_seqs) AS r(room, seq) WHERE r.seq IS NOT NULL GROUP BY r.room) s
	HAVING count(*) > 0;
	RETURN QUERY
		SELECT w.i, 'ok'::text, w.seq, v_at, NULL::bytea, NULL::int8
		FROM unnest(v_seqs) WITH ORDINALITY AS w(seq, i) WHERE w.seq IS NOT NULL;
END
$$;
