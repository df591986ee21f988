-- Reminders before the due date of an assignment. The server knows when, and of which envelope; not what it
-- is, nor that there is a due date.

CREATE TABLE reminder (
	org    uuid NOT NULL DEFAULT luotsi_org(),
	room   uuid NOT NULL,
	msg_id uuid NOT NULL,
	at     timestamptz NOT NULL,
	CONSTRAINT reminder_key PRIMARY KEY (org, room, msg_id),
	CONSTRAINT reminder_of_room FOREIGN KEY (org, room) REFERENCES room ON DELETE CASCADE
);
COMMENT ON TABLE reminder IS 'What clients of a room are to be reminded of. Goes when its time has come.';
CREATE INDEX reminder_by_time ON reminder (org, at);
CALL tenant_table('reminder');

CREATE TABLE reminder_due (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	account uuid NOT NULL,
	room    uuid NOT NULL,
	msg_id  uuid NOT NULL,
	at      timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT reminder_due_key PRIMARY KEY (org, account, room, msg_id),
	CONSTRAINT reminder_due_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE,
	CONSTRAINT reminder_due_of_room FOREIGN KEY (org, room) REFERENCES room ON DELETE CASCADE
);
COMMENT ON TABLE reminder_due IS 'Reminders whose time has come and that the person has not seen yet.';
CREATE INDEX reminder_due_of_item ON reminder_due (org, room, msg_id);
CALL tenant_table('reminder_due');

-- Sets the reminder of an assignment, or takes it away (p_at NULL), with what it had told already: ok |
-- not_found (no assignment of the room) | bad_field (not in the time to come) | quota (so many of the room).
CREATE FUNCTION reminder_put(p_room uuid, p_msg_id uuid, p_at timestamptz, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF p_at IS NOT NULL THEN
		IF NOT EXISTS (SELECT FROM message m WHERE m.org = luotsi_org() AND m.room = p_room AND m.msg_id = p_msg_id
				AND m.kind = 3 AND NOT m.tombstone) THEN
			RETURN 'not_found';
		END IF;
		IF p_at <= now() OR p_at > now() + interval '400 days' THEN
			RETURN 'bad_field';
		END IF;
		IF (SELECT count(*) FROM reminder r WHERE r.org = luotsi_org() AND r.room = p_room AND r.msg_id <> p_msg_id) >= p_most THEN
			RETURN 'quota';
		END IF;
	END IF;
	DELETE FROM reminder_due d WHERE d.org = luotsi_org() AND d.room = p_room AND d.msg_id = p_msg_id;
	IF p_at IS NULL THEN
		DELETE FROM reminder r WHERE r.org = luotsi_org() AND r.room = p_room AND r.msg_id = p_msg_id;
	ELSE
		INSERT INTO reminder (room, msg_id, at) VALUES (p_room, p_msg_id, p_at)
		ON CONFLICT ON CONSTRAINT reminder_key DO UPDATE SET at = excluded.at;
	END IF;
	RETURN 'ok';
END
$$;

-- What a person is reminded of and may still read.
CREATE FUNCTION reminder_list(p_account uuid, p_most int4) RETURNS TABLE (room uuid, msg_id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT d.room, d.msg_id, d.at
	FROM reminder_due d
	JOIN room_member m ON m.org = d.org AND m.room = d.room AND m.account = d.account AND m.active
	WHERE d.org = luotsi_org() AND d.account = p_account
	ORDER BY d.at DESC, d.msg_id LIMIT p_most
$$;

CREATE FUNCTION reminder_seen(p_account uuid, p_room uuid, p_msg_id uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH gone AS (
		DELETE FROM reminder_due d
		WHERE d.org = luotsi_org() AND d.account = p_account AND d.room = p_room AND d.msg_id = p_msg_id
		RETURNING d.msg_id)
	SELECT EXISTS (SELECT FROM gone)
$$;

-- Reminders whose time has come, of all organisations: told to the clients who are in their rooms. A room
-- that was closed, and an assignment that was deleted, remind of nothing.
CREATE FUNCTION reminders_fire() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_fired int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		WITH due AS (
			DELETE FROM reminder r WHERE r.org = v_org AND r.at <= now() RETURNING r.room, r.msg_id),
		told AS (
			INSERT INTO reminder_due (account, room, msg_id)
			SELECT m.account, due.room, due.msg_id
			FROM due
			JOIN room o ON o.org = v_org AND o.room = due.room AND o.phase = 'open'
			JOIN message a ON a.org = v_org AND a.room = due.room AND a.msg_id = due.msg_id AND NOT a.tombstone
			JOIN room_member m ON m.org = v_org AND m.room = due.room AND m.role = 1 AND m.active
			ON CONFLICT ON CONSTRAINT reminder_due_key DO UPDATE SET at = now()
			RETURNING 1)
		SELECT count(*) INTO v_n FROM told;
		v_fired := v_fired + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_fired;
END
$$;

REVOKE EXECUTE ON FUNCTION reminder_put(uuid, uuid, timestamptz, int4), reminder_list(uuid, int4), reminder_seen(uuid, uuid, uuid),
	reminders_fire() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reminder_put(uuid, uuid, timestamptz, int4), reminder_list(uuid, int4), reminder_seen(uuid, uuid, uuid) TO luotsi_app;
GRANT EXECUTE ON FUNCTION reminders_fire() TO luotsi_jobs;
