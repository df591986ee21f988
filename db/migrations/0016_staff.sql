-- The accounts of staff in the hands of their organisation's admin: made, invited by a link or by e-mail,
-- given another role, disabled, and helped when every passkey is lost. Each act is in the audit trail,
-- and the person it was done to can read it there.

CREATE TABLE staff_label (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	account uuid NOT NULL,
	name    bytea NOT NULL CONSTRAINT staff_label_length CHECK (octet_length(name) BETWEEN 1 AND 1100),
	CONSTRAINT staff_label_key PRIMARY KEY (org, account),
	CONSTRAINT staff_label_of_account FOREIGN KEY (org, account) REFERENCES account
);
COMMENT ON TABLE staff_label IS 'How an admin names a colleague who has no certificate yet; sealed by the keys process.';
CALL tenant_table('staff_label');

CREATE TABLE enrolment_mail (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	account    uuid NOT NULL,
	mail       uuid NOT NULL,
	sealed     bytea CONSTRAINT enrolment_mail_sealed_length CHECK (octet_length(sealed) BETWEEN 87 AND 400),
	language   text NOT NULL CONSTRAINT enrolment_mail_language_known CHECK (language IN ('fi', 'sv', 'en')),
	state      text NOT NULL DEFAULT 'waiting' CONSTRAINT enrolment_mail_state_known CHECK (state IN ('waiting', 'sent', 'given_up')),
	tries      int4 NOT NULL DEFAULT 0,
	next_at    timestamptz NOT NULL DEFAULT now(),
	give_up_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
	CONSTRAINT enrolment_mail_key PRIMARY KEY (org, account),
	CONSTRAINT enrolment_mail_sealed_waits CHECK ((state = 'waiting') = (sealed IS NOT NULL)),
	CONSTRAINT enrolment_mail_of_enrolment FOREIGN KEY (org, account) REFERENCES account_enrolment ON DELETE CASCADE
);
COMMENT ON TABLE enrolment_mail IS 'Enrolments that go by e-mail. Token and address are kept, sealed, until the mail server has the letter.';
CREATE INDEX enrolment_mail_by_time ON enrolment_mail (org, next_at) WHERE state = 'waiting';
CREATE INDEX audit_of_enrolment_mail ON audit (org, at) WHERE action = 'enrolment_mail';
CREATE INDEX audit_by_object ON audit (org, object, n);
CALL tenant_table('enrolment_mail');

-- A staff account that one of its organisation's admins may act upon: never a client's, never their own.
CREATE FUNCTION staff_of(p_actor uuid, p_account uuid) RETURNS account
LANGUAGE plpgsql AS $$
DECLARE
	v_one account;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('staff ' || luotsi_org(), 0));
	SELECT * INTO v_one FROM account a
	WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> 'client' AND a.account <> p_actor FOR UPDATE;
	RETURN v_one;
END
$$;

-- Would the organisation be without an admin if this one went?
CREATE FUNCTION staff_is_last_admin(p_one account) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT p_one.role = 'admin' AND p_one.disabled_at IS NULL AND NOT EXISTS (
		SELECT FROM account a WHERE a.org = luotsi_org() AND a.role = 'admin' AND a.disabled_at IS NULL AND a.account <> p_one.account)
$$;

-- A new staff account: 'ok', or 'quota' when the organisation has p_most.
CREATE FUNCTION staff_add(p_actor uuid, p_account uuid, p_role text, p_name bytea, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('staff ' || luotsi_org(), 0));
	IF (SELECT count(*) FROM account a WHERE a.org = luotsi_org() AND a.role <> 'client') >= p_most THEN
		RETURN 'quota';
	END IF;
	INSERT INTO account (account, role) VALUES (p_account, p_role);
	INSERT INTO staff_label (account, name) VALUES (p_account, p_name);
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'staff_add', p_account, p_role);
	RETURN 'ok';
END
$$;

