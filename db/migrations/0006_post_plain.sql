-- What nearly every envelope is, a new message or receipt with nothing against it, is stored the short
-- way: message_post took PostgreSQL half a millisecond for a single row, most of it to set up the long
-- plan that finds the reasons against rows. That plan stays, under another name, for batches in which
-- there is anything else: an edit, a delete, a repeat, a refusal, or an epoch that becomes full.
ALTER FUNCTION message_post(uuid[], uuid[], uuid[], bytea[], int2[], int2[], uuid[], int4[], int8[], bytea[],
	int4[], bytea[], int2[], bytea[], int4[], int8[]) RENAME TO message_judge;

-- Stores a batch of envelopes as message_judge does, which says what the answers mean. A small batch waits
-- for nobody: the rows of a room that is locked elsewhere get no answer, and are to be asked again. (When
-- they waited, each batch held its rooms through the other's commit, and all stood in one line.) A single
-- row waits for its room, and so does a large batch, in the order of the rooms: under full load most rooms
-- are locked by somebody, and to ask again would cost more than to wait.
-- First the locks, by a statement of its own: the next one sees everything that was committed before they
-- were had. Then each row gets the place it has if nothing is against any; a batch in which there is
-- goes to message_judge. So no order among reasons is needed here, and no row depends on another's fate.
-- MERGE with "WHEN NOT MATCHED" is a left join: look-ups by key, which no plan can turn into a scan of the
-- organisation while the tables have no statistics.
CREATE FUNCTION message_post(p_room uuid[], p_msg_id uuid[], p_sender uuid[], p_sender_kid bytea[],
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
				AND r.op = 0 AND (r.kind = 1 OR t.seq >= b.visible_from) AND k.seq IS NULL
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
			max(r.seq) FILTER (WHERE r.kind = 1 AND r.role = 1) AS asked,
			max(r.seq) FILTER (WHERE r.kind = 1 AND r.role = 2) AS answered
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
GRANT EXECUTE ON FUNCTION message_post(uuid[], uuid[], uuid[], bytea[], int2[], int2[], uuid[], int4[], int8[], bytea[],
	int4[], bytea[], int2[], bytea[], int4[], int8[]) TO luotsi_app;

-- Only a statement that names these columns is asked whether a member's key is still current: the
-- counters of a member, which every message moves, are none of the chain's concern.
DROP TRIGGER member_key_update ON room_member;
CREATE TRIGGER member_key_update BEFORE UPDATE OF sig_kid, active ON room_member
	FOR EACH ROW WHEN (OLD.sig_kid <> NEW.sig_kid OR OLD.active <> NEW.active) EXECUTE FUNCTION member_key_current();
