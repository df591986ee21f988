-- What the jobs process does for people: brings what is known of them under the newest keys, and sends
-- the invitations that go by e-mail.

-- The version of the field key that sealed this; see server/keys/vault.h. NULL of NULL.
CREATE FUNCTION sealed_version(p_sealed bytea) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN octet_length(p_sealed) < 5 THEN 0
		ELSE get_byte(p_sealed, 1) * 16777216::int8 + get_byte(p_sealed, 2) * 65536 + get_byte(p_sealed, 3) * 256 + get_byte(p_sealed, 4) END
$$;
CREATE INDEX account_identity_by_seal ON account_identity
	(org, least(sealed_version(code), sealed_version(given_name), sealed_version(family_name)));

-- People of all organisations, after this one, whose index or fields are under older keys than these.
-- Versions NULL: whoever they are.
CREATE FUNCTION identity_stale(p_index_version int4, p_field_version int8, p_after_org uuid, p_after_account uuid, p_most int4)
RETURNS TABLE (org uuid, account uuid, version int4, index bytea, code bytea, given_name bytea, family_name bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
	v_left int4 := p_most;
	v_n int4;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o WHERE o.org >= p_after_org ORDER BY o.org LOOP
		EXIT WHEN v_left = 0;
		PERFORM set_config('luotsi.org', v_org::text, true);
		RETURN QUERY
			SELECT p.org, p.account, p.key_version, p.blind_index::bytea, p.code, p.given_name, p.family_name
			FROM account_identity p
			WHERE p.org = v_org AND (v_org > p_after_org OR p.account > p_after_account)
				AND (p_index_version IS NULL OR p.key_version < p_index_version
					OR least(sealed_version(p.code), sealed_version(p.given_name), sealed_version(p.family_name)) < p_field_version)
			ORDER BY p.account LIMIT v_left;
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_left := v_left - v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- One person under newer keys, all at once or not at all: 'ok'; 'changed' when they are not as they were
-- read (identified again meanwhile); 'taken' when another account of the organisation has that index.
CREATE FUNCTION identity_rotate(p_account uuid, p_old_version int4, p_old_index bytea, p_old_code bytea, p_old_given_name bytea,
	p_old_family_name bytea, p_version int4, p_index bytea, p_code bytea, p_given_name bytea, p_family_name bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE account_identity p
	SET key_version = p_version, blind_index = p_index, code = p_code, given_name = p_given_name, family_name = p_family_name
	WHERE p.org = luotsi_org() AND p.account = p_account AND p.key_version = p_old_version AND p.blind_index = p_old_index
		AND p.code = p_old_code AND p.given_name IS NOT DISTINCT FROM p_old_given_name
		AND p.family_name IS NOT DISTINCT FROM p_old_family_name;
	RETURN CASE WHEN FOUND THEN 'ok' ELSE 'changed' END;
EXCEPTION WHEN unique_violation THEN
	RETURN 'taken';
END
$$;

-- Invitations by e-mail carry no secret, so that there is nothing sealed under one: the invited person
-- identifies, and waits until staff have compared the code and add them.
ALTER TABLE invitation ALTER sealed DROP NOT NULL;
COMMENT ON COLUMN invitation.sealed IS 'NULL: it went by e-mail, and nobody can JOIN with it.';

CREATE TABLE invitation_mail (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	room       uuid NOT NULL,
	invite     uuid NOT NULL,
	sealed     bytea CONSTRAINT invitation_mail_sealed_length CHECK (octet_length(sealed) BETWEEN 87 AND 400),
	language   text NOT NULL CONSTRAINT invitation_mail_language_known CHECK (language IN ('fi', 'sv', 'en')),
	tries      int4 NOT NULL DEFAULT 0,
	next_at    timestamptz NOT NULL DEFAULT now(),
	give_up_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
	CONSTRAINT invitation_mail_key PRIMARY KEY (org, room),
	CONSTRAINT invitation_mail_of_invitation FOREIGN KEY (org, room) REFERENCES invitation ON DELETE CASCADE
);
COMMENT ON TABLE invitation_mail IS 'Invitations that are on their way by e-mail. Goes when the mail was taken by the mail server.';
COMMENT ON COLUMN invitation_mail.sealed IS 'Token and address, sealed by the keys process. NULL: given up.';
CREATE INDEX invitation_mail_by_time ON invitation_mail (org, next_at) WHERE sealed IS NOT NULL;
CREATE INDEX audit_of_invitation_mail ON audit (org, at) WHERE action = 'invitation_mail';
CALL tenant_table('invitation_mail');

-- Puts an invitation on its way; it takes the place of the one there is. 'ok', 'not_found' (room),
-- 'conflict' (the room has its client), 'rate_limited' (p_most of the actor or p_most_room of the room in
-- a day).
CREATE FUNCTION invitation_mail_put(p_actor uuid, p_room uuid, p_invite uuid, p_token_hash bytea, p_sealed bytea,
	p_language text, p_expires_at timestamptz, p_most int4, p_most_room int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int8;
	v_n_room int8;
BEGIN
	PERFORM FROM room r WHERE r.org = luotsi_org() AND r.room = p_room FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'not_found';
	END IF;
	IF EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.role = 1 AND m.active) THEN
		RETURN 'conflict';
	END IF;
	SELECT count(*) FILTER (WHERE a.actor = p_actor), count(*) FILTER (WHERE a.object = p_room) INTO v_n, v_n_room
	FROM audit a WHERE a.org = luotsi_org() AND a.action = 'invitation_mail' AND a.at > now() - interval '1 day';
	IF v_n >= p_most OR v_n_room >= p_most_room THEN
		RETURN 'rate_limited';
	END IF;
	DELETE FROM invitation i WHERE i.org = luotsi_org() AND i.room = p_room;
	INSERT INTO invitation (room, invite, token_hash, expires_at) VALUES (p_room, p_invite, p_token_hash, p_expires_at);
	INSERT INTO invitation_mail (room, invite, sealed, language) VALUES (p_room, p_invite, p_sealed, p_language);
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'invitation_mail', p_room);
	RETURN 'ok';
END
$$;

-- How the room's invitation by e-mail stands; no row if there is none.
CREATE FUNCTION invitation_mail_state(p_room uuid)
RETURNS TABLE (state text, expires_at timestamptz, claimed_by uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT CASE WHEN m.room IS NULL THEN 'sent' WHEN m.sealed IS NULL THEN 'given_up' ELSE 'waiting' END, i.expires_at, i.claimed_by
	FROM invitation i LEFT JOIN invitation_mail m USING (org, room)
	WHERE i.org = luotsi_org() AND i.room = p_room AND i.sealed IS NULL AND i.expires_at > now()
$$;

-- Mails whose time has come; each comes again later and later, unless it is done before. What is a day
-- old is given up.
CREATE FUNCTION invitation_mail_take(p_most int4)
RETURNS TABLE (org uuid, room uuid, invite uuid, sealed bytea, language text, expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		PERFORM invitation_mail_done(m.room, m.invite, false)
		FROM invitation_mail m WHERE m.org = v_org AND m.sealed IS NOT NULL AND m.give_up_at <= now();
		RETURN QUERY
			UPDATE invitation_mail m
			SET tries = m.tries + 1, next_at = now() + interval '1 minute' * 2 ^ least(m.tries, 7)
			FROM invitation i
			WHERE i.org = m.org AND i.room = m.room AND m.org = v_org AND m.room IN (
				SELECT n.room FROM invitation_mail n
				WHERE n.org = v_org AND n.sealed IS NOT NULL AND n.next_at <= now()
				ORDER BY n.next_at LIMIT p_most FOR UPDATE SKIP LOCKED)
			RETURNING m.org, m.room, m.invite, m.sealed, m.language, i.expires_at;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- A mail was taken by the mail server, or is given up; false if another took its place meanwhile.
CREATE FUNCTION invitation_mail_done(p_room uuid, p_invite uuid, p_sent boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_found boolean;
BEGIN
	IF p_sent THEN
		DELETE FROM invitation_mail m WHERE m.org = luotsi_org() AND m.room = p_room AND m.invite = p_invite;
	ELSE
		UPDATE invitation_mail m SET sealed = NULL
		WHERE m.org = luotsi_org() AND m.room = p_room AND m.invite = p_invite AND m.sealed IS NOT NULL;
	END IF;
	v_found := FOUND;
	INSERT INTO audit (action, object, word)
	SELECT 'invitation_mail_end', p_room, CASE WHEN p_sent THEN 'sent' ELSE 'given_up' END WHERE v_found;
	RETURN v_found;
END
$$;

-- A room that has its client needs no invitation by e-mail any more. (One with a link goes by its JOIN.)
CREATE FUNCTION room_member_arrived() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM invitation i WHERE i.org = NEW.org AND i.room = NEW.room AND i.sealed IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER room_member_arrived AFTER INSERT OR UPDATE OF active ON room_member
	FOR EACH ROW WHEN (NEW.active AND NEW.role = 1)
	EXECUTE FUNCTION room_member_arrived();

GRANT EXECUTE ON FUNCTION identity_stale(int4, int8, uuid, uuid, int4),
	identity_rotate(uuid, int4, bytea, bytea, bytea, bytea, int4, bytea, bytea, bytea, bytea),
	invitation_mail_take(int4), invitation_mail_done(uuid, uuid, boolean) TO luotsi_jobs;
GRANT EXECUTE ON FUNCTION invitation_mail_put(uuid, uuid, uuid, bytea, bytea, text, timestamptz, int4, int4),
	invitation_mail_state(uuid), room_member_arrived() TO luotsi_app;
