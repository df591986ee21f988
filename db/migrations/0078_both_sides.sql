-- What neither side of an agreement does alone: an end that comes sooner than within thirty days (or before the last day
-- that the terms name), and taking back an end that the other side began. The side that says it first leaves a wish;
-- the other one's same step makes it so. What is in force goes on meanwhile, and every room and every letter (0043)
-- tells the day as soon as there is one.

ALTER TABLE agreement ADD ending_side text CONSTRAINT agreement_ending_side_known CHECK (ending_side IN ('operator', 'admin', 'both'));
COMMENT ON COLUMN agreement.ending_side IS 'Ending: which side began it, the processor''s (operator) or the controller''s (admin); that side alone may take it back.';

CREATE TABLE agreement_wish (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	agreement uuid NOT NULL,
	to_state  text NOT NULL CONSTRAINT agreement_wish_known CHECK (to_state IN ('ending', 'live')),
	ends_on   date,
	side      text NOT NULL CONSTRAINT agreement_wish_side_known CHECK (side IN ('operator', 'admin')),
	actor     uuid NOT NULL,
	at        timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT agreement_wish_key PRIMARY KEY (org, agreement),
	CONSTRAINT agreement_wish_of_agreement FOREIGN KEY (org, agreement) REFERENCES agreement
);
COMMENT ON TABLE agreement_wish IS 'A step that takes both sides, and was said by one: the newest, for thirty days, as long as the state is the same.';
CALL tenant_table('agreement_wish');

CREATE FUNCTION agreement_end_least() RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 30;

-- Whether a step takes both sides.
CREATE FUNCTION agreement_takes_both(p_of agreement, p_who text, p_to text, p_ends_on date) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN p_to = 'ending' THEN p_ends_on < least(day_now() + agreement_end_least(), (SELECT e.day
			FROM agreement_version v CROSS JOIN LATERAL (SELECT day_read(v.terms ->> 'ends') AS day) AS e
			WHERE v.org = p_of.org AND v.agreement = p_of.agreement AND v.version = p_of.version AND e.day >= day_now()))
		WHEN p_to = 'live' AND p_of.state = 'ending' THEN p_who <> coalesce(p_of.ending_side, 'operator')
		ELSE false
	END
$$;

-- Says it for one side. True: the other side has said the same, and it is done with.
CREATE FUNCTION agreement_wished(p_of agreement, p_actor uuid, p_who text, p_to text, p_ends_on date, p_dry boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	v_same boolean := EXISTS (SELECT FROM agreement_wish w WHERE w.org = p_of.org AND w.agreement = p_of.agreement AND w.side <> p_who
		AND w.to_state = p_to AND w.ends_on IS NOT DISTINCT FROM p_ends_on AND w.at > now() - interval '30 days');
BEGIN
	IF NOT v_same AND NOT p_dry THEN
		INSERT INTO agreement_wish (agreement, to_state, ends_on, side, actor) VALUES (p_of.agreement, p_to, p_ends_on, p_who, p_actor)
		ON CONFLICT ON CONSTRAINT agreement_wish_key DO UPDATE
			SET to_state = excluded.to_state, ends_on = excluded.ends_on, side = excluded.side, actor = excluded.actor, at = excluded.at;
	END IF;
	RETURN v_same;
END
$$;

-- A wish is about the state that there is, and the side that began an end is known as long as it lasts.
CREATE FUNCTION agreement_wish_over() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM agreement_wish w WHERE w.org = NEW.org AND w.agreement = NEW.agreement;
	RETURN NULL;
END
$$;
CREATE TRIGGER agreement_wish_over AFTER UPDATE OF state ON agreement FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION agreement_wish_over();

UPDATE agreement_transition SET who = '{operator,admin}' WHERE from_state = 'ending' AND to_state = 'live';

DO $$
DECLARE
	v_new text := pg_get_functiondef('agreement_step(uuid, text, uuid, uuid, text, text, date, date, boolean)'::regprocedure);
BEGIN
	v_new := replace(v_new, 'v_word text;', E'v_word text;\n\tv_both boolean;\n\tv_day date := CASE WHEN p_to = ''ending'' THEN p_ends_on END;');
	v_new := replace(v_new, 'IF v_word IS NOT NULL OR p_dry THEN', $new$v_both := v_word IS NULL AND agreement_takes_both(v_old, p_who, p_to, v_day) IS TRUE;
	IF v_both AND NOT agreement_wished(v_old, p_actor, p_who, p_to, v_day, p_dry) THEN
		IF NOT p_dry THEN
			PERFORM agreement_note(p_agreement, p_actor, v_old.state, v_old.state, p_note, v_old.next_by);
			PERFORM audit_both(p_here, p_actor, 'agreement_step', p_agreement, 'wish_' || p_to);
		END IF;
		RETURN 'other_side';
	END IF;
	IF v_word IS NOT NULL OR p_dry THEN$new$);
	v_new := replace(v_new, 'ended_at = CASE WHEN p_to', E'ending_side = CASE WHEN p_to = ''ending'' THEN CASE WHEN v_both THEN ''both'' ELSE p_who END WHEN p_to = ''ended'' THEN a.ending_side END,\n\t\tended_at = CASE WHEN p_to');
	ASSERT v_new ~ 'v_both boolean' AND v_new ~ 'other_side' AND v_new ~ 'ending_side', 'the steps of an agreement';
	EXECUTE v_new;

	v_new := pg_get_functiondef('agreement_list(uuid, uuid)'::regprocedure);
	v_new := replace(v_new, 'service_promise jsonb)', 'service_promise jsonb, wish text, wish_side text, wish_ends_on text)');
	v_new := replace(v_new, 'a.service_promise::jsonb', E'a.service_promise::jsonb,\n\t\t\tw.to_state, w.side, to_char(w.ends_on, ''YYYY-MM-DD'')');
	v_new := replace(v_new, 'AND t.forward', E'AND t.forward\n\t\t\tLEFT JOIN agreement_wish w ON w.org = a.org AND w.agreement = a.agreement AND w.at > now() - interval ''30 days''');
	ASSERT v_new ~ 'wish_side text' AND v_new ~ 'w\.side' AND v_new ~ 'LEFT JOIN agreement_wish', 'the agreements of an organisation';
	DROP FUNCTION agreement_list(uuid, uuid);
	EXECUTE v_new;
	GRANT EXECUTE ON FUNCTION agreement_list(uuid, uuid) TO luotsi_app;
END
$$;
