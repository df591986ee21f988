-- Keys and certificates that end while their people are in rooms (proto/FORMAT.md, section 7): who may no
-- longer write or read is out at once, and the room waits for an epoch without them.

ALTER TABLE room_member
	ADD in_epoch boolean NOT NULL DEFAULT true,
	ADD lapsed_at timestamptz,
	ADD CONSTRAINT room_member_lapsed_is_out CHECK (lapsed_at IS NULL OR NOT active);
COMMENT ON COLUMN room_member.in_epoch IS 'The newest epoch is wrapped to this member; until the next one also of who has just come.';
COMMENT ON COLUMN room_member.lapsed_at IS 'A member by the log, but without a certificate that holds: given nothing until there is another. An epoch made before this time may still have been wrapped to them.';
COMMENT ON COLUMN room_member.key_current IS 'False once the identity chain has gone on to another key, or revoked this one, or an epoch left its owner out.';
CREATE INDEX room_member_by_lapse ON room_member (org, lapsed_at) WHERE lapsed_at IS NOT NULL;
CREATE INDEX identity_head_by_expiry ON identity_head (org, valid_until) WHERE valid_until IS NOT NULL;

-- What the chain's head says of a member, asked under a lock on it: an entry that commits between the
-- judging of a control entry and its writing is not forgotten.
CREATE OR REPLACE FUNCTION member_key_current() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	v_head identity_head;
BEGIN
	SELECT * INTO v_head FROM identity_head h WHERE h.subject = NEW.account FOR SHARE;
	IF v_head.sig_kid IS NULL THEN
		RETURN NEW;
	END IF;
	NEW.key_current := NEW.in_epoch AND v_head.sig_kid = NEW.sig_kid AND NOT v_head.revoked;
	IF NEW.active AND NEW.role = 2 AND (v_head.revoked OR (v_head.valid_until > now()) IS NOT TRUE) THEN
		NEW.active := false;
		NEW.lapsed_at := clock_timestamp();
	END IF;
	RETURN NEW;
END
$$;
DROP TRIGGER member_key_update ON room_member;
CREATE TRIGGER member_key_update BEFORE UPDATE ON room_member
	FOR EACH ROW WHEN (OLD.sig_kid <> NEW.sig_kid OR OLD.cert <> NEW.cert OR OLD.active <> NEW.active OR OLD.in_epoch <> NEW.in_epoch)
	EXECUTE FUNCTION member_key_current();

-- A new epoch: to whom is it wrapped? If to somebody whose keys ended meanwhile, another must follow. The
-- room's row is locked.
CREATE FUNCTION epoch_begun(p_room uuid, p_epoch int4) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE room_member m
	SET in_epoch = n.named, key_current = n.named
	FROM (SELECT x.account, EXISTS (SELECT FROM wrap w
			WHERE w.room = p_room AND w.rid = x.account AND w.epoch = p_epoch AND w.keyset = 0 AND w.rtype = 1) AS named
		FROM room_member x WHERE x.room = p_room) n
	WHERE m.room = p_room AND m.account = n.account AND m.in_epoch <> n.named;
	UPDATE room r SET pending = true
	WHERE r.room = p_room AND NOT r.pending AND EXISTS (SELECT FROM room_member m
		WHERE m.room = p_room AND m.in_epoch AND (m.lapsed_at <= clock_timestamp() OR m.active AND NOT m.key_current));
END
$$;

