-- Letters that say only that something waits: one address a person, confirmed by a code; what is told to
-- it; the letters on their way. And a reminder that is told to whoever is connected.

CREATE TABLE notify_address (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	account     uuid NOT NULL,
	address     uuid NOT NULL,
	sealed      bytea NOT NULL CONSTRAINT notify_address_sealed_length CHECK (octet_length(sealed) BETWEEN 47 AND 295),
	language    text NOT NULL CONSTRAINT notify_address_language_known CHECK (language IN ('fi', 'sv', 'en')),
	messages    boolean NOT NULL DEFAULT true,
	reminders   boolean NOT NULL DEFAULT true,
	state       text NOT NULL DEFAULT 'unconfirmed'
		CONSTRAINT notify_address_state_known CHECK (state IN ('unconfirmed', 'confirmed', 'refused')),
	code_until  timestamptz NOT NULL,
	code_tries  int4 NOT NULL DEFAULT 0,
	code_letter text NOT NULL DEFAULT 'waiting'
		CONSTRAINT notify_address_letter_known CHECK (code_letter IN ('waiting', 'sent', 'given_up')),
	here_at     timestamptz NOT NULL DEFAULT now(),
	told_at     timestamptz,
	reminded_at timestamptz,
	CONSTRAINT notify_address_key PRIMARY KEY (org, account),
	CONSTRAINT notify_address_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE
);
COMMENT ON TABLE notify_address IS 'Where a person wants to hear that something waits. Until it is confirmed it gets its code and nothing else.';
COMMENT ON COLUMN notify_address.address IS 'Another one for each address and each code: what is sealed opens for this one alone.';
COMMENT ON COLUMN notify_address.sealed IS 'The code and the address, sealed by the keys process.';
COMMENT ON COLUMN notify_address.state IS 'refused: its mail server has said for good that it takes nothing; nothing is sent there any more.';
COMMENT ON COLUMN notify_address.here_at IS 'When the person was last seen here: what was there before then is not told.';
COMMENT ON COLUMN notify_address.told_at IS 'When a letter about a message was made; NULL: none since the person was last here.';
CALL tenant_table('notify_address');

CREATE TABLE notify_mail (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	account    uuid NOT NULL,
	kind       text NOT NULL CONSTRAINT notify_mail_kind_known CHECK (kind IN ('code', 'message', 'reminder')),
	mail       uuid NOT NULL DEFAULT gen_random_uuid(),
	tries      int4 NOT NULL DEFAULT 0,
	next_at    timestamptz NOT NULL DEFAULT now(),
	claimed_at timestamptz,
	give_up_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
	CONSTRAINT notify_mail_key PRIMARY KEY (org, account, kind),
	CONSTRAINT notify_mail_of_address FOREIGN KEY (org, account) REFERENCES notify_address ON DELETE CASCADE
);
COMMENT ON TABLE notify_mail IS 'Letters on their way. Who sends one claims it first, in a transaction of its own; one that was claimed and of which nothing was heard is not sent again.';
CREATE INDEX notify_mail_by_time ON notify_mail (org, next_at) WHERE claimed_at IS NULL;
CREATE INDEX audit_of_notify_put ON audit (org, actor, at) WHERE action = 'notify_put';
CALL tenant_table('notify_mail');

-- Two more forms of notice (0002):
--   n ORG ACCOUNT   how a person's letters stand has changed
--   r ORG ACCOUNT   a person is reminded of something

