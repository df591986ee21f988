-- Rooms, their control logs, members, epochs, wraps and invitations (proto/FORMAT.md, section 7).
-- The rules are server/seal's; here their outcome is stored, under the lock of the room's row.

CREATE TABLE room (
	org             uuid NOT NULL DEFAULT luotsi_org(),
	room            uuid NOT NULL,
	agreement       uuid NOT NULL,
	phase           text NOT NULL CONSTRAINT room_phase_known CHECK (phase IN ('open', 'closed')),
	retention_class int4 NOT NULL CONSTRAINT room_retention_bounds CHECK (retention_class BETWEEN 1 AND 65535),
	created_at      timestamptz NOT NULL DEFAULT now(),
	log_head        hash NOT NULL,
	n_entries       int4 NOT NULL,
	epoch           int4 NOT NULL DEFAULT 0,
	epoch_at        timestamptz NOT NULL DEFAULT now(),
	epoch_messages  int4 NOT NULL DEFAULT 0,
	pending         boolean NOT NULL DEFAULT true,
	last_seq        int8 NOT NULL DEFAULT 0,
	last_at         timestamptz NOT NULL DEFAULT now(),
	waiting_since   timestamptz,
	answered_at     timestamptz,
	card_seq        int8,
	CONSTRAINT room_key PRIMARY KEY (org, room),
	CONSTRAINT room_under_agreement FOREIGN KEY (org, agreement) REFERENCES agreement
) WITH (fillfactor = 70);
COMMENT ON TABLE room IS 'One guidance room. Its row is the lock for everything that is appended to the room.';
COMMENT ON COLUMN room.pending IS 'A new epoch must come before the next envelope: by the rules of the log, or because this one is used up.';
COMMENT ON COLUMN room.waiting_since IS 'The first new message of a client that no staff member has answered.';
COMMENT ON COLUMN room.answered_at IS 'When staff last wrote a new message.';
COMMENT ON COLUMN room.card_seq IS 'The first new message of the present client, where a client''s browser puts the name card.';
CREATE INDEX room_by_agreement ON room (org, agreement);
CALL tenant_table('room');

CREATE TABLE room_member (
	org          uuid NOT NULL DEFAULT luotsi_org(),
	room         uuid NOT NULL,
	account      uuid NOT NULL,
	role         int2 NOT NULL CONSTRAINT room_member_role_known CHECK (role IN (1, 2)),
	sig_kid      hash NOT NULL,
	enc_kid      hash NOT NULL,
	cert         hash NOT NULL,
	active       boolean NOT NULL,
	since        int4 NOT NULL,
	key_current  boolean NOT NULL DEFAULT true,
	visible_from int8 NOT NULL,
	read_seq     int8 NOT NULL DEFAULT 0,
	sender_seq   int8 NOT NULL DEFAULT 0,
	CONSTRAINT room_member_key PRIMARY KEY (org, room, account),
	CONSTRAINT room_member_of_room FOREIGN KEY (org, room) REFERENCES room
) WITH (fillfactor = 70);
COMMENT ON TABLE room_member IS 'Everyone whom the control log has ever named a member, as the log says it now.';
COMMENT ON COLUMN room_member.role IS '1 client, 2 staff.';
COMMENT ON COLUMN room_member.sender_seq IS 'The newest number of this member with the present signing key; a key that was left never comes back (identity rules).';
COMMENT ON COLUMN room_member.key_current IS 'False once the identity chain has gone on to another key, or revoked this one.';
COMMENT ON COLUMN room_member.visible_from IS 'The first room_seq that this member may be given.';
CREATE INDEX room_member_by_account ON room_member (org, account, room);
CALL tenant_table('room_member');

CREATE TABLE control_entry (
	org      uuid NOT NULL DEFAULT luotsi_org(),
	room     uuid NOT NULL,
	n        int4 NOT NULL CONSTRAINT control_entry_bounds CHECK (n BETWEEN 0 AND 65534),
	type     int2 NOT NULL,
	sender   uuid NOT NULL,
	env_hash hash NOT NULL,
	entry    bytea NOT NULL CONSTRAINT control_entry_length CHECK (octet_length(entry) BETWEEN 228 AND 33200),
	at       timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT control_entry_key PRIMARY KEY (org, room, n),
	CONSTRAINT control_entry_of_room FOREIGN KEY (org, room) REFERENCES room
);
ALTER TABLE control_entry ALTER COLUMN entry SET STORAGE EXTERNAL;
COMMENT ON TABLE control_entry IS 'The signed control log of a room. Append-only; n counts from 0 without a gap.';
CALL tenant_table('control_entry');

