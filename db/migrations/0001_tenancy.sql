-- Who is here: organisations, their agreements, the people, their sessions.
--
-- True of every table with a column org: the organisation leads its keys, and row-level security is
-- enabled and forced (also upon the owner), so that a statement sees one organisation only: the one
-- that the transaction named by set_config('luotsi.org', ..., true). None named: no rows.

DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO luotsi_app, luotsi_jobs, luotsi_read', current_database());
END
$$;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO luotsi_app, luotsi_jobs, luotsi_read;

-- The organisation of this transaction; NULL when none was named.
CREATE FUNCTION luotsi_org() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('luotsi.org', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION luotsi_org() TO luotsi_app, luotsi_jobs, luotsi_read;

-- Puts a table with a column org under the tenant's policy. Called once for each such table.
CREATE PROCEDURE tenant_table(p_table regclass)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
	EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
	EXECUTE format('CREATE POLICY tenant ON %s USING (org = (SELECT luotsi_org())) WITH CHECK (org = (SELECT luotsi_org()))', p_table);
END
$$;
REVOKE EXECUTE ON PROCEDURE tenant_table(regclass) FROM PUBLIC;

-- A Finnish business id: seven digits, a hyphen, a check digit (weights 7 9 10 5 8 4 2, modulo 11).
CREATE FUNCTION business_id_valid(p_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT p_id ~ '^[0-9]{7}-[0-9]$' AND (
		SELECT CASE sum(w * substr(p_id, n::int, 1)::int) % 11
			WHEN 0 THEN substr(p_id, 9, 1) = '0'
			WHEN 1 THEN false
			ELSE substr(p_id, 9, 1) = (11 - sum(w * substr(p_id, n::int, 1)::int) % 11)::text
		END
		FROM unnest(ARRAY[7, 9, 10, 5, 8, 4, 2]) WITH ORDINALITY AS weight(w, n))
$$;

-- 32 bytes: a hash or a key id.
CREATE DOMAIN hash AS bytea CONSTRAINT hash_is_32_bytes CHECK (octet_length(VALUE) = 32);
-- A point of P-256, uncompressed.
CREATE DOMAIN pub AS bytea CONSTRAINT pub_is_a_point
	CHECK (octet_length(VALUE) = 65 AND get_byte(VALUE, 0) = 4);
-- The same text in the languages that there are; Finnish always.
CREATE DOMAIN localized AS jsonb CONSTRAINT localized_has_finnish
	CHECK (jsonb_typeof(VALUE) = 'object' AND jsonb_typeof(VALUE -> 'fi') = 'string');

CREATE TABLE organisation (
	org        uuid PRIMARY KEY,
	name       text NOT NULL CONSTRAINT organisation_name_length CHECK (octet_length(name) BETWEEN 1 AND 200),
	created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organisation IS 'An employer of counsellors: the controller of its rooms, and the tenant.';
CALL tenant_table('organisation');
-- The owner's functions that begin before a tenant is known (a cookie, a sweep) find it here.
CREATE POLICY across ON organisation FOR SELECT TO luotsi_owner USING (true);

CREATE TABLE agreement (
	org                    uuid NOT NULL DEFAULT luotsi_org(),
	agreement              uuid NOT NULL,
	state                  text NOT NULL CONSTRAINT agreement_state_known CHECK (state IN
		('contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'live', 'ending', 'ended')),
	controller             text NOT NULL CONSTRAINT agreement_controller_length CHECK (octet_length(controller) BETWEEN 1 AND 200),
	controller_business_id text NOT NULL CONSTRAINT agreement_business_id_valid CHECK (business_id_valid(controller_business_id)),
	processor              text NOT NULL CONSTRAINT agreement_processor_length CHECK (octet_length(processor) BETWEEN 1 AND 200),
	retention_days         int4 NOT NULL CONSTRAINT agreement_retention_bounds CHECK (retention_days BETWEEN 1 AND 36500),
	privacy_notice         localized NOT NULL,
	service_promise        localized NOT NULL,
	created_at             timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT agreement_key PRIMARY KEY (org, agreement),
	CONSTRAINT agreement_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE agreement IS 'The data-processing agreement under which rooms stand. No room is made, and nothing is written, unless it is live.';
CALL tenant_table('agreement');

CREATE TABLE account (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	account     uuid NOT NULL,
	role        text NOT NULL CONSTRAINT account_role_known CHECK (role IN ('client', 'counsellor', 'admin')),
	login       text CONSTRAINT account_login_length CHECK (octet_length(login) BETWEEN 1 AND 100),
	created_at  timestamptz NOT NULL DEFAULT now(),
	disabled_at timestamptz,
	CONSTRAINT account_key PRIMARY KEY (org, account),
	CONSTRAINT account_unique UNIQUE (account),
	CONSTRAINT account_login_unique UNIQUE (org, login),
	CONSTRAINT account_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE account IS 'A person of one organisation. No name: people are named inside the encryption.';
COMMENT ON COLUMN account.login IS 'Label of the development sign-in page; NULL everywhere else.';
CALL tenant_table('account');

CREATE TABLE session (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	session    uuid NOT NULL,
	token_hash hash NOT NULL,
	account    uuid NOT NULL,
	started_at timestamptz NOT NULL DEFAULT now(),
	seen_at    timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL,
	CONSTRAINT session_key PRIMARY KEY (org, session),
	CONSTRAINT session_token_unique UNIQUE (token_hash),
	CONSTRAINT session_of_account FOREIGN KEY (org, account) REFERENCES account
);
CREATE INDEX session_by_account ON session (org, account);
COMMENT ON TABLE session IS 'Who is signed in. The cookie''s 256 random bits are here only as their hash; an ended session has no row.';
CALL tenant_table('session');
CREATE POLICY across ON session FOR SELECT TO luotsi_owner USING (true);

CREATE TABLE audit (
	org    uuid NOT NULL DEFAULT luotsi_org(),
	n      bigint GENERATED ALWAYS AS IDENTITY,
	at     timestamptz NOT NULL DEFAULT now(),
	actor  uuid,
	action text NOT NULL CONSTRAINT audit_action_word CHECK (action ~ '^[a-z][a-z_]{1,39}$'),
	object uuid,
	word   text CONSTRAINT audit_word_word CHECK (word ~ '^[a-z][a-z_]{1,39}$'),
	CONSTRAINT audit_key PRIMARY KEY (org, n)
);
COMMENT ON TABLE audit IS 'Who did what, on what, when, and how it ended. Append-only; never content.';
CALL tenant_table('audit');

-- The session of a cookie and all that a connection must know of it; called before a tenant is
-- known. A session that was not seen for p_idle_seconds is over.
CREATE FUNCTION session_find(p_token_hash bytea, p_idle_seconds int4)
RETURNS TABLE (session uuid, org uuid, account uuid, role text, organisation text,
	started_at timestamptz, expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	SELECT s.org INTO v_org FROM session s
	WHERE s.token_hash = p_token_hash
		AND s.expires_at > now() AND s.seen_at > now() - make_interval(secs => p_idle_seconds);
	IF v_org IS NULL THEN
		RETURN;
	END IF;
	PERFORM set_config('luotsi.org', v_org::text, true);
	RETURN QUERY
		SELECT s.session, s.org, s.account, a.role, o.name, s.started_at, s.expires_at
		FROM session s
		JOIN account a USING (org, account)
		JOIN organisation o USING (org)
		WHERE s.org = v_org AND s.token_hash = p_token_hash AND a.disabled_at IS NULL;
END
$$;
GRANT EXECUTE ON FUNCTION session_find(bytea, int4) TO luotsi_app;

-- The people of the development sign-in page, of all organisations; accounts with a login only.
CREATE FUNCTION dev_people()
RETURNS TABLE (account uuid, org uuid, login text, role text, organisation text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org record;
BEGIN
	FOR v_org IN SELECT o.org, o.name FROM organisation o ORDER BY o.created_at, o.org LOOP
		PERFORM set_config('luotsi.org', v_org.org::text, true);
		RETURN QUERY
			SELECT a.account, a.org, a.login, a.role, v_org.name
			FROM account a
			WHERE a.org = v_org.org AND a.login IS NOT NULL AND a.disabled_at IS NULL
			ORDER BY array_position(ARRAY['admin', 'counsellor', 'client'], a.role), a.login;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;
GRANT EXECUTE ON FUNCTION dev_people() TO luotsi_app;

GRANT SELECT ON organisation, agreement TO luotsi_app, luotsi_read;
GRANT SELECT ON account TO luotsi_app;
GRANT SELECT (org, account, role, created_at, disabled_at) ON account TO luotsi_read;
GRANT SELECT, INSERT, DELETE ON session TO luotsi_app;
GRANT UPDATE (seen_at) ON session TO luotsi_app;
GRANT INSERT, SELECT ON audit TO luotsi_app;
GRANT SELECT ON audit TO luotsi_read;
