-- Invitations that go by e-mail.

-- name: invitation_mail_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, room uuid, invite uuid, token_hash bytea, sealed bytea, language text, expires_at timestamptz, most int4, most_room int4
-- out: outcome text
-- Puts one on its way in the place of the room's present one: ok | not_found | conflict | rate_limited.
-- most: of the actor in a day, most_room: of the room.
SELECT invitation_mail_put(:actor, :room, :invite, :token_hash, :sealed, :language, :expires_at, :most, :most_room) AS outcome;

-- name: invitation_mail_state
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: state text, expires_at timestamptz, claimed_by uuid
-- How it stands (waiting | sent | given_up), and who has identified with it.
SELECT state, expires_at, claimed_by FROM invitation_mail_state(:room);
