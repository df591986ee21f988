// The people of the demonstration and what they wrote. Everybody is invented.

export type Who = "c" | "o"; // client, counsellor

export interface Story {
	/** What the client wants to be called; people.ts knows who that is. */
	readonly name: string;
	/** What the counsellor calls them. */
	readonly label: string;
	readonly welcome: string;
	readonly talk: readonly (readonly [Who, string])[];
	/** Which counsellor: 0 or 1. */
	readonly counsellor: 0 | 1;
	readonly end: "read" | "unread" | "closed";
}

/** Whose diary is the long room. */
export const DIARIST = "Oona";

export const STORIES: readonly Story[] = [
	{
		name: "Eetu", label: "Eetu Esimerkki", counsellor: 0, end: "unread",
		welcome: "Hei Eetu! Mukava, että otit yhteyttä. Tämä tila on vain sinulle ja minulle. Kerro omin sanoin, mikä sinua nyt mietityttää. Kiirettä ei ole.",
		talk: [
			["c", "Moi. En päässyt yhteishaussa mihinkään, ja kaikki kaverit lähtee opiskelemaan elokuussa. Tuntuu että jäin yksin tänne."],
			["o", "Kiitos, että kerroit. Tuo on raskas paikka, eikä se kerro sinusta mitään huonoa: moneen paikkaan oli tänä vuonna kolme hakijaa yhtä kohti. Mihin hait?"],
			["c", "Lähihoitajaksi ensisijaisesti ja sitten media-alalle. Hoitoala ehkä enemmän. En vaan tiedä pärjäänkö siellä."],
			["o", "Mikä hoitoalassa vetää puoleensa?"],
			["c", "Hoidin mummoa viime talven kun se kaatui. Se oli rankkaa, mutta tuntui että mulla oli joku merkitys."],
			["o", "Siinä on jo iso osa vastauksesta. Vaihtoehtoja on nyt ainakin kolme: jatkuva haku ammattiopistoon (paikkoja vapautuu elokuussa), TUVA-koulutus, tai opistovuosi hoitoalan linjalla. Haluatko, että katsomme nämä yhdessä läpi?"],
			["c", "Joo. Jatkuvasta hausta en ollut edes kuullut."],
			["o", "Sinne haetaan suoraan oppilaitokseen ympäri vuoden, ei yhteishaussa. Kirjoita ensin kolme lausetta siitä, miksi hoitoala. Mummon hoitaminen kannattaa mainita. Lue ne huomenna uudestaan, ja lähetä sitten tänne."],
			["c", "Okei, yritän. Onko väliä jos siinä on kirjoitusvirheitä?"],
			["o", "Ei ole. Korjataan yhdessä."],
			["c", "Tässä: \"Olen hoitanut isoäitiäni puoli vuotta. Opin että rauhallisuus auttaa enemmän kuin kiire. Haluan oppia tekemään tämän oikein.\" Onko tää liian lyhyt?"],
		],
	},
	{
		name: "Sari", label: "Sari Esimerkki", counsellor: 0, end: "read",
		welcome: "Hyvää päivää Sari, ja tervetuloa. Sain tiedon, että tehtaan tuotanto päättyy. Miten voitte, ja missä asiassa voisin auttaa ensin?",
		talk: [
			["c", "Päivää. 31 vuotta paperikoneella, ja nyt se ajetaan alas. Ikää 54. En ole hakenut töitä sitten vuoden 1993, en osaa tehdä edes hakemusta."],
			["o", "Kolmekymmentäyksi vuotta samalla koneella on valtava määrä osaamista. Aloitetaan siitä: mitä teitte tavallisena työpäivänä? Kirjoittakaa niin kuin kertoisitte uudelle työkaverille."],
			["c", "Vuoromestarina viimeiset yhdeksän. Viisi henkeä vastuulla. Häiriöt, laatu, kunnossapidon tilaukset, turvallisuuskierrokset. Öisin yksin vastuussa koko linjasta."],
			["o", "Tuossa on jo ansioluettelon runko: esihenkilötyö, laadunvalvonta, kunnossapito, työturvallisuus. Näitä tarvitaan esimerkiksi biotuotetehtaalla ja vesilaitoksella."],
			["c", "Vesilaitos ei ole käynyt mielessäkään."],
			["o", "Kaupunki hakee sinne käyttömestaria, hakuaikaa on kolme viikkoa. Muutosturvasta teille kuuluu myös koulutusta: prosessinhoitajan erikoisammattitutkinto veisi noin vuoden, ja osan voi saada hyväksi luettua."],
			["c", "Mies sanoi, että kannattaa kysyä. Taidan uskoa. Mistä aloitan?"],
			["o", "Tehdään ansioluettelo ensi viikolla. Etsikää valmiiksi turvallisuuskortit ja hygieniapassi, jos niitä on. Muuta ei tarvitse."],
			["c", "Kortit löytyi laatikosta: työturvallisuus, tulityö ja ensiapu. Kiitos tästä, nukuin viime yönä ensimmäistä kertaa kunnolla."],
			["o", "Hienoa kuulla. Nähdään tiistaina kello 10."],
		],
	},
	{
		name: "Amira", label: "Amira Mallinen", counsellor: 1, end: "unread",
		welcome: "Hei Amira! Tervetuloa. Kirjoitan selkeää suomea. Jos jokin sana on vaikea, kysy heti. Voit kirjoittaa myös englanniksi.",
		talk: [
			["c", "Hei Jukka. Kiitos. Minä sain oleskeluluvan maaliskuussa. Minulla on paperi, mutta en ymmärrä kaikkea."],
			["o", "Onneksi olkoon luvasta! Mitä paperissa lukee kohdassa \"oleskeluluvan peruste\"?"],
			["c", "Siinä lukee: perheside. Voinko tehdä töitä?"],
			["o", "Kyllä voit. Perheside antaa oikeuden tehdä työtä. Sinun ei tarvitse pyytää uutta lupaa."],
			["c", "Hyvä! Minun maassa olin opettaja, matematiikka. Haluan olla opettaja Suomessa."],
			["o", "Se on mahdollista, ja se vie aikaa. Ensin suomen kieli tasolle B2, sitten Opetushallitus tunnustaa tutkinnon. Sillä aikaa voit tehdä työtä koulunkäynninohjaajana, jos haluat."],
			["c", "Mikä on koulunkäynninohjaaja?"],
			["o", "Hän auttaa lapsia luokassa opettajan kanssa. Opit samalla suomea ja näet, miten koulu toimii."],
			["c", "Se on hyvä idea. Olen nyt kurssilla, taso A2. Loppuu kesäkuussa. Mitä sitten?"],
			["o", "Uusi kurssi alkaa elokuussa, taso B1, joka päivä 9–13. Lapsellesi voi hakea päivähoidon samaksi ajaksi. Autanko hakemuksessa?"],
			["c", "Kyllä kiitos! Minulla on tytär, hän on 4 vuotta. Mitä papereita tarvitsen?"],
		],
	},
	{
		name: "Maria", label: "Maria Ström", counsellor: 1, end: "closed",
		welcome: "Hei Maria! Tervetuloa. Kirjoitit, että olet palaamassa töihin. Mitä toivoisit, että puolen vuoden päästä olisi toisin?",
		talk: [
			["c", "Moikka! Olen ollut kotona viisi vuotta kahden lapsen kanssa. Haluaisin töihin, mutta vuorotyö ei onnistu kun olen yksin. Ja mitä mä edes osaan enää."],
			["o", "Viisi vuotta yksin kahden lapsen arjen pyörittämistä on muuten aika kova näyttö. Mitä teit ennen lapsia?"],
			["c", "Kirjanpitotoimistossa avustajana. Tykkäsin siitä. Mutta ohjelmatkin on varmaan vaihtuneet."],
			["o", "Ohjelmat vaihtuvat, periaatteet eivät. Taloushallinnon lyhyt täydennyskoulutus alkaa syyskuussa, kaksi iltaa viikossa etänä. Sen jälkeen palkkatuella olisi kaksi toimistoa kiinnostunut tekijästä."],
			["c", "Etänä! Silloin lapset nukkuu. Tuo voisi ihan oikeasti onnistua."],
			["o", "Hakemus on yksi sivu. Tehdään se tänään, niin se ei jää painamaan."],
			["c", "Lähetetty! Ja sain kesken kaiken idean pyytää siskoa hakemaan lapset torstaisin."],
			["o", "Nyt sinulla on suunnitelma."],
			["c", "Sain paikan! Aloitan Tilitoimisto Lähteessä 30 tuntia viikossa, ja pomo sanoi että liukuma käy. En tiedä miten kiittää."],
			["o", "Onnea, Maria! Sinä tämän teit. Suljen tilan, mutta kaikki kirjoitettu säilyy luettavanasi, ja voit aina palata."],
			["c", "Kiitos kaikesta. Oli iso apu että joku jaksoi kysyä."],
		],
	},
	{
		name: "Joni", label: "Joni Ääri", counsellor: 0, end: "unread",
		welcome: "Moi Joni. Hyvä, että kirjoitit. Täällä voi puhua suoraan. Mikä on nyt kiireisintä?",
		talk: [
			["c", "No moi. Vuokrat on rästissä kaks kuukautta ja tuli kirje että häätö. En oo avannut kaikkia kirjeitä."],
			["o", "Kiitos, että sanoit sen ääneen. Se oli vaikein askel. Avataan kirjeet yhdessä: mikä päivämäärä siinä häätöön liittyvässä kirjeessä on?"],
			["c", "Siinä lukee että 14 päivää aikaa vastata. Tullut viime torstaina."],
			["o", "Silloin meillä on vielä kahdeksan päivää, ja se riittää. Tehdään kolme asiaa: 1) soitetaan vuokranantajalle ja ehdotetaan maksusuunnitelmaa, 2) varataan aika kaupungin asumisneuvojalle, 3) haetaan toimeentulotukea rästeihin."],
			["c", "En mä osaa soittaa niille. Menen ihan lukkoon."],
			["o", "Ymmärrän. Voidaan soittaa yhdessä niin, että minä olen linjalla. Tai kirjoitan sinulle valmiin viestin, jonka lähetät. Kumpi tuntuu paremmalta?"],
			["c", "Viesti."],
			["o", "\"Hei, olen saanut kirjeen vuokraveloista. Haluan hoitaa ne. Ehdotan, että maksan 150 euroa kuussa vuokran lisäksi. Asumisneuvoja on mukana. Ystävällisin terveisin Joni Ääri.\" Muuta summa sellaiseksi, jonka oikeasti pystyt maksamaan."],
			["c", "Lähetin. Kirjoitin 100. Kädet tärisi mutta lähetin."],
			["o", "Hienosti tehty. Asumisneuvojan aika on perjantaina kello 9, Kirkkokatu 4. Tulen sinne mukaan."],
			["c", "Ne vastas! Sanoivat että käy jos eka maksu tulee tällä viikolla. Mulla on tilillä 62 euroa. Mitä mä nyt teen?"],
		],
	},
	{
		name: "Oona", label: "Oona Näyte", counsellor: 1, end: "unread",
		welcome: "Hei Oona. Kirjoitit, että opinnot ovat pysähtyneet eikä mikään tunnu miltään. Aloitetaan pienestä: miten nukut?",
		talk: [
			["c", "Huonosti. Herään neljältä ja mietin gradua. Sitten nukun päivät."],
			["o", "Kuulostaa siltä, että olet kantanut tätä kauan yksin. Sovitaanko, että kirjoitat tänne joka päivä yhden asian? Ihan pienen riittää. Minä luen ne kaikki."],
			["c", "Voin yrittää."],
		],
	},
];

