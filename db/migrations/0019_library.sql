-- The library of assignment templates. Templates hold no personal data and are plain. A template belongs to
-- the organisation that made it; shared, its published versions are read by every organisation. The ones
-- that come with Luotsi belong to no organisation (org zero) and are shared.

CREATE TABLE template (
	org         uuid NOT NULL DEFAULT luotsi_org(),
	template    uuid NOT NULL,
	state       text NOT NULL CONSTRAINT template_state_known CHECK (state IN ('draft', 'published', 'withdrawn')),
	version     int4 NOT NULL DEFAULT 0 CONSTRAINT template_version_bounds CHECK (version BETWEEN 0 AND 65535),
	edits       int8 NOT NULL DEFAULT 0,
	shared      boolean NOT NULL DEFAULT false,
	barred      boolean NOT NULL DEFAULT false,
	author      text NOT NULL CONSTRAINT template_author_length CHECK (octet_length(author) BETWEEN 1 AND 200),
	after       text CONSTRAINT template_after_length CHECK (octet_length(after) BETWEEN 1 AND 200),
	kind        text NOT NULL CONSTRAINT template_kind_known CHECK (kind IN ('assignment', 'meter')),
	languages   text[] NOT NULL,
	topics      text[] NOT NULL,
	title       jsonb NOT NULL,
	description jsonb NOT NULL,
	search      tsvector NOT NULL,
	words       text NOT NULL,
	uses        int8 NOT NULL DEFAULT 0,
	thanks      int8 NOT NULL DEFAULT 0,
	changed_at  timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT template_key PRIMARY KEY (org, template),
	CONSTRAINT template_unique UNIQUE (template),
	CONSTRAINT template_published_has_version CHECK ((state = 'draft') = (version = 0))
);
CREATE INDEX template_search ON template USING gin (search);
COMMENT ON TABLE template IS 'A template as the list shows it: of the newest published version, or of the draft while there is none.';
COMMENT ON COLUMN template.edits IS 'Grows with every change of the draft: who saves names the one they saw.';
COMMENT ON COLUMN template.barred IS 'Taken from the shared ones by the operator; its own organisation keeps it.';
COMMENT ON COLUMN template.after IS 'Whose template this one was copied from.';
CALL tenant_table('template');
CREATE POLICY shared ON template FOR SELECT TO luotsi_app USING (shared AND state = 'published' AND NOT barred);
-- The owner's functions that count and curate find it wherever it belongs.
CREATE POLICY across ON template FOR SELECT TO luotsi_owner USING (shared);
GRANT SELECT, INSERT, DELETE ON template TO luotsi_app;
GRANT UPDATE (state, version, edits, shared, author, kind, languages, topics, title, description, search, words, changed_at) ON template TO luotsi_app;

CREATE TABLE template_version (
	org      uuid NOT NULL DEFAULT luotsi_org(),
	template uuid NOT NULL,
	version  int4 NOT NULL,
	body     text NOT NULL CONSTRAINT template_version_size CHECK (octet_length(body) BETWEEN 2 AND 48000),
	note     text NOT NULL CONSTRAINT template_note_length CHECK (octet_length(note) <= 1000),
	at       timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT template_version_key PRIMARY KEY (org, template, version),
	CONSTRAINT template_version_of_template FOREIGN KEY (org, template) REFERENCES template
);
COMMENT ON TABLE template_version IS 'What was published, byte for byte. Never changed, never deleted: assignments were given by it.';
CALL tenant_table('template_version');
CREATE POLICY shared ON template_version FOR SELECT TO luotsi_app USING (
	EXISTS (SELECT FROM template t WHERE t.org = template_version.org AND t.template = template_version.template
		AND t.shared AND t.state = 'published' AND NOT t.barred));
GRANT SELECT, INSERT ON template_version TO luotsi_app;

CREATE TABLE template_draft (
	org      uuid NOT NULL DEFAULT luotsi_org(),
	template uuid NOT NULL,
	body     text NOT NULL CONSTRAINT template_draft_size CHECK (octet_length(body) BETWEEN 2 AND 48000),
	at       timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT template_draft_key PRIMARY KEY (org, template),
	CONSTRAINT template_draft_of_template FOREIGN KEY (org, template) REFERENCES template
);
COMMENT ON TABLE template_draft IS 'What is being written on for the next version; one for a template, seen in its organisation only.';
CALL tenant_table('template_draft');
GRANT SELECT, INSERT, UPDATE, DELETE ON template_draft TO luotsi_app;

