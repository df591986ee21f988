-- Files: parts of ciphertext, their keys, and what an organisation may keep (proto/FORMAT.md, section 12).

CREATE TABLE file (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	file        uuid NOT NULL,
	room        uuid NOT NULL,
	account     uuid NOT NULL,
	cipher_size int8 NOT NULL CONSTRAINT file_size_possible CHECK (cipher_size > 56 AND (cipher_size - 56) % 16400 >= 16),
	n_parts     int4 GENERATED ALWAYS AS (((cipher_size - 56 + 1049599) / 1049600)::int4) STORED,
	state       text NOT NULL DEFAULT 'open' CONSTRAINT file_state_known CHECK (state IN ('open', 'sent', 'gone')),
	seq         int8,
	begun_at    timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT file_key PRIMARY KEY (org, file),
	CONSTRAINT file_of_room FOREIGN KEY (org, room) REFERENCES room,
	CONSTRAINT file_of_account FOREIGN KEY (org, account) REFERENCES account,
	CONSTRAINT file_sent_once UNIQUE (org, room, seq),
	CONSTRAINT file_seq_of_sent CHECK ((state = 'sent') = (seq IS NOT NULL))
);
COMMENT ON TABLE file IS 'One file: open while its parts come, sent with its manifest, gone when it was cancelled, swept or deleted. A row stays for ever, so that no file_id has other parts later.';
COMMENT ON COLUMN file.seq IS 'Of its manifest in the room; only while it is sent.';
CREATE INDEX file_open ON file (org, account) WHERE state = 'open';
CALL tenant_table('file');

CREATE TABLE file_part (
	org    uuid NOT NULL DEFAULT luotsi_org(),
	file   uuid NOT NULL,
	n      int4 NOT NULL,
	digest hash NOT NULL,
	at     timestamptz NOT NULL DEFAULT now(),
	bytes  bytea NOT NULL CONSTRAINT file_part_size CHECK (octet_length(bytes) BETWEEN 16 AND 1049656),
	CONSTRAINT file_part_key PRIMARY KEY (org, file, n),
	CONSTRAINT file_part_of_file FOREIGN KEY (org, file) REFERENCES file
);
ALTER TABLE file_part ALTER COLUMN bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE file_part IS 'Ciphertext. A part is written once and never changed; it goes with its file.';
CALL tenant_table('file_part');

CREATE TABLE file_seal (
	org   uuid NOT NULL DEFAULT luotsi_org(),
	file  uuid NOT NULL,
	epoch int4 NOT NULL,
	key   bytea NOT NULL CONSTRAINT file_seal_size CHECK (octet_length(key) = 104),
	CONSTRAINT file_seal_key PRIMARY KEY (org, file),
	CONSTRAINT file_seal_of_file FOREIGN KEY (org, file) REFERENCES file
);
COMMENT ON TABLE file_seal IS 'The key of a file, sealed under an epoch of its room: in a table of its own, so that it can be destroyed.';
CALL tenant_table('file_seal');

ALTER TABLE organisation
	ADD COLUMN file_most  int8 CONSTRAINT organisation_file_most CHECK (file_most BETWEEN 1 AND 1099511627776),
	ADD COLUMN file_quota int8 CONSTRAINT organisation_file_quota CHECK (file_quota >= 0);
COMMENT ON COLUMN organisation.file_most IS 'Bytes of its largest file; NULL: as the settings say.';
COMMENT ON COLUMN organisation.file_quota IS 'Bytes of ciphertext it may keep; NULL: as the settings say.';

CREATE TABLE file_use (
	org  uuid CONSTRAINT file_use_key PRIMARY KEY DEFAULT luotsi_org() CONSTRAINT file_use_of_organisation REFERENCES organisation,
	used int8 NOT NULL CONSTRAINT file_use_positive CHECK (used >= 0)
);
COMMENT ON TABLE file_use IS 'Bytes of ciphertext of all files that are open or sent, the open ones counted whole. Its row is the lock under which room is reserved.';
CALL tenant_table('file_use');