export const OPEN_INVITATION = { label: "Uusi Tulija", welcome: "Hei! Tervetuloa. Kun olet liittynyt, voit kirjoittaa tähän heti. Vastaan arkisin saman päivän aikana." };

/** Oona's last words, after her long diary. */
export const DIARY_END: readonly (readonly [Who, string])[] = [
	["c", "Tänään tapahtui jotain: nauroin. Kaveri lähetti kuvan kissastaan saunassa."],
	["o", "Tuo on merkintä, jota olen odottanut. Muistatko ensimmäisen viikkosi täällä?"],
	["c", "Selasin ylöspäin. En melkein tunnista sitä tyyppiä. Gradun ohjaaja vastasi muuten, tapaaminen on maanantaina. Pitäisikö mun kertoa sille uupumuksesta?"],
];

const CLIENT_LINES = [
	"Kävin tänään ulkona {n} minuuttia.", "Heräsin kello {h}. Söin aamupalan.", "En jaksanut tänään mitään. Kirjoitan silti.", "Luin kolme sivua. Ihan ok.",
	"Ajattelin gradua vain {n} minuuttia, sitten laitoin koneen kiinni.", "Soitin siskolle.", "Nukuin {s} tuntia.", "Tein ruokaa itse. Kasvissosekeitto.",
	"Tänään oli harmaa päivä, mutta kävin kirjastossa.", "Peruin yhden menon, ja se oli oikea päätös.", "Huomasin että hengitin rauhallisemmin.",
	"Kirjoitin yhden kappaleen. Se on huono, mutta se on olemassa.", "Kävin uimassa, {n} minuuttia.", "Iltapäivällä iski ahdistus, meni ohi kävelemällä.",
] as const;

