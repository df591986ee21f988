// Who is in the demonstration: who they are at its bank (tests/idp/persons.mjs), and as what they come here.

export interface Person {
	/** Of one who is staff: the account that db/demo.sql has made. */
	readonly account?: string;
	readonly provider: "pankki" | "virka" | "yllapito";
	/** Whom the bank's page is told. */
	readonly bank: string;
	/** As the bank's page says it. */
	readonly fullName: string;
	/** What they are called here. */
	readonly name: string;
}

const staff = (number: string, bank: string, name: string): Person => ({
	account: Buffer.from(`2296962a000040008000000000000${number}`, "hex").toString("base64url"), provider: "virka", bank, fullName: name, name,
});

const client = (bank: string, name: string, fullName: string): Person => ({ provider: "pankki", bank, fullName, name });

export const EMPLOYER = "Keski-Suomen TE-palvelut (esittely)";

export const ADMIN = staff("101", "helena", "Helena Mäkinen");

/** Who runs the service and has no keys; of an organisation of its own. */
export const OPERATOR: Person = { ...staff("901", "olavi", "Olavi Ylitalo"), provider: "yllapito" };

export const COUNSELLORS: readonly Person[] = [staff("201", "anna", "Anna Virtanen"), staff("202", "jukka", "Jukka Nieminen")];

/** By the name that their story has. */
export const CLIENTS: ReadonlyMap<string, Person> = new Map([
	client("eetu", "Eetu", "Eetu Esimerkki"), client("sari", "Sari", "Sari Maarit Esimerkki"), client("amira", "Amira", "Amira Mallinen"),
	client("oona", "Oona", "Oona Näyte"), client("maria", "Maria", "Maria Ström"), client("joni", "Joni", "Joni Ääri"),
].map((person) => [person.name, person]));

/** Whom the open invitation waits for. */
export const NEWCOMER = client("uusi", "Uusi", "Uusi Tulija");

/** Known to everybody who reads this file: these people are not real. */
export const passphraseOf = (person: Person): string => `esittely ${person.name.toLowerCase()} kuunari majakka`;

const table = (people: readonly Person[]): string[] => {
	const width = Math.max(...people.map((one) => one.fullName.length));
	return people.map((one) => `      ${one.fullName.padEnd(width)}  ${passphraseOf(one)}`);
};

/** What deploy/run shows. */
export const peopleText = (link: string): string => [
	"How to sign in: choose the provider, there the person, and here write the passphrase beside the name. Nobody here is real.",
	"  Clients, by \"Esittelypankki\":", ...table([...CLIENTS.values()]),
	"  Counsellors, by \"Esittelyviraston kirjautuminen\":", ...table(COUNSELLORS),
	"  The administrator, by the same:", ...table([ADMIN]),
	"  The operator, who sees the organisations and their agreements, by \"Esittelyn palvelukeskus\" (no passphrase: no room can be read there):",
	`      ${OPERATOR.fullName}`,
	"  (Staff need no passkey here: staff_without_passkey is for demonstrations only.)",
	`  Somebody new: open this invitation and be "${NEWCOMER.fullName}" at "Esittelypankki" (or another whom the list above lacks):`,
	`      ${link}`, "",
].join("\n");
