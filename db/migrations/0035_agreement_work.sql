-- What the operator and the admins do with organisations and agreements; and what the service does by itself.
-- How the operator reaches other organisations: 0033.

-- --- many organisations ---

-- Organisations with the newest of their agreements (state none: there is none). p_within: this one and those
-- under it. p_stuck: only those that have waited in their state for so many days.
CREATE FUNCTION organisation_list(p_actor uuid, p_within uuid, p_words text, p_state text, p_kind text, p_region text, p_stuck int4, p_skip int4, p_limit int4)
RETURNS TABLE (org uuid, name text, business_id text, kind text, region text, under uuid, under_name text, agreement uuid, state text,
	since timestamptz, version int4, next_state text, next_by text, ends_on text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM across(true);
	RETURN QUERY
		SELECT o.org, o.name, o.business_id, o.kind, o.region, o.under, u.name, a.agreement, coalesce(a.state, 'none'),
			coalesce(a.since, o.created_at), coalesce(a.version, 0), t.to_state, to_char(a.next_by, 'YYYY-MM-DD'), to_char(a.ends_on, 'YYYY-MM-DD')
		FROM organisation o
		LEFT JOIN organisation u ON u.org = o.under
		LEFT JOIN LATERAL (SELECT g.* FROM agreement g WHERE g.org = o.org ORDER BY g.state = 'ended', g.created_at DESC, g.agreement LIMIT 1) AS a ON true
		LEFT JOIN agreement_transition t ON t.from_state = a.state AND t.forward
		WHERE (o.org <> luotsi_org() OR p_within = o.org)
			AND (p_within IS NULL OR o.org = p_within OR o.under = p_within)
			AND (p_words IS NULL OR strpos(lower(o.name), lower(p_words)) > 0 OR strpos(o.business_id, p_words) = 1)
			AND (p_state IS NULL OR coalesce(a.state, 'none') = p_state)
			AND (p_kind IS NULL OR o.kind = p_kind) AND (p_region IS NULL OR o.region = p_region)
			AND (p_stuck IS NULL OR coalesce(a.state, 'none') NOT IN ('live', 'ended') AND coalesce(a.since, o.created_at) <= now() - make_interval(days => p_stuck))
		ORDER BY o.name, o.org OFFSET p_skip LIMIT p_limit;
	PERFORM across(false);
END
$$;

-- Where agreements stand and for how long, by region and kind; those in force and over are told without days.
CREATE FUNCTION organisation_stuck(p_actor uuid) RETURNS TABLE (state text, region text, kind text, n int8, days_median int4, days_most int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM across(true);
	RETURN QUERY
		SELECT w.state, w.region, w.kind, count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY w.days), max(w.days)
		FROM (
			SELECT coalesce(a.state, 'none') AS state, o.region, o.kind,
				floor(extract(epoch FROM now() - coalesce(a.since, o.created_at)) / 86400)::int4 AS days
			FROM organisation o
			LEFT JOIN LATERAL (SELECT g.* FROM agreement g WHERE g.org = o.org ORDER BY g.state = 'ended', g.created_at DESC, g.agreement LIMIT 1) AS a ON true
			WHERE o.org <> luotsi_org()) AS w
		GROUP BY w.state, w.region, w.kind ORDER BY w.state, w.region, w.kind;
	PERFORM across(false);
END
$$;

-- --- one agreement ---

CREATE FUNCTION agreement_list(p_actor uuid, p_org uuid)
RETURNS TABLE (agreement uuid, state text, since timestamptz, version int4, controller text, controller_business_id text, processor text,
	processor_business_id text, next_state text, next_by text, ends_on text, ended_at timestamptz, at_end text, training_required boolean,
	allows text[], privacy_notice jsonb, service_promise jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY
		SELECT a.agreement, a.state, a.since, a.version, a.controller, a.controller_business_id, a.processor, a.processor_business_id,
			t.to_state, to_char(a.next_by, 'YYYY-MM-DD'), to_char(a.ends_on, 'YYYY-MM-DD'), a.ended_at, a.at_end, a.training_required,
			ARRAY(SELECT act FROM unnest(agreement_acts()) WITH ORDINALITY AS c(act, i) WHERE agreement_may(a.allows, act) ORDER BY i),
			a.privacy_notice::jsonb, a.service_promise::jsonb
		FROM agreement a LEFT JOIN agreement_transition t ON t.from_state = a.state AND t.forward
		WHERE a.org = luotsi_org() ORDER BY a.state = 'ended', a.created_at DESC, a.agreement LIMIT 20;
	PERFORM organisation_left(v_here);
END
$$;

-- A new agreement from a published template; the processor is the operator's own organisation. One at a time.
CREATE FUNCTION agreement_make(p_actor uuid, p_org uuid, p_agreement uuid, p_template uuid, p_version int4, p_begins text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_from agreement_template;
	v_owner organisation;
	v_processor organisation;
	v_business_id text;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	SELECT * INTO v_from FROM agreement_template t WHERE t.template = p_template AND t.version = p_version AND t.published_at IS NOT NULL AND NOT t.withdrawn;
	SELECT * INTO v_owner FROM organisation o WHERE o.org = p_org;
	SELECT * INTO v_processor FROM organisation o WHERE o.org = v_here;
	v_business_id := coalesce(v_owner.business_id, (SELECT o.business_id FROM organisation o WHERE o.org = v_owner.under));
	PERFORM pg_advisory_xact_lock(hashtextextended('agreement ' || p_org, 0));
	IF v_from.template IS NULL THEN
		RAISE EXCEPTION 'no such template' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_make__not_found';
	ELSIF v_business_id IS NULL THEN
		RAISE EXCEPTION 'no business id' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_make__bad_field';
	ELSIF EXISTS (SELECT FROM agreement a WHERE a.org = p_org AND a.state <> 'ended') THEN
		RAISE EXCEPTION 'there is one' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_make__conflict';
	END IF;
	INSERT INTO agreement (agreement, state, controller, controller_business_id, processor, processor_business_id, retention_days, privacy_notice, service_promise)
	VALUES (p_agreement, 'contact_found', v_owner.name, v_business_id, v_processor.name, v_processor.business_id,
		(v_from.terms -> 'retention' ->> 'closed_rooms')::int4,
		replace(v_from.privacy_notice::text, '{controller}', btrim(to_json(v_owner.name)::text, '"'))::jsonb, v_from.service_promise);
	INSERT INTO agreement_version (agreement, version, language, terms, holds_from, template, template_version, made_by)
	VALUES (p_agreement, 1, v_from.language, v_from.terms || jsonb_build_object('begins', to_char(day_read(p_begins), 'YYYY-MM-DD')),
		day_read(p_begins), p_template, p_version, p_actor);
	PERFORM agreement_note(p_agreement, p_actor, NULL, 'contact_found', '', NULL);
	PERFORM audit_both(v_here, p_actor, 'agreement_make', p_agreement, NULL);
	PERFORM organisation_left(v_here);
END
$$;

-- The agreement, locked, of the organisation that is named.
CREATE FUNCTION agreement_lock(p_agreement uuid) RETURNS agreement
LANGUAGE plpgsql AS $$
DECLARE
	v_row agreement;
BEGIN
	SELECT * INTO v_row FROM agreement a WHERE a.org = luotsi_org() AND a.agreement = p_agreement FOR UPDATE;
	IF v_row.org IS NULL THEN
		RAISE EXCEPTION 'no such agreement' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_lock__not_found';
	END IF;
	RETURN v_row;
END
$$;

-- Writes a draft: of the first version until it is sent, of the next one while the agreement is in force. What was
-- offered is a draft again; what was accepted stays.
CREATE FUNCTION agreement_draft(p_actor uuid, p_org uuid, p_agreement uuid, p_version int4, p_language text, p_terms text, p_holds_from text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_row agreement;
	v_last int4;
	v_accepted timestamptz;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	v_row := agreement_lock(p_agreement);
	SELECT max(v.version), max(v.accepted_at) FILTER (WHERE v.version = p_version) INTO v_last, v_accepted
	FROM agreement_version v WHERE v.org = p_org AND v.agreement = p_agreement;
	IF v_accepted IS NOT NULL OR p_version NOT BETWEEN v_last AND v_last + 1 OR (CASE WHEN p_version = 1
		THEN v_row.state NOT IN ('contact_found', 'signatory_found') ELSE v_row.state <> 'live' OR day_read(p_holds_from) < day_now() END)
		OR p_version = v_last + 1 AND EXISTS (SELECT FROM agreement_version v WHERE v.org = p_org AND v.agreement = p_agreement
			AND v.version = v_last AND v.accepted_at IS NULL) THEN
		RAISE EXCEPTION 'not now' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_draft__conflict';
	END IF;
	INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by)
	VALUES (p_agreement, p_version, p_language, p_terms::jsonb, day_read(p_holds_from), p_actor)
	ON CONFLICT ON CONSTRAINT agreement_version_key DO UPDATE SET language = excluded.language, terms = excluded.terms, holds_from = excluded.holds_from,
		made_at = now(), made_by = excluded.made_by, document = NULL;
	PERFORM audit_both(v_here, p_actor, 'agreement_draft', p_agreement, NULL);
	PERFORM organisation_left(v_here);
END
$$;

-- All versions, the newest first. standing: draft, offered (with its document), agreed (signed or accepted, its
-- day not come), holds, past.
CREATE FUNCTION agreement_versions(p_actor uuid, p_org uuid, p_agreement uuid)
RETURNS TABLE (version int4, standing text, language text, holds_from text, processor text, made_at timestamptz, document bytea, signed bytea, signed_on text, accepted_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY
		SELECT v.version, CASE WHEN v.version = a.version THEN 'holds' WHEN v.version < a.version THEN 'past'
				WHEN v.accepted_at IS NOT NULL THEN 'agreed' WHEN v.document IS NOT NULL THEN 'offered' ELSE 'draft' END,
			v.language, to_char(v.holds_from, 'YYYY-MM-DD'), v.processor, v.made_at, v.document::bytea, v.signed::bytea, to_char(v.signed_on, 'YYYY-MM-DD'), v.accepted_at
		FROM agreement_version v JOIN agreement a USING (org, agreement)
		WHERE v.org = luotsi_org() AND v.agreement = p_agreement ORDER BY v.version DESC LIMIT 100;
	PERFORM organisation_left(v_here);
END
$$;

CREATE FUNCTION agreement_terms(p_actor uuid, p_org uuid, p_agreement uuid, p_version int4) RETURNS TABLE (language text, terms text, holds_from text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY SELECT v.language, v.terms::text, to_char(v.holds_from, 'YYYY-MM-DD') FROM agreement_version v
		WHERE v.org = luotsi_org() AND v.agreement = p_agreement AND v.version = p_version;
	PERFORM organisation_left(v_here);
END
$$;

-- The document of a draft was made: what it says is offered from now on.
CREATE FUNCTION agreement_offer(p_actor uuid, p_org uuid, p_agreement uuid, p_version int4, p_document bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_row agreement;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	v_row := agreement_lock(p_agreement);
	UPDATE agreement_version v SET document = p_document
	WHERE v.org = p_org AND v.agreement = p_agreement AND v.version = p_version AND v.accepted_at IS NULL
		AND (v.document IS NULL OR v_row.state IN ('contact_found', 'signatory_found', 'live'));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'not now' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_offer__conflict';
	END IF;
	PERFORM audit_both(v_here, p_actor, 'agreement_offer', p_agreement, NULL);
	PERFORM organisation_left(v_here);
END
$$;

-- It has come back signed, by both.
CREATE FUNCTION agreement_sign(p_actor uuid, p_org uuid, p_agreement uuid, p_version int4, p_signed bytea, p_signed_on text,
	p_parties text[], p_names text[], p_titles text[], p_bases text[], p_basis_texts text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_row agreement;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	v_row := agreement_lock(p_agreement);
	IF NOT (p_parties @> ARRAY['controller', 'processor']) OR day_read(p_signed_on) > day_now() THEN
		RAISE EXCEPTION 'not signed' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_sign__bad_field';
	END IF;
	UPDATE agreement_version v SET signed = p_signed, signed_on = day_read(p_signed_on), accepted_at = coalesce(v.accepted_at, now())
	WHERE v.org = p_org AND v.agreement = p_agreement AND v.version = p_version AND v.document IS NOT NULL AND v.signed IS NULL
		AND v_row.state IN ('sent', 'live');
	IF NOT FOUND THEN
		RAISE EXCEPTION 'not now' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_sign__conflict';
	END IF;
	INSERT INTO agreement_signatory (agreement, version, n, party, name, title, basis, basis_text)
	SELECT p_agreement, p_version, s.n, s.party, s.name, s.title, s.basis, s.basis_text
	FROM unnest(p_parties, p_names, p_titles, p_bases, p_basis_texts) WITH ORDINALITY AS s(party, name, title, basis, basis_text, n);
	PERFORM audit_both(v_here, p_actor, 'agreement_sign', p_agreement, NULL);
	PERFORM organisation_left(v_here);
END
$$;

CREATE FUNCTION agreement_signatories(p_actor uuid, p_org uuid, p_agreement uuid)
RETURNS TABLE (version int4, party text, name text, title text, basis text, basis_text text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY SELECT s.version, s.party, s.name, s.title, s.basis, s.basis_text FROM agreement_signatory s
		WHERE s.org = luotsi_org() AND s.agreement = p_agreement ORDER BY s.version DESC, s.n LIMIT 100;
	PERFORM organisation_left(v_here);
END
$$;

-- An admin accepts an amendment for their organisation.
CREATE FUNCTION agreement_accept(p_actor uuid, p_agreement uuid, p_version int4, p_document bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_row agreement := agreement_lock(p_agreement);
BEGIN
	UPDATE agreement_version v SET accepted_at = now(), accepted_by = p_actor
	WHERE v.org = luotsi_org() AND v.agreement = p_agreement AND v.version = p_version AND v.version > 1 AND v.accepted_at IS NULL
		AND v.document = p_document AND v_row.state = 'live';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'not that one' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_accept__conflict';
	END IF;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'agreement_accept', p_agreement);
	PERFORM agreements_hold(p_agreement);
END
$$;

-- Versions of an agreement that are accepted and whose day has come, in their order.
CREATE FUNCTION agreements_hold(p_agreement uuid) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
	v_version int4;
	v_n int4 := 0;
BEGIN
	FOR v_version IN SELECT v.version FROM agreement_version v JOIN agreement a USING (org, agreement)
		WHERE v.org = luotsi_org() AND v.agreement = p_agreement AND a.state IN ('live', 'ending') AND v.version > a.version
			AND v.accepted_at IS NOT NULL AND v.holds_from <= day_now() ORDER BY v.version
	LOOP
		PERFORM agreement_hold(p_agreement, v_version);
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END
$$;

CREATE FUNCTION agreement_past(p_actor uuid, p_org uuid, p_agreement uuid)
RETURNS TABLE (n int4, at timestamptz, actor uuid, own boolean, from_state text, to_state text, note text, next_state text, next_by text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY
		SELECT h.n, h.at, h.actor, EXISTS (SELECT FROM account a WHERE a.org = luotsi_org() AND a.account = h.actor), h.from_state, h.to_state, h.note, h.next_state,
			to_char(h.next_by, 'YYYY-MM-DD')
		FROM agreement_history h WHERE h.org = luotsi_org() AND h.agreement = p_agreement ORDER BY h.n DESC LIMIT 200;
	PERFORM organisation_left(v_here);
END
$$;

-- The next step of one agreement, by an operator or an admin: the word of agreement_step.
CREATE FUNCTION agreement_take(p_actor uuid, p_org uuid, p_agreement uuid, p_to text, p_note text, p_next_by text, p_ends_on text, p_dry boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_role text := (SELECT a.role FROM account a WHERE a.org = luotsi_org() AND a.account = p_actor);
	v_here uuid := organisation_at(p_actor, p_org);
	v_word text := agreement_step(p_actor, v_role, v_here, p_agreement, p_to, p_note, day_read(p_next_by), day_read(p_ends_on), p_dry);
BEGIN
	PERFORM organisation_left(v_here);
	RETURN v_word;
END
$$;

-- The same for many organisations, of each its newest agreement: a word for each, in their order; no_agreement. All
-- that can go, go together: nothing is half done, whatever happens to the server.
CREATE FUNCTION agreement_take_many(p_actor uuid, p_orgs uuid[], p_to text, p_note text, p_next_by text, p_ends_on text, p_dry boolean)
RETURNS TABLE (org uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := luotsi_org();
	v_org uuid;
	v_agreement uuid;
BEGIN
	PERFORM operator_check(p_actor);
	FOR v_org IN SELECT DISTINCT u FROM unnest(p_orgs) AS u ORDER BY u LOOP
		PERFORM organisation_left(v_here);
		PERFORM organisation_at(p_actor, v_org);
		v_agreement := (SELECT a.agreement FROM agreement a WHERE a.org = v_org ORDER BY a.state = 'ended', a.created_at DESC, a.agreement LIMIT 1);
		RETURN QUERY SELECT v_org, CASE WHEN v_agreement IS NULL THEN 'no_agreement'
			ELSE agreement_step(p_actor, 'operator', v_here, v_agreement, p_to, p_note, day_read(p_next_by), day_read(p_ends_on), p_dry) END;
	END LOOP;
	PERFORM organisation_left(v_here);
END
$$;

-- What the rooms of the present organisation show: privacy notice and service promise, in three languages.
CREATE FUNCTION agreement_texts(p_actor uuid, p_agreement uuid, p_privacy text[], p_promise text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_row agreement := agreement_lock(p_agreement);
BEGIN
	IF v_row.state = 'ended' OR p_privacy[1] = '' THEN
		RAISE EXCEPTION 'not these' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_texts__conflict';
	END IF;
	UPDATE agreement a
	SET privacy_notice = (SELECT jsonb_object_agg(l, w) FROM unnest(ARRAY['fi', 'sv', 'en'], p_privacy) AS t(l, w) WHERE w <> '' OR l = 'fi'),
		service_promise = (SELECT jsonb_object_agg(l, w) FROM unnest(ARRAY['fi', 'sv', 'en'], p_promise) AS t(l, w) WHERE w <> '' OR l = 'fi')
	WHERE a.org = luotsi_org() AND a.agreement = p_agreement;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'agreement_texts', p_agreement);
END
$$;

-- --- templates ---

CREATE FUNCTION agreement_template_list(p_actor uuid)
RETURNS TABLE (template uuid, version int4, language text, name text, published_at timestamptz, withdrawn boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	RETURN QUERY SELECT t.template, t.version, t.language, t.name, t.published_at, t.withdrawn FROM agreement_template t
		ORDER BY t.name, t.template, t.version DESC LIMIT 300;
END
$$;

CREATE FUNCTION agreement_template_get(p_actor uuid, p_template uuid, p_version int4)
RETURNS TABLE (language text, name text, terms text, privacy_notice jsonb, service_promise jsonb, published_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	RETURN QUERY SELECT t.language, t.name, t.terms::text, t.privacy_notice::jsonb, t.service_promise::jsonb, t.published_at
		FROM agreement_template t WHERE t.template = p_template AND t.version = p_version;
END
$$;

-- Saves the draft of a version; p_publish: it never changes again. Versions follow one another.
CREATE FUNCTION agreement_template_put(p_actor uuid, p_template uuid, p_version int4, p_language text, p_name text, p_terms text,
	p_privacy text[], p_promise text[], p_publish boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_last agreement_template;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM pg_advisory_xact_lock(hashtextextended('agreement_template ' || p_template, 0));
	SELECT * INTO v_last FROM agreement_template t WHERE t.template = p_template ORDER BY t.version DESC LIMIT 1;
	IF p_version <> coalesce(v_last.version + (v_last.published_at IS NOT NULL)::int4, 1) THEN
		RAISE EXCEPTION 'not that version' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_template_put__conflict';
	ELSIF v_last.template IS NULL AND (SELECT count(DISTINCT t.template) FROM agreement_template t) >= 60 THEN
		RAISE EXCEPTION 'too many' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_template_put__quota';
	END IF;
	INSERT INTO agreement_template (template, version, language, name, terms, privacy_notice, service_promise, published_at)
	VALUES (p_template, p_version, p_language, p_name, p_terms::jsonb,
		jsonb_build_object('fi', p_privacy[1], 'sv', p_privacy[2], 'en', p_privacy[3]),
		jsonb_build_object('fi', p_promise[1], 'sv', p_promise[2], 'en', p_promise[3]), CASE WHEN p_publish THEN now() END)
	ON CONFLICT ON CONSTRAINT agreement_template_key DO UPDATE SET language = excluded.language, name = excluded.name, terms = excluded.terms,
		privacy_notice = excluded.privacy_notice, service_promise = excluded.service_promise, published_at = excluded.published_at;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'agreement_template', p_template, CASE WHEN p_publish THEN 'published' ELSE 'draft' END);
END
$$;

-- --- training ---

-- Who of the present organisation's staff has had it. passed_on NULL in the array: taken back. Gives how many are
-- of this organisation.
CREATE FUNCTION training_put(p_actor uuid, p_accounts uuid[], p_days text[]) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int4;
BEGIN
	DELETE FROM training t USING unnest(p_accounts, p_days) AS g(account, day) WHERE t.org = luotsi_org() AND t.account = g.account AND g.day = '';
	INSERT INTO training (account, passed_on, by)
	SELECT DISTINCT ON (a.account) a.account, day_read(g.day), p_actor FROM unnest(p_accounts, p_days) AS g(account, day)
	JOIN account a ON a.org = luotsi_org() AND a.account = g.account AND a.role <> 'client' WHERE g.day <> '' ORDER BY a.account, g.day DESC
	ON CONFLICT ON CONSTRAINT training_key DO UPDATE SET passed_on = excluded.passed_on, by = excluded.by, at = now();
	IF EXISTS (SELECT FROM training t WHERE t.org = luotsi_org() AND t.passed_on > day_now()) THEN
		RAISE EXCEPTION 'not yet' USING ERRCODE = 'LU000', CONSTRAINT = 'training_put__bad_field';
	END IF;
	INSERT INTO audit (actor, action, object, word)
	SELECT DISTINCT p_actor, 'training_put', a.account, CASE WHEN g.day = '' THEN 'off' ELSE 'on' END FROM unnest(p_accounts, p_days) AS g(account, day)
	JOIN account a ON a.org = luotsi_org() AND a.account = g.account AND a.role <> 'client';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
END
$$;

-- --- the first people of an organisation ---

-- An admin for another organisation, who comes by this enrolment; as staff_add and enrolment_make.
CREATE FUNCTION organisation_admin(p_actor uuid, p_org uuid, p_account uuid, p_name bytea, p_token_hash bytea, p_expires_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	PERFORM account_under_agreement('admin');
	PERFORM pg_advisory_xact_lock(hashtextextended('staff ' || p_org, 0));
	IF p_org = v_here OR (SELECT count(*) FROM account a WHERE a.org = p_org AND a.role = 'admin') >= 20 THEN
		RAISE EXCEPTION 'enough' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_admin__quota';
	END IF;
	INSERT INTO account (account, role) VALUES (p_account, 'admin');
	INSERT INTO staff_label (account, name) VALUES (p_account, p_name);
	INSERT INTO account_enrolment (account, token_hash, expires_at) VALUES (p_account, p_token_hash, p_expires_at);
	PERFORM audit_both(v_here, p_actor, 'organisation_admin', p_account, NULL);
	PERFORM organisation_left(v_here);
END
$$;

-- --- another processor ---

CREATE TABLE succession (
	org            uuid NOT NULL DEFAULT luotsi_org(),
	succession     uuid NOT NULL,
	to_name        text NOT NULL CONSTRAINT succession_name_length CHECK (octet_length(to_name) BETWEEN 1 AND 200),
	to_business_id text NOT NULL CONSTRAINT succession_business_id__bad_field CHECK (business_id_valid(to_business_id)),
	holds_from     date NOT NULL,
	note           text NOT NULL CONSTRAINT succession_note_length CHECK (octet_length(note) BETWEEN 1 AND 1000),
	made_by        uuid NOT NULL,
	made_at        timestamptz NOT NULL DEFAULT now(),
	done_at        timestamptz,
	CONSTRAINT succession_key PRIMARY KEY (org, succession)
);
COMMENT ON TABLE succession IS 'An operator hands all its agreements to another processor. Kept in the operator''s organisation; the jobs process takes its items until none is left.';
CALL tenant_table('succession');
CALL overview_table('succession');

CREATE TABLE succession_item (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	succession uuid NOT NULL,
	of_org     uuid NOT NULL,
	agreement  uuid NOT NULL,
	done_at    timestamptz,
	CONSTRAINT succession_item_key PRIMARY KEY (org, succession, of_org, agreement),
	CONSTRAINT succession_item_of_succession FOREIGN KEY (org, succession) REFERENCES succession
);
CREATE INDEX succession_item_waiting ON succession_item (org, succession) WHERE done_at IS NULL;
COMMENT ON TABLE succession_item IS 'The agreements that go over, each in one transaction with its amendment, history and audit rows: done or not, never half.';
CALL tenant_table('succession_item');

-- What would go over, or has gone (p_succession): every agreement that has not ended.
CREATE FUNCTION succession_list(p_actor uuid, p_succession uuid, p_skip int4, p_limit int4)
RETURNS TABLE (org uuid, name text, agreement uuid, state text, processor text, rooms int8, done_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM across(true);
	RETURN QUERY
		SELECT o.org, o.name, a.agreement, a.state, a.processor, succession_rooms(a.org, a.agreement), i.done_at
		FROM agreement a JOIN organisation o USING (org)
		LEFT JOIN succession_item i ON i.org = luotsi_org() AND i.succession = p_succession AND i.of_org = a.org AND i.agreement = a.agreement
		WHERE CASE WHEN p_succession IS NULL THEN a.state <> 'ended' AND o.org <> luotsi_org() ELSE i.succession IS NOT NULL END
		ORDER BY o.name, o.org OFFSET p_skip LIMIT p_limit;
	PERFORM across(false);
END
$$;

-- How many rooms will show it.
CREATE FUNCTION succession_rooms(p_org uuid, p_agreement uuid) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_n int8;
BEGIN
	PERFORM organisation_left(p_org);
	SELECT count(*) INTO v_n FROM room r WHERE r.org = p_org AND r.agreement = p_agreement;
	PERFORM organisation_left(v_here);
	RETURN v_n;
END
$$;

-- Begins it: the items are fixed now, the jobs process does them. One at a time.
CREATE FUNCTION succession_begin(p_actor uuid, p_succession uuid, p_to_name text, p_to_business_id text, p_holds_from text, p_note text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int8;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM across(true);
	PERFORM pg_advisory_xact_lock(hashtextextended('succession', 0));
	IF EXISTS (SELECT FROM succession s WHERE s.done_at IS NULL) THEN
		RAISE EXCEPTION 'one is running' USING ERRCODE = 'LU000', CONSTRAINT = 'succession_begin__conflict';
	ELSIF day_read(p_holds_from) < day_now() THEN
		RAISE EXCEPTION 'too late' USING ERRCODE = 'LU000', CONSTRAINT = 'succession_begin__bad_field';
	END IF;
	INSERT INTO succession (succession, to_name, to_business_id, holds_from, note, made_by)
	VALUES (p_succession, p_to_name, p_to_business_id, day_read(p_holds_from), p_note, p_actor);
	INSERT INTO succession_item (succession, of_org, agreement)
	SELECT p_succession, a.org, a.agreement FROM agreement a WHERE a.state <> 'ended' AND a.org <> luotsi_org();
	GET DIAGNOSTICS v_n = ROW_COUNT;
	INSERT INTO audit (actor, action, object) VALUES (p_actor, 'succession_begin', p_succession);
	PERFORM across(false);
	RETURN v_n;
END
$$;

CREATE FUNCTION succession_get(p_actor uuid)
RETURNS TABLE (succession uuid, to_name text, to_business_id text, holds_from text, note text, made_at timestamptz, done_at timestamptz, items int8, done int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM operator_check(p_actor);
	RETURN QUERY
		SELECT s.succession, s.to_name, s.to_business_id, to_char(s.holds_from, 'YYYY-MM-DD'), s.note, s.made_at, s.done_at, count(i.of_org), count(i.done_at)
		FROM succession s LEFT JOIN succession_item i USING (org, succession)
		WHERE s.org = luotsi_org() GROUP BY s.org, s.succession ORDER BY s.made_at DESC LIMIT 20;
END
$$;

-- One agreement goes over: before it is in force its parties change, after that by an amendment from the day on,
-- which its rooms show at once. In the agreement's organisation.
CREATE FUNCTION succession_take(p_of succession, p_agreement uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_row agreement;
	v_last agreement_version;
BEGIN
	SELECT * INTO v_row FROM agreement a WHERE a.org = luotsi_org() AND a.agreement = p_agreement FOR UPDATE;
	IF v_row.state = 'ended' THEN
		RETURN;
	ELSIF v_row.state IN ('live', 'ending') THEN
		SELECT * INTO v_last FROM agreement_version v WHERE v.org = v_row.org AND v.agreement = p_agreement AND v.accepted_at IS NOT NULL ORDER BY v.version DESC LIMIT 1;
		-- An amendment that nobody has accepted comes to nothing: the new processor may offer it again.
		DELETE FROM agreement_version v WHERE v.org = v_row.org AND v.agreement = p_agreement AND v.accepted_at IS NULL AND v.version > 1;
		IF v_last.version IS NOT NULL THEN
			INSERT INTO agreement_version (agreement, version, language, terms, holds_from, processor, processor_business_id, made_by, accepted_at)
			VALUES (p_agreement, v_last.version + 1, v_last.language, v_last.terms, p_of.holds_from, p_of.to_name, p_of.to_business_id, p_of.made_by, now());
			PERFORM agreements_hold(p_agreement);
		ELSE
			-- Of before versions were kept: the card of its rooms says it all the same.
			UPDATE agreement a SET processor_before = a.processor, processor_since = p_of.holds_from, processor = p_of.to_name, processor_business_id = p_of.to_business_id
			WHERE a.org = v_row.org AND a.agreement = p_agreement;
		END IF;
	ELSE
		-- What was offered names the old one: it is made and signed anew.
		UPDATE agreement_version v SET document = NULL WHERE v.org = v_row.org AND v.agreement = p_agreement AND v.signed IS NULL;
		UPDATE agreement a SET processor = p_of.to_name, processor_business_id = p_of.to_business_id WHERE a.org = v_row.org AND a.agreement = p_agreement;
	END IF;
	PERFORM agreement_note(p_agreement, p_of.made_by, v_row.state, v_row.state, p_of.note, v_row.next_by);
	PERFORM audit_both(p_of.org, p_of.made_by, 'succession_take', p_agreement, v_row.state);
END
$$;

-- For the jobs process: the next p_most items of whatever succession is running.
CREATE FUNCTION succession_round(p_most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_of succession;
	v_item record;
	v_n int8 := 0;
BEGIN
	PERFORM across(true);
	FOR v_of IN SELECT * FROM succession s WHERE s.done_at IS NULL ORDER BY s.made_at LOOP
		PERFORM organisation_left(v_of.org);
		FOR v_item IN SELECT i.of_org, i.agreement FROM succession_item i WHERE i.org = v_of.org AND i.succession = v_of.succession AND i.done_at IS NULL
			ORDER BY i.of_org, i.agreement LIMIT p_most FOR UPDATE SKIP LOCKED
		LOOP
			PERFORM organisation_left(v_item.of_org);
			PERFORM succession_take(v_of, v_item.agreement);
			PERFORM organisation_left(v_of.org);
			UPDATE succession_item i SET done_at = now()
			WHERE i.org = v_of.org AND i.succession = v_of.succession AND i.of_org = v_item.of_org AND i.agreement = v_item.agreement;
			v_n := v_n + 1;
		END LOOP;
		IF NOT EXISTS (SELECT FROM succession_item i WHERE i.org = v_of.org AND i.succession = v_of.succession AND i.done_at IS NULL) THEN
			UPDATE succession s SET done_at = now() WHERE s.org = v_of.org AND s.succession = v_of.succession;
			INSERT INTO audit (actor, action, object) VALUES (v_of.made_by, 'succession_done', v_of.succession);
		END IF;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	PERFORM across(false);
	RETURN v_n;
END
$$;

-- For the jobs process: amendments whose day has come, and agreements whose last day has passed.
CREATE FUNCTION agreements_round() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_one record;
	v_n int8 := 0;
BEGIN
	PERFORM across(true);
	FOR v_one IN SELECT v.org, v.agreement FROM agreement_version v JOIN agreement a USING (org, agreement)
		WHERE a.state IN ('live', 'ending') AND v.version > a.version AND v.accepted_at IS NOT NULL AND v.holds_from <= day_now() GROUP BY v.org, v.agreement
	LOOP
		PERFORM organisation_left(v_one.org);
		v_n := v_n + agreements_hold(v_one.agreement);
	END LOOP;
	FOR v_one IN SELECT a.org, a.agreement FROM agreement a WHERE a.state = 'ending' AND a.ends_on < day_now() LOOP
		PERFORM organisation_left(v_one.org);
		IF agreement_step(NULL, 'service', v_one.org, v_one.agreement, 'ended', '', NULL, NULL, false) = 'ok' THEN
			v_n := v_n + 1;
		END IF;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	PERFORM across(false);
	RETURN v_n;
END
$$;

GRANT SELECT (org, agreement, version, processor, holds_from, accepted_at) ON agreement_version TO luotsi_app;
GRANT EXECUTE ON FUNCTION organisation_list(uuid, uuid, text, text, text, text, int4, int4, int4), organisation_stuck(uuid), agreement_list(uuid, uuid),
	agreement_make(uuid, uuid, uuid, uuid, int4, text), agreement_draft(uuid, uuid, uuid, int4, text, text, text), agreement_versions(uuid, uuid, uuid),
	agreement_terms(uuid, uuid, uuid, int4), agreement_offer(uuid, uuid, uuid, int4, bytea),
	agreement_sign(uuid, uuid, uuid, int4, bytea, text, text[], text[], text[], text[], text[]), agreement_signatories(uuid, uuid, uuid),
	agreement_accept(uuid, uuid, int4, bytea), agreement_past(uuid, uuid, uuid), agreement_take(uuid, uuid, uuid, text, text, text, text, boolean),
	agreement_take_many(uuid, uuid[], text, text, text, text, boolean), agreement_texts(uuid, uuid, text[], text[]), agreement_template_list(uuid),
	agreement_template_get(uuid, uuid, int4), agreement_template_put(uuid, uuid, int4, text, text, text, text[], text[], boolean),
	training_put(uuid, uuid[], text[]), organisation_admin(uuid, uuid, uuid, bytea, bytea, timestamptz), succession_list(uuid, uuid, int4, int4),
	succession_begin(uuid, uuid, text, text, text, text), succession_get(uuid) TO luotsi_app;
GRANT EXECUTE ON FUNCTION succession_round(int4), agreements_round() TO luotsi_jobs;
