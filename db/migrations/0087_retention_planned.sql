-- The rules of retention, and what is held, are asked for several times for each source of each organisation. A function
-- in SQL that runs as its owner is planned at every call, and that took most of a dry run over everything; one in
-- PL/pgSQL is planned once a session, as room_may (0058).

DO $$
DECLARE
	v_name text;
	v_body text;
	v_old text;
	v_new text;
BEGIN
	FOREACH v_name IN ARRAY ARRAY['retention_limits()', 'retention_rules()', 'held_rooms()', 'held_accounts()'] LOOP
		SELECT f.prosrc, pg_get_functiondef(f.oid) INTO v_body, v_old FROM pg_proc f WHERE f.oid = v_name::regprocedure;
		v_new := replace(v_old, 'LANGUAGE sql', 'LANGUAGE plpgsql');
		v_new := replace(v_new, v_body, CASE WHEN v_name LIKE 'retention%'
			THEN E'\n#variable_conflict use_column\nBEGIN\n\tRETURN QUERY' || v_body || E';\nEND\n'
			ELSE E'\nBEGIN\n\tRETURN (' || v_body || E');\nEND\n' END);
		ASSERT v_new ~ 'LANGUAGE plpgsql' AND v_new ~ 'BEGIN\n\tRETURN', v_name;
		EXECUTE v_new;
	END LOOP;
END
$$;
