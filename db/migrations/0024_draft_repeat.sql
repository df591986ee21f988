-- A draft whose answer was lost on the way is sent again: the same words after the same edits are that save's repeat, no conflict.

ALTER FUNCTION template_draft_put(uuid, int8, text, uuid, int4) RENAME TO template_draft_save;

CREATE FUNCTION template_draft_put(p_template uuid, p_edits int8, p_body text, p_copy_of uuid, p_most int4) RETURNS int8
LANGUAGE sql AS $$
	SELECT coalesce((
		SELECT t.edits FROM template t JOIN template_draft d USING (org, template)
		WHERE t.org = luotsi_org() AND t.template = p_template AND t.edits = p_edits + 1 AND d.body = p_body
	), template_draft_save(p_template, p_edits, p_body, p_copy_of, p_most))
$$;
GRANT EXECUTE ON FUNCTION template_draft_put(uuid, int8, text, uuid, int4) TO luotsi_app;
