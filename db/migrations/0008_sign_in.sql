-- Who people are: identifications that are under way, what an account knows of the person behind it
-- (sealed by the keys process; no code or name is ever here in clear), and a trail of attempts.

CREATE UNLOGGED TABLE login_attempt (
	attempt     uuid CONSTRAINT login_attempt_key PRIMARY KEY,
	cookie_hash hash NOT NULL CONSTRAINT login_attempt_cookie_unique UNIQUE,
	state_hash  hash NOT NULL,
	nonce       hash NOT NULL,
	salt        hash NOT NULL,
	provider    text NOT NULL CONSTRAINT login_attempt_provider_length CHECK (octet_length(provider) BETWEEN 1 AND 32),
	address     uuid NOT NULL,
	ticket_org  uuid,
	ticket_room uuid,
	ticket_hash hash,
	expires_at  timestamptz NOT NULL,
	CONSTRAINT login_attempt_ticket_whole CHECK ((ticket_org IS NULL) = (ticket_hash IS NULL) AND (ticket_room IS NULL OR ticket_org IS NOT NULL))
);
COMMENT ON TABLE login_attempt IS 'People who are at an identification service now. Ten minutes, taken once; of no tenant, because nobody knows yet who comes. What the browser''s keys are carried under follows from the cookie and the salt, neither of which is enough alone.';
COMMENT ON COLUMN login_attempt.ticket_org IS 'Of the invitation (with a room) or enrolment (without) that they came with.';
CREATE INDEX login_attempt_by_address ON login_attempt (address, expires_at);

CREATE UNLOGGED TABLE login_choice (
	cookie_hash   hash CONSTRAINT login_choice_key PRIMARY KEY,
	acr           text NOT NULL,
	identified_at timestamptz NOT NULL,
	orgs          uuid[] NOT NULL,
	accounts      uuid[] NOT NULL,
	expires_at    timestamptz NOT NULL
);
COMMENT ON TABLE login_choice IS 'People who have been identified and are clients of several organisations: they choose one.';

CREATE TABLE sign_in_event (
	n        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT sign_in_event_key PRIMARY KEY,
	at       timestamptz NOT NULL DEFAULT now(),
	attempt  uuid,
	provider text CONSTRAINT sign_in_event_provider_length CHECK (octet_length(provider) BETWEEN 1 AND 32),
	word     text NOT NULL CONSTRAINT sign_in_event_word_word CHECK (word ~ '^[a-z][a-z_]{1,39}$')
);
COMMENT ON TABLE sign_in_event IS 'How each identification began and ended, in a word. Append-only; no person, no organisation: those are in audit.';

CREATE TABLE account_identity (
	org           uuid NOT NULL DEFAULT luotsi_org(),
	account       uuid NOT NULL,
	key_version   int4 NOT NULL CONSTRAINT account_identity_version CHECK (key_version >= 1),
	blind_index   hash NOT NULL,
	code          bytea NOT NULL CONSTRAINT account_identity_code_length CHECK (octet_length(code) BETWEEN 1 AND 1100),
	given_name    bytea CONSTRAINT account_identity_given_length CHECK (octet_length(given_name) BETWEEN 1 AND 1100),
	family_name   bytea CONSTRAINT account_identity_family_length CHECK (octet_length(family_name) BETWEEN 1 AND 1100),
	country       text NOT NULL CONSTRAINT account_identity_country CHECK (country ~ '^[A-Z]{2}$'),
	provider      text NOT NULL CONSTRAINT account_identity_provider_length CHECK (octet_length(provider) BETWEEN 1 AND 32),
	acr           text NOT NULL CONSTRAINT account_identity_acr_length CHECK (octet_length(acr) <= 200),
	identified_at timestamptz NOT NULL,
	CONSTRAINT account_identity_key PRIMARY KEY (org, account),
	CONSTRAINT account_identity_index_unique UNIQUE (org, key_version, blind_index),
	CONSTRAINT account_identity_of_account FOREIGN KEY (org, account) REFERENCES account
);
COMMENT ON TABLE account_identity IS 'The person behind an account, as last identified: a blind index to find them again, everything else sealed.';
CALL tenant_table('account_identity');

