-- Sessions: begun, found, seen, listed, ended. Format of these files: see db/sqlgen.py.

-- name: session_find
-- shape: maybe
-- lane: read
-- tenant: no
-- in: token_hash bytea, idle int4[]
-- out: session uuid, org uuid, account uuid, role text, organisation text, method text, expires_at timestamptz, fresh_until timestamptz
-- The live session of a cookie, whatever its organisation. idle: seconds, by session_class.
SELECT session, org, account, role, organisation, method, expires_at, fresh_until
FROM session_find(:token_hash, :idle);

-- name: session_open
-- shape: maybe
-- lane: write
-- tenant: no
-- in: token_hash bytea, ticket_hash bytea, idle int4[]
-- out: session uuid, org uuid, account uuid, role text, organisation text, method text, expires_at timestamptz, fresh_until timestamptz, admitted bool
-- The same for a WebSocket, and whether the ticket was this session's; then it is spent.
SELECT f.session, f.org, f.account, f.role, f.organisation, f.method, f.expires_at, f.fresh_until,
	ws_ticket_take(f.session, :ticket_hash) AS admitted
FROM session_find(:token_hash, :idle) f;

-- name: session_look
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: session uuid, idle int4[]
-- out: expires_at timestamptz, fresh_until timestamptz
-- Whether a session still lives, and until when it is fresh; its cookie may be another by now.
SELECT s.expires_at, s.fresh_until
FROM session s JOIN account a USING (org, account)
WHERE s.session = :session AND s.expires_at > now() AND a.disabled_at IS NULL
	AND s.seen_at > now() - make_interval(secs => (:idle)[session_class(a.role)]);

-- name: session_start
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: session uuid, token_hash bytea, account uuid, method text, identified_at timestamptz, acr text, old_hash bytea, seconds int4[]
-- out: role text, expires_at timestamptz, fresh_until timestamptz
-- Signs in, and ends the session whose cookie came along (old_hash; NULL: none). identified_at and acr
-- may be NULL. No row if there is no such account, or it is disabled. seconds: by session_class.
SELECT role, expires_at, fresh_until
FROM session_start(:session, :token_hash, :account, :method, :identified_at, :acr, :old_hash, :seconds);

-- name: session_freshen
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: session uuid, token_hash bytea
-- out: fresh_until timestamptz
-- The person has just proven to be there; token_hash: of the new cookie, NULL to keep the old one.
UPDATE session SET fresh_until = now() + interval '5 minutes', seen_at = now(), token_hash = coalesce(:token_hash, token_hash)
WHERE session = :session RETURNING fresh_until;

-- name: ws_ticket
-- shape: exec
-- lane: write
-- tenant: yes
-- in: ticket_hash bytea, session uuid, seconds int4
-- out:
-- A ticket for one WebSocket of this session.
INSERT INTO ws_ticket (ticket_hash, session, expires_at)
VALUES (:ticket_hash, :session, now() + make_interval(secs => :seconds));

-- name: session_agreement
-- shape: maybe
-- lane: read
-- tenant: yes
-- in:
-- out: agreement uuid
-- The organisation's live agreement, under which staff open new rooms; of several always the same.
SELECT agreement FROM agreement WHERE agreement_may(allows, 'room_new') ORDER BY agreement LIMIT 1;

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
-- out: session uuid, started_at timestamptz, seen_at timestamptz, method text
-- One's own sessions, the newest first.
SELECT session, started_at, seen_at, method FROM session
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

-- name: session_end_others
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, session uuid
-- out: ended int8
-- Ends all of one's own sessions but this one and tells every worker.
WITH ended AS (
	DELETE FROM session WHERE session <> :session AND account = :account RETURNING session, account
), told AS (
	SELECT notice_send('s', concat_ws(' ', notice_hex(e.account), notice_hex(e.session))) AS sent FROM ended e
)
SELECT count(*) AS ended FROM told WHERE sent;
