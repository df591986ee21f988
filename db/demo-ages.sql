-- The demonstration's agreements did not all reach today where they stand: some have waited for months, and one is
-- over as soon as the service looks. After web/src/demo has made them; for the superuser, who passes row security.
BEGIN;
CREATE TEMPORARY TABLE aged (name text, days int) ON COMMIT DROP;
INSERT INTO aged VALUES ('Keski-Suomen TE-palvelut (esittely)', 210), ('Koivujoen kaupunki', 120), ('Koivujoen lukio', 119), ('Koivujoen työpajat', 21),
	('Lehtoniemen kunta', 5), ('Hiidenveden hyvinvointialue', 47), ('Jokilaakson työllisyysalue', 12), ('Strandby stad', 33), ('Skärgårdens folkhögskola', 8),
	('Nuorten silta ry', 3), ('Harjulan ammattiopisto', 63), ('Saimaanrannan kunta', 30), ('Järvi-Kainuun työllisyysalue', 154), ('Tulijoiden talo ry', 18),
	('Karhurannan kaupunki', 75), ('Vesijärven seudun työllisyysalue', 40), ('Kymin ohjaamoyhdistys ry', 2);

UPDATE organisation o SET created_at = o.created_at - make_interval(days => g.days + 40) FROM aged g WHERE o.name = g.name;
UPDATE agreement a SET since = a.since - make_interval(days => g.days), ends_on = CASE g.name WHEN 'Saimaanrannan kunta' THEN day_now() - 1 ELSE a.ends_on END
FROM aged g JOIN organisation o USING (name) WHERE a.org = o.org;
-- Eight days from step to step before that.
UPDATE agreement_history h SET at = h.at - make_interval(days => g.days + 8 * (l.n - h.n))
FROM aged g JOIN organisation o USING (name), LATERAL (SELECT max(x.n) AS n FROM agreement_history x WHERE x.org = o.org) AS l WHERE h.org = o.org;
COMMIT;
