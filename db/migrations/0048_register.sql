-- What an organisation must be able to show: the record of its processing (GDPR, art. 30), which is made of its
-- agreements and rules and of what only it can say; and the register of breaches (art. 33(5)).

CREATE TABLE record_note (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	version    int4 NOT NULL CONSTRAINT record_note_version CHECK (version BETWEEN 1 AND 1000),
	at         timestamptz NOT NULL DEFAULT now(),
	actor      uuid NOT NULL,
	contact    text NOT NULL CONSTRAINT record_note_contact CHECK (octet_length(contact) <= 1000),
	officer    text NOT NULL CONSTRAINT record_note_officer CHECK (octet_length(officer) <= 1000),
	basis      text NOT NULL CONSTRAINT record_note_basis CHECK (octet_length(basis) <= 2000),
	recipients text NOT NULL CONSTRAINT record_note_recipients CHECK (octet_length(recipients) <= 2000),
	transfers  text NOT NULL CONSTRAINT record_note_transfers CHECK (octet_length(transfers) <= 2000),
	CONSTRAINT record_note_key PRIMARY KEY (org, version),
	CONSTRAINT record_note_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE record_note IS 'What no agreement says: whom to contact, the data protection officer, the legal basis, who else receives data, what leaves the EEA. Public by its nature; the newest version holds, older ones stay.';
CALL tenant_table('record_note');

CREATE TABLE breach (
	org     uuid NOT NULL DEFAULT luotsi_org(),
	breach  uuid NOT NULL,
	n       int4 NOT NULL CONSTRAINT breach_n CHECK (n >= 1),
	version int4 NOT NULL,
	found_at timestamptz NOT NULL,
	told    text NOT NULL,
	closed  boolean NOT NULL,
	CONSTRAINT breach_key PRIMARY KEY (org, breach),
	CONSTRAINT breach_number UNIQUE (org, n),
	CONSTRAINT breach_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE breach IS 'Breaches of personal data by number, each as its newest version has it. No row ever goes.';
CALL tenant_table('breach');

CREATE TABLE breach_version (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	breach    uuid NOT NULL,
	version   int4 NOT NULL CONSTRAINT breach_version_bounds CHECK (version BETWEEN 1 AND 200),
	at        timestamptz NOT NULL DEFAULT now(),
	actor     uuid NOT NULL,
	note      uuid NOT NULL,
	found_at  timestamptz NOT NULL,
	began_at  timestamptz,
	persons   int4 NOT NULL CONSTRAINT breach_persons CHECK (persons BETWEEN 0 AND 100000000),
	told      text NOT NULL CONSTRAINT breach_told CHECK (told IN ('open', 'notified', 'not_needed')),
	told_at   timestamptz,
	people    text NOT NULL CONSTRAINT breach_people CHECK (people IN ('open', 'told', 'not_needed')),
	closed    boolean NOT NULL,
	facts     bytea NOT NULL CONSTRAINT breach_facts CHECK (octet_length(facts) BETWEEN 34 AND 4033),
	effects   bytea CONSTRAINT breach_effects CHECK (octet_length(effects) BETWEEN 34 AND 4033),
	remedies  bytea CONSTRAINT breach_remedies CHECK (octet_length(remedies) BETWEEN 34 AND 4033),
	why       bytea CONSTRAINT breach_why CHECK (octet_length(why) BETWEEN 34 AND 4033),
	CONSTRAINT breach_version_key PRIMARY KEY (org, breach, version),
	CONSTRAINT breach_version_of_breach FOREIGN KEY (org, breach) REFERENCES breach,
	CONSTRAINT breach_version__bad_field CHECK ((told = 'notified') = (told_at IS NOT NULL) AND (told_at >= found_at) IS NOT FALSE
		AND (began_at <= found_at) IS NOT FALSE AND NOT (told = 'not_needed' AND why IS NULL)
		AND NOT (told = 'notified' AND told_at > found_at + interval '72 hours' AND why IS NULL)
		AND NOT (closed AND (told = 'open' OR people = 'open' OR effects IS NULL OR remedies IS NULL)))
);
COMMENT ON TABLE breach_version IS 'What was known of a breach, version by version. Facts, effects, remedies and reasons are sealed by the keys process, for this organisation, breach and note. Not notified, or later than 72 hours after it was found: why must be said.';
COMMENT ON COLUMN breach_version.told IS 'The supervisory authority.';
CALL tenant_table('breach_version');

-- The next version of what the organisation says of itself: ok (also of a repeat) | conflict (that version is not the newest).
CREATE FUNCTION record_put(p_actor uuid, p_version int4, p_contact text, p_officer text, p_basis text, p_recipients text, p_transfers text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO record_note (version, actor, contact, officer, basis, recipients, transfers)
	SELECT p_version + 1, p_actor, p_contact, p_officer, p_basis, p_recipients, p_transfers
	WHERE p_version = coalesce((SELECT max(n.version) FROM record_note n WHERE n.org = luotsi_org()), 0)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN CASE WHEN EXISTS (SELECT FROM record_note n WHERE n.org = luotsi_org() AND n.version = p_version + 1 AND n.actor = p_actor
			AND ROW(n.contact, n.officer, n.basis, n.recipients, n.transfers) = ROW(p_contact, p_officer, p_basis, p_recipients, p_transfers)) THEN 'ok' ELSE 'conflict' END;
	END IF;
	INSERT INTO audit (actor, action, word) VALUES (p_actor, 'record_put', 'note');
	RETURN 'ok';
END
$$;

-- The organisation, what it says of itself, and its agreements that have not ended: a row each, or one without.
CREATE FUNCTION record_get()
RETURNS TABLE (name text, business_id text, agreement uuid, state text, version int4, controller text, processor text, processor_business_id text,
	language text, terms text, note int4, contact text, officer text, basis text, recipients text, transfers text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT o.name, o.business_id, a.agreement, a.state, a.version, a.controller, a.processor, a.processor_business_id, v.language, v.terms::text,
		n.version, n.contact, n.officer, n.basis, n.recipients, n.transfers
	FROM organisation o
	LEFT JOIN agreement a ON a.org = o.org AND a.ended_at IS NULL
	LEFT JOIN agreement_version v ON v.org = a.org AND v.agreement = a.agreement AND v.version = a.version
	LEFT JOIN LATERAL (SELECT x.* FROM record_note x WHERE x.org = o.org ORDER BY x.version DESC LIMIT 1) AS n ON true
	WHERE o.org = luotsi_org() ORDER BY a.created_at, a.agreement LIMIT 10
$$;

-- A breach, or its next version: ok (also of a repeat) | conflict (that version is not the newest). p_version: the one it
-- is written upon, 0: a new breach.
CREATE FUNCTION breach_put(p_actor uuid, p_breach uuid, p_version int4, p_note uuid, p_found_at timestamptz, p_began_at timestamptz, p_persons int4,
	p_told text, p_told_at timestamptz, p_people text, p_closed boolean, p_facts bytea, p_effects bytea, p_remedies bytea, p_why bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('breach ' || luotsi_org(), 0));
	IF EXISTS (SELECT FROM breach_version v WHERE v.org = luotsi_org() AND v.breach = p_breach AND v.version = p_version + 1
		AND p_version = 0 AND v.actor = p_actor AND v.found_at = p_found_at) THEN
		RETURN 'ok';
	ELSIF p_version <> coalesce((SELECT b.version FROM breach b WHERE b.org = luotsi_org() AND b.breach = p_breach), 0) THEN
		RETURN 'conflict';
	END IF;
	INSERT INTO breach AS b (breach, n, version, found_at, told, closed)
	VALUES (p_breach, (SELECT coalesce(max(x.n), 0) + 1 FROM breach x WHERE x.org = luotsi_org()), p_version + 1, p_found_at, p_told, p_closed)
	ON CONFLICT ON CONSTRAINT breach_key DO UPDATE SET version = excluded.version, found_at = excluded.found_at, told = excluded.told, closed = excluded.closed;
	INSERT INTO breach_version (breach, version, actor, note, found_at, began_at, persons, told, told_at, people, closed, facts, effects, remedies, why)
	VALUES (p_breach, p_version + 1, p_actor, p_note, p_found_at, p_began_at, p_persons, p_told, p_told_at, p_people, p_closed, p_facts, p_effects, p_remedies, p_why);
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'breach_put', p_breach, CASE WHEN p_version = 0 THEN 'new' WHEN p_closed THEN 'closed' ELSE 'changed' END);
	RETURN 'ok';
END
$$;

-- The newest first, those that are open before the others. late: 72 hours have gone by and nothing is decided.
CREATE FUNCTION breach_list(p_skip int4, p_most int4)
RETURNS TABLE (breach uuid, n int4, version int4, found_at timestamptz, due_at timestamptz, told text, closed boolean, late boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT b.breach, b.n, b.version, b.found_at, b.found_at + interval '72 hours', b.told, b.closed, b.told = 'open' AND b.found_at + interval '72 hours' < now()
	FROM breach b WHERE b.org = luotsi_org() ORDER BY b.closed, b.n DESC OFFSET p_skip LIMIT p_most
$$;

-- For the front page: breaches that nobody has decided about, and those of which it is too late.
CREATE FUNCTION breach_late() RETURNS TABLE (open int8, late int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT count(*) FILTER (WHERE b.told = 'open'), count(*) FILTER (WHERE b.told = 'open' AND b.found_at + interval '72 hours' < now())
	FROM breach b WHERE b.org = luotsi_org() AND NOT b.closed
$$;

-- One breach with all its versions, the newest first; looked at is written down with its reason.
CREATE FUNCTION breach_opened(p_actor uuid, p_breach uuid, p_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO audit (actor, action, object, reason) SELECT p_actor, 'breach_read', b.breach, p_reason FROM breach b WHERE b.org = luotsi_org() AND b.breach = p_breach;
	RETURN FOUND;
END
$$;
CREATE FUNCTION breach_rows(p_breach uuid)
RETURNS TABLE (n int4, version int4, at timestamptz, actor uuid, note uuid, found_at timestamptz, began_at timestamptz, persons int4, told text, told_at timestamptz,
	people text, closed boolean, facts bytea, effects bytea, remedies bytea, why bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT b.n, v.version, v.at, v.actor, v.note, v.found_at, v.began_at, v.persons, v.told, v.told_at, v.people, v.closed, v.facts, v.effects, v.remedies, v.why
	FROM breach b JOIN breach_version v USING (org, breach) WHERE b.org = luotsi_org() AND b.breach = p_breach ORDER BY v.version DESC LIMIT 50
$$;

GRANT EXECUTE ON FUNCTION record_get(), record_put(uuid, int4, text, text, text, text, text), breach_put(uuid, uuid, int4, uuid, timestamptz, timestamptz, int4, text, timestamptz, text,
	boolean, bytea, bytea, bytea, bytea), breach_list(int4, int4), breach_late(), breach_opened(uuid, uuid, text), breach_rows(uuid) TO luotsi_app;
