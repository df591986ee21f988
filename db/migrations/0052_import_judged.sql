-- An import is tried by doing it and taking it back: the dry run judges each row as the real run does, whatever a
-- row of the same table would make of a later one.
CREATE FUNCTION organisation_import_row(p_actor uuid, p_name text, p_business_id text, p_kind text, p_region text, p_under text, p_before text[])
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_parent uuid := (SELECT o.org FROM organisation o WHERE o.business_id = p_under AND o.under IS NULL);
	v_word text := CASE
		WHEN octet_length(btrim(p_name)) NOT BETWEEN 1 AND 200 THEN 'bad_name'
		WHEN NOT business_id_valid(p_business_id) THEN 'bad_business_id'
		WHEN p_kind NOT IN ('city', 'employment_area', 'wellbeing_county', 'school', 'association', 'state', 'other') THEN 'bad_kind'
		WHEN p_region <> '' AND NOT region_known(p_region) THEN 'bad_region'
		WHEN p_under <> '' AND v_parent IS NULL THEN 'no_parent'
		WHEN p_under = '' AND p_business_id = ANY (p_before) THEN 'twice'
		WHEN p_under = '' AND EXISTS (SELECT FROM organisation o WHERE o.business_id = p_business_id AND o.under IS NULL) THEN 'already_here'
		WHEN p_under <> '' AND EXISTS (SELECT FROM organisation o WHERE o.under = v_parent AND o.name = btrim(p_name)) THEN 'already_here'
		ELSE 'ok' END;
BEGIN
	IF v_word = 'ok' THEN
		PERFORM organisation_put(p_actor, gen_random_uuid(), true, btrim(p_name), p_business_id, p_kind, nullif(p_region, ''), v_parent);
	END IF;
	RETURN v_word;
END
$$;

-- As in 0033. twice: an earlier row of this table is the same organisation, and was made.
CREATE OR REPLACE FUNCTION organisation_import(p_actor uuid, p_names text[], p_business_ids text[], p_kinds text[], p_regions text[],
	p_unders text[], p_dry boolean) RETURNS TABLE (n int4, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_words text[] := '{}';
	v_made text[] := '{}';
BEGIN
	PERFORM operator_check(p_actor);
	-- One import at a time: each must see what the other has made.
	PERFORM pg_advisory_xact_lock(hashtextextended('organisation_import', 0));
	BEGIN
		FOR i IN 1 .. cardinality(p_names) LOOP
			v_words[i] := organisation_import_row(p_actor, p_names[i], p_business_ids[i], p_kinds[i], p_regions[i], p_unders[i], v_made);
			IF v_words[i] = 'ok' AND p_unders[i] = '' THEN
				v_made := v_made || p_business_ids[i];
			END IF;
		END LOOP;
		IF p_dry THEN
			RAISE EXCEPTION 'only tried' USING ERRCODE = 'LU001';
		END IF;
	EXCEPTION WHEN SQLSTATE 'LU001' THEN
		NULL; -- variables outlive what is taken back
	END;
	PERFORM organisation_left(v_here);
	RETURN QUERY SELECT w.i::int4, w.word FROM unnest(v_words) WITH ORDINALITY AS w(word, i) ORDER BY w.i;
END
$$;
