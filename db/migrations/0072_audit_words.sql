-- The audit trail holds what is known to it and nothing else, and whoever reads on in it has said why.

CREATE TABLE audit_action (
	action text CONSTRAINT audit_action_key PRIMARY KEY CONSTRAINT audit_action_word CHECK (action ~ '^[a-z][a-z_]{1,39}$')
);
COMMENT ON TABLE audit_action IS 'Every action that there is, as proto/audit.def has them. A migration that brings a new one adds its row.';
INSERT INTO audit_action (action) VALUES
	('absence_put'), ('account_made'), ('agreement_accept'), ('agreement_draft'), ('agreement_holds'), ('agreement_make'), ('agreement_offer'),
	('agreement_sign'), ('agreement_step'), ('agreement_template'), ('agreement_texts'), ('breach_put'), ('breach_read'), ('break_glass'),
	('contact_put'), ('control_add'), ('control_close'), ('control_create'), ('control_epoch'), ('control_history_grant'), ('control_invite'),
	('control_join'), ('control_leave'), ('control_other'), ('control_recovery_wrap'), ('control_rekey'), ('control_remove'), ('control_reopen'),
	('enrolment_mail'), ('enrolment_mail_end'), ('enrolment_make'), ('enrolment_spoilt'), ('enrolment_withdraw'), ('erasure_begin'),
	('erasure_certificate'), ('erasure_done'), ('erasure_fault'), ('event_export'), ('event_read'), ('export'), ('handover_done'), ('handover_files'),
	('handover_receipt'), ('handover_rooms'), ('hold_ask'), ('hold_end'), ('hold_end_ask'), ('hold_make'), ('hold_read'), ('identified'),
	('identified_name'), ('identity_append'), ('invitation_claim'), ('invitation_mail'), ('invitation_mail_end'), ('invitation_refused'),
	('invitation_withdrawn'), ('leaving_put'), ('message_post'), ('notify_choose'), ('notify_confirm'), ('notify_letter'), ('notify_put'),
	('notify_remove'), ('office_put'), ('organisation_admin'), ('organisation_change'), ('organisation_new'), ('passkey_add'), ('passkey_refused'),
	('passkey_remove'), ('passkey_reset'), ('passkey_sign_in'), ('passkey_step_up'), ('person_replaced'), ('record_put'), ('recovery_chains'),
	('recovery_export'), ('recovery_rehearse'), ('recovery_rooms'), ('refused'), ('request_erase'), ('request_read'), ('request_step'),
	('retention_read'), ('retention_rule'), ('rights_ask'), ('rights_withdraw'), ('room_freeze'), ('room_lift'), ('room_topics'), ('service_day_put'),
	('service_put'), ('sign_in'), ('staff_add'), ('staff_disable'), ('staff_enable'), ('staff_person'), ('staff_place'), ('staff_role'),
	('succession_begin'), ('succession_done'), ('succession_take'), ('template_curate'), ('template_publish'), ('template_share'),
	('template_withdraw'), ('training_put'), ('unlockers_change');

-- As in 0030, of what is known only. No foreign key: that would lock one row for everybody who writes the same word.
CREATE OR REPLACE FUNCTION audit_leaf() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM audit_action w WHERE w.action = NEW.action) THEN
		RAISE 'no such action: % (proto/audit.def)', NEW.action USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_action_known';
	END IF;
	NEW.nonce := log_nonce();
	NEW.place := NULL;
	INSERT INTO log_pending (log, n, whose, leaf) VALUES (NEW.org, NEW.n, NEW.org, log_commit(NEW.nonce, audit_detail(NEW)));
	RETURN NEW;
END
$$;

-- --- reading on ---

-- Whether a page that is not the first goes on with one for which this person wrote down the same reason within the
-- hour. Else whoever names a place to begin from would read without a trace.
CREATE FUNCTION audit_goes_on(p_actor uuid, p_action text, p_object uuid, p_reason text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM (SELECT a.* FROM audit a WHERE a.org = luotsi_org() AND a.action = p_action ORDER BY a.n DESC LIMIT 200) AS r
		WHERE r.actor = p_actor AND r.object IS NOT DISTINCT FROM p_object AND r.reason = p_reason AND r.at > now() - interval '1 hour')