-- A person's chain has gone on. A key that is no longer current cannot write, in any room, from this commit
-- on; staff without a certificate are out until they have one again; the rooms whose epoch such a key has
-- wait for another. The rooms' rows are locked.
CREATE FUNCTION member_keys_changed(p_account uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_head identity_head;
	v_certified boolean;
	v_moved uuid[];
	v_pending uuid[];
BEGIN
	SELECT * INTO STRICT v_head FROM identity_head h WHERE h.subject = p_account;
	v_certified := NOT v_head.revoked AND (v_head.valid_until > now()) IS TRUE;
	UPDATE room_member m
	SET key_current = (m.in_epoch AND m.sig_kid = v_head.sig_kid AND NOT v_head.revoked)
	WHERE m.account = p_account
		AND m.key_current IS DISTINCT FROM (m.in_epoch AND m.sig_kid = v_head.sig_kid AND NOT v_head.revoked);
	WITH moved AS (
		UPDATE room_member m
		SET active = v_certified, lapsed_at = CASE WHEN NOT v_certified THEN clock_timestamp() END
		WHERE m.account = p_account AND m.role = 2 AND (m.active AND NOT v_certified OR m.lapsed_at IS NOT NULL AND v_certified)
		RETURNING m.room)
	SELECT array_agg(v.room) INTO v_moved FROM moved v;
	WITH marked AS (
		UPDATE room r SET pending = true
		FROM room_member m
		WHERE m.account = p_account AND m.room = r.room AND m.in_epoch AND NOT r.pending
			AND (m.lapsed_at IS NOT NULL OR m.active AND NOT m.key_current)
		RETURNING r.room)
	SELECT array_agg(k.room) INTO v_pending FROM marked k;
	PERFORM notice_send('c', concat_ws(' ', notice_hex(r.room), r.n_entries)) FROM room r WHERE r.room = ANY (v_moved);
	PERFORM notice_send('p', notice_hex(r.room)) FROM room r WHERE r.room = ANY (v_pending);
END
$$;

CREATE OR REPLACE FUNCTION identity_append(p_subject uuid, p_head bytea, p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_sig_kid bytea, p_sig_pub bytea, p_enc_kid bytea, p_enc_pub bytea,
	p_cert bytea, p_valid_from timestamptz, p_valid_until timestamptz, p_revoked boolean)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_new int4 := cardinality(p_entries);
	v_last bytea := p_hashes[cardinality(p_hashes)];
	v_head identity_head;
BEGIN
	-- Rooms before chains, as a control log's append has them: neither waits for the other in a circle.
	PERFORM FROM room o WHERE o.room IN (SELECT m.room FROM room_member m WHERE m.account = p_subject)
	ORDER BY o.room FOR NO KEY UPDATE;
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
	IF p_sig_kid IS NOT NULL THEN
		PERFORM member_keys_changed(p_subject);
	END IF;
	INSERT INTO audit (actor, action, object) VALUES (p_subject, 'identity_append', p_subject);
	PERFORM notice_send('i', notice_hex(p_subject));
	RETURN 'ok';
END
$$;

-- As in 0003, and: what waits for an epoch goes on waiting until there is one; who comes again is out of
-- nothing any more.
CREATE OR REPLACE FUNCTION control_append(p_room uuid, p_actor uuid, p_head bytea,
	p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_agreement uuid, p_retention_class int4, p_phase text, p_epoch int4, p_pending boolean,
	p_m_account uuid[], p_m_role int2[], p_m_sig_kid bytea[], p_m_enc_kid bytea[], p_m_cert bytea[],
	p_m_active boolean[], p_m_since int4[], p_m_visible_from int8[],
	p_g_to uuid[], p_g_from int4[],
	p_w_entry int4[], p_w_keyset int2[], p_w_epoch int4[], p_w_rtype int2[], p_w_rid uuid[], p_w_rkid bytea[], p_w_wrap bytea[],
	p_invite uuid, p_token_hash bytea, p_sealed bytea, p_expires_at timestamptz)
RETURNS TABLE (outcome text, n_entries int4, head bytea)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	c_type_create CONSTANT int2 := 1;
	c_type_invite CONSTANT int2 := 2;
	c_type_join CONSTANT int2 := 3;
	c_type_epoch CONSTANT int2 := 12;
	v_new int4 := cardinality(p_entries);
	v_last bytea := p_hashes[cardinality(p_hashes)];
	v_word text;
	v_room room;
	v_invited int8; -- where a newcomer's history begins
BEGIN
	v_word := control_lock(p_room, p_head, p_types[1] = c_type_create, p_agreement, p_retention_class);
	SELECT * INTO v_room FROM room r WHERE r.room = p_room;
	IF v_room.log_head = v_last THEN
		RETURN QUERY SELECT 'ok', v_room.n_entries, v_room.log_head::bytea;
		RETURN;
	END IF;
	IF v_word = 'ok' AND c_type_join = ANY (p_types) THEN
		v_word := invitation_use(p_room, p_invite, p_actor);
		SELECT e.first_seq INTO v_invited FROM wrap w JOIN room_epoch e USING (org, room, epoch)
		WHERE w.room = p_room AND w.rtype = 2 AND w.rid = p_invite ORDER BY w.epoch LIMIT 1;
	END IF;
	IF v_word <> 'ok' THEN
		RETURN QUERY SELECT v_word, v_room.n_entries, v_room.log_head::bytea;
		RETURN;
	END IF;

	INSERT INTO control_entry (room, n, type, sender, env_hash, entry)
	SELECT p_room, v_room.n_entries + e.i - 1, e.type, p_actor, e.env_hash, e.entry
	FROM unnest(p_types, p_hashes, p_entries) WITH ORDINALITY AS e(type, env_hash, entry, i);
	INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap)
	SELECT p_room, w.* FROM unnest(p_w_entry, p_w_keyset, p_w_epoch, p_w_rtype, p_w_rid, p_w_rkid, p_w_wrap) AS w;
	INSERT INTO room_epoch (room, epoch, entry, first_seq)
	SELECT p_room, v_room.epoch + row_number() OVER (ORDER BY e.i), v_room.n_entries + e.i - 1, v_room.last_seq + 1
	FROM unnest(p_types) WITH ORDINALITY AS e(type, i) WHERE e.type = c_type_epoch;

	UPDATE room r
	SET phase = p_phase, epoch = p_epoch, pending = p_pending OR r.pending AND p_epoch = r.epoch, log_head = v_last, n_entries = r.n_entries + v_new,
		epoch_at = CASE WHEN p_epoch > r.epoch THEN now() ELSE r.epoch_at END,
		epoch_messages = CASE WHEN p_epoch > r.epoch THEN 0 ELSE r.epoch_messages END,
		card_seq = CASE WHEN c_type_join = ANY (p_types) THEN NULL ELSE r.card_seq END
	WHERE r.room = p_room;
	INSERT INTO room_member AS m (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from)
	SELECT p_room, u.account, u.role, u.sig_kid, u.enc_kid, u.cert, u.active, u.since,
		coalesce(u.visible_from, v_invited, v_room.last_seq + 1)
	FROM unnest(p_m_account, p_m_role, p_m_sig_kid, p_m_enc_kid, p_m_cert, p_m_active, p_m_since, p_m_visible_from)
		AS u(account, role, sig_kid, enc_kid, cert, active, since, visible_from)
	ON CONFLICT (org, room, account) DO UPDATE
	SET role = excluded.role, sig_kid = excluded.sig_kid, enc_kid = excluded.enc_kid, cert = excluded.cert,
		active = excluded.active, since = excluded.since, lapsed_at = NULL, in_epoch = true,
		key_current = m.key_current OR m.sig_kid <> excluded.sig_kid,
		-- Staff who come back begin anew; a client keeps what was the client's.
		visible_from = CASE WHEN m.active OR m.lapsed_at IS NOT NULL OR NOT excluded.active THEN m.visible_from
			WHEN excluded.role = 1 THEN least(m.visible_from, excluded.visible_from) ELSE excluded.visible_from END,
		sender_seq = CASE WHEN m.sig_kid = excluded.sig_kid THEN m.sender_seq ELSE 0 END;
	IF p_epoch > v_room.epoch THEN
		PERFORM epoch_begun(p_room, p_epoch);
	END IF;
	UPDATE room_member m
	SET visible_from = least(m.visible_from, e.first_seq)
	FROM unnest(p_g_to, p_g_from) AS g(account, epoch)
	JOIN room_epoch e ON e.room = p_room AND e.epoch = g.epoch
	WHERE m.room = p_room AND m.account = g.account;
	IF c_type_invite = ANY (p_types) THEN
		INSERT INTO invitation AS i (room, invite, token_hash, sealed, expires_at)
		VALUES (p_room, p_invite, p_token_hash, p_sealed, p_expires_at)
		ON CONFLICT (org, room) DO UPDATE
		SET invite = excluded.invite, token_hash = excluded.token_hash, sealed = excluded.sealed,
			expires_at = excluded.expires_at, claimed_by = NULL;
	END IF;
	INSERT INTO audit (actor, action, object)
	SELECT p_actor, 'control_' || coalesce((ARRAY['create', 'invite', 'join'])[t], (ARRAY['add', 'remove', 'leave',
		'epoch', 'history_grant', 'recovery_wrap'])[t - 8], (ARRAY['close', 'reopen', 'rekey'])[t - 17], 'other'), p_room
	FROM unnest(p_types) AS t;
	PERFORM notice_send('c', concat_ws(' ', notice_hex(p_room), v_room.n_entries + v_new));
	RETURN QUERY SELECT 'ok', v_room.n_entries + v_new, v_last;