const COUNSELLOR_LINES = [
	"Hyvä, että kirjoitit.", "Luin tämän. {n} minuuttia on paljon enemmän kuin nolla.", "Mikä tänään auttoi?", "Sinulla on lupa levätä.", "Huomasitko, että tämä on jo kolmas kerta tällä viikolla?",
	"Kiitos. Huomenna taas.", "Mitä sanoisit ystävälle, joka kirjoittaisi näin?", "Pieni askel on askel.", "Nuku hyvin.", "Se kuulostaa raskaalta. Olen täällä.",
] as const;

const fill = (line: string, i: number): string =>
	line.replace("{n}", String(5 + ((i * 7) % 40))).replace("{h}", `${6 + (i % 5)}.${(i * 13) % 60 < 10 ? "0" : ""}${(i * 13) % 60}`).replace("{s}", String(4 + (i % 5)));

/** One line of the long diary; no line but the number is drawn by chance. */
export const diaryLine = (who: Who, i: number): string => {
	const lines = who === "c" ? CLIENT_LINES : COUNSELLOR_LINES;
	const day = Math.floor(i / 8) + 1;
	const text = fill(lines[(i * 5 + Math.floor(i / 11)) % lines.length] as string, i);
	return who === "c" && i % 8 === 0 ? `Päivä ${day}. ${text}` : text;
};
