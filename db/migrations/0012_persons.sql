-- One person, one account; one account, one person: also while the index key changes, and when a staff
-- account goes to another person.

-- Nobody keeps a way into an account that is another person's now.
CREATE FUNCTION account_given_away(p_account uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_session uuid;
BEGIN
	DELETE FROM passkey k WHERE k.org = luotsi_org() AND k.account = p_account;
	FOR v_session IN DELETE FROM session s WHERE s.org = luotsi_org() AND s.account = p_account RETURNING s.session LOOP
		PERFORM notice_send('s', concat_ws(' ', notice_hex(p_account), notice_hex(v_session)));
	END LOOP;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'person_replaced', p_account);
END
$$;

-- Whether somebody has this person's account already, or the index was made with a key that is not the
-- newest any more, so that nobody can say. Those who ask stand in line, an organisation's one after another.
CREATE FUNCTION identity_taken(p_version int4, p_index bytea, p_previous_version int4, p_previous_index bytea) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('identity ' || luotsi_org(), 0));
	RETURN EXISTS (SELECT FROM account_identity p WHERE p.org = luotsi_org() AND p.key_version > p_version)
		OR EXISTS (SELECT FROM account_identity p
			WHERE p.org = luotsi_org() AND p.key_version = p_version AND p.blind_index = p_index)
		OR EXISTS (SELECT FROM account_identity p
			WHERE p.org = luotsi_org() AND p.key_version = p_previous_version AND p.blind_index = p_previous_index);
END
$$;

-- As in 0008, and: 'conflict' when the person has an account meanwhile (asked again they are found); an
-- enrolment is only to an account that may be used; who had it before is out.
DROP FUNCTION identity_begin(uuid, uuid, bytea, int4, bytea, bytea, bytea, bytea, text, text, text, timestamptz);
CREATE FUNCTION identity_begin(p_account uuid, p_room uuid, p_token_hash bytea, p_version int4, p_index bytea,
	p_previous_version int4, p_previous_index bytea, p_code bytea, p_given_name bytea, p_family_name bytea,
	p_country text, p_provider text, p_acr text, p_identified_at timestamptz)
RETURNS TABLE (outcome text, account uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_account uuid := p_account;
	v_word text;
BEGIN
	-- Two at once with the same link: one waits here, and sees it used.
	IF p_room IS NULL THEN
		SELECT e.account INTO v_account FROM account_enrolment e
		WHERE e.org = luotsi_org() AND e.token_hash = p_token_hash FOR UPDATE;
	ELSE
		PERFORM FROM invitation i WHERE i.org = luotsi_org() AND i.room = p_room FOR UPDATE;
	END IF;
	v_word := login_ticket_state(luotsi_org(), p_room, p_token_hash);
	IF v_word = 'ok' AND p_room IS NULL AND NOT EXISTS (SELECT FROM account a
		WHERE a.org = luotsi_org() AND a.account = v_account AND a.role <> 'client' AND a.disabled_at IS NULL) THEN
		v_word := 'not_found';
	ELSIF v_word = 'ok' AND identity_taken(p_version, p_index, p_previous_version, p_previous_index) THEN
		v_word := 'conflict';
	END IF;
	IF v_word <> 'ok' THEN
		RETURN QUERY SELECT v_word, NULL::uuid;
		RETURN;
	END IF;
	IF p_room IS NULL THEN
		DELETE FROM account_enrolment e WHERE e.org = luotsi_org() AND e.token_hash = p_token_hash;
		DELETE FROM account_identity p WHERE p.org = luotsi_org() AND p.account = v_account;
		IF FOUND THEN
			PERFORM account_given_away(v_account);
		END IF;
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
GRANT EXECUTE ON FUNCTION identity_begin(uuid, uuid, bytea, int4, bytea, int4, bytea, bytea, bytea, bytea, text, text, text, timestamptz) TO luotsi_app;
