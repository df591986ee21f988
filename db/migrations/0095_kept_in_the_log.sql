-- The log of a room says that something which was deleted there is kept, sealed, because of a hold (0079): whoever deletes
-- reads there what became of it. Not again when one of several holds ends.

INSERT INTO audit_action (action) VALUES ('message_kept');

DO $$
DECLARE
	v_old text := pg_get_functiondef('message_erase(uuid[], int8[])'::regprocedure);
	v_new text := regexp_replace(v_old, '\mWITH erased AS \(', $new$IF v_held && p_room THEN
		INSERT INTO audit (actor, action, object)
		SELECT d.sender, 'message_kept', d.room FROM unnest(p_room, p_seq) AS p(room, seq)
		JOIN message d ON d.room = p.room AND d.seq = p.seq AND d.kind = 1 AND d.op = 2
		WHERE d.room = ANY (v_held)
			AND EXISTS (SELECT FROM message t WHERE t.room = d.room AND t.msg_id = d.target AND t.sender = d.sender AND t.kind <> 2 AND NOT t.tombstone);
	END IF;
	WITH erased AS ($new$);
BEGIN
	ASSERT v_new <> v_old, 'what is deleted under a hold';
	EXECUTE v_new;
END
$$;

-- As in 0079, of rooms that no other hold keeps.
CREATE OR REPLACE FUNCTION held_deletes(p_object uuid) RETURNS void
LANGUAGE sql AS $$
	SELECT message_erase(array_agg(d.room), array_agg(d.seq)) FROM (
		SELECT p_object AS room UNION SELECT m.room FROM room_member m WHERE m.org = luotsi_org() AND m.account = p_object AND m.role = 1) AS r
	JOIN message d ON d.org = luotsi_org() AND d.room = r.room AND d.kind = 1 AND d.op = 2
	WHERE r.room <> ALL (held_rooms())
		AND EXISTS (SELECT FROM message t WHERE t.org = d.org AND t.room = d.room AND t.msg_id = d.target AND NOT t.tombstone)
	HAVING count(*) > 0
$$;
