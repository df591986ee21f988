-- How things end: an agreement that has ended is handed over (its rooms and people go, or are returned first and go
-- after the receipt), what happened long ago loses its detail, and whoever something is about to be erased of is told.
-- Erasing itself is 0038's: keys first, bounded steps, a certificate.

-- --- what an ended agreement leaves ---

ALTER TABLE agreement_due
	ADD receipt    hash,
	ADD receipt_at timestamptz,
	ADD receipt_by uuid,
	ADD over_at    timestamptz,
	ADD CONSTRAINT agreement_due_receipt_whole CHECK (num_nulls(receipt, receipt_at, receipt_by) IN (0, 3)),
	ADD CONSTRAINT agreement_due_over_after CHECK (over_at IS NULL OR done_at IS NOT NULL);
COMMENT ON COLUMN agreement_due.receipt IS 'Return: the sum of the file that the organisation has taken out, as its admin says; nothing is erased before.';
COMMENT ON COLUMN agreement_due.done_at IS 'Every room, file and account that counsels or is counselled has gone.';
COMMENT ON COLUMN agreement_due.over_at IS 'And so have the accounts of those who looked after the organisation: they stay ninety days longer, for the certificates.';
CREATE INDEX agreement_due_open ON agreement_due (due_on) WHERE over_at IS NULL;
CALL overview_table('agreement_due');

CREATE FUNCTION handover_office(p_role text) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN p_role IN ('admin', 'dpo', 'operator');

