-- The roles of the database; by the superuser, once for a cluster, harmless when repeated.
-- None has a password: peer authentication over the Unix socket says who may be which.
--   luotsi_owner  owns the schema, runs migrations; not a superuser, under row-level security itself
--   luotsi_app    the workers: may not delete or change messages, control entries or audit rows
--   luotsi_jobs   the jobs process: sweeps through functions, touches no table
--   luotsi_signer the signer of the logs: places for leaves and signed heads, through functions, no table
--   luotsi_read   reports: metadata only, never a column that holds an envelope or a key
DO $$
DECLARE
	v_role text;
BEGIN
	FOREACH v_role IN ARRAY ARRAY['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'luotsi_signer', 'luotsi_read'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
			EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', v_role);
		END IF;
	END LOOP;
END
$$;
