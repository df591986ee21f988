// Whether a passphrase is made of what everybody tries first: words that many people take, of this service or of the person's own
// organisation and name. Looked up here, in the browser: nothing that is made from a passphrase is ever sent. Loaded with the making of keys.

import { common } from "../gen/common.js";

/** So many different pieces at least; four drawn words are no fewer. */
const LEAST_PIECES = 4;
const LEAST_OWN = 4;
const MOST_LOOKED_AT = 256;
const LONGEST = 26;

/** What the list, which is of the whole world, has not of Finnish and Swedish, and the words of this service. */
const NEAR = `
	salasana salalause salasanani minunsalasanani tunnussana kirjaudu kissa koira hevonen perkele saatana vittu paska suomi helsinki tampere turku oulu
	rakas rakastan kulta kultaseni muru minttu mansikka aurinko kesä talvi joulu jääkiekko jalkapallo leijonat nalle peikko muumi moikka terve hei
	qwerty asdfgh zxcvbn äiti isä mummo vaari perhe koti koulu opettaja ohjaaja ohjaamo ohjaus asiakas kunta kaupunki palvelu luotsi majakka
	lösenord lösenfras mittlösenord hemligt hemlighet inlogg katt hund häst fan sverige finland åbo vasa stockholm göteborg älskling jagälskardig
	hejhej sommar vinter jul fotboll ishockey mamma pappa mormor farfar familj skola lärare handledare handledning kund kommun stad tjänst lots fyr
	password passphrase secret login letmein welcome iloveyou counsellor client guidance pilot lighthouse service welcome correcthorsebatterystaple`;

const listed = new Set(`${common} ${NEAR}`.split(/\s+/));

const folded = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}@$]/gu, "");

/** As people write words to look like none. */
const LOOKS: Readonly<Record<string, string>> = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s" };

/** The fewest pieces of which the text is made: words, numbers, else single signs. */
const piecesOf = (text: string, isWord: (piece: string) => boolean): readonly string[] => {
	const best: (readonly string[])[] = [[]];
	for (let end = 1; end <= text.length; end++) {
		let least = [...(best[end - 1] ?? []), text.slice(end - 1, end)];
		for (let from = Math.max(0, end - LONGEST); from < end - 1; from++) {
			const piece = text.slice(from, end), before = best[from] ?? [];
			if (before.length + 1 < least.length && isWord(piece)) least = [...before, piece];
		}
		best.push(least);
	}
	return best[text.length] ?? [];
};

export const isGuessed = (passphrase: string, own: readonly string[]): boolean => {
	const text = folded(passphrase);
	if (text.length > MOST_LOOKED_AT) return false;
	const mine = new Set(own.flatMap((name) => [folded(name), ...name.split(/\s+/).map(folded)]).filter((word) => word.length >= LEAST_OWN));
	const isWord = (piece: string): boolean => listed.has(piece) || mine.has(piece) || /^\d+$/.test(piece);
	const plain = [...text].map((sign) => LOOKS[sign] ?? sign).join("");
	return [text, plain].some((one) => new Set(piecesOf(one, isWord)).size < LEAST_PIECES);
};
