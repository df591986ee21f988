-- Organisations as the operator keeps them: what they are, their offices and the people to write to. Agreements
-- are in 0034.
--
-- The operator is no tenant of the others. How the operator's statements reach them is decided here, once:
--   one organisation     organisation_at(actor, org) looks whether the actor may, and names that organisation for
--                        the rest of the transaction, until organisation_left(); an admin reaches their own so
--   many organisations   between across(true) and across(false) a function reads, and only reads, the tables of
--                        overview_table(); it asks operator_check(actor) first
-- Both are for functions of the owner: the policies are the owner's alone, and a worker (luotsi_app) that sets
-- luotsi.across itself sees nothing more by it.

-- The regions of Finland, by their Finnish names.
CREATE FUNCTION region_known(p_region text) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN p_region IN ('uusimaa', 'varsinais_suomi', 'satakunta', 'kanta_hame', 'pirkanmaa', 'paijat_hame', 'kymenlaakso',
	'etela_karjala', 'etela_savo', 'pohjois_savo', 'pohjois_karjala', 'keski_suomi', 'etela_pohjanmaa', 'pohjanmaa', 'keski_pohjanmaa',
	'pohjois_pohjanmaa', 'kainuu', 'lappi', 'ahvenanmaa');

ALTER TABLE organisation
	ADD business_id text CONSTRAINT organisation_business_id_valid CHECK (business_id_valid(business_id)),
	ADD kind text NOT NULL DEFAULT 'other' CONSTRAINT organisation_kind_known CHECK (kind IN
		('city', 'employment_area', 'wellbeing_county', 'school', 'association', 'state', 'other')),
	ADD region text CONSTRAINT organisation_region_known CHECK (region_known(region)),
	ADD under uuid,
	ADD CONSTRAINT organisation_under FOREIGN KEY (under) REFERENCES organisation,
	ADD CONSTRAINT organisation_not_under_itself CHECK (under <> org);
COMMENT ON COLUMN organisation.under IS 'The city or other organisation that this one belongs to; it may have its business id.';
-- Where a business id is the organisation's own, it is nobody else's.
CREATE UNIQUE INDEX organisation_business_id__already_here ON organisation (business_id) WHERE under IS NULL;
CREATE INDEX organisation_by_under ON organisation (under) WHERE under IS NOT NULL;

