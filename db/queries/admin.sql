-- What an admin looks after: plans of staff, hours and promise, flags, rehearsals, reports.

-- name: plan_list
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: account uuid, office uuid, absent_from text, absent_until text, deputy uuid, leaves_on text, successor uuid
-- Of all colleagues; all but account may be NULL.
SELECT p.account, p.office, to_char(p.absent_from, 'YYYY-MM-DD') AS absent_from, to_char(p.absent_until, 'YYYY-MM-DD') AS absent_until, p.deputy,
	to_char(p.leaves_on, 'YYYY-MM-DD') AS leaves_on, p.successor
FROM staff_plan p JOIN account a USING (org, account) WHERE a.role <> 'client' ORDER BY p.account LIMIT 300;

-- name: plan_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: account uuid, office uuid, absent_from text, absent_until text, deputy uuid, leaves_on text, successor uuid, handed int8, closed int8
-- Of one colleague; all but account may be NULL.
SELECT a.account, p.office, to_char(p.absent_from, 'YYYY-MM-DD') AS absent_from, to_char(p.absent_until, 'YYYY-MM-DD') AS absent_until, p.deputy,
	to_char(p.leaves_on, 'YYYY-MM-DD') AS leaves_on, p.successor, l.handed, l.closed
FROM account a LEFT JOIN staff_plan p USING (org, account) CROSS JOIN rooms_left(:account) AS l
WHERE a.account = :account AND a.role <> 'client';

-- name: plan_rooms
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: room uuid, created_at timestamptz, last_at timestamptz, waiting_since timestamptz, deputy_in bool, successor_in bool, others int8
-- The open rooms that somebody holds. waiting_since may be NULL.
SELECT room, created_at, last_at, waiting_since, deputy_in, successor_in, others FROM staff_rooms(:account);

-- name: absence_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, from text, until text, deputy uuid
-- out: done bool
-- Days as YYYY-MM-DD; from NULL: not absent any more.
SELECT true AS done FROM absence_put(:actor, :account, :from, :until, :deputy);

-- name: leaving_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, on text, successor uuid
-- out: done bool
-- on NULL: they stay.
SELECT true AS done FROM leaving_put(:actor, :account, :on, :successor);

-- name: staff_place
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, office uuid
-- out: done bool
-- office NULL: in none.
SELECT true AS done FROM staff_place(:actor, :account, :office);

-- name: staff_person
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, reason text
-- out: made_at timestamptz, last_in timestamptz, identified_at timestamptz, provider text, passkeys int8, sessions int8, rooms_open int8, rooms_closed int8, trained_on text, certified_until timestamptz
-- Recorded with the reason.
SELECT made_at, last_in, identified_at, provider, passkeys, sessions, rooms_open, rooms_closed, trained_on, certified_until
FROM staff_person(:actor, :account, :reason);

-- name: absence_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: room uuid, account uuid, until text, deputy uuid, deputy_in bool
-- Who of the staff of an account's rooms is absent today. deputy may be NULL.
SELECT room, account, until, deputy, deputy_in FROM absences_for(:account);

-- name: service_get
-- shape: one
-- lane: read
-- tenant: yes
-- in:
-- out: promise_days int4, holidays bool, notice_fi text, notice_sv text, notice_en text, notice_until text
-- What an admin has not said is NULL. A notice that is over is still given: to the admin.
SELECT s.promise_days::int4 AS promise_days, coalesce(s.holidays, true) AS holidays, s.notice ->> 'fi' AS notice_fi, s.notice ->> 'sv' AS notice_sv,
	s.notice ->> 'en' AS notice_en, to_char(s.notice_until, 'YYYY-MM-DD') AS notice_until
FROM (SELECT) AS one LEFT JOIN service s ON true;

-- name: service_days
-- shape: many
-- lane: read
-- tenant: yes
-- in: days int4
-- out: weekday int4, day text, opens int4, closes int4, holiday text, exception bool
-- The hours of weekdays (day NULL), then the days ahead that are unlike their weekdays (weekday NULL).
SELECT h.weekday::int4 AS weekday, NULL::text AS day, h.opens::int4 AS opens, h.closes::int4 AS closes, NULL::text AS holiday, false AS exception FROM service_hours h
UNION ALL
SELECT NULL, to_char(d.day, 'YYYY-MM-DD'), d.opens, d.closes, d.holiday, d.exception
FROM service_days(day_now(), :days) AS d WHERE d.exception OR d.holiday IS NOT NULL AND d.opens IS NULL
ORDER BY weekday, day;

-- name: service_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, promise int4, holidays bool, notice text[], until text, weekdays int4[], opens int4[], closes int4[]
-- out: done bool
-- All but the days. promise and until may be NULL.
SELECT true AS done FROM service_put(:actor, :promise, :holidays, :notice, :until, :weekdays, :opens, :closes);

-- name: service_day_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, day text, gone bool, opens int4, closes int4
-- out: done bool
-- opens and closes NULL: closed.
SELECT true AS done FROM service_day_put(:actor, :day, :gone, :opens, :closes);

-- name: flag_list
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: flag text, object uuid, n int8, at timestamptz, day text
-- What there is to do; all but flag may be NULL.
SELECT flag, object, n, at, day FROM admin_flags() LIMIT 2500;

-- name: recovery_state
-- shape: one
-- lane: read
-- tenant: yes
-- in:
-- out: made_at timestamptz, key_at timestamptz, openings int8, opened_at timestamptz, rehearsed_on text, note text, due_on text
-- Everything but openings may be NULL.
SELECT made_at, key_at, openings, opened_at, rehearsed_on, note, due_on FROM recovery_state();

-- name: recovery_rehearse
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, held_on text, note text
-- out: done bool
-- held_on: YYYY-MM-DD.
SELECT true AS done FROM recovery_rehearse(:actor, :held_on, :note);

-- name: report_rooms
-- shape: many
-- lane: read
-- tenant: yes
-- in: by text, months int4
-- out: month text, of text, opened int8, closed int8
-- NULL: a number so small that it is not told.
SELECT month, of, opened, closed FROM room_report(:by, :months);
