-- Requests of the people that rooms are about (GDPR, chapter III): asked in the service, answered within a month,
-- with everything that was done in between. What people and offices write in them is sealed by the keys process;
-- the rows say who, what kind, when. How a room is frozen: 0047.

ALTER TABLE room ADD COLUMN frozen_until timestamptz;
COMMENT ON COLUMN room.frozen_until IS 'Restricted (GDPR, art. 18) until then: it can be read and taken out, and nothing comes or goes. infinity: until the person has been told of its end.';

CREATE TABLE subject_request (
	org          uuid NOT NULL DEFAULT luotsi_org(),
	request      uuid NOT NULL,
	account      uuid NOT NULL,
	kind         text NOT NULL CONSTRAINT subject_request_kind_known
		CHECK (kind IN ('access', 'rectification', 'restriction', 'portability', 'erasure', 'objection')),
	room         uuid,
	state        text NOT NULL DEFAULT 'received' CONSTRAINT subject_request_state_known
		CHECK (state IN ('received', 'in_progress', 'extended', 'done', 'refused', 'withdrawn')),
	received_at  timestamptz NOT NULL DEFAULT now(),
	due_on       date NOT NULL,
	ended_at     timestamptz,
	way          text CONSTRAINT subject_request_way_known CHECK (way IN ('own', 'counsellor', 'ceremony')),
	erase_from   timestamptz,
	erasing      uuid[] NOT NULL DEFAULT '{}',
	certificate  int4,
	account_from timestamptz,
	steps        int4 NOT NULL DEFAULT 0 CONSTRAINT subject_request_steps_bounds CHECK (steps BETWEEN 0 AND 100),
	CONSTRAINT subject_request_key PRIMARY KEY (org, request),
	CONSTRAINT subject_request_of_organisation FOREIGN KEY (org) REFERENCES organisation,
	CONSTRAINT subject_request_ended CHECK ((state IN ('done', 'refused', 'withdrawn')) = (ended_at IS NOT NULL)),
	CONSTRAINT subject_request_way_of CHECK (way IS NULL OR kind IN ('access', 'portability')),
	CONSTRAINT subject_request_erases CHECK (erase_from IS NULL OR kind = 'erasure')
);
COMMENT ON TABLE subject_request IS 'What a client has asked for as the person that data is about. The row stays when the person has gone: it says that the request was answered, and by which certificate.';
COMMENT ON COLUMN subject_request.room IS 'Of which room; NULL: of everything that the organisation keeps of them.';
COMMENT ON COLUMN subject_request.due_on IS 'One month from receipt, of the calendar; three when it was extended.';
COMMENT ON COLUMN subject_request.way IS 'How access was given: by the person''s own export, by the counsellor, by the recovery ceremony.';
COMMENT ON COLUMN subject_request.erase_from IS 'Erasure was decided, and begins then; until then it can be called off.';
COMMENT ON COLUMN subject_request.erasing IS 'The rooms that went.';
COMMENT ON COLUMN subject_request.account_from IS 'The rooms have gone, and the person has until then to see by which certificate; then the account goes.';
CREATE INDEX subject_request_open ON subject_request (org, due_on) WHERE ended_at IS NULL;
CREATE INDEX subject_request_by_end ON subject_request (org, ended_at DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX subject_request_of_person ON subject_request (org, account, received_at);
CREATE INDEX subject_request_erasing ON subject_request (org, erase_from) WHERE erase_from IS NOT NULL AND ended_at IS NULL;
CALL tenant_table('subject_request');

CREATE TABLE subject_step (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	request uuid NOT NULL,
	n       int4 NOT NULL,
	at      timestamptz NOT NULL DEFAULT now(),
	actor   uuid,
	step    text NOT NULL CONSTRAINT subject_step_known CHECK (step IN
		('ask', 'begin', 'extend', 'done', 'refuse', 'withdraw', 'reopen', 'freeze', 'lift', 'erase', 'keep', 'erased')),
	note    uuid NOT NULL,
	text    bytea CONSTRAINT subject_step_text_length CHECK (octet_length(text) BETWEEN 34 AND 4033),
	CONSTRAINT subject_step_key PRIMARY KEY (org, request, n),
	CONSTRAINT subject_step_of_request FOREIGN KEY (org, request) REFERENCES subject_request
);
COMMENT ON TABLE subject_step IS 'What was done with a request, the first: what was asked. actor NULL: the service. text: sealed, for this organisation, request and note alone; it goes with the person.';
CALL tenant_table('subject_step');

-- A letter that says only that there is news of a request. Also to whoever is here: somebody else may have asked.
ALTER TABLE notify_mail DROP CONSTRAINT notify_mail_kind_known,
	ADD CONSTRAINT notify_mail_kind_known CHECK (kind IN ('code', 'message', 'reminder', 'going', 'rights'));
DO $$
BEGIN
	ASSERT (SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN ('notify_here', 'notify_take')
		AND p.prosrc ~ 'm\.kind <> ''code''|w\.kind = ''code'' OR') = 2, 'functions that know whom a code goes to';
	EXECUTE replace(pg_get_functiondef('notify_here()'::regprocedure), 'm.kind <> ''code''', 'm.kind NOT IN (''code'', ''rights'')');
	EXECUTE replace(pg_get_functiondef('notify_take(uuid, int4[])'::regprocedure), 'w.kind = ''code'' OR', 'w.kind IN (''code'', ''rights'') OR');
END
$$;

CREATE FUNCTION rights_tell(p_account uuid) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO notify_mail (account, kind, give_up_at)
	SELECT n.account, 'rights', now() + interval '3 days' FROM notify_address n
	WHERE n.org = luotsi_org() AND n.account = p_account AND n.state = 'confirmed'
	ON CONFLICT ON CONSTRAINT notify_mail_key DO NOTHING
$$;

CREATE FUNCTION rights_note(p_request uuid, p_actor uuid, p_step text, p_note uuid, p_text bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_n int4;
BEGIN
	UPDATE subject_request q SET steps = q.steps + 1 WHERE q.org = luotsi_org() AND q.request = p_request RETURNING q.steps INTO v_n;
	INSERT INTO subject_step (request, n, actor, step, note, text) VALUES (p_request, v_n, p_actor, p_step, p_note, p_text);
END
$$;

-- --- the person ---

-- Asks: ok (also of a repeat) | not_found (no such room of theirs) | already_here (the same is open) | rate_limited |
-- conflict (the id is another's). p_most: in a day.
CREATE FUNCTION rights_ask(p_account uuid, p_request uuid, p_kind text, p_room uuid, p_note uuid, p_text bytea, p_most int4)
RETURNS TABLE (outcome text, due_on text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_due date := (day_now() + interval '1 month')::date;
	v_old subject_request;
BEGIN
	PERFORM FROM account a WHERE a.org = luotsi_org() AND a.account = p_account FOR NO KEY UPDATE;
	SELECT * INTO v_old FROM subject_request q WHERE q.org = luotsi_org() AND q.request = p_request;
	IF v_old.request IS NOT NULL THEN
		RETURN QUERY SELECT CASE WHEN v_old.account = p_account AND v_old.kind = p_kind THEN 'ok' ELSE 'conflict' END, to_char(v_old.due_on, 'YYYY-MM-DD');
	ELSIF p_room IS NOT NULL AND NOT EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.account = p_account AND m.role = 1) THEN
		RETURN QUERY SELECT 'not_found', NULL::text;
	ELSIF EXISTS (SELECT FROM subject_request q WHERE q.org = luotsi_org() AND q.account = p_account AND q.ended_at IS NULL
		AND q.kind = p_kind AND q.room IS NOT DISTINCT FROM p_room) THEN
		RETURN QUERY SELECT 'already_here', NULL::text;
	ELSIF (SELECT count(*) FROM subject_request q WHERE q.org = luotsi_org() AND q.account = p_account
		AND q.received_at > now() - interval '1 day') >= p_most THEN
		RETURN QUERY SELECT 'rate_limited', NULL::text;
	ELSE
		INSERT INTO subject_request (request, account, kind, room, due_on) VALUES (p_request, p_account, p_kind, p_room, v_due);
		PERFORM rights_note(p_request, p_account, 'ask', p_note, p_text);
		INSERT INTO audit (actor, action, object, word) VALUES (p_account, 'rights_ask', p_request, p_kind);
		PERFORM rights_tell(p_account);
		RETURN QUERY SELECT 'ok', to_char(v_due, 'YYYY-MM-DD');
	END IF;
END
$$;

-- The person takes it back: ok (also of a repeat) | not_found | conflict (it has ended, or erasing has begun).
CREATE FUNCTION rights_withdraw(p_account uuid, p_request uuid, p_note uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_old subject_request;
BEGIN
	SELECT * INTO v_old FROM subject_request q WHERE q.org = luotsi_org() AND q.request = p_request AND q.account = p_account FOR UPDATE;
	IF v_old.request IS NULL THEN
		RETURN 'not_found';
	ELSIF v_old.state = 'withdrawn' THEN
		RETURN 'ok';
	ELSIF v_old.ended_at IS NOT NULL OR cardinality(v_old.erasing) > 0 OR v_old.account_from IS NOT NULL THEN
		RETURN 'conflict';
	END IF;
	UPDATE subject_request q SET state = 'withdrawn', ended_at = now(), erase_from = NULL WHERE q.org = luotsi_org() AND q.request = p_request;
	PERFORM rights_note(p_request, p_account, 'withdraw', p_note, NULL);
	INSERT INTO audit (actor, action, object, word) VALUES (p_account, 'rights_withdraw', p_request, v_old.kind);
	RETURN 'ok';
END
$$;

CREATE FUNCTION rights_own(p_account uuid)
RETURNS TABLE (request uuid, kind text, room uuid, state text, received_at timestamptz, due_on text, ended_at timestamptz, erase_from timestamptz,
	certificate int4, account_from timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT q.request, q.kind, q.room, q.state, q.received_at, to_char(q.due_on, 'YYYY-MM-DD'), q.ended_at, q.erase_from, q.certificate, q.account_from
	FROM subject_request q WHERE q.org = luotsi_org() AND q.account = p_account ORDER BY q.ended_at IS NOT NULL, q.received_at DESC LIMIT 100
$$;

-- What is kept of a person, in counts, and the sealed name under which they were identified.
CREATE FUNCTION rights_held(p_account uuid)
RETURNS TABLE (given_name bytea, family_name bytea, provider text, identified_at timestamptz, made_at timestamptz, mail boolean, passkeys int8,
	sessions int8, rooms int8, messages int8, files int8, events int8, goes_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT i.given_name, i.family_name, i.provider, i.identified_at, a.created_at,
		EXISTS (SELECT FROM notify_address n WHERE n.org = a.org AND n.account = a.account),
		(SELECT count(*) FROM passkey p WHERE p.org = a.org AND p.account = a.account),
		(SELECT count(*) FROM session s WHERE s.org = a.org AND s.account = a.account AND s.expires_at > now()),
		(SELECT count(*) FROM room_member m WHERE m.org = a.org AND m.account = a.account),
		(SELECT count(*) FROM room_member m JOIN message e ON e.org = m.org AND e.room = m.room AND e.sender = m.account AND kind_is_news(e.kind)
			AND NOT e.tombstone WHERE m.org = a.org AND m.account = a.account),
		(SELECT count(*) FROM room_member m JOIN file f ON f.org = m.org AND f.room = m.room AND f.account = m.account AND f.state = 'sent'
			WHERE m.org = a.org AND m.account = a.account),
		(SELECT count(*) FROM (SELECT FROM audit e WHERE e.org = a.org AND e.actor = a.account LIMIT 10000) AS own),
		(SELECT i.identified_at + make_interval(days => r.days) FROM retention_rules() r WHERE r.kind = 'account')
	FROM account a LEFT JOIN account_identity i USING (org, account) WHERE a.org = luotsi_org() AND a.account = p_account
$$;

-- --- those who answer ---

-- Whether a legal hold stands on the person, or on what is asked about.
CREATE FUNCTION rights_held_by_law(p_request subject_request) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM legal_hold h WHERE h.org = luotsi_org() AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		AND (h.object = p_request.account OR h.object = p_request.room OR p_request.room IS NULL AND h.object IN (
			SELECT m.room FROM room_member m WHERE m.org = luotsi_org() AND m.account = p_request.account AND m.role = 1)))
$$;

-- Those that are open, the first due first; or those that have ended. Nothing says of whom.
CREATE FUNCTION request_list(p_open boolean, p_kind text, p_late boolean, p_skip int4, p_most int4)
RETURNS TABLE (request uuid, kind text, whole boolean, state text, received_at timestamptz, due_on text, days int4, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT q.request, q.kind, q.room IS NULL, q.state, q.received_at, to_char(q.due_on, 'YYYY-MM-DD'), q.due_on - day_now(), q.ended_at
	FROM subject_request q
	WHERE q.org = luotsi_org() AND (q.ended_at IS NULL) = p_open AND (p_kind IS NULL OR q.kind = p_kind) AND (NOT p_late OR q.due_on < day_now())
	ORDER BY CASE WHEN p_open THEN q.due_on END, q.ended_at DESC, q.request OFFSET p_skip LIMIT p_most
$$;

-- How many wait for an answer, how many of them for at most seven days more, and how many for too long.
CREATE FUNCTION request_late() RETURNS TABLE (open int8, soon int8, late int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT count(*), count(*) FILTER (WHERE q.due_on BETWEEN day_now() AND day_now() + 7), count(*) FILTER (WHERE q.due_on < day_now())
	FROM subject_request q WHERE q.org = luotsi_org() AND q.ended_at IS NULL
$$;

-- One request with all its steps, a row each; p_account: only if it is theirs, without their name.
CREATE FUNCTION rights_rows(p_request uuid, p_account uuid)
RETURNS TABLE (account uuid, kind text, room uuid, state text, received_at timestamptz, due_on text, days int4, ended_at timestamptz, way text, erase_from timestamptz,
	certificate int4, account_from timestamptz, held boolean, given_name bytea, family_name bytea, identified_at timestamptz, rooms uuid[], frozen uuid[],
	frozen_until timestamptz, at timestamptz, actor uuid, step text, note uuid, text bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT q.account, q.kind, q.room, q.state, q.received_at, to_char(q.due_on, 'YYYY-MM-DD'), q.due_on - day_now(), q.ended_at, q.way, q.erase_from,
		q.certificate, q.account_from, rights_held_by_law(q), CASE WHEN p_account IS NULL THEN i.given_name END,
		CASE WHEN p_account IS NULL THEN i.family_name END, i.identified_at, f.rooms, f.frozen, f.until, s.at, s.actor, s.step, s.note, s.text
	FROM subject_request q
	LEFT JOIN account_identity i ON i.org = q.org AND i.account = q.account
	CROSS JOIN LATERAL (SELECT coalesce(array_agg(r.room ORDER BY r.created_at, r.room), '{}') AS rooms,
			coalesce(array_agg(r.room ORDER BY r.created_at, r.room) FILTER (WHERE r.frozen_until > now()), '{}') AS frozen,
			min(r.frozen_until) FILTER (WHERE r.frozen_until > now() AND r.frozen_until < 'infinity') AS until
		FROM (SELECT r.* FROM room_member m JOIN room r USING (org, room) WHERE m.org = q.org AND m.account = q.account AND m.role = 1
			AND (q.room IS NULL OR q.room = r.room) ORDER BY r.created_at LIMIT 100) AS r) AS f
	JOIN subject_step s ON s.org = q.org AND s.request = q.request
	WHERE q.org = luotsi_org() AND q.request = p_request AND (p_account IS NULL OR q.account = p_account) ORDER BY s.n
$$;

-- Opens one for an answer; that, and why, is an event about the person. False: there is none.
CREATE FUNCTION request_opened(p_actor uuid, p_request uuid, p_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO audit (actor, action, object, word, reason)
	SELECT p_actor, 'request_read', q.account, q.kind, p_reason FROM subject_request q WHERE q.org = luotsi_org() AND q.request = p_request;
	RETURN FOUND;
END
$$;

CREATE FUNCTION request_lock(p_request uuid) RETURNS subject_request
LANGUAGE sql AS $$ SELECT q FROM subject_request q WHERE q.org = luotsi_org() AND q.request = p_request FOR UPDATE $$;

-- Which step leads where; NULL: it is not the time for it. Extended is once, and before the month is over. What has
-- ended can be taken up again for thirty days.
CREATE FUNCTION request_next(p_old subject_request, p_step text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN p_step = 'begin' AND p_old.state = 'received' THEN 'in_progress'
		WHEN p_step = 'extend' AND p_old.state IN ('received', 'in_progress') AND p_old.due_on >= day_now()
			AND p_old.due_on < (p_old.received_at AT TIME ZONE 'Europe/Helsinki' + interval '2 months')::date THEN 'extended'
		WHEN p_step = 'done' AND p_old.ended_at IS NULL AND p_old.erase_from IS NULL THEN 'done'
		WHEN p_step = 'refuse' AND p_old.ended_at IS NULL AND p_old.erase_from IS NULL THEN 'refused'
		WHEN p_step = 'reopen' AND p_old.state IN ('done', 'refused') AND p_old.erase_from IS NULL AND p_old.ended_at > now() - interval '30 days' THEN 'in_progress'
	END
$$;

-- A step towards the answer, or the answer: ok | not_found | conflict (it is not the time for it) | bad_field (access is
-- done in one of three ways, and it must be said in which).
CREATE FUNCTION request_step(p_actor uuid, p_request uuid, p_step text, p_way text, p_note uuid, p_text bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_old subject_request := request_lock(p_request);
	v_next text := request_next(v_old, p_step);
	v_gives boolean := p_step = 'done' AND v_old.kind IN ('access', 'portability');
BEGIN
	IF v_old.request IS NULL THEN
		RETURN 'not_found';
	ELSIF v_next IS NULL THEN
		RETURN 'conflict';
	ELSIF v_gives <> (p_way IS NOT NULL) OR p_text IS NULL AND p_step <> 'begin' THEN
		RETURN 'bad_field';
	END IF;
	UPDATE subject_request q SET state = v_next, way = p_way,
		ended_at = CASE WHEN v_next IN ('done', 'refused') THEN now() END,
		due_on = CASE p_step WHEN 'extend' THEN (q.received_at AT TIME ZONE 'Europe/Helsinki' + interval '3 months')::date ELSE q.due_on END
	WHERE q.org = luotsi_org() AND q.request = p_request;
	PERFORM rights_note(p_request, p_actor, p_step, p_note, p_text);
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'request_step', v_old.account, p_step);
	IF p_step <> 'begin' THEN
		PERFORM rights_tell(v_old.account);
	END IF;
	RETURN 'ok';
END
$$;

-- Erasure is decided, to begin in a day (p_on), or called off before it has: ok | not_found | conflict | legal_hold.
CREATE FUNCTION request_erase(p_actor uuid, p_request uuid, p_on boolean, p_note uuid, p_text bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_old subject_request := request_lock(p_request);
BEGIN
	IF v_old.request IS NULL THEN
		RETURN 'not_found';
	ELSIF v_old.kind <> 'erasure' OR v_old.ended_at IS NOT NULL OR p_on <> (v_old.erase_from IS NULL) OR NOT p_on AND v_old.erase_from <= now() THEN
		RETURN 'conflict';
	ELSIF p_on AND rights_held_by_law(v_old) THEN
		RETURN 'legal_hold';
	END IF;
	UPDATE subject_request q SET erase_from = CASE WHEN p_on THEN now() + interval '1 day' END,
		state = CASE q.state WHEN 'received' THEN 'in_progress' ELSE q.state END
	WHERE q.org = luotsi_org() AND q.request = p_request;
	PERFORM rights_note(p_request, p_actor, CASE WHEN p_on THEN 'erase' ELSE 'keep' END, p_note, p_text);
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'request_erase', v_old.account, CASE WHEN p_on THEN 'on' ELSE 'off' END);
	PERFORM rights_tell(v_old.account);
	RETURN 'ok';
END
$$;

-- --- what the service does by itself ---

-- The rooms of an erasure that has begun go, those that are held later. Gives how many began.
CREATE FUNCTION rights_rooms_begin(p_request subject_request) RETURNS int8
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
		PERFORM erasure_begin('room', v_room, p_request.erase_from, 'request', 0, 0);
		UPDATE subject_request q SET erasing = q.erasing || v_room WHERE q.org = p_request.org AND q.request = p_request.request;
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- The newest certificate of what went; NULL while something has none.
CREATE FUNCTION rights_certificate(p_objects uuid[]) RETURNS int4
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN count(*) = cardinality(p_objects) AND bool_and(e.certificate IS NOT NULL) THEN max(e.certificate) END
	FROM erasure e WHERE e.org = luotsi_org() AND e.object = ANY (p_objects)
$$;

-- The next step of one erasure that was asked for. The person is told the certificate of their rooms, and seven days
-- later the account goes; each does nothing when it was done before. Gives how many erasures began.
CREATE FUNCTION rights_erasure_step(p_request subject_request) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_n int8;
	v_certificate int4;
BEGIN
	IF EXISTS (SELECT FROM erasure e WHERE e.org = p_request.org AND e.kind = 'account' AND e.object = p_request.account) THEN
		v_certificate := rights_certificate(p_request.erasing || p_request.account);
		IF v_certificate IS NOT NULL THEN
			UPDATE subject_request q SET state = 'done', ended_at = now(), certificate = v_certificate WHERE q.org = p_request.org AND q.request = p_request.request;
		END IF;
		RETURN 0;
	ELSIF rights_held_by_law(p_request) THEN
		RETURN 0;
	ELSIF p_request.account_from IS NOT NULL THEN
		IF p_request.account_from > now() OR EXISTS (SELECT FROM room_member m WHERE m.org = p_request.org AND m.account = p_request.account) THEN
			RETURN rights_rooms_begin(p_request);
		END IF;
		PERFORM erasure_begin('account', p_request.account, p_request.account_from, 'request', 0, 0);
		RETURN 1;
	END IF;
	v_n := rights_rooms_begin(p_request);
	v_certificate := rights_certificate(p_request.erasing);
	IF v_n > 0 OR v_certificate IS NULL AND p_request.erasing <> '{}' THEN
		RETURN v_n;
	END IF;
	UPDATE subject_request q SET certificate = v_certificate,
		account_from = CASE WHEN q.room IS NULL THEN now() + interval '7 days' END,
		state = CASE WHEN q.room IS NULL THEN q.state ELSE 'done' END, ended_at = CASE WHEN q.room IS NULL THEN NULL ELSE now() END
	WHERE q.org = p_request.org AND q.request = p_request.request;
	PERFORM rights_note(p_request.request, NULL, 'erased', gen_random_uuid(), NULL);
	PERFORM rights_tell(p_request.account);
	RETURN 0;
END
$$;

-- For the jobs process: erasures that people asked for. Gives how many began.
CREATE FUNCTION rights_round() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_one subject_request;
	v_n int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		FOR v_one IN SELECT q.* FROM subject_request q WHERE q.org = v_org AND q.erase_from <= now() AND q.ended_at IS NULL ORDER BY q.erase_from LIMIT 50 FOR UPDATE LOOP
			v_n := v_n + rights_erasure_step(v_one);
		END LOOP;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_n;
END
$$;

-- With the person goes what was written in their requests; those that were open have ended with them, but the one
-- that erases.
CREATE FUNCTION rights_of_the_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE subject_step s SET text = NULL FROM subject_request q
	WHERE q.org = OLD.org AND q.account = OLD.account AND s.org = q.org AND s.request = q.request AND s.text IS NOT NULL;
	UPDATE subject_request q SET state = 'withdrawn', ended_at = now()
	WHERE q.org = OLD.org AND q.account = OLD.account AND q.ended_at IS NULL AND q.account_from IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER rights_of_the_gone AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION rights_of_the_gone();
