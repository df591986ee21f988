-- Passkeys: what an account's authenticators sign with, and the challenges that they answer.

CREATE TABLE passkey (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	passkey     uuid NOT NULL,
	account     uuid NOT NULL,
	credential  bytea NOT NULL CONSTRAINT passkey_credential_length CHECK (octet_length(credential) BETWEEN 16 AND 1023),
	algorithm   int4 NOT NULL CONSTRAINT passkey_algorithm_known CHECK (algorithm IN (-7, -8, -257)),
	public_key  bytea NOT NULL CONSTRAINT passkey_key_length CHECK (octet_length(public_key) BETWEEN 32 AND 259),
	counter     int8 NOT NULL CONSTRAINT passkey_counter_bounds CHECK (counter BETWEEN 0 AND 4294967295),
	synced      boolean NOT NULL,
	device      text NOT NULL CONSTRAINT passkey_device_known CHECK (device IN ('phone', 'computer', 'tablet', 'key', 'manager', 'other')),
	made_at     timestamptz NOT NULL DEFAULT now(),
	used_at     timestamptz,
	disabled_at timestamptz,
	CONSTRAINT passkey_key PRIMARY KEY (org, passkey),
	CONSTRAINT passkey_credential_unique UNIQUE (credential),
	CONSTRAINT passkey_of_account FOREIGN KEY (org, account) REFERENCES account
);
CREATE INDEX passkey_by_account ON passkey (org, account);
COMMENT ON TABLE passkey IS 'With what people sign in besides identification. Public keys only; what a passkey unlocks is in self_keys, sealed.';
COMMENT ON COLUMN passkey.device IS 'Where it lives, chosen from a list: no name that a person made up is kept in clear.';
COMMENT ON COLUMN passkey.counter IS 'Of signatures, as last seen. One that does not grow shows a copy, and disables the passkey.';
CALL tenant_table('passkey');
CREATE POLICY across ON passkey FOR SELECT TO luotsi_owner USING (true);

-- Answered within five minutes, once, by the browser that asked: before sign-in it is known by its cookie,
-- afterwards by its session. Worth nothing after a crash.
CREATE UNLOGGED TABLE webauthn_challenge (
	challenge_hash hash CONSTRAINT webauthn_challenge_key PRIMARY KEY,
	purpose        text NOT NULL CONSTRAINT webauthn_challenge_purpose CHECK (purpose IN ('sign_in', 'register', 'step_up')),
	cookie_hash    hash,
	session        uuid,
	address        uuid NOT NULL,
	expires_at     timestamptz NOT NULL,
	CONSTRAINT webauthn_challenge_bound CHECK (num_nulls(cookie_hash, session) = 1 AND (purpose = 'sign_in') = (session IS NULL))
);
COMMENT ON TABLE webauthn_challenge IS 'Challenges that wait for an answer, as hashes. Of no tenant, because nobody knows yet who answers.';
CREATE INDEX webauthn_challenge_by_address ON webauthn_challenge (address);
CREATE INDEX webauthn_challenge_by_session ON webauthn_challenge (session);

-- A challenge is out: 'ok', or 'rate_limited' when p_most of this address are. A session has one of a purpose.
CREATE FUNCTION webauthn_begin(p_challenge_hash bytea, p_purpose text, p_cookie_hash bytea, p_session uuid, p_address uuid, p_most int4)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM webauthn_challenge c WHERE c.session = p_session AND c.purpose = p_purpose;
	DELETE FROM webauthn_challenge c WHERE c.address = p_address AND c.expires_at <= now();
	IF (SELECT count(*) FROM webauthn_challenge c WHERE c.address = p_address) >= p_most THEN
		RETURN 'rate_limited';
	END IF;
	INSERT INTO webauthn_challenge (challenge_hash, purpose, cookie_hash, session, address, expires_at)
	VALUES (p_challenge_hash, p_purpose, p_cookie_hash, p_session, p_address, now() + interval '5 minutes');
	RETURN 'ok';
END
$$;

