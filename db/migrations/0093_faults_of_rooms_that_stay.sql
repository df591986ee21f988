-- A room goes in bounded steps, its files before their messages. Whoever looked in between, which happens above all when the jobs process was
-- killed in the middle and looks as it starts, found a manifest without its file, told the organisation so in its log, for ever, and raised
-- an alarm. A room on its way is looked at when it has gone: then nothing of it may be there (erasure_faults).

-- As in 0018, of the rooms that stay.
CREATE OR REPLACE FUNCTION file_faults() RETURNS TABLE (fault text, n int8)
LANGUAGE sql STABLE AS $$
	WITH going AS MATERIALIZED (SELECT coalesce(array_agg(r.room), '{}') AS rooms FROM room r WHERE r.erasing)
	SELECT w.fault, w.n FROM (
		SELECT 'part of no file' AS fault, count(*) AS n
		FROM file_part p LEFT JOIN file f ON f.file = p.file AND f.state <> 'gone' WHERE f.file IS NULL
		UNION ALL
		SELECT 'key of no file', count(*)
		FROM file_seal s LEFT JOIN file f ON f.file = s.file AND f.state <> 'gone' WHERE f.file IS NULL
		UNION ALL
		SELECT 'file without a key', count(*)
		FROM file f LEFT JOIN file_seal s ON s.file = f.file
		WHERE s.file IS NULL AND f.state <> 'gone' AND f.room <> ALL ((SELECT g.rooms FROM going g)::uuid[])
		UNION ALL
		SELECT 'sent file that is not whole', count(*)
		FROM file f WHERE f.state = 'sent' AND f.room <> ALL ((SELECT g.rooms FROM going g)::uuid[]) AND (
			SELECT count(*) FROM file_part p
			WHERE p.file = f.file AND octet_length(p.bytes) = file_part_measure(f.cipher_size, p.n)) <> f.n_parts
		UNION ALL
		SELECT 'sent file without its manifest', count(*)
		FROM file f LEFT JOIN message m ON m.room = f.room AND m.seq = f.seq AND m.kind = 5 AND NOT m.tombstone
			AND manifest_file(m.header_len, m.envelope) = f.file
		WHERE f.state = 'sent' AND m.seq IS NULL AND f.room <> ALL ((SELECT g.rooms FROM going g)::uuid[])
		UNION ALL
		SELECT 'manifest without its file', count(*)
		FROM message m LEFT JOIN file f ON f.room = m.room AND f.seq = m.seq
		WHERE m.kind = 5 AND m.kind > 2 AND NOT m.tombstone AND f.file IS NULL AND m.room <> ALL ((SELECT g.rooms FROM going g)::uuid[])
		UNION ALL
		SELECT 'wrong account of room', count(*)
		FROM (SELECT coalesce((SELECT sum(f.cipher_size) FROM file f WHERE f.state <> 'gone'), 0)
			<> coalesce((SELECT u.used FROM file_use u), 0) AS wrong) AS a WHERE a.wrong) AS w
	WHERE w.n > 0
$$;
