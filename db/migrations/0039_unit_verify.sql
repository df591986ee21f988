-- For the verifier: as in 0038, but without units that are on their way out.
CREATE OR REPLACE FUNCTION unit_needed(p_after uuid, p_after_part int4, p_most int4) RETURNS TABLE (unit uuid, part int4)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT n.unit, n.part FROM (
		(SELECT DISTINCT w.room AS unit, w.epoch AS part FROM wrap w
		WHERE w.org = luotsi_org() AND octet_length(w.wrap) = 142 AND (w.room, w.epoch) > (p_after, p_after_part)
			AND NOT EXISTS (SELECT FROM unit_doomed d WHERE d.org = w.org AND d.unit = w.room AND d.part = w.epoch)
		ORDER BY 1, 2 LIMIT p_most)
		UNION ALL
		(SELECT s.file, 0 FROM file_seal s
		WHERE s.org = luotsi_org() AND octet_length(s.key) = 133 AND (s.file, 0) > (p_after, p_after_part)
			AND NOT EXISTS (SELECT FROM unit_doomed d WHERE d.org = s.org AND d.unit = s.file AND d.part = 0)
		ORDER BY 1 LIMIT p_most)) AS n
	ORDER BY 1, 2 LIMIT p_most
$$;