CREATE TABLE account_enrolment (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	account    uuid NOT NULL,
	token_hash hash NOT NULL,
	expires_at timestamptz NOT NULL,
	CONSTRAINT account_enrolment_key PRIMARY KEY (org, account),
	CONSTRAINT account_enrolment_of_account FOREIGN KEY (org, account) REFERENCES account
);
COMMENT ON TABLE account_enrolment IS 'A staff account that waits for its person: whoever shows the token and is identified by the organisation''s own service is it. Once.';
CALL tenant_table('account_enrolment');

CREATE INDEX invitation_by_token ON invitation (org, token_hash);

-- Names the organisation whose open invitation (p_room) or enrolment this is: 'ok', 'not_found',
-- 'expired', 'used'. Leaves the organisation named.
CREATE FUNCTION login_ticket_state(p_org uuid, p_room uuid, p_token_hash bytea) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_expires_at timestamptz;
	v_used boolean := false;
BEGIN
	PERFORM set_config('luotsi.org', p_org::text, true);
	IF p_room IS NULL THEN
		SELECT e.expires_at INTO v_expires_at FROM account_enrolment e WHERE e.token_hash = p_token_hash;
	ELSE
		SELECT i.expires_at, i.claimed_by IS NOT NULL INTO v_expires_at, v_used
		FROM invitation i WHERE i.room = p_room AND i.token_hash = p_token_hash;
	END IF;
	RETURN CASE WHEN v_expires_at IS NULL THEN 'not_found' WHEN v_expires_at <= now() THEN 'expired'
		WHEN v_used THEN 'used' ELSE 'ok' END;
END
$$;

