-- Whoever has a room open hears at once that it was frozen, or let go, and that its agreement came to another state: by the notices of
-- 0002 that make browsers ask for their open rooms anew, of the client's chain for one room, of the organisation's for all of them.
CREATE FUNCTION room_frozen_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_notify('luotsi', concat_ws(' ', 'i', notice_hex(NEW.org), notice_hex(m.account)))
	FROM room_member m WHERE m.org = NEW.org AND m.room = NEW.room AND m.role = 1 AND m.active;
	RETURN NULL;
END
$$;
CREATE TRIGGER room_frozen_told AFTER UPDATE OF frozen_until ON room FOR EACH ROW
	WHEN (OLD.frozen_until IS DISTINCT FROM NEW.frozen_until AND NOT NEW.erasing) EXECUTE FUNCTION room_frozen_told();

CREATE FUNCTION agreement_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_notify('luotsi', concat_ws(' ', 'i', notice_hex(NEW.org), notice_hex(NEW.org)));
	RETURN NULL;
END
$$;
CREATE TRIGGER agreement_told AFTER UPDATE OF state, ends_on ON agreement FOR EACH ROW
	WHEN ((OLD.state, OLD.ends_on) IS DISTINCT FROM (NEW.state, NEW.ends_on)) EXECUTE FUNCTION agreement_told();

REVOKE EXECUTE ON FUNCTION room_frozen_told(), agreement_told() FROM PUBLIC;
