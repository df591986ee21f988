-- A document of an agreement can be made again, byte for byte, for as long as it is kept: whom it named as the
-- processor stands beside its hash, whoever takes that place later.
ALTER TABLE agreement_version
	ADD offered_processor text CONSTRAINT agreement_version_offered_length CHECK (octet_length(offered_processor) BETWEEN 1 AND 200),
	ADD offered_processor_business_id text CONSTRAINT agreement_version_offered_valid CHECK (business_id_valid(offered_processor_business_id));
COMMENT ON COLUMN agreement_version.offered_processor IS 'Whom the document names as the processor; NULL: there is no document, or it was made before this was kept.';

-- Those that are there already; the owner sees one organisation at a time.
DO $$
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		UPDATE agreement_version v SET offered_processor = a.processor, offered_processor_business_id = a.processor_business_id
		FROM agreement a WHERE v.org = v_org AND a.org = v_org AND a.agreement = v.agreement AND v.document IS NOT NULL AND a.processor_before IS NULL;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

CREATE OR REPLACE FUNCTION agreement_offer(p_actor uuid, p_org uuid, p_agreement uuid, p_version int4, p_document bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_row agreement;
BEGIN
	PERFORM operator_check(p_actor);
	PERFORM organisation_at(p_actor, p_org);
	v_row := agreement_lock(p_agreement);
	UPDATE agreement_version v SET document = p_document, offered_processor = coalesce(v.processor, v_row.processor),
		offered_processor_business_id = CASE WHEN v.processor IS NULL THEN v_row.processor_business_id ELSE v.processor_business_id END
	WHERE v.org = p_org AND v.agreement = p_agreement AND v.version = p_version AND v.accepted_at IS NULL
		AND (v.document IS NULL OR v_row.state IN ('contact_found', 'signatory_found', 'live'));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'not now' USING ERRCODE = 'LU000', CONSTRAINT = 'agreement_offer__conflict';
	END IF;
	PERFORM audit_both(v_here, p_actor, 'agreement_offer', p_agreement, NULL);
	PERFORM organisation_left(v_here);
END
$$;

-- As in 0035; named: whom the version's document names as the processor, or would name now.
DROP FUNCTION agreement_versions(uuid, uuid, uuid);
CREATE FUNCTION agreement_versions(p_actor uuid, p_org uuid, p_agreement uuid)
RETURNS TABLE (version int4, standing text, language text, holds_from text, processor text, named text, named_business_id text, made_at timestamptz,
	document bytea, signed bytea, signed_on text, accepted_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY
		SELECT v.version, CASE WHEN v.version = a.version THEN 'holds' WHEN v.version < a.version THEN 'past'
				WHEN v.accepted_at IS NOT NULL THEN 'agreed' WHEN v.document IS NOT NULL THEN 'offered' ELSE 'draft' END,
			v.language, to_char(v.holds_from, 'YYYY-MM-DD'), v.processor,
			CASE of_whom WHEN 'document' THEN v.offered_processor WHEN 'amendment' THEN v.processor ELSE a.processor END,
			CASE of_whom WHEN 'document' THEN v.offered_processor_business_id WHEN 'amendment' THEN v.processor_business_id ELSE a.processor_business_id END,
			v.made_at, v.document::bytea, v.signed::bytea, to_char(v.signed_on, 'YYYY-MM-DD'), v.accepted_at
		FROM agreement_version v JOIN agreement a USING (org, agreement)
		CROSS JOIN LATERAL (SELECT CASE WHEN v.document IS NOT NULL AND v.offered_processor IS NOT NULL THEN 'document'
			WHEN v.processor IS NOT NULL THEN 'amendment' ELSE 'agreement' END AS of_whom) AS w
		WHERE v.org = luotsi_org() AND v.agreement = p_agreement ORDER BY v.version DESC LIMIT 100;
	PERFORM organisation_left(v_here);
END
$$;
GRANT EXECUTE ON FUNCTION agreement_versions(uuid, uuid, uuid) TO luotsi_app;
