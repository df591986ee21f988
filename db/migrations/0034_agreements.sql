-- Agreements: what is agreed (versions, typed by GDPR art. 28(3)), how far it is (one table of transitions, one
-- function that takes them), and what each state allows (one table, read by the statements here and, through
-- agreement.allows, by the gate of the workers).

-- --- what each state allows ---

-- The classes of operations, in the order of their bits in agreement.allows and of enum agreement_act.
--   sign_in         a client comes in                    write           messages, files, drafts, topics, reopening
--   read            rooms, their logs, files             invite          somebody is brought into a room
--   export          a client takes a room out            room_new
--   keys            epochs and grants, so that those     counsellor_new  an account that counsels
--                   who are there can read               office_new      an account that looks after the organisation
--   close           a room is closed, a member leaves
CREATE FUNCTION agreement_acts() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['sign_in', 'read', 'export', 'keys', 'close', 'write', 'invite', 'room_new', 'counsellor_new', 'office_new'];
CREATE FUNCTION agreement_may(p_allows int4, p_act text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (p_allows >> (array_position(agreement_acts(), p_act) - 1)) & 1 = 1;

CREATE TABLE agreement_rule (
	state text NOT NULL CONSTRAINT agreement_rule_state_known CHECK (state IN
		('contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'live', 'ending', 'ended')),
	act   text NOT NULL CONSTRAINT agreement_rule_act_known CHECK (act = ANY (agreement_acts())),
	CONSTRAINT agreement_rule_key PRIMARY KEY (state, act)
);
COMMENT ON TABLE agreement_rule IS 'What an agreement allows in each of its states; what has no row is refused. The only place that says so: whoever changes it, touches every agreement''s state in the same migration, so that allows follows.';
INSERT INTO agreement_rule (state, act)
SELECT 'live', unnest(agreement_acts())
UNION ALL SELECT 'ending', unnest(ARRAY['sign_in', 'read', 'export', 'keys', 'close', 'office_new'])
UNION ALL SELECT state, 'office_new' FROM unnest(ARRAY['signed', 'trained']) AS state;
GRANT SELECT ON agreement_rule TO luotsi_app, luotsi_read;

ALTER TABLE agreement
	ADD allows int4 NOT NULL DEFAULT 0,
	ADD version int4 NOT NULL DEFAULT 0,
	ADD processor_business_id text CONSTRAINT agreement_processor_id_valid CHECK (business_id_valid(processor_business_id)),
	ADD processor_before text CONSTRAINT agreement_processor_before_length CHECK (octet_length(processor_before) BETWEEN 1 AND 200),
	ADD processor_since date,
	ADD since timestamptz NOT NULL DEFAULT now(),
	ADD next_by date,
	ADD ends_on date,
	ADD ended_at timestamptz,
	ADD at_end text NOT NULL DEFAULT 'delete' CONSTRAINT agreement_at_end_known CHECK (at_end IN ('return', 'delete')),
	ADD end_days int4 NOT NULL DEFAULT 30 CONSTRAINT agreement_end_days_bounds CHECK (end_days BETWEEN 0 AND 365),
	ADD training_required boolean NOT NULL DEFAULT false,
	ADD CONSTRAINT agreement_ending_has_end CHECK (state <> 'ending' OR ends_on IS NOT NULL);
COMMENT ON COLUMN agreement.allows IS 'The rows of agreement_rule for the present state, as bits; made by a trigger, never written otherwise.';
COMMENT ON COLUMN agreement.version IS 'Of agreement_version: the one that holds now; 0: none was recorded.';
COMMENT ON COLUMN agreement.since IS 'When the present state was entered.';
COMMENT ON COLUMN agreement.next_by IS 'Until when the next step is wanted.';
COMMENT ON COLUMN agreement.ends_on IS 'Ending: the last day on which it can be read and taken out.';

CREATE FUNCTION agreement_state_enter() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	NEW.allows := (SELECT coalesce(bit_or(1 << (array_position(agreement_acts(), r.act) - 1)), 0) FROM agreement_rule r WHERE r.state = NEW.state);
	NEW.since := CASE WHEN TG_OP = 'UPDATE' AND OLD.state = NEW.state THEN OLD.since ELSE now() END;
	RETURN NEW;
END
$$;
CREATE TRIGGER agreement_state_enter BEFORE INSERT OR UPDATE OF state, allows ON agreement
	FOR EACH ROW EXECUTE FUNCTION agreement_state_enter();
-- Those that are there already; the owner sees one organisation at a time.
DO $$
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		UPDATE agreement a SET ends_on = day_now() + 90 WHERE a.org = v_org AND a.state = 'ending' AND a.ends_on IS NULL;
		UPDATE agreement a SET state = a.state WHERE a.org = v_org;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- Whether the agreement of a room allows an act now.
CREATE FUNCTION room_may(p_room uuid, p_act text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT coalesce((SELECT agreement_may(a.allows, p_act) FROM room r JOIN agreement a USING (org, agreement) WHERE r.room = p_room), false)
$$;

-- Functions of before this table named a state themselves. They ask the table now, in whatever wording the last
-- migration left them.
DO $$
DECLARE
	v_one record;
	v_n int4 := 0;
BEGIN
	FOR v_one IN SELECT p.oid, p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosrc ~ 'a\.state = ''live''' LOOP
		EXECUTE replace(pg_get_functiondef(v_one.oid), 'a.state = ''live''', format('agreement_may(a.allows, %L)',
			CASE v_one.proname WHEN 'sign_in_organisations' THEN 'sign_in' WHEN 'control_lock' THEN 'room_new' ELSE 'write' END));
		v_n := v_n + 1;
	END LOOP;
	ASSERT v_n >= 4, 'functions that name a state';
END
$$;

-- Which class an entry of a control log is of. Numbers: proto/FORMAT.md, section 7.
CREATE FUNCTION control_act(p_type int2) RETURNS text
LANGUAGE sql IMMUTABLE RETURN CASE
	WHEN p_type = 1 THEN 'room_new'
	WHEN p_type IN (2, 3, 4, 5, 6, 9) THEN 'invite'
	WHEN p_type IN (7, 8, 10, 11, 18) THEN 'close'
	WHEN p_type = 19 THEN 'write'
	ELSE 'keys' END;

-- The same for every way by which entries come; and no room by who has no training, where it is agreed.
CREATE FUNCTION control_under_agreement() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	v_agreement agreement;
BEGIN
	SELECT a.* INTO v_agreement FROM room r JOIN agreement a USING (org, agreement) WHERE r.room = NEW.room;
	IF NOT agreement_may(v_agreement.allows, control_act(NEW.type)) THEN
		RAISE EXCEPTION 'not under this agreement' USING ERRCODE = 'LU000', CONSTRAINT = 'control_entry__agreement_not_live';
	ELSIF NEW.type = 1 AND v_agreement.training_required AND NOT EXISTS (SELECT FROM training t WHERE t.org = NEW.org AND t.account = NEW.sender) THEN
		RAISE EXCEPTION 'no training' USING ERRCODE = 'LU000', CONSTRAINT = 'control_entry__training_needed';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER control_under_agreement BEFORE INSERT ON control_entry FOR EACH ROW EXECUTE FUNCTION control_under_agreement();

-- New accounts. p_role: of the account. An organisation of operators has no agreement and no rooms: who looks
-- after it needs none.
CREATE FUNCTION account_under_agreement(p_role text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_act text := CASE WHEN session_class(p_role) = 2 THEN 'counsellor_new' ELSE 'office_new' END;
BEGIN
	IF NOT EXISTS (SELECT FROM agreement a WHERE a.org = luotsi_org() AND agreement_may(a.allows, v_act))
		AND (v_act = 'counsellor_new' OR EXISTS (SELECT FROM agreement a WHERE a.org = luotsi_org())) THEN
		RAISE EXCEPTION 'not under this agreement' USING ERRCODE = 'LU000', CONSTRAINT = 'account__agreement_not_live';
	END IF;
END
$$;

-- As in 0016, under the agreement.
CREATE OR REPLACE FUNCTION staff_add(p_actor uuid, p_account uuid, p_role text, p_name bytea, p_most int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM account_under_agreement(p_role);
	PERFORM pg_advisory_xact_lock(hashtextextended('staff ' || luotsi_org(), 0));
	IF (SELECT count(*) FROM account a WHERE a.org = luotsi_org() AND a.role <> 'client') >= p_most THEN
		RETURN 'quota';
	END IF;
	INSERT INTO account (account, role) VALUES (p_account, p_role);
	INSERT INTO staff_label (account, name) VALUES (p_account, p_name);
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'staff_add', p_account, p_role);
	RETURN 'ok';
END
$$;

-- Who counselled not is a new counsellor.
CREATE FUNCTION role_under_agreement() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM account_under_agreement(NEW.role);
	RETURN NEW;
END
$$;
CREATE TRIGGER role_under_agreement BEFORE UPDATE OF role ON account
	FOR EACH ROW WHEN (session_class(NEW.role) = 2 AND session_class(OLD.role) <> 2)
	EXECUTE FUNCTION role_under_agreement();

-- --- what is agreed ---

CREATE FUNCTION text_within(p_value jsonb, p_min int4, p_max int4) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(jsonb_typeof(p_value) = 'string' AND octet_length(p_value #>> '{}') BETWEEN p_min AND p_max, false);
CREATE FUNCTION number_within(p_value jsonb, p_min int4, p_max int4) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(CASE WHEN jsonb_typeof(p_value) = 'number' THEN (p_value #>> '{}')::numeric BETWEEN p_min AND p_max
	AND (p_value #>> '{}')::numeric % 1 = 0 END, false);
CREATE FUNCTION keys_are(p_value jsonb, p_keys text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(p_value) = 'object' THEN (SELECT count(*) = cardinality(p_keys) AND bool_and(k = ANY (p_keys)) FROM jsonb_object_keys(p_value) AS k) ELSE false END;
CREATE FUNCTION texts_within(p_list jsonb, p_most int4, p_max int4) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(p_list) = 'array' THEN jsonb_array_length(p_list) <= p_most
	AND (SELECT coalesce(bool_and(text_within(v, 1, p_max)), true) FROM jsonb_array_elements(p_list) AS v) ELSE false END;

-- The terms of art. 28(3), whole: every member there, none unknown, each within its bounds. What each member
-- means: web/src/agreement/terms.ts. Days of keeping are limits: an organisation's own rules may be shorter.
CREATE FUNCTION terms_are_legal(p_terms jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(keys_are(p_terms, ARRAY['format', 'subject', 'nature', 'purpose', 'begins', 'ends', 'data', 'persons', 'instructions',
			'confidentiality', 'security', 'subprocessors', 'rights_help', 'breach_help', 'audits', 'at_end', 'end_days', 'retention',
			'training_required', 'other'])
		AND p_terms ->> 'format' = 'luotsi-agreement/1'
		AND (SELECT bool_and(text_within(p_terms -> k, 1, 4000)) FROM unnest(ARRAY['subject', 'nature', 'purpose', 'instructions',
			'confidentiality', 'rights_help', 'breach_help', 'audits']) AS k)
		AND text_within(p_terms -> 'other', 0, 8000)
		AND day_read(p_terms ->> 'begins') IS NOT NULL
		AND (p_terms -> 'ends' = 'null' OR day_read(p_terms ->> 'ends') >= day_read(p_terms ->> 'begins'))
		AND template_set(p_terms -> 'data', ARRAY['identity', 'contact', 'conversation', 'files', 'assignments', 'life_situation', 'work_and_study',
			'health', 'use']) AND p_terms -> 'data' <> '[]'
		AND template_set(p_terms -> 'persons', ARRAY['clients', 'minors', 'counsellors', 'professionals', 'relatives']) AND p_terms -> 'persons' <> '[]'
		AND texts_within(p_terms -> 'security', 30, 1000) AND p_terms -> 'security' <> '[]'
		AND CASE WHEN jsonb_typeof(p_terms -> 'subprocessors') = 'array' THEN jsonb_array_length(p_terms -> 'subprocessors') <= 20 AND
			(SELECT coalesce(bool_and(keys_are(s, ARRAY['name', 'business_id', 'country', 'task']) AND text_within(s -> 'name', 1, 200)
				AND (s ->> 'business_id' = '' OR business_id_valid(s ->> 'business_id')) AND text_within(s -> 'business_id', 0, 9)
				AND text_within(s -> 'country', 1, 60) AND text_within(s -> 'task', 1, 400)), true)
			FROM jsonb_array_elements(p_terms -> 'subprocessors') AS s) ELSE false END
		AND p_terms ->> 'at_end' IN ('return', 'delete')
		AND number_within(p_terms -> 'end_days', 0, 365)
		AND jsonb_typeof(p_terms -> 'training_required') = 'boolean'
		AND keys_are(p_terms -> 'retention', ARRAY['messages', 'files', 'assignments', 'notes', 'closed_rooms', 'anonymous', 'audit', 'accounts'])
		AND (SELECT bool_and(number_within(d.value, 1, 36500)) FROM jsonb_each(p_terms -> 'retention') AS d), false)
$$;

CREATE TABLE agreement_version (
	org                   uuid NOT NULL DEFAULT luotsi_org(),
	agreement             uuid NOT NULL,
	version               int4 NOT NULL CONSTRAINT agreement_version_bounds CHECK (version BETWEEN 1 AND 1000),
	language              text NOT NULL CONSTRAINT agreement_version_language_known CHECK (language IN ('fi', 'sv', 'en')),
	terms                 jsonb NOT NULL CONSTRAINT agreement_terms__bad_field CHECK (terms_are_legal(terms)),
	holds_from            date NOT NULL,
	processor             text CONSTRAINT agreement_version_processor_length CHECK (octet_length(processor) BETWEEN 1 AND 200),
	processor_business_id text CONSTRAINT agreement_version_processor_valid CHECK (business_id_valid(processor_business_id)),
	template              uuid,
	template_version      int4,
	made_at               timestamptz NOT NULL DEFAULT now(),
	made_by               uuid NOT NULL,
	document              hash,
	signed                hash,
	signed_on             date,
	accepted_at           timestamptz,
	accepted_by           uuid,
	CONSTRAINT agreement_version_key PRIMARY KEY (org, agreement, version),
	CONSTRAINT agreement_version_of_agreement FOREIGN KEY (org, agreement) REFERENCES agreement,
	CONSTRAINT agreement_version_signed_whole CHECK ((signed IS NULL) = (signed_on IS NULL)),
	CONSTRAINT agreement_version_signed_of_document CHECK (signed IS NULL OR document IS NOT NULL)
);
COMMENT ON TABLE agreement_version IS 'What is agreed, and its amendments. While it has no document it is a draft; with one it is offered; signed or accepted it holds from its day. What was accepted never changes.';
COMMENT ON COLUMN agreement_version.processor IS 'An amendment by which another takes the processor''s place (succession); NULL: it stays.';
COMMENT ON COLUMN agreement_version.document IS 'SHA-256 of the document that was made of it for signing.';
COMMENT ON COLUMN agreement_version.signed IS 'SHA-256 of that document with its signatures.';
CALL tenant_table('agreement_version');

CREATE TABLE agreement_signatory (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	agreement  uuid NOT NULL,
	version    int4 NOT NULL,
	n          int4 NOT NULL CONSTRAINT agreement_signatory_bounds CHECK (n BETWEEN 1 AND 8),
	party      text NOT NULL CONSTRAINT agreement_signatory_party_known CHECK (party IN ('controller', 'processor')),
	name       text NOT NULL CONSTRAINT agreement_signatory_name_length CHECK (octet_length(name) BETWEEN 1 AND 200),
	title      text NOT NULL CONSTRAINT agreement_signatory_title_length CHECK (octet_length(title) <= 200),
	basis      text NOT NULL CONSTRAINT agreement_signatory_basis_known CHECK (basis IN ('office', 'rules', 'register', 'proxy', 'decision')),
	basis_text text NOT NULL CONSTRAINT agreement_signatory_basis_length CHECK (octet_length(basis_text) <= 400),
	CONSTRAINT agreement_signatory_key PRIMARY KEY (org, agreement, version, n),
	CONSTRAINT agreement_signatory_of_version FOREIGN KEY (org, agreement, version) REFERENCES agreement_version
);
COMMENT ON TABLE agreement_signatory IS 'Who signed, for whom, and by what authority.';
CALL tenant_table('agreement_signatory');

CREATE TABLE agreement_template (
	template        uuid NOT NULL,
	version         int4 NOT NULL CONSTRAINT agreement_template_bounds CHECK (version BETWEEN 1 AND 1000),
	language        text NOT NULL CONSTRAINT agreement_template_language_known CHECK (language IN ('fi', 'sv', 'en')),
	name            text NOT NULL CONSTRAINT agreement_template_name_length CHECK (octet_length(name) BETWEEN 1 AND 200),
	terms           jsonb NOT NULL CONSTRAINT agreement_template__bad_field CHECK (terms_are_legal(terms)),
	privacy_notice  localized NOT NULL,
	service_promise localized NOT NULL,
	published_at    timestamptz,
	withdrawn       boolean NOT NULL DEFAULT false,
	CONSTRAINT agreement_template_key PRIMARY KEY (template, version)
);
COMMENT ON TABLE agreement_template IS 'What agreements begin from; the operator''s. Of no organisation, and reached by the operator''s functions only. A published version never changes.';

-- --- how far it is ---

CREATE TABLE agreement_transition (
	from_state text NOT NULL,
	to_state   text NOT NULL,
	who        text[] NOT NULL,
	needs      text[] NOT NULL,
	forward    boolean NOT NULL,
	CONSTRAINT agreement_transition_key PRIMARY KEY (from_state, to_state)
);
COMMENT ON TABLE agreement_transition IS 'Every step that an agreement can take: who takes it (operator, admin, service) and what must be there (agreement_has).';
INSERT INTO agreement_transition (from_state, to_state, who, needs, forward) VALUES
	('contact_found', 'signatory_found', '{operator}', '{contact,signatory}', true),
	('signatory_found', 'contact_found', '{operator}', '{note}', false),
	('signatory_found', 'sent', '{operator}', '{signatory,document}', true),
	('sent', 'signatory_found', '{operator}', '{note}', false),
	('sent', 'signed', '{operator}', '{document,signature}', true),
	('signed', 'trained', '{operator}', '{admin,training}', true),
	('trained', 'live', '{operator}', '{signature,admin,begun}', true),
	('live', 'ending', '{operator,admin}', '{note,end_day}', true),
	('ending', 'live', '{operator}', '{note,end_ahead}', false),
	('ending', 'ended', '{operator,service}', '{end_passed}', true);
GRANT SELECT ON agreement_transition TO luotsi_app, luotsi_read;

CREATE TABLE agreement_history (
	org        uuid NOT NULL DEFAULT luotsi_org(),
	agreement  uuid NOT NULL,
	n          int4 NOT NULL,
	at         timestamptz NOT NULL DEFAULT now(),
	actor      uuid,
	from_state text,
	to_state   text NOT NULL,
	note       text NOT NULL CONSTRAINT agreement_history_note_length CHECK (octet_length(note) <= 1000),
	next_state text,
	next_by    date,
	CONSTRAINT agreement_history_key PRIMARY KEY (org, agreement, n),
	CONSTRAINT agreement_history_of_agreement FOREIGN KEY (org, agreement) REFERENCES agreement
);
COMMENT ON TABLE agreement_history IS 'Every step that was taken: who, when, why, what comes next and by when. actor NULL: the service itself. Append-only.';
CALL tenant_table('agreement_history');

CREATE TABLE agreement_due (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	agreement uuid NOT NULL,
	what      text NOT NULL CONSTRAINT agreement_due_what_known CHECK (what IN ('return', 'delete')),
	ended_at  timestamptz NOT NULL,
	due_on    date NOT NULL,
	done_at   timestamptz,
	CONSTRAINT agreement_due_key PRIMARY KEY (org, agreement),
	CONSTRAINT agreement_due_of_agreement FOREIGN KEY (org, agreement) REFERENCES agreement
);
COMMENT ON TABLE agreement_due IS 'An agreement that has ended: its data is returned or deleted, as agreed, by due_on. Whoever has done it says when.';
CALL tenant_table('agreement_due');

CREATE TABLE training (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	account   uuid NOT NULL,
	passed_on date NOT NULL,
	by        uuid NOT NULL,
	at        timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT training_key PRIMARY KEY (org, account),
	CONSTRAINT training_of_account FOREIGN KEY (org, account) REFERENCES account ON DELETE CASCADE
);
COMMENT ON TABLE training IS 'Who of the staff has had the training for this service, as their admin says.';
CALL tenant_table('training');
GRANT SELECT ON training TO luotsi_app;

CALL overview_table('agreement');
CALL overview_table('agreement_version');
CALL overview_table('agreement_history');

-- Is there what a step needs? p_note, p_ends_on: given with the step.
CREATE FUNCTION agreement_has(p_of agreement, p_need text, p_note text, p_ends_on date) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT CASE p_need
		WHEN 'contact' THEN EXISTS (SELECT FROM contact c WHERE c.org = p_of.org)
		WHEN 'signatory' THEN EXISTS (SELECT FROM contact c WHERE c.org = p_of.org AND c.basis IS NOT NULL)
		WHEN 'document' THEN EXISTS (SELECT FROM agreement_version v WHERE v.org = p_of.org AND v.agreement = p_of.agreement AND v.version = 1 AND v.document IS NOT NULL)
		WHEN 'signature' THEN EXISTS (SELECT FROM agreement_version v WHERE v.org = p_of.org AND v.agreement = p_of.agreement AND v.version = 1 AND v.signed IS NOT NULL)
		WHEN 'begun' THEN EXISTS (SELECT FROM agreement_version v WHERE v.org = p_of.org AND v.agreement = p_of.agreement AND v.version = 1 AND v.holds_from <= day_now())
		WHEN 'admin' THEN EXISTS (SELECT FROM account a WHERE a.org = p_of.org AND a.role = 'admin' AND a.disabled_at IS NULL)
		WHEN 'training' THEN EXISTS (SELECT FROM training t WHERE t.org = p_of.org) OR NOT EXISTS (SELECT FROM agreement_version v
			WHERE v.org = p_of.org AND v.agreement = p_of.agreement AND v.version = 1 AND v.terms -> 'training_required' = 'true')
		WHEN 'note' THEN btrim(p_note) <> ''
		WHEN 'end_day' THEN coalesce(p_ends_on >= day_now(), false)
		WHEN 'end_ahead' THEN p_of.ends_on >= day_now()
		WHEN 'end_passed' THEN p_of.ends_on < day_now()
	END
$$;

-- Why a step cannot be taken: NULL, no_such_step, not_yours, or what is missing.
CREATE FUNCTION agreement_lacks(p_of agreement, p_who text, p_to text, p_note text, p_ends_on date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_step agreement_transition;
BEGIN
	SELECT * INTO v_step FROM agreement_transition t WHERE t.from_state = p_of.state AND t.to_state = p_to;
	IF v_step.to_state IS NULL THEN
		RETURN 'no_such_step';
	ELSIF p_who <> ALL (v_step.who) THEN
		RETURN 'not_yours';
	END IF;
	RETURN (SELECT need FROM unnest(v_step.needs) WITH ORDINALITY AS n(need, i)
		WHERE agreement_has(p_of, need, p_note, p_ends_on) IS NOT TRUE ORDER BY i LIMIT 1);
END
$$;

-- A version holds from now on.
CREATE FUNCTION agreement_hold(p_agreement uuid, p_version int4) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_new agreement_version;
BEGIN
	SELECT * INTO STRICT v_new FROM agreement_version v WHERE v.org = luotsi_org() AND v.agreement = p_agreement AND v.version = p_version;
	UPDATE agreement a
	SET version = p_version, retention_days = (v_new.terms -> 'retention' ->> 'closed_rooms')::int4, at_end = v_new.terms ->> 'at_end',
		end_days = (v_new.terms ->> 'end_days')::int4, training_required = (v_new.terms ->> 'training_required')::boolean,
		processor_before = CASE WHEN v_new.processor IS NULL THEN a.processor_before ELSE a.processor END,
		processor_since = CASE WHEN v_new.processor IS NULL THEN a.processor_since ELSE v_new.holds_from END,
		processor = coalesce(v_new.processor, a.processor), processor_business_id = coalesce(v_new.processor_business_id, a.processor_business_id)
	WHERE a.org = luotsi_org() AND a.agreement = p_agreement;
	INSERT INTO audit (action, object, word) VALUES ('agreement_holds', p_agreement, CASE WHEN v_new.processor IS NULL THEN 'terms' ELSE 'processor' END);
END
$$;

-- The one way from state to state, in the organisation that is named: 'ok' or why not (agreement_lacks). p_dry:
-- only says. p_here: from where it is done.
CREATE FUNCTION agreement_step(p_actor uuid, p_who text, p_here uuid, p_agreement uuid, p_to text, p_note text, p_next_by date, p_ends_on date, p_dry boolean)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_old agreement;
	v_word text;
BEGIN
	SELECT * INTO v_old FROM agreement a WHERE a.org = luotsi_org() AND a.agreement = p_agreement FOR UPDATE;
	IF v_old.org IS NULL THEN
		RETURN 'no_such_step';
	END IF;
	v_word := agreement_lacks(v_old, p_who, p_to, p_note, p_ends_on);
	IF v_word IS NOT NULL OR p_dry THEN
		RETURN coalesce(v_word, 'ok');
	END IF;
	UPDATE agreement a SET state = p_to, next_by = p_next_by,
		ends_on = CASE p_to WHEN 'ending' THEN p_ends_on WHEN 'live' THEN NULL ELSE a.ends_on END,
		ended_at = CASE WHEN p_to = 'ended' THEN now() END
	WHERE a.org = luotsi_org() AND a.agreement = p_agreement;
	IF p_to = 'live' AND v_old.version = 0 THEN
		PERFORM agreement_hold(p_agreement, 1);
	ELSIF p_to = 'ended' THEN
		INSERT INTO agreement_due (agreement, what, ended_at, due_on) VALUES (p_agreement, v_old.at_end, now(), day_now() + v_old.end_days);
	END IF;
	PERFORM agreement_note(p_agreement, p_actor, v_old.state, p_to, p_note, p_next_by);
	PERFORM audit_both(p_here, p_actor, 'agreement_step', p_agreement, p_to);
	RETURN 'ok';
END
$$;

-- A row of the history; the state may be as it was.
CREATE FUNCTION agreement_note(p_agreement uuid, p_actor uuid, p_from text, p_to text, p_note text, p_next_by date) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO agreement_history (agreement, n, actor, from_state, to_state, note, next_state, next_by)
	SELECT p_agreement, coalesce(max(h.n), 0) + 1, p_actor, p_from, p_to, p_note,
		(SELECT t.to_state FROM agreement_transition t WHERE t.from_state = p_to AND t.forward), p_next_by
	FROM agreement_history h WHERE h.org = luotsi_org() AND h.agreement = p_agreement
$$;

-- Every operation of the functions above, for the workers; the rest of what the operator and the admins ask is
-- in 0035.
GRANT EXECUTE ON FUNCTION agreement_acts(), agreement_may(int4, text), room_may(uuid, text), control_act(int2), control_under_agreement(),
	account_under_agreement(text), agreement_state_enter() TO luotsi_app;
GRANT EXECUTE ON FUNCTION agreement_acts(), agreement_may(int4, text) TO luotsi_jobs, luotsi_read;
