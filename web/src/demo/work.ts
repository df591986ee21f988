// What there is in the rooms of the demonstration besides talk: assignments, a meter before and after, plans, notes, files.

import type { Answer } from "../assignment/types.js";
import type { Topic } from "../assignment/template.js";
import type { EventWhat, Doer } from "../roomwork/content.js";

const DAY_MS = 86_400_000;

/** YYYY-MM-DD, so many days from now. */
export const day = (from: number): string => new Date(Date.now() + from * DAY_MS).toISOString().slice(0, 10);

export interface Task {
	/** Words that find its template first. */
	readonly template: string;
	readonly word: string;
	readonly due?: number; // in so many days
	/** In this order; each is handed in but for the last of one that is still being written. */
	readonly answers: readonly Readonly<Record<string, Answer>>[];
	readonly writing?: true;
	/** What the counsellor answers to the last one that was handed in. */
	readonly answer?: { readonly act: "return" | "accept"; readonly word: string; readonly comments: Readonly<Record<string, string>> };
}

export interface Plan {
	readonly goals: readonly { readonly text: string; readonly by: number; readonly steps: readonly { readonly text: string; readonly who: Doer; readonly done: boolean; readonly by: number }[] }[];
	readonly phases: readonly { readonly name: string; readonly begins: number; readonly ends: number | null }[];
	readonly events: readonly { readonly what: EventWhat; readonly on: number; readonly text: string }[];
	readonly notes: readonly string[];
	readonly summary?: string;
}

export interface RoomWork {
	readonly topics: readonly Topic[];
	readonly files: readonly { readonly from: "c" | "o"; readonly name: string; readonly text: string }[];
	readonly tasks: readonly Task[];
	readonly plan: Plan;
}

const areas = (...values: readonly number[]): Record<string, number> =>
	Object.fromEntries(["everyday", "home", "body", "mind", "people", "work", "money", "joy", "self", "future"].map((area, i) => [area, values[i] as number]));

/** By the name of the client. */
export const ROOM_WORK: ReadonlyMap<string, RoomWork> = new Map([
	["Eetu", {
		topics: ["studies", "self_esteem"],
		files: [{
			from: "o", name: "Jatkuva haku, muistilista.txt",
			text: "Jatkuva haku ammattiopistoon\n\n1. Katso vapaat paikat oppilaitoksen omilta sivuilta.\n2. Kirjoita kolme lausetta siitä, miksi juuri tämä ala.\n3. Liitä todistus. Kuva puhelimella riittää.\n4. Lähetä hakemus ja kirjoita tänne, milloin lähetit.\n5. Jos vastausta ei tule kahdessa viikossa, soitetaan yhdessä.\n",
		}],
		tasks: [
			{
				template: "vahvuuteni", word: "Tämä auttaa hakemuksen kolmessa lauseessa. Kirjoita niin kuin puhut.", due: -2,
				answers: [{
					mine: ["reliable", "calm", "persistent"], moment: "Kun mummo kaatui, en hätääntynyt. Soitin apua ja juttelin sille koko ajan.",
					others: "Että kuuntelen enkä hermostu.", easy: "Olla vanhojen ihmisten kanssa.", naming: 4, use: "Rauhallisuutta. Hoitoalalla.",
				}],
				answer: { act: "accept", word: "Hieno. Näistä tulee hakemukseesi kaksi lausetta melkein sellaisenaan.", comments: { moment: "Ota tämä mukaan: siitä näkee, miten toimit, kun on tosi kyseessä." } },
			},
			{
				template: "unelmaa ensimmäinen askel", word: "Ei tarvitse olla valmis. Katsotaan yhdessä ensi viikolla.", due: 6, writing: true,
				answers: [{
					dreams: [{ goal: "Lähihoitajan ammatti", step: "Hakemus jatkuvaan hakuun", by: day(5), done: false }, { goal: "Oma kämppä", step: "", by: "", done: false }],
					dearest: "Ammatti, koska silloin",
				}],
			},
		],
		plan: {
			goals: [{
				text: "Opiskelupaikka lähihoitajaksi syksyllä", by: 60, steps: [
					{ text: "Kolme lausetta: miksi hoitoala", who: "client", done: true, by: -1 }, { text: "Hakemus jatkuvaan hakuun", who: "both", done: false, by: 5 },
					{ text: "Soitto oppilaitokseen, jos vastausta ei tule", who: "staff", done: false, by: 20 },
				],
			}],
			phases: [{ name: "Tutustuminen", begins: -21, ends: -10 }, { name: "Hakeminen", begins: -9, ends: null }],
			events: [{ what: "met", on: -12, text: "Ensimmäinen tapaaminen, tunti." }],
			notes: ["Puhuu itsestään vähätellen, mutta hoitokokemus on oikea ja tuore. Tarkista ensi kerralla, onko kotona rauhaa lukea."],
		},
	}],
	["Sari", {
		topics: ["work", "finances"],
		files: [{
			from: "c", name: "Kortit ja luvat.txt",
			text: "Työturvallisuuskortti, voimassa 2028\nTulityökortti, voimassa 2027\nEnsiapu EA1, suoritettu 2025\nTrukkikortti, 1998\n",
		}],
		tasks: [{
			template: "elämäni sujuu", word: "Täyttäkää nyt ja uudestaan, kun olette ollut koulutuksessa kuukauden.",
			answers: [{ ...areas(4, 8, 6, 3, 7, 1, 4, 3, 5, 2), talk: "Työstä. Siitä, kelpaanko vielä." }, { ...areas(6, 8, 6, 6, 8, 5, 4, 5, 7, 6), talk: "Tulevasta koulutuksesta." }],
		}],
		plan: {
			goals: [{
				text: "Käyttömestarin paikka vesilaitoksella", by: 30, steps: [
					{ text: "Ansioluettelo", who: "both", done: false, by: 4 }, { text: "Kortit ja luvat kasaan", who: "client", done: true, by: -1 },
				],
			}],
			phases: [{ name: "Muutosturvan aloitus", begins: -30, ends: null }], events: [{ what: "called", on: -6, text: "Soitto koulutuksesta: osaamisesta voi saada puolet hyväksi luettua." }], notes: [],
		},
	}],
	["Maria", {
		topics: ["work", "daily_life"], files: [], tasks: [],
		plan: {
			goals: [{ text: "Työ, joka sopii lasten aikatauluun", by: -5, steps: [{ text: "Täydennyskoulutuksen hakemus", who: "both", done: true, by: -40 }] }],
			phases: [{ name: "Suunta", begins: -90, ends: -60 }, { name: "Koulutus ja työnhaku", begins: -60, ends: -5 }],
			events: [{ what: "applied", on: -20, text: "Tilitoimisto Lähde, palkkatuettu paikka." }], notes: [],
			summary: "Aloitimme siitä, mitä viisi vuotta kotona oli opettanut. Maria kävi taloushallinnon täydennyskoulutuksen iltaisin, haki yhtä paikkaa ja sai sen: 30 tuntia viikossa, liukuva työaika. Lasten torstai-iltoihin löytyi apu omasta perheestä. Jos työ alkaa kuormittaa, tilan voi avata uudestaan.",
		},
	}],
] satisfies [string, RoomWork][]);