CREATE TABLE room_epoch (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	room      uuid NOT NULL,
	epoch     int4 NOT NULL CONSTRAINT room_epoch_bounds CHECK (epoch BETWEEN 1 AND 65535),
	entry     int4 NOT NULL,
	first_seq int8 NOT NULL,
	CONSTRAINT room_epoch_key PRIMARY KEY (org, room, epoch),
	CONSTRAINT room_epoch_of_room FOREIGN KEY (org, room) REFERENCES room
);
COMMENT ON TABLE room_epoch IS 'Where each epoch begins: scopes of history follow these boundaries.';
CALL tenant_table('room_epoch');

CREATE TABLE wrap (
	org    uuid NOT NULL DEFAULT luotsi_org(),
	room   uuid NOT NULL,
	entry  int4 NOT NULL,
	keyset int2 NOT NULL CONSTRAINT wrap_keyset_known CHECK (keyset IN (0, 1)),
	epoch  int4 NOT NULL,
	rtype  int2 NOT NULL CONSTRAINT wrap_rtype_known CHECK (rtype IN (1, 2, 3)),
	rid    uuid NOT NULL,
	rkid   hash NOT NULL,
	wrap   bytea NOT NULL CONSTRAINT wrap_length CHECK (octet_length(wrap) = 113),
	CONSTRAINT wrap_key PRIMARY KEY (org, room, rid, entry, epoch, keyset),
	CONSTRAINT wrap_of_entry FOREIGN KEY (org, room, entry) REFERENCES control_entry
);
COMMENT ON TABLE wrap IS 'HPKE wraps of epoch keys. Rows of their own, so that they can be destroyed and the log still verifies.';
CALL tenant_table('wrap');

CREATE TABLE invitation (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	room       uuid NOT NULL,
	invite     uuid NOT NULL,
	token_hash hash NOT NULL,
	sealed     bytea NOT NULL CONSTRAINT invitation_sealed_length CHECK (octet_length(sealed) BETWEEN 300 AND 700),
	expires_at timestamptz NOT NULL,
	claimed_by uuid,
	CONSTRAINT invitation_key PRIMARY KEY (org, room),
	CONSTRAINT invitation_of_room FOREIGN KEY (org, room) REFERENCES room
);
COMMENT ON TABLE invitation IS 'The one open invitation of a room. Goes when it is used, replaced or swept after its time.';
CREATE INDEX invitation_by_expiry ON invitation (org, expires_at);
CALL tenant_table('invitation');

