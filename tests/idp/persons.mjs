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
	{ id: 'liisa', given: 'Liisa', family: 'Lahti', email: 'liisa.lahti@virasto.example' },
];

export const OPERATORS = [{ id: 'olavi', given: 'Olavi', family: 'Ylitalo', email: 'olavi.ylitalo@palvelukeskus.example' }];

export const peopleOf = (issuer) => (issuer.of === 'operator' ? OPERATORS : issuer.audience === 'staff' ? STAFF : CLIENTS);

const CHECKS = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const two = (n) => String(n).padStart(2, '0');

/** Somebody whom no page lists, for tests and demonstrations that need many: koe-1 ... koe-9999. */
const makePerson = (n) => {
	const [date, number] = [`${two(1 + (Math.floor(n / 100) % 28))}${two(1 + Math.floor(n / 2800))}71`, 900 + (n % 100)];
	const name = { id: `koe-${n}`, given: 'Koe', family: `Henkilö ${n}` };
	return { ...name, code: `${date}Y${number}${CHECKS[Number(`${date}${number}`) % 31]}`, email: `koe-${n}@virasto.example` };
};

export const personOf = (issuer, id) => {
	const made = /^koe-([1-9]\d{0,3})$/.exec(id);
	return made ? makePerson(Number(made[1])) : peopleOf(issuer).find((one) => one.id === id);
};

export const fullName = (person) => `${person.given} ${person.family}`;

const shared = (person) => ({ given_name: person.given, family_name: person.family, name: fullName(person) });

export const claimsOf = (issuer, person) =>
	issuer.audience === 'staff' ? { ...shared(person), email: person.email } : { ...shared(person), [issuer.claim]: person.code };
