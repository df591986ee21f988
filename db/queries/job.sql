-- What happens by itself; run by the jobs process as luotsi_jobs, for all organisations at once.

-- name: job_sweep_sessions
-- shape: one
-- lane: write
-- tenant: no
-- in: idle int4[]
-- out: swept int8
-- Removes sessions that are over, and tickets that nobody spent. idle: seconds, by session_class.
SELECT sweep_sessions(:idle) AS swept;

-- name: job_sweep_invitations
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: swept int8
-- Removes invitations whose time has passed.
SELECT sweep_invitations() AS swept;

-- name: job_sweep_logins
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: swept int8
-- Removes identifications that were never finished, and enrolments whose time has passed.
SELECT sweep_logins() AS swept;

-- name: job_sweep_challenges
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: swept int8
-- Removes passkeys' challenges that nobody answered.
SELECT sweep_challenges() AS swept;

-- name: job_age_epochs
-- shape: one
-- lane: write
-- tenant: no
-- in: epoch_max_seconds int8
-- out: aged int8
-- Marks rooms whose epoch is too old as pending, and tells every worker.
SELECT age_epochs(:epoch_max_seconds) AS aged;