-- Binds an open invitation to the first client who shows its token; the same client may come again.
-- Says 'ok', 'not_found' (no such token here), 'expired' or 'used' (bound to somebody else).
CREATE FUNCTION invitation_claim(p_room uuid, p_token_hash bytea, p_account uuid)
RETURNS TABLE (outcome text, sealed bytea, expires_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v_invitation invitation;
	v_word text := 'ok';
BEGIN
	SELECT * INTO v_invitation FROM invitation i
	WHERE i.room = p_room AND i.token_hash = p_token_hash FOR UPDATE;
	IF v_invitation.room IS NULL THEN
		v_word := 'not_found';
	ELSIF v_invitation.expires_at <= now() THEN
		v_word := 'expired';
	ELSIF v_invitation.claimed_by <> p_account THEN
		v_word := 'used';
	ELSIF v_invitation.claimed_by IS NULL THEN
		UPDATE invitation i SET claimed_by = p_account WHERE i.room = p_room;
	END IF;
	INSERT INTO audit (actor, action, object, word) VALUES (p_account, 'invitation_claim', p_room, v_word);
	RETURN QUERY SELECT v_word,
		CASE v_word WHEN 'ok' THEN v_invitation.sealed END,
		CASE v_word WHEN 'ok' THEN v_invitation.expires_at END;
END
$$;

-- Makes the room of a CREATE, or locks the one there is. Says 'ok' or why not.
CREATE FUNCTION control_lock(p_room uuid, p_head bytea, p_create boolean, p_agreement uuid, p_retention_class int4)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_head bytea;
BEGIN
	IF p_create THEN
		IF NOT EXISTS (SELECT FROM agreement a WHERE a.agreement = p_agreement AND a.state = 'live') THEN
			RETURN 'agreement_not_live';
		END IF;
		INSERT INTO room (room, agreement, phase, retention_class, log_head, n_entries)
		VALUES (p_room, p_agreement, 'open', p_retention_class, p_head, 0) ON CONFLICT DO NOTHING;
	END IF;
	SELECT r.log_head INTO v_head FROM room r WHERE r.room = p_room FOR UPDATE;
	RETURN CASE WHEN v_head IS NULL THEN 'not_found' WHEN v_head <> p_head THEN 'stale_head' ELSE 'ok' END;
END
$$;

-- Appends control entries that the domain has checked against the log up to p_head, and stores the
-- state after them: all or nothing. Entries of one sender; types as in FORMAT.md section 7.
--   p_head          env_hash of the newest entry the domain saw; zeroes before a CREATE
--   p_phase, p_epoch, p_pending   the state after the last entry
--   p_m_*           the members whom these entries changed, as they are now. visible_from: NULL keeps
--                   what there is (for a JOIN: begins at the first epoch that is wrapped to the invitation)
--   p_g_to, p_g_from  HISTORY_GRANTs: the receiver sees from the beginning of that epoch on
--   p_w_*           the wraps; entry is the index in the whole log
--   p_invite        the id that an INVITE or a JOIN names; the other three with an INVITE only
-- Says 'ok' (also when exactly these entries are there already), 'stale_head', 'agreement_not_live',
-- 'not_found' (room), or of the invitation 'expired', 'used'; with the log's length and head.
CREATE FUNCTION control_append(p_room uuid, p_actor uuid, p_head bytea,
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
	SET phase = p_phase, epoch = p_epoch, pending = p_pending, log_head = v_last, n_entries = r.n_entries + v_new,
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
		active = excluded.active, since = excluded.since,
		key_current = m.key_current OR m.sig_kid <> excluded.sig_kid,
		-- Staff who come back begin anew; a client keeps what was the client's.
		visible_from = CASE WHEN m.active OR NOT excluded.active OR excluded.role = 1
			THEN least(m.visible_from, excluded.visible_from) ELSE excluded.visible_from END,
		sender_seq = CASE WHEN m.sig_kid = excluded.sig_kid THEN m.sender_seq ELSE 0 END;
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
		'epoch', 'history_grant', 'recovery_wrap'])[t - 8], (ARRAY['close', 'reopen'])[t - 17], 'other'), p_room
	FROM unnest(p_types) AS t;
	PERFORM notice_send('c', concat_ws(' ', notice_hex(p_room), v_room.n_entries + v_new));
	RETURN QUERY SELECT 'ok', v_room.n_entries + v_new, v_last;
END
$$;

-- A JOIN uses up the invitation that its sender has claimed. The room's row is locked.
CREATE FUNCTION invitation_use(p_room uuid, p_invite uuid, p_account uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_invitation invitation;
BEGIN
	SELECT * INTO v_invitation FROM invitation i WHERE i.room = p_room AND i.invite = p_invite FOR UPDATE;
	IF v_invitation.room IS NULL OR v_invitation.claimed_by IS DISTINCT FROM p_account THEN
		RETURN 'used';
	ELSIF v_invitation.expires_at <= now() THEN
		RETURN 'expired';
	END IF;
	DELETE FROM invitation i WHERE i.room = p_room;
	RETURN 'ok';
END
$$;

GRANT EXECUTE ON FUNCTION invitation_claim(uuid, bytea, uuid), invitation_use(uuid, uuid, uuid),
	control_lock(uuid, bytea, boolean, uuid, int4),
	control_append(uuid, uuid, bytea, bytea[], bytea[], int2[], uuid, int4, text, int4, boolean,
		uuid[], int2[], bytea[], bytea[], bytea[], boolean[], int4[], int8[], uuid[], int4[],
		int4[], int2[], int4[], int2[], uuid[], bytea[], bytea[], uuid, bytea, bytea, timestamptz)
	TO luotsi_app;
GRANT SELECT, INSERT, UPDATE ON room, room_member TO luotsi_app;
GRANT SELECT, INSERT ON control_entry, room_epoch, wrap TO luotsi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON invitation TO luotsi_app;
GRANT SELECT ON room, room_epoch TO luotsi_read;
GRANT SELECT (org, room, account, role, active, since, visible_from, read_seq) ON room_member TO luotsi_read;
