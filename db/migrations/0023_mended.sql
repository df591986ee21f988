-- A room that is closed lets nobody in: an invitation by e-mail ends with it, and both sides hear so.
-- And an operator's role is nobody's to change: no administrator could give it back.

CREATE FUNCTION room_closed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM invitation i WHERE i.org = NEW.org AND i.room = NEW.room AND i.sealed IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER room_closed AFTER UPDATE OF phase ON room
	FOR EACH ROW WHEN (NEW.phase = 'closed' AND OLD.phase <> 'closed')
	EXECUTE FUNCTION room_closed();

-- As in 0016, but for operators.
CREATE OR REPLACE FUNCTION staff_role(p_actor uuid, p_account uuid, p_role text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one account := staff_of(p_actor, p_account);
BEGIN
	IF v_one.account IS NULL OR v_one.role = 'operator' THEN
		RETURN 'not_found';
	ELSIF p_role <> 'admin' AND staff_is_last_admin(v_one) THEN
		RETURN 'last_admin';
	ELSIF session_class(p_role) <> 2 AND EXISTS (
		SELECT FROM room_member m JOIN room r USING (org, room)
		WHERE m.org = luotsi_org() AND m.account = p_account AND m.active AND r.phase = 'open') THEN
		RETURN 'has_rooms';
	END IF;
	UPDATE account a SET role = p_role WHERE a.org = luotsi_org() AND a.account = p_account AND a.role <> p_role;
	INSERT INTO audit (actor, action, object, word) SELECT p_actor, 'staff_role', p_account, p_role WHERE FOUND;
	RETURN 'ok';
END
$$;

GRANT EXECUTE ON FUNCTION room_closed() TO luotsi_app;