CREATE TABLE template_thanks (
	org      uuid NOT NULL DEFAULT luotsi_org(),
	template uuid NOT NULL,
	account  uuid NOT NULL,
	CONSTRAINT template_thanks_key PRIMARY KEY (org, template, account),
	CONSTRAINT template_thanks_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE
);
CREATE INDEX template_thanks_by_account ON template_thanks (org, account);
COMMENT ON TABLE template_thanks IS 'Who thanked for what, once; in the organisation of who thanks. Others see the number only.';
CALL tenant_table('template_thanks');
GRANT SELECT ON template_thanks TO luotsi_app;

-- All that stands in a template in one language, below its title and description.
CREATE FUNCTION template_inside(p_body jsonb, p_language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(string_agg(f.said #>> '{}', ' '), '')
	FROM jsonb_path_query(p_body, '$.fields.**.label') AS w(words), LATERAL (SELECT w.words -> p_language) AS f(said)
	WHERE jsonb_typeof(f.said) = 'string'
$$;

-- Titles and descriptions in small letters: a part of a compound is found in them.
CREATE FUNCTION template_words(p_body jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(lower(string_agg(said.value, ' ')), '')
	FROM (SELECT value FROM jsonb_each_text(p_body -> 'title') UNION ALL SELECT value FROM jsonb_each_text(p_body -> 'description')) AS said
$$;

-- Word forms of each language by its own rules, and every word as it stands, for beginnings of words.
CREATE FUNCTION template_search(p_body jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT setweight(to_tsvector('finnish', coalesce(p_body #>> '{title,fi}', '')), 'A')
		|| setweight(to_tsvector('swedish', coalesce(p_body #>> '{title,sv}', '')), 'A')
		|| setweight(to_tsvector('english', coalesce(p_body #>> '{title,en}', '')), 'A')
		|| setweight(to_tsvector('finnish', coalesce(p_body #>> '{description,fi}', '')), 'B')
		|| setweight(to_tsvector('swedish', coalesce(p_body #>> '{description,sv}', '')), 'B')
		|| setweight(to_tsvector('english', coalesce(p_body #>> '{description,en}', '')), 'B')
		|| setweight(to_tsvector('finnish', template_inside(p_body, 'fi')), 'C')
		|| setweight(to_tsvector('swedish', template_inside(p_body, 'sv')), 'C')
		|| setweight(to_tsvector('english', template_inside(p_body, 'en')), 'C')
		|| setweight(to_tsvector('simple', template_words(p_body)), 'D')
$$;

-- Words that begin with these lexemes; NULL if there are none.
CREATE FUNCTION template_beginnings(p_lexemes text[], p_least int4) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT to_tsquery('simple', string_agg(quote_literal(lexeme) || ':*', ' & '))
	FROM unnest(p_lexemes) AS lexeme WHERE length(lexeme) >= p_least
$$;

-- Stems without their last letters, which change from form to form (harvinaisuus: harvinaisuuksia) and from
-- word to word of one family (huoli: huolettaa).
CREATE FUNCTION template_roots(p_stems text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(array_agg(left(stem, greatest(4, length(stem) - 2))), '{}') FROM unnest(p_stems) AS stem
$$;

-- What somebody looks for: their words in any form of any of the languages, or words that begin as theirs, or as
-- the roots of theirs.
CREATE FUNCTION template_query(p_text text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(forms || begun, forms) || coalesce(finnish, forms) || coalesce(swedish, forms)
	FROM (SELECT
		plainto_tsquery('finnish', p_text) || plainto_tsquery('swedish', p_text) || plainto_tsquery('english', p_text) AS forms,
		template_beginnings(tsvector_to_array(to_tsvector('simple', p_text)), 1) AS begun,
		template_beginnings(template_roots(tsvector_to_array(to_tsvector('finnish', p_text))), 4) AS finnish,
		template_beginnings(template_roots(tsvector_to_array(to_tsvector('swedish', p_text))), 4) AS swedish) AS q
$$;

-- Whether the words of a list are all among those known, each once.
CREATE FUNCTION template_set(p_list jsonb, p_known text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN jsonb_typeof(p_list) = 'array'
		THEN (SELECT coalesce(bool_and(jsonb_typeof(v) = 'string' AND v #>> '{}' = ANY (p_known)), true) AND count(*) = count(DISTINCT v)
			FROM jsonb_array_elements(p_list) AS v)
		ELSE false END
$$;

-- Whether the rest of the house can handle it. Browsers check everything of it (proto/template.schema.json).
CREATE FUNCTION template_is_legal(p_template uuid, p_version int4, p_body jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(p_body ->> 'format' = 'luotsi-template/1'
		AND p_body ->> 'id' = replace(p_template::text, '-', '')
		AND p_body -> 'version' = to_jsonb(p_version)
		AND p_body ->> 'kind' IN ('assignment', 'meter')
		AND template_set(p_body -> 'languages', ARRAY['fi', 'sv', 'en']) AND p_body -> 'languages' <> '[]'
		AND template_set(p_body -> 'topics', ARRAY['general', 'health', 'daily_life', 'relationships', 'mental_wellbeing', 'self_esteem', 'skills',
			'studies', 'work', 'finances', 'hobbies', 'housing', 'addictions'])
		AND NOT EXISTS (SELECT FROM unnest(ARRAY['title', 'description']) AS named, jsonb_each(CASE jsonb_typeof(p_body -> named) WHEN 'object' THEN p_body -> named END) AS said
			WHERE jsonb_typeof(said.value) <> 'string' OR length(said.value #>> '{}') > 600)
		AND jsonb_typeof(p_body -> 'title') = 'object' AND jsonb_typeof(p_body -> 'description') = 'object'
		AND CASE jsonb_typeof(p_body -> 'fields') WHEN 'array' THEN jsonb_array_length(p_body -> 'fields') <= 60 END, false)
$$;

-- Whether nothing is missing by which it is found and read: what is published, not what is being written.
CREATE FUNCTION template_is_whole(p_body jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_array_length(p_body -> 'fields') > 0 AND NOT EXISTS (
		SELECT FROM jsonb_array_elements_text(p_body -> 'languages') AS language, unnest(ARRAY['title', 'description']) AS named
		WHERE btrim(coalesce(p_body -> named ->> language, '')) = '')
$$;

-- Makes the list show what stands in a body.
CREATE FUNCTION template_show(p_template uuid, p_body jsonb) RETURNS void
LANGUAGE sql AS $$
	UPDATE template t SET kind = p_body ->> 'kind', title = p_body -> 'title', description = p_body -> 'description',
		languages = ARRAY(SELECT jsonb_array_elements_text(p_body -> 'languages')), topics = ARRAY(SELECT jsonb_array_elements_text(p_body -> 'topics')),
		search = template_search(p_body), words = template_words(p_body), changed_at = now()
	WHERE t.org = luotsi_org() AND t.template = p_template
$$;

-- The row, locked, if it belongs to this organisation and its edits are those that were seen.
CREATE FUNCTION template_lock(p_template uuid, p_edits int8) RETURNS template
LANGUAGE plpgsql AS $$
DECLARE
	v_row template;
BEGIN
	SELECT * INTO v_row FROM template t WHERE t.org = luotsi_org() AND t.template = p_template FOR UPDATE;
	IF v_row.org IS NULL THEN
		RAISE EXCEPTION 'no such template' USING ERRCODE = 'LU000', CONSTRAINT = 'template_own__not_found';
	ELSIF v_row.edits <> p_edits THEN
		RAISE EXCEPTION 'edited meanwhile' USING ERRCODE = 'LU000', CONSTRAINT = 'template_edits__conflict';
	END IF;
	RETURN v_row;
END
$$;

-- Saves a draft; p_edits 0 makes the template. p_copy_of: of whose it is a copy (NULL: of nobody's).
CREATE FUNCTION template_draft_put(p_template uuid, p_edits int8, p_body text, p_copy_of uuid, p_most int4) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_body jsonb := p_body::jsonb;
	v_version int4 := 0;
	v_state text := 'draft';
BEGIN
	IF p_edits > 0 THEN
		SELECT l.version, l.state INTO v_version, v_state FROM template_lock(p_template, p_edits) AS l;
	END IF;
	IF NOT template_is_legal(p_template, v_version + 1, v_body) THEN
		RAISE EXCEPTION 'not a template' USING ERRCODE = 'LU000', CONSTRAINT = 'template_body__bad_field';
	END IF;
	IF p_edits = 0 THEN
		-- One at a time for an organisation, so that its ceiling holds.
		PERFORM pg_advisory_xact_lock(hashtextextended(luotsi_org()::text, 19));
		IF (SELECT count(*) FROM template t WHERE t.org = luotsi_org()) >= p_most THEN
			RAISE EXCEPTION 'too many' USING ERRCODE = 'LU000', CONSTRAINT = 'template_most__quota';
		END IF;
		INSERT INTO template (template, state, author, after, kind, languages, topics, title, description, search, words)
		SELECT p_template, 'draft', o.name, (SELECT f.author FROM template f WHERE f.template = p_copy_of),
			'assignment', '{}', '{}', '{}', '{}', '', ''
		FROM organisation o WHERE o.org = luotsi_org();
	END IF;
	INSERT INTO template_draft AS d (template, body) VALUES (p_template, p_body)
	ON CONFLICT (org, template) DO UPDATE SET body = excluded.body, at = now();
	IF v_state = 'draft' THEN
		PERFORM template_show(p_template, v_body);
	END IF;
	UPDATE template t SET edits = t.edits + 1 WHERE t.org = luotsi_org() AND t.template = p_template;
	RETURN p_edits + 1;
END
$$;

-- Throws the draft away, and with it a template that was never published.
CREATE FUNCTION template_draft_drop(p_template uuid, p_edits int8) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_row template := template_lock(p_template, p_edits);
BEGIN
	DELETE FROM template_draft d WHERE d.template = p_template;
	IF v_row.state = 'draft' THEN
		DELETE FROM template t WHERE t.org = luotsi_org() AND t.template = p_template;
		RETURN 0;
	END IF;
	UPDATE template t SET edits = t.edits + 1 WHERE t.org = luotsi_org() AND t.template = p_template;
	RETURN p_edits + 1;
END
$$;

-- The draft becomes the next version.
CREATE FUNCTION template_publish(p_template uuid, p_edits int8, p_note text, p_account uuid) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
	v_row template := template_lock(p_template, p_edits);
	v_body text;
BEGIN
	DELETE FROM template_draft d WHERE d.template = p_template RETURNING d.body INTO v_body;
	IF v_body IS NULL THEN
		RAISE EXCEPTION 'no draft' USING ERRCODE = 'LU000', CONSTRAINT = 'template_draft__conflict';
	ELSIF NOT template_is_whole(v_body::jsonb) THEN
		RAISE EXCEPTION 'not whole' USING ERRCODE = 'LU000', CONSTRAINT = 'template_whole__bad_field';
	END IF;
	INSERT INTO template_version (template, version, body, note) VALUES (p_template, v_row.version + 1, v_body, p_note);
	PERFORM template_show(p_template, v_body::jsonb);
	UPDATE template t SET state = 'published', version = t.version + 1, edits = t.edits + 1,
		author = (SELECT o.name FROM organisation o WHERE o.org = luotsi_org())
	WHERE t.org = luotsi_org() AND t.template = p_template;
	INSERT INTO audit (actor, action, object) VALUES (p_account, 'template_publish', p_template);
	RETURN v_row.version + 1;
END
$$;

-- Own ones only. Shared or not; withdrawn or published again. What stays as it is (NULL) is not asked.
CREATE FUNCTION template_settle(p_template uuid, p_shared boolean, p_withdrawn boolean, p_account uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_row template;
BEGIN
	SELECT * INTO v_row FROM template t WHERE t.org = luotsi_org() AND t.template = p_template FOR UPDATE;
	IF v_row.org IS NULL THEN
		RETURN 'not_found';
	ELSIF v_row.state = 'draft' THEN
		RETURN 'conflict';
	ELSIF p_shared AND v_row.barred THEN
		RETURN 'forbidden';
	END IF;
	UPDATE template t SET shared = coalesce(p_shared, t.shared),
		state = CASE p_withdrawn WHEN true THEN 'withdrawn' WHEN false THEN 'published' ELSE t.state END
	WHERE t.org = luotsi_org() AND t.template = p_template;
	INSERT INTO audit (actor, action, object, word) VALUES (p_account, CASE WHEN p_shared IS NULL THEN 'template_withdraw' ELSE 'template_share' END,
		p_template, CASE WHEN coalesce(p_shared, p_withdrawn) THEN 'on' ELSE 'off' END);
	RETURN 'ok';
END
$$;

-- In which organisation's row a visible template stands: the own one's, or another's that is shared.
CREATE FUNCTION template_home(p_template uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
	SELECT t.org FROM template t WHERE t.template = p_template AND t.state = 'published'
		AND (t.org = luotsi_org() OR (t.shared AND NOT t.barred))
$$;

-- Thanks, or takes them back; how many there are now, NULL for no such template. The row may be another
-- organisation's: only its numbers change.
CREATE FUNCTION template_thank(p_template uuid, p_account uuid, p_thanks boolean) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here text := luotsi_org()::text;
	v_home uuid := template_home(p_template);
	v_change int4;
	v_thanks int8;
BEGIN
	IF p_thanks THEN
		INSERT INTO template_thanks (template, account) SELECT p_template, p_account WHERE v_home IS NOT NULL ON CONFLICT DO NOTHING;
	ELSE
		DELETE FROM template_thanks g WHERE g.template = p_template AND g.account = p_account AND v_home IS NOT NULL;
	END IF;
	GET DIAGNOSTICS v_change = ROW_COUNT;
	PERFORM set_config('luotsi.org', coalesce(v_home::text, v_here), true);
	UPDATE template t SET thanks = t.thanks + CASE WHEN p_thanks THEN v_change ELSE -v_change END
	WHERE t.org = v_home AND t.template = p_template RETURNING t.thanks INTO v_thanks;
	PERFORM set_config('luotsi.org', v_here, true);
	RETURN v_thanks;
END
$$;

-- Counts that it was given to somebody; not to whom, nor by whom.
CREATE FUNCTION template_used(p_template uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here text := luotsi_org()::text;
	v_home uuid := template_home(p_template);
BEGIN
	PERFORM set_config('luotsi.org', coalesce(v_home::text, v_here), true);
	UPDATE template t SET uses = t.uses + 1 WHERE t.org = v_home AND t.template = p_template;
	PERFORM set_config('luotsi.org', v_here, true);
	RETURN v_home IS NOT NULL;
END
$$;

-- The operator takes a shared template out of the shared ones, or lets it in again.
CREATE FUNCTION template_curate(p_template uuid, p_barred boolean, p_account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here text := luotsi_org()::text;
	v_home uuid := (SELECT t.org FROM template t WHERE t.template = p_template AND t.shared);
BEGIN
	IF v_home IS NULL THEN
		RETURN false;
	END IF;
	PERFORM set_config('luotsi.org', v_home::text, true);
	UPDATE template t SET barred = p_barred WHERE t.org = v_home AND t.template = p_template;
	PERFORM set_config('luotsi.org', v_here, true);
	INSERT INTO audit (actor, action, object, word) VALUES (p_account, 'template_curate', p_template, CASE WHEN p_barred THEN 'on' ELSE 'off' END);
	RETURN true;
END
$$;

-- What comes with Luotsi, from db/templates: put in, or brought up to its version. True if anything changed.
-- Called by `luotsid migrate` only.
CREATE FUNCTION template_seed(p_body text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	v_body jsonb := p_body::jsonb;
	v_template uuid := (v_body ->> 'id')::uuid;
	v_version int4 := (v_body ->> 'version')::int4;
	v_known int4;
BEGIN
	PERFORM set_config('luotsi.org', '00000000-0000-0000-0000-000000000000', true);
	SELECT t.version INTO v_known FROM template t WHERE t.org = luotsi_org() AND t.template = v_template FOR UPDATE;
	IF v_known >= v_version THEN
		RETURN false;
	ELSIF NOT (template_is_legal(v_template, v_version, v_body) AND template_is_whole(v_body)) THEN
		RAISE EXCEPTION 'not a template: %', v_body ->> 'id' USING ERRCODE = 'LU000';
	END IF;
	INSERT INTO template (template, state, version, shared, author, kind, languages, topics, title, description, search, words)
	VALUES (v_template, 'published', v_version, true, 'Luotsi', 'assignment', '{}', '{}', '{}', '{}', '', '')
	ON CONFLICT (org, template) DO UPDATE SET version = excluded.version;
	INSERT INTO template_version (template, version, body, note) VALUES (v_template, v_version, regexp_replace(p_body, '\n\t*', '', 'g'), '');
	PERFORM template_show(v_template, v_body);
	RETURN true;
END
$$;

GRANT EXECUTE ON FUNCTION template_inside(jsonb, text), template_search(jsonb), template_words(jsonb), template_beginnings(text[], int4), template_roots(text[]), template_query(text),
	template_set(jsonb, text[]), template_is_legal(uuid, int4, jsonb), template_is_whole(jsonb), template_show(uuid, jsonb), template_lock(uuid, int8), template_draft_put(uuid, int8, text, uuid, int4),
	template_draft_drop(uuid, int8), template_publish(uuid, int8, text, uuid), template_settle(uuid, boolean, boolean, uuid), template_thank(uuid, uuid, boolean),
	template_used(uuid), template_curate(uuid, boolean, uuid) TO luotsi_app;