-- Another role: 'ok', 'not_found', 'last_admin', or 'has_rooms' (who counsels no more leaves no open room
-- behind). A trigger ends their sessions.
CREATE FUNCTION staff_role(p_actor uuid, p_account uuid, p_role text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
BEGIN
	IF v_one.account IS NULL THEN
		RETURN 'not_found';
	ELSIF p_role <> 'admin' AND staff_is_last_admin(v_one) THEN
		RETURN 'last_admin';
	ELSIF session_class(p_role) <> 2 AND EXISTS (
		SELECT FROM room_member m JOIN room r USING (org, room)
		WHERE m.org = luotsi_org() AND m.account = p_account AND m.active AND r.phase = 'open') THEN
		RETURN 'has_rooms';
	END IF;
	UPDATE account a SET role = p_role WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> p_role;
	INSERT INTO audit (actor, action, object, word) SELECT p_actor, 'staff_role', p_account, p_role WHERE FOUND;
	RETURN 'ok';
END
$$;

-- Out at once (a trigger ends their sessions), or in again: 'ok', 'not_found', 'last_admin'.
CREATE FUNCTION staff_disable(p_actor uuid, p_account uuid, p_disabled boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
BEGIN
	IF v_one.account IS NULL THEN
		RETURN 'not_found';
	ELSIF p_disabled AND staff_is_last_admin(v_one) THEN
		RETURN 'last_admin';
	ELSIF p_disabled = (v_one.disabled_at IS NOT NULL) THEN
		RETURN 'ok';
	END IF;
	UPDATE account a SET disabled_at = CASE WHEN p_disabled THEN now() END WHERE a.org = luotsi_org() AND a.account = p_account;
	DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.account = p_account AND p_disabled;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, CASE WHEN p_disabled THEN 'staff_disable' ELSE 'staff_enable' END, p_account);
	RETURN 'ok';
END
$$;

-- Every passkey is lost: they go, with all sessions and the tie to the person, who then comes by a new
-- enrolment. What the person keeps sealed stays as it is. 'ok', 'not_found'. p_reason: a word.
CREATE FUNCTION passkey_reset(p_actor uuid, p_account uuid, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
	v_session uuid;
BEGIN
	IF v_one.account IS NULL THEN
		RETURN 'not_found';
	END IF;
	FOR v_session IN DELETE FROM session s WHERE s.org = luotsi_org() AND s.account = p_account RETURNING s.session LOOP
		PERFORM notice_send('s', concat_ws(' ', notice_hex(p_account), notice_hex(v_session)));
	END LOOP;
	DELETE FROM login_choice c WHERE p_account = ANY (c.accounts);
	DELETE FROM passkey k WHERE k.org = luotsi_org() AND k.account = p_account;
	DELETE FROM account_identity i WHERE i.org = luotsi_org() AND i.account = p_account;
	DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.account = p_account;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'passkey_reset', p_account, p_reason);
	RETURN 'ok';
END
$$;

-- A staff account of one's organisation waits for its person from now on, by this token alone: 'ok',
-- 'not_found', or 'already_enrolled': it has its person, who is not put out by a link.
DROP FUNCTION enrolment_make(uuid, uuid, bytea, timestamptz);
CREATE FUNCTION enrolment_make(p_admin uuid, p_account uuid, p_token_hash bytea, p_expires_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_admin, p_account);
BEGIN
	IF v_one.account IS NULL OR v_one.disabled_at IS NOT NULL THEN
		RETURN 'not_found';
	ELSIF EXISTS (SELECT FROM account_identity i WHERE i.org = luotsi_org() AND i.account = p_account) THEN
		RETURN 'already_enrolled';
	END IF;
	DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.account = p_account;
	INSERT INTO account_enrolment (account, token_hash, expires_at) VALUES (p_account, p_token_hash, p_expires_at);
	INSERT INTO audit (actor, action, object) VALUES (p_admin, 'enrolment_make', p_account);
	RETURN 'ok';
END
$$;

-- The same, and a letter with the link: also 'rate_limited', when the actor has sent p_most in a day.
CREATE FUNCTION enrolment_mail_put(p_actor uuid, p_account uuid, p_token_hash bytea, p_expires_at timestamptz,
	p_mail uuid, p_sealed bytea, p_language text, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_word text;
BEGIN
	IF (SELECT count(*) FROM audit a WHERE a.org = luotsi_org() AND a.action = 'enrolment_mail' AND a.actor = p_actor
		AND a.at > now() - interval '1 day') >= p_most THEN
		RETURN 'rate_limited';
	END IF;
	v_word := enrolment_make(p_actor, p_account, p_token_hash, p_expires_at);
	IF v_word = 'ok' THEN
		INSERT INTO enrolment_mail (account, mail, sealed, language) VALUES (p_account, p_mail, p_sealed, p_language);
		INSERT INTO audit (actor, action, object) VALUES (p_actor, 'enrolment_mail', p_account);
	END IF;
	RETURN v_word;
END
$$;

CREATE FUNCTION enrolment_withdraw(p_actor uuid, p_account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.account = p_account;
	IF FOUND THEN
		INSERT INTO audit (actor, action, object) VALUES (p_actor, 'enrolment_withdraw', p_account);
		RETURN true;
	END IF;
	RETURN false;
END
$$;

-- Somebody who has an account here came with an enrolment: it is of no use to them, and to nobody else
-- any more. False if there was none.
CREATE FUNCTION enrolment_spoil(p_actor uuid, p_token_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_account uuid;
BEGIN
	DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.token_hash = p_token_hash RETURNING e.account INTO v_account;
	IF v_account IS NULL THEN
		RETURN false;
	END IF;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'enrolment_spoilt', v_account, 'already_here');
	RETURN true;
END
$$;

-- Letters whose time has come; as invitation_mail_take.
CREATE FUNCTION enrolment_mail_take(p_most int4)
RETURNS TABLE (org uuid, mail uuid, sealed bytea, language text, expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		PERFORM enrolment_mail_done(m.mail, false) FROM enrolment_mail m WHERE m.org = v_org AND m.state = 'waiting' AND m.give_up_at <= now();
		RETURN QUERY
			UPDATE enrolment_mail m
			SET tries = m.tries + 1, next_at = now() + interval '1 minute' * 2 ^ least(m.tries, 7)
			FROM account_enrolment e
			WHERE e.org = m.org AND e.account = m.account AND m.org = v_org AND m.mail IN (
				SELECT n.mail FROM enrolment_mail n
				WHERE n.org = v_org AND n.state = 'waiting' AND n.next_at <= now()
				ORDER BY n.next_at LIMIT p_most FOR UPDATE SKIP LOCKED)
			RETURNING m.org, m.mail, m.sealed, m.language, e.expires_at;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- The mail server has it, or nobody ever will; false if another took its place meanwhile.
CREATE FUNCTION enrolment_mail_done(p_mail uuid, p_sent boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_word text := CASE WHEN p_sent THEN 'sent' ELSE 'given_up' END;
	v_account uuid;
BEGIN
	UPDATE enrolment_mail m SET sealed = NULL, state = v_word
	WHERE m.org = luotsi_org() AND m.mail = p_mail AND m.state = 'waiting' RETURNING m.account INTO v_account;
	INSERT INTO audit (action, object, word) SELECT 'enrolment_mail_end', v_account, v_word WHERE v_account IS NOT NULL;
	RETURN v_account IS NOT NULL;
END
$$;

-- The organisation's events, the newest first; the first page is an event of its own.
CREATE FUNCTION event_list(p_actor uuid, p_before int8, p_most int4)
RETURNS TABLE (n int8, at timestamptz, actor uuid, action text, object uuid, word text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO audit (actor, action) SELECT p_actor, 'event_read' WHERE p_before IS NULL;
	RETURN QUERY
		SELECT a.n, a.at, a.actor, a.action, a.object, a.word FROM audit a
		WHERE a.n < coalesce(p_before, 9007199254740991) ORDER BY a.n DESC LIMIT p_most;
END
$$;

GRANT SELECT ON staff_label TO luotsi_app;
GRANT SELECT (org, account, state) ON enrolment_mail TO luotsi_app;
GRANT SELECT (org, account, expires_at) ON account_enrolment TO luotsi_app;
GRANT EXECUTE ON FUNCTION staff_add(uuid, uuid, text, bytea, int4), staff_role(uuid, uuid, text), staff_disable(uuid, uuid, boolean),
	passkey_reset(uuid, uuid, text), enrolment_make(uuid, uuid, bytea, timestamptz),
	enrolment_mail_put(uuid, uuid, bytea, timestamptz, uuid, bytea, text, int4), enrolment_withdraw(uuid, uuid),
	enrolment_spoil(uuid, bytea), event_list(uuid, int8, int4) TO luotsi_app;
GRANT EXECUTE ON FUNCTION enrolment_mail_take(int4), enrolment_mail_done(uuid, boolean) TO luotsi_jobs;
