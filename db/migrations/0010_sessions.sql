-- Seven roles; sessions that know how they were begun, end by the limits of their role, and are proven
-- afresh before the gravest acts; the tickets with which a page opens its WebSocket.

-- Whoever is not a client works for the organisation. An operator keeps the service running and stands in
-- an organisation of operators, which has no agreement and therefore no rooms.
ALTER TABLE account DROP CONSTRAINT account_role_known;
ALTER TABLE account ADD CONSTRAINT account_role_known CHECK (role IN
	('client', 'counsellor', 'team_lead', 'admin', 'dpo', 'coordinator', 'operator'));

-- Whose limits are whose: 1 the client, 2 those who counsel, 3 those who administer.
CREATE FUNCTION session_class(p_role text) RETURNS int4
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE p_role WHEN 'client' THEN 1 WHEN 'counsellor' THEN 2 WHEN 'team_lead' THEN 2 ELSE 3 END $$;
GRANT EXECUTE ON FUNCTION session_class(text) TO luotsi_app, luotsi_jobs;

-- In rooms there are clients and those who counsel them. The table of rights refuses the others every
-- act in a room; this refuses them the seat, whatever a control log says. (Inserts of zeroes only reach
-- an ON CONFLICT.)
CREATE FUNCTION room_member_counsels() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM account a WHERE a.account = NEW.account AND session_class(a.role) = 3) THEN
		RAISE EXCEPTION 'not in a room' USING ERRCODE = 'LU000', CONSTRAINT = 'room_member_counsels__forbidden';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER room_member_counsels BEFORE INSERT OR UPDATE OF active ON room_member
	FOR EACH ROW WHEN (NEW.active AND NEW.sig_kid <> decode(repeat('00', 32), 'hex'))
	EXECUTE FUNCTION room_member_counsels();
GRANT EXECUTE ON FUNCTION room_member_counsels() TO luotsi_app;

-- Sessions of before this migration are over: nobody knows how they were begun.
DELETE FROM session WHERE true;
ALTER TABLE session
	ADD method text NOT NULL CONSTRAINT session_method_known CHECK (method IN ('oidc', 'passkey', 'development')),
	ADD identified_at timestamptz,
	ADD acr text CONSTRAINT session_acr_length CHECK (octet_length(acr) BETWEEN 1 AND 200),
	ADD fresh_until timestamptz NOT NULL;
COMMENT ON COLUMN session.identified_at IS 'When the person last proved who they are to an identification service; NULL if never.';
COMMENT ON COLUMN session.acr IS 'The assurance level that the identification service named.';
COMMENT ON COLUMN session.fresh_until IS 'Until then the person''s presence is proven well enough for acts that need it fresh.';
GRANT UPDATE (token_hash, fresh_until) ON session TO luotsi_app;

