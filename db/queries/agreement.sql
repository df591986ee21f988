-- Agreements: what is agreed, how far it is, its templates, and the training of the staff. org NULL: one's own.

-- name: agreement_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid
-- out: agreement uuid, state text, since timestamptz, version int4, controller text, controller_business_id text, processor text, processor_business_id text, next_state text, next_by text, ends_on text, ended_at timestamptz, at_end text, training_required bool, allows text[], privacy_fi text, privacy_sv text, privacy_en text, promise_fi text, promise_sv text, promise_en text, wish text, wish_side text, wish_ends_on text
-- Of one organisation, the newest first.
SELECT agreement, state, since, version, controller, controller_business_id, processor, processor_business_id, next_state, next_by, ends_on, ended_at,
	at_end, training_required, allows, privacy_notice ->> 'fi' AS privacy_fi, coalesce(privacy_notice ->> 'sv', '') AS privacy_sv,
	coalesce(privacy_notice ->> 'en', '') AS privacy_en, service_promise ->> 'fi' AS promise_fi, coalesce(service_promise ->> 'sv', '') AS promise_sv,
	coalesce(service_promise ->> 'en', '') AS promise_en, wish, wish_side, wish_ends_on
FROM agreement_list(:actor, :org);

-- name: agreement_make
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, template uuid, version int4, begins text
-- out: done bool
-- Refused: forbidden, not_found, bad_field (no business id), conflict (there is one).
SELECT true AS done FROM agreement_make(:actor, :org, :agreement, :template, :version, :begins);

-- name: agreement_draft
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, version int4, language text, terms text, holds_from text
-- out: done bool
-- Refused: forbidden, not_found, bad_field, conflict (it is too late for this version).
SELECT true AS done FROM agreement_draft(:actor, :org, :agreement, :version, :language, :terms, :holds_from);

-- name: agreement_versions
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid
-- out: version int4, standing text, language text, holds_from text, processor text, named text, named_business_id text, made_at timestamptz, document bytea, signed bytea, signed_on text, accepted_at timestamptz
-- The newest first. processor: of a succession; named: by the document.
SELECT version, standing, language, holds_from, processor, named, named_business_id, made_at, document, signed, signed_on, accepted_at
FROM agreement_versions(:actor, :org, :agreement);

-- name: agreement_terms
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, version int4
-- out: language text, terms text, holds_from text
-- One version, whole.
SELECT language, terms, holds_from FROM agreement_terms(:actor, :org, :agreement, :version);

-- name: agreement_offer
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, version int4, document bytea
-- out: done bool
-- Its document was made. Refused: forbidden, not_found, conflict.
SELECT true AS done FROM agreement_offer(:actor, :org, :agreement, :version, :document);

-- name: agreement_sign
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, version int4, signed bytea, signed_on text, parties text[], names text[], titles text[], bases text[], basis_texts text[]
-- out: done bool
-- It has come back signed. Refused: forbidden, not_found, bad_field, conflict.
SELECT true AS done FROM agreement_sign(:actor, :org, :agreement, :version, :signed, :signed_on, :parties, :names, :titles, :bases, :basis_texts);

-- name: agreement_signatories
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid
-- out: version int4, party text, name text, title text, basis text, basis_text text
-- Of all versions, the newest first.
SELECT version, party, name, title, basis, basis_text FROM agreement_signatories(:actor, :org, :agreement);

-- name: agreement_accept
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, agreement uuid, version int4, document bytea
-- out: done bool
-- document: the hash of what was read.
SELECT true AS done FROM agreement_accept(:actor, :agreement, :version, :document);

-- name: agreement_past
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid
-- out: n int4, at timestamptz, actor uuid, own bool, from_state text, to_state text, note text, next_state text, next_by text
-- The newest first. actor NULL: the service itself; own: of the agreement's organisation.
SELECT n, at, actor, own, from_state, to_state, note, next_state, next_by FROM agreement_past(:actor, :org, :agreement);

-- name: agreement_take
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid, to text, note text, next_by text, ends_on text, dry bool
-- out: outcome text
-- ok | no_such_step | not_yours | what is missing (agreement_has)
SELECT agreement_take(:actor, :org, :agreement, :to, :note, :next_by, :ends_on, :dry) AS outcome;

-- name: agreement_take_many
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, orgs uuid[], to text, note text, next_by text, ends_on text, dry bool
-- out: org uuid, outcome text
-- A word for each; no_agreement.
SELECT org, outcome FROM agreement_take_many(:actor, :orgs, :to, :note, :next_by, :ends_on, :dry);

-- name: agreement_texts
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, agreement uuid, privacy text[], promise text[]
-- out: done bool
-- Finnish, Swedish, English; an empty one is shown in Finnish.
SELECT true AS done FROM agreement_texts(:actor, :agreement, :privacy, :promise);

-- name: agreement_template_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid
-- out: template uuid, version int4, language text, name text, published_at timestamptz, withdrawn bool
-- published_at NULL: a draft.
SELECT template, version, language, name, published_at, withdrawn FROM agreement_template_list(:actor);

-- name: agreement_template_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: actor uuid, template uuid, version int4
-- out: language text, name text, terms text, privacy_fi text, privacy_sv text, privacy_en text, promise_fi text, promise_sv text, promise_en text, published_at timestamptz
-- One version, whole.
SELECT language, name, terms, privacy_notice ->> 'fi' AS privacy_fi, coalesce(privacy_notice ->> 'sv', '') AS privacy_sv,
	coalesce(privacy_notice ->> 'en', '') AS privacy_en, service_promise ->> 'fi' AS promise_fi, coalesce(service_promise ->> 'sv', '') AS promise_sv,
	coalesce(service_promise ->> 'en', '') AS promise_en, published_at
FROM agreement_template_get(:actor, :template, :version);

-- name: agreement_template_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, template uuid, version int4, language text, name text, terms text, privacy text[], promise text[], publish bool
-- out: done bool
-- Refused: forbidden, bad_field, conflict (another version is next), quota.
SELECT true AS done FROM agreement_template_put(:actor, :template, :version, :language, :name, :terms, :privacy, :promise, :publish);

-- name: training_list
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: account uuid, passed_on text, at timestamptz
-- Who of the staff has had it.
SELECT account, to_char(passed_on, 'YYYY-MM-DD') AS passed_on, at FROM training ORDER BY account LIMIT 300;

-- name: training_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, accounts uuid[], days text[]
-- out: n int4
-- An empty day takes it back. n: how many are of this organisation.
SELECT training_put(:actor, :accounts, :days) AS n;
