-- Retention by kind, also in rooms that go on. What was written in one epoch, of one kind, is a stretch: messages,
-- assignments (with answers and meters), notes (with phases, goals, summaries). It goes when its epoch has been over
-- for as many days as the rule of its kind says: its rows become tombstones that say so, and the key of the epoch
-- goes before them, if nothing that stays needs it. Files are units of their own (0038). What is due is read in
-- pages along an index, so that a dry run of everything is many short statements.

-- --- rules and their limits ---

ALTER TABLE retention_rule DROP CONSTRAINT retention_rule_kind, ADD CONSTRAINT retention_rule_kind
	CHECK (kind IN ('room', 'account', 'message', 'file', 'assignment', 'note', 'anonymous', 'audit'));
COMMENT ON TABLE retention_rule IS 'How many days what is kept: a room after it was closed, a client (with every room) after they last identified, a file after it was sent, messages, assignments and notes after their epoch was over. The newest version of a kind holds, as far as the agreement allows; without one what is agreed (version 0).';

-- What the live agreement allows at most, by kind; `holds`: that is a rule by itself. An agreement from before
-- there were terms has one figure, which never was a rule for what is inside rooms.
CREATE FUNCTION retention_limits() RETURNS TABLE (kind text, days int4, holds boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT k.kind, min(coalesce((v.terms -> 'retention' ->> k.term)::int4, a.retention_days)), bool_or(k.whole OR v.terms IS NOT NULL)
	FROM agreement a
	LEFT JOIN agreement_version v ON v.org = a.org AND v.agreement = a.agreement AND v.version = a.version
	CROSS JOIN (VALUES ('room', 'closed_rooms', true), ('account', 'accounts', true), ('message', 'messages', false), ('file', 'files', false),
		('assignment', 'assignments', false), ('note', 'notes', false), ('anonymous', 'anonymous', true), ('audit', 'audit', true)) AS k(kind, term, whole)
	WHERE a.org = luotsi_org() AND a.state IN ('live', 'ending')
	GROUP BY k.kind
$$;

CREATE OR REPLACE FUNCTION retention_rules() RETURNS TABLE (kind text, days int4, version int4, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT k.kind, least(r.days, CASE WHEN r.days IS NOT NULL OR l.holds THEN l.days END), coalesce(r.version, 0), r.at
	FROM unnest(ARRAY['room', 'account', 'message', 'file', 'assignment', 'note', 'anonymous', 'audit']) AS k(kind)
	LEFT JOIN LATERAL (SELECT x.days, x.version, x.at FROM retention_rule x
		WHERE x.org = luotsi_org() AND x.kind = k.kind ORDER BY x.version DESC LIMIT 1) AS r ON true
	LEFT JOIN retention_limits() l ON l.kind = k.kind
	WHERE r.days IS NOT NULL OR l.holds
$$;

-- Sets a rule: ok | bad_field (more days than are agreed; most says how many) | conflict (somebody else was faster).
DROP FUNCTION retention_rule_put(uuid, text, int4, int4);
CREATE FUNCTION retention_rule_put(p_actor uuid, p_kind text, p_version int4, p_days int4) RETURNS TABLE (outcome text, most int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_most int4 := (SELECT l.days FROM retention_limits() l WHERE l.kind = p_kind);
BEGIN
	IF p_days > v_most THEN
		RETURN QUERY SELECT 'bad_field', v_most;
		RETURN;
	END IF;
	INSERT INTO retention_rule (kind, version, days, actor)
	SELECT p_kind, p_version + 1, p_days, p_actor
	WHERE p_version = coalesce((SELECT max(r.version) FROM retention_rule r WHERE r.org = luotsi_org() AND r.kind = p_kind), 0)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'conflict', v_most;
		RETURN;
	END IF;
	INSERT INTO audit (actor, action, word) VALUES (p_actor, 'retention_rule', p_kind);
	RETURN QUERY SELECT 'ok', v_most;
END
$$;

-- --- stretches ---

CREATE TABLE stretch (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	room      uuid NOT NULL,
	epoch     int4 NOT NULL,
	kind      text NOT NULL CONSTRAINT stretch_kind CHECK (kind IN ('message', 'assignment', 'note')),
	first_seq int8 NOT NULL,
	last_seq  int8 NOT NULL,
	over_at   timestamptz NOT NULL,
	begun     boolean NOT NULL DEFAULT false,
	CONSTRAINT stretch_key PRIMARY KEY (org, room, epoch, kind),
	CONSTRAINT stretch_of_room FOREIGN KEY (org, room) REFERENCES room ON DELETE CASCADE
);
COMMENT ON TABLE stretch IS 'Of an epoch that is over: what of one kind is in it, until it has been erased. over_at: nothing of it is younger.';
CREATE INDEX stretch_by_time ON stretch (org, kind, over_at, room, epoch) WHERE NOT begun;
CALL tenant_table('stretch');

CREATE FUNCTION stretch_kinds(p_kind text) RETURNS int2[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE p_kind WHEN 'message' THEN '{1}' WHEN 'assignment' THEN '{3,4,10}' ELSE '{8,9}' END::int2[];

-- What is left of these kinds between two places of a room. A delete stays, since it explains its tombstones; so does
-- the card with the client's name, for as long as the room.
CREATE FUNCTION stretch_rows(p_room uuid, p_kinds int2[], p_first int8, p_last int8, p_most int4) RETURNS SETOF int8
LANGUAGE sql STABLE AS $$
	SELECT m.seq FROM room r JOIN message m ON m.org = r.org AND m.room = r.room
	WHERE r.org = luotsi_org() AND r.room = p_room AND m.seq BETWEEN p_first AND p_last AND m.kind = ANY (p_kinds) AND m.op < 2 AND NOT m.tombstone
		AND m.seq IS DISTINCT FROM r.card_seq
	ORDER BY m.seq LIMIT p_most
$$;

-- Nothing more comes into this epoch, which ends with this place.
CREATE FUNCTION stretch_end(p_room uuid, p_epoch int4, p_last int8, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	INSERT INTO stretch (room, epoch, kind, first_seq, last_seq, over_at)
	SELECT e.room, e.epoch, k.kind, e.first_seq, p_last, p_at
	FROM room_epoch e CROSS JOIN unnest(ARRAY['message', 'assignment', 'note']) AS k(kind)
	WHERE e.org = luotsi_org() AND e.room = p_room AND e.epoch = p_epoch
		AND EXISTS (SELECT FROM stretch_rows(e.room, stretch_kinds(k.kind), e.first_seq, p_last, 1))
	ON CONFLICT DO NOTHING
$$;

-- The epoch before a new one is over; so is one that waits for the next, and the last of a closed room, until it is
-- opened again. Once anything of it has gone it is never written in again (erasure_begin).
CREATE FUNCTION stretch_of_epoch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM stretch_end(NEW.room, NEW.epoch - 1, NEW.first_seq - 1, now());
	RETURN NULL;
END
$$;
CREATE TRIGGER stretch_of_epoch AFTER INSERT ON room_epoch FOR EACH ROW WHEN (NEW.epoch > 1) EXECUTE FUNCTION stretch_of_epoch();

CREATE FUNCTION stretch_of_room() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF NEW.pending OR NEW.phase = 'closed' THEN
		PERFORM stretch_end(NEW.room, NEW.epoch, NEW.last_seq, now());
	ELSE
		DELETE FROM stretch s WHERE s.org = NEW.org AND s.room = NEW.room AND s.epoch = NEW.epoch AND NOT s.begun;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER stretch_of_room AFTER UPDATE OF pending, phase ON room
	FOR EACH ROW WHEN (NEW.pending <> OLD.pending OR NEW.phase <> OLD.phase) EXECUTE FUNCTION stretch_of_room();
GRANT EXECUTE ON FUNCTION stretch_of_epoch(), stretch_of_room() TO luotsi_app;

ALTER TABLE message ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN message.erased_at IS 'Of a tombstone that a rule of retention made, not a delete.';

-- Files by when they were sent.
ALTER TABLE file ADD COLUMN sent_at timestamptz;
CREATE FUNCTION file_sent_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
	NEW.sent_at := coalesce(NEW.sent_at, now());
	RETURN NEW;
END
$$;
CREATE TRIGGER file_sent_time BEFORE UPDATE OF state ON file FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION file_sent_time();
GRANT EXECUTE ON FUNCTION file_sent_time() TO luotsi_app;

DO $$
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		UPDATE file f SET sent_at = m.at FROM message m WHERE f.state = 'sent' AND m.room = f.room AND m.seq = f.seq;
		PERFORM stretch_end(e.room, e.epoch, n.first_seq - 1, c.at)
		FROM room_epoch e JOIN room_epoch n ON n.room = e.room AND n.epoch = e.epoch + 1 JOIN control_entry c ON c.room = n.room AND c.n = n.entry;
		PERFORM stretch_end(r.room, r.epoch, r.last_seq, coalesce(r.closed_at, r.last_at, now())) FROM room r WHERE r.pending OR r.phase = 'closed';
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;
CREATE INDEX file_by_sending ON file (org, sent_at, file) WHERE state = 'sent';
CREATE INDEX room_by_closing_in_order ON room (org, closed_at, room) WHERE closed_at IS NOT NULL;
DROP INDEX room_by_closing;
CREATE INDEX account_identity_in_order ON account_identity (org, identified_at, account);
DROP INDEX account_identity_by_time;

-- --- what is due ---

ALTER TABLE erasure ADD COLUMN part int4 NOT NULL DEFAULT 0,
	DROP CONSTRAINT erasure_once, ADD CONSTRAINT erasure_once UNIQUE (org, kind, object, part),
	DROP CONSTRAINT erasure_kind, ADD CONSTRAINT erasure_kind CHECK (kind IN ('room', 'file', 'account', 'message', 'assignment', 'note'));
COMMENT ON COLUMN erasure.part IS 'Of a stretch (message, assignment, note): its epoch; the object is its room.';

-- Where data is found that a rule is about: closed rooms; rooms of clients by when these identified last, as far as
-- they are not among the first; the clients themselves; and what is in rooms.
CREATE FUNCTION retention_sources() RETURNS TABLE (source text, kind text)
LANGUAGE sql IMMUTABLE AS $$
	VALUES ('room', 'room'), ('client_room', 'account'), ('account', 'account'), ('file', 'file'), ('message', 'message'), ('assignment', 'assignment'), ('note', 'note')
$$;

-- What no hold lets go: rooms and clients that are held, the rooms of such clients, the clients of such rooms.
CREATE FUNCTION held_rooms() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT ARRAY(SELECT h.object FROM legal_hold h WHERE h.org = luotsi_org() AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		UNION SELECT m.room FROM legal_hold h JOIN room_member m ON m.org = h.org AND m.account = h.object AND m.role = 1
		WHERE h.org = luotsi_org() AND h.kind = 'account' AND h.made_at IS NOT NULL AND h.ended_at IS NULL)
$$;
CREATE FUNCTION held_accounts() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT ARRAY(SELECT h.object FROM legal_hold h WHERE h.org = luotsi_org() AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		UNION SELECT m.account FROM legal_hold h JOIN room_member m ON m.org = h.org AND m.room = h.object
		WHERE h.org = luotsi_org() AND h.kind = 'room' AND h.made_at IS NOT NULL AND h.ended_at IS NULL)
$$;

-- Where a page ended: microseconds since 1970, an object, a part.
CREATE FUNCTION retention_place(p_since timestamptz, p_object uuid, p_part int4) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN concat_ws(' ', (extract(epoch FROM p_since) * 1000000)::int8, p_object, p_part);

-- One page of what of a source goes until then, in the order of (since, object, part), after a place (NULL: from the
-- first on); held: a hold keeps it; ready: nothing of it has to go first. p_days: as if the rule said so. Each arm goes along one index.
CREATE FUNCTION retention_page(p_source text, p_until timestamptz, p_days int4, p_place text, p_most int4)
RETURNS TABLE (kind text, object uuid, part int4, since timestamptz, due_at timestamptz, rule text, days int4, version int4, held boolean, ready boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid := luotsi_org();
	v_since timestamptz := '-infinity';
	v_object uuid := '00000000-0000-0000-0000-000000000000';
	v_part int4 := 0;
	v_rule record;
	v_days int4;
	v_until timestamptz;
	v_rooms uuid[] := held_rooms();
	v_people uuid[] := held_accounts();
	v_closed int4 := (SELECT r.days FROM retention_rules() r WHERE r.kind = 'room');
	v_unseen int4 := (SELECT r.days FROM retention_rules() r WHERE r.kind = 'account');
BEGIN
	IF p_place !~ '^-?[0-9]{1,16} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [0-9]{1,5}$' THEN
		RAISE 'no place' USING ERRCODE = 'LU000', CONSTRAINT = 'retention_place__bad_field';
	ELSIF p_place IS NOT NULL THEN
		v_since := 'epoch'::timestamptz + split_part(p_place, ' ', 1)::int8 * interval '1 microsecond';
		v_object := split_part(p_place, ' ', 2)::uuid;
		v_part := split_part(p_place, ' ', 3)::int4;
	END IF;
	SELECT r.* INTO v_rule FROM retention_sources() s JOIN retention_rules() r ON r.kind = s.kind WHERE s.source = p_source;
	v_days := coalesce(p_days, v_rule.days);
	v_until := p_until - make_interval(days => v_days);
	IF p_days IS NOT NULL THEN
		v_closed := CASE v_rule.kind WHEN 'room' THEN p_days ELSE v_closed END;
		v_unseen := CASE v_rule.kind WHEN 'account' THEN p_days ELSE v_unseen END;
	END IF;
	IF v_days IS NULL THEN
		RETURN;
	ELSIF p_source = 'room' THEN
		-- By whichever of its rules is earlier.
		RETURN QUERY SELECT 'room', r.room, 0, r.closed_at, least(r.closed_at + make_interval(days => v_days), c.due_at),
				CASE WHEN c.due_at < r.closed_at + make_interval(days => v_days) THEN 'account' ELSE 'room' END,
				CASE WHEN c.due_at < r.closed_at + make_interval(days => v_days) THEN v_unseen ELSE v_days END,
				CASE WHEN c.due_at < r.closed_at + make_interval(days => v_days) THEN c.version ELSE v_rule.version END, r.room = ANY (v_rooms), true
			FROM room r LEFT JOIN LATERAL (
				SELECT min(i.identified_at) + make_interval(days => v_unseen) AS due_at, (SELECT x.version FROM retention_rules() x WHERE x.kind = 'account') AS version
				FROM room_member m JOIN account_identity i ON i.org = m.org AND i.account = m.account
				WHERE m.org = v_org AND m.room = r.room AND m.role = 1) AS c ON true
			WHERE r.org = v_org AND r.closed_at <= v_until AND (r.closed_at, r.room) > (v_since, v_object) AND NOT r.erasing
			ORDER BY r.closed_at, r.room LIMIT p_most;
	ELSIF p_source = 'client_room' THEN
		RETURN QUERY SELECT 'room', r.room, 0, i.identified_at, i.identified_at + make_interval(days => v_days), 'account', v_days, v_rule.version, r.room = ANY (v_rooms), true
			FROM account_identity i JOIN account a ON a.org = i.org AND a.account = i.account AND a.role = 'client'
			JOIN room_member m ON m.org = i.org AND m.account = i.account AND m.role = 1
			JOIN room r ON r.org = m.org AND r.room = m.room AND NOT r.erasing
			WHERE i.org = v_org AND i.identified_at <= v_until AND i.identified_at >= v_since AND (i.identified_at, r.room) > (v_since, v_object)
				AND (r.closed_at + make_interval(days => v_closed) <= p_until) IS NOT TRUE
				AND NOT EXISTS (SELECT FROM room_member o JOIN account_identity j ON j.org = o.org AND j.account = o.account
					WHERE o.org = v_org AND o.room = r.room AND o.role = 1 AND (j.identified_at, j.account) < (i.identified_at, i.account))
			ORDER BY i.identified_at, r.room LIMIT p_most;
	ELSIF p_source = 'account' THEN
		RETURN QUERY SELECT 'account', i.account, 0, i.identified_at, i.identified_at + make_interval(days => v_days), 'account', v_days, v_rule.version, i.account = ANY (v_people),
				NOT EXISTS (SELECT FROM room_member m WHERE m.org = v_org AND m.account = i.account)
			FROM account_identity i JOIN account a ON a.org = i.org AND a.account = i.account AND a.role = 'client'
			WHERE i.org = v_org AND i.identified_at <= v_until AND (i.identified_at, i.account) > (v_since, v_object)
				AND NOT EXISTS (SELECT FROM erasure e WHERE e.org = v_org AND e.kind = 'account' AND e.object = i.account)
			ORDER BY i.identified_at, i.account LIMIT p_most;
	ELSIF p_source = 'file' THEN
		RETURN QUERY SELECT 'file', f.file, 0, f.sent_at, f.sent_at + make_interval(days => v_days), 'file', v_days, v_rule.version, f.room = ANY (v_rooms), true
			FROM file f JOIN room r ON r.org = f.org AND r.room = f.room AND NOT r.erasing
			WHERE f.org = v_org AND f.state = 'sent' AND f.sent_at <= v_until AND (f.sent_at, f.file) > (v_since, v_object)
				AND NOT EXISTS (SELECT FROM erasure e WHERE e.org = v_org AND e.kind = 'file' AND e.object = f.file)
			ORDER BY f.sent_at, f.file LIMIT p_most;
	ELSE
		RETURN QUERY SELECT p_source, s.room, s.epoch, s.over_at, s.over_at + make_interval(days => v_days), p_source, v_days, v_rule.version, s.room = ANY (v_rooms), true
			FROM stretch s JOIN room r ON r.org = s.org AND r.room = s.room AND NOT r.erasing
			WHERE s.org = v_org AND s.kind = p_source AND NOT s.begun AND s.over_at <= v_until AND (s.over_at, s.room, s.epoch) > (v_since, v_object, v_part)
			ORDER BY s.over_at, s.room, s.epoch LIMIT p_most;
	END IF;
END
$$;

-- Everything at once, the longest due first: for what asks about few organisations or a short time.
DROP FUNCTION retention_due(timestamptz, int4);
CREATE FUNCTION retention_due(p_until timestamptz, p_most int4)
RETURNS TABLE (kind text, object uuid, part int4, due_at timestamptz, rule text, days int4, version int4, held boolean, ready boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT d.kind, d.object, d.part, d.due_at, d.rule, d.days, d.version, d.held, d.ready
	FROM retention_sources() s CROSS JOIN LATERAL retention_page(s.source, p_until, NULL, NULL, NULL) d
	ORDER BY d.due_at, d.object, d.kind, d.part LIMIT p_most
$$;

-- The sum of one page, by the month in which it goes (what is due already, in this one), and where the next page
-- begins; without a row when there is nothing more.
CREATE FUNCTION retention_dry(p_source text, p_until timestamptz, p_days int4, p_place text, p_most int4)
RETURNS TABLE (rule text, month text, held boolean, n int8, rows int8, place text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH page AS MATERIALIZED (SELECT * FROM retention_page(p_source, p_until, p_days, p_place, p_most)),
	last AS (SELECT retention_place(p.since, p.object, p.part) AS place FROM page p ORDER BY p.since DESC, p.object DESC, p.part DESC LIMIT 1)
	SELECT g.rule, g.month, g.held, g.n, sum(g.n) OVER ()::int8, l.place
	FROM (SELECT p.rule, to_char(greatest(p.due_at, now()) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, p.held, count(*) AS n FROM page p GROUP BY 1, 2, 3) AS g
	CROSS JOIN last l ORDER BY 2, 1, 3
$$;

-- --- erasing ---

-- Epochs up to this one that are over and whose key nothing needs any more: no stretch that stays, no file, not the
-- name card, and no note of a later epoch without a staff key of its own, which opens by this one's.
CREATE FUNCTION epochs_spent(p_room uuid, p_until int4) RETURNS SETOF int4
LANGUAGE sql STABLE AS $$
	SELECT e.epoch
	FROM room r JOIN room_epoch e ON e.org = r.org AND e.room = r.room
	LEFT JOIN room_epoch n ON n.org = e.org AND n.room = e.room AND n.epoch = e.epoch + 1
	CROSS JOIN LATERAL (SELECT coalesce(n.first_seq - 1, r.last_seq) AS last_seq) AS l
	WHERE r.org = luotsi_org() AND r.room = p_room AND e.epoch <= p_until AND (n.epoch IS NOT NULL OR r.pending OR r.phase = 'closed')
		AND NOT EXISTS (SELECT FROM unit_doomed d WHERE d.org = e.org AND d.unit = e.room AND d.part = e.epoch)
		AND NOT EXISTS (SELECT FROM stretch s WHERE s.org = e.org AND s.room = e.room AND s.epoch = e.epoch AND NOT s.begun)
		AND (r.card_seq BETWEEN e.first_seq AND l.last_seq) IS NOT TRUE
		AND NOT EXISTS (SELECT FROM message m JOIN file f ON f.org = m.org AND f.room = m.room AND f.seq = m.seq
			WHERE m.org = e.org AND m.room = e.room AND m.kind = 5 AND m.kind > 2 AND m.seq BETWEEN e.first_seq AND l.last_seq AND NOT m.tombstone
				AND NOT EXISTS (SELECT FROM erasure x WHERE x.org = f.org AND x.kind = 'file' AND x.object = f.file))
		AND (NOT EXISTS (SELECT FROM wrap w WHERE w.org = e.org AND w.room = e.room AND w.epoch = e.epoch AND w.keyset = 1)
			OR EXISTS (SELECT FROM room_epoch k JOIN wrap w ON w.org = k.org AND w.room = k.room AND w.epoch = k.epoch AND w.keyset = 1
				WHERE k.org = e.org AND k.room = e.room AND k.epoch > e.epoch)
			AND NOT EXISTS (SELECT FROM stretch s WHERE s.org = e.org AND s.room = e.room AND s.kind = 'note' AND NOT s.begun AND s.epoch > e.epoch
				AND NOT EXISTS (SELECT FROM wrap w WHERE w.org = s.org AND w.room = s.room AND w.epoch BETWEEN e.epoch + 1 AND s.epoch AND w.keyset = 1)))
$$;

-- Begins the erasure of one object: nothing is added to it from now on, and its units are doomed.
DROP FUNCTION erasure_begin(text, uuid, timestamptz, text, int4, int4);
CREATE FUNCTION erasure_begin(p_kind text, p_object uuid, p_due_at timestamptz, p_rule text, p_days int4, p_version int4, p_part int4 DEFAULT 0) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_erasure uuid := gen_random_uuid();
	v_room uuid := CASE p_kind WHEN 'account' THEN NULL WHEN 'file' THEN (SELECT f.room FROM file f WHERE f.file = p_object) ELSE p_object END;
BEGIN
	PERFORM FROM room r WHERE r.room = v_room FOR UPDATE;
	INSERT INTO erasure (erasure, kind, object, part, rule, days, version, due_at)
	VALUES (v_erasure, p_kind, p_object, p_part, p_rule, p_days, p_version, p_due_at) ON CONFLICT DO NOTHING;
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
	ELSIF p_kind = 'account' THEN
		UPDATE account a SET disabled_at = coalesce(a.disabled_at, now()) WHERE a.account = p_object;
	ELSIF p_kind = 'file' THEN
		INSERT INTO unit_doomed (unit, part, erasure) VALUES (p_object, 0, v_erasure)
		ON CONFLICT (org, unit, part) DO UPDATE SET erasure = excluded.erasure;
		INSERT INTO unit_doomed (unit, part, erasure) SELECT v_room, s, v_erasure
		FROM file f JOIN room_epoch e ON e.room = f.room AND e.first_seq <= f.seq CROSS JOIN LATERAL epochs_spent(v_room, e.epoch) s
		WHERE f.file = p_object ON CONFLICT DO NOTHING;
	ELSE
		UPDATE stretch s SET begun = true WHERE s.room = p_object AND s.epoch = p_part AND s.kind = p_kind;
		UPDATE room r SET pending = true WHERE r.room = p_object AND r.epoch = p_part AND NOT r.pending;
		INSERT INTO unit_doomed (unit, part, erasure) SELECT p_object, s, v_erasure FROM epochs_spent(p_object, p_part) s ON CONFLICT DO NOTHING;
	END IF;
	INSERT INTO audit (action, object, word) VALUES ('erasure_begin', p_object, p_kind);
END
$$;

-- Begins at most so many erasures of each source that are due and not held. Gives how many.
CREATE OR REPLACE FUNCTION retention_begin(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_due record;
	v_n int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		FOR v_due IN SELECT d.* FROM retention_sources() s CROSS JOIN LATERAL (
				SELECT p.* FROM retention_page(s.source, now(), NULL, NULL, NULL) p
				WHERE p.ready AND NOT p.held LIMIT p_most) AS d
		LOOP
			PERFORM erasure_begin(v_due.kind, v_due.object, v_due.due_at, v_due.rule, v_due.days, v_due.version, v_due.part);
			v_n := v_n + 1;
		END LOOP;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_n;
END
$$;

-- Wraps of epochs whose keys went with this erasure.
CREATE FUNCTION erasure_wraps(p_erasure erasure) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_n int8;
BEGIN
	DELETE FROM wrap w USING unit_doomed d
	WHERE d.org = luotsi_org() AND d.erasure = p_erasure.erasure AND w.org = d.org AND w.room = d.unit AND w.epoch = d.part;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	PERFORM erasure_count(p_erasure.erasure, 'wraps', v_n);
END
$$;

-- What is left of an envelope that a rule has erased.
CREATE FUNCTION message_expire(p_room uuid, p_seqs int8[]) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_n int8;
BEGIN
	UPDATE message m
	SET tombstone = true, erased_at = now(),
		envelope = substring(m.envelope FROM 1 FOR m.header_len)
			|| sha256(substring(m.envelope FROM m.header_len + 1 FOR octet_length(m.envelope) - m.header_len - 64))
			|| substring(m.envelope FROM octet_length(m.envelope) - 63)
	WHERE m.room = p_room AND m.seq = ANY (p_seqs) AND NOT m.tombstone;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
END
$$;

CREATE OR REPLACE FUNCTION erasure_file_step(p_erasure erasure) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_parts int8;
BEGIN
	SELECT count(*) INTO v_parts FROM file_part p WHERE p.file = p_erasure.object;
	PERFORM erasure_wraps(p_erasure);
	PERFORM message_expire(f.room, ARRAY[f.seq]) FROM file f WHERE f.file = p_erasure.object AND f.seq IS NOT NULL;
	PERFORM erasure_count(p_erasure.erasure, 'files', file_drop(ARRAY[p_erasure.object]));
	PERFORM erasure_count(p_erasure.erasure, 'parts', v_parts);
	PERFORM erasure_end(p_erasure);
END
$$;

-- One bounded step of a stretch. One whose room goes as a whole ends: the room's erasure takes it along.
CREATE FUNCTION erasure_stretch_step(p_erasure erasure, p_most int4) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_of stretch;
	v_seqs int8[];
BEGIN
	SELECT s.* INTO v_of FROM stretch s JOIN room r ON r.org = s.org AND r.room = s.room AND NOT r.erasing
	WHERE s.org = luotsi_org() AND s.room = p_erasure.object AND s.epoch = p_erasure.part AND s.kind = p_erasure.kind;
	PERFORM erasure_wraps(p_erasure);
	v_seqs := ARRAY(SELECT stretch_rows(v_of.room, stretch_kinds(v_of.kind), v_of.first_seq, v_of.last_seq, p_most));
	PERFORM erasure_count(p_erasure.erasure, 'messages', message_expire(v_of.room, v_seqs));
	IF cardinality(v_seqs) = 0 THEN
		DELETE FROM stretch s WHERE s.org = v_of.org AND s.room = v_of.room AND s.epoch = v_of.epoch AND s.kind = v_of.kind;
		PERFORM erasure_end(p_erasure);
	END IF;
END
$$;

-- One bounded step of one erasure whose keys are confirmed to be gone. Gives 1 when there may be more to do.
CREATE OR REPLACE FUNCTION retention_rows(p_most int4) RETURNS int8
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
		ELSIF v_one.kind = 'account' THEN
			PERFORM erasure_account_step(v_one);
		ELSE
			PERFORM erasure_stretch_step(v_one, p_most);
		END IF;
		PERFORM set_config('luotsi.org', '', true);
		RETURN 1;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN 0;
END
$$;

GRANT EXECUTE ON FUNCTION retention_limits(), retention_rule_put(uuid, text, int4, int4), retention_due(timestamptz, int4),
	retention_place(timestamptz, uuid, int4), retention_page(text, timestamptz, int4, text, int4), retention_dry(text, timestamptz, int4, text, int4) TO luotsi_app;
