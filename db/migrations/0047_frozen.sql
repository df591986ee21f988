-- Restriction (GDPR, art. 18): a frozen room is kept as it is. What may still be done in it is a further row of the
-- table of agreements' states; everything that asks that table for a room asks for this row too.

ALTER TABLE agreement_rule DROP CONSTRAINT agreement_rule_state_known,
	ADD CONSTRAINT agreement_rule_state_known CHECK (state IN
		('contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'live', 'ending', 'ended', 'frozen'));
COMMENT ON COLUMN agreement_rule.state IS 'Of an agreement; frozen: of a room, which then may have what both this row and its agreement''s allow.';
-- close: a consent can be withdrawn and a room left at any time.
INSERT INTO agreement_rule (state, act) SELECT 'frozen', unnest(ARRAY['sign_in', 'read', 'export', 'keys', 'close']);

-- What is left of an agreement's classes in a room; the bit above them all says that it is frozen.
CREATE FUNCTION room_allows(p_allows int4, p_frozen_until timestamptz) RETURNS int4
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_frozen_until > now() THEN (1 << 30) | (p_allows & (
		SELECT bit_or(1 << (array_position(agreement_acts(), r.act) - 1)) FROM agreement_rule r WHERE r.state = 'frozen')) ELSE p_allows END
$$;

-- As in 0034, and in a frozen room what both allow.
CREATE OR REPLACE FUNCTION control_under_agreement() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	v_agreement agreement;
	v_frozen_until timestamptz := (SELECT r.frozen_until FROM room r WHERE r.room = NEW.room);
BEGIN
	SELECT a.* INTO v_agreement FROM room r JOIN agreement a USING (org, agreement) WHERE r.room = NEW.room;
	IF NOT agreement_may(v_agreement.allows, control_act(NEW.type)) THEN
		RAISE EXCEPTION 'not under this agreement' USING ERRCODE = 'LU000', CONSTRAINT = 'control_entry__agreement_not_live';
	ELSIF NOT agreement_may(room_allows(v_agreement.allows, v_frozen_until), control_act(NEW.type)) THEN
		RAISE EXCEPTION 'the room is frozen' USING ERRCODE = 'LU000', CONSTRAINT = 'control_entry__room_frozen';
	ELSIF NEW.type = 1 AND v_agreement.training_required AND NOT EXISTS (SELECT FROM training t WHERE t.org = NEW.org AND t.account = NEW.sender) THEN
		RAISE EXCEPTION 'no training' USING ERRCODE = 'LU000', CONSTRAINT = 'control_entry__training_needed';
	END IF;
	RETURN NEW;
END
$$;

-- The two functions that store envelopes judge for themselves: in whatever wording the last migration left them.
DO $$
DECLARE
	v_one record;
	v_body text;
	v_n int4 := 0;
BEGIN
	FOR v_one IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
		AND (p.prosrc ~ 'WHEN a\.agreement <> ALL \(v_live\) THEN' OR p.prosrc ~ 'o\.phase = ''open'' AND agreement_may') LOOP
		v_body := pg_get_functiondef(v_one.oid);
		v_body := replace(v_body, 'o.phase, o.agreement, o.pending,', 'o.phase, o.agreement, o.frozen_until > v_at AS frozen, o.pending,');
		v_body := replace(v_body, 'WHEN a.agreement <> ALL (v_live) THEN', 'WHEN a.frozen THEN ''room_frozen'' WHEN a.agreement <> ALL (v_live) THEN');
		v_body := replace(v_body, 'o.phase = ''open'' AND agreement_may', 'o.phase = ''open'' AND (o.frozen_until > v_at) IS NOT TRUE AND agreement_may');
		ASSERT v_body ~ 'frozen_until > v_at', 'a function that stores envelopes';
		EXECUTE v_body;
		v_n := v_n + 1;
	END LOOP;
	ASSERT v_n >= 2, 'functions that store envelopes';
END
$$;

-- What is frozen is not erased by a rule: the person asked that it be kept.
CREATE OR REPLACE FUNCTION is_held(p_object uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT EXISTS (SELECT FROM legal_hold h WHERE h.org = luotsi_org() AND h.object = p_object AND h.made_at IS NOT NULL AND h.ended_at IS NULL)
		OR EXISTS (SELECT FROM room r WHERE r.org = luotsi_org() AND r.room = p_object AND r.frozen_until > now())
$$;
CREATE INDEX room_frozen ON room (org) WHERE frozen_until IS NOT NULL;
CREATE OR REPLACE FUNCTION held_rooms() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT ARRAY(SELECT h.object FROM legal_hold h WHERE h.org = luotsi_org() AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		UNION SELECT m.room FROM legal_hold h JOIN room_member m ON m.org = h.org AND m.account = h.object AND m.role = 1
		WHERE h.org = luotsi_org() AND h.kind = 'account' AND h.made_at IS NOT NULL AND h.ended_at IS NULL
		UNION SELECT r.room FROM room r WHERE r.org = luotsi_org() AND r.frozen_until IS NOT NULL AND r.frozen_until > now())
$$;
CREATE FUNCTION erasure_not_frozen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM room r WHERE r.org = NEW.org AND r.room = NEW.object AND r.frozen_until > now()) THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER erasure_not_frozen BEFORE INSERT ON erasure FOR EACH ROW WHEN (NEW.kind = 'room') EXECUTE FUNCTION erasure_not_frozen();

-- Freezes rooms of the person (p_rooms empty: all that the request is of), or tells the end, which comes seven days after
-- the person was told (art. 18(3)); freezing again before then takes that back. ok | not_found | conflict (a request that
-- has ended freezes nothing; there is nothing to lift) | bad_field (rooms that are not of it).
CREATE FUNCTION request_freeze(p_actor uuid, p_request uuid, p_rooms uuid[], p_on boolean, p_note uuid, p_text bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_old subject_request := request_lock(p_request);
	v_mine uuid[];
	v_rooms uuid[];
BEGIN
	IF v_old.request IS NULL THEN
		RETURN 'not_found';
	END IF;
	v_mine := ARRAY(SELECT m.room FROM room_member m WHERE m.org = luotsi_org() AND m.account = v_old.account AND m.role = 1
		AND (v_old.room IS NULL OR m.room = v_old.room));
	IF NOT p_rooms <@ v_mine THEN
		RETURN 'bad_field';
	ELSIF v_old.kind NOT IN ('restriction', 'objection', 'rectification') OR p_on AND v_old.state IN ('refused', 'withdrawn') THEN
		RETURN 'conflict';
	END IF;
	WITH changed AS (
		UPDATE room r SET frozen_until = CASE WHEN p_on THEN 'infinity' ELSE now() + interval '7 days' END
		WHERE r.org = luotsi_org() AND r.room = ANY (CASE WHEN p_rooms = '{}' THEN v_mine ELSE p_rooms END) AND NOT r.erasing
			AND CASE WHEN p_on THEN (r.frozen_until = 'infinity') IS NOT TRUE ELSE r.frozen_until = 'infinity' END
		RETURNING r.room)
	SELECT array_agg(c.room) INTO v_rooms FROM changed c;
	IF v_rooms IS NULL THEN
		RETURN 'conflict';
	END IF;
	UPDATE subject_request q SET state = 'in_progress' WHERE q.org = luotsi_org() AND q.request = p_request AND q.state = 'received';
	PERFORM rights_note(p_request, p_actor, CASE WHEN p_on THEN 'freeze' ELSE 'lift' END, p_note, p_text);
	INSERT INTO audit (actor, action, object, word) SELECT p_actor, CASE WHEN p_on THEN 'room_freeze' ELSE 'room_lift' END, c, v_old.kind FROM unnest(v_rooms) AS c;
	PERFORM rights_tell(v_old.account);
	RETURN 'ok';
END
$$;

GRANT EXECUTE ON FUNCTION room_allows(int4, timestamptz), control_under_agreement(), is_held(uuid) TO luotsi_app;
GRANT EXECUTE ON FUNCTION rights_ask(uuid, uuid, text, uuid, uuid, bytea, int4), rights_withdraw(uuid, uuid, uuid), rights_own(uuid), rights_held(uuid),
	rights_rows(uuid, uuid), request_list(boolean, text, boolean, int4, int4), request_late(), request_opened(uuid, uuid, text),
	request_step(uuid, uuid, text, text, uuid, bytea), request_erase(uuid, uuid, boolean, uuid, bytea),
	request_freeze(uuid, uuid, uuid[], boolean, uuid, bytea) TO luotsi_app;
GRANT EXECUTE ON FUNCTION rights_round() TO luotsi_jobs;
