-- A hold and an erasure that come at the same moment: one of them sees the other. Each locks what it is about before it
-- looks, a hold when it is made, an erasure when it begins; whoever is second finds what the first has done. Until now
-- an erasure believed a list of holds that was made before it waited. And keys that nothing needs any more go also
-- when it was a person, not a rule, who deleted the last that needed them.

-- --- a hold that comes too late ---

-- Whether what is to be held has gone, or has begun to go. It stays as it is until the transaction ends.
CREATE FUNCTION hold_is_late(p_kind text, p_object uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	IF p_kind = 'room' THEN
		PERFORM FROM room r WHERE r.org = luotsi_org() AND r.room = p_object FOR NO KEY UPDATE;
	ELSE
		PERFORM FROM account a WHERE a.org = luotsi_org() AND a.account = p_object FOR NO KEY UPDATE;
	END IF;
	RETURN NOT FOUND OR EXISTS (SELECT FROM erasure e WHERE e.org = luotsi_org() AND e.kind = p_kind AND e.object = p_object);
END
$$;

-- As in 0038; not_found also when its erasure has begun meanwhile.
CREATE OR REPLACE FUNCTION hold_step(p_actor uuid, p_hold uuid, p_step text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_hold legal_hold;
	v_next text;
BEGIN
	SELECT * INTO v_hold FROM legal_hold h WHERE h.org = luotsi_org() AND h.hold = p_hold FOR UPDATE;
	v_next := CASE WHEN v_hold.made_by IS NULL THEN 'make' WHEN v_hold.end_by IS NULL THEN 'end_ask' WHEN v_hold.ended_by IS NULL THEN 'end' END;
	IF v_hold.hold IS NULL THEN
		RETURN 'not_found';
	ELSIF v_next IS DISTINCT FROM p_step THEN
		RETURN 'conflict';
	ELSIF p_actor = (CASE p_step WHEN 'make' THEN v_hold.asked_by WHEN 'end' THEN v_hold.end_by END) THEN
		RETURN 'forbidden';
	ELSIF p_step = 'make' AND hold_is_late(v_hold.kind, v_hold.object) THEN
		RETURN 'not_found';
	END IF;
	UPDATE legal_hold h SET
		made_by = CASE p_step WHEN 'make' THEN p_actor ELSE h.made_by END, made_at = CASE p_step WHEN 'make' THEN now() ELSE h.made_at END,
		end_by = CASE p_step WHEN 'end_ask' THEN p_actor ELSE h.end_by END, end_at = CASE p_step WHEN 'end_ask' THEN now() ELSE h.end_at END,
		ended_by = CASE p_step WHEN 'end' THEN p_actor ELSE h.ended_by END, ended_at = CASE p_step WHEN 'end' THEN now() ELSE h.ended_at END
	WHERE h.org = luotsi_org() AND h.hold = p_hold;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'hold_' || p_step, v_hold.object, v_hold.kind);
	RETURN 'ok';
END
$$;

-- --- an erasure that begins ---

-- What it is about, locked: the room with its clients, or the account. Then whether a hold, or a restriction, keeps it.
CREATE FUNCTION erasure_is_barred(p_account uuid, p_room uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM room r WHERE r.org = luotsi_org() AND r.room = p_room FOR UPDATE;
	PERFORM FROM account a WHERE a.org = luotsi_org() AND (a.account = p_account OR a.account IN (
		SELECT m.account FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.role = 1)) ORDER BY a.account FOR SHARE;
	RETURN CASE WHEN p_room IS NULL
		THEN is_held(p_account) OR EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.account = p_account AND is_held(m.room))
		ELSE room_is_held(p_room) END;
END
$$;

-- As in 0040, and gives whether it began: not what is held by now, or was begun before. A room whose present epoch loses
-- its key waits for the next one, also when it is closed.
DROP FUNCTION erasure_begin(text, uuid, timestamptz, text, int4, int4, int4);
CREATE FUNCTION erasure_begin(p_kind text, p_object uuid, p_due_at timestamptz, p_rule text, p_days int4, p_version int4, p_part int4 DEFAULT 0) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	v_erasure uuid := gen_random_uuid();
	v_room uuid := CASE p_kind WHEN 'account' THEN NULL WHEN 'file' THEN (SELECT f.room FROM file f WHERE f.file = p_object) ELSE p_object END;
BEGIN
	IF erasure_is_barred(p_object, v_room) THEN
		RETURN false;
	END IF;
	INSERT INTO erasure (erasure, kind, object, part, rule, days, version, due_at)
	VALUES (v_erasure, p_kind, p_object, p_part, p_rule, p_days, p_version, p_due_at) ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF p_kind = 'room' THEN
		UPDATE room r SET phase = 'closed', erasing = true WHERE r.room = p_object;
		INSERT INTO unit_doomed (unit, part, erasure)
		SELECT e.room, e.epoch, v_erasure FROM room_epoch e WHERE e.room = p_object
		UNION ALL
		SELECT f.file, 0, v_erasure FROM file f WHERE f.room = p_object
		ON CONFLICT (org, unit, part) DO UPDATE SET erasure = excluded.erasure;
	ELSIF p_kind = 'account' THEN
		UPDATE account a SET disabled_at = coalesce(a.disabled_at, now()) WHERE a.account = p_object;
	ELSIF p_kind = 'file' THEN
		INSERT INTO unit_doomed (unit, part, erasure) VALUES (p_object, 0, v_erasure)
		ON CONFLICT (org, unit, part) DO UPDATE SET erasure = excluded.erasure;
		INSERT INTO unit_doomed (unit, part, erasure) SELECT v_room, s, v_erasure
		FROM file f JOIN room_epoch e ON e.room = f.room AND e.first_seq <= f.seq CROSS JOIN LATERAL epochs_spent(v_room, e.epoch) s
		WHERE f.file = p_object ON CONFLICT DO NOTHING;
	ELSIF p_kind = 'epoch' THEN
		INSERT INTO unit_doomed (unit, part, erasure) VALUES (p_object, p_part, v_erasure) ON CONFLICT DO NOTHING;
	ELSE
		UPDATE stretch s SET begun = true WHERE s.room = p_object AND s.epoch = p_part AND s.kind = p_kind;
		UPDATE room r SET pending = true WHERE r.room = p_object AND r.epoch = p_part AND NOT r.pending;
		INSERT INTO unit_doomed (unit, part, erasure) SELECT p_object, s, v_erasure FROM epochs_spent(p_object, p_part) s ON CONFLICT DO NOTHING;
	END IF;
	UPDATE room r SET pending = true WHERE r.room = v_room AND NOT r.pending AND NOT r.erasing
		AND EXISTS (SELECT FROM unit_doomed d WHERE d.org = r.org AND d.unit = r.room AND d.part = r.epoch);
	INSERT INTO audit (action, object, word) VALUES ('erasure_begin', p_object, p_kind);
	RETURN true;
END
$$;

-- Of what began, not of what was tried: else a round would never think that it has nothing more to do.
DO $$
DECLARE
	v_body text;
	v_old text;
BEGIN
	v_old := pg_get_functiondef('retention_begin(int4)'::regprocedure);
	v_body := replace(replace(v_old, 'PERFORM erasure_begin(v_due.kind', 'v_n := v_n + erasure_begin(v_due.kind'), 'v_due.version, v_due.part);', 'v_due.version, v_due.part)::int4;');
	v_body := regexp_replace(v_body, '(v_due\.part\)::int4;)\s*v_n := v_n \+ 1;', '\1');
	ASSERT v_body ~ 'v_n := v_n \+ erasure_begin\([^;]*\)::int4;\s*END LOOP', 'the erasures that rules begin';
	EXECUTE v_body;
	v_old := pg_get_functiondef('handover_rooms_begin(agreement_due, int4, int4)'::regprocedure);
	v_body := regexp_replace(v_old, 'PERFORM erasure_begin(\([^;]*\));\s*v_n := v_n \+ 1;', 'v_n := v_n + erasure_begin\1::int4;');
	ASSERT v_body <> v_old, 'the rooms of an agreement that has ended';
	EXECUTE v_body;
	v_old := pg_get_functiondef('handover_accounts_begin(agreement_due, int4, bool, int4)'::regprocedure);
	v_body := regexp_replace(v_old, 'PERFORM erasure_begin(\([^;]*\));\s*v_n := v_n \+ 1;', 'v_n := v_n + erasure_begin\1::int4;');
	ASSERT v_body <> v_old, 'the people of an agreement that has ended';
	EXECUTE v_body;
END
$$;

-- As in 0046: only rooms that go are written down as going.
CREATE OR REPLACE FUNCTION rights_rooms_begin(p_request subject_request) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_room uuid;
	v_n int8 := 0;
BEGIN
	FOR v_room IN SELECT r.room FROM room_member m JOIN room r USING (org, room)
		WHERE m.org = p_request.org AND m.account = p_request.account AND m.role = 1 AND NOT r.erasing AND (p_request.room IS NULL OR r.room = p_request.room)
		ORDER BY r.room LIMIT 20
	LOOP
		UPDATE room r SET frozen_until = NULL WHERE r.org = p_request.org AND r.room = v_room AND r.frozen_until IS NOT NULL;
		CONTINUE WHEN NOT erasure_begin('room', v_room, p_request.erase_from, 'request', 0, 0);
		UPDATE subject_request q SET erasing = q.erasing || v_room WHERE q.org = p_request.org AND q.request = p_request.request;
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- As in 0046, and the holds that stand on others who are clients of the same rooms.
CREATE OR REPLACE FUNCTION rights_held_by_law(p_request subject_request) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM legal_hold h WHERE h.org = luotsi_org() AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		AND (h.object = p_request.account OR EXISTS (SELECT FROM room_member m JOIN room_member o ON o.org = m.org AND o.room = m.room AND o.role = 1
			WHERE m.org = luotsi_org() AND m.account = p_request.account AND m.role = 1 AND (p_request.room IS NULL OR m.room = p_request.room)
				AND h.object IN (m.room, o.account))))
