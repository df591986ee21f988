-- Identity chains, and what a person keeps here sealed (proto/FORMAT.md, sections 6 and 8).

CREATE TABLE identity_entry (
	org      uuid NOT NULL DEFAULT luotsi_org(),
	subject  uuid NOT NULL,
	n        int4 NOT NULL CONSTRAINT identity_entry_bounds CHECK (n BETWEEN 0 AND 1023),
	type     int2 NOT NULL,
	env_hash hash NOT NULL,
	entry    bytea NOT NULL CONSTRAINT identity_entry_length CHECK (octet_length(entry) BETWEEN 240 AND 4600),
	at       timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT identity_entry_key PRIMARY KEY (org, subject, n)
);
COMMENT ON TABLE identity_entry IS 'The signed chain of a person, or of the organisation (subject = org). Append-only; n counts from 0 without a gap.';
CALL tenant_table('identity_entry');

CREATE TABLE identity_head (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	subject   uuid NOT NULL,
	n_entries int4 NOT NULL,
	head      hash NOT NULL,
	sig_kid   hash,
	sig_pub   pub,
	enc_kid   hash,
	enc_pub   pub,
	cert      hash,
	valid_from  timestamptz,
	valid_until timestamptz,
	revoked   boolean NOT NULL DEFAULT false,
	CONSTRAINT identity_head_key PRIMARY KEY (org, subject),
	CONSTRAINT identity_head_keys_whole CHECK (num_nulls(sig_kid, sig_pub, enc_kid, enc_pub) IN (0, 4)),
	CONSTRAINT identity_head_cert_whole CHECK (num_nulls(cert, valid_from, valid_until) IN (0, 3))
);
COMMENT ON TABLE identity_head IS 'Where each chain stands: the newest entry, and for a person the current keys and certificate. Follows from identity_entry.';
CALL tenant_table('identity_head');

CREATE TABLE self_keys (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	account   uuid NOT NULL,
	version   int8 NOT NULL CONSTRAINT self_keys_version CHECK (version >= 1),
	unlockers bytea[] NOT NULL CONSTRAINT self_keys_unlockers CHECK (cardinality(unlockers) BETWEEN 1 AND 16),
	list_mac  hash NOT NULL,
	keys      bytea NOT NULL,
	CONSTRAINT self_keys_key PRIMARY KEY (org, account),
	CONSTRAINT self_keys_of_account FOREIGN KEY (org, account) REFERENCES account
);
COMMENT ON TABLE self_keys IS 'A person''s unlock records and sealed keys; replaced together, version by version.';
CALL tenant_table('self_keys');

CREATE TABLE self_state (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	account uuid NOT NULL,
	version int8 NOT NULL CONSTRAINT self_state_version CHECK (version >= 1),
	state   bytea NOT NULL,
	CONSTRAINT self_state_key PRIMARY KEY (org, account),
	CONSTRAINT self_state_of_account FOREIGN KEY (org, account) REFERENCES account
);
COMMENT ON TABLE self_state IS 'A person''s sealed state: pins, labels, preferences.';
CALL tenant_table('self_state');