$$;
GRANT EXECUTE ON FUNCTION audit_goes_on(uuid, text, uuid, text) TO luotsi_app;

DO $$
DECLARE
	v_old text := pg_get_functiondef('event_list(uuid, int8, text, bool, timestamptz, timestamptz, text, uuid, int4)'::regprocedure);
	v_new text := replace(v_old, 'p_person, p_reason WHERE p_before IS NULL;', 'p_person, p_reason
	WHERE p_before IS NULL OR NOT audit_goes_on(p_actor, CASE WHEN p_take THEN ''event_export'' ELSE ''event_read'' END, p_person, p_reason);');
BEGIN
	ASSERT v_new <> v_old, 'the events of an organisation';
	EXECUTE v_new;
END
$$;

-- --- what happened long ago, in the dry run ---

-- One page of events that lose their detail until then (0043), as retention_page of other sources.
CREATE FUNCTION audit_page(p_until timestamptz, p_days int4, p_place text, p_most int4)
RETURNS TABLE (object uuid, since timestamptz, due_at timestamptz, held boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid := luotsi_org();
	v_days int4 := coalesce(p_days, (SELECT r.days FROM audit_rule() r));
	v_until timestamptz := p_until - make_interval(days => v_days);
	v_held uuid[] := ARRAY(SELECT h.object FROM legal_hold h WHERE h.org = v_org AND h.made_at IS NOT NULL AND h.ended_at IS NULL);
	v_since timestamptz := '-infinity';
	v_n int8 := 0;
BEGIN
	IF p_place IS NOT NULL THEN
		v_since := 'epoch'::timestamptz + split_part(p_place, ' ', 1)::int8 * interval '1 microsecond';
		v_n := ('x' || right(replace(split_part(p_place, ' ', 2), '-', ''), 16))::bit(64)::int8;
	END IF;
	RETURN QUERY SELECT lpad(to_hex(a.n), 32, '0')::uuid, a.at, a.at + make_interval(days => v_days), a.object = ANY (v_held) OR a.actor = ANY (v_held)
		FROM audit a WHERE a.org = v_org AND a.at < v_until AND a.at >= v_since AND (a.at, a.n) > (v_since, v_n) ORDER BY a.at, a.n LIMIT p_most;
END
$$;

-- As in 0040, and the detail of events.
CREATE OR REPLACE FUNCTION retention_dry(p_source text, p_until timestamptz, p_days int4, p_place text, p_most int4)
RETURNS TABLE (rule text, month text, held boolean, n int8, rows int8, place text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF p_place !~ '^-?[0-9]{1,16} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [0-9]{1,5}$' THEN
		RAISE 'no place' USING ERRCODE = 'LU000', CONSTRAINT = 'retention_place__bad_field';
	END IF;
	RETURN QUERY
		WITH page AS MATERIALIZED (
			SELECT d.rule, d.due_at, coalesce(d.held, false) AS held, d.since, d.object, d.part FROM retention_page(p_source, p_until, p_days, p_place, p_most) d WHERE p_source <> 'audit'
			UNION ALL
			SELECT 'audit', d.due_at, coalesce(d.held, false), d.since, d.object, 0 FROM audit_page(p_until, p_days, p_place, p_most) d WHERE p_source = 'audit'),
		last AS (SELECT retention_place(p.since, p.object, p.part) AS place FROM page p ORDER BY p.since DESC, p.object DESC, p.part DESC LIMIT 1)
		SELECT g.rule, g.month, g.held, g.n, sum(g.n) OVER ()::int8, l.place
		FROM (SELECT p.rule, to_char(greatest(p.due_at, now()) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, p.held, count(*) AS n FROM page p GROUP BY 1, 2, 3) AS g
		CROSS JOIN last l ORDER BY 2, 1, 3;
END
$$;