-- Takes a challenge, whatever comes of it: true if it was out for this purpose and this browser.
CREATE FUNCTION webauthn_take(p_challenge_hash bytea, p_purpose text, p_cookie_hash bytea, p_session uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM webauthn_challenge c
	WHERE c.challenge_hash = p_challenge_hash AND c.purpose = p_purpose AND c.expires_at > now()
		AND c.cookie_hash IS NOT DISTINCT FROM p_cookie_hash AND c.session IS NOT DISTINCT FROM p_session;
	RETURN FOUND;
END
$$;

-- The passkey of a credential, in whatever organisation, with what decides whether its holder may sign in:
-- staff always, clients within 90 days of their last identification.
CREATE FUNCTION passkey_find(p_credential bytea)
RETURNS TABLE (org uuid, passkey uuid, account uuid, algorithm int4, public_key bytea, synced boolean, disabled boolean,
	identified_at timestamptz, acr text, welcome boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	SELECT k.org INTO v_org FROM passkey k WHERE k.credential = p_credential;
	IF v_org IS NULL THEN
		RETURN;
	END IF;
	PERFORM set_config('luotsi.org', v_org::text, true);
	RETURN QUERY
		SELECT k.org, k.passkey, k.account, k.algorithm, k.public_key, k.synced,
			k.disabled_at IS NOT NULL OR a.disabled_at IS NOT NULL,
			i.identified_at, i.acr, a.role <> 'client' OR coalesce(i.identified_at > now() - interval '90 days', false)
		FROM passkey k
		JOIN account a USING (org, account)
		LEFT JOIN account_identity i USING (org, account)
		WHERE k.org = v_org AND k.credential = p_credential;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- One more passkey: 'ok', 'quota', or 'conflict' (the credential is known, to anybody).
CREATE FUNCTION passkey_add(p_account uuid, p_passkey uuid, p_credential bytea, p_algorithm int4, p_public_key bytea,
	p_counter int8, p_synced boolean, p_device text, p_most int4) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('passkey ' || p_account, 0));
	IF (SELECT count(*) FROM passkey k WHERE k.account = p_account) >= p_most THEN
		RETURN 'quota';
	END IF;
	INSERT INTO passkey (passkey, account, credential, algorithm, public_key, counter, synced, device)
	VALUES (p_passkey, p_account, p_credential, p_algorithm, p_public_key, p_counter, p_synced, p_device)
	ON CONFLICT ON CONSTRAINT passkey_credential_unique DO NOTHING;
	IF NOT FOUND THEN
		RETURN 'conflict';
	END IF;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'passkey_add', p_passkey);
	RETURN 'ok';
END
$$;

-- A passkey has answered. Its counter must have grown, unless it counts nothing; else there are two of it,
-- and neither is believed any more: 'ok', 'cloned', 'disabled'. p_purpose: a word for the audit.
CREATE FUNCTION passkey_use(p_passkey uuid, p_counter int8, p_purpose text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_key passkey;
	v_word text := 'ok';
BEGIN
	SELECT * INTO v_key FROM passkey k WHERE k.passkey = p_passkey FOR UPDATE;
	IF v_key.passkey IS NULL OR v_key.disabled_at IS NOT NULL THEN
		RETURN 'disabled';
	ELSIF p_counter <= v_key.counter AND (p_counter > 0 OR v_key.counter > 0) THEN
		v_word := 'cloned';
		UPDATE passkey k SET disabled_at = now() WHERE k.passkey = p_passkey;
	ELSE
		UPDATE passkey k SET counter = p_counter, used_at = now() WHERE k.passkey = p_passkey;
	END IF;
	INSERT INTO audit (actor, action, object, word)
	VALUES (v_key.account, 'passkey_' || p_purpose, p_passkey, nullif(v_word, 'ok'));
	RETURN v_word;
END
$$;

CREATE FUNCTION passkey_drop(p_account uuid, p_passkey uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM passkey k WHERE k.account = p_account AND k.passkey = p_passkey;
	IF FOUND THEN
		INSERT INTO audit (actor, action, object) VALUES (p_account, 'passkey_remove', p_passkey);
		RETURN true;
	END IF;
	RETURN false;
END
$$;

CREATE FUNCTION sweep_challenges() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_swept int8;
BEGIN
	DELETE FROM webauthn_challenge c WHERE c.expires_at <= now();
	GET DIAGNOSTICS v_swept = ROW_COUNT;
	RETURN v_swept;
END
$$;

GRANT EXECUTE ON FUNCTION webauthn_begin(bytea, text, bytea, uuid, uuid, int4), webauthn_take(bytea, text, bytea, uuid), passkey_find(bytea),
	passkey_add(uuid, uuid, bytea, int4, bytea, int8, boolean, text, int4), passkey_use(uuid, int8, text), passkey_drop(uuid, uuid) TO luotsi_app;
GRANT EXECUTE ON FUNCTION sweep_challenges() TO luotsi_jobs;
GRANT SELECT, INSERT, DELETE ON passkey TO luotsi_app;
GRANT UPDATE (device, counter, used_at, disabled_at) ON passkey TO luotsi_app;
GRANT SELECT (org, passkey, account, algorithm, synced, device, made_at, used_at, disabled_at) ON passkey TO luotsi_read;