-- Begins an identification: 'ok'; 'rate_limited' when p_most of this address are under way; or what is
-- wrong with the ticket ('used' is not: the one who used it may be coming back). The ticket is that of an
-- invitation, wherever it is from, or if p_staff_org is not NULL that of an enrolment there; NULL: none.
CREATE FUNCTION login_begin(p_attempt uuid, p_cookie_hash bytea, p_state_hash bytea, p_nonce bytea, p_salt bytea, p_provider text,
	p_address uuid, p_staff_org uuid, p_ticket_hash bytea, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_word text := 'ok';
	v_org uuid;
	v_room uuid;
BEGIN
	IF (SELECT count(*) FROM login_attempt a WHERE a.address = p_address AND a.expires_at > now()) >= p_most THEN
		v_word := 'rate_limited';
	ELSIF p_ticket_hash IS NOT NULL THEN
		FOR v_org IN SELECT o.org FROM organisation o WHERE p_staff_org IS NULL OR o.org = p_staff_org LOOP
			PERFORM set_config('luotsi.org', v_org::text, true);
			SELECT i.room INTO v_room FROM invitation i WHERE p_staff_org IS NULL AND i.org = v_org AND i.token_hash = p_ticket_hash;
			EXIT WHEN v_room IS NOT NULL OR p_staff_org IS NOT NULL;
		END LOOP;
		v_word := CASE WHEN v_room IS NULL AND p_staff_org IS NULL THEN 'not_found' ELSE login_ticket_state(v_org, v_room, p_ticket_hash) END;
		PERFORM set_config('luotsi.org', '', true);
	END IF;
	IF v_word = 'used' THEN
		v_word := 'ok';
	END IF;
	IF v_word = 'ok' THEN
		INSERT INTO login_attempt (attempt, cookie_hash, state_hash, nonce, salt, provider, address, ticket_org, ticket_room, ticket_hash, expires_at)
		VALUES (p_attempt, p_cookie_hash, p_state_hash, p_nonce, p_salt, p_provider, p_address, v_org, v_room, p_ticket_hash,
			now() + interval '10 minutes');
	END IF;
	INSERT INTO sign_in_event (attempt, provider, word)
	VALUES (p_attempt, p_provider, CASE v_word WHEN 'ok' THEN 'begun' ELSE v_word END);
	RETURN v_word;
END
$$;

-- Takes an attempt, once: the cookie and the state must belong together.
CREATE FUNCTION login_take(p_cookie_hash bytea, p_state_hash bytea)
RETURNS TABLE (attempt uuid, provider text, nonce bytea, salt bytea, ticket_org uuid, ticket_room uuid, ticket_hash bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	DELETE FROM login_attempt a
	WHERE a.cookie_hash = p_cookie_hash AND a.state_hash = p_state_hash AND a.expires_at > now()
	RETURNING a.attempt, a.provider, a.nonce, a.salt, a.ticket_org, a.ticket_room, a.ticket_hash
$$;

-- Organisations that people can be clients of: those with a live agreement.
CREATE FUNCTION sign_in_organisations() RETURNS TABLE (org uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.created_at, o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		RETURN QUERY SELECT v_org WHERE EXISTS (SELECT FROM agreement a WHERE a.org = v_org AND a.state = 'live');
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- The accounts behind blind indexes; each stands with the organisation and the version of its key.
CREATE FUNCTION identity_find(p_orgs uuid[], p_versions int4[], p_indexes bytea[])
RETURNS TABLE (org uuid, account uuid, role text, organisation text, disabled boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	FOR i IN 1 .. cardinality(p_orgs) LOOP
		PERFORM set_config('luotsi.org', p_orgs[i]::text, true);
		RETURN QUERY
			SELECT a.org, a.account, a.role, o.name, a.disabled_at IS NOT NULL
			FROM account_identity p
			JOIN account a USING (org, account)
			JOIN organisation o USING (org)
			WHERE p.org = p_orgs[i] AND p.key_version = p_versions[i] AND p.blind_index = p_indexes[i];
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- The person of this account has been identified again: what is known of them is replaced, under the
-- newest keys. Only the one who has the account: index or previous index must be the stored one.
CREATE FUNCTION identity_record(p_account uuid, p_version int4, p_index bytea, p_previous_version int4, p_previous_index bytea,
	p_code bytea, p_given_name bytea, p_family_name bytea, p_country text, p_provider text, p_acr text, p_identified_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE account_identity p
	SET key_version = p_version, blind_index = p_index, code = p_code,
		given_name = coalesce(p_given_name, p.given_name), family_name = coalesce(p_family_name, p.family_name),
		country = p_country, provider = p_provider, acr = p_acr, identified_at = greatest(p.identified_at, p_identified_at)
	WHERE p.org = luotsi_org() AND p.account = p_account
		AND ((p.key_version = p_version AND p.blind_index = p_index)
			OR (p.key_version = p_previous_version AND p.blind_index = p_previous_index));
	IF FOUND THEN
		INSERT INTO audit (actor, action, object, word) VALUES (p_account, 'identified', p_account, 'oidc');
	END IF;
	RETURN FOUND;
END
$$;

-- The first identification of somebody who came with an invitation or an enrolment: makes a client's
-- account, or joins person and staff account. p_account: the id of a new account. Says 'ok' and the
-- account, or 'not_found', 'expired', 'used'. The invitation is claimed by the account at once, so that
-- one link never makes two people.
CREATE FUNCTION identity_begin(p_account uuid, p_room uuid, p_token_hash bytea, p_version int4, p_index bytea,
	p_code bytea, p_given_name bytea, p_family_name bytea, p_country text, p_provider text, p_acr text, p_identified_at timestamptz)
RETURNS TABLE (outcome text, account uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_account uuid := p_account;
	v_word text;
BEGIN
	-- Two at once with the same link: one waits here, and sees it used.
	IF p_room IS NULL THEN
		PERFORM FROM account_enrolment e WHERE e.org = luotsi_org() AND e.token_hash = p_token_hash FOR UPDATE;
	ELSE
		PERFORM FROM invitation i WHERE i.org = luotsi_org() AND i.room = p_room FOR UPDATE;
	END IF;
	v_word := login_ticket_state(luotsi_org(), p_room, p_token_hash);
	IF v_word <> 'ok' THEN
		RETURN QUERY SELECT v_word, NULL::uuid;
		RETURN;
	END IF;
	IF p_room IS NULL THEN
		DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.token_hash = p_token_hash RETURNING e.account INTO v_account;
		DELETE FROM account_identity p WHERE p.org = luotsi_org() AND p.account = v_account;
	ELSE
		INSERT INTO account (account, role) VALUES (v_account, 'client');
		UPDATE invitation i SET claimed_by = v_account WHERE i.org = luotsi_org() AND i.room = p_room;
		INSERT INTO audit (actor, action, object) VALUES (v_account, 'account_made', v_account);
	END IF;
	INSERT INTO account_identity (account, key_version, blind_index, code, given_name, family_name, country, provider, acr, identified_at)
	VALUES (v_account, p_version, p_index, p_code, p_given_name, p_family_name, p_country, p_provider, p_acr, p_identified_at);
	INSERT INTO audit (actor, action, object, word) VALUES (v_account, 'identified', v_account, 'oidc');
	RETURN QUERY SELECT 'ok', v_account;
END
$$;

CREATE FUNCTION login_choice_put(p_cookie_hash bytea, p_acr text, p_identified_at timestamptz, p_orgs uuid[], p_accounts uuid[])
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO login_choice (cookie_hash, acr, identified_at, orgs, accounts, expires_at)
	VALUES (p_cookie_hash, p_acr, p_identified_at, p_orgs, p_accounts, now() + interval '10 minutes');
	RETURN true;
END
$$;

-- Takes a choice, once, if this account is one of those that may be chosen.
CREATE FUNCTION login_choice_take(p_cookie_hash bytea, p_account uuid)
RETURNS TABLE (org uuid, acr text, identified_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	DELETE FROM login_choice c
	WHERE c.cookie_hash = p_cookie_hash AND c.expires_at > now() AND p_account = ANY (c.accounts)
	RETURNING c.orgs[array_position(c.accounts, p_account)], c.acr, c.identified_at
$$;

-- A staff account of one's organisation waits for its person from now on; false if there is none.
CREATE FUNCTION enrolment_make(p_admin uuid, p_account uuid, p_token_hash bytea, p_expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO account_enrolment (account, token_hash, expires_at)
	SELECT a.account, p_token_hash, p_expires_at FROM account a
	WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> 'client' AND a.disabled_at IS NULL
	ON CONFLICT ON CONSTRAINT account_enrolment_key DO UPDATE SET token_hash = p_token_hash, expires_at = p_expires_at;
	IF FOUND THEN
		INSERT INTO audit (actor, action, object) VALUES (p_admin, 'enrolment_make', p_account);
		RETURN true;
	END IF;
	RETURN false;
END
$$;

CREATE FUNCTION sweep_logins() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_swept int8;
BEGIN
	DELETE FROM login_attempt a WHERE a.expires_at <= now();
	GET DIAGNOSTICS v_swept = ROW_COUNT;
	DELETE FROM login_choice c WHERE c.expires_at <= now();
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_swept := v_swept + v_n;
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM account_enrolment e WHERE e.org = v_org AND e.expires_at <= now();
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_swept := v_swept + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;

GRANT EXECUTE ON FUNCTION login_begin(uuid, bytea, bytea, bytea, bytea, text, uuid, uuid, bytea, int4), login_take(bytea, bytea),
	sign_in_organisations(), identity_find(uuid[], int4[], bytea[]),
	identity_record(uuid, int4, bytea, int4, bytea, bytea, bytea, bytea, text, text, text, timestamptz),
	identity_begin(uuid, uuid, bytea, int4, bytea, bytea, bytea, bytea, text, text, text, timestamptz),
	login_choice_put(bytea, text, timestamptz, uuid[], uuid[]), login_choice_take(bytea, uuid),
	enrolment_make(uuid, uuid, bytea, timestamptz) TO luotsi_app;
GRANT EXECUTE ON FUNCTION sweep_logins() TO luotsi_jobs;
GRANT INSERT (attempt, provider, word) ON sign_in_event TO luotsi_app;
GRANT SELECT ON sign_in_event TO luotsi_read;
-- Neither index nor code: a worker has no use for them.
GRANT SELECT (org, account, given_name, family_name, country, provider, acr, identified_at) ON account_identity TO luotsi_app;
