-- Letters for those who have no rooms, and two that nobody can call back. Everybody may have an address now. Administrators
-- and data protection officers hear that a request of somebody waits, is due within a week, or is late. And two letters go
-- whatever was chosen: to a person, when what they sign in or open their keys with has changed ('changed'), and to those
-- who look after an organisation, when somebody came past the ordinary way there ('opened').

ALTER TABLE notify_address ADD requests boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN notify_address.requests IS 'Whether they hear of requests of the people that data is about; asked of administrators and data protection officers only.';

ALTER TABLE notify_mail
	ADD place uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	ADD sealed bytea,
	ADD language text,
	ADD about_at timestamptz,
	ADD sent_at timestamptz,
	DROP CONSTRAINT notify_mail_kind_known,
	ADD CONSTRAINT notify_mail_kind_known CHECK (kind IN ('code', 'message', 'reminder', 'going', 'rights', 'request', 'changed', 'opened')),
	DROP CONSTRAINT notify_mail_key,
	ADD CONSTRAINT notify_mail_key PRIMARY KEY (org, account, kind, place),
	DROP CONSTRAINT notify_mail_of_address,
	ADD CONSTRAINT notify_mail_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE,
	ADD CONSTRAINT notify_mail_sealed_length CHECK (octet_length(sealed) BETWEEN 47 AND 295),
	ADD CONSTRAINT notify_mail_language_known CHECK (language IN ('fi', 'sv', 'en')),
	ADD CONSTRAINT notify_mail_keeps_its_address CHECK ((kind IN ('changed', 'opened')) = (sealed IS NOT NULL) AND (sealed IS NULL) = (language IS NULL));
COMMENT ON COLUMN notify_mail.place IS 'Of a letter that nobody can call back: the address that it goes to, kept here with what opens it until the letter has gone. Else zeroes: wherever the person hears of things then.';
COMMENT ON COLUMN notify_mail.about_at IS 'Of a letter that speaks for all that happened within an hour: the newest of it.';
COMMENT ON COLUMN notify_mail.sent_at IS 'Such a letter has gone; the row stays for an hour, and the next goes after it.';

ALTER TABLE subject_request
	ADD told int2 NOT NULL DEFAULT 0 CONSTRAINT subject_request_told_known CHECK (told BETWEEN 0 AND 3),
	ADD told_for date;
COMMENT ON COLUMN subject_request.told IS 'What those who answer have been told of: 1 it has come, 2 it is due within a week, 3 it is late.';
COMMENT ON COLUMN subject_request.told_for IS 'Which last day that was said of: after another one, 2 and 3 are told again.';

-- Makes a letter that speaks for all that happens within an hour; one that waits is about the newest then. The first
-- waits for a minute, since one act often brings another. What happens while it is being sent is later than its claim
-- (notify_done). 'changed' and 'opened' keep the address of this moment: neither another address, nor none, nor a
-- disabled account takes back what is made here.
CREATE FUNCTION letter_make(p_account uuid, p_kind text) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO notify_mail AS m (account, kind, place, sealed, language, about_at, next_at, give_up_at)
	SELECT n.account, p_kind, CASE WHEN o.own THEN n.address ELSE '00000000-0000-0000-0000-000000000000' END, CASE WHEN o.own THEN n.sealed END,
		CASE WHEN o.own THEN n.language END, clock_timestamp(), now() + interval '1 minute', now() + interval '3 days'
	FROM notify_address n CROSS JOIN (VALUES (p_kind IN ('changed', 'opened'))) AS o(own)
	WHERE n.org = luotsi_org() AND n.account = p_account AND n.state = 'confirmed' AND (o.own OR n.requests)
	ON CONFLICT ON CONSTRAINT notify_mail_key DO UPDATE SET about_at = clock_timestamp(), sent_at = NULL,
		mail = CASE WHEN m.sent_at IS NULL THEN m.mail ELSE gen_random_uuid() END,
		next_at = CASE WHEN m.sent_at IS NULL THEN m.next_at ELSE m.sent_at + interval '1 hour' END,
		give_up_at = CASE WHEN m.sent_at IS NULL THEN m.give_up_at ELSE now() + interval '3 days' END
$$;

-- To everybody who looks after the organisation; says to how many at most.
CREATE FUNCTION letter_make_offices(p_kind text) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_account uuid;
	v_n int8 := 0;
