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

-- name: invitation_end
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, room uuid, waiting uuid
-- out: outcome text
-- Takes the room's invitation back: ok | not_found | conflict. waiting: whom to turn away; NULL: nobody.
SELECT invitation_end(:actor, :room, :waiting) AS outcome;

-- name: invitation_waits
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: room uuid, expires_at timestamptz
-- Rooms into which an account waits to be let: it has claimed their invitation, which came by e-mail.
SELECT room, expires_at FROM invitation
WHERE claimed_by = :account AND sealed IS NULL AND expires_at > now() ORDER BY expires_at DESC, room LIMIT 16;
