-- Closes what a hostile reading of 0001 to 0004 found.

-- A room's id is one room everywhere: workers know rooms by it, so that a second one of the same id in
-- another organisation would hear of the first.
CREATE UNIQUE INDEX room_unique ON room (room);

-- Whether a member's key is still the current one, asked under a lock on the chain's head: a ROTATE,
-- RESET or REVOKE that commits between the judging of an entry and its writing is not forgotten.
CREATE FUNCTION member_key_current() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	v_head identity_head;
BEGIN
	SELECT * INTO v_head FROM identity_head h WHERE h.subject = NEW.account FOR SHARE;
	IF v_head.sig_kid IS NOT NULL THEN
		NEW.key_current := v_head.sig_kid = NEW.sig_kid AND NOT v_head.revoked;
	END IF;
	RETURN NEW;
END
$$;
-- (message_post inserts zeroes only to reach its ON CONFLICT.)
CREATE TRIGGER member_key_insert BEFORE INSERT ON room_member
	FOR EACH ROW WHEN (NEW.sig_kid <> decode(repeat('00', 32), 'hex')) EXECUTE FUNCTION member_key_current();
CREATE TRIGGER member_key_update BEFORE UPDATE ON room_member
	FOR EACH ROW WHEN (OLD.sig_kid <> NEW.sig_kid OR OLD.active <> NEW.active) EXECUTE FUNCTION member_key_current();
GRANT EXECUTE ON FUNCTION member_key_current() TO luotsi_app;

-- Who may no longer sign in is out at once, everywhere.
CREATE FUNCTION account_disabled() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_before text := coalesce(current_setting('luotsi.org', true), '');
	v_session uuid;
BEGIN
	PERFORM set_config('luotsi.org', NEW.org::text, true);
	FOR v_session IN DELETE FROM session s WHERE s.org = NEW.org AND s.account = NEW.account RETURNING s.session LOOP
		PERFORM notice_send('s', concat_ws(' ', notice_hex(NEW.account), notice_hex(v_session)));
	END LOOP;
	PERFORM set_config('luotsi.org', v_before, true);
	RETURN NULL;
END
$$;
CREATE TRIGGER account_disabled AFTER UPDATE OF disabled_at ON account
	FOR EACH ROW WHEN (NEW.disabled_at IS NOT NULL) EXECUTE FUNCTION account_disabled();

-- The workers write what their statements write, and no other column: an audit row's time and number
-- are the database's, a room stays in its organisation and under its agreement.
REVOKE INSERT ON audit FROM luotsi_app;
GRANT INSERT (actor, action, object, word) ON audit TO luotsi_app;
REVOKE UPDATE ON room, room_member, invitation, identity_head, self_keys, self_state, draft FROM luotsi_app;
GRANT UPDATE (phase, log_head, n_entries, epoch, epoch_at, epoch_messages, pending, last_seq, last_at,
	waiting_since, answered_at, card_seq) ON room TO luotsi_app;
GRANT UPDATE (role, sig_kid, enc_kid, cert, active, since, key_current, visible_from, read_seq, sender_seq) ON room_member TO luotsi_app;
GRANT UPDATE (invite, token_hash, sealed, expires_at, claimed_by) ON invitation TO luotsi_app;
GRANT UPDATE (n_entries, head, sig_kid, sig_pub, enc_kid, enc_pub, cert, valid_from, valid_until, revoked) ON identity_head TO luotsi_app;
GRANT UPDATE (version, unlockers, list_mac, keys) ON self_keys TO luotsi_app;
GRANT UPDATE (version, state) ON self_state TO luotsi_app;
GRANT UPDATE (version, draft, at) ON draft TO luotsi_app;
