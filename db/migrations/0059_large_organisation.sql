-- Pages of a large organisation (measured with 2,000 who counsel, 20,000 clients and 20,000 rooms): its staff is found
-- without its clients, who was here last is a plan the planner sees into, and the report reads only the months it tells.

CREATE INDEX account_staff ON account (org, created_at, account) WHERE role <> 'client';

CREATE FUNCTION staff_seen(p_account uuid) RETURNS TABLE (at timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT greatest(a.created_at,
		(SELECT i.identified_at FROM account_identity i WHERE i.org = a.org AND i.account = a.account),
		(SELECT max(k.used_at) FROM passkey k WHERE k.org = a.org AND k.account = a.account),
		(SELECT max(s.seen_at) FROM session s WHERE s.org = a.org AND s.account = a.account))
	FROM account a WHERE a.org = luotsi_org() AND a.account = p_account
$$;
CREATE OR REPLACE FUNCTION staff_last_in(p_account uuid) RETURNS timestamptz
LANGUAGE sql STABLE AS $$ SELECT s.at FROM staff_seen(p_account) AS s $$;

DO $$
DECLARE
	v_flags text := pg_get_functiondef('admin_flags()'::regprocedure);
	v_report text := pg_get_functiondef('room_report(text, int4)'::regprocedure);
	v_seen text := replace(v_flags, '(SELECT staff_last_in(s.account) AS at OFFSET 0) AS l', 'staff_seen(s.account) AS l');
	v_months text := replace(replace(replace(v_report,
		'WITH room_month AS (', 'WITH first AS (SELECT date_trunc(''month'', day_now())::date - make_interval(months => p_months - 1) AS day),
	room_month AS ('),
		'NOT r.erasing),', 'NOT r.erasing
			AND (SELECT f.day AT TIME ZONE ''Europe/Helsinki'' FROM first f) <= greatest(r.created_at, r.closed_at)),'),
		'd.month > date_trunc(''month'', day_now()) - make_interval(months => p_months)', 'd.month >= (SELECT f.day FROM first f)');
BEGIN
	ASSERT v_seen <> v_flags AND length(v_months) > length(v_report) + 150, 'the functions are those of 0050';
	EXECUTE v_seen;
	EXECUTE v_months;
END
$$;
