-- How a colleague works here: where, when absent and who answers meanwhile, when they leave and to whom their rooms
-- go. Who leaves or is shut out leaves no open room behind.
--
-- The server cannot hand a room over: its keys go from one member's browser to the next. A plan is what the people
-- are told to do, and what is counted; the control log is what was done.

CREATE TABLE staff_plan (
	org          uuid NOT NULL DEFAULT luotsi_org(),
	account      uuid NOT NULL,
	office       uuid,
	absent_from  date,
	absent_until date,
	deputy       uuid,
	leaves_on    date,
	successor    uuid,
	leaving_at   timestamptz,
	CONSTRAINT staff_plan_key PRIMARY KEY (org, account),
	CONSTRAINT staff_plan_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE,
	CONSTRAINT staff_plan_in_office FOREIGN KEY (org, office) REFERENCES office ON DELETE SET NULL (office),
	CONSTRAINT staff_plan_deputy FOREIGN KEY (org, deputy) REFERENCES account ON DELETE SET NULL (deputy),
	CONSTRAINT staff_plan_successor FOREIGN KEY (org, successor) REFERENCES account ON DELETE SET NULL (successor),
	CONSTRAINT staff_plan_absence__bad_field CHECK (num_nulls(absent_from, absent_until) IN (0, 2)
		AND absent_until BETWEEN absent_from AND absent_from + 731 AND (deputy IS NULL OR absent_from IS NOT NULL)),
	CONSTRAINT staff_plan_leaving_whole CHECK (num_nulls(leaves_on, leaving_at) IN (0, 2) AND (successor IS NULL OR leaves_on IS NOT NULL)),
	CONSTRAINT staff_plan_not_oneself__bad_field CHECK (deputy <> account AND successor <> account)
);
COMMENT ON TABLE staff_plan IS 'Where a colleague works, when they are absent and when they leave. Who is absent, until when and who answers meanwhile is told to the members of their rooms.';
COMMENT ON COLUMN staff_plan.leaving_at IS 'When the leaving was planned: rooms that were left or closed since then count as handed over.';
CREATE INDEX staff_plan_by_deputy ON staff_plan (org, deputy) WHERE deputy IS NOT NULL;
CREATE INDEX staff_plan_by_successor ON staff_plan (org, successor) WHERE successor IS NOT NULL;
CREATE INDEX staff_plan_by_office ON staff_plan (org, office) WHERE office IS NOT NULL;
CALL tenant_table('staff_plan');
GRANT SELECT ON staff_plan TO luotsi_app;
GRANT SELECT (org, account, office) ON staff_plan TO luotsi_read;