-- Another address, or another code for it: 'ok', or 'rate_limited' after p_most in a day. The one there was
-- gets nothing more.
CREATE FUNCTION notify_put(p_account uuid, p_address uuid, p_sealed bytea, p_language text, p_seconds int4, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM FROM account a WHERE a.org = luotsi_org() AND a.account = p_account FOR NO KEY UPDATE;
	IF (SELECT count(*) FROM audit a WHERE a.org = luotsi_org() AND a.action = 'notify_put' AND a.actor = p_account
		AND a.at > now() - interval '1 day') >= p_most THEN
		RETURN 'rate_limited';
	END IF;
	DELETE FROM notify_mail m WHERE m.org = luotsi_org() AND m.account = p_account;
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

-- One try of the code, counted before anybody looks whether it is right. No row: there is nothing to
-- confirm, or its time or its tries are over.
CREATE FUNCTION notify_try(p_account uuid, p_most int4) RETURNS TABLE (address uuid, sealed bytea, tries_left int4)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	UPDATE notify_address n SET code_tries = n.code_tries + 1
	WHERE n.org = luotsi_org() AND n.account = p_account AND n.state = 'unconfirmed' AND n.code_until > now() AND n.code_tries < p_most
	RETURNING n.address, n.sealed, p_most - n.code_tries
$$;

CREATE FUNCTION notify_confirm(p_account uuid, p_address uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE notify_address n SET state = 'confirmed', here_at = now()
	WHERE n.org = luotsi_org() AND n.account = p_account AND n.address = p_address AND n.state = 'unconfirmed';
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	DELETE FROM notify_mail m WHERE m.org = luotsi_org() AND m.account = p_account;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'notify_confirm', p_account);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

-- What is told, and in which language; false: there is no address.
CREATE FUNCTION notify_choose(p_account uuid, p_messages boolean, p_reminders boolean, p_language text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE notify_address n SET messages = p_messages, reminders = p_reminders, language = p_language
	WHERE n.org = luotsi_org() AND n.account = p_account;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	DELETE FROM notify_mail m WHERE m.org = luotsi_org() AND m.account = p_account AND m.claimed_at IS NULL
		AND (m.kind = 'message' AND NOT p_messages OR m.kind = 'reminder' AND NOT p_reminders);
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'notify_choose', p_account);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

CREATE FUNCTION notify_remove(p_account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM notify_address n WHERE n.org = luotsi_org() AND n.account = p_account;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'notify_remove', p_account);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

CREATE FUNCTION notify_get(p_account uuid, p_most int4)
RETURNS TABLE (address uuid, sealed bytea, language text, messages boolean, reminders boolean, state text, letter text,
	code_until timestamptz, tries_left int4)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT n.address, n.sealed, n.language, n.messages, n.reminders, n.state, n.code_letter, n.code_until, p_most - n.code_tries
	FROM notify_address n WHERE n.org = luotsi_org() AND n.account = p_account
$$;

-- Whoever does something here is here: what waits is theirs to see, and no letter is needed.
CREATE FUNCTION notify_here() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE notify_address n SET here_at = greatest(n.here_at, NEW.seen_at), told_at = NULL
	WHERE n.org = NEW.org AND n.account = NEW.account;
	IF FOUND THEN
		DELETE FROM notify_mail m
		WHERE m.org = NEW.org AND m.account = NEW.account AND m.kind <> 'code' AND m.claimed_at IS NULL;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notify_here AFTER INSERT OR UPDATE OF seen_at ON session
	FOR EACH ROW EXECUTE FUNCTION notify_here();

-- Who is out, or has no rooms any more, hears nothing more.
CREATE FUNCTION notify_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_before text := coalesce(current_setting('luotsi.org', true), '');
BEGIN
	PERFORM set_config('luotsi.org', NEW.org::text, true);
	DELETE FROM notify_address n WHERE n.org = NEW.org AND n.account = NEW.account;
	PERFORM set_config('luotsi.org', v_before, true);
	RETURN NULL;
END
$$;
CREATE TRIGGER notify_over AFTER UPDATE OF disabled_at, role ON account
	FOR EACH ROW WHEN (NEW.disabled_at IS NOT NULL OR session_class(NEW.role) = 3) EXECUTE FUNCTION notify_over();

-- Does a session of the person live? Nobody is connected without one. p_idle: as of session_find.
CREATE FUNCTION notify_is_here(p_account account, p_idle int4[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM session s WHERE s.org = p_account.org AND s.account = p_account.account AND s.expires_at > now()
		AND s.seen_at > now() - make_interval(secs => p_idle[session_class(p_account.role)]))
$$;

-- A letter has come to its end: sent | later | refused (for good) | unknown | given_up. False: another took its place.
CREATE FUNCTION notify_done(p_account uuid, p_kind text, p_mail uuid, p_outcome text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_mail notify_mail;
	v_next timestamptz;
BEGIN
	SELECT * INTO v_mail FROM notify_mail m
	WHERE m.org = luotsi_org() AND m.account = p_account AND m.kind = p_kind AND m.mail = p_mail FOR UPDATE;
	IF v_mail.mail IS NULL THEN
		RETURN false;
	END IF;
	v_next := now() + interval '1 minute' * 2 ^ least(v_mail.tries, 7);
	IF p_outcome = 'later' AND v_next < v_mail.give_up_at THEN
		UPDATE notify_mail m SET claimed_at = NULL, tries = m.tries + 1, next_at = v_next
		WHERE m.org = v_mail.org AND m.account = p_account AND m.kind = p_kind;
		RETURN true;
	END IF;
	p_outcome := CASE p_outcome WHEN 'later' THEN 'given_up' ELSE p_outcome END;
	DELETE FROM notify_mail m
	WHERE m.org = v_mail.org AND m.account = p_account AND (m.kind = p_kind OR p_outcome = 'refused');
	UPDATE notify_address n SET state = CASE p_outcome WHEN 'refused' THEN 'refused' ELSE n.state END,
		code_letter = CASE WHEN p_kind <> 'code' THEN n.code_letter WHEN p_outcome = 'sent' THEN 'sent' ELSE 'given_up' END
	WHERE n.org = v_mail.org AND n.account = p_account;
	INSERT INTO audit (action, object, word) VALUES ('notify_letter', p_account, p_kind || '_' || p_outcome);
	PERFORM notice_send('n', notice_hex(p_account));
	RETURN true;
END
$$;

-- Letters about messages in one organisation: to whoever is away, of what came after they left and has
-- waited p_delay seconds; and then none until they have been here.
CREATE FUNCTION notify_queue_messages(p_org uuid, p_delay int4, p_idle int4[]) RETURNS int8
LANGUAGE sql AS $$
	WITH away AS (
		SELECT n.account FROM notify_address n JOIN account a USING (org, account)
		WHERE n.org = p_org AND n.state = 'confirmed' AND n.messages AND n.told_at IS NULL AND NOT notify_is_here(a, p_idle)
			AND EXISTS (
				SELECT FROM room_member m
				JOIN room r USING (org, room)
				JOIN message e ON e.org = r.org AND e.room = r.room AND e.seq > greatest(m.read_seq, m.visible_from - 1, r.last_seq - 2000)
				WHERE m.org = p_org AND m.account = n.account AND m.active AND r.last_at > n.here_at
					AND kind_is_news(e.kind) AND e.op = 0 AND NOT e.tombstone AND e.sender <> n.account
					AND e.at > n.here_at AND e.at <= now() - make_interval(secs => p_delay))
	), told AS (
		UPDATE notify_address n SET told_at = now() FROM away WHERE n.org = p_org AND n.account = away.account
	), queued AS (
		INSERT INTO notify_mail (account, kind) SELECT away.account, 'message' FROM away
		ON CONFLICT ON CONSTRAINT notify_mail_key DO NOTHING RETURNING account
	)
	SELECT count(*) FROM queued
$$;

-- The same of reminders: one letter for all of them, and at most one in six hours.
CREATE FUNCTION notify_queue_reminders(p_org uuid, p_idle int4[]) RETURNS int8
LANGUAGE sql AS $$
	WITH away AS (
		SELECT n.account FROM notify_address n JOIN account a USING (org, account)
		WHERE n.org = p_org AND n.state = 'confirmed' AND n.reminders AND NOT notify_is_here(a, p_idle)
			AND (n.reminded_at < now() - interval '6 hours') IS NOT FALSE
			AND EXISTS (
				SELECT FROM reminder_due d JOIN room_member m USING (org, room, account)
				WHERE d.org = p_org AND d.account = n.account AND m.active AND d.at > greatest(n.here_at, n.reminded_at))
	), told AS (
		UPDATE notify_address n SET reminded_at = now() FROM away WHERE n.org = p_org AND n.account = away.account
	), queued AS (
		INSERT INTO notify_mail (account, kind) SELECT away.account, 'reminder' FROM away
		ON CONFLICT ON CONSTRAINT notify_mail_key DO NOTHING RETURNING account
	)
	SELECT count(*) FROM queued
$$;

-- Once a round, for all organisations: addresses that nobody confirmed go after a day, letters of which
-- nothing was heard are left, and new ones are made; says how many.
CREATE FUNCTION notify_queue(p_delay int4, p_idle int4[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_queued int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM notify_address n WHERE n.org = v_org AND n.state = 'unconfirmed' AND n.code_until < now() - interval '1 day';
		PERFORM notify_done(m.account, m.kind, m.mail, CASE WHEN m.claimed_at IS NULL THEN 'given_up' ELSE 'unknown' END)
		FROM notify_mail m
		WHERE m.org = v_org AND (m.claimed_at < now() - interval '10 minutes' OR m.claimed_at IS NULL AND m.give_up_at <= now());
		v_queued := v_queued + notify_queue_messages(v_org, p_delay, p_idle) + notify_queue_reminders(v_org, p_idle);
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_queued;
END
$$;

-- Claims the next letter whose time has come, of the organisations after p_after first, so that each has its
-- turn. No row: there is none. Nobody who is here gets any but a code.
CREATE FUNCTION notify_take(p_after uuid, p_idle int4[])
RETURNS TABLE (org uuid, account uuid, kind text, mail uuid, address uuid, sealed bytea, language text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org <= p_after, o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		RETURN QUERY
			UPDATE notify_mail m SET claimed_at = now()
			FROM notify_address n
			WHERE n.org = m.org AND n.account = m.account AND m.org = v_org AND (m.account, m.kind) IN (
				SELECT w.account, w.kind
				FROM notify_mail w JOIN notify_address x USING (org, account) JOIN account a USING (org, account)
				WHERE w.org = v_org AND w.claimed_at IS NULL AND w.next_at <= now() AND w.give_up_at > now()
					AND x.state = CASE w.kind WHEN 'code' THEN 'unconfirmed' ELSE 'confirmed' END
					AND (w.kind = 'code' OR NOT notify_is_here(a, p_idle))
				ORDER BY w.next_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
			RETURNING m.org, m.account, m.kind, m.mail, n.address, n.sealed, n.language;
		EXIT WHEN FOUND;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- As in 0022, and whoever is reminded hears so at once.
CREATE OR REPLACE FUNCTION reminders_fire() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_fired int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		WITH due AS (
			DELETE FROM reminder r WHERE r.org = v_org AND r.at <= now() RETURNING r.room, r.msg_id),
		told AS (
			INSERT INTO reminder_due (account, room, msg_id)
			SELECT m.account, due.room, due.msg_id
			FROM due
			JOIN room o ON o.org = v_org AND o.room = due.room AND o.phase = 'open'
			JOIN message a ON a.org = v_org AND a.room = due.room AND a.msg_id = due.msg_id AND NOT a.tombstone
			JOIN room_member m ON m.org = v_org AND m.room = due.room AND m.role = 1 AND m.active
			ON CONFLICT ON CONSTRAINT reminder_due_key DO UPDATE SET at = now()
			RETURNING account)
		SELECT coalesce(sum(t.n), 0) INTO v_n
		FROM (SELECT count(*) AS n FROM told GROUP BY told.account HAVING notice_send('r', notice_hex(told.account))) AS t;
		v_fired := v_fired + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_fired;
END
$$;

REVOKE EXECUTE ON FUNCTION notify_put(uuid, uuid, bytea, text, int4, int4), notify_try(uuid, int4), notify_confirm(uuid, uuid),
	notify_choose(uuid, boolean, boolean, text), notify_remove(uuid), notify_get(uuid, int4), notify_here(), notify_over(),
	notify_is_here(account, int4[]), notify_done(uuid, text, uuid, text), notify_queue_messages(uuid, int4, int4[]),
	notify_queue_reminders(uuid, int4[]), notify_queue(int4, int4[]), notify_take(uuid, int4[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify_put(uuid, uuid, bytea, text, int4, int4), notify_try(uuid, int4), notify_confirm(uuid, uuid),
	notify_choose(uuid, boolean, boolean, text), notify_remove(uuid), notify_get(uuid, int4), notify_here(), notify_over() TO luotsi_app;
GRANT EXECUTE ON FUNCTION notify_queue(int4, int4[]), notify_take(uuid, int4[]), notify_done(uuid, text, uuid, text) TO luotsi_jobs;