BEGIN
	FOR v_account IN SELECT a.account FROM account a JOIN notify_address n USING (org, account)
		WHERE a.org = luotsi_org() AND a.role IN ('admin', 'dpo') AND a.disabled_at IS NULL ORDER BY a.account LOOP
		PERFORM letter_make(v_account, p_kind);
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- What is in the audit trail of a person's ways in, and of the organisation, is told from there: whatever writes the one
-- makes the other in the same transaction. An operator's act is in two trails, and is told where the account is.
CREATE FUNCTION audit_letter() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	CASE
	WHEN NEW.action IN ('passkey_add', 'passkey_remove', 'unlockers_change') OR NEW.word = 'cloned' THEN
		PERFORM letter_make(NEW.actor, 'changed');
	WHEN NEW.action = 'passkey_reset' THEN
		PERFORM letter_make(NEW.object, 'changed');
	WHEN NEW.action = 'person_replaced' THEN
		PERFORM letter_make(NEW.actor, 'changed');
		DELETE FROM notify_address n WHERE n.org = NEW.org AND n.account = NEW.actor;
	WHEN NEW.action = 'break_glass' AND NEW.word = 'ok' OR NEW.action = 'organisation_admin' AND NEW.word = 'break_glass'
		AND EXISTS (SELECT FROM account a WHERE a.org = NEW.org AND a.account = NEW.object) THEN
		PERFORM letter_make_offices('opened');
	ELSE
		NULL; -- it went as it should
	END CASE;
	RETURN NULL;
END
$$;
CREATE TRIGGER audit_letter AFTER INSERT ON audit FOR EACH ROW WHEN (NEW.action IN ('passkey_add', 'passkey_remove', 'passkey_reset',
	'passkey_sign_in', 'passkey_step_up', 'unlockers_change', 'person_replaced', 'break_glass', 'organisation_admin')) EXECUTE FUNCTION audit_letter();

-- Who is out hears nothing more, but of what has happened; who has another role goes on hearing. Letters that keep no
-- address of their own go with the address.
DROP TRIGGER notify_over ON account;
CREATE TRIGGER notify_over AFTER UPDATE OF disabled_at ON account
	FOR EACH ROW WHEN (NEW.disabled_at IS NOT NULL) EXECUTE FUNCTION notify_over();
CREATE FUNCTION notify_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM notify_mail m WHERE m.org = OLD.org AND m.account = OLD.account AND m.sealed IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER notify_gone AFTER DELETE ON notify_address FOR EACH ROW EXECUTE FUNCTION notify_gone();

-- As in 0025, and: an address in the place of a confirmed one, or none, is told to the one that there was.
CREATE OR REPLACE FUNCTION notify_put(p_account uuid, p_address uuid, p_sealed bytea, p_language text, p_seconds int4, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM FROM account a WHERE a.org = luotsi_org() AND a.account = p_account FOR NO KEY UPDATE;
	IF (SELECT count(*) FROM audit a WHERE a.org = luotsi_org() AND a.action = 'notify_put' AND a.actor = p_account
		AND a.at > now() - interval '1 day') >= p_most THEN
		RETURN 'rate_limited';
	END IF;
	PERFORM letter_make(p_account, 'changed');
	DELETE FROM notify_mail m WHERE m.org = luotsi_org() AND m.account = p_account AND m.sealed IS NULL;
	INSERT INTO notify_address AS n (account, address, sealed, language, code_until)
	VALUES (p_account, p_address, p_sealed, p_language, now() + make_interval(secs => p_seconds))
	ON CONFLICT ON CONSTRAINT notify_address_key DO UPDATE
	SET address = excluded.address, sealed = excluded.sealed, language = excluded.language, code_until = excluded.code_until,
		state = 'unconfirmed', code_tries = 0, code_letter = 'waiting', told_at = NULL, here_at = now();
	INSERT INTO notify_mail (account, kind, give_up_at) VALUES (p_account, 'code', now() + make_interval(secs => p_seconds));
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'notify_put', p_account);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN 'ok';
END
$$;

CREATE OR REPLACE FUNCTION notify_remove(p_account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM letter_make(p_account, 'changed');
	DELETE FROM notify_address n WHERE n.org = luotsi_org() AND n.account = p_account;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'notify_remove', p_account);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

