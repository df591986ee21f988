-- Retention: how long what is kept, what is held back, and the erasure of what is due. Keys go first: an
-- erasure begins by dooming the units of its object (0037); when the database of unit keys has confirmed them
-- all, rows and parts go in bounded steps; the row of the erasure stays as tombstone and is counted in a
-- certificate. Each step is one transaction that does nothing when it was done before.

CREATE TABLE retention_rule (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	kind    text NOT NULL CONSTRAINT retention_rule_kind CHECK (kind IN ('room', 'file', 'account', 'anonymous', 'audit')),
	version int4 NOT NULL CONSTRAINT retention_rule_version CHECK (version >= 1),
	days    int4 NOT NULL CONSTRAINT retention_rule_days CHECK (days BETWEEN 1 AND 36500),
	actor   uuid,
	at      timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT retention_rule_key PRIMARY KEY (org, kind, version),
	CONSTRAINT retention_rule_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE retention_rule IS 'How many days what is kept: a room after it was closed, a file after it was sent, a client (with every room) after they last identified. The newest version of a kind holds; without one the agreement''s retention_days (version 0), of files none: they go with their room.';
CALL tenant_table('retention_rule');

CREATE TABLE legal_hold (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	hold       uuid NOT NULL,
	kind       text NOT NULL CONSTRAINT legal_hold_kind CHECK (kind IN ('room', 'account')),
	object     uuid NOT NULL,
	reason     text NOT NULL CONSTRAINT legal_hold_reason CHECK (octet_length(reason) BETWEEN 3 AND 400 AND reason !~ '[[:cntrl:]]'),
	asked_by   uuid NOT NULL,
	asked_at   timestamptz NOT NULL DEFAULT now(),
	made_by    uuid,
	made_at    timestamptz,
	end_by     uuid,
	end_at     timestamptz,
	ended_by   uuid,
	ended_at   timestamptz,
	CONSTRAINT legal_hold_key PRIMARY KEY (org, hold),
	CONSTRAINT legal_hold_of_organisation FOREIGN KEY (org) REFERENCES organisation,
	CONSTRAINT legal_hold_two CHECK (made_by <> asked_by AND num_nulls(made_by, made_at) IN (0, 2)),
	CONSTRAINT legal_hold_two_end CHECK (ended_by <> end_by AND num_nulls(end_by, end_at) IN (0, 2) AND num_nulls(ended_by, ended_at) IN (0, 2))
);
COMMENT ON TABLE legal_hold IS 'What does not go although it is due. Asked for by one person and made by another, ended the same way; it holds from made_at to ended_at.';
CREATE INDEX legal_hold_of_object ON legal_hold (org, object) WHERE ended_at IS NULL;
CALL tenant_table('legal_hold');

CREATE TABLE erasure_certificate (
	org  uuid NOT NULL DEFAULT luotsi_org(),
	n    int4 NOT NULL CONSTRAINT erasure_certificate_n CHECK (n >= 1),
	at   timestamptz NOT NULL DEFAULT now(),
	body jsonb NOT NULL,
	CONSTRAINT erasure_certificate_key PRIMARY KEY (org, n),
	CONSTRAINT erasure_certificate_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE erasure_certificate IS 'What was erased, in counts by kind, rule and version, never of whom; with the numbers of the audit trail between which it happened.';
CALL tenant_table('erasure_certificate');

CREATE TABLE erasure (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	erasure     uuid NOT NULL,
	kind        text NOT NULL CONSTRAINT erasure_kind CHECK (kind IN ('room', 'file', 'account')),
	object      uuid NOT NULL,
	rule        text NOT NULL,
	days        int4 NOT NULL,
	version     int4 NOT NULL,
	due_at      timestamptz NOT NULL,
	begun_at    timestamptz NOT NULL DEFAULT now(),
	done_at     timestamptz,
	audit       int8,
	certificate int4,
	counts      jsonb NOT NULL DEFAULT '{}',
	CONSTRAINT erasure_key PRIMARY KEY (org, erasure),
	CONSTRAINT erasure_of_organisation FOREIGN KEY (org) REFERENCES organisation,
	CONSTRAINT erasure_once UNIQUE (org, kind, object),
	CONSTRAINT erasure_certified FOREIGN KEY (org, certificate) REFERENCES erasure_certificate
);
COMMENT ON TABLE erasure IS 'One object that goes or has gone, by which rule. Its row is the tombstone.';
CREATE INDEX erasure_open ON erasure (org, begun_at) WHERE done_at IS NULL;
CREATE INDEX erasure_uncertified ON erasure (org, audit) WHERE certificate IS NULL;
CALL tenant_table('erasure');

ALTER TABLE unit_doomed ADD COLUMN erasure uuid;
CREATE INDEX unit_doomed_by_erasure ON unit_doomed (org, erasure) WHERE erasure IS NOT NULL;

ALTER TABLE room ADD COLUMN closed_at timestamptz, ADD COLUMN erasing boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN room.closed_at IS 'Since when it is closed.';
COMMENT ON COLUMN room.erasing IS 'Its keys go or have gone: nothing is added any more.';
DO $$
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		UPDATE room r SET closed_at = coalesce((SELECT max(c.at) FROM control_entry c WHERE c.room = r.room AND c.type = 18), r.last_at)
		WHERE r.phase = 'closed';
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;
CREATE INDEX room_by_closing ON room (org, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX account_identity_by_time ON account_identity (org, identified_at);

CREATE FUNCTION room_phase_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
	NEW.closed_at := CASE WHEN NEW.phase = 'closed' THEN now() END;
	RETURN NEW;
END
$$;
CREATE TRIGGER room_phase_time BEFORE UPDATE OF phase ON room
	FOR EACH ROW WHEN (NEW.phase <> OLD.phase) EXECUTE FUNCTION room_phase_time();
GRANT EXECUTE ON FUNCTION room_phase_time() TO luotsi_app;

CREATE FUNCTION room_not_erasing() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM room r WHERE r.room = NEW.room AND r.erasing) THEN
		RAISE 'the room is being erased' USING ERRCODE = 'LU000', CONSTRAINT = 'room_not_erasing__not_found';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER room_not_erasing BEFORE INSERT ON control_entry FOR EACH ROW EXECUTE FUNCTION room_not_erasing();
CREATE TRIGGER room_not_erasing BEFORE INSERT ON file FOR EACH ROW EXECUTE FUNCTION room_not_erasing();
GRANT EXECUTE ON FUNCTION room_not_erasing() TO luotsi_app;

-- --- what is due ---

-- The rule of each kind that holds now. Files without one go with their room.
CREATE FUNCTION retention_rules() RETURNS TABLE (kind text, days int4, version int4, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT k.kind, coalesce(r.days, a.days), coalesce(r.version, 0), r.at
	FROM unnest(ARRAY['room', 'account', 'file', 'anonymous', 'audit']) AS k(kind)
	LEFT JOIN LATERAL (SELECT x.days, x.version, x.at FROM retention_rule x
		WHERE x.org = luotsi_org() AND x.kind = k.kind ORDER BY x.version DESC LIMIT 1) AS r ON true
	LEFT JOIN (SELECT min(g.retention_days) AS days FROM agreement g
		WHERE g.org = luotsi_org() AND g.state IN ('live', 'ending')) AS a ON k.kind <> 'file'
	WHERE coalesce(r.days, a.days) IS NOT NULL
$$;

-- Sets a rule, within the agreement's days: ok | bad_field | conflict (somebody else was faster).
CREATE FUNCTION retention_rule_put(p_actor uuid, p_kind text, p_version int4, p_days int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF p_days > (SELECT min(g.retention_days) FROM agreement g WHERE g.org = luotsi_org() AND g.state IN ('live', 'ending')) THEN
		RETURN 'bad_field';
	END IF;
	INSERT INTO retention_rule (kind, version, days, actor)
	SELECT p_kind, p_version + 1, p_days, p_actor
	WHERE p_version = coalesce((SELECT max(r.version) FROM retention_rule r WHERE r.org = luotsi_org() AND r.kind = p_kind), 0)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN 'conflict';
	END IF;
	INSERT INTO audit (actor, action, word) VALUES (p_actor, 'retention_rule', p_kind);
	RETURN 'ok';
END
$$;

CREATE FUNCTION is_held(p_object uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT EXISTS (SELECT FROM legal_hold h WHERE h.org = luotsi_org() AND h.object = p_object AND h.made_at IS NOT NULL AND h.ended_at IS NULL)
$$;

-- What goes until then, and what would go if it were not held, the longest due first. An account goes when its
-- last room has gone; a room that is held holds its file and its client too, a client who is held holds the rooms.
CREATE FUNCTION retention_due(p_until timestamptz, p_most int4)
RETURNS TABLE (kind text, object uuid, due_at timestamptz, rule text, days int4, version int4, held boolean, ready boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH rules AS MATERIALIZED (SELECT * FROM retention_rules()),
	clients AS (
		SELECT i.account, i.identified_at + make_interval(days => u.days) AS due_at, u.days, u.version
		FROM rules u JOIN account_identity i ON u.kind = 'account' AND i.org = luotsi_org()
			AND i.identified_at <= p_until - make_interval(days => u.days)
		JOIN account a ON a.org = i.org AND a.account = i.account AND a.role = 'client'),
	rooms AS (
		SELECT DISTINCT ON (o.room) o.room, o.due_at, o.rule, o.days, o.version FROM (
			SELECT r.room, r.closed_at + make_interval(days => u.days) AS due_at, 'room' AS rule, u.days, u.version
			FROM rules u JOIN room r ON u.kind = 'room' AND r.org = luotsi_org() AND r.closed_at <= p_until - make_interval(days => u.days)
			UNION ALL
			SELECT m.room, c.due_at, 'account', c.days, c.version
			FROM clients c JOIN room_member m ON m.org = luotsi_org() AND m.account = c.account AND m.role = 1) AS o
		ORDER BY o.room, o.due_at),
	files AS (
		SELECT f.file, f.room, m.at + make_interval(days => u.days) AS due_at, u.days, u.version
		FROM rules u JOIN file f ON u.kind = 'file' AND f.org = luotsi_org() AND f.state = 'sent'
		JOIN message m ON m.org = f.org AND m.room = f.room AND m.seq = f.seq AND m.at <= p_until - make_interval(days => u.days))
	SELECT d.kind, d.object, d.due_at, d.rule, d.days, d.version, d.held, d.ready FROM (
		SELECT 'room' AS kind, r.room AS object, r.due_at, r.rule, r.days, r.version,
			is_held(r.room) OR EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = r.room AND m.role = 1 AND is_held(m.account)) AS held,
			true AS ready
		FROM rooms r
		UNION ALL
		SELECT 'file', f.file, f.due_at, 'file', f.days, f.version,
			is_held(f.room) OR EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = f.room AND m.role = 1 AND is_held(m.account)), true
		FROM files f
		UNION ALL
		SELECT 'account', c.account, c.due_at, 'account', c.days, c.version,
			is_held(c.account) OR EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.account = c.account AND is_held(m.room)),
			NOT EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.account = c.account)
		FROM clients c) AS d
	WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.org = luotsi_org() AND e.kind = d.kind AND e.object = d.object)
	ORDER BY d.due_at, d.object LIMIT p_most
$$;

-- When one room goes, and by which rule; without a row when nothing says so yet.
CREATE FUNCTION retention_of_room(p_room uuid) RETURNS TABLE (due_at timestamptz, rule text, days int4, held boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT o.due_at, o.rule, o.days, is_held(p_room) OR EXISTS (
		SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.role = 1 AND is_held(m.account))
	FROM (
		SELECT r.closed_at + make_interval(days => u.days) AS due_at, 'room' AS rule, u.days
		FROM retention_rules() u JOIN room r ON u.kind = 'room' AND r.org = luotsi_org() AND r.room = p_room AND r.closed_at IS NOT NULL
		UNION ALL
		SELECT i.identified_at + make_interval(days => u.days), 'account', u.days
		FROM retention_rules() u JOIN room_member m ON u.kind = 'account' AND m.org = luotsi_org() AND m.room = p_room AND m.role = 1
		JOIN account_identity i ON i.org = m.org AND i.account = m.account) AS o
	ORDER BY o.due_at LIMIT 1
$$;

-- --- holds ---

-- ok (also of a repeat) | not_found (no such room or client) | conflict (the id is another's).
CREATE FUNCTION hold_ask(p_actor uuid, p_hold uuid, p_kind text, p_object uuid, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM room r WHERE p_kind = 'room' AND r.org = luotsi_org() AND r.room = p_object AND NOT r.erasing)
		AND NOT EXISTS (SELECT FROM account a WHERE p_kind = 'account' AND a.org = luotsi_org() AND a.account = p_object AND a.role = 'client') THEN
		RETURN 'not_found';
	END IF;
	INSERT INTO legal_hold (hold, kind, object, reason, asked_by) VALUES (p_hold, p_kind, p_object, p_reason, p_actor) ON CONFLICT DO NOTHING;
	IF FOUND THEN
		INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'hold_ask', p_object, p_kind);
	ELSIF NOT EXISTS (SELECT FROM legal_hold h WHERE h.org = luotsi_org() AND h.hold = p_hold AND h.object = p_object AND h.asked_by = p_actor) THEN
		RETURN 'conflict';
	END IF;
	RETURN 'ok';
END
$$;

-- The next of a hold's three further steps, each another act: made by a second person, its end asked for, ended by
-- a second person. ok | not_found | conflict (not the step that is next) | forbidden (the same person as before).
CREATE FUNCTION hold_step(p_actor uuid, p_hold uuid, p_step text) RETURNS text
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

-- --- erasing ---

-- Begins the erasure of one object: nothing is added to it from now on, and its units are doomed.
CREATE FUNCTION erasure_begin(p_kind text, p_object uuid, p_due_at timestamptz, p_rule text, p_days int4, p_version int4) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_erasure uuid := gen_random_uuid();
BEGIN
	IF p_kind = 'room' THEN
		PERFORM FROM room r WHERE r.room = p_object FOR UPDATE;
	END IF;
	INSERT INTO erasure (erasure, kind, object, rule, days, version, due_at)
	VALUES (v_erasure, p_kind, p_object, p_rule, p_days, p_version, p_due_at) ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF p_kind = 'room' THEN
		UPDATE room r SET phase = 'closed', erasing = true WHERE r.room = p_object;
		INSERT INTO unit_doomed (unit, part, erasure)
		SELECT e.room, e.epoch, v_erasure FROM room_epoch e WHERE e.room = p_object
		UNION ALL
		SELECT f.file, 0, v_erasure FROM file f WHERE f.room = p_object
		ON CONFLICT (org, unit, part) DO UPDATE SET erasure = excluded.erasure;
	ELSIF p_kind = 'file' THEN
		INSERT INTO unit_doomed (unit, part, erasure) VALUES (p_object, 0, v_erasure)
		ON CONFLICT (org, unit, part) DO UPDATE SET erasure = excluded.erasure;
	ELSE
		UPDATE account a SET disabled_at = coalesce(a.disabled_at, now()) WHERE a.account = p_object;
	END IF;
	INSERT INTO audit (action, object, word) VALUES ('erasure_begin', p_object, p_kind);
END
$$;

-- Begins at most so many erasures that are due and not held. Gives how many.
CREATE FUNCTION retention_begin(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_due record;
	v_n int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		FOR v_due IN SELECT * FROM retention_due(now(), NULL) d WHERE d.ready AND NOT d.held LIMIT p_most LOOP
			PERFORM erasure_begin(v_due.kind, v_due.object, v_due.due_at, v_due.rule, v_due.days, v_due.version);
			v_n := v_n + 1;
		END LOOP;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_n;
END
$$;

CREATE FUNCTION erasure_count(p_erasure uuid, p_what text, p_n int8) RETURNS void
LANGUAGE sql AS $$
	UPDATE erasure e SET counts = e.counts || jsonb_build_object(p_what, coalesce((e.counts ->> p_what)::int8, 0) + p_n)
	WHERE e.org = luotsi_org() AND e.erasure = p_erasure
$$;

-- The end of one: its tombstone, and an event.
CREATE FUNCTION erasure_end(p_erasure erasure) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_n int8;
BEGIN
	INSERT INTO audit (action, object, word) VALUES ('erasure_done', p_erasure.object, p_erasure.kind) RETURNING n INTO v_n;
	UPDATE erasure e SET done_at = now(), audit = v_n,
		counts = e.counts || jsonb_build_object('units', (SELECT count(*) FROM unit_doomed d WHERE d.org = e.org AND d.erasure = e.erasure))
	WHERE e.org = p_erasure.org AND e.erasure = p_erasure.erasure;
END
$$;

-- The file and its parts; a file of a room that stays leaves its manifest as a tombstone.
CREATE FUNCTION erasure_file_step(p_erasure erasure) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_parts int8;
BEGIN
	SELECT count(*) INTO v_parts FROM file_part p WHERE p.file = p_erasure.object;
	UPDATE message m
	SET tombstone = true,
		envelope = substring(m.envelope FROM 1 FOR m.header_len)
			|| sha256(substring(m.envelope FROM m.header_len + 1 FOR octet_length(m.envelope) - m.header_len - 64))
			|| substring(m.envelope FROM octet_length(m.envelope) - 63)
	FROM file f WHERE f.file = p_erasure.object AND m.room = f.room AND m.seq = f.seq AND NOT m.tombstone;
	PERFORM erasure_count(p_erasure.erasure, 'files', file_drop(ARRAY[p_erasure.object]));
	PERFORM erasure_count(p_erasure.erasure, 'parts', v_parts);
	PERFORM erasure_end(p_erasure);
END
$$;

-- One bounded step of a room: parts, which are large, then files, wraps, messages, the log, the rest.
CREATE FUNCTION erasure_room_step(p_erasure erasure, p_most int4) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_room uuid := p_erasure.object;
	v_n int8;
	v_size int8;
BEGIN
	DELETE FROM file_part p USING (
		SELECT x.file, x.n FROM file f JOIN file_part x ON x.org = f.org AND x.file = f.file
		WHERE f.room = v_room LIMIT greatest(p_most / 50, 1)) AS s
	WHERE p.file = s.file AND p.n = s.n;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	IF v_n > 0 THEN
		PERFORM erasure_count(p_erasure.erasure, 'parts', v_n);
		RETURN;
	END IF;
	DELETE FROM file_seal s USING file f WHERE f.room = v_room AND s.file = f.file;
	WITH gone AS (DELETE FROM file f WHERE f.room = v_room AND f.file IN (
			SELECT x.file FROM file x WHERE x.room = v_room LIMIT p_most) RETURNING f.cipher_size, f.state)
	SELECT count(*), coalesce(sum(g.cipher_size) FILTER (WHERE g.state <> 'gone'), 0) INTO v_n, v_size FROM gone g;
	IF v_n > 0 THEN
		UPDATE file_use u SET used = u.used - v_size;
		PERFORM erasure_count(p_erasure.erasure, 'files', v_n);
		RETURN;
	END IF;
	DELETE FROM wrap w WHERE w.ctid = ANY (ARRAY(SELECT x.ctid FROM wrap x WHERE x.room = v_room LIMIT p_most));
	GET DIAGNOSTICS v_n = ROW_COUNT;
	IF v_n > 0 THEN
		PERFORM erasure_count(p_erasure.erasure, 'wraps', v_n);
		RETURN;
	END IF;
	DELETE FROM message m WHERE m.room = v_room AND m.seq IN (SELECT x.seq FROM message x WHERE x.room = v_room ORDER BY x.seq LIMIT p_most);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	IF v_n > 0 THEN
		PERFORM erasure_count(p_erasure.erasure, 'messages', v_n);
		RETURN;
	END IF;
	DELETE FROM control_entry c WHERE c.room = v_room AND c.n IN (SELECT x.n FROM control_entry x WHERE x.room = v_room ORDER BY x.n DESC LIMIT p_most);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	IF v_n > 0 THEN
		PERFORM erasure_count(p_erasure.erasure, 'entries', v_n);
		RETURN;
	END IF;
	DELETE FROM draft d WHERE d.room = v_room;
	DELETE FROM room_topic t WHERE t.room = v_room;
	DELETE FROM invitation i WHERE i.room = v_room;
	DELETE FROM room_epoch e WHERE e.room = v_room;
	DELETE FROM room_member m WHERE m.room = v_room;
	DELETE FROM room r WHERE r.room = v_room;
	PERFORM erasure_end(p_erasure);
END
$$;

-- The person, what identifies them and what they sign in and unlock with.
CREATE FUNCTION erasure_account_step(p_erasure erasure) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_account uuid := p_erasure.object;
	v_passkeys int8;
BEGIN
	DELETE FROM session s WHERE s.account = v_account;
	DELETE FROM passkey p WHERE p.account = v_account;
	GET DIAGNOSTICS v_passkeys = ROW_COUNT;
	DELETE FROM self_keys k WHERE k.account = v_account;
	DELETE FROM self_state s WHERE s.account = v_account;
	DELETE FROM account_identity i WHERE i.account = v_account;
	DELETE FROM account_enrolment e WHERE e.account = v_account;
	DELETE FROM identity_entry e WHERE e.subject = v_account;
	DELETE FROM identity_head h WHERE h.subject = v_account;
	DELETE FROM account a WHERE a.account = v_account;
	PERFORM erasure_count(p_erasure.erasure, 'passkeys', v_passkeys);
	PERFORM erasure_end(p_erasure);
END
$$;

-- One bounded step of one erasure whose keys are confirmed to be gone. Gives 1 when there may be more to do.
CREATE FUNCTION retention_rows(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_one erasure;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		SELECT e.* INTO v_one FROM erasure e
		WHERE e.done_at IS NULL AND NOT EXISTS (
			SELECT FROM unit_doomed d LEFT JOIN unit_batch b ON b.org = d.org AND b.batch = d.batch
			WHERE d.org = e.org AND d.erasure = e.erasure AND b.erased_at IS NULL)
		ORDER BY e.begun_at, e.erasure LIMIT 1 FOR UPDATE;
		CONTINUE WHEN v_one.erasure IS NULL;
		IF v_one.kind = 'room' THEN
			PERFORM erasure_room_step(v_one, p_most);
		ELSIF v_one.kind = 'file' THEN
			PERFORM erasure_file_step(v_one);
		ELSE
			PERFORM erasure_account_step(v_one);
		END IF;
		PERFORM set_config('luotsi.org', '', true);
		RETURN 1;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN 0;
END
$$;

-- A certificate of all that has gone since the last one, of each organisation where nothing is on its way. Gives how many.
CREATE FUNCTION retention_certify() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org organisation;
	v_n int4;
	v_made int8 := 0;
BEGIN
	FOR v_org IN SELECT * FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org.org::text, true);
		CONTINUE WHEN EXISTS (SELECT FROM erasure e WHERE e.done_at IS NULL)
			OR NOT EXISTS (SELECT FROM erasure e WHERE e.certificate IS NULL);
		SELECT coalesce(max(c.n), 0) + 1 INTO v_n FROM erasure_certificate c;
		INSERT INTO erasure_certificate (n, body)
		SELECT v_n, jsonb_build_object('format', 1, 'organisation', v_org.name, 'org', v_org.org, 'number', v_n,
			'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
			'audit_first', (SELECT min(e.audit) FROM erasure e WHERE e.certificate IS NULL),
			'audit_last', (SELECT max(e.audit) FROM erasure e WHERE e.certificate IS NULL),
			'erased', (SELECT jsonb_agg(g.row ORDER BY g.kind, g.rule, g.version) FROM (
				SELECT e.kind, e.rule, e.version, jsonb_build_object('kind', e.kind, 'rule', e.rule, 'days', e.days, 'version', e.version, 'objects', count(*),
					'units', sum((e.counts ->> 'units')::int8), 'messages', coalesce(sum((e.counts ->> 'messages')::int8), 0),
					'files', coalesce(sum((e.counts ->> 'files')::int8), 0), 'parts', coalesce(sum((e.counts ->> 'parts')::int8), 0),
					'wraps', coalesce(sum((e.counts ->> 'wraps')::int8), 0), 'entries', coalesce(sum((e.counts ->> 'entries')::int8), 0)) AS row
				FROM erasure e WHERE e.certificate IS NULL GROUP BY e.kind, e.rule, e.days, e.version) AS g));
		UPDATE erasure e SET certificate = v_n WHERE e.certificate IS NULL;
		INSERT INTO audit (action, word) VALUES ('erasure_certificate', 'made');
		v_made := v_made + 1;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_made;
END
$$;

-- --- the verifier ---

-- What must never be, of one organisation: rows of what is said to have gone, and rows without what they belong to.
CREATE FUNCTION erasure_faults() RETURNS TABLE (fault text, n int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT w.fault, w.n FROM (
		SELECT 'room that is said to be erased' AS fault, count(*) AS n
		FROM erasure e JOIN room r ON r.org = e.org AND r.room = e.object WHERE e.org = luotsi_org() AND e.kind = 'room' AND e.done_at IS NOT NULL
		UNION ALL
		SELECT 'account that is said to be erased', count(*)
		FROM erasure e JOIN account a ON a.org = e.org AND a.account = e.object WHERE e.org = luotsi_org() AND e.kind = 'account' AND e.done_at IS NOT NULL
		UNION ALL
		SELECT 'file that is said to be erased', count(*)
		FROM erasure e JOIN file_part p ON p.org = e.org AND p.file = e.object WHERE e.org = luotsi_org() AND e.kind = 'file' AND e.done_at IS NOT NULL
		UNION ALL
		SELECT 'message of no room', count(*) FROM message m LEFT JOIN room r ON r.org = m.org AND r.room = m.room WHERE m.org = luotsi_org() AND r.room IS NULL
		UNION ALL
		SELECT 'key under a unit that has gone', count(*)
		FROM file_seal s JOIN unit_doomed d ON d.org = s.org AND d.unit = s.file AND d.part = 0
		JOIN unit_batch b ON b.org = d.org AND b.batch = d.batch AND b.erased_at IS NOT NULL
		LEFT JOIN erasure e ON e.org = d.org AND e.erasure = d.erasure
		WHERE s.org = luotsi_org() AND (e.erasure IS NULL OR e.done_at IS NOT NULL)
		UNION ALL
		SELECT 'wrap under a unit that has gone', count(*)
		FROM wrap w JOIN unit_doomed d ON d.org = w.org AND d.unit = w.room AND d.part = w.epoch
		JOIN unit_batch b ON b.org = d.org AND b.batch = d.batch AND b.erased_at IS NOT NULL
		LEFT JOIN erasure e ON e.org = d.org AND e.erasure = d.erasure
		WHERE w.org = luotsi_org() AND (e.erasure IS NULL OR e.done_at IS NOT NULL)
		UNION ALL
		SELECT 'person without an account', count(*)
		FROM self_keys k LEFT JOIN account a ON a.org = k.org AND a.account = k.account WHERE k.org = luotsi_org() AND a.account IS NULL
		UNION ALL
		SELECT f.fault, f.n FROM file_faults() f) AS w
	WHERE w.n > 0
$$;

-- The organisations, for a process that looks at each.
CREATE FUNCTION unit_orgs() RETURNS TABLE (org uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT o.org FROM organisation o ORDER BY o.org $$;

-- Which of these units, which have keys, nothing needs: neither a wrap nor a file, nor may one come yet. They are doomed.
CREATE FUNCTION unit_orphans(p_units uuid[], p_parts int4[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int8;
BEGIN
	WITH orphans AS (
		INSERT INTO unit_doomed (unit, part)
		SELECT u.unit, u.part FROM unnest(p_units, p_parts) AS u(unit, part)
		WHERE NOT EXISTS (SELECT FROM wrap w WHERE u.part > 0 AND w.room = u.unit AND w.epoch = u.part)
			AND NOT EXISTS (SELECT FROM file_seal s WHERE u.part = 0 AND s.file = u.unit)
			AND NOT EXISTS (SELECT FROM room r WHERE u.part > 0 AND r.room = u.unit AND r.epoch < u.part)
		ON CONFLICT DO NOTHING RETURNING 1)
	SELECT count(*) INTO v_n FROM orphans;
	RETURN v_n;
END
$$;

-- Units that something here needs, after this one.
CREATE FUNCTION unit_needed(p_after uuid, p_after_part int4, p_most int4) RETURNS TABLE (unit uuid, part int4)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT n.unit, n.part FROM (
		(SELECT DISTINCT w.room AS unit, w.epoch AS part FROM wrap w
		WHERE w.org = luotsi_org() AND octet_length(w.wrap) = 142 AND (w.room, w.epoch) > (p_after, p_after_part) ORDER BY 1, 2 LIMIT p_most)
		UNION ALL
		(SELECT s.file, 0 FROM file_seal s
		WHERE s.org = luotsi_org() AND octet_length(s.key) = 133 AND (s.file, 0) > (p_after, p_after_part) ORDER BY 1 LIMIT p_most)) AS n
	ORDER BY 1, 2 LIMIT p_most
$$;

GRANT EXECUTE ON FUNCTION retention_rules(), retention_rule_put(uuid, text, int4, int4), retention_due(timestamptz, int4), retention_of_room(uuid),
	hold_ask(uuid, uuid, text, uuid, text), hold_step(uuid, uuid, text) TO luotsi_app;
GRANT SELECT ON retention_rule, legal_hold, erasure_certificate, erasure TO luotsi_app;
GRANT SELECT ON retention_rule, erasure_certificate TO luotsi_read;
GRANT EXECUTE ON FUNCTION retention_begin(int4), retention_rows(int4), retention_certify(), erasure_faults(), unit_orgs(),
	unit_orphans(uuid[], int4[]), unit_needed(uuid, int4, int4) TO luotsi_jobs;
