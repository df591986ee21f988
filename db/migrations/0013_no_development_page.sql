-- Everybody comes in as in production, also in the demonstration: the page on which a person was simply
-- chosen is gone, and with it the sessions that began there.

DROP FUNCTION dev_people();
DELETE FROM session WHERE method = 'development';
ALTER TABLE session DROP CONSTRAINT session_method_known;
ALTER TABLE session ADD CONSTRAINT session_method_known CHECK (method IN ('oidc', 'passkey'));
