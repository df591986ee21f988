-- Envelopes, drafts, and the one statement that stores and relays (proto/FORMAT.md, section 3).

CREATE TABLE message (
	org             uuid NOT NULL DEFAULT luotsi_org(),
	room            uuid NOT NULL,
	seq             int8 NOT NULL,
	msg_id          uuid NOT NULL,
	sender          uuid NOT NULL,
	kind            int2 NOT NULL,
	op              int2 NOT NULL,
	tombstone       boolean NOT NULL DEFAULT false,
	header_len      int2 NOT NULL,
	retention_class int4 NOT NULL,
	target          uuid,
	at              timestamptz NOT NULL,
	env_hash        bytea NOT NULL,
	envelope        bytea NOT NULL,
	CONSTRAINT message_key PRIMARY KEY (org, room, seq),
	CONSTRAINT message_id_unique UNIQUE (org, room, msg_id),
	CONSTRAINT message_sizes CHECK (octet_length(env_hash) = 32 AND octet_length(envelope) BETWEEN 240 AND 80000)
);
ALTER TABLE message ALTER COLUMN envelope SET STORAGE EXTERNAL;
COMMENT ON TABLE message IS 'Envelopes that the server cannot read. seq counts from 1 in each room without a gap, under the lock of the room''s row; rows are never deleted here, a deleted message becomes a tombstone.';
COMMENT ON COLUMN message.kind IS '1 message (op 0 new, 1 edit, 2 delete), 2 receipt.';
COMMENT ON COLUMN message.target IS 'The msg_id that an edit, a delete or a receipt names.';
COMMENT ON COLUMN message.envelope IS 'As received; of a tombstone: header, SHA-256 of the body, signature.';
CREATE INDEX message_edits ON message (org, room, target) WHERE op = 1;
CALL tenant_table('message');

CREATE TABLE draft (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	room    uuid NOT NULL,
	account uuid NOT NULL,
	version int8 NOT NULL CONSTRAINT draft_version CHECK (version >= 1),
	draft   bytea,
	at      timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT draft_key PRIMARY KEY (org, room, account),
	CONSTRAINT draft_of_room FOREIGN KEY (org, room) REFERENCES room
);
COMMENT ON TABLE draft IS 'Sealed drafts. A thrown-away one keeps its row, so that its version never comes again.';
CALL tenant_table('draft');

-- Makes each delete take effect: of its target, and of every edit of the target, only the tombstone
-- stays. The only way in which an envelope ever changes. It believes nothing but the rows: a delete
-- counts if it is stored, and if its sender is the sender of the target.
CREATE FUNCTION message_erase(p_room uuid[], p_seq int8[]) RETURNS void
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
	WHERE m.room = d.room AND m.seq = gone.seq AND m.sender = d.sender AND m.kind = 1 AND NOT m.tombstone;
END;

-- Stores a batch of envelopes of one organisation, each deciding for itself, in the order given;
-- what can be checked without the database has been checked (parse, sender = session, signature).
-- The answer of a row: seq and at with 'ok'; the log's head with 'stale_head'; the next sender_seq
-- with 'bad_sequence'; otherwise the word alone.
--
-- The rooms are locked first, in the order of their ids, by a statement of its own: the next one
-- sees everything that was committed before the lock was had. So a room's numbers have no gaps, and
-- a repeat that arrives twice at once finds the first. Then one statement decides and writes:
--   asked     the rows, beside what is known of room, member, earlier envelope and target
--   judged    the first reason against each; NULL: none but, perhaps, the order
--   numbered  is the sender's number the next one, if all before it in the batch are stored?
--   chained   and are they? (after one refusal the sender's later ones are refused too)
--   placed    places in the room
--   decided   what would go over the epoch's ceiling is refused; the rest is stored
-- The counters of members and rooms are written by INSERT ... ON CONFLICT although the rows exist (no
-- role may delete one): a look-up by key that no plan can turn into a scan of the organisation, as it
-- did with UPDATE ... FROM while the tables had no statistics (20,000 instead of 34,000 rows/s).
CREATE FUNCTION message_post(p_room uuid[], p_msg_id uuid[], p_sender uuid[], p_sender_kid bytea[],
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
			t.seq AS target_seq, t.sender = r.sender AND t.kind = 1 AND t.op = 0 AND NOT t.tombstone AS target_own,
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
			WHEN a.phase <> 'open' THEN 'room_closed'
			WHEN a.agreement <> ALL (v_live) THEN 'agreement_not_live'
			WHEN a.pending OR a.aged THEN 'rotation_pending'
			WHEN a.epoch <> a.room_epoch THEN 'stale_epoch'
			WHEN a.log_head <> a.room_head THEN 'stale_head'
			WHEN a.retention_class NOT IN (0, a.room_class) THEN 'bad_envelope'
			WHEN a.kind = 1 AND a.op > 0 AND a.target_own IS NOT TRUE AND NOT EXISTS (
				SELECT FROM asked e WHERE e.room = a.room AND e.msg_id = a.target AND e.sender = a.sender
					AND e.kind = 1 AND e.op = 0 AND e.i < a.i) THEN 'not_found'
			WHEN a.kind = 2 AND (a.target_seq >= a.visible_from) IS NOT TRUE THEN 'not_found'
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
			max(d.seq) FILTER (WHERE d.kind = 1 AND d.op = 0 AND d.role = 1) AS asked,
			max(d.seq) FILTER (WHERE d.kind = 1 AND d.op = 0 AND d.role = 2) AS answered
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

-- What happens by itself, for all organisations in turn, each under its own tenancy.

CREATE FUNCTION sweep_sessions(p_idle_seconds int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_swept int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM session s WHERE s.org = v_org
			AND (s.expires_at <= now() OR s.seen_at <= now() - make_interval(secs => p_idle_seconds));
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_swept := v_swept + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;

CREATE FUNCTION sweep_invitations() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_swept int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM invitation i WHERE i.org = v_org AND i.expires_at <= now();
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_swept := v_swept + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;

-- An epoch is used up by age also in a room where nobody writes; message_post sees it by itself, this
-- tells the browsers before somebody has to wait.
CREATE FUNCTION age_epochs(p_epoch_max_seconds int8) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_room uuid;
	v_aged int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		FOR v_room IN
			UPDATE room r SET pending = true
			WHERE r.org = v_org AND r.phase = 'open' AND NOT r.pending
				AND r.epoch_at <= now() - make_interval(secs => p_epoch_max_seconds)
			RETURNING r.room
		LOOP
			PERFORM notice_send('p', notice_hex(v_room));
			v_aged := v_aged + 1;
		END LOOP;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_aged;
END
$$;

GRANT EXECUTE ON FUNCTION message_erase(uuid[], int8[]), message_post(uuid[], uuid[], uuid[], bytea[], int2[], int2[], uuid[],
	int4[], int8[], bytea[], int4[], bytea[], int2[], bytea[], int4[], int8[]) TO luotsi_app;
GRANT EXECUTE ON FUNCTION sweep_sessions(int4), sweep_invitations(), age_epochs(int8) TO luotsi_jobs;
GRANT SELECT, INSERT ON message TO luotsi_app;
GRANT SELECT, INSERT, UPDATE ON draft TO luotsi_app;
GRANT SELECT (org, room, seq, sender, kind, op, tombstone, retention_class, at) ON message TO luotsi_read;
