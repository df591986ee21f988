-- The demonstration's organisation, its agreement and its staff: rows only. Clients, keys, rooms and
-- conversations are made through the real protocol (web/src/demo). Harmless when repeated.
-- Run as luotsi_owner or the superuser; token: the admin's enrolment, 32 hexadecimal characters.
--   psql -d luotsi -v token=... -f db/demo.sql
BEGIN;
SELECT set_config('luotsi.org', '2296962a-0000-4000-8000-000000000001', true) AS organisation;

INSERT INTO organisation (org, name)
VALUES (luotsi_org(), 'Keski-Suomen TE-palvelut (esittely)') ON CONFLICT DO NOTHING;

INSERT INTO agreement (agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
VALUES ('2296962a-0000-4000-8000-0000000000a1', 'live', 'Keski-Suomen TE-palvelut (esittely)', '2296962-1',
	'Luotsi-palvelun ylläpito (esittely)', 456,
	jsonb_build_object(
		'fi', 'Rekisterinpitäjä on Keski-Suomen TE-palvelut (esittely). Keskustelusi ohjaajan kanssa tallennetaan salattuna, jotta voit palata siihen myöhemmin millä tahansa laitteella. Palvelun ylläpito ei pysty lukemaan sitä, mitä kirjoitat. Ylläpito näkee, keitä ohjaustilassa on, milloin viestejä lähetetään ja minkä kokoisia ne ovat. Organisaatio voi avata keskustelun vain kirjatulla menettelyllä, jonka näet ohjaustilassa. Suljettu ohjaustila poistetaan 15 kuukauden kuluttua. Voit pyytää tietojesi tarkastamista, oikaisemista tai poistamista ohjaajaltasi tai organisaation tietosuojavastaavalta. Tämä on esittely: älä kirjoita tänne oikeita henkilötietoja.',
		'sv', 'Personuppgiftsansvarig är Keski-Suomen TE-palvelut (demonstration). Ditt samtal med handledaren sparas krypterat, så att du kan återvända till det senare på vilken enhet som helst. De som driver tjänsten kan inte läsa det du skriver. De ser vilka som är i handledningsrummet, när meddelanden skickas och hur stora de är. Organisationen kan öppna samtalet endast genom ett dokumenterat förfarande som du ser i rummet. Ett stängt rum raderas efter 15 månader. Du kan be din handledare eller organisationens dataskyddsombud om att få granska, rätta eller radera dina uppgifter. Detta är en demonstration: skriv inga riktiga personuppgifter här.',
		'en', 'The controller is Keski-Suomen TE-palvelut (demonstration). Your conversation with the counsellor is stored encrypted, so that you can come back to it later on any device. Those who run the service cannot read what you write. They see who is in the room, when messages are sent and how large they are. The organisation can open the conversation only by a recorded procedure that you see in the room. A closed room is deleted after 15 months. You can ask your counsellor or the organisation''s data protection officer to see, correct or delete your data. This is a demonstration: do not write real personal data here.'),
	jsonb_build_object(
		'fi', 'Ohjaaja vastaa viimeistään kahden arkipäivän kuluessa.',
		'sv', 'Handledaren svarar senast inom två vardagar.',
		'en', 'Your counsellor answers within two working days.'))
ON CONFLICT DO NOTHING;

INSERT INTO account (account, role, login) VALUES
	('2296962a-0000-4000-8000-000000000101', 'admin', 'Helena Mäkinen, pääkäyttäjä'),
	('2296962a-0000-4000-8000-000000000201', 'counsellor', 'Anna Virtanen, ohjaaja'),
	('2296962a-0000-4000-8000-000000000202', 'counsellor', 'Jukka Nieminen, ohjaaja')
ON CONFLICT DO NOTHING;

-- The first account of an organisation has nobody who could enrol it: whoever shows this token is it.
INSERT INTO account_enrolment (account, token_hash, expires_at)
VALUES ('2296962a-0000-4000-8000-000000000101', sha256('luotsi/v1/token'::bytea || '\x00'::bytea || decode(:'token', 'hex')), now() + interval '1 hour')
ON CONFLICT ON CONSTRAINT account_enrolment_key DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at;
COMMIT;
