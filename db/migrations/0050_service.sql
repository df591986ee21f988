-- The service that an organisation promises: when it is open, within how many working days it answers, what it tells
-- its clients meanwhile. Who waits longer is late. What its admin has to look after follows from that and from 0049.

CREATE TABLE service (
	org          uuid NOT NULL DEFAULT luotsi_org(),
	promise_days int2 CONSTRAINT service_promise__bad_field CHECK (promise_days BETWEEN 1 AND 30),
	holidays     boolean NOT NULL DEFAULT true,
	notice       jsonb NOT NULL DEFAULT '{}' CONSTRAINT service_notice__bad_field CHECK (keys_are(notice, '{}') OR notice ?& '{fi,sv,en}'),
	notice_until date,
	CONSTRAINT service_key PRIMARY KEY (org),
	CONSTRAINT service_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE service IS 'What an organisation promises its clients. promise_days: working days until an answer; holidays: closed on public holidays; notice: what all its rooms show until a day.';
CALL tenant_table('service');

CREATE TABLE service_hours (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	weekday int2 NOT NULL CONSTRAINT service_hours_weekday CHECK (weekday BETWEEN 1 AND 7),
	opens   int2 NOT NULL,
	closes  int2 NOT NULL,
	CONSTRAINT service_hours_key PRIMARY KEY (org, weekday),
	CONSTRAINT service_hours__bad_field CHECK (0 <= opens AND opens < closes AND closes <= 1440),
	CONSTRAINT service_hours_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE service_hours IS 'Minutes of the day between which somebody answers, by weekday (1: Monday); a day without a row is closed. No rows at all: nobody said.';
CALL tenant_table('service_hours');

CREATE TABLE service_day (
	org    uuid NOT NULL DEFAULT luotsi_org(),
	day    date NOT NULL,
	opens  int2,
	closes int2,
	CONSTRAINT service_day_key PRIMARY KEY (org, day),
	CONSTRAINT service_day__bad_field CHECK (num_nulls(opens, closes) IN (0, 2) AND (opens IS NULL OR 0 <= opens AND opens < closes AND closes <= 1440)),
	CONSTRAINT service_day_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE service_day IS 'A day that is unlike its weekday: closed, or open at other times; also a public holiday on which it is open after all.';
CALL tenant_table('service_day');
GRANT SELECT ON service, service_hours, service_day TO luotsi_app;

-- Easter Sunday of a year (the Gregorian rule, after Meeus).
CREATE FUNCTION easter(p_year int4) RETURNS date
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	a int4 := p_year % 19;
	b int4 := p_year / 100;
	c int4 := p_year % 100;
	h int4 := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	l int4 := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	m int4 := h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
BEGIN
	RETURN make_date(p_year, m / 31, m % 31 + 1);
END
$$;

-- The public holidays of Finland in a year, with the eves on which offices are closed.
CREATE FUNCTION holidays_of(p_year int4) RETURNS TABLE (day date, word text)
LANGUAGE sql IMMUTABLE AS $$
	SELECT make_date(p_year, m, d), w FROM (VALUES (1, 1, 'new_year'), (1, 6, 'epiphany'), (5, 1, 'may_day'), (12, 6, 'independence'),
		(12, 24, 'christmas_eve'), (12, 25, 'christmas'), (12, 26, 'boxing_day')) AS fixed (m, d, w)
	UNION ALL
	SELECT easter(p_year) + n, w FROM (VALUES (-2, 'good_friday'), (0, 'easter'), (1, 'easter_monday'), (39, 'ascension'), (49, 'pentecost')) AS moving (n, w)
	UNION ALL
	-- Saturdays: the first from a day on. Midsummer eve is the Friday before.
	SELECT f + (6 - extract(isodow FROM f)::int4 + 7) % 7 + n, w
	FROM (VALUES (make_date(p_year, 6, 20), -1, 'midsummer_eve'), (make_date(p_year, 6, 20), 0, 'midsummer'), (make_date(p_year, 10, 31), 0, 'all_saints')) AS saturday (f, n, w)
$$;

-- How the service stands on each day of a range: its hours (NULL: closed), and the word of a public holiday.
CREATE FUNCTION service_days(p_from date, p_days int4) RETURNS TABLE (day date, opens int2, closes int2, holiday text, exception boolean)
LANGUAGE sql STABLE AS $$
	SELECT d.day, CASE WHEN x.day IS NOT NULL THEN x.opens WHEN v.word IS NOT NULL AND s.holidays THEN NULL
			WHEN w.known THEN h.opens WHEN d.weekday <= 5 THEN 540 END::int2,
		CASE WHEN x.day IS NOT NULL THEN x.closes WHEN v.word IS NOT NULL AND s.holidays THEN NULL
			WHEN w.known THEN h.closes WHEN d.weekday <= 5 THEN 900 END::int2,
		v.word, x.day IS NOT NULL
	FROM (SELECT p_from + n AS day, extract(isodow FROM p_from + n)::int2 AS weekday FROM generate_series(0, p_days - 1) AS n) AS d
	CROSS JOIN (SELECT coalesce((SELECT y.holidays FROM service y WHERE y.org = luotsi_org()), true) AS holidays) AS s
	CROSS JOIN (SELECT EXISTS (SELECT FROM service_hours z WHERE z.org = luotsi_org()) AS known) AS w
	LEFT JOIN service_hours h ON h.org = luotsi_org() AND h.weekday = d.weekday
	LEFT JOIN service_day x ON x.org = luotsi_org() AND x.day = d.day
	LEFT JOIN (SELECT o.day, o.word FROM generate_series(extract(year FROM p_from)::int4, extract(year FROM p_from + p_days)::int4) AS y
		CROSS JOIN holidays_of(y) AS o) AS v ON v.day = d.day
$$;

-- Whoever has waited since before this is late: the promised number of working days has gone by after that day.
-- NULL: nothing was promised.
CREATE FUNCTION late_before() RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT d.day::timestamp AT TIME ZONE 'Europe/Helsinki'
	FROM service s CROSS JOIN service_days(day_now() - 90, 90) AS d
	WHERE s.org = luotsi_org() AND s.promise_days IS NOT NULL AND d.opens IS NOT NULL
	ORDER BY d.day DESC OFFSET (SELECT y.promise_days - 1 FROM service y WHERE y.org = luotsi_org()) LIMIT 1
$$;

-- p_notice: Finnish, Swedish, English; p_weekdays, p_opens, p_closes: one each for the days that are open.
CREATE FUNCTION service_put(p_actor uuid, p_promise int4, p_holidays boolean, p_notice text[], p_until text, p_weekdays int4[], p_opens int4[], p_closes int4[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('service ' || luotsi_org(), 0));
	IF (SELECT count(DISTINCT w) FROM unnest(p_weekdays) AS w) <> cardinality(p_weekdays) OR p_notice[1] = '' AND p_notice[2] || p_notice[3] <> '' THEN
		RAISE EXCEPTION 'not so' USING ERRCODE = 'LU000', CONSTRAINT = 'service_put__bad_field';
	END IF;
	INSERT INTO service (promise_days, holidays, notice, notice_until)
	VALUES (p_promise, p_holidays, CASE WHEN p_notice[1] = '' THEN '{}' ELSE jsonb_build_object('fi', p_notice[1], 'sv', p_notice[2], 'en', p_notice[3]) END,
		CASE WHEN p_notice[1] <> '' THEN day_read(p_until) END)
	ON CONFLICT ON CONSTRAINT service_key DO UPDATE SET promise_days = excluded.promise_days, holidays = excluded.holidays,
		notice = excluded.notice, notice_until = excluded.notice_until;
	DELETE FROM service_hours h WHERE h.org = luotsi_org();
	INSERT INTO service_hours (weekday, opens, closes) SELECT w, o, c FROM unnest(p_weekdays, p_opens, p_closes) AS t (w, o, c);
	INSERT INTO audit (actor, action) VALUES (p_actor, 'service_put');
END
$$;

-- A day that is unlike others; p_gone: it is like them again.
CREATE FUNCTION service_day_put(p_actor uuid, p_day text, p_gone boolean, p_opens int4, p_closes int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('service ' || luotsi_org(), 0));
	DELETE FROM service_day x WHERE x.org = luotsi_org() AND x.day < day_now() - 400;
	IF p_gone THEN
		DELETE FROM service_day x WHERE x.org = luotsi_org() AND x.day = day_read(p_day);
	ELSIF day_read(p_day) NOT BETWEEN day_now() AND day_now() + 730 THEN
		RAISE EXCEPTION 'not then' USING ERRCODE = 'LU000', CONSTRAINT = 'service_day_put__bad_field';
	ELSE
		INSERT INTO service_day (day, opens, closes) VALUES (day_read(p_day), p_opens, p_closes)
		ON CONFLICT ON CONSTRAINT service_day_key DO UPDATE SET opens = excluded.opens, closes = excluded.closes;
	END IF;
	INSERT INTO audit (actor, action, word) VALUES (p_actor, 'service_day_put', CASE WHEN p_gone THEN 'off' ELSE 'on' END);
END
$$;

-- --- the recovery key's rehearsals ---

CREATE TABLE recovery_rehearsal (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	held_on date NOT NULL,
	by      uuid NOT NULL,
	note    text NOT NULL CONSTRAINT recovery_rehearsal_note_length CHECK (octet_length(note) <= 400),
	at      timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT recovery_rehearsal_key PRIMARY KEY (org, held_on),
	CONSTRAINT recovery_rehearsal_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE recovery_rehearsal IS 'When the holders of the sheets met and saw that two of three open the request of a room: asked for every twelve months.';
CALL tenant_table('recovery_rehearsal');

CREATE FUNCTION recovery_rehearse(p_actor uuid, p_held_on text, p_note text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF day_read(p_held_on) NOT BETWEEN day_now() - 731 AND day_now() THEN
		RAISE EXCEPTION 'not then' USING ERRCODE = 'LU000', CONSTRAINT = 'recovery_rehearse__bad_field';
	END IF;
	INSERT INTO recovery_rehearsal (held_on, by, note) VALUES (day_read(p_held_on), p_actor, p_note)
	ON CONFLICT ON CONSTRAINT recovery_rehearsal_key DO UPDATE SET by = excluded.by, note = excluded.note, at = now();
	INSERT INTO audit (actor, action) VALUES (p_actor, 'recovery_rehearse');
END
$$;

-- Since when the organisation has keys and this recovery key, how many openings there were, and the newest rehearsal.
CREATE FUNCTION recovery_state() RETURNS TABLE (made_at timestamptz, key_at timestamptz, openings int8, opened_at timestamptz, rehearsed_on text, note text, due_on text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT e.made_at, coalesce(k.at, e.made_at), o.n, o.at, to_char(r.held_on, 'YYYY-MM-DD'), r.note,
		to_char((coalesce(r.held_on, (e.made_at AT TIME ZONE 'Europe/Helsinki')::date) + interval '12 months')::date, 'YYYY-MM-DD')
	FROM (SELECT min(i.at) AS made_at FROM identity_entry i WHERE i.org = luotsi_org() AND i.subject = luotsi_org()) AS e
	CROSS JOIN (SELECT max(i.at) AS at FROM identity_entry i WHERE i.org = luotsi_org() AND i.subject = luotsi_org() AND i.type = 17) AS k
	CROSS JOIN (SELECT count(*) AS n, max(a.at) AS at FROM audit a WHERE a.org = luotsi_org() AND a.action = 'break_glass' AND a.word = 'ok') AS o
	LEFT JOIN LATERAL (SELECT x.held_on, x.note FROM recovery_rehearsal x WHERE x.org = luotsi_org() ORDER BY x.held_on DESC LIMIT 1) AS r ON true
$$;

-- --- what there is to do ---

-- What an admin has to look after now. object: the colleague, or the agreement; n: how many; at, day: since or until when.
--   not_seen      no sign-in for three months            training      asked for by the agreement, not recorded
--   absent        today; n: rooms without the deputy     certificate   has ended, or ends within thirty days
--   leaving       n: rooms that they still hold          no_staff      rooms in which no colleague is left
--   late          n: clients who wait too long           rehearsal     of the recovery key: due
--   passkeys      fewer than two; n: how many            no_promise    neither promise nor hours were said
--   amendment     waits to be accepted                   ending        the agreement ends
CREATE FUNCTION admin_flags() RETURNS TABLE (flag text, object uuid, n int8, at timestamptz, day text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH staff AS MATERIALIZED (
		SELECT a.account, session_class(a.role) = 2 AS counsels, EXISTS (SELECT FROM account_identity i WHERE i.org = a.org AND i.account = a.account) AS enrolled
		FROM account a WHERE a.org = luotsi_org() AND a.role <> 'client' AND a.disabled_at IS NULL),
	rooms AS MATERIALIZED (
		SELECT r.room, r.waiting_since < late_before() IS TRUE AS late, r.waiting_since FROM room r
		WHERE r.org = luotsi_org() AND r.phase = 'open' AND NOT r.erasing),
	held AS MATERIALIZED (
		SELECT m.account, r.room, r.late, r.waiting_since FROM rooms r JOIN room_member m ON m.org = luotsi_org() AND m.room = r.room
		JOIN staff s ON s.account = m.account WHERE m.role = 2 AND m.active)
	SELECT 'not_seen', s.account, NULL::int8, l.at, NULL::text FROM staff s CROSS JOIN LATERAL (SELECT staff_last_in(s.account) AS at OFFSET 0) AS l
	WHERE l.at < now() - interval '3 months'
	UNION ALL
	SELECT 'absent', p.account, (SELECT count(*) FROM staff_rooms(p.account) AS x WHERE NOT x.deputy_in), NULL, to_char(p.absent_until, 'YYYY-MM-DD')
	FROM staff_plan p JOIN staff USING (account) WHERE p.org = luotsi_org() AND day_now() BETWEEN p.absent_from AND p.absent_until
	UNION ALL
	SELECT 'leaving', p.account, (SELECT count(*) FROM rooms_held(p.account)), NULL, to_char(p.leaves_on, 'YYYY-MM-DD')
	FROM staff_plan p JOIN staff USING (account) WHERE p.org = luotsi_org() AND p.leaves_on IS NOT NULL
	UNION ALL
	SELECT 'late', h.account, count(*), min(h.waiting_since), NULL FROM held h WHERE h.late GROUP BY h.account
	UNION ALL
	SELECT 'passkeys', s.account, k.n, NULL, NULL FROM staff s CROSS JOIN LATERAL (SELECT count(*) AS n FROM passkey k
		WHERE k.org = luotsi_org() AND k.account = s.account AND k.disabled_at IS NULL) AS k WHERE s.enrolled AND k.n < 2
	UNION ALL
	SELECT 'training', s.account, NULL, NULL, NULL FROM staff s WHERE s.counsels
		AND EXISTS (SELECT FROM agreement g WHERE g.org = luotsi_org() AND g.training_required AND g.state <> 'ended')
		AND NOT EXISTS (SELECT FROM training t WHERE t.org = luotsi_org() AND t.account = s.account)
	UNION ALL
	SELECT 'certificate', s.account, NULL, h.valid_until, NULL FROM staff s JOIN identity_head h ON h.org = luotsi_org() AND h.subject = s.account
	WHERE s.counsels AND NOT h.revoked AND h.valid_until < now() + interval '30 days'
	UNION ALL
	SELECT 'no_staff', NULL, count(*), min(r.waiting_since), NULL FROM rooms r WHERE NOT EXISTS (SELECT FROM held h WHERE h.room = r.room) HAVING count(*) > 0
	UNION ALL
	SELECT 'rehearsal', NULL, NULL, NULL, s.rehearsed_on FROM recovery_state() AS s WHERE s.made_at IS NOT NULL AND day_read(s.due_on) <= day_now()
	UNION ALL
	SELECT 'no_promise', NULL, NULL, NULL, NULL WHERE NOT EXISTS (SELECT FROM service s WHERE s.org = luotsi_org() AND s.promise_days IS NOT NULL)
	UNION ALL
	SELECT 'amendment', v.agreement, v.version, NULL, to_char(v.holds_from, 'YYYY-MM-DD') FROM agreement_version v JOIN agreement g USING (org, agreement)
	WHERE v.org = luotsi_org() AND g.state = 'live' AND v.version > g.version AND v.version > 1 AND v.document IS NOT NULL AND v.accepted_at IS NULL AND v.signed IS NULL
	UNION ALL
	SELECT 'ending', g.agreement, NULL, NULL, to_char(g.ends_on, 'YYYY-MM-DD') FROM agreement g WHERE g.org = luotsi_org() AND g.state = 'ending'
$$;

-- --- reports ---

-- Rooms that were opened and closed in each of the last months, by p_by: all, topic, or office (of the staff who are or were
-- members). Numbers from 1 to 4 are NULL: so few could be told apart; where that would leave a single one, which
-- could be reckoned from the whole, the smallest of the others is NULL too. What has been erased is counted no more.
CREATE FUNCTION room_report(p_by text, p_months int4) RETURNS TABLE (month text, of text, opened int8, closed int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH room_month AS (
		SELECT r.room, (r.created_at AT TIME ZONE 'Europe/Helsinki')::date AS opened, (r.closed_at AT TIME ZONE 'Europe/Helsinki')::date AS closed
		FROM room r WHERE r.org = luotsi_org() AND NOT r.erasing),
	part AS (
		SELECT m.room, m.opened, m.closed, ''::text AS of FROM room_month m WHERE p_by = 'all'
		UNION ALL
		SELECT m.room, m.opened, m.closed, coalesce(t.topic, '') FROM room_month m LEFT JOIN room_topic t ON t.org = luotsi_org() AND t.room = m.room WHERE p_by = 'topic'
		UNION ALL
		SELECT DISTINCT m.room, m.opened, m.closed, coalesce(o.name, '') FROM room_month m
		JOIN room_member w ON w.org = luotsi_org() AND w.room = m.room AND w.role = 2
		LEFT JOIN staff_plan p ON p.org = w.org AND p.account = w.account LEFT JOIN office o ON o.org = p.org AND o.office = p.office WHERE p_by = 'office'),
	cell AS (
		SELECT d.month, p.of, d.what, count(*) AS n FROM part p
		CROSS JOIN LATERAL (VALUES (date_trunc('month', p.opened)::date, 'opened'), (date_trunc('month', p.closed)::date, 'closed')) AS d (month, what)
		WHERE d.month > date_trunc('month', day_now()) - make_interval(months => p_months) GROUP BY d.month, p.of, d.what),
	ranked AS (
		SELECT c.*, count(*) FILTER (WHERE c.n < 5) OVER w AS n_small, row_number() OVER (PARTITION BY c.month, c.what ORDER BY c.n, c.of) AS place
		FROM cell c WINDOW w AS (PARTITION BY c.month, c.what)),
	shown AS (
		SELECT r.month, r.of, r.what, CASE WHEN r.n < 5 OR p_by <> 'all' AND r.n_small = 1 AND r.place = 2 THEN NULL ELSE r.n END AS n FROM ranked r)
	SELECT to_char(s.month, 'YYYY-MM'), s.of,
		CASE WHEN bool_or(s.what = 'opened') THEN max(s.n) FILTER (WHERE s.what = 'opened') ELSE 0 END,
		CASE WHEN bool_or(s.what = 'closed') THEN max(s.n) FILTER (WHERE s.what = 'closed') ELSE 0 END
	FROM shown s GROUP BY s.month, s.of ORDER BY s.month DESC, s.of LIMIT 2000
$$;

GRANT EXECUTE ON FUNCTION service_put(uuid, int4, boolean, text[], text, int4[], int4[], int4[]), service_day_put(uuid, text, boolean, int4, int4),
	service_days(date, int4), holidays_of(int4), easter(int4), day_now(), late_before(), recovery_rehearse(uuid, text, text), recovery_state(),
	admin_flags(), room_report(text, int4) TO luotsi_app;
