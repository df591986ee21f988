// The demonstration's agreement templates: one for authorities and one for associations, each in three languages, and what their rooms show.

import type { Clause, SubProcessor, Terms } from "../agreement/terms.js";

export type Language = "fi" | "sv" | "en";

interface Words extends Readonly<Record<Clause, string>> {
	readonly security: readonly string[];
	readonly sub: Pick<SubProcessor, "name" | "country" | "task">;
	readonly association: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
	fi: {
		subject: "Käsittelijä ylläpitää Luotsi-palvelua, jossa rekisterinpitäjän ohjaajat ohjaavat asiakkaita kirjoittamalla. Sopimus koskee kaikkia henkilötietoja, joita rekisterinpitäjän ohjaustiloissa ja palvelukanavassa käsitellään.",
		nature: "Tietojen vastaanottaminen, tallentaminen, siirtäminen osapuolten välillä, säilyttäminen ja poistaminen. Keskustelut, tiedostot ja tehtävät ovat palvelussa vain salattuina, eikä käsittelijällä ole niiden avaimia.",
		purpose: "Rekisterinpitäjän lakisääteinen tai muu ohjaus-, neuvonta- ja työllisyyspalvelu asiakkaalle.",
		instructions: "Käsittelijä käsittelee tietoja vain tämän sopimuksen ja rekisterinpitäjän kirjallisten ohjeiden mukaan.\nJos ohje on käsittelijän mielestä lainvastainen, se kertoo siitä viipymättä eikä noudata ohjetta ennen kuin asia on selvitetty.",
		confidentiality: "Jokainen, joka käsittelijän puolesta pääsee palvelimille, on sitoutunut salassapitoon tai on siihen lain nojalla velvollinen. Velvollisuus jatkuu sopimuksen päätyttyä.",
		rights_help: "Palvelussa on toiminnot, joilla tiedot tarkastetaan, oikaistaan, siirretään, rajoitetaan ja poistetaan. Käsittelijä ohjaa saamansa pyynnöt rekisterinpitäjälle kolmen arkipäivän kuluessa eikä vastaa niihin itse.",
		breach_help: "Käsittelijä ilmoittaa tietoturvaloukkauksesta viivytyksettä ja viimeistään 24 tunnin kuluessa siitä, kun se sai tiedon, ja kertoo mitä tapahtui, keitä se koskee ja mitä on tehty. Se auttaa vaikutustenarvioinnissa ja ennakkokuulemisessa.",
		audits: "Rekisterinpitäjä tai sen valtuuttama tarkastaja saa tarkastaa käsittelyn kerran vuodessa ja aina loukkauksen jälkeen. Tapahtumalokin eheyden voi tarkistaa milloin tahansa palvelun ulkopuolelta.",
		security: [
			"Keskustelut, tiedostot ja tehtävät salataan käyttäjän laitteella; palvelimella ei ole niiden avaimia.",
			"Asiakkaat tunnistautuvat vahvasti ja henkilöstö käyttää tietojenkalastelun kestävää tunnistustapaa.",
			"Henkilötunnus tallennetaan vain salattuna, ja sen avain on erillään tietokannasta.",
			"Yhteydet salataan (TLS 1.3), ja tietokannan varmuuskopiot ovat salattuja.",
			"Organisaatioiden tiedot erotetaan toisistaan tietokannan rivitasolla.",
			"Tapahtumat kirjataan lokiin, jonka muuttamisen ulkopuolinen huomaa.",
			"Poistetun ohjaustilan avaimet tuhotaan ensin, joten varmuuskopiosta palautettu ohjaustila ei aukea.",
		],
		sub: { name: "Esittelyn konesali Oy", country: "Suomi", task: "Palvelimet, varmuuskopiot ja niiden valvonta" },
		association: "Yhdistyksen vapaaehtoiset saavat ohjata vain silloin, kun yhdistyksen työntekijä vastaa ohjaustilasta.",
	},
	sv: {
		subject: "Biträdet driver tjänsten Luotsi, där den personuppgiftsansvariges handledare vägleder kunder i skrift. Avtalet gäller alla personuppgifter som behandlas i den ansvariges handledningsrum och servicekanal.",
		nature: "Uppgifter tas emot, lagras, överförs mellan parterna, bevaras och raderas. Samtal, filer och uppgifter finns i tjänsten endast i krypterad form, och biträdet har inte nycklarna till dem.",
		purpose: "Den personuppgiftsansvariges lagstadgade eller övriga handledning, rådgivning och sysselsättningsservice för kunden.",
		instructions: "Biträdet behandlar uppgifter endast enligt detta avtal och den personuppgiftsansvariges skriftliga instruktioner.\nOm biträdet anser att en instruktion strider mot lag, meddelar det detta utan dröjsmål och följer inte instruktionen innan saken är utredd.",
		confidentiality: "Var och en som för biträdets räkning har tillgång till servrarna har förbundit sig till tystnadsplikt eller omfattas av den enligt lag. Plikten fortsätter efter att avtalet har upphört.",
		rights_help: "I tjänsten finns funktioner för att granska, rätta, flytta, begränsa och radera uppgifter. Biträdet vidarebefordrar begäranden till den personuppgiftsansvarige inom tre vardagar och besvarar dem inte självt.",
		breach_help: "Biträdet anmäler en personuppgiftsincident utan dröjsmål och senast 24 timmar efter att ha fått vetskap om den, och berättar vad som har hänt, vilka det gäller och vad som har gjorts. Det hjälper till vid konsekvensbedömning och förhandssamråd.",
		audits: "Den personuppgiftsansvarige eller en revisor som denne har utsett får granska behandlingen en gång om året och alltid efter en incident. Händelseloggens integritet kan när som helst kontrolleras utanför tjänsten.",
		security: [
			"Samtal, filer och uppgifter krypteras på användarens enhet; servern har inte nycklarna till dem.",
			"Kunderna identifierar sig starkt och personalen använder ett identifieringssätt som står emot nätfiske.",
			"Personbeteckningen lagras endast krypterad, och nyckeln finns åtskild från databasen.",
			"Förbindelserna krypteras (TLS 1.3) och databasens säkerhetskopior är krypterade.",
			"Organisationernas uppgifter hålls isär på radnivå i databasen.",
			"Händelser skrivs i en logg där en utomstående märker varje ändring.",
			"Nycklarna till ett raderat rum förstörs först, så att ett rum ur en säkerhetskopia inte kan öppnas.",
		],
		sub: { name: "Esittelyn konesali Oy", country: "Finland", task: "Servrar, säkerhetskopior och övervakning av dem" },
		association: "Föreningens frivilliga får handleda endast när en anställd i föreningen ansvarar för rummet.",
	},
	en: {
		subject: "The processor runs the Luotsi service, in which the controller’s counsellors guide clients in writing. The agreement covers all personal data that is processed in the controller’s guidance rooms and service desk.",
		nature: "Data is received, stored, passed between the parties, kept and deleted. Conversations, files and assignments are in the service only encrypted, and the processor does not have their keys.",
		purpose: "The controller’s statutory or other guidance, advice and employment services for the client.",
		instructions: "The processor processes data only under this agreement and on the controller’s written instructions.\nIf the processor considers an instruction unlawful, it says so without delay and does not follow it until the matter is settled.",
		confidentiality: "Everybody who has access to the servers on the processor’s behalf is bound to secrecy by commitment or by law. The duty continues after the agreement has ended.",
		rights_help: "The service has functions for access, rectification, portability, restriction and erasure. The processor forwards requests to the controller within three working days and does not answer them itself.",
		breach_help: "The processor reports a personal data breach without delay, at the latest 24 hours after becoming aware of it, and tells what happened, whom it concerns and what has been done. It helps with impact assessments and prior consultation.",
		audits: "The controller, or an auditor whom it mandates, may audit the processing once a year and always after a breach. The integrity of the audit log can be checked from outside the service at any time.",
		security: [
			"Conversations, files and assignments are encrypted on the user’s device; the server does not have their keys.",
			"Clients identify strongly, and staff use a phishing-resistant factor.",
			"Personal identity codes are stored only encrypted, with a key that is kept apart from the database.",
			"Connections are encrypted (TLS 1.3), and backups of the database are encrypted.",
			"Organisations’ data is separated row by row in the database.",
			"Events are written to a log in which an outsider notices every change.",
			"The keys of an erased room are destroyed first, so that a room restored from a backup cannot be opened.",
		],
		sub: { name: "Esittelyn konesali Oy", country: "Finland", task: "Servers, backups and their monitoring" },
		association: "Volunteers of the association may counsel only while an employee of the association is responsible for the room.",
	},
};

