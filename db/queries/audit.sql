-- The audit trail. What the functions of the database do they write themselves.

-- name: audit_add
-- shape: exec
-- lane: write
-- tenant: yes
-- in: actor uuid, action text, object uuid, word text
-- out:
-- Who did what (a word), on what, and how it ended (a word); never content.
INSERT INTO audit (actor, action, object, word) VALUES (:actor, :action, :object, :word);