CREATE FUNCTION room_is_held(p_room uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT is_held(p_room) OR EXISTS (SELECT FROM room_member m WHERE m.org = luotsi_org() AND m.room = p_room AND m.role = 1 AND is_held(m.account))
$$;

-- Rooms of the agreement whose erasure has not begun.
CREATE FUNCTION handover_rooms_begin(p_due agreement_due, p_version int4, p_most int4) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_room uuid;
	v_n int8 := 0;
BEGIN
	FOR v_room IN SELECT r.room FROM room r WHERE r.org = p_due.org AND r.agreement = p_due.agreement AND NOT r.erasing AND NOT room_is_held(r.room)
		ORDER BY r.room LIMIT p_most
	LOOP
		PERFORM erasure_begin('room', v_room, p_due.due_on::timestamptz, 'agreement', 0, p_version);
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- Accounts of the organisation that are in no room any more; p_office: of those who look after it, else of all others.
CREATE FUNCTION handover_accounts_begin(p_due agreement_due, p_version int4, p_office boolean, p_most int4) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_account uuid;
	v_n int8 := 0;
BEGIN
	FOR v_account IN SELECT a.account FROM account a WHERE a.org = p_due.org AND handover_office(a.role) = p_office AND a.role <> 'operator' AND NOT is_held(a.account)
		AND NOT EXISTS (SELECT FROM room_member m WHERE m.org = a.org AND m.account = a.account)
		AND NOT EXISTS (SELECT FROM erasure e WHERE e.org = a.org AND e.kind = 'account' AND e.object = a.account)
		ORDER BY a.account LIMIT p_most
	LOOP
		PERFORM erasure_begin('account', v_account, p_due.due_on::timestamptz, 'agreement', 0, p_version);
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

-- Whether the organisation goes on under another agreement: then its people stay.
CREATE FUNCTION handover_goes_on(p_org uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM agreement a WHERE a.org = p_org AND a.state <> 'ended') $$;

-- The next step of one hand-over: rooms, then people, then it is done, and ninety days later over. Each does nothing
-- when it was done before. Gives how many erasures began.
CREATE FUNCTION handover_step(p_due agreement_due, p_most int4) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_version int4 := (SELECT a.version FROM agreement a WHERE a.org = p_due.org AND a.agreement = p_due.agreement);
	v_goes_on boolean := handover_goes_on(p_due.org);
	v_n int8;
BEGIN
	IF p_due.done_at IS NOT NULL THEN
		v_n := CASE WHEN v_goes_on THEN 0 ELSE handover_accounts_begin(p_due, v_version, true, p_most) END;
		IF v_n = 0 AND (v_goes_on OR NOT EXISTS (SELECT FROM account a WHERE a.org = p_due.org AND a.role <> 'operator')) THEN
			UPDATE agreement_due d SET over_at = now() WHERE d.org = p_due.org AND d.agreement = p_due.agreement;
		END IF;
		RETURN v_n;
	END IF;
	v_n := handover_rooms_begin(p_due, v_version, p_most);
	IF v_n > 0 OR EXISTS (SELECT FROM room r WHERE r.org = p_due.org AND r.agreement = p_due.agreement AND r.erasing) THEN
		RETURN v_n;
	END IF;
	v_n := CASE WHEN v_goes_on THEN 0 ELSE handover_accounts_begin(p_due, v_version, false, p_most) END;
	IF v_n = 0 AND NOT EXISTS (SELECT FROM room r WHERE r.org = p_due.org AND r.agreement = p_due.agreement)
		AND (v_goes_on OR NOT EXISTS (SELECT FROM account a WHERE a.org = p_due.org AND NOT handover_office(a.role))) THEN
		UPDATE agreement_due d SET done_at = now() WHERE d.org = p_due.org AND d.agreement = p_due.agreement;
		INSERT INTO audit (action, object, word) VALUES ('handover_done', p_due.agreement, p_due.what);
	END IF;
	RETURN v_n;
END
$$;

-- For the jobs process: of every agreement whose data is due, at most so many erasures begin.
CREATE FUNCTION handover_begin(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_due agreement_due;
	v_n int8 := 0;
BEGIN
	PERFORM across(true);
	FOR v_due IN SELECT d.* FROM agreement_due d JOIN agreement a USING (org, agreement)
		WHERE a.state = 'ended' AND d.over_at IS NULL AND d.due_on <= day_now()
			AND (d.what = 'delete' OR d.receipt_at IS NOT NULL) AND (d.done_at IS NULL OR d.done_at < now() - interval '90 days') ORDER BY d.due_on, d.org
	LOOP
		PERFORM across(false);
		PERFORM organisation_left(v_due.org);
		v_n := v_n + handover_step(v_due, p_most);
	END LOOP;
	PERFORM across(false);
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_n;
END
$$;

-- How the hand-over of an agreement stands. p_org: an operator's to name.
CREATE FUNCTION handover_get(p_actor uuid, p_org uuid, p_agreement uuid)
RETURNS TABLE (what text, due_on text, receipt bytea, receipt_at timestamptz, done_at timestamptz, rooms int8, held int8, people int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY
		SELECT d.what, to_char(d.due_on, 'YYYY-MM-DD'), d.receipt::bytea, d.receipt_at, d.done_at,
			(SELECT count(*) FROM room r WHERE r.org = d.org AND r.agreement = d.agreement),
			(SELECT count(*) FROM room r WHERE r.org = d.org AND r.agreement = d.agreement AND room_is_held(r.room)),
			(SELECT count(*) FROM account a WHERE a.org = d.org AND NOT handover_office(a.role))
		FROM agreement_due d WHERE d.org = luotsi_org() AND d.agreement = p_agreement;
	PERFORM organisation_left(v_here);
END
$$;

-- Whether a room may be taken out now: its agreement has ended, what was agreed is return, and nobody has given the
-- receipt. What is held is returned too.
CREATE FUNCTION handover_taking(p_agreement uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT EXISTS (SELECT FROM agreement_due d JOIN agreement a USING (org, agreement)
		WHERE d.org = luotsi_org() AND d.agreement = p_agreement AND d.what = 'return' AND d.receipt_at IS NULL AND a.state = 'ended')
$$;

-- The organisation has what was returned: ok (also of a repeat) | not_found | conflict (another file was said before, or
-- nothing is to be returned). From now on it is erased when its day has come.
CREATE FUNCTION handover_receipt(p_actor uuid, p_agreement uuid, p_receipt bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_due agreement_due;
BEGIN
	SELECT * INTO v_due FROM agreement_due d WHERE d.org = luotsi_org() AND d.agreement = p_agreement FOR UPDATE;
	IF v_due.org IS NULL THEN
		RETURN 'not_found';
	ELSIF v_due.receipt IS NOT NULL OR v_due.what <> 'return' THEN
		RETURN CASE WHEN v_due.receipt = p_receipt THEN 'ok' ELSE 'conflict' END;
	END IF;
	UPDATE agreement_due d SET receipt = p_receipt, receipt_at = now(), receipt_by = p_actor WHERE d.org = luotsi_org() AND d.agreement = p_agreement;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'handover_receipt', p_agreement);
	RETURN 'ok';
END
$$;

-- Staff go by a hand-over: with the name that their administrator gave them.
DO $$
DECLARE
	v_old text := pg_get_functiondef('erasure_account_step(erasure)'::regprocedure);
	v_new text := replace(v_old, 'DELETE FROM account a WHERE a.account = v_account;',
		E'DELETE FROM staff_label l WHERE l.account = v_account;\n\tDELETE FROM account a WHERE a.account = v_account;');
BEGIN
	ASSERT v_new <> v_old, 'the step of an account';
	EXECUTE v_new;
END
$$;

-- --- what happened long ago ---

ALTER TABLE erasure DROP CONSTRAINT erasure_kind,
	ADD CONSTRAINT erasure_kind CHECK (kind ~ '^[a-z][a-z_]{1,39}$');
COMMENT ON COLUMN erasure.kind IS 'Of a rule; audit: the detail of events (counted as entries), whose leaves stay in the log; object is then the erasure itself.';
-- How long events are told: what is agreed, or less if the organisation's rule says so; none: for ever.
CREATE FUNCTION audit_rule() RETURNS TABLE (days int4, version int4)
LANGUAGE sql STABLE AS $$
	SELECT least(r.days, t.days), coalesce(r.version, 0)
	FROM (SELECT min((v.terms -> 'retention' ->> 'audit')::int4) AS days
		FROM agreement a JOIN agreement_version v USING (org, agreement, version) WHERE a.org = luotsi_org()) AS t
	LEFT JOIN LATERAL (SELECT x.days, x.version FROM retention_rule x WHERE x.org = luotsi_org() AND x.kind = 'audit' ORDER BY x.version DESC LIMIT 1) AS r ON true
	WHERE coalesce(r.days, t.days) IS NOT NULL
$$;

-- One organisation: its events that are older than the rule, at most so many, once the oldest is a day over it, so that
-- there is one erasure a day and not one a minute. An event goes with its nonce: what stays of it is a hash that opens
-- for nobody. Those of whoever or whatever is held stay, and those that have no place in the log yet.
CREATE FUNCTION audit_expire_here(p_most int4) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_rule record;
	v_until timestamptz;
	v_erasure uuid := gen_random_uuid();
	v_ns int8[];
	v_n int8;
BEGIN
	SELECT * INTO v_rule FROM audit_rule();
	v_until := now() - make_interval(days => v_rule.days);
	v_ns := ARRAY(SELECT a.n FROM audit a WHERE a.org = luotsi_org() AND a.at < v_until AND a.place IS NOT NULL AND NOT EXISTS (
			SELECT FROM legal_hold h WHERE h.org = a.org AND h.object IN (a.object, a.actor) AND h.made_at IS NOT NULL AND h.ended_at IS NULL)
		ORDER BY a.at LIMIT p_most);
	IF coalesce((SELECT a.at FROM audit a WHERE a.org = luotsi_org() AND a.n = v_ns[1]) >= v_until - interval '1 day', true) THEN
		RETURN 0;
	END IF;
	DELETE FROM audit a WHERE a.org = luotsi_org() AND a.n = ANY (v_ns);
	v_n := cardinality(v_ns);
	INSERT INTO erasure (erasure, kind, object, rule, days, version, due_at, counts)
	VALUES (v_erasure, 'audit', v_erasure, 'audit', v_rule.days, v_rule.version, v_until, jsonb_build_object('entries', v_n));
	PERFORM erasure_end(e) FROM erasure e WHERE e.org = luotsi_org() AND e.erasure = v_erasure;
	RETURN v_n;
END
$$;

CREATE FUNCTION audit_expire(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		v_n := v_n + audit_expire_here(p_most);
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_n;
END
$$;

-- --- telling people beforehand ---

CREATE TABLE retention_told (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	account uuid NOT NULL,
	object  uuid NOT NULL,
	goes_at timestamptz NOT NULL,
	at      timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT retention_told_key PRIMARY KEY (org, account, object),
	CONSTRAINT retention_told_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE
);
COMMENT ON TABLE retention_told IS 'Who was told that something of theirs (object: a room, or the account itself) is about to be erased, and for when: once, and again only if it was put off.';
CALL tenant_table('retention_told');

ALTER TABLE notify_mail DROP CONSTRAINT notify_mail_kind_known,
	ADD CONSTRAINT notify_mail_kind_known CHECK (kind IN ('code', 'message', 'reminder', 'going'));

-- What goes within the next p_days: rooms of clients, and accounts without a room; by a rule, or because the agreement ends.
CREATE FUNCTION retention_going(p_days int4) RETURNS TABLE (account uuid, object uuid, goes_at timestamptz)
LANGUAGE sql STABLE AS $$
	WITH due AS MATERIALIZED (SELECT d.* FROM retention_due(now() + make_interval(days => p_days), NULL) d WHERE NOT d.held)
	SELECT m.account, d.object, d.due_at FROM due d JOIN room_member m ON m.org = luotsi_org() AND m.room = d.object AND m.role = 1 AND m.active WHERE d.kind = 'room'
	UNION ALL
	SELECT d.object, d.object, d.due_at FROM due d WHERE d.kind = 'account' AND d.ready
	UNION ALL
	SELECT m.account, r.room, (a.ends_on + 1)::timestamptz
	FROM agreement a JOIN room r ON r.org = a.org AND r.agreement = a.agreement AND NOT r.erasing
	JOIN room_member m ON m.org = r.org AND m.room = r.room AND m.role = 1 AND m.active
	WHERE a.org = luotsi_org() AND a.state = 'ending' AND a.ends_on <= day_now() + p_days
$$;

-- Letters to whoever has an address: one for all that is about to go, each thing once. Says how many letters.
CREATE FUNCTION retention_tell(p_days int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_all int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		WITH told AS (
			INSERT INTO retention_told AS t (account, object, goes_at)
			SELECT g.account, g.object, min(g.goes_at) FROM retention_going(p_days) g
			JOIN notify_address n ON n.org = v_org AND n.account = g.account AND n.state = 'confirmed' GROUP BY g.account, g.object
			ON CONFLICT ON CONSTRAINT retention_told_key DO UPDATE SET goes_at = excluded.goes_at, at = now()
				WHERE t.goes_at < excluded.goes_at - make_interval(days => p_days)
			RETURNING t.account),
		queued AS (
			INSERT INTO notify_mail (account, kind, give_up_at) SELECT DISTINCT told.account, 'going', now() + interval '3 days' FROM told
			ON CONFLICT ON CONSTRAINT notify_mail_key DO NOTHING RETURNING account)
		SELECT count(*) INTO v_n FROM queued;
		v_all := v_all + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_all;
END
$$;

-- What goes of one's rooms: of one room whatever is known, else those within p_days and those whose agreement ends.
CREATE FUNCTION rooms_going(p_account uuid, p_room uuid, p_days int4)
RETURNS TABLE (room uuid, goes_at timestamptz, rule text, days int4, held boolean, ends_on text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT m.room, g.due_at, g.rule, g.days, coalesce(g.held, room_is_held(m.room)), CASE WHEN a.state = 'ending' THEN to_char(a.ends_on, 'YYYY-MM-DD') END
	FROM room_member m
	JOIN room r ON r.org = m.org AND r.room = m.room
	JOIN agreement a ON a.org = r.org AND a.agreement = r.agreement
	LEFT JOIN LATERAL retention_of_room(m.room) g ON true
	WHERE m.org = luotsi_org() AND m.account = p_account AND m.active AND (p_room IS NULL OR m.room = p_room)
		AND (p_room IS NOT NULL OR a.state = 'ending' OR g.due_at <= now() + make_interval(days => p_days) AND NOT g.held)
	ORDER BY g.due_at, m.room LIMIT 200
$$;

-- --- looking for what must not be ---

-- For the jobs process, once a day: as erasure_faults, and each finding is an event of its organisation: what kind of
-- fault, in a word, and nothing else.
CREATE FUNCTION erasure_check() RETURNS TABLE (fault text, n int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_one record;
BEGIN
	FOR v_one IN SELECT f.fault, f.n FROM erasure_faults() f LOOP
		INSERT INTO audit (action, word) VALUES ('erasure_fault', left(regexp_replace(lower(v_one.fault), '[^a-z]+', '_', 'g'), 40));
		RETURN QUERY SELECT v_one.fault, v_one.n;
	END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION handover_get(uuid, uuid, uuid), handover_taking(uuid), handover_receipt(uuid, uuid, bytea), rooms_going(uuid, uuid, int4) TO luotsi_app;
GRANT EXECUTE ON FUNCTION handover_begin(int4), audit_expire(int4), retention_tell(int4), erasure_check() TO luotsi_jobs;
