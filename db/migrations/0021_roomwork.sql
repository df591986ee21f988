-- What a room is about. Everything else of the guidance work (phases, goals, notes) is sealed; these words the
-- server knows, because statistics are made of them, and the page that asks for them says so.

CREATE TABLE room_topic (
	org   uuid NOT NULL DEFAULT luotsi_org(),
	room  uuid NOT NULL,
	topic text NOT NULL CONSTRAINT room_topic_known CHECK (topic IN ('general', 'health', 'daily_life', 'relationships',
		'mental_wellbeing', 'self_esteem', 'skills', 'studies', 'work', 'finances', 'hobbies', 'housing', 'addictions')),
	at    timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT room_topic_key PRIMARY KEY (org, room, topic),
	CONSTRAINT room_topic_of_room FOREIGN KEY (org, room) REFERENCES room
);
COMMENT ON TABLE room_topic IS 'The topics of a room as its staff chose them. In clear by purpose, for statistics; goes with the room.';
CALL tenant_table('room_topic');

-- Those that were there keep their time; gives when the choice was made. Audited without the words.
CREATE FUNCTION room_topics_put(p_room uuid, p_account uuid, p_topics text[]) RETURNS timestamptz
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('topics ' || p_room, 0));
	DELETE FROM room_topic t WHERE t.room = p_room AND t.topic <> ALL (p_topics);
	INSERT INTO room_topic (room, topic) SELECT DISTINCT p_room, t.topic FROM unnest(p_topics) AS t (topic)
	ON CONFLICT ON CONSTRAINT room_topic_key DO NOTHING;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'room_topics', p_room);
	RETURN now();
END
$$;

GRANT EXECUTE ON FUNCTION room_topics_put(uuid, uuid, text[]) TO luotsi_app;
GRANT SELECT, DELETE ON room_topic TO luotsi_app;
GRANT INSERT (room, topic) ON room_topic TO luotsi_app;
GRANT SELECT ON room_topic TO luotsi_read;
