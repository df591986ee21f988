// Who can identify at the bank: people who do not exist. Their identity codes are test codes (NNN 900-999), refused in production.

export const CLIENTS = [
	{ id: 'eetu', given: 'Eetu', family: 'Esimerkki', code: '150407A904V' },
	{ id: 'sari', given: 'Sari Maarit', family: 'Esimerkki', code: '030385-902C' },
	{ id: 'amira', given: 'Amira', family: 'Mallinen', code: '240602A903Y' },
	{ id: 'oona', given: 'Oona', family: 'Näyte', code: '170903A9089' },
	{ id: 'maria', given: 'Maria', family: 'Ström', code: '280290X9097' },
	{ id: 'joni', given: 'Joni', family: 'Ääri', code: '120799-9010' },
	{ id: 'uusi', given: 'Uusi', family: 'Tulija', code: '300601A906N' },
	{ id: 'toinen', given: 'Toinen', family: 'Tulija', code: '091178-9050' },
	{ id: 'vieras', given: 'Vieras', family: 'Kävijä', code: '011295-9073' },
];

export const STAFF = [
	{ id: 'anna', given: 'Anna', family: 'Virtanen', email: 'anna.virtanen@virasto.example' },
	{ id: 'jukka', given: 'Jukka', family: 'Nieminen', email: 'jukka.nieminen@virasto.example' },
	{ id: 'helena', given: 'Helena', family: 'Mäkinen', email: 'helena.makinen@virasto.example' },
];

export const peopleOf = (issuer) => (issuer.audience === 'staff' ? STAFF : CLIENTS);

export const fullName = (person) => `${person.given} ${person.family}`;

const shared = (person) => ({ given_name: person.given, family_name: person.family, name: fullName(person) });

export const claimsOf = (issuer, person) =>
	issuer.audience === 'staff' ? { ...shared(person), email: person.email } : { ...shared(person), [issuer.claim]: person.code };
