-- The organisation opens rooms whose keys are lost (proto/FORMAT.md, sections 7 and 11). The entry says who
-- and why to all members; the audit trail says who of the organisation brought it here.

CREATE INDEX wrap_for_recovery ON wrap (org, room, entry) WHERE rtype = 3;

-- As control_append: the entry and its wraps are stored together or not at all. p_actor is the
-- administrator who brings what two officers signed.
CREATE FUNCTION recovery_append(p_room uuid, p_actor uuid, p_head bytea,
	p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_agreement uuid, p_retention_class int4, p_phase text, p_epoch int4, p_pending boolean,
	p_m_account uuid[], p_m_role int2[], p_m_sig_kid bytea[], p_m_enc_kid bytea[], p_m_cert bytea[],
	p_m_active boolean[], p_m_since int4[], p_m_visible_from int8[],
	p_g_to uuid[], p_g_from int4[],
	p_w_entry int4[], p_w_keyset int2[], p_w_epoch int4[], p_w_rtype int2[], p_w_rid uuid[], p_w_rkid bytea[], p_w_wrap bytea[],
	p_invite uuid, p_token_hash bytea, p_sealed bytea, p_expires_at timestamptz)
RETURNS TABLE (outcome text, n_entries int4, head bytea)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	v_outcome text;
	v_n int4;
	v_head bytea;
BEGIN
	SELECT a.outcome, a.n_entries, a.head INTO v_outcome, v_n, v_head
	FROM control_append(p_room, p_actor, p_head, p_entries, p_hashes, p_types, p_agreement, p_retention_class, p_phase, p_epoch, p_pending,
		p_m_account, p_m_role, p_m_sig_kid, p_m_enc_kid, p_m_cert, p_m_active, p_m_since, p_m_visible_from, p_g_to, p_g_from,
		p_w_entry, p_w_keyset, p_w_epoch, p_w_rtype, p_w_rid, p_w_rkid, p_w_wrap, p_invite, p_token_hash, p_sealed, p_expires_at) a;
	INSERT INTO audit (actor, action, object, word) VALUES (p_actor, 'break_glass', p_room, v_outcome);
	RETURN QUERY SELECT v_outcome, v_n, v_head;
END
$$;
GRANT EXECUTE ON FUNCTION recovery_append(uuid, uuid, bytea, bytea[], bytea[], int2[], uuid, int4, text, int4, boolean,
	uuid[], int2[], bytea[], bytea[], bytea[], boolean[], int4[], int8[], uuid[], int4[],
	int4[], int2[], int4[], int2[], uuid[], bytea[], bytea[], uuid, bytea, bytea, timestamptz) TO luotsi_app;