-- Ends the session of a cookie, whosever it is, and tells every worker; the tenant stays as it was.
CREATE FUNCTION session_end_token(p_token_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_before text := coalesce(current_setting('luotsi.org', true), '');
	v_old session;
BEGIN
	SELECT * INTO v_old FROM session s WHERE s.token_hash = p_token_hash;
	IF v_old.org IS NULL THEN
		RETURN false;
	END IF;
	PERFORM set_config('luotsi.org', v_old.org::text, true);
	DELETE FROM session s WHERE s.org = v_old.org AND s.session = v_old.session;
	PERFORM notice_send('s', concat_ws(' ', notice_hex(v_old.account), notice_hex(v_old.session)));
	PERFORM set_config('luotsi.org', v_before, true);
	RETURN true;
END
$$;
GRANT EXECUTE ON FUNCTION session_end_token(bytea) TO luotsi_app;

-- Begins a session; the one whose cookie came along (NULL: none) is over, whatever comes of it. Begun
-- means proven: it is fresh at first. No row if there is no such account, or it is disabled.
-- p_seconds: how long it may last at most, by session_class.
CREATE FUNCTION session_start(p_session uuid, p_token_hash bytea, p_account uuid, p_method text,
	p_identified_at timestamptz, p_acr text, p_old_hash bytea, p_seconds int4[])
RETURNS TABLE (role text, expires_at timestamptz, fresh_until timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	PERFORM session_end_token(p_old_hash) WHERE p_old_hash IS NOT NULL;
	RETURN QUERY
		WITH person AS (
			SELECT a.account, a.role FROM account a WHERE a.account = p_account AND a.disabled_at IS NULL
		), begun AS (
			INSERT INTO session AS s (session, token_hash, account, method, identified_at, acr, fresh_until, expires_at)
			SELECT p_session, p_token_hash, p.account, p_method, p_identified_at, p_acr, now() + interval '5 minutes',
				now() + make_interval(secs => p_seconds[session_class(p.role)])
			FROM person p
			RETURNING s.expires_at, s.fresh_until
		)
		SELECT p.role, b.expires_at, b.fresh_until FROM begun b, person p;
END
$$;
GRANT EXECUTE ON FUNCTION session_start(uuid, bytea, uuid, text, timestamptz, text, bytea, int4[]) TO luotsi_app;

-- The session of a cookie and all that a connection must know of it; called before a tenant is known,
-- which it leaves named. p_idle: seconds without a sign of life after which it is over, by
-- session_class.
DROP FUNCTION session_find(bytea, int4);
CREATE FUNCTION session_find(p_token_hash bytea, p_idle int4[])
RETURNS TABLE (session uuid, org uuid, account uuid, role text, organisation text, method text,
	expires_at timestamptz, fresh_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	SELECT s.org INTO v_org FROM session s WHERE s.token_hash = p_token_hash AND s.expires_at > now();
	IF v_org IS NULL THEN
		RETURN;
	END IF;
	PERFORM set_config('luotsi.org', v_org::text, true);
	RETURN QUERY
		SELECT s.session, s.org, s.account, a.role, o.name, s.method, s.expires_at, s.fresh_until
		FROM session s
		JOIN account a USING (org, account)
		JOIN organisation o USING (org)
		WHERE s.org = v_org AND s.token_hash = p_token_hash AND a.disabled_at IS NULL
			AND s.seen_at > now() - make_interval(secs => p_idle[session_class(a.role)]);
END
$$;
GRANT EXECUTE ON FUNCTION session_find(bytea, int4[]) TO luotsi_app;

-- A ticket is asked for over HTTP and spent once, within seconds, in the first frame of a WebSocket: it
-- proves that a page of ours opens it, and not another site with the person's cookie. Worth nothing after
-- a crash: unlogged, and written without waiting for the disk.
CREATE UNLOGGED TABLE ws_ticket (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	ticket_hash hash NOT NULL,
	session     uuid NOT NULL,
	expires_at  timestamptz NOT NULL,
	CONSTRAINT ws_ticket_key PRIMARY KEY (org, ticket_hash)
);
COMMENT ON TABLE ws_ticket IS 'Unspent tickets of sessions, as hashes. One of an ended session opens nothing; the sweep takes it away.';
CALL tenant_table('ws_ticket');
GRANT SELECT, INSERT, DELETE ON ws_ticket TO luotsi_app;

CREATE FUNCTION ws_ticket_take(p_session uuid, p_ticket_hash bytea) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM ws_ticket t WHERE t.ticket_hash = p_ticket_hash AND t.session = p_session AND t.expires_at > now();
	RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION ws_ticket_take(uuid, bytea) TO luotsi_app;

DROP FUNCTION sweep_sessions(int4);
CREATE FUNCTION sweep_sessions(p_idle int4[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_swept int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM session s USING account a
		WHERE s.org = v_org AND a.org = v_org AND a.account = s.account
			AND (s.expires_at <= now() OR s.seen_at <= now() - make_interval(secs => p_idle[session_class(a.role)]));
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_swept := v_swept + v_n;
		DELETE FROM ws_ticket t WHERE t.org = v_org AND t.expires_at <= now();
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;
GRANT EXECUTE ON FUNCTION sweep_sessions(int4[]) TO luotsi_jobs;

-- Who has another role now is out as well, everywhere, and signs in as what they are.
CREATE TRIGGER account_role_changed AFTER UPDATE OF role ON account
	FOR EACH ROW WHEN (OLD.role <> NEW.role) EXECUTE FUNCTION account_disabled();
