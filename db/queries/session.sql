-- Sessions: begun, found, seen, listed, ended. Format of these files: see db/sqlgen.py.

-- name: session_find
-- shape: maybe
-- lane: read
-- tenant: no
-- in: token_hash bytea, idle_seconds int4
-- out: session uuid, org uuid, account uuid, role text, organisation text, started_at timestamptz, expires_at timestamptz
-- The live session of a cookie, whatever its organisation.
SELECT session, org, account, role, organisation, started_at, expires_at
FROM session_find(:token_hash, :idle_seconds);

-- name: session_start
-- shape: exec
-- lane: write
-- tenant: yes
-- in: session uuid, token_hash bytea, account uuid, expires_at timestamptz
-- out:
-- Signs in: 0 rows if there is no such account, or it is disabled.
INSERT INTO session (session, token_hash, account, expires_at)
SELECT :session, :token_hash, a.account, :expires_at
FROM account a WHERE a.account = :account AND a.disabled_at IS NULL;

-- name: session_agreement
-- shape: maybe
-- lane: read
-- tenant: yes
-- in:
-- out: agreement uuid
-- The organisation's live agreement, under which staff open new rooms; of several always the same.
SELECT agreement FROM agreement WHERE state = 'live' ORDER BY agreement LIMIT 1;

-- name: session_touch
-- shape: exec
-- lane: write
-- tenant: yes
-- in: session uuid
-- out:
-- Seen now; at most once a minute, so that a busy session does not write.
UPDATE session SET seen_at = now() WHERE session = :session AND seen_at < now() - interval '1 minute';

-- name: session_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: session uuid, started_at timestamptz, seen_at timestamptz
-- One's own sessions, the newest first.
SELECT session, started_at, seen_at FROM session
WHERE account = :account AND expires_at > now()
ORDER BY started_at DESC LIMIT 100;

-- name: session_end
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: account uuid, session uuid
-- out: session uuid
-- Ends one of one's own sessions and tells every worker; no row if there is none.
WITH ended AS (
	DELETE FROM session WHERE session = :session AND account = :account RETURNING session, account
), told AS (
	SELECT notice_send('s', concat_ws(' ', notice_hex(e.account), notice_hex(e.session))), e.session
	FROM ended e
)
SELECT session FROM told;

-- name: dev_people
-- shape: many
-- lane: read
-- tenant: no
-- in:
-- out: account uuid, org uuid, login text, role text, organisation text
-- The development page's people.
SELECT account, org, login, role, organisation FROM dev_people() LIMIT 1000;

-- name: dev_person
-- shape: maybe
-- lane: read
-- tenant: no
-- in: account uuid
-- out: org uuid, role text
-- One of them.
SELECT org, role FROM dev_people() WHERE account = :account;
