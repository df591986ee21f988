-- Organisations as the operator keeps them, their offices and contacts; and the succession of the processor.

-- name: organisation_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, within uuid, words text, state text, kind text, region text, stuck int4, skip int4, limit int4
-- out: org uuid, name text, business_id text, kind text, region text, under uuid, under_name text, agreement uuid, state text, since timestamptz, version int4, next_state text, next_by text, ends_on text
-- For an operator. What is not asked is NULL; under and agreement and their like may be NULL in rows.
SELECT org, name, business_id, kind, region, under, under_name, agreement, state, since, version, next_state, next_by, ends_on
FROM organisation_list(:actor, :within, :words, :state, :kind, :region, :stuck, :skip, :limit);

-- name: organisation_stuck
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid
-- out: state text, region text, kind text, n int8, days_median int4, days_most int4
-- Where agreements stand, and for how many days.
SELECT state, region, kind, n, days_median, days_most FROM organisation_stuck(:actor);

-- name: organisation_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, new bool, name text, business_id text, kind text, region text, under uuid
-- out: done bool
-- Refused: forbidden, bad_field, conflict, not_found, already_here.
SELECT true AS done FROM organisation_put(:actor, :org, :new, :name, :business_id, :kind, :region, :under);

-- name: organisation_import
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, names text[], business_ids text[], kinds text[], regions text[], unders text[], dry bool
-- out: n int4, outcome text
-- An outcome for each row; dry makes nothing.
SELECT n, outcome FROM organisation_import(:actor, :names, :business_ids, :kinds, :regions, :unders, :dry);

-- name: organisation_admin
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, account uuid, name bytea, token_hash bytea, expires_at timestamptz
-- out: done bool
-- Refused: forbidden, not_found, agreement_not_live, quota.
SELECT true AS done FROM organisation_admin(:actor, :org, :account, :name, :token_hash, :expires_at);

-- name: office_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid
-- out: office uuid, name text, address text, hours text
-- org NULL: the own one.
SELECT office, name, address, hours FROM office_list(:actor, :org);

-- name: office_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, office uuid, name text, address text, hours text
-- out: done bool
-- name NULL: it goes.
SELECT true AS done FROM office_put(:actor, :org, :office, :name, :address, :hours);

-- name: contact_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid
-- out: contact uuid, name text, title text, email text, phone text, basis text, basis_text text
-- org NULL: the own one.
SELECT contact, name, title, email, phone, basis, basis_text FROM contact_list(:actor, :org);

-- name: contact_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, org uuid, contact uuid, name text, title text, email text, phone text, basis text, basis_text text
-- out: done bool
-- name NULL: they go.
SELECT true AS done FROM contact_put(:actor, :org, :contact, :name, :title, :email, :phone, :basis, :basis_text);

-- name: succession_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid, succession uuid, skip int4, limit int4
-- out: org uuid, name text, agreement uuid, state text, processor text, rooms int8, done_at timestamptz
-- succession NULL: what would go over now.
SELECT org, name, agreement, state, processor, rooms, done_at FROM succession_list(:actor, :succession, :skip, :limit);

-- name: succession_begin
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, succession uuid, to_name text, to_business_id text, holds_from text, note text
-- out: items int8
-- Refused: forbidden, bad_field, conflict (one is running).
SELECT succession_begin(:actor, :succession, :to_name, :to_business_id, :holds_from, :note) AS items;

-- name: succession_get
-- shape: many
-- lane: read
-- tenant: yes
-- in: actor uuid
-- out: succession uuid, to_name text, to_business_id text, holds_from text, note text, made_at timestamptz, done_at timestamptz, items int8, done int8
-- The newest first.
SELECT succession, to_name, to_business_id, holds_from, note, made_at, done_at, items, done FROM succession_get(:actor);
