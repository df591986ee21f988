-- The events as people read them: the organisation's with filters, for a reason that is itself part of
-- the log; a room's for its members; and events that nobody wrote down so far.

CREATE INDEX audit_by_time ON audit (org, at);
CREATE INDEX audit_by_action ON audit (org, action, n);
CREATE INDEX audit_by_actor ON audit (org, actor, n);

-- The organisation's events, the newest first, with what opens their leaves. The first page is an event
-- of its own, with the reason that was given. One filter of person and action is enough: the person's
-- comes first. p_take: to be taken along, not looked at.
DROP FUNCTION event_list(uuid, int8, int4);
CREATE FUNCTION event_list(p_actor uuid, p_before int8, p_reason text, p_take boolean, p_since timestamptz, p_until timestamptz,
	p_action text, p_person uuid, p_most int4)
RETURNS TABLE (n int8, at timestamptz, actor uuid, action text, object uuid, word text, reason text, place int8, nonce bytea, detail text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	-- Numbers follow time nearly: those of transactions at the same time may be in another order.
	v_slack CONSTANT int8 := 10000;
	v_first int8 := 0;
	v_before int8 := coalesce(p_before, 9007199254740991);
BEGIN
	INSERT INTO audit (actor, action, object, reason)
	SELECT p_actor, CASE WHEN p_take THEN 'event_export' ELSE 'event_read' END, p_person, p_reason WHERE p_before IS NULL;
	IF p_since IS NOT NULL THEN
		v_first := coalesce((SELECT a.n FROM audit a WHERE a.org = luotsi_org() AND a.at >= p_since ORDER BY a.at LIMIT 1), v_before) - v_slack;
	END IF;
	IF p_until IS NOT NULL THEN
		v_before := least(v_before, coalesce((SELECT a.n FROM audit a WHERE a.org = luotsi_org() AND a.at < p_until ORDER BY a.at DESC LIMIT 1), 0) + v_slack);
	END IF;
	IF p_person IS NOT NULL THEN
		RETURN QUERY SELECT a.n, a.at, a.actor, a.action, a.object, a.word, a.reason, a.place, a.nonce, audit_detail(a) FROM (
				(SELECT b.* FROM audit b WHERE b.actor = p_person AND b.n >= v_first AND b.n < v_before AND (p_action IS NULL OR b.action = p_action)
					AND (p_since IS NULL OR b.at >= p_since) AND (p_until IS NULL OR b.at < p_until) ORDER BY b.n DESC LIMIT p_most)
				UNION
				(SELECT b.* FROM audit b WHERE b.object = p_person AND b.n >= v_first AND b.n < v_before AND (p_action IS NULL OR b.action = p_action)
					AND (p_since IS NULL OR b.at >= p_since) AND (p_until IS NULL OR b.at < p_until) ORDER BY b.n DESC LIMIT p_most)) AS u
			JOIN audit a USING (org, n) ORDER BY a.n DESC LIMIT p_most;
	ELSIF p_action IS NOT NULL THEN
		RETURN QUERY SELECT a.n, a.at, a.actor, a.action, a.object, a.word, a.reason, a.place, a.nonce, audit_detail(a) FROM audit a
			WHERE a.action = p_action AND a.n >= v_first AND a.n < v_before
				AND (p_since IS NULL OR a.at >= p_since) AND (p_until IS NULL OR a.at < p_until) ORDER BY a.n DESC LIMIT p_most;
	ELSE
		RETURN QUERY SELECT a.n, a.at, a.actor, a.action, a.object, a.word, a.reason, a.place, a.nonce, audit_detail(a) FROM audit a
			WHERE a.n >= v_first AND a.n < v_before
				AND (p_since IS NULL OR a.at >= p_since) AND (p_until IS NULL OR a.at < p_until) ORDER BY a.n DESC LIMIT p_most;
	END IF;
END
$$;
GRANT EXECUTE ON FUNCTION event_list(uuid, int8, text, boolean, timestamptz, timestamptz, text, uuid, int4) TO luotsi_app;

-- Other unlockers, or other keys, in the place of those that were there.
CREATE FUNCTION self_keys_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO audit (actor, action, object) VALUES (NEW.account, 'unlockers_change', NEW.account);
	RETURN NULL;
END
$$;
CREATE TRIGGER self_keys_audit AFTER INSERT OR UPDATE ON self_keys FOR EACH ROW EXECUTE FUNCTION self_keys_audit();

-- Who asked for what they may not have: a row a minute for a person and a word, however often they ask.
CREATE INDEX audit_of_refusals ON audit (org, actor, word, at) WHERE action = 'refused';
CREATE FUNCTION audit_refused(p_actor uuid, p_word text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO audit (actor, action, object, word) SELECT p_actor, 'refused', p_actor, p_word
	WHERE NOT EXISTS (SELECT FROM audit a WHERE a.org = luotsi_org() AND a.action = 'refused' AND a.actor = p_actor
		AND a.word = p_word AND a.at > now() - interval '1 minute');
	RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION audit_refused(uuid, text) TO luotsi_app;
