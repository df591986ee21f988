-- A rule that became shorter gives time: what falls under it goes at the earliest fourteen days after the change, so that
-- whoever it is about sees the day and is written to (0043), whatever made it shorter: the administrator, an amendment,
-- another agreement. A room, and a client with their rooms, go at the earliest fourteen days after what began their time
-- (closed, identified), and fourteen days after a hold on them ended. What is erased at a person's request and at an
-- agreement's end is not of these.

CREATE TABLE retention_change (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	kind        text NOT NULL CONSTRAINT retention_change_kind CHECK (kind IN ('room', 'account', 'message', 'file', 'assignment', 'note', 'anonymous', 'audit')),
	days_before int4,
	holds_from  timestamptz NOT NULL,
	CONSTRAINT retention_change_key PRIMARY KEY (org, kind),
	CONSTRAINT retention_change_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE retention_change IS 'Kinds whose days became fewer: until holds_from nothing goes but what has been kept for days_before (NULL: there was no rule). Over when that time has come.';
CALL tenant_table('retention_change');

-- The first days of which nobody could have been told in time.
CREATE FUNCTION retention_least() RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 14;

-- When it goes; and what has waited since when goes until then (NULL: nothing).
CREATE FUNCTION retention_at(p_since timestamptz, p_days int4, p_before int4, p_from timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT least(p_since + make_interval(days => p_before), greatest(p_since + make_interval(days => p_days), p_from))
$$;
CREATE FUNCTION retention_since(p_until timestamptz, p_days int4, p_before int4, p_from timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT p_until - make_interval(days => CASE WHEN p_from > p_until THEN p_before ELSE p_days END)
$$;

-- As in 0040, with what a change leaves as it was for a while.
DROP FUNCTION retention_rules();
CREATE FUNCTION retention_rules() RETURNS TABLE (kind text, days int4, version int4, at timestamptz, days_before int4, holds_from timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT k.kind, greatest(least(r.days, CASE WHEN r.days IS NOT NULL OR l.holds THEN l.days END), k.least), coalesce(r.version, 0), r.at, c.days_before, c.holds_from
	FROM (VALUES ('room', retention_least()), ('account', retention_least()), ('message', 1), ('file', 1), ('assignment', 1), ('note', 1), ('anonymous', 1), ('audit', 1)) AS k(kind, least)
	LEFT JOIN LATERAL (SELECT x.days, x.version, x.at FROM retention_rule x
		WHERE x.org = luotsi_org() AND x.kind = k.kind ORDER BY x.version DESC LIMIT 1) AS r ON true
	LEFT JOIN retention_limits() l ON l.kind = k.kind
	LEFT JOIN retention_change c ON c.org = luotsi_org() AND c.kind = k.kind AND c.holds_from > now()
	WHERE r.days IS NOT NULL OR l.holds
$$;

-- One rule; p_days: as if it were set now.
CREATE FUNCTION retention_rule_as(p_kind text, p_days int4) RETURNS TABLE (days int4, version int4, days_before int4, holds_from timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT r.days, r.version, r.days_before, r.holds_from FROM retention_rules() r WHERE r.kind = p_kind AND p_days IS NULL
	UNION ALL
	SELECT n.days, r.version, k.days, CASE WHEN n.days < k.days OR r.kind IS NULL THEN now() + make_interval(days => retention_least()) END
	FROM (SELECT CASE WHEN p_kind IN ('room', 'account') THEN greatest(p_days, retention_least()) ELSE p_days END AS days) AS n
	LEFT JOIN retention_rules() r ON r.kind = p_kind
	CROSS JOIN LATERAL (SELECT CASE WHEN r.holds_from IS NULL THEN r.days ELSE r.days_before END AS days) AS k
	WHERE p_days IS NOT NULL
$$;

-- --- what makes them fewer ---

-- Of each kind the days of the rule and those for which it is kept at present.
CREATE FUNCTION retention_kept() RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_object_agg(r.kind, jsonb_build_object('days', r.days, 'kept', CASE WHEN r.holds_from IS NULL THEN r.days ELSE r.days_before END)), '{}') FROM retention_rules() r
$$;

-- After a change: what had been kept before it.
CREATE FUNCTION retention_changed(p_was jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_new record;
	v_days int4;
	v_kept int4;
BEGIN
	FOR v_new IN SELECT r.* FROM retention_rules() r LOOP
		v_days := (p_was -> v_new.kind ->> 'days')::int4;
		v_kept := (p_was -> v_new.kind ->> 'kept')::int4;
		IF v_new.days >= v_kept THEN
			DELETE FROM retention_change c WHERE c.org = luotsi_org() AND c.kind = v_new.kind;
		ELSIF v_days IS NULL OR v_new.days < v_days THEN
			INSERT INTO retention_change (kind, days_before, holds_from) VALUES (v_new.kind, v_kept, now() + make_interval(days => retention_least()))
			ON CONFLICT ON CONSTRAINT retention_change_key DO UPDATE SET days_before = excluded.days_before, holds_from = excluded.holds_from;
		END IF;
	END LOOP;
END
$$;

DO $$
DECLARE
	v_old text := pg_get_functiondef('retention_rule_put(uuid, text, int4, int4)'::regprocedure);
	v_new text := replace(v_old, 'WHERE l.kind = p_kind);', E'WHERE l.kind = p_kind);\n\tv_was jsonb := retention_kept();');
BEGIN
	v_new := replace(v_new, 'IF p_days > v_most THEN', 'IF p_days > v_most OR p_kind IN (''room'', ''account'') AND p_days < least(retention_least(), v_most) THEN');
	v_new := replace(v_new, 'INSERT INTO audit (actor', E'PERFORM retention_changed(v_was);\n\tINSERT INTO audit (actor');
	ASSERT v_new ~ 'v_was jsonb' AND v_new ~ 'retention_changed' AND v_new ~ 'retention_least', 'the rule that an administrator sets';
	EXECUTE v_new;
END
$$;

-- What an agreement allows at most changes with its version and its state.
CREATE FUNCTION retention_agreement() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.org IS DISTINCT FROM luotsi_org() THEN
		RETURN NEW;
	ELSIF TG_WHEN = 'BEFORE' THEN
		PERFORM set_config('luotsi.kept', retention_kept()::text, true);
	ELSE
		PERFORM retention_changed(current_setting('luotsi.kept')::jsonb);
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER retention_agreement_before BEFORE UPDATE OF state, version, retention_days ON agreement FOR EACH ROW EXECUTE FUNCTION retention_agreement();
CREATE TRIGGER retention_agreement_after AFTER UPDATE OF state, version, retention_days ON agreement FOR EACH ROW EXECUTE FUNCTION retention_agreement();

-- --- what a hold let go ---

-- Until when what was held a while ago stays: rooms, or people.
CREATE FUNCTION held_lately(p_kind text) RETURNS TABLE (object uuid, until timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT o.object, max(o.ended_at) + make_interval(days => retention_least()) FROM (
		SELECT h.object, h.ended_at FROM legal_hold h WHERE h.org = luotsi_org() AND h.kind = p_kind AND h.ended_at > now() - make_interval(days => retention_least())
		UNION ALL
		SELECT CASE p_kind WHEN 'room' THEN m.room ELSE m.account END, h.ended_at
		FROM legal_hold h JOIN room_member m ON m.org = h.org AND (p_kind = 'room' AND m.account = h.object AND m.role = 1 OR p_kind = 'account' AND m.room = h.object)
		WHERE h.org = luotsi_org() AND h.kind <> p_kind AND h.ended_at > now() - make_interval(days => retention_least())) AS o
	GROUP BY o.object
$$;

-- --- what is due ---

-- As in 0040, by the days that hold, and what a hold let go a while ago later.
CREATE OR REPLACE FUNCTION retention_page(p_source text, p_until timestamptz, p_days int4, p_place text, p_most int4)
RETURNS TABLE (kind text, object uuid, part int4, since timestamptz, due_at timestamptz, rule text, days int4, version int4, held boolean, ready boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid := luotsi_org();
	v_since timestamptz := '-infinity';
	v_object uuid := '00000000-0000-0000-0000-000000000000';
	v_part int4 := 0;
	v_kind text := (SELECT s.kind FROM retention_sources() s WHERE s.source = p_source);
	v_rule record;
	v_seen record;
	v_until timestamptz;
	v_closed timestamptz;
	v_rooms uuid[] := held_rooms();
	v_people uuid[] := held_accounts();
	v_freed uuid[];
	v_freed_until timestamptz[];
BEGIN
	IF p_place !~ '^-?[0-9]{1,16} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [0-9]{1,5}$' THEN
		RAISE 'no place' USING ERRCODE = 'LU000', CONSTRAINT = 'retention_place__bad_field';
	ELSIF p_place IS NOT NULL THEN
		v_since := 'epoch'::timestamptz + split_part(p_place, ' ', 1)::int8 * interval '1 microsecond';
		v_object := split_part(p_place, ' ', 2)::uuid;
		v_part := split_part(p_place, ' ', 3)::int4;
	END IF;
	SELECT r.* INTO v_rule FROM retention_rule_as(v_kind, p_days) r;
	SELECT r.* INTO v_seen FROM retention_rule_as('account', CASE v_kind WHEN 'account' THEN p_days END) r;
	SELECT retention_since(p_until, r.days, r.days_before, r.holds_from) INTO v_closed FROM retention_rule_as('room', NULL) r;
	SELECT array_agg(f.object), array_agg(f.until) INTO v_freed, v_freed_until FROM held_lately(CASE p_source WHEN 'account' THEN 'account' ELSE 'room' END) f;
	v_until := retention_since(p_until, v_rule.days, v_rule.days_before, v_rule.holds_from);
	IF v_until IS NULL THEN
		RETURN;
	ELSIF p_source = 'room' THEN
		-- By whichever of its rules is earlier.
		RETURN QUERY SELECT 'room', r.room, 0, r.closed_at, greatest(least(d.at, c.at), f.until),
				CASE WHEN c.at < d.at THEN 'account' ELSE 'room' END,
				CASE WHEN c.at < d.at THEN v_seen.days ELSE v_rule.days END,
				CASE WHEN c.at < d.at THEN v_seen.version ELSE v_rule.version END, r.room = ANY (v_rooms), true
			FROM room r CROSS JOIN LATERAL (SELECT retention_at(r.closed_at, v_rule.days, v_rule.days_before, v_rule.holds_from) AS at) AS d
			CROSS JOIN LATERAL (SELECT v_freed_until[array_position(v_freed, r.room)] AS until) AS f
			LEFT JOIN LATERAL (
				SELECT retention_at(min(i.identified_at), v_seen.days, v_seen.days_before, v_seen.holds_from) AS at
				FROM room_member m JOIN account_identity i ON i.org = m.org AND i.account = m.account
				WHERE m.org = v_org AND m.room = r.room AND m.role = 1) AS c ON true
			WHERE r.org = v_org AND r.closed_at <= v_until AND (r.closed_at, r.room) > (v_since, v_object) AND NOT r.erasing AND (f.until > p_until) IS NOT TRUE
			ORDER BY r.closed_at, r.room LIMIT p_most;
	ELSIF p_source = 'client_room' THEN
		RETURN QUERY SELECT 'room', r.room, 0, i.identified_at, greatest(retention_at(i.identified_at, v_rule.days, v_rule.days_before, v_rule.holds_from), f.until),
				'account', v_rule.days, v_rule.version, r.room = ANY (v_rooms), true
			FROM account_identity i JOIN account a ON a.org = i.org AND a.account = i.account AND a.role = 'client'
			JOIN room_member m ON m.org = i.org AND m.account = i.account AND m.role = 1
			JOIN room r ON r.org = m.org AND r.room = m.room AND NOT r.erasing
			CROSS JOIN LATERAL (SELECT v_freed_until[array_position(v_freed, r.room)] AS until) AS f
			WHERE i.org = v_org AND i.identified_at <= v_until AND i.identified_at >= v_since AND (i.identified_at, r.room) > (v_since, v_object)
				AND (r.closed_at <= v_closed) IS NOT TRUE AND (f.until > p_until) IS NOT TRUE
				AND NOT EXISTS (SELECT FROM room_member o JOIN account_identity j ON j.org = o.org AND j.account = o.account
					WHERE o.org = v_org AND o.room = r.room AND o.role = 1 AND (j.identified_at, j.account) < (i.identified_at, i.account))
			ORDER BY i.identified_at, r.room LIMIT p_most;
	ELSIF p_source = 'account' THEN
		RETURN QUERY SELECT 'account', i.account, 0, i.identified_at, greatest(retention_at(i.identified_at, v_rule.days, v_rule.days_before, v_rule.holds_from), f.until),
				'account', v_rule.days, v_rule.version, i.account = ANY (v_people),
				NOT EXISTS (SELECT FROM room_member m WHERE m.org = v_org AND m.account = i.account)
			FROM account_identity i JOIN account a ON a.org = i.org AND a.account = i.account AND a.role = 'client'
			CROSS JOIN LATERAL (SELECT v_freed_until[array_position(v_freed, i.account)] AS until) AS f
			WHERE i.org = v_org AND i.identified_at <= v_until AND (i.identified_at, i.account) > (v_since, v_object) AND (f.until > p_until) IS NOT TRUE
				AND NOT EXISTS (SELECT FROM erasure e WHERE e.org = v_org AND e.kind = 'account' AND e.object = i.account)
			ORDER BY i.identified_at, i.account LIMIT p_most;
	ELSIF p_source = 'file' THEN
		RETURN QUERY SELECT 'file', f.file, 0, f.sent_at, greatest(retention_at(f.sent_at, v_rule.days, v_rule.days_before, v_rule.holds_from), h.until),
				'file', v_rule.days, v_rule.version, f.room = ANY (v_rooms), true
			FROM file f JOIN room r ON r.org = f.org AND r.room = f.room AND NOT r.erasing
			CROSS JOIN LATERAL (SELECT v_freed_until[array_position(v_freed, f.room)] AS until) AS h
			WHERE f.org = v_org AND f.state = 'sent' AND f.sent_at <= v_until AND (f.sent_at, f.file) > (v_since, v_object) AND (h.until > p_until) IS NOT TRUE
				AND NOT EXISTS (SELECT FROM erasure e WHERE e.org = v_org AND e.kind = 'file' AND e.object = f.file)
			ORDER BY f.sent_at, f.file LIMIT p_most;
	ELSE
		RETURN QUERY SELECT p_source, s.room, s.epoch, s.over_at, greatest(retention_at(s.over_at, v_rule.days, v_rule.days_before, v_rule.holds_from), f.until),
				p_source, v_rule.days, v_rule.version, s.room = ANY (v_rooms), true
			FROM stretch s JOIN room r ON r.org = s.org AND r.room = s.room AND NOT r.erasing
			CROSS JOIN LATERAL (SELECT v_freed_until[array_position(v_freed, s.room)] AS until) AS f
			WHERE s.org = v_org AND s.kind = p_source AND NOT s.begun AND s.over_at <= v_until AND (s.over_at, s.room, s.epoch) > (v_since, v_object, v_part)
				AND (f.until > p_until) IS NOT TRUE
			ORDER BY s.over_at, s.room, s.epoch LIMIT p_most;
	END IF;
END
$$;

-- As in 0038, by the same.
CREATE OR REPLACE FUNCTION retention_of_room(p_room uuid) RETURNS TABLE (due_at timestamptz, rule text, days int4, held boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT greatest(o.due_at, (SELECT f.until FROM held_lately('room') f WHERE f.object = p_room)), o.rule, o.days, is_held(p_room) OR EXISTS (
		SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.role = 1 AND is_held(m.account))
	FROM (
		SELECT retention_at(r.closed_at, u.days, u.days_before, u.holds_from) AS due_at, 'room' AS rule, u.days
		FROM retention_rules() u JOIN room r ON u.kind = 'room' AND r.org = luotsi_org() AND r.room = p_room AND r.closed_at IS NOT NULL
		UNION ALL
		SELECT retention_at(i.identified_at, u.days, u.days_before, u.holds_from), 'account', u.days
		FROM retention_rules() u JOIN room_member m ON u.kind = 'account' AND m.org = luotsi_org() AND m.room = p_room AND m.role = 1
		JOIN account_identity i ON i.org = m.org AND i.account = m.account) AS o
	ORDER BY o.due_at LIMIT 1
$$;

-- What is told of a person, and the detail of events, by the same.
DROP FUNCTION audit_rule();
CREATE FUNCTION audit_rule() RETURNS TABLE (days int4, version int4, days_before int4, holds_from timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT least(r.days, t.days), coalesce(r.version, 0), c.days_before, c.holds_from
	FROM (SELECT min((v.terms -> 'retention' ->> 'audit')::int4) AS days
		FROM agreement a JOIN agreement_version v USING (org, agreement, version) WHERE a.org = luotsi_org()) AS t
	LEFT JOIN LATERAL (SELECT x.days, x.version FROM retention_rule x WHERE x.org = luotsi_org() AND x.kind = 'audit' ORDER BY x.version DESC LIMIT 1) AS r ON true
	LEFT JOIN retention_change c ON c.org = luotsi_org() AND c.kind = 'audit' AND c.holds_from > now()
	WHERE coalesce(r.days, t.days) IS NOT NULL
$$;
DO $$
DECLARE
	v_new text;
BEGIN
	v_new := replace(pg_get_functiondef('audit_expire_here(int4)'::regprocedure), 'v_until := now() - make_interval(days => v_rule.days);',
		'v_until := retention_since(now(), v_rule.days, v_rule.days_before, v_rule.holds_from);');
	ASSERT v_new ~ 'retention_since', 'events that lose their detail';
	EXECUTE v_new;
	v_new := replace(pg_get_functiondef('rights_held(uuid)'::regprocedure), 'i.identified_at + make_interval(days => r.days)',
		'retention_at(i.identified_at, r.days, r.days_before, r.holds_from)');
	ASSERT v_new ~ 'retention_at', 'when a person goes';
	EXECUTE v_new;
	v_new := pg_get_functiondef('audit_page(timestamptz, int4, text, int4)'::regprocedure);
	v_new := replace(v_new, 'v_days int4 := coalesce(p_days, (SELECT r.days FROM audit_rule() r));', 'v_rule record;');
	v_new := replace(v_new, 'v_until timestamptz := p_until - make_interval(days => v_days);', 'v_until timestamptz;');
	v_new := regexp_replace(v_new, '(\nBEGIN\n)', E'\\1\tSELECT r.* INTO v_rule FROM audit_rule() r;\n\tIF p_days IS NOT NULL THEN\n\t\tSELECT r.* INTO v_rule FROM retention_rule_as(''audit'', p_days) r;\n\tEND IF;\n\tv_until := retention_since(p_until, v_rule.days, v_rule.days_before, v_rule.holds_from);\n');
	v_new := replace(v_new, 'a.at + make_interval(days => v_days)', 'retention_at(a.at, v_rule.days, v_rule.days_before, v_rule.holds_from)');
	ASSERT v_new !~ 'v_days' AND v_new ~ 'retention_since' AND v_new ~ 'retention_at', 'the dry run of events';
	EXECUTE v_new;
END
$$;

GRANT EXECUTE ON FUNCTION retention_rules() TO luotsi_app;
REVOKE EXECUTE ON FUNCTION retention_agreement() FROM PUBLIC;
