-- What ends, ends as it is told: a request whose person went with their data is not one that they took back; erasure is
-- done when something was erased, and refused for a reason otherwise; what is held keeps its bytes, also when its author
-- deletes it; and who looks after an organisation is added by the organisation.

-- --- requests ---

ALTER TABLE subject_request ADD gone boolean NOT NULL DEFAULT false,
	ADD CONSTRAINT subject_request_gone CHECK (NOT gone OR state = 'withdrawn');
COMMENT ON COLUMN subject_request.gone IS 'Nobody took it back: it ended when the person''s data was erased (by a rule, or handed over at the end of the agreement). The state is withdrawn, for the release before this column.';

DO $$
DECLARE
	v_new text := replace(pg_get_functiondef('rights_of_the_gone()'::regprocedure), 'SET state = ''withdrawn'', ended_at = now()', 'SET state = ''withdrawn'', gone = true, ended_at = now()');
BEGIN
	ASSERT v_new ~ 'gone = true', 'the requests of whoever goes';
	EXECUTE v_new;
END
$$;

-- The state of a request in the words of today.
CREATE FUNCTION request_state(p_request uuid, p_state text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM subject_request q WHERE q.org = luotsi_org() AND q.request = p_request AND q.gone) THEN 'gone' ELSE p_state END
$$;
GRANT EXECUTE ON FUNCTION request_state(uuid, text) TO luotsi_app;

-- As in 0046, and erasure is done by its certificate alone: what is not erased is refused, with the ground.
DO $$
DECLARE
	v_new text := replace(pg_get_functiondef('request_next(subject_request, text)'::regprocedure),
		'WHEN p_step = ''done'' AND p_old.ended_at IS NULL', 'WHEN p_step = ''done'' AND (p_old.kind <> ''erasure'' OR p_old.certificate IS NOT NULL) AND p_old.ended_at IS NULL');
BEGIN
	ASSERT v_new ~ 'certificate', 'when a request is done';
	EXECUTE v_new;
END
$$;

-- --- what is held ---

-- A delete under a hold hides what it deletes, as everywhere; the bytes stay sealed as they are until the hold has ended.
DO $$
DECLARE
	v_new text := pg_get_functiondef('message_erase(uuid[], int8[])'::regprocedure);
BEGIN
	v_new := replace(v_new, 'v_files uuid[];', E'v_held uuid[] := held_rooms();\n\tv_files uuid[];');
	v_new := replace(v_new, 'm.kind <> 2 AND NOT m.tombstone', 'm.kind <> 2 AND NOT m.tombstone AND m.room <> ALL (v_held)');
	ASSERT v_new ~ 'v_held uuid' AND v_new ~ 'm\.room <> ALL', 'what a person deletes';
	EXECUTE v_new;
END
$$;

-- What was deleted in these rooms and is still there.
CREATE FUNCTION held_deletes(p_object uuid) RETURNS void
LANGUAGE sql AS $$
	SELECT message_erase(array_agg(d.room), array_agg(d.seq)) FROM (
		SELECT p_object AS room UNION SELECT m.room FROM room_member m WHERE m.org = luotsi_org() AND m.account = p_object AND m.role = 1) AS r
	JOIN message d ON d.org = luotsi_org() AND d.room = r.room AND d.kind = 1 AND d.op = 2
	WHERE EXISTS (SELECT FROM message t WHERE t.org = d.org AND t.room = d.room AND t.msg_id = d.target AND NOT t.tombstone)
	HAVING count(*) > 0
$$;

DO $$
DECLARE
	v_new text := pg_get_functiondef('hold_step(uuid, uuid, text)'::regprocedure);
BEGIN
	v_new := replace(v_new, '	INSERT INTO audit (actor', E'	IF p_step = ''end'' THEN\n\t\tPERFORM held_deletes(v_hold.object);\n\tEND IF;\n\tINSERT INTO audit (actor');
	ASSERT v_new ~ 'held_deletes', 'the end of a hold';
	EXECUTE v_new;
END
$$;

-- --- who looks after an organisation ---

-- An operator makes the first account, and another one when nobody who has one has come in for thirty days. Else it is
-- for the organisation's administrators to add others. What is made beside accounts that there are is in both audit
-- trails as what it is.
DO $$
DECLARE
	v_new text := pg_get_functiondef('organisation_admin(uuid, uuid, uuid, bytea, bytea, timestamptz)'::regprocedure);
BEGIN
	v_new := replace(v_new, 'v_here uuid := luotsi_org();', E'v_here uuid := luotsi_org();\n\tv_beside boolean;');
	v_new := replace(v_new, '	INSERT INTO account (account, role)', $new$	IF EXISTS (SELECT FROM account a JOIN audit e ON e.org = a.org AND e.actor = a.account AND e.action IN ('sign_in', 'passkey_sign_in') AND e.at > now() - interval '30 days'
		WHERE a.org = p_org AND a.role = 'admin' AND a.disabled_at IS NULL) THEN
		RAISE EXCEPTION 'theirs to add' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_admin__forbidden';
	END IF;
	v_beside := EXISTS (SELECT FROM account a WHERE a.org = p_org AND a.role = 'admin');
	INSERT INTO account (account, role)$new$);
	v_new := replace(v_new, '''organisation_admin'', p_account, NULL)', '''organisation_admin'', p_account, CASE WHEN v_beside THEN ''break_glass'' END)');
	ASSERT v_new ~ 'theirs to add' AND v_new ~ 'v_beside THEN', 'the first administrator';
	EXECUTE v_new;
END
$$;