-- The open rooms that would be left behind: they are a member, or were one until their keys or certificate ended and
-- nobody else of staff is there.
CREATE FUNCTION rooms_held(p_account uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
	SELECT m.room FROM room_member m JOIN room r USING (org, room)
	WHERE m.org = luotsi_org() AND m.account = p_account AND m.role = 2 AND r.phase = 'open' AND NOT r.erasing
		AND (m.active OR m.lapsed_at IS NOT NULL AND NOT EXISTS (
			SELECT FROM room_member o WHERE o.org = m.org AND o.room = m.room AND o.role = 2 AND o.active))
$$;
GRANT EXECUTE ON FUNCTION rooms_held(uuid) TO luotsi_app;

-- A colleague who can answer for another.
CREATE FUNCTION staff_counsels(p_account uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM account a WHERE a.org = luotsi_org() AND a.account = p_account AND session_class(a.role) = 2 AND a.disabled_at IS NULL)
$$;

-- Whose plan is changed: an admin any colleague's, others their own.
CREATE FUNCTION staff_plan_lock(p_actor uuid, p_account uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_role text := (SELECT a.role FROM account a WHERE a.org = luotsi_org() AND a.account = p_actor AND a.disabled_at IS NULL);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('staff ' || luotsi_org(), 0));
	IF p_actor <> p_account AND v_role IS DISTINCT FROM 'admin' THEN
		RAISE EXCEPTION 'not theirs' USING ERRCODE = 'LU000', CONSTRAINT = 'staff_plan__forbidden';
	ELSIF NOT EXISTS (SELECT FROM account a WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> 'client' AND a.disabled_at IS NULL) THEN
		RAISE EXCEPTION 'nobody' USING ERRCODE = 'LU000', CONSTRAINT = 'staff_plan__not_found';
	END IF;
	INSERT INTO staff_plan (account) VALUES (p_account) ON CONFLICT ON CONSTRAINT staff_plan_key DO NOTHING;
END
$$;

-- p_office NULL: in none.
CREATE FUNCTION staff_place(p_actor uuid, p_account uuid, p_office uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM staff_plan_lock(p_actor, p_account);
	IF p_office IS NOT NULL AND NOT EXISTS (SELECT FROM office o WHERE o.org = luotsi_org() AND o.office = p_office) THEN
		RAISE EXCEPTION 'no office' USING ERRCODE = 'LU000', CONSTRAINT = 'staff_place__not_found';
	END IF;
	UPDATE staff_plan p SET office = p_office WHERE p.org = luotsi_org() AND p.account = p_account;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'staff_place', p_account, CASE WHEN p_office IS NULL THEN 'off' ELSE 'on' END);
END
$$;

-- Absent from one day to another, both included; p_from NULL: not any more.
CREATE FUNCTION absence_put(p_actor uuid, p_account uuid, p_from text, p_until text, p_deputy uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM staff_plan_lock(p_actor, p_account);
	IF p_from IS NOT NULL AND (day_read(p_until) < day_now() OR p_deputy IS NOT NULL AND NOT staff_counsels(p_deputy)) THEN
		RAISE EXCEPTION 'not so' USING ERRCODE = 'LU000', CONSTRAINT = 'absence_put__bad_field';
	END IF;
	UPDATE staff_plan p SET absent_from = day_read(p_from), absent_until = day_read(p_until), deputy = p_deputy
	WHERE p.org = luotsi_org() AND p.account = p_account;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'absence_put', p_account, CASE WHEN p_from IS NULL THEN 'off' ELSE 'on' END);
END
$$;

-- The day on which a colleague leaves, and who gets their rooms; p_on NULL: they stay.
CREATE FUNCTION leaving_put(p_actor uuid, p_account uuid, p_on text, p_successor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM staff_plan_lock(p_actor, p_account);
	IF p_on IS NOT NULL AND p_successor IS NOT NULL AND NOT staff_counsels(p_successor) THEN
		RAISE EXCEPTION 'not so' USING ERRCODE = 'LU000', CONSTRAINT = 'leaving_put__bad_field';
	END IF;
	UPDATE staff_plan p SET leaves_on = day_read(p_on), successor = CASE WHEN p_on IS NOT NULL THEN p_successor END,
		leaving_at = CASE WHEN p_on IS NOT NULL THEN coalesce(p.leaving_at, now()) END
	WHERE p.org = luotsi_org() AND p.account = p_account;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'leaving_put', p_account, CASE WHEN p_on IS NULL THEN 'off' ELSE 'on' END);
END
$$;

-- As in 0016, and: who has open rooms is shut out only when the leaving is forced (p_forced: a word why), and their
-- rooms are then shown as rooms without a counsellor until the organisation has opened them for another or they are
-- closed. rooms: how many there are.
DROP FUNCTION staff_disable(uuid, uuid, boolean);
CREATE FUNCTION staff_disable(p_actor uuid, p_account uuid, p_disabled boolean, p_forced text) RETURNS TABLE (outcome text, rooms int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
BEGIN
	rooms := (SELECT count(*) FROM rooms_held(p_account));
	outcome := CASE
		WHEN v_one.account IS NULL THEN 'not_found'
		WHEN p_disabled AND staff_is_last_admin(v_one) THEN 'last_admin'
		WHEN p_disabled = (v_one.disabled_at IS NOT NULL) THEN 'ok'
		WHEN p_disabled AND rooms > 0 AND p_forced IS NULL THEN 'has_rooms'
	END;
	IF outcome IS NULL THEN
		UPDATE account a SET disabled_at = CASE WHEN p_disabled THEN now() END WHERE a.org = luotsi_org() AND a.account = p_account;
		DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.account = p_account AND p_disabled;
		INSERT INTO audit (actor, action, object, word)
		VALUES (p_actor, CASE WHEN p_disabled THEN 'staff_disable' ELSE 'staff_enable' END, p_account, CASE WHEN p_disabled THEN p_forced END);
		outcome := 'ok';
	END IF;
	RETURN NEXT;
END
$$;

-- The same rooms count for another role.
CREATE OR REPLACE FUNCTION staff_role(p_actor uuid, p_account uuid, p_role text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
BEGIN
	IF v_one.account IS NULL OR v_one.role = 'operator' THEN
		RETURN 'not_found';
	ELSIF p_role <> 'admin' AND staff_is_last_admin(v_one) THEN
		RETURN 'last_admin';
	ELSIF session_class(p_role) <> 2 AND EXISTS (SELECT FROM rooms_held(p_account)) THEN
		RETURN 'has_rooms';
	END IF;
	UPDATE account a SET role = p_role WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> p_role;
	INSERT INTO audit (actor, action, object, word) SELECT p_actor, 'staff_role', p_account, p_role WHERE FOUND;
	RETURN 'ok';
END
$$;

-- The newest sign of a colleague: an identification, a passkey, or a session that still stands; else when the account was made.
CREATE FUNCTION staff_last_in(p_account uuid) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT greatest(a.created_at,
		(SELECT i.identified_at FROM account_identity i WHERE i.org = a.org AND i.account = a.account),
		(SELECT max(k.used_at) FROM passkey k WHERE k.org = a.org AND k.account = a.account),
		(SELECT max(s.seen_at) FROM session s WHERE s.org = a.org AND s.account = a.account))
	FROM account a WHERE a.org = luotsi_org() AND a.account = p_account
$$;

-- What is kept of a colleague beside the list: given for a reason, which is part of the log.
CREATE FUNCTION staff_person(p_actor uuid, p_account uuid, p_reason text)
RETURNS TABLE (made_at timestamptz, last_in timestamptz, identified_at timestamptz, provider text, passkeys int8, sessions int8,
	rooms_open int8, rooms_closed int8, trained_on text, certified_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT a.created_at, staff_last_in(a.account), i.identified_at, i.provider,
			(SELECT count(*) FROM passkey k WHERE k.org = a.org AND k.account = a.account AND k.disabled_at IS NULL),
			(SELECT count(*) FROM session s WHERE s.org = a.org AND s.account = a.account AND s.expires_at > now()),
			(SELECT count(*) FROM rooms_held(a.account)),
			(SELECT count(*) FROM room_member m JOIN room r USING (org, room) WHERE m.org = a.org AND m.account = a.account AND r.phase = 'closed'),
			to_char(t.passed_on, 'YYYY-MM-DD'), h.valid_until
		FROM account a LEFT JOIN account_identity i USING (org, account) LEFT JOIN training t USING (org, account)
		LEFT JOIN identity_head h ON h.org = a.org AND h.subject = a.account AND NOT h.revoked
		WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> 'client';
	IF FOUND THEN
		INSERT INTO audit (actor, action, object, reason) VALUES (p_actor, 'staff_person', p_account, p_reason);
	END IF;
END
$$;

-- The rooms that a colleague holds, for themselves and for the admin who follows how the handing over goes. in_room:
-- the deputy or successor is a member; others: of staff who could go on.
CREATE FUNCTION staff_rooms(p_account uuid)
RETURNS TABLE (room uuid, created_at timestamptz, last_at timestamptz, waiting_since timestamptz, deputy_in boolean, successor_in boolean, others int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT r.room, r.created_at, r.last_at, r.waiting_since, bool_or(o.account = p.deputy) IS TRUE, bool_or(o.account = p.successor) IS TRUE,
		count(o.account)
	FROM rooms_held(p_account) AS h (room) JOIN room r ON r.org = luotsi_org() AND r.room = h.room
	LEFT JOIN staff_plan p ON p.org = r.org AND p.account = p_account
	LEFT JOIN (room_member o JOIN account a ON a.org = o.org AND a.account = o.account AND a.disabled_at IS NULL)
		ON o.org = r.org AND o.room = r.room AND o.role = 2 AND o.active AND o.account <> p_account
	GROUP BY r.room, r.created_at, r.last_at, r.waiting_since ORDER BY r.created_at, r.room LIMIT 500
$$;

-- How many rooms have gone since the leaving was planned: those that they left (LEAVE) or were taken out of (REMOVE),
-- and those that were closed.
CREATE FUNCTION rooms_left(p_account uuid) RETURNS TABLE (handed int8, closed int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT count(*) FILTER (WHERE NOT m.active AND m.lapsed_at IS NULL AND EXISTS (SELECT FROM control_entry c
			WHERE c.org = m.org AND c.room = m.room AND (c.type = 10 OR c.type = 11 AND c.sender = m.account) AND c.at >= p.leaving_at)),
		count(*) FILTER (WHERE m.active AND r.closed_at >= p.leaving_at)
	FROM staff_plan p JOIN room_member m USING (org, account) JOIN room r USING (org, room)
	WHERE p.org = luotsi_org() AND p.account = p_account AND p.leaving_at IS NOT NULL
$$;

-- Who of the staff of one's rooms is absent today, and who answers meanwhile.
CREATE FUNCTION absences_for(p_account uuid) RETURNS TABLE (room uuid, account uuid, until text, deputy uuid, deputy_in boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT m.room, p.account, to_char(p.absent_until, 'YYYY-MM-DD'), p.deputy,
		EXISTS (SELECT FROM room_member d WHERE d.org = m.org AND d.room = m.room AND d.account = p.deputy AND d.active)
	FROM room_member m JOIN room_member o ON o.org = m.org AND o.room = m.room AND o.role = 2 AND o.active AND o.account <> m.account
	JOIN staff_plan p ON p.org = o.org AND p.account = o.account
	WHERE m.org = luotsi_org() AND m.account = p_account AND m.active AND day_now() BETWEEN p.absent_from AND p.absent_until
	ORDER BY m.room, p.account LIMIT 500
$$;

GRANT EXECUTE ON FUNCTION staff_place(uuid, uuid, uuid), absence_put(uuid, uuid, text, text, uuid), leaving_put(uuid, uuid, text, uuid),
	staff_disable(uuid, uuid, boolean, text), staff_person(uuid, uuid, text), staff_rooms(uuid), rooms_left(uuid), absences_for(uuid) TO luotsi_app;