$$;

-- --- the last that needed a key ---

ALTER TABLE erasure DROP CONSTRAINT erasure_kind, ADD CONSTRAINT erasure_kind
	CHECK (kind IN ('room', 'file', 'account', 'message', 'assignment', 'note', 'audit', 'epoch'));
COMMENT ON COLUMN erasure.kind IS 'Of a rule; audit: the detail of events (counted as entries), whose leaves stay in the log; object is then the erasure itself. epoch: keys alone, when a person deleted the last that needed them (rule deleted); the object is its room, the part its number.';

-- Epochs of rooms from which a person has just deleted files: those that nothing needs any more lose their keys. By the
-- numbers of the manifests.
CREATE FUNCTION epochs_left(p_room uuid[], p_seq int8[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_one record;
BEGIN
	FOR v_one IN SELECT t.room, s AS epoch FROM (
			SELECT d.room, max(e.epoch) AS epoch FROM unnest(p_room, p_seq) AS d(room, seq)
			JOIN room_epoch e ON e.org = luotsi_org() AND e.room = d.room AND e.first_seq <= d.seq GROUP BY d.room) AS t
		CROSS JOIN LATERAL epochs_spent(t.room, t.epoch) AS s ORDER BY 1, 2
	LOOP
		PERFORM erasure_begin('epoch', v_one.room, now(), 'deleted', 0, 0, v_one.epoch);
	END LOOP;
END
$$;

DO $$
DECLARE
	v_old text := pg_get_functiondef('message_erase(uuid[], int8[])'::regprocedure);
	v_new text := replace(v_old, 'v_files uuid[];', E'v_files uuid[];\n\tv_rooms uuid[];\n\tv_seqs int8[];');
BEGIN
	v_new := replace(v_new, 'SELECT array_agg(f.file) INTO v_files', 'SELECT array_agg(f.file), array_agg(e.room), array_agg(e.seq) INTO v_files, v_rooms, v_seqs');
	v_new := replace(v_new, 'PERFORM file_drop(v_files);', E'PERFORM file_drop(v_files);\n\t\tPERFORM epochs_left(v_rooms, v_seqs);');
	ASSERT v_new ~ 'v_seqs int8\[\];' AND v_new ~ 'INTO v_files, v_rooms, v_seqs' AND v_new ~ 'epochs_left', 'what a person deletes';
	EXECUTE v_new;
END
$$;

-- --- the verifier ---

-- As in 0038, and stretches: what is said to have gone, and what has begun to go and does not.
DO $$
DECLARE
	v_old text := pg_get_functiondef('erasure_faults()'::regprocedure);
	v_new text := replace(v_old, E'SELECT f.fault, f.n FROM file_faults() f)', $new$SELECT 'stretch that is said to be erased', count(*)
		FROM erasure e JOIN room r ON r.org = e.org AND r.room = e.object
		JOIN room_epoch k ON k.org = e.org AND k.room = e.object AND k.epoch = e.part
		LEFT JOIN room_epoch n ON n.org = k.org AND n.room = k.room AND n.epoch = k.epoch + 1
		WHERE e.org = luotsi_org() AND e.kind IN ('message', 'assignment', 'note') AND e.done_at IS NOT NULL
			AND EXISTS (SELECT FROM stretch_rows(e.object, stretch_kinds(e.kind), k.first_seq, coalesce(n.first_seq - 1, r.last_seq), 1))
		UNION ALL
		SELECT 'stretch that nobody erases', count(*)
		FROM stretch s WHERE s.org = luotsi_org() AND s.begun AND NOT EXISTS (SELECT FROM erasure e
			WHERE e.org = s.org AND e.kind = s.kind AND e.object = s.room AND e.part = s.epoch AND e.done_at IS NULL)
		UNION ALL
		SELECT f.fault, f.n FROM file_faults() f)$new$);
BEGIN
	ASSERT v_new <> v_old, 'the verifier';
	EXECUTE v_new;
END
$$;