-- As in 0025, with requests; NULL: as it was.
CREATE FUNCTION notify_choose(p_account uuid, p_messages boolean, p_reminders boolean, p_requests boolean, p_language text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE notify_address n SET requests = coalesce(p_requests, n.requests) WHERE n.org = luotsi_org() AND n.account = p_account;
	DELETE FROM notify_mail m WHERE m.org = luotsi_org() AND m.account = p_account AND m.claimed_at IS NULL AND m.kind = 'request' AND NOT p_requests;
	RETURN notify_choose(p_account, p_messages, p_reminders, p_language);
END
$$;
GRANT EXECUTE ON FUNCTION notify_choose(uuid, boolean, boolean, boolean, text) TO luotsi_app;

DROP FUNCTION notify_get(uuid, int4);
CREATE FUNCTION notify_get(p_account uuid, p_most int4)
RETURNS TABLE (address uuid, sealed bytea, language text, messages boolean, reminders boolean, state text, letter text,
	code_until timestamptz, tries_left int4, requests boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT n.address, n.sealed, n.language, n.messages, n.reminders, n.state, n.code_letter, n.code_until, p_most - n.code_tries, n.requests
	FROM notify_address n WHERE n.org = luotsi_org() AND n.account = p_account
$$;
GRANT EXECUTE ON FUNCTION notify_get(uuid, int4) TO luotsi_app;

-- As in 0025, of the letters that keep no address of their own: whoever is here needs no letter of what waits, and an
-- address that was confirmed gets nothing of before. A request waits also for those who are here.
DO $$
DECLARE
	v_new text := pg_get_functiondef('notify_here()'::regprocedure);
BEGIN
	v_new := replace(v_new, 'm.kind NOT IN (''code'', ''rights'')', 'm.kind NOT IN (''code'', ''rights'', ''request'', ''changed'', ''opened'')');
	ASSERT v_new ~ '''opened''', 'whoever is here';
	EXECUTE v_new;

	v_new := pg_get_functiondef('notify_confirm(uuid, uuid)'::regprocedure);
	v_new := replace(v_new, 'm.account = p_account;', 'm.account = p_account AND m.sealed IS NULL;');
	ASSERT v_new ~ 'm.sealed IS NULL', 'a confirmed address';
	EXECUTE v_new;

	v_new := pg_get_functiondef('notify_queue(int4, int4[])'::regprocedure);
	v_new := replace(v_new, 'PERFORM notify_done(', E'DELETE FROM notify_mail m WHERE m.org = v_org AND m.sent_at < now() - interval ''1 hour'';\n\t\tPERFORM notify_done(');
	v_new := replace(v_new, 'notify_queue_reminders(v_org, p_idle)', 'notify_queue_reminders(v_org, p_idle) + notify_queue_requests(v_org)');
	ASSERT v_new ~ 'm.sent_at <' AND v_new ~ 'notify_queue_requests', 'the round of letters';
	EXECUTE v_new;
END
$$;

-- Of requests that wait for an answer, what has not been told yet: each thing once.
CREATE FUNCTION notify_queue_requests(p_org uuid) RETURNS int8
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE subject_request q SET told = s.stage, told_for = q.due_on
	FROM (SELECT o.request, CASE WHEN o.due_on < day_now() THEN 3 WHEN o.due_on <= day_now() + 7 THEN 2 ELSE 1 END AS stage
		FROM subject_request o WHERE o.org = p_org AND o.ended_at IS NULL) AS s
	WHERE q.org = p_org AND q.request = s.request AND q.ended_at IS NULL
		AND s.stage > CASE WHEN q.told_for = q.due_on THEN q.told ELSE least(q.told, 1) END;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	RETURN letter_make_offices('request');
END
$$;

-- As in 0025, and: what happened while a letter was sent that speaks for an hour is told when that is over. One that
-- nobody can call back, and of which nothing was heard, goes again: better twice than never.
CREATE OR REPLACE FUNCTION notify_done(p_account uuid, p_kind text, p_mail uuid, p_outcome text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_mail notify_mail;
	v_next timestamptz;
	v_more boolean;
BEGIN
	SELECT * INTO v_mail FROM notify_mail m
	WHERE m.org = luotsi_org() AND m.account = p_account AND m.kind = p_kind AND m.mail = p_mail FOR UPDATE;
	IF v_mail.mail IS NULL THEN
		RETURN false;
	END IF;
	v_next := now() + interval '1 minute' * 2 ^ least(v_mail.tries, 7);
	v_more := v_mail.about_at > v_mail.claimed_at;
	IF (p_outcome = 'later' OR p_outcome = 'unknown' AND v_mail.sealed IS NOT NULL) AND v_next < v_mail.give_up_at THEN
		UPDATE notify_mail m SET claimed_at = NULL, tries = m.tries + 1, next_at = v_next
		WHERE m.org = v_mail.org AND m.account = p_account AND m.kind = p_kind AND m.mail = p_mail;
		RETURN true;
	END IF;
	p_outcome := CASE p_outcome WHEN 'later' THEN 'given_up' ELSE p_outcome END;
	IF p_outcome = 'sent' AND v_mail.about_at IS NOT NULL THEN
		UPDATE notify_mail m SET claimed_at = NULL, tries = 0, mail = gen_random_uuid(), sent_at = CASE WHEN NOT v_more THEN now() END,
			next_at = CASE WHEN v_more THEN now() + interval '1 hour' ELSE 'infinity' END,
			give_up_at = CASE WHEN v_more THEN now() + interval '3 days' ELSE 'infinity' END
		WHERE m.org = v_mail.org AND m.account = p_account AND m.kind = p_kind AND m.mail = p_mail;
	ELSE
		DELETE FROM notify_mail m
		WHERE m.org = v_mail.org AND m.account = p_account AND (m.mail = p_mail OR p_outcome = 'refused' AND m.sealed IS NULL);
	END IF;
	UPDATE notify_address n SET state = CASE p_outcome WHEN 'refused' THEN 'refused' ELSE n.state END,
		code_letter = CASE WHEN p_kind <> 'code' THEN n.code_letter WHEN p_outcome = 'sent' THEN 'sent' ELSE 'given_up' END
	WHERE n.org = v_mail.org AND n.account = p_account AND (v_mail.sealed IS NULL OR v_mail.place = n.address);
	INSERT INTO audit (action, object, word) VALUES ('notify_letter', p_account, p_kind || '_' || p_outcome);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

-- Claims the next letter of these kinds whose time has come (0025). about: the day of what it speaks of, as it was in
-- Finland, whatever clock the reader has.
CREATE FUNCTION letter_claim(p_after uuid, p_idle int4[], p_kinds text[])
RETURNS TABLE (org uuid, account uuid, kind text, mail uuid, address uuid, sealed bytea, language text, about timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org <= p_after, o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		RETURN QUERY
			WITH next AS (
				SELECT w.account, w.kind, w.place, CASE WHEN w.sealed IS NULL THEN x.address ELSE w.place END AS address,
					coalesce(w.sealed, x.sealed) AS sealed, coalesce(w.language, x.language) AS language
				FROM notify_mail w JOIN account a USING (org, account) LEFT JOIN notify_address x USING (org, account)
				WHERE w.org = v_org AND w.claimed_at IS NULL AND w.next_at <= now() AND w.give_up_at > now() AND w.kind = ANY (p_kinds)
					AND (w.sealed IS NOT NULL OR x.state = CASE w.kind WHEN 'code' THEN 'unconfirmed' ELSE 'confirmed' END
						AND (w.kind IN ('code', 'rights', 'request') OR NOT notify_is_here(a, p_idle)))
				ORDER BY w.next_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
			UPDATE notify_mail m SET claimed_at = clock_timestamp() FROM next n
			WHERE m.org = v_org AND m.account = n.account AND m.kind = n.kind AND m.place = n.place
			RETURNING m.org, m.account, m.kind, m.mail, n.address, n.sealed, n.language, m.about_at AT TIME ZONE 'Europe/Helsinki' AT TIME ZONE 'UTC';
		EXIT WHEN FOUND;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;
CREATE FUNCTION letter_take(p_after uuid, p_idle int4[])
RETURNS TABLE (org uuid, account uuid, kind text, mail uuid, address uuid, sealed bytea, language text, about timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT * FROM letter_claim(p_after, p_idle, ARRAY['code', 'message', 'reminder', 'going', 'rights', 'request', 'changed', 'opened'])
$$;
GRANT EXECUTE ON FUNCTION letter_take(uuid, int4[]) TO luotsi_jobs;
-- For a jobs process of before, which has no words for the others.
CREATE OR REPLACE FUNCTION notify_take(p_after uuid, p_idle int4[])
RETURNS TABLE (org uuid, account uuid, kind text, mail uuid, address uuid, sealed bytea, language text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT c.org, c.account, c.kind, c.mail, c.address, c.sealed, c.language
	FROM letter_claim(p_after, p_idle, ARRAY['code', 'message', 'reminder', 'going', 'rights']) c
$$;

-- What of one's ways in has changed in the last ninety days, the newest first: done by oneself, or by somebody else.
CREATE FUNCTION notify_changes(p_account uuid, p_most int4) RETURNS TABLE (at timestamptz, what text, own boolean)
LANGUAGE sql STABLE AS $$
	SELECT c.at, c.what, c.own FROM (
		(SELECT a.n, a.at, CASE WHEN a.word = 'cloned' THEN 'passkey_copied' ELSE a.action END AS what, a.word IS DISTINCT FROM 'cloned' AS own FROM audit a
			WHERE a.org = luotsi_org() AND a.actor = p_account AND a.at > now() - interval '90 days'
				AND (a.action IN ('passkey_add', 'passkey_remove', 'unlockers_change', 'notify_confirm', 'notify_remove')
					OR a.action IN ('passkey_sign_in', 'passkey_step_up') AND a.word = 'cloned')
			ORDER BY a.n DESC LIMIT p_most)
		UNION ALL
		(SELECT a.n, a.at, a.action, a.actor = p_account FROM audit a
			WHERE a.org = luotsi_org() AND a.object = p_account AND a.at > now() - interval '90 days' AND a.action = 'passkey_reset'
			ORDER BY a.n DESC LIMIT p_most)) AS c
	ORDER BY c.n DESC LIMIT p_most
$$;
GRANT EXECUTE ON FUNCTION notify_changes(uuid, int4) TO luotsi_app;