-- Tells every worker; ids only. The forms of all notices (words separated by one space, ids as 32
-- hexadecimal digits, the first word after the letter always the organisation):
--   m ORG ROOM:FIRST-LAST ...   envelopes of these numbers were committed
--   c ORG ROOM ENTRIES          the control log has so many entries now
--   p ORG ROOM                  the room waits for a new epoch
--   i ORG SUBJECT               an identity chain grew
--   s ORG ACCOUNT SESSION       a session was ended
--   t ORG ROOM ACCOUNT          somebody is typing
CREATE FUNCTION notice_hex(p_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT replace(p_id::text, '-', '') $$;

CREATE FUNCTION notice_send(p_letter text, p_words text) RETURNS boolean
LANGUAGE sql VOLATILE AS
$$ SELECT pg_notify('luotsi', concat_ws(' ', p_letter, notice_hex(luotsi_org()), p_words)) IS NOT NULL $$;

-- Appends entries, which the domain has checked against p_head, to one chain, and records where the
-- chain stands then. The keys are those after the last entry; NULL for the organisation's chain.
-- Says 'ok' (also when exactly these entries are there already), or 'stale_head'.
CREATE FUNCTION identity_append(p_subject uuid, p_head bytea, p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_sig_kid bytea, p_sig_pub bytea, p_enc_kid bytea, p_enc_pub bytea,
	p_cert bytea, p_valid_from timestamptz, p_valid_until timestamptz, p_revoked boolean)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_new int4 := cardinality(p_entries);
	v_last bytea := p_hashes[cardinality(p_hashes)];
	v_head identity_head;
BEGIN
	-- Two first entries at once: one inserts the row, the other waits here and then sees it.
	INSERT INTO identity_head (subject, n_entries, head)
	VALUES (p_subject, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
	SELECT * INTO STRICT v_head FROM identity_head h WHERE h.subject = p_subject FOR UPDATE;
	IF v_head.head = v_last THEN
		RETURN 'ok';
	ELSIF v_head.head <> p_head THEN
		RETURN 'stale_head';
	END IF;
	INSERT INTO identity_entry (subject, n, type, env_hash, entry)
	SELECT p_subject, v_head.n_entries + e.i - 1, e.type, e.env_hash, e.entry
	FROM unnest(p_types, p_hashes, p_entries) WITH ORDINALITY AS e(type, env_hash, entry, i);
	UPDATE identity_head h
	SET n_entries = v_head.n_entries + v_new, head = v_last,
		sig_kid = p_sig_kid, sig_pub = p_sig_pub, enc_kid = p_enc_kid, enc_pub = p_enc_pub,
		cert = p_cert, valid_from = p_valid_from, valid_until = p_valid_until, revoked = p_revoked
	WHERE h.subject = p_subject;
	-- A key that is no longer current cannot write, in any room, from this commit on.
	UPDATE room_member m
	SET key_current = (m.sig_kid = p_sig_kid AND NOT p_revoked)
	WHERE m.account = p_subject AND m.key_current IS DISTINCT FROM (m.sig_kid = p_sig_kid AND NOT p_revoked)
		AND p_sig_kid IS NOT NULL;
	INSERT INTO audit (actor, action, object) VALUES (p_subject, 'identity_append', p_subject);
	PERFORM notice_send('i', notice_hex(p_subject));
	RETURN 'ok';
END
$$;

-- Replaces unlock records and sealed keys, and appends the identity entry that belongs to them, or
-- nothing at all. Says 'ok', 'conflict' (another version is stored) or what identity_append says.
CREATE FUNCTION self_put_keys(p_account uuid, p_expected int8, p_unlockers bytea[], p_list_mac bytea, p_keys bytea,
	p_head bytea, p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_sig_kid bytea, p_sig_pub bytea, p_enc_kid bytea, p_enc_pub bytea,
	p_cert bytea, p_valid_from timestamptz, p_valid_until timestamptz)
RETURNS TABLE (outcome text, version int8)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v_stored int8;
	v_word text := 'ok';
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('self_keys ' || p_account, 0));
	SELECT k.version INTO v_stored FROM self_keys k WHERE k.account = p_account;
	IF coalesce(v_stored, 0) <> p_expected THEN
		RETURN QUERY SELECT 'conflict', coalesce(v_stored, 0);
		RETURN;
	END IF;
	IF cardinality(p_entries) > 0 THEN
		v_word := identity_append(p_account, p_head, p_entries, p_hashes, p_types,
			p_sig_kid, p_sig_pub, p_enc_kid, p_enc_pub, p_cert, p_valid_from, p_valid_until, false);
	END IF;
	IF v_word = 'ok' THEN
		INSERT INTO self_keys AS k (account, version, unlockers, list_mac, keys)
		VALUES (p_account, p_expected + 1, p_unlockers, p_list_mac, p_keys)
		ON CONFLICT (org, account) DO UPDATE
		SET version = excluded.version, unlockers = excluded.unlockers, list_mac = excluded.list_mac, keys = excluded.keys;
	END IF;
	RETURN QUERY SELECT v_word, p_expected + (v_word = 'ok')::int;
END
$$;

GRANT EXECUTE ON FUNCTION notice_hex(uuid), notice_send(text, text),
	identity_append(uuid, bytea, bytea[], bytea[], int2[], bytea, bytea, bytea, bytea, bytea, timestamptz, timestamptz, boolean),
	self_put_keys(uuid, int8, bytea[], bytea, bytea, bytea, bytea[], bytea[], int2[], bytea, bytea, bytea, bytea, bytea, timestamptz, timestamptz)
	TO luotsi_app;
GRANT SELECT, INSERT ON identity_entry TO luotsi_app;
GRANT SELECT, INSERT, UPDATE ON identity_head, self_keys, self_state TO luotsi_app;