const PRIVACY: Readonly<Record<Language, string>> = {
	fi: "Rekisterinpitäjä on {controller}. Keskustelusi ohjaajan kanssa tallennetaan salattuna, jotta voit palata siihen myöhemmin millä tahansa laitteella. Palvelun ylläpito ei pysty lukemaan sitä, mitä kirjoitat. Ylläpito näkee, keitä ohjaustilassa on, milloin viestejä lähetetään ja minkä kokoisia ne ovat. Organisaatio voi avata keskustelun vain kirjatulla menettelyllä, jonka näet ohjaustilassa. Suljettu ohjaustila poistetaan 15 kuukauden kuluttua. Voit pyytää tietojesi tarkastamista, oikaisemista tai poistamista ohjaajaltasi tai organisaation tietosuojavastaavalta. Tämä on esittely: älä kirjoita tänne oikeita henkilötietoja.",
	sv: "Personuppgiftsansvarig är {controller}. Ditt samtal med handledaren sparas krypterat, så att du kan återvända till det senare på vilken enhet som helst. De som driver tjänsten kan inte läsa det du skriver. De ser vilka som är i handledningsrummet, när meddelanden skickas och hur stora de är. Organisationen kan öppna samtalet endast genom ett dokumenterat förfarande som du ser i rummet. Ett stängt rum raderas efter 15 månader. Du kan be din handledare eller organisationens dataskyddsombud om att få granska, rätta eller radera dina uppgifter. Detta är en demonstration: skriv inga riktiga personuppgifter här.",
	en: "The controller is {controller}. Your conversation with the counsellor is stored encrypted, so that you can come back to it later on any device. Those who run the service cannot read what you write. They see who is in the room, when messages are sent and how large they are. The organisation can open the conversation only by a recorded procedure that you see in the room. A closed room is deleted after 15 months. You can ask your counsellor or the organisation’s data protection officer to see, correct or delete your data. This is a demonstration: do not write real personal data here.",
};
const PROMISE: Readonly<Record<Language, string>> = {
	fi: "Ohjaaja vastaa viimeistään kahden arkipäivän kuluessa.", sv: "Handledaren svarar senast inom två vardagar.", en: "Your counsellor answers within two working days.",
};
const NAMES: Readonly<Record<"authority" | "association", Readonly<Record<Language, string>>>> = {
	authority: { fi: "Viranomaisten perussopimus", sv: "Grundavtal för myndigheter", en: "Standard agreement for authorities" },
	association: { fi: "Järjestöjen sopimus", sv: "Avtal för föreningar", en: "Agreement for associations" },
};

