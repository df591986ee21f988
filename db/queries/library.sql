-- The library of assignment templates: own ones, and those that are shared.

-- name: template_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: words text, topic text, language text, kind text, scope text, template uuid, reader text, account uuid, skip int4, limit int4
-- out: template uuid, version int4, edits int8, state text, own bool, shared bool, barred bool, author text, after text, kind text, languages text[], topics text[], title text, description text, uses int8, thanks int8, thanked bool, drafted bool, changed_at timestamptz
-- The best first: words in any form, else beginnings of words, else a part of a word; then what is used. What is NULL is not
-- asked for. scope: all (published ones), own, shared, drafts; template: this one, whatever its state. title and description in the reader's
-- language, else in its first.
SELECT t.template, t.version, CASE WHEN t.org = luotsi_org() THEN t.edits ELSE 0 END AS edits, t.state, t.org = luotsi_org() AS own, t.shared, t.barred,
	t.author, t.after, t.kind, t.languages, t.topics,
	coalesce(t.title ->> :reader, t.title ->> t.languages[1]) AS title, coalesce(t.description ->> :reader, t.description ->> t.languages[1]) AS description,
	t.uses, t.thanks, EXISTS (SELECT FROM template_thanks g WHERE g.template = t.template AND g.account = :account) AS thanked,
	EXISTS (SELECT FROM template_draft d WHERE d.template = t.template) AS drafted, t.changed_at
FROM template t
WHERE (:template IS NULL OR t.template = :template)
	AND (:words IS NULL OR t.search @@ template_query(:words) OR position(lower(:words) IN t.words) > 0)
	AND (:topic IS NULL OR :topic = ANY (t.topics))
	AND (:language IS NULL OR :language = ANY (t.languages))
	AND (:kind IS NULL OR t.kind = :kind)
	AND CASE :scope
		WHEN 'all' THEN t.state = 'published'
		WHEN 'own' THEN t.org = luotsi_org()
		WHEN 'shared' THEN t.state = 'published' AND t.shared AND NOT t.barred
		WHEN 'drafts' THEN EXISTS (SELECT FROM template_draft d WHERE d.template = t.template)
		ELSE true END
ORDER BY CASE WHEN :words IS NULL THEN 0 ELSE ts_rank(t.search, template_query(:words)) END DESC, t.uses DESC, t.thanks DESC, t.template
OFFSET :skip LIMIT :limit;

-- name: template_body
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: template uuid, version int4
-- out: version int4, body text
-- A published version; the newest if version is NULL.
SELECT v.version, v.body FROM template_version v
WHERE v.template = :template AND (:version IS NULL OR v.version = :version)
ORDER BY v.version DESC LIMIT 1;

-- name: template_versions
-- shape: many
-- lane: read
-- tenant: yes
-- in: template uuid, before int4, limit int4
-- out: version int4, at timestamptz, note text
-- The newest first.
SELECT version, at, note FROM template_version
WHERE template = :template AND (:before IS NULL OR version < :before)
ORDER BY version DESC LIMIT :limit;

-- name: template_draft
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: template uuid
-- out: edits int8, body text, at timestamptz
-- The draft of an own template. body and at NULL: there is none.
SELECT t.edits, d.body, d.at FROM template t LEFT JOIN template_draft d USING (org, template)
WHERE t.org = luotsi_org() AND t.template = :template;

-- name: template_draft_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, edits int8, body text, copy_of uuid, most int4
-- out: edits int8
-- edits 0 makes the template. Refused: conflict, not_found, bad_field, quota.
SELECT template_draft_put(:template, :edits, :body, :copy_of, :most) AS edits;

-- name: template_draft_drop
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, edits int8
-- out: edits int8
-- 0: the template is gone with it, because it was never published.
SELECT template_draft_drop(:template, :edits) AS edits;

-- name: template_publish
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, edits int8, note text, account uuid
-- out: version int4
-- The draft becomes this version.
SELECT template_publish(:template, :edits, :note, :account) AS version;

-- name: template_settle
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, shared bool, withdrawn bool, account uuid
-- out: outcome text
-- ok | not_found | conflict (never published) | forbidden (the operator took it out of the shared ones)
SELECT template_settle(:template, :shared, :withdrawn, :account) AS outcome;

-- name: template_thank
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, account uuid, thanks bool
-- out: thanks int8
-- NULL: no such template.
SELECT template_thank(:template, :account, :thanks) AS thanks;

-- name: template_used
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid
-- out: known bool
-- One more assignment was given by it.
SELECT template_used(:template) AS known;

-- name: template_curate
-- shape: one
-- lane: write
-- tenant: yes
-- in: template uuid, barred bool, account uuid
-- out: known bool
-- Out of the shared ones, or in again; by the operator.
SELECT template_curate(:template, :barred, :account) AS known;

-- name: template_barred
-- shape: many
-- lane: read
-- tenant: yes
-- in: reader text, skip int4, limit int4
-- out: template uuid, version int4, edits int8, state text, own bool, shared bool, barred bool, author text, after text, kind text, languages text[], topics text[], title text, description text, uses int8, thanks int8, thanked bool, drafted bool, changed_at timestamptz
-- What the operator took out of the shared ones, the newest first; columns as of template_list.
SELECT template, version, edits, state, own, shared, barred, author, after, kind, languages, topics, title, description, uses, thanks, thanked, drafted, changed_at
FROM template_barred(:reader, :skip, :limit);