CREATE TABLE office (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	office    uuid NOT NULL,
	name    text NOT NULL CONSTRAINT office_name_length CHECK (octet_length(name) BETWEEN 1 AND 200),
	address text NOT NULL CONSTRAINT office_address_length CHECK (octet_length(address) <= 300),
	hours   text NOT NULL CONSTRAINT office_hours_length CHECK (octet_length(hours) <= 400),
	CONSTRAINT office_key PRIMARY KEY (org, office),
	CONSTRAINT office_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE office IS 'Where an organisation does its work: an office, a school, an Ohjaamo. hours: when it is open, in words.';
CALL tenant_table('office');

CREATE TABLE contact (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	contact    uuid NOT NULL,
	name       text NOT NULL CONSTRAINT contact_name_length CHECK (octet_length(name) BETWEEN 1 AND 200),
	title      text NOT NULL CONSTRAINT contact_title_length CHECK (octet_length(title) <= 200),
	email      text NOT NULL CONSTRAINT contact_email_length CHECK (octet_length(email) <= 254),
	phone      text NOT NULL CONSTRAINT contact_phone_length CHECK (octet_length(phone) <= 40),
	basis      text CONSTRAINT contact_basis_known CHECK (basis IN ('office', 'rules', 'register', 'proxy', 'decision')),
	basis_text text NOT NULL CONSTRAINT contact_basis_text_length CHECK (octet_length(basis_text) <= 400),
	CONSTRAINT contact_key PRIMARY KEY (org, contact),
	CONSTRAINT contact_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE contact IS 'Who is written to about the agreement. At work, in their office: in clear, unlike anything of a client. Seen by the operator and the organisation''s own admins.';
COMMENT ON COLUMN contact.basis IS 'By what they may sign for the organisation (office: by law; rules: its administrative rules; register: the trade or association register; proxy; decision); NULL: they may not.';
CALL tenant_table('contact');

-- Refuses whoever is no operator of the present organisation.
CREATE FUNCTION operator_check(p_actor uuid) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM account a WHERE a.org = luotsi_org() AND a.account = p_actor AND a.role = 'operator' AND a.disabled_at IS NULL) THEN
		RAISE EXCEPTION 'no operator' USING ERRCODE = 'LU000', CONSTRAINT = 'operator_check__forbidden';
	END IF;
END
$$;

-- Names p_org (NULL: the present one) for the rest, and gives the one that was named: an operator may any, an
-- admin or data protection officer their own.
CREATE FUNCTION organisation_at(p_actor uuid, p_org uuid) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_role text := (SELECT a.role FROM account a WHERE a.org = v_here AND a.account = p_actor AND a.disabled_at IS NULL);
BEGIN
	IF (v_role = 'operator' OR v_role IN ('admin', 'dpo') AND coalesce(p_org = v_here, true)) IS NOT TRUE THEN
		RAISE EXCEPTION 'not theirs' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_at__forbidden';
	ELSIF NOT EXISTS (SELECT FROM organisation o WHERE o.org = coalesce(p_org, v_here)) THEN
		RAISE EXCEPTION 'no such organisation' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_at__not_found';
	END IF;
	PERFORM set_config('luotsi.org', coalesce(p_org, v_here)::text, true);
	RETURN v_here;
END
$$;

CREATE FUNCTION across(p_on boolean) RETURNS void
LANGUAGE sql AS $$ SELECT set_config('luotsi.across', CASE WHEN p_on THEN 'operator' ELSE '' END, true) $$;

CREATE FUNCTION organisation_left(p_here uuid) RETURNS void
LANGUAGE sql AS $$ SELECT set_config('luotsi.org', p_here::text, true) $$;

-- What is done to an organisation from another one is in the audit trails of both.
CREATE FUNCTION audit_both(p_here uuid, p_actor uuid, p_action text, p_object uuid, p_word text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_there uuid := luotsi_org();
BEGIN
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, p_action, p_object, p_word);
	IF v_there <> p_here THEN
		PERFORM organisation_left(p_here);
		INSERT INTO audit (actor, action, object, word) VALUES (p_actor, p_action, p_object, p_word);
		PERFORM organisation_left(v_there);
	END IF;
END
$$;

-- Lets functions that declare so read the rows of all organisations.
CREATE PROCEDURE overview_table(p_table regclass)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE POLICY overview ON %s FOR SELECT TO luotsi_owner USING ((SELECT current_setting(''luotsi.across'', true)) = ''operator'')', p_table);
END
$$;
REVOKE EXECUTE ON PROCEDURE overview_table(regclass) FROM PUBLIC;
CALL overview_table('office');
CALL overview_table('contact');

-- A day as people of the wire write it, YYYY-MM-DD.
CREATE FUNCTION day_read(p_day text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
	IF p_day ~ '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$' THEN
		RETURN p_day::date;
	END IF;
	RAISE datetime_field_overflow;
EXCEPTION WHEN datetime_field_overflow THEN
	RAISE EXCEPTION 'no day' USING ERRCODE = 'LU000', CONSTRAINT = 'day_read__bad_field';
END
$$;
-- The day that it is in Finland.
CREATE FUNCTION day_now() RETURNS date
LANGUAGE sql STABLE RETURN (now() AT TIME ZONE 'Europe/Helsinki')::date;

-- A new organisation, or another name, kind, region, business id or place of one.
CREATE FUNCTION organisation_put(p_actor uuid, p_org uuid, p_new boolean, p_name text, p_business_id text, p_kind text, p_region text, p_under uuid)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
BEGIN
	PERFORM operator_check(p_actor);
	IF NOT coalesce(business_id_valid(p_business_id), true) THEN
		RAISE EXCEPTION 'no business id' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_put__bad_field';
	ELSIF p_under IS NOT NULL AND NOT EXISTS (SELECT FROM organisation o WHERE o.org = p_under AND o.under IS NULL AND o.org <> p_org) THEN
		RAISE EXCEPTION 'not under that' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_put__conflict';
	END IF;
	PERFORM set_config('luotsi.org', p_org::text, true);
	IF p_new THEN
		INSERT INTO organisation (org, name, business_id, kind, region, under) VALUES (p_org, p_name, p_business_id, p_kind, p_region, p_under);
	ELSE
		UPDATE organisation o SET name = p_name, business_id = p_business_id, kind = p_kind, region = p_region, under = p_under WHERE o.org = p_org;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'no such organisation' USING ERRCODE = 'LU000', CONSTRAINT = 'organisation_put__not_found';
		END IF;
	END IF;
	PERFORM audit_both(v_here, p_actor, CASE WHEN p_new THEN 'organisation_new' ELSE 'organisation_change' END, p_org, p_kind);
	PERFORM organisation_left(v_here);
END
$$;

-- Many at once, from a table that somebody keeps: an outcome for each row, in its order; those that are not
-- refused are made, unless p_dry. p_under: the business id of the one that it is under. Words: ok | bad_name |
-- bad_business_id | bad_kind | bad_region | already_here | twice (in these rows) | no_parent.
CREATE FUNCTION organisation_import(p_actor uuid, p_names text[], p_business_ids text[], p_kinds text[], p_regions text[],
	p_unders text[], p_dry boolean) RETURNS TABLE (n int4, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := luotsi_org();
	v_parent uuid;
BEGIN
	PERFORM operator_check(p_actor);
	-- One import at a time: each must see what the other has made.
	PERFORM pg_advisory_xact_lock(hashtextextended('organisation_import', 0));
	FOR n IN 1 .. cardinality(p_names) LOOP
		v_parent := (SELECT o.org FROM organisation o WHERE o.business_id = p_unders[n] AND o.under IS NULL);
		outcome := CASE
			WHEN octet_length(btrim(p_names[n])) NOT BETWEEN 1 AND 200 THEN 'bad_name'
			WHEN NOT business_id_valid(p_business_ids[n]) THEN 'bad_business_id'
			WHEN p_kinds[n] NOT IN ('city', 'employment_area', 'wellbeing_county', 'school', 'association', 'state', 'other') THEN 'bad_kind'
			WHEN p_regions[n] <> '' AND NOT region_known(p_regions[n]) THEN 'bad_region'
			WHEN p_unders[n] <> '' AND v_parent IS NULL AND (NOT p_dry OR p_unders[n] <> ALL (p_business_ids[: n - 1])) THEN 'no_parent'
			WHEN p_unders[n] = '' AND EXISTS (SELECT FROM organisation o WHERE o.business_id = p_business_ids[n] AND o.under IS NULL) THEN
				CASE WHEN NOT p_dry AND p_business_ids[n] = ANY (p_business_ids[: n - 1]) THEN 'twice' ELSE 'already_here' END
			WHEN p_unders[n] = '' AND EXISTS (SELECT FROM generate_series(1, n - 1) AS i
				WHERE p_business_ids[i] = p_business_ids[n] AND p_unders[i] = '') THEN 'twice'
			WHEN p_unders[n] <> '' AND EXISTS (SELECT FROM organisation o WHERE o.under = v_parent AND o.name = btrim(p_names[n])) THEN 'already_here'
			ELSE 'ok' END;
		IF outcome = 'ok' AND NOT p_dry THEN
			PERFORM organisation_put(p_actor, gen_random_uuid(), true, btrim(p_names[n]), p_business_ids[n], p_kinds[n], nullif(p_regions[n], ''), v_parent);
		END IF;
		RETURN NEXT;
	END LOOP;
	PERFORM organisation_left(v_here);
END
$$;

CREATE FUNCTION office_list(p_actor uuid, p_org uuid) RETURNS TABLE (office uuid, name text, address text, hours text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY SELECT u.office, u.name, u.address, u.hours FROM office u WHERE u.org = luotsi_org() ORDER BY u.name, u.office LIMIT 200;
	PERFORM organisation_left(v_here);
END
$$;

-- p_name NULL: it goes.
CREATE FUNCTION office_put(p_actor uuid, p_org uuid, p_office uuid, p_name text, p_address text, p_hours text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('office ' || luotsi_org(), 0));
	IF p_name IS NULL THEN
		DELETE FROM office u WHERE u.org = luotsi_org() AND u.office = p_office;
	ELSIF (SELECT count(*) FROM office u WHERE u.org = luotsi_org() AND u.office <> p_office) >= 200 THEN
		RAISE EXCEPTION 'too many' USING ERRCODE = 'LU000', CONSTRAINT = 'office_put__quota';
	ELSE
		INSERT INTO office (office, name, address, hours) VALUES (p_office, p_name, p_address, p_hours)
		ON CONFLICT ON CONSTRAINT office_key DO UPDATE SET name = excluded.name, address = excluded.address, hours = excluded.hours;
	END IF;
	PERFORM audit_both(v_here, p_actor, 'office_put', p_office, CASE WHEN p_name IS NULL THEN 'gone' ELSE 'kept' END);
	PERFORM organisation_left(v_here);
END
$$;

CREATE FUNCTION contact_list(p_actor uuid, p_org uuid)
RETURNS TABLE (contact uuid, name text, title text, email text, phone text, basis text, basis_text text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	RETURN QUERY SELECT c.contact, c.name, c.title, c.email, c.phone, coalesce(c.basis, 'none'), c.basis_text
		FROM contact c WHERE c.org = luotsi_org() ORDER BY c.name, c.contact LIMIT 50;
	PERFORM organisation_left(v_here);
END
$$;

-- p_name NULL: they go.
CREATE FUNCTION contact_put(p_actor uuid, p_org uuid, p_contact uuid, p_name text, p_title text, p_email text, p_phone text,
	p_basis text, p_basis_text text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_here uuid := organisation_at(p_actor, p_org);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('contact ' || luotsi_org(), 0));
	IF p_name IS NULL THEN
		DELETE FROM contact c WHERE c.org = luotsi_org() AND c.contact = p_contact;
	ELSIF (SELECT count(*) FROM contact c WHERE c.org = luotsi_org() AND c.contact <> p_contact) >= 50 THEN
		RAISE EXCEPTION 'too many' USING ERRCODE = 'LU000', CONSTRAINT = 'contact_put__quota';
	ELSE
		INSERT INTO contact (contact, name, title, email, phone, basis, basis_text)
		VALUES (p_contact, p_name, p_title, p_email, p_phone, nullif(p_basis, 'none'), p_basis_text)
		ON CONFLICT ON CONSTRAINT contact_key DO UPDATE SET name = excluded.name, title = excluded.title, email = excluded.email,
			phone = excluded.phone, basis = excluded.basis, basis_text = excluded.basis_text;
	END IF;
	PERFORM audit_both(v_here, p_actor, 'contact_put', p_contact, CASE WHEN p_name IS NULL THEN 'gone' ELSE 'kept' END);
	PERFORM organisation_left(v_here);
END
$$;

GRANT EXECUTE ON FUNCTION organisation_put(uuid, uuid, boolean, text, text, text, text, uuid),
	organisation_import(uuid, text[], text[], text[], text[], text[], boolean), office_list(uuid, uuid),
	office_put(uuid, uuid, uuid, text, text, text), contact_list(uuid, uuid),
	contact_put(uuid, uuid, uuid, text, text, text, text, text, text) TO luotsi_app;
