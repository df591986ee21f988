-- Assignments between talks: more than one sealed draft in a room, reminders before a due date, and an
-- address for notices. The server knows which envelope a draft or a reminder belongs to, and no more.

ALTER TABLE draft ADD COLUMN slot uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE draft DROP CONSTRAINT draft_key;
ALTER TABLE draft ADD CONSTRAINT draft_key PRIMARY KEY (org, room, account, slot);
COMMENT ON COLUMN draft.slot IS 'Zeroes: what is written to the room. Else the msg_id of the assignment (kind 3) that is being answered.';

-- Replaces one draft, or throws it away (NULL): ok (version) | conflict (another version is stored) |
-- not_found (the slot is no assignment of the room) | quota (so many are kept already).
CREATE FUNCTION draft_put(p_room uuid, p_account uuid, p_slot uuid, p_expected int8, p_draft bytea, p_most int4)
RETURNS TABLE (outcome text, version int8)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_zero CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
	v_version int8;
BEGIN
	IF p_draft IS NOT NULL AND p_slot <> v_zero THEN
		IF NOT EXISTS (SELECT FROM message m WHERE m.room = p_room AND m.msg_id = p_slot AND m.kind = 3) THEN
			RETURN QUERY SELECT 'not_found'::text, NULL::int8;
			RETURN;
		END IF;
		IF (SELECT count(*) FROM draft d WHERE d.room = p_room AND d.account = p_account AND d.slot NOT IN (v_zero, p_slot)
				AND d.draft IS NOT NULL) >= p_most THEN
			RETURN QUERY SELECT 'quota'::text, NULL::int8;
			RETURN;
		END IF;
	END IF;
	INSERT INTO draft AS d (room, account, slot, version, draft)
	SELECT p_room, p_account, p_slot, p_expected + 1, p_draft
	WHERE p_expected = 0 OR EXISTS (SELECT FROM draft e WHERE e.room = p_room AND e.account = p_account AND e.slot = p_slot)
	ON CONFLICT ON CONSTRAINT draft_key DO UPDATE SET version = excluded.version, draft = excluded.draft, at = now()
	WHERE d.version = p_expected
	RETURNING d.version INTO v_version;
	RETURN QUERY SELECT CASE WHEN v_version IS NULL THEN 'conflict' ELSE 'ok' END, v_version;
END
$$;
GRANT EXECUTE ON FUNCTION draft_put(uuid, uuid, uuid, int8, bytea, int4) TO luotsi_app;
