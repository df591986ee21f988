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
-- in: event_days int4
-- out: swept int8
-- Removes identifications that were never finished, enrolments whose time has passed, and what was noted of identifications so long ago.
SELECT sweep_logins(:event_days) AS swept;

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

-- name: job_identity_stale
-- shape: many
-- lane: write
-- tenant: no
-- in: index_version int4, field_version int8, after_org uuid, after_account uuid, most int4
-- out: org uuid, account uuid, version int4, index bytea, code bytea, given_name bytea, family_name bytea
-- People known under older keys than these, in their order; versions NULL: anybody.
SELECT org, account, version, index, code, given_name, family_name
FROM identity_stale(:index_version, :field_version, :after_org, :after_account, :most);

-- name: job_identity_rotate
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, old_version int4, old_index bytea, old_code bytea, old_given_name bytea, old_family_name bytea, version int4, index bytea, code bytea, given_name bytea, family_name bytea
-- out: outcome text
-- One of them under newer keys, if nothing has changed since: ok | changed | taken.
SELECT identity_rotate(:account, :old_version, :old_index, :old_code, :old_given_name, :old_family_name,
	:version, :index, :code, :given_name, :family_name) AS outcome;

-- name: job_mail_take
-- shape: many
-- lane: write
-- tenant: no
-- in: most int4
-- out: org uuid, room uuid, invite uuid, sealed bytea, language text, expires_at timestamptz
-- Invitations by e-mail whose time has come, so many of each organisation; gives up those of yesterday.
-- Of an enrolment: the room is zero, and the letter has the place of the invite.
SELECT org, room, invite, sealed, language, expires_at FROM invitation_mail_take(:most)
UNION ALL
SELECT org, '00000000-0000-0000-0000-000000000000'::uuid, mail, sealed, language, expires_at FROM enrolment_mail_take(:most);

-- name: job_mail_done
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, invite uuid, sent bool
-- out: done bool
-- The mail server has it, or nobody ever will.
SELECT CASE WHEN :room = '00000000-0000-0000-0000-000000000000'::uuid THEN enrolment_mail_done(:invite, :sent)
	ELSE invitation_mail_done(:room, :invite, :sent) END AS done;

-- name: job_sweep_files
-- shape: one
-- lane: write
-- tenant: no
-- in: seconds int4
-- out: swept int8
-- Ends files that nobody goes on sending.
SELECT sweep_files(:seconds) AS swept;

-- name: job_check_files
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: faults int8
-- Orphans among files, parts, keys and manifests, and wrong accounts of room: there must be none.
SELECT check_files() AS faults;

-- name: job_remind
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: fired int8
-- Tells the clients of rooms the reminders whose time has come.
SELECT reminders_fire() AS fired;

-- name: job_notify_queue
-- shape: one
-- lane: write
-- tenant: no
-- in: delay int4, idle int4[]
-- out: queued int8
-- Makes the letters that say that something waits. delay: seconds a message waits first; idle: by session_class.
SELECT notify_queue(:delay, :idle) AS queued;

-- name: job_notify_take
-- shape: maybe
-- lane: write
-- tenant: no
-- in: after uuid, idle int4[]
-- out: org uuid, account uuid, kind text, mail uuid, address uuid, sealed bytea, language text, about timestamptz
-- Claims the next of them; after: the organisation that had its turn. What is claimed is sent once or never. about: the day of what
-- it tells has happened, in Finland; NULL: of nothing that has a day.
SELECT org, account, kind, mail, address, sealed, language, about FROM letter_take(:after, :idle);

-- name: job_notify_done
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, kind text, mail uuid, outcome text
-- out: done bool
-- What became of it: sent | later | refused | unknown | given_up.
SELECT notify_done(:account, :kind, :mail, :outcome) AS done;

-- name: job_agreements
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: changed int8
-- Amendments whose day has come hold; agreements whose last day has passed have ended.
SELECT agreements_round() AS changed;

-- name: job_succession
-- shape: one
-- lane: write
-- tenant: no
-- in: most int4
-- out: done int8
-- The next agreements of the processor's succession that is running.
SELECT succession_round(:most) AS done;