-- The ciphertext of a file of so many bytes: padded (Padmé), sealed.
CREATE FUNCTION file_sealed_size(p_size int8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT 56 + p.padded + 16 * (p.padded / 16384 + 1)
	FROM (SELECT greatest(p_size, 256) AS n) AS a,
		LATERAL (SELECT length(ltrim(a.n::bit(64)::text, '0')) - 1 AS e) AS b,
		LATERAL (SELECT 1::int8 << b.e - length(ltrim(b.e::bit(32)::text, '0')) AS step) AS c,
		LATERAL (SELECT (a.n + c.step - 1) / c.step * c.step AS padded) AS p
$$;

-- What part n of a file must measure; NULL: there is no such part.
CREATE FUNCTION file_part_measure(p_cipher_size int8, p_n int4) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_n >= 0 AND (p_n::int8) * 1049600 < p_cipher_size - 56
		THEN least(1049600, p_cipher_size - 56 - (p_n::int8) * 1049600) + CASE WHEN p_n = 0 THEN 56 ELSE 0 END END
$$;

-- Reserves room for a file, or says what is against it: ok (also of a repeat) | conflict | stale_epoch |
-- too_large | rate_limited (too many open ones of this person) | quota. The caller has judged who it is.
CREATE FUNCTION file_begin(p_room uuid, p_account uuid, p_file uuid, p_cipher_size int8, p_epoch int4, p_key bytea,
	p_most int8, p_quota int8, p_most_open int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org organisation;
	v_used int8;
	v_file file;
BEGIN
	SELECT * INTO v_org FROM organisation o WHERE o.org = luotsi_org();
	INSERT INTO file_use (used) VALUES (0) ON CONFLICT DO NOTHING;
	SELECT u.used INTO v_used FROM file_use u WHERE u.org = v_org.org FOR UPDATE;
	SELECT * INTO v_file FROM file f WHERE f.file = p_file;
	IF FOUND THEN
		RETURN CASE WHEN v_file.state = 'open' AND v_file.room = p_room AND v_file.account = p_account
			AND v_file.cipher_size = p_cipher_size THEN file_key_put(p_account, p_file, p_epoch, p_key) ELSE 'conflict' END;
	END IF;
	IF p_epoch NOT IN (SELECT o.epoch FROM room o WHERE o.room = p_room) THEN
		RETURN 'stale_epoch';
	END IF;
	IF p_cipher_size > file_sealed_size(coalesce(v_org.file_most, p_most)) THEN
		RETURN 'too_large';
	END IF;
	IF (SELECT count(*) FROM file f WHERE f.account = p_account AND f.state = 'open') >= p_most_open THEN
		RETURN 'rate_limited';
	END IF;
	IF v_used + p_cipher_size > coalesce(v_org.file_quota, p_quota) THEN
		RETURN 'quota';
	END IF;
	UPDATE file_use u SET used = u.used + p_cipher_size WHERE u.org = v_org.org;
	INSERT INTO file (file, room, account, cipher_size) VALUES (p_file, p_room, p_account, p_cipher_size);
	INSERT INTO file_seal (file, epoch, key) VALUES (p_file, p_epoch, p_key);
	RETURN 'ok';
END
$$;

-- The key of a file that is not sent yet, sealed under another epoch: ok | not_found | conflict.
CREATE FUNCTION file_key_put(p_account uuid, p_file uuid, p_epoch int4, p_key bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_state text;
BEGIN
	SELECT f.state INTO v_state FROM file f WHERE f.file = p_file AND f.account = p_account FOR UPDATE;
	IF v_state = 'open' THEN
		UPDATE file_seal s SET epoch = p_epoch, key = p_key WHERE s.file = p_file;
	END IF;
	RETURN CASE v_state WHEN 'open' THEN 'ok' ELSE CASE WHEN v_state IS NULL THEN 'not_found' ELSE 'conflict' END END;
END
$$;

-- Stores a part whose bytes are of this digest, which the caller has computed: ok (also when it was there) |
-- not_found | conflict | bad_field | not_member | room_closed.
CREATE FUNCTION file_part_put(p_account uuid, p_file uuid, p_n int4, p_digest bytea, p_bytes bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_file file;
	v_room record;
BEGIN
	SELECT * INTO v_file FROM file f WHERE f.file = p_file AND f.account = p_account FOR SHARE;
	IF NOT FOUND THEN
		RETURN 'not_found';
	END IF;
	SELECT o.phase, coalesce(m.active, false) AS active INTO v_room
	FROM room o LEFT JOIN room_member m ON m.room = o.room AND m.account = p_account WHERE o.room = v_file.room;
	IF NOT v_room.active OR v_room.phase <> 'open' THEN
		RETURN CASE WHEN v_room.active THEN 'room_closed' ELSE 'not_member' END;
	END IF;
	IF octet_length(p_bytes) IS DISTINCT FROM file_part_measure(v_file.cipher_size, p_n) THEN
		RETURN 'bad_field';
	END IF;
	IF v_file.state = 'open' THEN
		INSERT INTO file_part (file, n, digest, bytes) VALUES (p_file, p_n, p_digest, p_bytes) ON CONFLICT DO NOTHING;
		IF FOUND THEN
			RETURN 'ok';
		END IF;
	END IF;
	RETURN CASE WHEN EXISTS (SELECT FROM file_part p WHERE p.file = p_file AND p.n = p_n AND p.digest = p_digest)
		THEN 'ok' ELSE 'conflict' END;
END
$$;

-- Takes parts and keys of files away and gives their room back; their rows stay as gone. Gives how many.
CREATE FUNCTION file_drop(p_file uuid[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_size int8;
	v_n int8;
BEGIN
	PERFORM file_lock(p_file);
	WITH gone AS (
		UPDATE file f SET state = 'gone', seq = NULL WHERE f.file = ANY (p_file) AND f.state <> 'gone' RETURNING f.cipher_size)
	SELECT sum(g.cipher_size), count(*) INTO v_size, v_n FROM gone g;
	DELETE FROM file_part p WHERE p.file = ANY (p_file);
	DELETE FROM file_seal s WHERE s.file = ANY (p_file);
	UPDATE file_use u SET used = u.used - v_size WHERE u.org = luotsi_org() AND v_n > 0;
	RETURN v_n;
END
$$;

-- Ends a file that is not sent: ok (also when it was ended before) | not_found | conflict.
CREATE FUNCTION file_cancel(p_account uuid, p_file uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_state text;
BEGIN
	SELECT f.state INTO v_state FROM file f WHERE f.file = p_file AND f.account = p_account FOR UPDATE;
	IF v_state = 'open' THEN
		PERFORM file_drop(ARRAY[p_file]);
	END IF;
	RETURN CASE WHEN v_state IS NULL THEN 'not_found' WHEN v_state = 'sent' THEN 'conflict' ELSE 'ok' END;
END
$$;

-- Nothing comes to these files or goes from them until the transaction ends. In order, as rooms are.
CREATE FUNCTION file_lock(p_file uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT FROM file f WHERE f.file = ANY (p_file) ORDER BY f.file FOR UPDATE
$$;

-- The clear part of a manifest, 60 bytes before the body's length: file_id, cipher_size, part_size, parts_hash.
CREATE FUNCTION manifest_clear(p_header_len int2, p_envelope bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN substring(p_envelope FROM p_header_len - 63 FOR 60);

CREATE FUNCTION manifest_file(p_header_len int2, p_envelope bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(substring(manifest_clear(p_header_len, p_envelope) FROM 1 FOR 16), 'hex')::uuid;

-- What is against sending a file with this manifest: not_found | conflict | NULL. Under file_lock. p_earlier:
-- places of the batch's manifests before this one, of which none may be of the same file.
CREATE FUNCTION file_against(p_room uuid, p_sender uuid, p_epoch int4, p_header_len int2, p_envelope bytea,
	p_earlier int8[], p_header_lens int2[], p_envelopes bytea[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_clear bytea := manifest_clear(p_header_len, p_envelope);
	v_id uuid := manifest_file(p_header_len, p_envelope);
	v_file file;
	v_n int8;
	v_hash bytea;
BEGIN
	SELECT * INTO v_file FROM file f WHERE f.file = v_id AND f.room = p_room AND f.account = p_sender;
	IF NOT FOUND THEN
		RETURN 'not_found';
	END IF;
	SELECT count(*), sha256(string_agg(p.digest, '' ORDER BY p.n)) INTO v_n, v_hash FROM file_part p WHERE p.file = v_id;
	RETURN CASE WHEN v_file.state <> 'open' OR v_n <> v_file.n_parts
		OR substring(v_clear FROM 17 FOR 8) <> int8send(v_file.cipher_size) OR substring(v_clear FROM 29 FOR 32) <> v_hash
		OR NOT EXISTS (SELECT FROM file_seal s WHERE s.file = v_id AND s.epoch = p_epoch)
		OR EXISTS (SELECT FROM unnest(p_earlier) AS e(i) WHERE manifest_file(p_header_lens[e.i], p_envelopes[e.i]) = v_id)
		THEN 'conflict' END;
END
$$;

-- The files of manifests that were just stored are sent. It believes nothing but the rows.
CREATE FUNCTION file_send(p_room uuid[], p_seq int8[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	UPDATE file f SET state = 'sent', seq = m.seq
	FROM unnest(p_room, p_seq) AS p(room, seq)
	JOIN message m ON m.room = p.room AND m.seq = p.seq AND m.kind = 5
	WHERE f.file = manifest_file(m.header_len, m.envelope) AND f.room = m.room AND f.account = m.sender AND f.state = 'open'
$$;

-- Makes each delete take effect, as in 0017; of a manifest its file goes along.
CREATE OR REPLACE FUNCTION message_erase(p_room uuid[], p_seq int8[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
	v_files uuid[];
BEGIN
	WITH erased AS (
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
		WHERE m.room = d.room AND m.seq = gone.seq AND m.sender = d.sender AND m.kind <> 2 AND NOT m.tombstone
		RETURNING m.room, m.seq, m.kind)
	SELECT array_agg(f.file) INTO v_files
	FROM erased e JOIN file f ON f.room = e.room AND f.seq = e.seq WHERE e.kind = 5;
	IF v_files IS NOT NULL THEN
		PERFORM file_drop(v_files);
	END IF;
END
$$;

-- As in 0017, and files.
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
	v_sent_room uuid[];
	v_sent_seq int8[];
	v_reused boolean;
	v_firsts int8[];
	v_ranges text;
	v_pending uuid[];
	v_room uuid;
BEGIN
	PERFORM FROM room o WHERE o.room = ANY (p_room) ORDER BY o.room FOR NO KEY UPDATE;
	IF 5 = ANY (p_kind) THEN
		PERFORM file_lock(ARRAY(SELECT manifest_file(e.header_len, e.envelope)
			FROM unnest(p_kind, p_header_len, p_envelope) AS e(kind, header_len, envelope) WHERE e.kind = 5));
	END IF;

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
			WHEN a.kind = 5 THEN file_against(a.room, a.sender, a.epoch, p_header_len[a.i], p_envelope[a.i],
				ARRAY(SELECT e.i FROM asked e WHERE e.kind = 5 AND e.i < a.i), p_header_len, p_envelope)
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
		array_agg(d.room) FILTER (WHERE d.stored AND d.kind = 5),
		array_agg(d.seq) FILTER (WHERE d.stored AND d.kind = 5),
		bool_or(d.word = 'msg_id_reused'),
		(SELECT string_agg(concat(notice_hex(m.room), ':', m.first, '-', m.last), ' ') FROM rooms m),
		ARRAY(SELECT m.room FROM moved m WHERE m.pending UNION ALL SELECT o.room FROM old o)
	INTO v_outcomes, v_seqs, v_ats, v_heads, v_nexts, v_firsts, v_erase_room, v_erase_seq, v_sent_room, v_sent_seq, v_reused, v_ranges, v_pending
	FROM decided d;

	IF v_sent_room IS NOT NULL THEN
		PERFORM file_send(v_sent_room, v_sent_seq);
	END IF;
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

-- Files that nobody goes on with: no part has come for so long. For the jobs process.
CREATE FUNCTION sweep_files(p_seconds int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_before timestamptz := now() - make_interval(secs => p_seconds);
	v_swept int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		v_swept := v_swept + file_drop(ARRAY(
			SELECT f.file FROM file f WHERE f.state = 'open' AND f.begun_at < v_before
				AND NOT EXISTS (SELECT FROM file_part p WHERE p.file = f.file AND p.at >= v_before)
			ORDER BY f.file FOR UPDATE SKIP LOCKED));
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;

-- What must never be: orphans among parts and keys, files that are not whole, manifests and files without each
-- other, an account of room that is wrong. Gives how many, of one organisation; nothing is repaired by itself.
CREATE FUNCTION file_faults() RETURNS TABLE (fault text, n int8)
LANGUAGE sql STABLE AS $$
	SELECT w.fault, w.n FROM (
		SELECT 'part of no file' AS fault, count(*) AS n
		FROM file_part p LEFT JOIN file f ON f.file = p.file AND f.state <> 'gone' WHERE f.file IS NULL
		UNION ALL
		SELECT 'key of no file', count(*)
		FROM file_seal s LEFT JOIN file f ON f.file = s.file AND f.state <> 'gone' WHERE f.file IS NULL
		UNION ALL
		SELECT 'file without a key', count(*)
		FROM file f LEFT JOIN file_seal s ON s.file = f.file WHERE s.file IS NULL AND f.state <> 'gone'
		UNION ALL
		SELECT 'sent file that is not whole', count(*)
		FROM file f WHERE f.state = 'sent' AND (
			SELECT count(*) FROM file_part p
			WHERE p.file = f.file AND octet_length(p.bytes) = file_part_measure(f.cipher_size, p.n)) <> f.n_parts
		UNION ALL
		SELECT 'sent file without its manifest', count(*)
		FROM file f LEFT JOIN message m ON m.room = f.room AND m.seq = f.seq AND m.kind = 5 AND NOT m.tombstone
			AND manifest_file(m.header_len, m.envelope) = f.file
		WHERE f.state = 'sent' AND m.seq IS NULL
		UNION ALL
		SELECT 'manifest without its file', count(*)
		FROM message m LEFT JOIN file f ON f.room = m.room AND f.seq = m.seq
		WHERE m.kind = 5 AND m.kind > 2 AND NOT m.tombstone AND f.file IS NULL
		UNION ALL
		SELECT 'wrong account of room', count(*)
		FROM (SELECT coalesce((SELECT sum(f.cipher_size) FROM file f WHERE f.state <> 'gone'), 0)
			<> coalesce((SELECT u.used FROM file_use u), 0) AS wrong) AS a WHERE a.wrong) AS w
	WHERE w.n > 0
$$;

-- The same of all organisations together, for the jobs process.
CREATE FUNCTION check_files() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_faults int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		v_faults := v_faults + coalesce((SELECT sum(f.n) FROM file_faults() f), 0);
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_faults;
END
$$;

GRANT SELECT ON file, file_use TO luotsi_app;
GRANT SELECT (org, file, n, digest, at, bytes) ON file_part TO luotsi_app;
GRANT SELECT ON file_seal TO luotsi_app;
GRANT SELECT (org, file, room, account, cipher_size, n_parts, state, seq, begun_at) ON file TO luotsi_read;
GRANT SELECT ON file_use TO luotsi_read;
GRANT EXECUTE ON FUNCTION file_begin(uuid, uuid, uuid, int8, int4, bytea, int8, int8, int4),
	file_key_put(uuid, uuid, int4, bytea), file_part_put(uuid, uuid, int4, bytea, bytea), file_cancel(uuid, uuid),
	file_lock(uuid[]), file_send(uuid[], int8[]), manifest_clear(int2, bytea), manifest_file(int2, bytea),
	file_against(uuid, uuid, int4, int2, bytea, int8[], int2[], bytea[]), file_part_measure(int8, int4) TO luotsi_app;
GRANT EXECUTE ON FUNCTION sweep_files(int4), check_files() TO luotsi_jobs;
