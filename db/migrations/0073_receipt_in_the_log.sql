-- The receipt of what an ended agreement returned says in the audit log of which file it is: the event's reason is the
-- file's sum, so that the leaf, opened, vouches for that very file (proto/FORMAT.md, 18).
DO $$
DECLARE
	v_old text := pg_get_functiondef('handover_receipt(uuid, uuid, bytea)'::regprocedure);
	v_new text := replace(v_old, 'INSERT INTO audit (actor, action, object) VALUES (p_actor, ''handover_receipt'', p_agreement);',
		'INSERT INTO audit (actor, action, object, reason) VALUES (p_actor, ''handover_receipt'', p_agreement, ''sum '' || encode(p_receipt, ''hex''));');
BEGIN
	ASSERT v_new <> v_old, 'the receipt';
	EXECUTE v_new;
END
$$;