END
$$;

-- Certificates that have expired: their owners are out at once, and ten minutes later, when every clock
-- that the rules allow says so, the room waits for an epoch without them. Of the present organisation.
CREATE FUNCTION lapse_members() RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_rooms uuid[] := ARRAY(SELECT DISTINCT m.room FROM identity_head h JOIN room_member m ON m.org = h.org AND m.account = h.subject
		WHERE h.org = luotsi_org() AND h.valid_until <= now() AND m.role = 2 AND m.active);
	v_room uuid;
	v_n int8 := cardinality(v_rooms);
BEGIN
	PERFORM FROM room r WHERE r.room = ANY (v_rooms) ORDER BY r.room FOR NO KEY UPDATE;
	UPDATE room_member m
	SET active = false, lapsed_at = h.valid_until + interval '10 minutes'
	FROM identity_head h
	WHERE h.org = m.org AND h.subject = m.account AND m.room = ANY (v_rooms) AND m.role = 2 AND m.active AND h.valid_until <= now();
	PERFORM notice_send('c', concat_ws(' ', notice_hex(r.room), r.n_entries)) FROM room r WHERE r.room = ANY (v_rooms);
	FOR v_room IN
		UPDATE room r SET pending = true
		WHERE NOT r.pending AND r.room IN (SELECT m.room FROM room_member m
			WHERE m.org = luotsi_org() AND m.lapsed_at <= now() AND m.in_epoch)
		RETURNING r.room
	LOOP
		PERFORM notice_send('p', notice_hex(v_room));
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- As in 0004, and for certificates as well.
CREATE OR REPLACE FUNCTION age_epochs(p_epoch_max_seconds int8) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_room uuid;
	v_aged int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		v_aged := v_aged + lapse_members();
		FOR v_room IN
			UPDATE room r SET pending = true
			WHERE r.org = v_org AND r.phase = 'open' AND NOT r.pending
				AND r.epoch_at <= now() - make_interval(secs => p_epoch_max_seconds)
			RETURNING r.room
		LOOP
			PERFORM notice_send('p', notice_hex(v_room));
			v_aged := v_aged + 1;
		END LOOP;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_aged;
END
$$;

GRANT EXECUTE ON FUNCTION epoch_begun(uuid, int4), member_keys_changed(uuid) TO luotsi_app;
GRANT UPDATE (in_epoch, lapsed_at) ON room_member TO luotsi_app;
