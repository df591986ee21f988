-- What the operator took out of the shared templates can be found again, to be let in again. And the ids of what comes with
-- Luotsi ("luotsi", zeroes, a number) are nobody else's: who took one that a later release brings would stop its migration.

CREATE FUNCTION template_barred(p_reader text, p_skip int4, p_limit int4)
RETURNS TABLE (template uuid, version int4, edits int8, state text, own boolean, shared boolean, barred boolean, author text, after text, kind text, languages text[],
	topics text[], title text, description text, uses int8, thanks int8, thanked boolean, drafted boolean, changed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT t.template, t.version, 0::int8, t.state, t.org = luotsi_org(), t.shared, t.barred, t.author, t.after, t.kind, t.languages, t.topics,
		coalesce(t.title ->> p_reader, t.title ->> t.languages[1]), coalesce(t.description ->> p_reader, t.description ->> t.languages[1]),
		t.uses, t.thanks, false, false, t.changed_at
	FROM template t WHERE t.shared AND t.barred
	ORDER BY t.changed_at DESC, t.template OFFSET p_skip LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION template_barred(text, int4, int4) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION template_barred(text, int4, int4) TO luotsi_app;

ALTER TABLE template ADD CONSTRAINT template_id__conflict
	CHECK (org = '00000000-0000-0000-0000-000000000000' OR template::text NOT LIKE '6c756f74-7369-0000-0000-%') NOT VALID;
