-- Invitations by e-mail: both sides hear at once how one stands, and it can be taken back.

-- Tells the staff of the room, and whoever has identified with it. Another form of notice (0002):
--   v ORG ROOM ACCOUNT          how the room's invitation stands has changed; ACCOUNT claimed it (zeroes: nobody has)
CREATE FUNCTION invitation_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	c_nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
	v_row invitation := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
BEGIN
	PERFORM notice_send('v', concat_ws(' ', notice_hex(v_row.room), notice_hex(coalesce(v_row.claimed_by, c_nobody))));
	IF TG_OP = 'UPDATE' AND NEW.claimed_by IS DISTINCT FROM OLD.claimed_by AND NEW.claimed_by IS NOT NULL THEN
		PERFORM notice_send('v', concat_ws(' ', notice_hex(NEW.room), notice_hex(NEW.claimed_by)));
	END IF;
	-- A letter that is still on its way would lead to what is no more.
	IF TG_OP = 'UPDATE' AND NEW.invite <> OLD.invite THEN
		DELETE FROM invitation_mail m WHERE m.org = NEW.org AND m.room = NEW.room AND m.invite <> NEW.invite;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER invitation_told AFTER INSERT OR UPDATE OF invite, claimed_by OR DELETE ON invitation
	FOR EACH ROW EXECUTE FUNCTION invitation_told();

-- The letter was sent, or given up.
CREATE FUNCTION invitation_mail_told() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM notice_send('v', concat_ws(' ', notice_hex(i.room), notice_hex(coalesce(i.claimed_by, '00000000-0000-0000-0000-000000000000'))))
	FROM invitation i WHERE i.org = OLD.org AND i.room = OLD.room;
	RETURN NULL;
END
$$;
CREATE TRIGGER invitation_mail_told AFTER UPDATE OF sealed OR DELETE ON invitation_mail
	FOR EACH ROW EXECUTE FUNCTION invitation_mail_told();

-- As in 0011, and: a client who comes for the first time has shown no name card yet.
CREATE OR REPLACE FUNCTION room_member_arrived() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM invitation i WHERE i.org = NEW.org AND i.room = NEW.room AND i.sealed IS NULL;
	IF TG_OP = 'INSERT' THEN
		UPDATE room r SET card_seq = NULL WHERE r.org = NEW.org AND r.room = NEW.room AND r.card_seq IS NOT NULL;
	END IF;
	RETURN NULL;
END
$$;

-- Takes the room's invitation back, and with it what its link is good for: 'ok', or 'not_found' when there
-- is none. With p_waiting whoever waits is turned away: 'conflict' when it is not they who wait.
CREATE FUNCTION invitation_end(p_actor uuid, p_room uuid, p_waiting uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_invitation invitation;
BEGIN
	SELECT * INTO v_invitation FROM invitation i WHERE i.org = luotsi_org() AND i.room = p_room FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'not_found';
	ELSIF p_waiting IS NOT NULL AND (v_invitation.claimed_by IS DISTINCT FROM p_waiting OR v_invitation.sealed IS NOT NULL) THEN
		RETURN 'conflict';
	END IF;
	DELETE FROM invitation i WHERE i.org = luotsi_org() AND i.room = p_room;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'invitation_withdrawn', p_room);
	INSERT INTO audit (actor, action, object) SELECT p_actor, 'invitation_refused', p_waiting WHERE p_waiting IS NOT NULL;
	RETURN 'ok';
END
$$;

GRANT EXECUTE ON FUNCTION invitation_end(uuid, uuid, uuid) TO luotsi_app;