export type Kind = keyof typeof NAMES;
const LANGUAGES: readonly Language[] = ["fi", "sv", "en"];

export const termsOf = (kind: Kind, language: Language, subId: string): Terms => {
	const { security, sub, association, ...clauses } = WORDS[language];
	const short = kind === "association";
	return {
		format: "luotsi-agreement/1", ...clauses, security, begins: "2026-01-01", ends: null, subprocessors: [{ ...sub, business_id: subId }],
		data: ["identity", "contact", "conversation", "files", "assignments", "life_situation", "work_and_study", "health", "use"],
		persons: short ? ["clients", "counsellors"] : ["clients", "minors", "counsellors", "professionals", "relatives"],
		at_end: short ? "return" : "delete", end_days: short ? 60 : 30, training_required: false, other: short ? association : "",
		retention: { messages: 456, files: short ? 365 : 456, assignments: 456, notes: 456, closed_rooms: 456, anonymous: 30, audit: 1825, accounts: 456 },
	};
};

/** As agreement_template_put takes it; `first`: with the longer time for breaches that its next version shortens. */
export const templateOf = (kind: Kind, language: Language, subId: string, first: boolean) => {
	const terms = termsOf(kind, language, subId);
	return {
		language, name: NAMES[kind][language], terms: JSON.stringify(first ? { ...terms, breach_help: terms.breach_help.replace("24", "48") } : terms),
		privacy: LANGUAGES.map((one) => PRIVACY[one]), promise: LANGUAGES.map((one) => PROMISE[one]),
	};
};
